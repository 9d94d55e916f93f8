"""They are here (R4.1): package, payment and sheet are checked, who has come is welcomed, and customer and
sheet are taken to the makeup artist in person."""

from datetime import datetime
from functools import partial
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from studio.foundation import answers, submissions
from studio.foundation.access import roles
from studio.foundation.request import StudioRequest
from studio.staff.models.membership import FRONT
from studio.staff.views.who import signs
from workflow import arrivals, day, guests, house
from workflow.handoffs import answers_for
from workflow.models import WorkOrder
from workflow.refusals import Refused
from workflow.route import SHOOT_DAY
from workflow.views.arrival_forms import ArrivalForm
from workflow.views.day import BACK, order_or_404, press, refused, way_back

TEMPLATE = "workflow/day_arrival.html"


@signs
@roles(FRONT)
@require_http_methods(["GET", "POST"])
def arrival(request: StudioRequest, pk: int) -> HttpResponse:
    """All of them, or who has come (R5.6); somebody whom the file does not know comes along as a guest."""
    order, now = order_or_404(request, pk), timezone.now()
    absent = absent_of(order)
    first = {"members": [member.pk for member in absent]}
    form = ArrivalForm(request.POST or None, order=order, initial=first)
    if request.method == "GET":
        return render(request, TEMPLATE, context_of(order, form, now))
    if not form.is_valid():
        return answers.invalid(request, TEMPLATE, context_of(order, form, now))
    try:
        response = submissions.once(request, lambda: welcome(request, order, form, now))
    except Refused as refusal:
        if refusal.status != 422:
            return refused(request, refusal, order)
        form.add_error("guest", str(refusal))
        return answers.invalid(request, TEMPLATE, context_of(order, form, now))
    messages.success(request, _("Welcomed. Take them and the sheet to the makeup artist in person."))
    return response


def welcome(request: StudioRequest, order: WorkOrder, form: ArrivalForm, now: datetime) -> str:
    said = form.cleaned_data
    people = list(said["members"])
    if said["guest"]:
        title = said["guest_salutation"]
        people.append(
            arrivals.come_along(order, name=said["guest"], salutation=title, by=request.actor, now=now)
        )
    day.arrive(order, members=people, by=request.actor, now=now, received_by=said["received_by"])
    if request.POST.get("back") in BACK:
        return way_back(request, order)
    return reverse("workflow:arrival", args=[order.pk])


@signs
@roles(FRONT)
@require_POST
def sheet_issue(request: StudioRequest, pk: int) -> HttpResponse:
    order = order_or_404(request, pk)
    said = _("The sheet is issued. It goes along with the customer.")
    act = partial(day.issue_sheet, order, by=request.actor, now=timezone.now())
    return press(request, order, act, said)


# --- What the page shows ----------------------------------------------------------------------------
def absent_of(order: WorkOrder) -> list[Any]:
    here = set(order.presences.filter(left_at=None).values_list("member_id", flat=True))
    return [member for member in order.booking.customer.members.all() if member.pk not in here]


def context_of(order: WorkOrder, form: ArrivalForm, now: datetime) -> dict[str, Any]:
    rows = house.of_order(order, now=now)
    shoot = day.shoot_of(order)
    comes_for_shoot = order.stage in SHOOT_DAY
    agreed = shoot.starts_at if shoot is not None and comes_for_shoot else None
    is_today = agreed is not None and order.branch.today(agreed) == order.branch.today(now)
    return {
        "order": order,
        "form": form,
        "absent": absent_of(order),
        "rows": rows,
        "to_styling": [row for row in rows if row.is_at_desk and row.next_kind == "styling"],
        "guest": guests.of_order(order, now=now, rows=rows) if rows else None,
        "checked": arrivals.checked(order, now=now) if comes_for_shoot else [],
        "can_issue": bool(rows) and comes_for_shoot and order.sheet_issued_at is None,
        "owes": arrivals.owes(order),
        "agreed": agreed,
        "another_day": agreed is not None and not is_today,
        "is_early": agreed is not None and now < agreed,
        "receiver": answers_for(order, now=now),
        "now": now,
    }
