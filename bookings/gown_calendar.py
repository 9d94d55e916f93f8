"""Four weeks of the gowns: which is held for whom, which is being cleaned or mended, and when one is free."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import QuerySet

from bookings.models import Allocation, Appointment, Closure, Outing, Resource, ResourceKind
from studio.staff.models import Branch

DAYS = 28


@dataclass(frozen=True)
class Bar:
    """Something on the line of a gown; place and width in per cent of the four weeks. `kind`: "held", "clean"
    (kept free around it) or "shut"."""

    kind: str
    x: str
    width: str
    starts_at: datetime
    ends_at: datetime
    appointment: Appointment | None = None
    why: str = ""


@dataclass
class Line:
    gown: Resource
    bars: list[Bar] = field(default_factory=list)
    outing: Outing | None = None

    @property
    def next(self) -> Bar | None:
        return next((bar for bar in self.bars if bar.kind == "held"), None)


@dataclass(frozen=True)
class Strip:
    """`days` as (place, day, is it a Monday); `now_at` is where the present is, empty where elsewhere."""

    first: date
    days: list[tuple[str, date, bool]]
    lines: list[Line]
    now_at: str

    @property
    def labels(self) -> list[tuple[str, date]]:
        """The days that are written out: Mondays, and the first where it stands clear of one."""
        mondays = [(where, day) for where, day, is_monday in self.days if is_monday]
        clear = (mondays[0][1] - self.first).days > 3
        return [(self.days[0][0], self.first), *mondays] if clear else mondays

    @property
    def last(self) -> date:
        return self.first + timedelta(days=DAYS - 1)


def wardrobe(branch: Branch) -> "QuerySet[Resource]":
    return Resource.objects.bookable(branch, ResourceKind.GOWN).order_by("style", "size", "code", "pk")


def free_on(gowns: Iterable[Resource], branch: Branch, day: date) -> list[Resource]:
    """Those that nobody has at any time of the day, that are clean, and in the house."""
    return free_between(gowns, *branch.day_bounds(day), cleaned=False)


def free_between(
    gowns: Iterable[Resource],
    start: datetime,
    end: datetime,
    *,
    cleaned: bool = True,
    besides: Appointment | None = None,
) -> list[Resource]:
    """Those that can be had from `start` to `end`, with `cleaned` also with the time around it that they need
    themselves. What the appointment `besides` has of them counts as free. Three questions at most."""
    rows = list(gowns)
    most = timedelta(minutes=max((max(g.buffer_before, g.buffer_after) for g in rows), default=0))
    held = Allocation.objects.active().filter(resource__in=rows).overlapping(start - most, end + most)
    held = held.exclude(appointment=besides) if besides else held
    busy = [(pk, during.lower, during.upper) for pk, during in held.values_list("resource_id", "during")]
    kept = Closure.objects.filter(resource__in=rows, lifted_at=None, ends_at__gt=start, starts_at__lt=end)
    away = Outing.objects.filter(resource__in=rows, back_at=None, due_back_at__gt=start)
    away = away.exclude(appointment=besides) if besides else away
    busy += kept.values_list("resource_id", "starts_at", "ends_at")
    busy += away.values_list("resource_id", "out_at", "due_back_at")

    def is_free(gown: Resource) -> bool:
        lower = start - timedelta(minutes=gown.buffer_before if cleaned else 0)
        upper = end + timedelta(minutes=gown.buffer_after if cleaned else 0)
        return not any(pk == gown.pk and a < upper and lower < b for pk, a, b in busy)

    return [row for row in rows if is_free(row)]


def strip(branch: Branch, gowns: Iterable[Resource], first: date, *, now: datetime) -> Strip:
    """The line of each gown from `first` on; three questions, however many there are."""
    start, end = branch.day_bounds(first)[0], branch.day_bounds(first + timedelta(days=DAYS - 1))[1]
    lines = {gown.pk: Line(gown) for gown in gowns}
    held = Allocation.objects.active().filter(resource__in=list(lines)).overlapping(start, end)
    for row in held.select_related(
        "appointment__customer", "appointment__booking__work_order", "closure"
    ).order_by("used"):
        lines[row.resource_id].bars += bars_of(row, start, end)
    for outing in Outing.objects.filter(resource__in=list(lines), back_at=None):
        lines[outing.resource_id].outing = outing
    days = [first + timedelta(days=number) for number in range(DAYS)]
    return Strip(
        first=first,
        days=[(place(branch.day_bounds(day)[0], start, end), day, day.weekday() == 0) for day in days],
        lines=list(lines.values()),
        now_at=place(now, start, end) if start <= now < end else "",
    )


def bars_of(row: Allocation, start: datetime, end: datetime) -> list[Bar]:
    """What one hold draws: its use, and what is kept free before and after it."""
    if row.closure is not None:
        shut = {"why": row.closure.why}
        return [bar("shut", row.during.lower, row.during.upper, start, end, **shut)]
    spans = [
        ("clean", row.during.lower, row.used.lower),
        ("held", row.used.lower, row.used.upper),
        ("clean", row.used.upper, row.during.upper),
    ]
    return [
        bar(kind, lower, upper, start, end, appointment=row.appointment)
        for kind, lower, upper in spans
        if lower < upper and lower < end and start < upper
    ]


def bar(kind: str, lower: datetime, upper: datetime, start: datetime, end: datetime, **more: Any) -> Bar:
    left, right = max(lower, start), min(upper, end)
    width = (right - left) / (end - start) * 100
    return Bar(kind, place(left, start, end), f"{width:.3f}%", lower, upper, **more)


def place(moment: datetime, start: datetime, end: datetime) -> str:
    return f"{(moment - start) / (end - start) * 100:.3f}%"
