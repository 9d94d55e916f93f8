"""Small changes on the file's page: observations, taboos, contact, owner, numbers."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from customers import files
from customers.forms import ObservationForm, OwnerForm, TabooForm
from customers.views.files import customer_of, file_page
from studio.foundation import answers, submissions
from studio.foundation.access import has_role, roles
from studio.foundation.request import StudioRequest
from studio.staff.models.membership import FRONT, MANAGERS, SERVING


@roles(SERVING)
@require_POST
def observations(request: StudioRequest, pk: int) -> HttpResponse:
    """What somebody noticed, in seconds (R9.5)."""
    customer = customer_of(request, pk)
    form = ObservationForm(request.POST, auto_id="observation_%s")
    if not form.is_valid():
        return file_page(request, customer, status=422, observation_form=form)

    def create() -> str:
        files.observe(customer, form.cleaned_data["text"], by=request.actor, now=timezone.now())
        messages.success(request, _("Noted."))
        return f"{customer.get_absolute_url()}#observations"

    return submissions.once(request, create)


@roles(SERVING)
@require_POST
def taboos(request: StudioRequest, pk: int) -> HttpResponse:
    """Something to keep in mind (R9.4)."""
    customer = customer_of(request, pk)
    form = TabooForm(request.POST, auto_id="taboo_%s")
    if not form.is_valid():
        return file_page(request, customer, status=422, taboo_form=form)

    def create() -> str:
        files.add_taboo(customer, form.cleaned_data["text"], by=request.actor, now=timezone.now())
        return customer.get_absolute_url()

    return submissions.once(request, create)


@roles(FRONT)
@require_POST
def taboo_end(request: StudioRequest, pk: int, taboo: int) -> HttpResponse:
    """It holds no longer."""
    customer = customer_of(request, pk)
    files.lift_taboo(get_object_or_404(customer.taboos, pk=taboo), by=request.actor, now=timezone.now())
    return answers.done(request, customer.get_absolute_url())


@roles(FRONT)
@require_POST
def contact_refusal(request: StudioRequest, pk: int) -> HttpResponse:
    """“Please don't contact me”, at once. A manager may take it back."""
    customer = customer_of(request, pk)
    if "allow" not in request.POST:
        files.refuse_contact(customer, by=request.actor, now=timezone.now())
        messages.success(request, _("Nobody calls or writes any more. Waiting messages were withdrawn."))
    elif has_role(request, MANAGERS):
        files.allow_contact(customer, by=request.actor, now=timezone.now())
        messages.success(request, _("They may be contacted again."))
    else:
        messages.error(request, _("Only a manager can take this back."))
    return answers.done(request, customer.get_absolute_url())


@roles(MANAGERS)
@require_POST
def owner(request: StudioRequest, pk: int) -> HttpResponse:
    """Another owner, on the record (R1.4)."""
    customer = customer_of(request, pk)
    form = OwnerForm(request.POST, candidates=files.owners_of(request.branch), auto_id="owner_%s")
    if form.is_valid():
        try:
            files.transfer(
                customer,
                to=form.cleaned_data["to"],
                reason=form.cleaned_data["reason"],
                by=request.actor,
                now=timezone.now(),
            )
        except (files.CannotOwn, ValidationError) as error:
            form.add_error("to", str(error))
        else:
            messages.success(
                request, _("%(name)s is the owner now.") % {"name": form.cleaned_data["to"].display_name}
            )
            return answers.done(request, customer.get_absolute_url())
    return file_page(request, customer, status=422, owner_form=form)


@roles(SERVING)
@require_POST
def numbers(request: StudioRequest, pk: int) -> HttpResponse:
    """The whole numbers for a role that does not call; that somebody looked stands in the file's history."""
    customer = customer_of(request, pk)
    files.reveal_numbers(customer, by=request.actor, now=timezone.now())
    response = file_page(request, customer, revealed=True)
    response["Cache-Control"] = "no-store"
    return response
