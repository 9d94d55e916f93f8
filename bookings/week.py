"""A week of the schedule (档期): all resources in squares, or the days of one person or resource in lines."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from bookings.almanac import Mark, marks
from bookings.availability import Off, off, opening
from bookings.day import (
    LANE,
    Bar,
    Block,
    Line,
    appointments_between,
    bars_of,
    block,
    in_order,
    line_of,
    scale_of,
    taken_between,
    used,
)
from bookings.lanes import lanes_of
from bookings.models import Allocation, Appointment, Resource, ResourceKind
from bookings.scale import Scale
from studio.staff.models import Branch, User

MEASURED = (ResourceKind.PHOTOGRAPHER, ResourceKind.ARTIST, ResourceKind.FLOOR)
"""What runs out first, and so says how full a day is."""


def days_from(monday: date) -> list[date]:
    return [monday + timedelta(days=n) for n in range(7)]


def bounds(branch: Branch, days: list[date]) -> tuple[datetime, datetime]:
    return branch.day_bounds(days[0])[0], branch.day_bounds(days[-1])[1]


# --- How full the days are ---------------------------------------------------------------------
@dataclass(frozen=True)
class StripDay:
    """One day of the strip: its marks, how much of it is taken (per cent) and how many dates it has."""

    mark: Mark
    share: int
    count: int
    is_today: bool
    is_shown: bool

    @property
    def day(self) -> date:
        return self.mark.day

    @property
    def kind(self) -> str:
        """For the meter: full is a warning."""
        return "warn" if self.share >= 85 else "ok" if self.share else ""


def strip(branch: Branch, monday: date, *, shown: date, today: date) -> list[StripDay]:
    """The days of a week, with how full they are."""
    days = days_from(monday)
    start, end = bounds(branch, days)
    resources = list(Resource.objects.bookable(branch, *MEASURED))
    taken, away = taken_between(resources, start, end), off(resources, start, end)
    begun = [row.starts_at for row in appointments_between(branch, start, end)]
    known = marks(branch, days)
    found = []
    for day in days:
        first, last = branch.day_bounds(day)
        found.append(
            StripDay(
                mark=known[day],
                share=share_of(branch, known[day], resources, taken, away),
                count=sum(first <= moment < last for moment in begun),
                is_today=day == today,
                is_shown=day == shown,
            )
        )
    return found


def share_of(
    branch: Branch,
    mark: Mark,
    resources: list[Resource],
    taken: Iterable[Allocation],
    away: Iterable[Off],
) -> int:
    """How much of the opening hours of these resources is taken, in per cent; what is off can't be taken."""
    spans = opening(branch, mark.day, mark.special)
    if not spans:
        return 0
    start, end = spans[0][0].astimezone(UTC), spans[-1][1].astimezone(UTC)

    def inside(first: datetime, last: datetime) -> float:
        return max((min(last, end) - max(first, start)).total_seconds(), 0)

    whole = inside(start, end) * sum(row.units for row in resources)
    whole -= sum(inside(one.starts_at, one.ends_at) * one.resource.units for one in away if one.resource)
    held = sum(inside(*used(row)) for row in taken if row.appointment_id)
    return min(round(held / whole * 100), 100) if whole > 0 else (100 if held else 0)


# --- All resources in squares ------------------------------------------------------------------
@dataclass(frozen=True)
class Square:
    """One day of one resource: what holds it, in the order of time; `away` says why it is not there."""

    day: date
    held: list[Allocation]
    away: list[Off]
    is_today: bool


@dataclass(frozen=True)
class Row:
    resource: Resource
    squares: list[Square]


def squares(branch: Branch, monday: date, *, kinds: Iterable[str], today: date) -> list[Row]:
    """The week by resource; the same few questions, however much there is."""
    days = days_from(monday)
    start, end = bounds(branch, days)
    resources = in_order(Resource.objects.bookable(branch, *kinds))
    taken = taken_between(resources, start, end)
    away = [one for one in off(resources, start, end) if one.why != "closure"]
    return [
        Row(resource, [square(branch, resource, day, taken, away, today=today) for day in days])
        for resource in resources
    ]


def square(
    branch: Branch,
    resource: Resource,
    day: date,
    taken: Iterable[Allocation],
    away: Iterable[Off],
    *,
    today: date,
) -> Square:
    start, end = branch.day_bounds(day)
    whole = [one for one in away if lasts(one, branch, day)]
    return Square(
        day=day,
        held=[
            row
            for row in taken
            if row.resource_id == resource.pk and row.used.lower < end and start < row.used.upper
        ],
        away=[one for one in whole if one.resource is not None and one.resource.pk == resource.pk],
        is_today=day == today,
    )


def lasts(away: Off, branch: Branch, day: date) -> bool:
    """Whether it takes up the usual opening hours of a day: leave, a closed day, a weekday off."""
    ((opens, closes),) = opening(branch, day, None)
    return away.starts_at <= opens and closes <= away.ends_at


# --- One person or one resource, a line for each day ---------------------------------------------
@dataclass(frozen=True)
class Lines:
    """A line for each day, all with the same hours of the clock."""

    lines: list[Line]
    now_at: str
    today: date
    lane: int = LANE

    @property
    def scale(self) -> Scale:
        return self.lines[0].scale

    @property
    def hours(self) -> list[tuple[str, int]]:
        return self.scale.hours


def of_resource(branch: Branch, monday: date, resource: Resource, *, now: datetime) -> Lines:
    days = days_from(monday)
    start, end = bounds(branch, days)
    taken, away = taken_between([resource], start, end), off([resource], start, end)
    scales = scales_of(branch, days, [used(row) for row in taken])
    lines = [
        line_of(resource, day, scale, within(taken, scale), away)
        for day, scale in zip(days, scales, strict=True)
    ]
    return shown(branch, lines, now)


def of_person(branch: Branch, monday: date, person: User, *, now: datetime) -> Lines:
    """What the colleague is booked for, and the dates of the customers that are theirs to see to."""
    days = days_from(monday)
    start, end = bounds(branch, days)
    resources = list(Resource.objects.filter(branch=branch, is_active=True, user=person))
    taken, away = taken_between(resources, start, end), off(resources, start, end)
    held = {row.appointment_id for row in taken}
    own = [
        row
        for row in appointments_between(branch, start, end)
        if row.customer.owner_id == person.pk and row.pk not in held
    ]
    scales = scales_of(branch, days, [*map(used, taken), *((row.starts_at, row.ends_at) for row in own)])
    lines = [
        persons_line(day, scale, within(taken, scale), own, away)
        for day, scale in zip(days, scales, strict=True)
    ]
    return shown(branch, lines, now)


def persons_line(
    day: date, scale: Scale, taken: list[Allocation], own: Iterable[Appointment], away: Iterable[Off]
) -> Line:
    """Bookings and customers' dates on lanes of their own; leave and hours behind them."""
    mine = [row for row in own if scale.shows(row.starts_at, row.ends_at)]
    booked = [row for row in taken if row.appointment is not None and scale.shows(*used(row))]
    lanes = lanes_of([*map(used, booked), *((row.starts_at, row.ends_at) for row in mine)])
    blocks: list[Block] = [
        block(scale, row.appointment, *used(row), y=lane * LANE, allocation=row)  # type: ignore[arg-type]
        for row, lane in zip(booked, lanes, strict=False)
    ]
    blocks += [
        block(scale, row, row.starts_at, row.ends_at, y=lane * LANE)
        for row, lane in zip(mine, lanes[len(booked) :], strict=True)
    ]
    count = max(lanes, default=0) + 1
    bars = [
        Bar("off", *scale.bar(one.starts_at, one.ends_at), 0, LANE * count, str(one))
        for one in away
        if one.why != "closure"
    ]
    for row in taken:
        bars += bars_of(row, scale) if row.closure else []
    return Line(None, day, scale, blocks, [bar for bar in bars if bar.width != "0.000%"], count)


def scales_of(branch: Branch, days: list[date], spans: list[tuple[datetime, datetime]]) -> list[Scale]:
    """The same hours of the clock for each day, so that they stand below one another."""
    own = []
    for day in days:
        start, end = branch.day_bounds(day)
        own.append(scale_of(branch, day, [span for span in spans if span[0] < end and start < span[1]], None))
    starts = [branch.day_bounds(day)[0].astimezone(UTC) for day in days]
    first = min(scale.start - start for scale, start in zip(own, starts, strict=True))
    last = max(scale.end - start for scale, start in zip(own, starts, strict=True))
    return [Scale(start + first, start + last, branch.zone) for start in starts]


def within(taken: Iterable[Allocation], scale: Scale) -> list[Allocation]:
    return [row for row in taken if scale.shows(row.during.lower, row.during.upper)]


def shown(branch: Branch, lines: list[Line], now: datetime) -> Lines:
    today = branch.today(now)
    line = next((line for line in lines if line.day == today), None)
    return Lines(lines, line.scale.at(now, within=True) if line else "", today)
