"""How a customer may be reached, on their file; and what we wrote to them, and why (R2.2)."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from customers import consents, contact_wishes, grounds, reaching
from customers.forms_reach import ConsentForm, ContactForm
from customers.models import Consent, ConsentSource
from customers.views.files import customer_of, file_page
from studio.foundation import answers
from studio.foundation.access import roles
from studio.foundation.request import StudioRequest
from studio.outbox.models import Message, State
from studio.outbox.purposes import purposes
from studio.staff.models.membership import FRONT

PER_PAGE = 30
MOST_PRINTED = 500
TONES = {
    State.QUEUED: "idle",
    State.LEASED: "info",
    State.SENT: "ok",
    State.DELIVERED: "ok",
    State.FAILED: "bad",
    State.UNKNOWN: "warn",
    State.CANCELLED: "idle",
    State.EXPIRED: "bad",
}


@roles(FRONT)
@require_POST
def words(request: StudioRequest, pk: int) -> HttpResponse:
    """One press: yes or no to one way and scope, as the customer said it."""
    customer = customer_of(request, pk)
    form = ConsentForm(request.POST)
    if form.is_valid():
        said = form.cleaned_data
        consents.say(
            customer,
            said["way"],
            said["scope"],
            said["allowed"],
            source=said["source"] or ConsentSource.DESK,
            by=request.actor,
            now=timezone.now(),
        )
    else:
        messages.error(request, _("Nothing was changed: choose a way from the list."))
    return answers.done(request, f"{customer.get_absolute_url()}#reach")


@roles(FRONT)
@require_POST
def stop(request: StudioRequest, pk: int) -> HttpResponse:
    """Nothing but what they ordered, at once; or that taken back, on the record."""
    customer, now = customer_of(request, pk), timezone.now()
    if "again" in request.POST:
        consents.take_back_stop(customer, source=ConsentSource.DESK, by=request.actor, now=now)
    else:
        consents.stop(customer, source=ConsentSource.DESK, by=request.actor, now=now)
        messages.success(request, _("From now on they hear only about what they ordered."))
    return answers.done(request, f"{customer.get_absolute_url()}#reach")


@roles(FRONT)
@require_POST
def wishes(request: StudioRequest, pk: int) -> HttpResponse:
    """Language, whom to ring first, when, and how to write."""
    customer, now = customer_of(request, pk), timezone.now()
    form = ContactForm(request.POST, customer=customer)
    if form.is_valid():
        try:
            contact_wishes.keep(customer, by=request.actor, now=now, **form.wish)
        except ValidationError as refusal:
            form.add_error(None, refusal)
        else:
            contact_wishes.say_whose(customer, form.whose, by=request.actor, now=now)
            reaching.speak(customer, form.cleaned_data["language"], by=request.actor, now=now)
            messages.success(request, _("Noted."))
            return answers.done(request, f"{customer.get_absolute_url()}#reach")
    return file_page(request, customer, status=422, contact_form=form)


@roles(FRONT)
@never_cache
@require_safe
def log(request: StudioRequest, pk: int) -> HttpResponse:
    """Every message to this customer: when, what for, which way, on which ground, what became of it; and
    their own words on it. With `whole` on one sheet, all unfolded: for a customer who asks what we have."""
    customer, whole = customer_of(request, pk), "whole" in request.GET
    page = Paginator(written_to(customer.pk), MOST_PRINTED if whole else PER_PAGE).get_page(
        request.GET.get("page")
    )
    why = grounds.in_words(row.basis for row in page.object_list)
    lines = [
        {
            "message": row,
            "title": purposes[row.purpose].title if row.purpose in purposes else row.purpose,
            "tone": TONES[State(row.state)],
            "ground": why[row.basis],
            "about_order": row.purpose not in purposes or purposes[row.purpose].about_order,
        }
        for row in page.object_list
    ]
    said = Consent.objects.filter(customer=customer).select_related("by").order_by("-at", "-pk")
    context = {
        "customer": customer,
        "page_obj": page,
        "lines": lines,
        "said": said[:MOST_PRINTED],
        "whole": whole,
    }
    return render(request, "customers/messages.html", context)


def written_to(customer: int) -> QuerySet[Message]:
    return Message.objects.filter(about_customer=customer).select_related("by").order_by("-created_at", "-pk")
