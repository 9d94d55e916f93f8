"""The order's page: where it is, what comes next, what is missing, who owns it, who has it now."""

from typing import Any

from django.core.exceptions import BadRequest
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone, translation
from django.views.decorators.http import require_POST, require_safe

from bookings import gown_part, wedding_plans
from customers.greetings import greeting_name
from studio.foundation.access import roles
from studio.foundation.answers import done, page
from studio.foundation.models import StaleEdit
from studio.foundation.request import StudioRequest
from studio.staff.models import Branch
from studio.staff.models.membership import SERVING
from workflow import stages
from workflow.models import Stage, WorkOrder
from workflow.stages import NotYet
from workflow.views import orders_context
from workflow.views.day import day_context
from workflow.views.money_context import money_context
from workflow.views.orders_forms import PromiseForm, version_of
from workflow.views.sale import appointments_context
from workflow.views.sale_extras import extras_context


def order_of(branch: Branch, pk: int) -> WorkOrder:
    """An order of this branch with all that its pages read; the neighbour's is a 404."""
    orders = WorkOrder.objects.filter(branch=branch).for_board().prefetch_related(*stages.prefetch())
    return get_object_or_404(orders, pk=pk)


def answer(request: StudioRequest, order: WorkOrder, *, status: int = 200, **more: Any) -> HttpResponse:
    """The order's page; `more` carries a refused form or the list of what a refused step lacks."""
    now = timezone.now()
    context = {
        "order": order,
        "now": now,
        "promise_form": PromiseForm(),
        **orders_context.context(
            order, membership=request.membership, now=now, chosen=request.GET.get("history", "")
        ),
        **day_context(order, now),
        **money_context(order, now=now),
        **appointments_context(order),
        "gowns": gown_part.of_booking(order.booking, now=now),
        "gown_handlers": gown_part.HANDLES,
        "wedding_plan": wedding_plans.of_booking(order.booking, now=now),
        **extras_context(order, request.actor),
        **more,
    }
    return page(request, "workflow/order.html", context, status=status)


def turned_round(
    request: StudioRequest, template: str, order: WorkOrder, own: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    """A page that the customer looks at, in their language: no debts, taboos or complaints on it (R9.9)."""
    customer = order.booking.customer
    with translation.override(customer.language):
        names = greeting_name(customer, customer.language)
        context = {"order": order, "branch": order.branch, "names": names, **own}
        return render(request, template, context, status=status)


@roles(SERVING)
@require_safe
def order(request: StudioRequest, pk: int) -> HttpResponse:
    return answer(request, order_of(request.branch, pk))


@roles(SERVING)
@require_POST
def stage(request: StudioRequest, pk: int) -> HttpResponse:
    """One step forward by hand. A stage that is skipped or walked back is refused with what is missing."""
    found = order_of(request.branch, pk)
    to, version = request.POST.get("to", ""), version_of(request)
    if to not in Stage.values:
        raise BadRequest
    if found.stage != to and found.version != version:
        raise StaleEdit(found)
    try:
        stages.advance(found, by=request.actor, now=timezone.now(), to=to)
    except NotYet as refused:
        return answer(request, order_of(request.branch, pk), status=422, refused=refused.missing)
    return done(request, found.get_absolute_url(), trigger="orders-changed")
