"""The day of the shoot: arrival, sheet, looks, and the door (R4, R5.5)."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from bookings import till
from bookings.models import AppointmentState, Booking
from customers.models import Member
from studio.foundation import answers, submissions
from studio.foundation.access import roles
from studio.foundation.request import StudioRequest
from studio.staff.models.membership import DEPARTMENTS, FRONT, MANAGERS
from workflow import day, house, lines
from workflow.handoffs import answers_for
from workflow.models import HandOff, HandOffState, Look, LookState, Stage, WorkOrder
from workflow.refusals import Refused
from workflow.route import SHOOT_DAY
from workflow.views.day_forms import ArrivalForm, DepartureForm, UndoneForm

BACK = {"today": "/", "house": "/house/"}


# --- Shared by the pages of the day -----------------------------------------------------------
def order_or_404(request: StudioRequest, pk: int) -> WorkOrder:
    """An order of the actor's branch; the neighbour's does not exist."""
    orders = WorkOrder.objects.filter(branch=request.branch)
    return get_object_or_404(orders.select_related("branch", "booking__customer__owner"), pk=pk)


def way_back(request: StudioRequest, order: WorkOrder) -> str:
    """Where the button stood; only places that we know ourselves."""
    return BACK.get(request.POST.get("back", ""), f"{order.get_absolute_url()}#day")


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


# --- Arrival and sheet --------------------------------------------------------------------------
@roles(FRONT)
@require_http_methods(["GET", "POST"])
def arrival(request: StudioRequest, pk: int) -> HttpResponse:
    """They are here: all of them, or who has come (R5.6)."""
    order = order_or_404(request, pk)
    here = set(order.presences.filter(left_at=None).values_list("member_id", flat=True))
    absent = [member for member in order.booking.customer.members.all() if member.pk not in here]
    first = {"members": [member.pk for member in absent]}
    form = ArrivalForm(request.POST or None, order=order, initial=first)
    context = {
        "order": order,
        "form": form,
        "absent": absent,
        "receiver": answers_for(order, now=timezone.now()),
    }
    if request.method == "GET":
        return render(request, "workflow/day_arrival.html", context)
    if not form.is_valid():
        return answers.invalid(request, "workflow/day_arrival.html", context)
    said = _("Welcomed. Take them and the sheet to the makeup artist in person.")

    def act() -> None:
        people, receiver = list(form.cleaned_data["members"]), form.cleaned_data["received_by"]
        day.arrive(order, members=people, by=request.actor, now=timezone.now(), received_by=receiver)

    return press(request, order, act, said, doubles=True)


@roles(FRONT)
@require_POST
def sheet_issue(request: StudioRequest, pk: int) -> HttpResponse:
    order = order_or_404(request, pk)
    said = _("The sheet is issued. It goes along with the customer.")
    act = partial(day.issue_sheet, order, by=request.actor, now=timezone.now())
    return press(request, order, act, said)


# --- Looks --------------------------------------------------------------------------------------
def look_or_404(request: StudioRequest, pk: int) -> Look:
    looks = Look.objects.filter(work_order__branch=request.branch)
    return get_object_or_404(looks.select_related("work_order__booking"), pk=pk)


@roles(FRONT, DEPARTMENTS)
@require_POST
def look_shot(request: StudioRequest, pk: int) -> HttpResponse:
    look = look_or_404(request, pk)
    said = _("%(look)s is shot.") % {"look": look.name}
    act = partial(day.tick_look, look, by=request.actor, now=timezone.now())
    return press(request, look.work_order, act, said)


@roles(FRONT, DEPARTMENTS)
@require_POST
def look_pending(request: StudioRequest, pk: int) -> HttpResponse:
    """A slip of the finger is taken back."""
    look = look_or_404(request, pk)
    said = _("%(look)s is to be shot again.") % {"look": look.name}
    act = partial(day.take_back_look, look, by=request.actor, now=timezone.now())
    return press(request, look.work_order, act, said)


@roles(FRONT, DEPARTMENTS)
@require_http_methods(["GET", "POST"])
def look_undone(request: StudioRequest, pk: int) -> HttpResponse:
    """Not shot today, and why (F2)."""
    look = look_or_404(request, pk)
    form = UndoneForm(request.POST or None, initial={"why": look.why})
    context = {"order": look.work_order, "look": look, "form": form, "back": request.GET.get("back", "")}
    if request.method == "GET":
        return render(request, "workflow/day_undone.html", context)
    if not form.is_valid():
        return answers.invalid(request, "workflow/day_undone.html", context)
    why, now = form.cleaned_data["why"], timezone.now()
    act = partial(day.leave_undone, look, why=why, by=request.actor, now=now)
    return press(request, look.work_order, act, _("Written down. The owner agrees the next date."))


# --- The door -----------------------------------------------------------------------------------
@roles(FRONT)
@require_http_methods(["GET", "POST"])
def departure(request: StudioRequest, pk: int) -> HttpResponse:
    """See off: the farewell, how they leave, the selection date (R5.5, R9.3)."""
    order, now = order_or_404(request, pk), timezone.now()
    rows = house.of_order(order, now=now)
    people = [member for row in rows for member in row.members]
    undated = day.needs_selection_date(order)
    first = {"members": [member.pk for member in people]}
    form = DepartureForm(request.POST or None, order=order, undated=undated, initial=first)
    context = departure_context(order, form=form, rows=rows, people=people, undated=undated)
    if request.method == "GET":
        return render(request, "workflow/see_off.html", context)
    if form.is_valid():
        try:
            response = submissions.once(request, lambda: let_go(request, order, form, now))
        except Refused as refusal:
            field = "no_date_because" if refusal.status == 422 and undated else None
            form.add_error(field, str(refusal))
        else:
            messages.success(request, _("Seen off. Thank you for looking after them."))
            return response
    return answers.invalid(request, "workflow/see_off.html", context)


def let_go(request: StudioRequest, order: WorkOrder, form: DepartureForm, now: datetime) -> str:
    said = form.cleaned_data
    day.see_off(
        order,
        members=list(said["members"]),
        mood=said["mood"],
        note=said["note"],
        no_date_because=said.get("no_date_because", ""),
        farewell_said=said["farewell_said"],
        by=request.actor,
        now=now,
    )
    return way_back(request, order)


def departure_context(
    order: WorkOrder, *, form: DepartureForm, rows: list[house.Care], people: list[Member], undated: bool
) -> dict[str, Any]:
    looks = list(order.looks.all())
    return {
        "order": order,
        "form": form,
        "people": people,
        "undated": undated,
        "away": [row for row in rows if not row.is_at_desk or row.hand_offs],
        "farewell": lines.farewell(count=len(people) or 1),
        "undone": [look for look in looks if look.state == LookState.UNDONE],
        "pending": [look for look in looks if look.state == LookState.PENDING],
        "balance_line": lines.balance_line() if till.balance(order.booking) > 0 else "",
    }


# --- The part of the order's page ----------------------------------------------------------------
def day_context(order: WorkOrder, now: datetime) -> dict[str, Any]:
    """`day` for `workflow/_day.html` on the order's page: who is with whom, what comes next, what to say."""
    rows = house.of_order(order, now=now)
    here = {member.pk for row in rows for member in row.members}
    members = list(order.booking.customer.members.all())
    owner, acting = order.booking.customer.owner, answers_for(order, now=now)
    is_deputy = owner is not None and acting is not None and acting.pk != owner.pk
    is_open = order.stage != Stage.CLOSED and order.booking.state == Booking.State.OPEN
    is_shoot_to_come = order.stage in SHOOT_DAY
    at_desk = bool(rows) and all(row.is_at_desk and not row.hand_offs for row in rows)
    today = order.branch.today(now)
    panel = {
        "order": order,
        "now": now,
        "rows": rows,
        "absent": [member for member in members if is_open and member.pk not in here],
        "expected_today": any(
            order.branch.today(appointment.starts_at) == today
            for appointment in order.booking.appointments.all()
            if appointment.state == AppointmentState.PLANNED
        ),
        "looks": list(order.looks.all()),
        "can_tick": order.stage == Stage.SHOOT and order.sheet_issued_at is not None,
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
