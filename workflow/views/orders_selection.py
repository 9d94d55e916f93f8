"""The selection: readiness lights, what to suggest, the signature; and the printed selection sheet."""

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bookings.models import AppointmentKind
from studio.foundation.access import has_role, roles
from studio.foundation.answers import done, invalid
from studio.foundation.request import StudioRequest
from studio.staff.models.membership import FRONT, SERVING
from workflow import checks, selection
from workflow.models import WorkOrder
from workflow.sheet import code_of
from workflow.stages import NotYet
from workflow.views import orders_context
from workflow.views.orders import order_of, turned_round
from workflow.views.orders_forms import NoteForm, SelectionForm, version_of
from workflow.views.sale_extras import sold_context


def context(request: StudioRequest, order: WorkOrder) -> dict[str, Any]:
    now = timezone.now()
    appointment = checks.appointment_of(order, AppointmentKind.SELECTION, "planned", "held")
    return {
        "order": order,
        "customer": order.booking.customer,
        "now": now,
        "appointment": appointment,
        "lights": orders_context.lights(appointment, request.membership),
        "blockers": [] if hasattr(order, "selection_sheet") else selection.blockers(order, now=now),
        "sheet": getattr(order, "selection_sheet", None),
        "observations": order.booking.customer.observations.select_related("by")[:5],
        "taboos": order.booking.customer.taboos.filter(is_active=True),
        "is_front": has_role(request, FRONT),
        "note_form": NoteForm(initial={"text": order.selection_note}),
        **sold_context(order, offers=has_role(request, FRONT)),
    }


@roles(SERVING)
@require_safe
def selection_page(request: StudioRequest, pk: int) -> HttpResponse:
    """For the house: what is ready, what to suggest, and the way to the signature."""
    order = order_of(request.branch, pk)
    return render(request, "workflow/selection.html", context(request, order))


@roles(FRONT)
@require_http_methods(["GET", "POST"])
def signature(request: StudioRequest, pk: int) -> HttpResponse:
    """The screen is turned round: nothing here but what the customer chooses and signs (R6.4, R9.9)."""
    order = order_of(request.branch, pk)
    form = SelectionForm(request.POST or None)
    lacks = selection.blockers(order, now=timezone.now())
    own = {
        "form": form,
        "lacks": lacks,
        "sheet": getattr(order, "selection_sheet", None),
        **sold_context(order, offers=False),
    }
    if request.method == "GET":
        return turned_round(request, "workflow/selection_signature.html", order, own)
    if form.is_valid():
        chosen = {name: form.cleaned_data[name] for name in ("frames", "wishes", "signed_name")}
        try:
            selection.sign_selection(order, by=request.actor, now=timezone.now(), **chosen)
        except NotYet as refused:
            form.add_error(None, [str(one.text) for one in refused.missing])
        else:
            to = reverse("workflow:selection_signature", args=[order.pk])
            return done(request, to, trigger="orders-changed")
    return turned_round(request, "workflow/selection_signature.html", order, own, status=422)


@roles(FRONT)
@require_POST
def note(request: StudioRequest, pk: int) -> HttpResponse:
    """R6.2: what to suggest."""
    order = order_of(request.branch, pk)
    form = NoteForm(request.POST)
    if not form.is_valid():
        return invalid(request, "workflow/selection.html", {**context(request, order), "note_form": form})
    selection.note_suggestion(
        order,
        text=form.cleaned_data["text"],
        version=version_of(request),
        by=request.actor,
        now=timezone.now(),
    )
    return done(request, reverse("workflow:selection", args=[order.pk]))


@roles(SERVING)
@require_safe
def selection_sheet(request: StudioRequest, pk: int) -> HttpResponse:
    """The signed selection sheet on paper: for production, and a copy for the customer."""
    order = order_of(request.branch, pk)
    if not hasattr(order, "selection_sheet"):
        raise Http404
    own = {
        "order": order,
        "customer": order.booking.customer,
        "sheet": order.selection_sheet,
        "code": code_of(order),
    }
    return render(request, "workflow/selection_sheet.html", own)
