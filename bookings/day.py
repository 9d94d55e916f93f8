"""One day of the schedule (档期): who and what is held when, laid out on a line of hours.

Places are counted in minutes that really pass, so that a day of 23 or 25 hours is drawn as it is; what began
the day before, or goes on after midnight, is drawn as far as it reaches into the day.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from django.db.models import Q
from django.utils import timezone
from django.utils.dateparse import parse_date

from bookings.availability import Off, off, opening
from bookings.blocks import LANE, NARROW, Bar, Block, Line
from bookings.lanes import lanes_of
from bookings.models import Allocation, Appointment, AppointmentState, Resource, ResourceKind
from bookings.scale import Scale
from studio.staff.models import Branch, SpecialDay, User


@dataclass(frozen=True)
class Day:
    """`lines` by resource; `hours` as (place, hour); `appointments` also those that hold nothing."""

    day: date
    lines: list[Line]
    scale: Scale
    appointments: Sequence[Appointment]
    starts_at: datetime
    ends_at: datetime
    now_at: str = ""
    lane: int = field(default=LANE)

    @property
    def hours(self) -> list[tuple[str, int]]:
        return self.scale.hours

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


def plan_of(
    branch: Branch,
    day: date,
    *,
    now: datetime,
    kinds: Iterable[str] = ResourceKind.values,
    only: Resource | None = None,
    bare: bool = False,
) -> Day:
    """The branch's day with its resources of these kinds; the same few questions, however much there is.

    `only` one resource; `bare`: a line more for the dates that hold nobody and nothing.
    """
    rows = Resource.objects.bookable(branch, *kinds)
    resources = in_order(rows.filter(pk=only.pk) if only else rows)
    appointments = list(appointments_between(branch, *branch.day_bounds(day)))
    if only is not None:
        appointments = [row for row in appointments if any(h.resource_id == only.pk for h in row.held)]
    alone = [row for row in appointments if bare and not row.held]
    return laid_out(branch, day, resources, appointments, alone, now=now)


def plan_of_person(branch: Branch, day: date, person: User, *, now: datetime) -> Day:
    """A colleague's day: what they are booked for, and the dates of customers that are theirs."""
    resources = list(Resource.objects.filter(branch=branch, is_active=True, user=person))
    booked = {resource.pk for resource in resources}
    found = appointments_between(branch, *branch.day_bounds(day))
    appointments, alone = [], []
    for row in found:
        is_booked = any(one.resource_id in booked for one in row.held)
        if is_booked or row.customer.owner_id == person.pk:
            appointments.append(row)
            alone += [] if is_booked else [row]
    return laid_out(branch, day, resources, appointments, alone, now=now)


def laid_out(
    branch: Branch,
    day: date,
    resources: list[Resource],
    appointments: list[Appointment],
    alone: list[Appointment],
    *,
    now: datetime,
) -> Day:
    """The lines of these resources, and one for the dates that stand on none of them."""
    taken = taken_between(resources, *branch.day_bounds(day))
    special = SpecialDay.objects.filter(branch=branch, day=day).first()
    scale = scale_of(
        branch, day, [used(a) for a in taken] + [(a.starts_at, a.ends_at) for a in alone], special
    )
    away = off(resources, scale.start, scale.end)
    lines = [line_of(resource, day, scale, taken, away) for resource in resources]
    if alone:
        lines.append(bare_line(day, scale, alone))
    start, end = branch.day_bounds(day)
    return Day(
        day=day,
        lines=lines,
        scale=scale,
        appointments=appointments,
        starts_at=start,
        ends_at=end,
        now_at=scale.at(now, within=True),
    )


# --- What there is -----------------------------------------------------------------------------
def appointments_between(branch: Branch, start: datetime, end: datetime) -> Iterable[Appointment]:
    """The dates that take place in this time, or a part of them."""
    return (
        Appointment.objects.in_branch(branch)
        .filter(starts_at__lt=end, ends_at__gt=start)
        .exclude(state=AppointmentState.CANCELLED)
        .with_resources()
        .select_related("customer", "booking__work_order", "booking__customer")
    )


def taken_between(resources: Iterable[Resource], start: datetime, end: datetime) -> list[Allocation]:
    """What holds these resources in this time: appointments and closures, with the buffers around them."""
    rows = Allocation.objects.active().filter(resource__in=list(resources)).overlapping(start, end)
    rows = rows.filter(Q(appointment__isnull=True) | ~Q(appointment__state=AppointmentState.CANCELLED))
    related = "closure", "appointment__customer", "appointment__booking__work_order"
    return list(rows.select_related(*related, "appointment__booking__customer").order_by("used", "id"))


def used(allocation: Allocation) -> tuple[datetime, datetime]:
    return allocation.used.lower, allocation.used.upper


def in_order(resources: Iterable[Resource]) -> list[Resource]:
    """People first, then places, as the kinds stand in their list."""
    order = ResourceKind.values
    return sorted(resources, key=lambda resource: (order.index(resource.kind), resource.pk))


# --- Where it stands ---------------------------------------------------------------------------
def scale_of(
    branch: Branch, day: date, spans: Iterable[tuple[datetime, datetime]], special: SpecialDay | None
) -> Scale:
    """The hours that a day shows, whole ones: opening hours, and whatever begins or ends beyond them."""
    start, end = (moment.astimezone(UTC) for moment in branch.day_bounds(day))
    ((opens, closes),) = opening(branch, day, special) or opening(branch, day, None)
    first, last = [opens.astimezone(UTC)], [closes.astimezone(UTC)]
    for begins, ends in spans:
        first += [begins] if begins >= start else []
        last += [ends] if ends <= end else []
        # Through midnight: from its first hour on, or to its last.
        if begins < start < ends and ends <= end:
            first.append(start)
        if begins < end < ends and begins >= start:
            last.append(end)
    hour = timedelta(hours=1)
    return Scale(
        start=start + (min(first) - start) // hour * hour,
        end=min(start - (start - max(last)) // hour * hour, end),
        zone=branch.zone,
    )


def line_of(
    resource: Resource, day: date, scale: Scale, taken: Iterable[Allocation], away: Iterable[Off]
) -> Line:
    rows = [allocation for allocation in taken if allocation.resource_id == resource.pk]
    lanes = max([resource.units, *(row.unit + 1 for row in rows)])
    bars = [
        Bar("off", *scale.bar(one.starts_at, one.ends_at), 0, LANE * lanes, str(one))
        for one in away
        if one.resource == resource and one.why != "closure"
    ]
    for row in rows:
        bars += bars_of(row, scale)
    shown = [row for row in rows if row.appointment is not None and scale.shows(*used(row))]
    blocks = [
        block(scale, row.appointment, *used(row), y=row.unit * LANE, allocation=row)  # type: ignore[arg-type]
        for row in shown
    ]
    return Line(resource, day, scale, blocks, [bar for bar in bars if bar.width != "0.000%"], lanes)


def bars_of(row: Allocation, scale: Scale) -> list[Bar]:
    """The closure itself, or what is kept free before and after an appointment."""
    y = row.unit * LANE
    if row.closure is not None:
        words = f"{row.closure.why} {clock(row.during.lower)}–{clock(row.during.upper)}"
        return [Bar("closed", *scale.bar(row.during.lower, row.during.upper), y, LANE, words)]
    before, after = (row.during.lower, row.used.lower), (row.used.upper, row.during.upper)
    return [Bar("buffer", *scale.bar(*span), y, LANE) for span in (before, after) if span[0] < span[1]]


def bare_line(day: date, scale: Scale, appointments: Iterable[Appointment]) -> Line:
    rows = list(appointments)
    lanes = lanes_of([(row.starts_at, row.ends_at) for row in rows])
    blocks = [
        block(scale, row, row.starts_at, row.ends_at, y=lane * LANE)
        for row, lane in zip(rows, lanes, strict=True)
    ]
    return Line(None, day, scale, blocks, [], max(lanes, default=0) + 1)


def block(
    scale: Scale,
    appointment: Appointment,
    start: datetime,
    end: datetime,
    *,
    y: int,
    allocation: Allocation | None = None,
) -> Block:
    x, width = scale.bar(start, end)
    return Block(
        appointment=appointment,
        starts_at=start,
        ends_at=end,
        x=x,
        width=width,
        y=y,
        is_narrow=float(width[:-1]) < NARROW,
        allocation=allocation,
        begins_before=start < scale.start,
        goes_on=end > scale.end,
    )


def clock(moment: datetime) -> str:
    return f"{timezone.localtime(moment):%H:%M}"
