"""What to know of a party, before they come and while they are here (R9.2), and those who did not come."""

from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from bookings.missed import miss
from bookings.models import Appointment
from bookings.schedule import NotBookable
from customers import knowledge
from customers.contact_wishes import first_number
from customers.forms import ObservationForm
from studio.foundation import submissions
from studio.foundation.access import has_role, roles
from studio.foundation.answers import done
from studio.foundation.request import StudioRequest
from studio.staff.models.membership import FRONT, SERVING, TAKES_MONEY
from workflow import brief as briefs
from workflow.arrivals import EXPECTED
from workflow.models import Presence, WorkOrder
from workflow.views.day import asked_back, way_back


@roles(SERVING)
@require_http_methods(["GET", "HEAD", "POST"])
def brief(request: StudioRequest, pk: int) -> HttpResponse:
    """One screen on a phone: what to mind, who comes, what would please, what is still missing; and what
    somebody noticed is added in seconds, without leaving it (R9.5)."""
    orders = WorkOrder.objects.filter(branch=request.branch).select_related(
        "branch", "booking__customer__owner"
    )
    order = get_object_or_404(orders, pk=pk)
    form = ObservationForm(request.POST if request.method == "POST" else None, auto_id="observation_%s")
    if form.is_valid():
        return noted(request, order, form.cleaned_data["text"])
    found = briefs.of([order], branch=request.branch, reader=request.actor, now=timezone.now())
    context = {
        "order": order,
        "brief": found[order.pk],
        "observation_form": form,
        "back": asked_back(request),
        "way_back": way_back(request, order),
        "is_here": Presence.objects.filter(work_order=order, left_at=None).exists(),
        "is_front": has_role(request, FRONT),
        "sees_money": has_role(request, TAKES_MONEY),
    }
    return render(request, "workflow/brief.html", context, status=422 if form.errors else 200)


def noted(request: StudioRequest, order: WorkOrder, text: str) -> HttpResponse:
    def create() -> str:
        knowledge.observe(order.booking.customer, text, by=request.actor, now=timezone.now())
        messages.success(request, _("Noted."))
        return f"{reverse('workflow:brief', args=[order.pk])}?{urlencode({'back': asked_back(request)})}"

    return submissions.once(request, create)


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
