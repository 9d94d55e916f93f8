"""Dates that stood before somebody's leave was granted, or before the branch decided to close: somebody who
is booked is off by now, and the date must be moved or another found (R8.1, R9.7)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Q
from django.utils import timezone

from bookings.availability import FOLLOWS_THE_HOUSE, Off
from bookings.models import Allocation, Appointment, AppointmentKind, AppointmentState
from studio.staff.models import Branch, LeaveDay, SpecialDay, User

FURTHEST = timedelta(days=400)


@dataclass(frozen=True)
class Clash:
    """A planned date, and who or what of it can't be had."""

    appointment: Appointment
    off: list[Off]


def clashes(branch: Branch, *, now: datetime, owners: Iterable[User] | None = None) -> list[Clash]:
    """The coming dates of a branch (of the customers of `owners`) for which somebody is off by now, the
    nearest first; the number of questions does not depend on how many there are."""
    today = branch.today(now)
    leave = days_off(branch, today)
    special = {
        row.day: row
        for row in SpecialDay.objects.filter(
            branch=branch, is_open=False, day__range=(today, today + FURTHEST)
        )
    }
    days = {day for _user, day in leave} | set(special)
    if not days:
        return []
    start, end = branch.day_bounds(min(days))[0], branch.day_bounds(max(days))[1]
    rows = (
        Allocation.objects.active()
        .overlapping(start, end)
        .filter(appointment__branch=branch, appointment__state=AppointmentState.PLANNED)
        .filter(appointment__ends_at__gt=now)
        .filter(
            Q(resource__user__in={user for user, _day in leave}) | Q(resource__kind__in=FOLLOWS_THE_HOUSE)
        )
        .select_related(
            "resource",
            "appointment__customer__owner",
            "appointment__booking__work_order",
            "appointment__branch",
        )
        .order_by("appointment__starts_at", "appointment", "resource__kind", "used")
    )
    if owners is not None:
        rows = rows.filter(appointment__customer__owner__in=list(owners))
    found: dict[int, Clash] = {}
    for row in rows:
        for away in away_during(row, branch, leave, special):
            assert row.appointment is not None
            clash = found.setdefault(row.appointment.pk, Clash(row.appointment, []))
            if away not in clash.off:
                clash.off.append(away)
    return list(found.values())


def days_off(branch: Branch, today: date) -> set[tuple[int, date]]:
    """Who of those that can be booked here is off on which day, from today on, in whatever branch."""
    rows = LeaveDay.objects.filter(
        is_granted=True,
        day__range=(today - timedelta(days=1), today + FURTHEST),
        user__resources__branch=branch,
    )
    return set(rows.values_list("user_id", "day"))


def away_during(
    row: Allocation, branch: Branch, leave: set[tuple[int, date]], special: dict[date, SpecialDay]
) -> list[Off]:
    assert row.appointment is not None
    indoors = row.resource.kind in FOLLOWS_THE_HOUSE and row.appointment.kind != AppointmentKind.WEDDING
    found = []
    for day in days_of(branch, row.used.lower, row.used.upper):
        bounds = branch.day_bounds(day)
        if (row.resource.user_id, day) in leave:
            found.append(Off(row.resource, *bounds, "leave"))
        elif day in special and indoors:
            found.append(Off(row.resource, *bounds, "special_day", str(special[day])))
    return found


def days_of(branch: Branch, start: datetime, end: datetime) -> Iterable[date]:
    """The days of the branch that have a part of this span."""
    day = timezone.localtime(start, branch.zone).date()
    last = timezone.localtime(end - timedelta(microseconds=1), branch.zone).date()
    while day <= last:
        yield day
        day += timedelta(days=1)
