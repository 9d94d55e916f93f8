"""Before they come: the brief (R9.2), and those who did not come."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from bookings.missed import miss
from bookings.models import Appointment
from bookings.schedule import NotBookable
from customers.contact_wishes import first_number
from customers.forms import ObservationForm
from studio.foundation.access import has_role, roles
from studio.foundation.answers import done
from studio.foundation.request import StudioRequest
from studio.staff.models.membership import FRONT, SERVING, TAKES_MONEY
from workflow import brief as briefs
from workflow.arrivals import EXPECTED
from workflow.models import WorkOrder


@roles(SERVING)
@require_safe
def brief(request: StudioRequest, pk: int) -> HttpResponse:
    """One screen on a phone: what to mind, who comes, what would please, what is still missing."""
    orders = WorkOrder.objects.filter(branch=request.branch).select_related(
        "branch", "booking__customer__owner"
    )
    order = get_object_or_404(orders, pk=pk)
    found = briefs.of([order], branch=request.branch, reader=request.actor, now=timezone.now())
    context = {
        "order": order,
        "brief": found[order.pk],
        "observation_form": ObservationForm(auto_id="observation_%s"),
        "is_front": has_role(request, FRONT),
        "sees_money": has_role(request, TAKES_MONEY),
    }
    return render(request, "workflow/brief.html", context)


@roles(FRONT)
@require_http_methods(["GET", "POST"])
def absence(request: StudioRequest, pk: int) -> HttpResponse:
    """The time has come and they have not: ring them; then it is written down, and they are called again."""
    rows = Appointment.objects.in_branch(request.branch).filter(
        kind__in=EXPECTED, booking__work_order__isnull=False
    )
    row = get_object_or_404(rows.select_related("branch", "customer", "booking__work_order"), pk=pk)
    context = {
        "appointment": row,
        "order": row.booking.work_order,  # type: ignore[union-attr]
        "number": first_number(row.customer),
    }
    if request.method == "GET":
        return render(request, "workflow/day_absence.html", context)
    try:
        miss(row, by=request.actor, now=timezone.now())
    except NotBookable as refusal:
        context["refusal"] = " ".join(refusal.messages)
        return render(request, "workflow/day_absence.html", context, status=409)
    return done(request, reverse("desk:today"), trigger="orders-changed")
