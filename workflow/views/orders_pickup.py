"""The pickup: what is made, what is at the desk, what the customer signs for, what still blocks the end."""

from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bookings import till
from bookings.models import AppointmentKind
from studio.foundation.access import has_role, roles
from studio.foundation.answers import done, page
from studio.foundation.request import StudioRequest
from studio.staff.models.branch import DepartmentKind
from studio.staff.models.membership import FRONT, MANAGERS, SERVING, TAKES_MONEY
from workflow import checks, pickup, stages
from workflow.models import WorkOrder
from workflow.stages import NotYet
from workflow.views import orders_context
from workflow.views.orders import order_of, turned_round
from workflow.views.orders_forms import PickupForm


def context(request: StudioRequest, order: WorkOrder) -> dict[str, Any]:
    now = timezone.now()
    department = request.membership.department
    appointment = checks.appointment_of(order, AppointmentKind.PICKUP, "planned", "held")
    items = list(order.items.all())
    return {
        "order": order,
        "customer": order.booking.customer,
        "now": now,
        "items": items,
        "complete": all(item.made_at for item in items),
        "to_receive": any(not item.at_desk_at for item in items),
        "to_sign": [item for item in items if item.at_desk_at and not item.signed_at],
        "appointment": appointment,
        "lights": orders_context.lights(appointment, request.membership),
        "balance": till.balance(order.booking),
        "lacks": stages.missing(order, now=now),
        "taboos": order.booking.customer.taboos.filter(is_active=True),
        "sees_money": has_role(request, TAKES_MONEY),
        "is_front": has_role(request, FRONT),
        "makes": has_role(request, MANAGERS)
        or (department is not None and department.kind == DepartmentKind.PRODUCTION),
    }


def answer(request: StudioRequest, pk: int, *, status: int = 200, **more: Any) -> HttpResponse:
    """The page as it is now; `more` carries what a refused step lacks."""
    order = order_of(request.branch, pk)
    return page(request, "workflow/pickup.html", {**context(request, order), **more}, status=status)


@roles(SERVING)
@require_safe
def pickup_page(request: StudioRequest, pk: int) -> HttpResponse:
    """For the house: the items, what is still open, and the way to the signature."""
    return answer(request, pk)


@roles(FRONT)
@require_http_methods(["GET", "POST"])
def signature(request: StudioRequest, pk: int) -> HttpResponse:
    """The screen is turned round: nothing here but what the customer takes home and signs for (R9.9)."""
    order = order_of(request.branch, pk)
    form = PickupForm(request.POST or None, order=order)
    own = {"form": form, "signed": [item for item in order.items.all() if item.signed_at]}
    if request.method == "GET":
        return turned_round(request, "workflow/pickup_signature.html", order, own)
    if form.is_valid():
        signed_name, items = form.cleaned_data["signed_name"], form.cleaned_data["items"]
        try:
            pickup.sign_for(
                order, item_ids=items, signed_name=signed_name, by=request.actor, now=timezone.now()
            )
        except NotYet as refused:
            form.add_error(None, [str(one.text) for one in refused.missing])
        else:
            to = reverse("workflow:pickup_signature", args=[order.pk])
            return done(request, to, trigger="orders-changed")
    return turned_round(request, "workflow/pickup_signature.html", order, own, status=422)


@roles(FRONT)
@require_POST
def receive(request: StudioRequest, pk: int) -> HttpResponse:
    """F3: the front desk receives complete sets only."""
    order = order_of(request.branch, pk)
    try:
        pickup.receive_set(order, by=request.actor, now=timezone.now())
    except NotYet as refused:
        return answer(request, pk, status=422, refused=refused.missing)
    return done(request, reverse("workflow:pickup", args=[pk]), trigger="orders-changed")
