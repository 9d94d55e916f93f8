"""The screen on the wall, and the sheet."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from studio.foundation import answers
from studio.foundation.access import roles
from studio.foundation.request import StudioRequest
from studio.staff.models.membership import SERVING
from workflow import house as in_the_house
from workflow import sheet as sheets
from workflow.models import WorkOrder


@roles(SERVING)
@require_safe
def house(request: StudioRequest) -> HttpResponse:
    """In the house: read at three metres, refreshed by itself. Shows no face to lose (R9.9)."""
    now = timezone.now()
    rows = in_the_house.in_house(request.branch, now=now)
    alarms = [row for row in rows if row.is_unattended or row.waits_too_long]
    context = {
        "rows": alarms + [row for row in rows if row not in alarms],
        "people": sum(len(row.members) for row in rows),
        "now": now,
        "is_wall": "wall" in request.GET,
    }
    return answers.page(request, "workflow/house.html", context, fragment="workflow/_house.html")


def order_of_sheet(request: StudioRequest, pk: int) -> WorkOrder:
    orders = WorkOrder.objects.filter(branch=request.branch).select_related(
        "branch", "sheet_issued_by", "booking__customer__owner", "booking__package_version__package"
    )
    return get_object_or_404(
        orders.prefetch_related(
            "looks",
            "items",
            "booking__customer__members",
            "booking__customer__taboos",
            "booking__appointments__allocations__resource__user",
        ),
        pk=pk,
    )


@roles(SERVING)
@require_safe
def sheet(request: StudioRequest, pk: int) -> HttpResponse:
    """The staff copy."""
    order = order_of_sheet(request, pk)
    return render(request, "workflow/sheet.html", sheets.staff_copy(order, now=timezone.now()))


@roles(SERVING)
@require_safe
def sheet_customer(request: StudioRequest, pk: int) -> HttpResponse:
    """The customer's copy (R9.9)."""
    return render(request, "workflow/sheet_customer.html", sheets.customer_copy(order_of_sheet(request, pk)))
