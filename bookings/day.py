"""One day of the schedule (档期): who and what is held when, laid out on a line of hours."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time

from django.utils import timezone
from django.utils.dateparse import parse_date

from bookings.models import Allocation, Appointment, AppointmentState, Resource, ResourceKind
from studio.staff.models import Branch

LANE = 34
"""Height of a line, in px; a resource that takes two at once has two lines."""


@dataclass(frozen=True)
class Block:
    """One appointment on the line of a resource; places and widths in per cent of the day's hours."""

    appointment: Appointment
    x: str
    width: str
    y: int
    is_narrow: bool


@dataclass(frozen=True)
class Line:
    resource: Resource
    blocks: list[Block]

    @property
    def height(self) -> int:
        return LANE * self.resource.units


@dataclass(frozen=True)
class Day:
    """`lines` by resource; `hours` as (place, hour); `appointments` also those that hold nothing."""

    day: date
    lines: list[Line]
    hours: list[tuple[str, int]]
    appointments: Sequence[Appointment]
    now_at: str = ""
    lane: int = field(default=LANE)

    @property
    def is_free(self) -> bool:
        return not self.appointments


def named(day: date | str | None) -> date | None:
    """The day that an address or a form names; None where it names none that the house has or will have."""
    if isinstance(day, str):
        try:
            day = parse_date(day)
        except ValueError:
            return None
    return day if day is not None and 1990 <= day.year <= 2100 else None


def plan_of(branch: Branch, day: date, *, now: datetime, kinds: Iterable[str] = ResourceKind.values) -> Day:
    """The branch's day with its resources of these kinds; three questions, however much there is."""
    start, end = branch.day_bounds(day)
    appointments = list(
        Appointment.objects.in_branch(branch)
        .between(start, end)
        .exclude(state=AppointmentState.CANCELLED)
        .with_resources()
        .select_related("customer", "booking__work_order", "booking__customer")
    )
    resources = in_order(Resource.objects.bookable(branch, *kinds))
    taken = [(allocation, appointment) for appointment in appointments for allocation in appointment.held]
    first, last = reach(branch, [appointment for _held, appointment in taken])
    lines = [
        Line(
            resource,
            [
                block(branch, allocation, appointment, first, last)
                for allocation, appointment in taken
                if allocation.resource_id == resource.pk
            ],
        )
        for resource in resources
    ]
    return Day(
        day=day,
        lines=lines,
        hours=[(percent(hour * 60, first, last), hour) for hour in range(first // 60, last // 60)],
        appointments=appointments,
        now_at=percent(minutes(branch, now), first, last)
        if branch.today(now) == day and first <= minutes(branch, now) <= last
        else "",
    )


def in_order(resources: Iterable[Resource]) -> list[Resource]:
    """People first, then places, as the kinds stand in their list."""
    order = ResourceKind.values
    return sorted(resources, key=lambda resource: (order.index(resource.kind), resource.pk))


def minutes(branch: Branch, moment: datetime) -> int:
    """Minutes since midnight on the branch's clock."""
    local = timezone.localtime(moment, branch.zone)
    return local.hour * 60 + local.minute


def until(branch: Branch, appointment: Appointment) -> int:
    """The end, on the clock of the day on which it began."""
    begins = timezone.localtime(appointment.starts_at, branch.zone).date()
    ends = timezone.localtime(appointment.ends_at, branch.zone).date()
    return minutes(branch, appointment.ends_at) if begins == ends else 24 * 60


def reach(branch: Branch, appointments: list[Appointment]) -> tuple[int, int]:
    """The hours that the page shows, whole ones: opening hours, and whatever reaches beyond them."""

    def clock(at: time) -> int:
        return at.hour * 60 + at.minute

    first = min([clock(branch.opens_at), *(minutes(branch, a.starts_at) for a in appointments)])
    last = max([clock(branch.closes_at), *(until(branch, a) for a in appointments)])
    return first // 60 * 60, -(-last // 60) * 60


def percent(minute: int, first: int, last: int) -> str:
    return f"{(minute - first) / (last - first) * 100:.3f}%"


def block(branch: Branch, allocation: Allocation, appointment: Appointment, first: int, last: int) -> Block:
    start, end = minutes(branch, appointment.starts_at), until(branch, appointment)
    return Block(
        appointment=appointment,
        x=percent(start, first, last),
        width=percent(first + end - start, first, last),
        y=allocation.unit * LANE,
        is_narrow=(end - start) / (last - first) < 0.07,
    )
