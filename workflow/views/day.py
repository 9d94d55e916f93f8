"""The day of the shoot: arrival, sheet, looks, and the door (R4, R5.5)."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from bookings.models import AppointmentState, Booking
from studio.foundation import submissions
from studio.foundation.access import roles
from studio.foundation.request import StudioRequest
from studio.staff.models.membership import DEPARTMENTS, FRONT, MANAGERS
from studio.staff.views.who import signs
from workflow import day, guests, house, lines
from workflow.handoffs import answers_for
from workflow.looks import may_tick
from workflow.models import HandOff, HandOffState, Look, Stage, WorkOrder
from workflow.refusals import Refused
from workflow.route import SHOOT_DAY, is_shoot_day, reshoot_of

BACK = {"today": "/", "house": "/house/"}
TABLET = "tablet"
PAGES = {"arrival": "workflow:arrival", "care": "workflow:care", "departure": "workflow:departure"}


# --- Shared by the pages of the day -----------------------------------------------------------
def order_or_404(request: StudioRequest, pk: int) -> WorkOrder:
    """An order of the actor's branch; the neighbour's does not exist."""
    orders = WorkOrder.objects.filter(branch=request.branch)
    return get_object_or_404(orders.select_related("branch", "booking__customer__owner"), pk=pk)


def way_back(request: StudioRequest, order: WorkOrder) -> str:
    """Where the button stood; only places that we know ourselves."""
    back = asked_back(request)
    if back in PAGES:
        return reverse(PAGES[back], args=[order.pk])
    if back.startswith(TABLET):
        return tablet_of(request)
    return BACK.get(back, f"{order.get_absolute_url()}#day")


def asked_back(request: StudioRequest) -> str:
    return request.POST.get("back") or request.GET.get("back", "")


def tablet_of(request: StudioRequest) -> str:
    """The page of the department on which the button stood."""
    number = asked_back(request).removeprefix(f"{TABLET}-")
    if number.isascii() and number.isdigit() and len(number) < 12:
        return reverse("workflow:tablet_of", args=[number])
    return reverse("workflow:tablet")


def refused(request: StudioRequest, refusal: Refused, order: WorkOrder) -> HttpResponse:
    """What cannot be done, in words, with the way back (409, 403 or 422)."""
    context = {"sentence": str(refusal), "order": order, "back": way_back(request, order)}
    return render(request, "workflow/day_refused.html", context, status=refusal.status)


def press(
    request: StudioRequest, order: WorkOrder, act: Callable[[], object], said: str, *, doubles: bool = False
) -> HttpResponse:
    """A button without anything to fill in: do it, say so, go back. A refusal changes nothing."""

    def go() -> str:
        act()
        return way_back(request, order)

    try:
        response = submissions.once(request, go) if doubles else redirect(go())
    except Refused as refusal:
        return refused(request, refusal, order)
    messages.success(request, said)
    return response


def wrong(request: StudioRequest, order: WorkOrder) -> HttpResponse:
    """A button of ours was sent with something that this order does not have."""
    return refused(request, Refused(_("This page is out of date. Go back and look again.")), order)


# --- Looks --------------------------------------------------------------------------------------
def look_or_404(request: StudioRequest, pk: int) -> Look:
    looks = Look.objects.filter(work_order__branch=request.branch)
    return get_object_or_404(looks.select_related("work_order__booking"), pk=pk)


@signs
@roles(FRONT, DEPARTMENTS)
@require_POST
def look_shot(request: StudioRequest, pk: int) -> HttpResponse:
    look = look_or_404(request, pk)
    said = _("%(look)s is shot.") % {"look": look.name}
    act = partial(day.tick_look, look, by=request.actor, now=timezone.now())
    return press(request, look.work_order, act, said)


@signs
@roles(FRONT, DEPARTMENTS)
@require_POST
def look_pending(request: StudioRequest, pk: int) -> HttpResponse:
    """A slip of the finger is taken back."""
    look = look_or_404(request, pk)
    said = _("%(look)s is to be shot again.") % {"look": look.name}
    act = partial(day.take_back_look, look, by=request.actor, now=timezone.now())
    return press(request, look.work_order, act, said)


# --- The part of the order's page ----------------------------------------------------------------
def day_context(order: WorkOrder, now: datetime) -> dict[str, Any]:
    """`day` for `workflow/_day.html` on the order's page: who is with whom, what comes next, what to say."""
    rows = house.of_order(order, now=now)
    here = {member.pk for row in rows for member in row.members}
    members = list(order.booking.customer.members.all())
    owner, acting = order.booking.customer.owner, answers_for(order, now=now)
    is_deputy = owner is not None and acting is not None and acting.pk != owner.pk
    is_open = order.stage != Stage.CLOSED and order.booking.state == Booking.State.OPEN
    is_shoot_to_come = is_shoot_day(order)
    at_desk = bool(rows) and all(row.is_at_desk and not row.hand_offs for row in rows)
    today = order.branch.today(now)
    panel = {
        "order": order,
        "now": now,
        "rows": rows,
        "guest": guests.of_order(order, now=now, rows=rows) if rows else None,
        "absent": [member for member in members if is_open and member.pk not in here],
        "expected_today": any(
            order.branch.today(appointment.starts_at) == today
            for appointment in order.booking.appointments.all()
            if appointment.state == AppointmentState.PLANNED
        ),
        "looks": list(order.looks.all()),
        "can_tick": may_tick(order),
        "reshoot": reshoot_of(order) if order.stage not in SHOOT_DAY else None,
        "is_shoot_to_come": is_shoot_to_come,
        "needs_sheet": bool(rows) and is_shoot_to_come and order.sheet_issued_at is None,
        "sheet_lacks": day.sheet_lacks(order, now=now) if rows and order.sheet_issued_at is None else [],
        "may_see_off": at_desk,
        "is_at_the_end": at_desk and not any(row.next_department for row in rows),
        "acting": acting,
        "deputy_line": lines.deputy_line(owner, count=len(members)) if is_deputy and owner else "",
        "moves": moves_of(order),
        "departures": order.departures.select_related("by").order_by("-at")[:3],
        "front": FRONT,
        "managers": MANAGERS,
        "tick_roles": FRONT | DEPARTMENTS,
    }
    return {"day": panel}


def moves_of(order: WorkOrder) -> list[dict[str, Any]]:
    """The last hand-offs that ended, newest first; those who went together share a line."""
    ended = HandOff.objects.filter(work_order=order).exclude(state=HandOffState.OFFERED)
    people = ("member", "giver", "receiver", "to_department")
    groups: dict[tuple, list[HandOff]] = {}
    for row in ended.select_related(*people).order_by("-ended_at", "-pk"):
        key = (row.ended_at, row.state, row.giver_id, row.receiver_id, row.to_department_id)
        groups.setdefault(key, []).append(row)
    return [
        {"hand_off": rows[0], "names": lines.listed(row.member.name for row in reversed(rows))}
        for rows in list(groups.values())[:8]
    ]
