"""What the departments must deliver, by when, with one press each (R6.1, R7.1)."""

from django.core.exceptions import BadRequest, PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from bookings.models import Appointment, AppointmentKind
from studio.foundation.access import roles
from studio.foundation.answers import done, page
from studio.foundation.request import StudioRequest
from studio.staff.models import Department
from studio.staff.models.branch import DepartmentKind
from studio.staff.models.membership import DEPARTMENTS, MANAGERS, SERVING
from workflow import deliveries as work
from workflow import pickup, readiness
from workflow.models import Item, WorkOrder
from workflow.stages import NotYet
from workflow.views import orders_pickup

PAGES = {"today": "desk:today", "deliveries": "workflow:deliveries"}


def back(request: StudioRequest, order: WorkOrder, page_of_order: str) -> str:
    """Where the button was pressed: Today, the deliveries, or a page of the order."""
    name = PAGES.get(request.POST.get("back", ""))
    return reverse(name) if name else reverse(page_of_order, args=[order.pk])


@roles(SERVING)
@require_safe
def deliveries(request: StudioRequest) -> HttpResponse:
    """One's own department's deliveries; who has none, or asks for another, chooses it in the address."""
    departments = list(Department.objects.filter(branch=request.branch))
    own = request.membership.department
    chosen = next((d for d in departments if d.kind == request.GET.get("department")), None)
    if chosen is None and request.membership.role in DEPARTMENTS and "department" not in request.GET:
        chosen = own
    shown = [chosen] if chosen else departments
    context = {
        "departments": departments,
        "chosen": chosen,
        "items": work.of_departments(request.branch, shown, now=timezone.now()),
        "back": "deliveries",
    }
    return page(request, "workflow/deliveries.html", context)


@roles(SERVING)
@require_POST
def ready(request: StudioRequest, pk: int) -> HttpResponse:
    """“Ready”: by the department that owes it, by a manager, for the sheet by the front desk."""
    appointments = Appointment.objects.filter(branch=request.branch, booking__work_order__isnull=False)
    appointment = get_object_or_404(appointments.select_related("branch", "booking__work_order"), pk=pk)
    now = timezone.now()
    row = readiness.row_of(appointment, request.POST.get("kind", ""), now=now)
    if row is None:
        raise BadRequest
    if not readiness.may_mark(row, request.membership):
        raise PermissionDenied
    readiness.mark_ready(row, by=request.actor, now=now)
    kind = "selection" if appointment.kind == AppointmentKind.SELECTION else "pickup"
    to = back(request, WorkOrder.objects.get(booking=appointment.booking_id), f"workflow:{kind}")
    return done(request, to, trigger="readiness-changed")


@roles(DEPARTMENTS, MANAGERS)
@require_POST
def made(request: StudioRequest, pk: int) -> HttpResponse:
    """“Made”: production has finished an item."""
    items = Item.objects.filter(work_order__branch=request.branch).select_related("work_order")
    item = get_object_or_404(items, pk=pk)
    department = request.membership.department
    if request.membership.role in DEPARTMENTS and (
        department is None or department.kind != DepartmentKind.PRODUCTION
    ):
        raise PermissionDenied
    try:
        pickup.make_item(item, by=request.actor, now=timezone.now())
    except NotYet as refused:
        return orders_pickup.answer(request, item.work_order_id, status=422, refused=refused.missing)
    return done(request, back(request, item.work_order, "workflow:pickup"), trigger="readiness-changed")
