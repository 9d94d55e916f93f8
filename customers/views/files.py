"""One customer: the file's page, a new file, and changing it."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from customers import consents, contact_wishes, files
from customers.finding import DIGITS, query_of
from customers.forms import REFUSALS, FileForms, ObservationForm, OwnerForm, TabooForm
from customers.forms_reach import ContactForm
from customers.history import timeline
from customers.models import Customer
from customers.registries import Panel, holders, owner_notes, panels
from studio.foundation import answers, submissions
from studio.foundation.access import has_role, roles
from studio.foundation.registry import Registry
from studio.foundation.request import StudioRequest
from studio.staff.duties import who_acts_for
from studio.staff.models.membership import FRONT, MANAGERS, SERVING


def customer_of(request: StudioRequest, pk: int) -> Customer:
    """The customer, through the branch: the neighbour's is not there."""
    files_here = Customer.objects.in_branch(request.branch).select_related("owner", "branch")
    return get_object_or_404(files_here.prefetch_related("members", "contact_points__member"), pk=pk)


@roles(SERVING)
@require_safe
def file(request: StudioRequest, pk: int) -> HttpResponse:
    """Taboos first (R9.4), then who they are, what is going on, and what happened."""
    return file_page(request, customer_of(request, pk))


def file_page(request: StudioRequest, customer: Customer, *, status: int = 200, **more: Any) -> HttpResponse:
    """The page of the file; `more` holds a form to show again, or `revealed` numbers."""
    now = timezone.now()
    context = {
        "customer": customer,
        **owner_context(request, customer, now),
        "taboos": customer.taboos.filter(is_active=True),
        "observations": customer.observations.select_related("by")[:8],
        "timeline": timeline(customer),
        "parts": parts_from(panels, request, customer, now),
        "calls": has_role(request, FRONT),
        "manages": has_role(request, MANAGERS),
        "standing": consents.by_scope(customer) if has_role(request, FRONT) else [],
        "may_take_back": bool(consents.ended_by_the_stop(customer)) if has_role(request, FRONT) else False,
        "wish": contact_wishes.wish_of(customer),
        "contact_form": ContactForm(customer=customer) if has_role(request, FRONT) else None,
        "observation_form": ObservationForm(auto_id="observation_%s"),
        "taboo_form": TabooForm(auto_id="taboo_%s"),
        "owner_form": OwnerForm(candidates=files.owners_of(request.branch), auto_id="owner_%s"),
    }
    return render(request, "customers/file.html", context | more, status=status)


def owner_context(request: StudioRequest, customer: Customer, now: datetime) -> dict[str, Any]:
    """Who owns the customer and who acts for them today; who has the customer now; the owners before.

    Owner and holder are two different things and are shown so.
    """
    owner = customer.owner
    acting = owner and who_acts_for(owner, branch=request.branch, day=request.branch.today(now))
    return {
        "acting": acting if acting != owner else None,
        "held_by": [holder for source in holders for holder in source(customer, now)],
        "owner_notes": [note for source in owner_notes for note in source(customer, now)],
        "changes": customer.ownership_changes.select_related("from_owner", "to_owner", "by"),
        "now": now,
    }


def parts_from(
    registered: Registry[Panel], request: StudioRequest, customer: Customer, now: datetime
) -> list[dict[str, Any]]:
    """What the apps above registered for this page and for who reads it."""
    shown = [panel for panel in registered if request.membership.role in panel.roles]
    return [
        {"title": panel.title, "template": panel.template, "values": panel.context(customer, now)}
        for panel in sorted(shown, key=lambda panel: panel.order)
    ]


def typed_already(request: StudioRequest) -> dict[str, Any]:
    """“Create with this”: what was searched for in vain stands in the new form."""
    query = query_of(request.GET.get("q", ""))
    defaults = FileForms.of_file(None, request.branch)
    if not query:
        return defaults
    return defaults | ({"phone": query} if DIGITS.fullmatch(query) else {"person": query[:40]})


@roles(FRONT)
@require_http_methods(["GET", "POST"])
def new(request: StudioRequest) -> HttpResponse:
    """A new file; whoever opens it received the customer and owns them (R1.1)."""
    forms = FileForms(request.POST or None, branch=request.branch, initial=typed_already(request))
    if request.method == "POST" and not forms.wants_more and forms.is_valid():

        def create() -> str:
            customer = files.open_file(
                branch=request.branch,
                by=request.actor,
                now=timezone.now(),
                owner=request.actor,
                **forms.values(),
            )
            return customer.get_absolute_url()

        try:
            return submissions.once(request, create)
        except REFUSALS as error:
            forms.refuse(error)
    return form_page(request, "customers/new.html", forms)


@roles(FRONT)
@require_http_methods(["GET", "POST"])
def edit(request: StudioRequest, pk: int) -> HttpResponse:
    """Change the file; somebody else's change in between is answered with 409 and nothing lost."""
    customer = customer_of(request, pk)
    forms = FileForms(request.POST or None, branch=request.branch, customer=customer)
    if request.method == "POST" and not forms.wants_more and forms.is_valid():
        try:
            files.edit_file(
                customer,
                version=version_of(request),
                by=request.actor,
                now=timezone.now(),
                **forms.values(),
            )
        except REFUSALS as error:
            forms.refuse(error)
        else:
            messages.success(request, _("Saved."))
            return answers.done(request, customer.get_absolute_url())
    return form_page(request, "customers/edit.html", forms, customer=customer)


def form_page(request: StudioRequest, template: str, forms: FileForms, **more: Any) -> HttpResponse:
    context = {"forms": forms, **more}
    if request.method == "POST" and not forms.wants_more:
        return answers.invalid(request, template, context)
    return render(request, template, context)


def version_of(request: StudioRequest) -> int:
    """The version that the form saw; a form without a usable one saw none that exists."""
    typed = request.POST.get("version", "")
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 10 else 0
