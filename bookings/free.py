"""What is free instead: the nearest three answers to "taken" (design.md, habit 7)."""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

from django.utils import timezone

from bookings.availability import Off, closed, off, opening
from bookings.models import Allocation, AppointmentKind, Resource
from bookings.spans import Hold, Slot, Span, at_once, laid_out
from studio.staff.models import Branch, SpecialDay

EARLIEST, LATEST = time(5, 0), time(23, 59)
DAYS_AROUND = 45
STEP = timedelta(minutes=30)
APART = timedelta(hours=1)

Times = list[tuple[datetime, datetime]]


def nearest_free(
    *,
    branch: Branch,
    kind: str,
    duration: timedelta,
    around: datetime,
    now: datetime,
    resources: Iterable[Resource] = (),
    holds: Iterable[Hold] = (),
    count: int = 3,
    besides: int | None = None,
    overtime: bool = False,
) -> list[Slot]:
    """The `count` free slots of `duration` nearest to `around`, all with these resources, none before `now`.

    `holds` are spans of an appointment that begins at `around`; the answers carry them at their own time.
    The day that was asked for comes first (at most two answers), then the days next to it, each at the time
    nearest to the one asked. Within the opening hours, but for the service on the wedding day itself and
    where overtime is agreed; nobody who is off. The appointment with the id `besides` counts as moved away.
    """
    asked = Slot(around, around + duration, list(resources), list(holds), overtime)
    wanted = timezone.localtime(around, branch.zone)
    anywhen = overtime or kind == AppointmentKind.WEDDING
    calendar = Calendar(asked, branch=branch, kind=kind, besides=besides, overtime=overtime)
    found: list[Slot] = []
    for distance in day_distances():
        day = wanted.date() + timedelta(days=distance)
        if day < branch.today(now):
            continue
        on_this_day = 0
        special = calendar.special.get(day)
        for start in starts_on(branch, day, wanted.time(), duration, anywhen=anywhen, special=special):
            too_near = any(abs(start - slot.starts_at) < APART for slot in found)
            if start < now or too_near or not calendar.is_free(start):
                continue
            found.append(moved(asked, start))
            on_this_day += 1
            if len(found) == count:
                return found
            if on_this_day == (2 if distance == 0 else 1):
                break
    return found


def moved(slot: Slot, start: datetime) -> Slot:
    """The same, beginning at `start`."""
    by = start - slot.starts_at
    return replace(
        slot, starts_at=start, ends_at=slot.ends_at + by, holds=[hold.moved(by) for hold in slot.holds]
    )


def day_distances() -> Iterable[int]:
    yield 0
    for distance in range(1, DAYS_AROUND):
        yield distance
        yield -distance


def starts_on(
    branch: Branch,
    day: date,
    clock: time,
    duration: timedelta,
    *,
    anywhen: bool = False,
    special: SpecialDay | None = None,
) -> list[datetime]:
    """The starting times of a day, those nearest to `clock` first: each half hour, and `clock` itself. None
    where the branch is closed; with `anywhen` from dawn to midnight.

    Counted in UTC: adding hours to a local time would be wrong on the day when the clocks change.
    """
    wanted = branch.at(day, clock).astimezone(UTC)
    if anywhen:
        opens, closes = branch.at(day, EARLIEST), branch.at(day, LATEST)
    elif times := opening(branch, day, special):
        ((opens, closes),) = times
    else:
        return []
    first, last = opens.astimezone(UTC), closes.astimezone(UTC) - duration
    moment = branch.at(day, time(timezone.localtime(first, branch.zone).hour)).astimezone(UTC)
    steps = {first, wanted}
    while moment <= last:
        steps.add(moment)
        moment += STEP
    inside = {s for s in steps if first <= s <= last} | ({wanted} if anywhen else set())
    return sorted(inside, key=lambda s: (abs(s - wanted), s))


class Calendar:
    """What is held, and who is off, around a slot, so that many other times can be tried for it."""

    def __init__(
        self, slot: Slot, *, branch: Branch, kind: str, besides: int | None = None, overtime: bool = False
    ) -> None:
        self.slot, self.branch = slot, branch
        self.spans = laid_out(slot.all_holds())
        reach = timedelta(days=DAYS_AROUND + 1)
        first = min([slot.starts_at, *(span.lower for span in self.spans)]) - reach
        last = max([slot.ends_at, *(span.upper for span in self.spans)]) + reach
        resources = slot.wanted()
        self.busy = busy_times(resources, first, last, besides)
        days = SpecialDay.objects.filter(branch=branch, day__range=(first.date(), last.date()))
        self.special = {row.day: row for row in days} if kind != AppointmentKind.WEDDING else {}
        self.off: dict[int | None, Times] = {}
        away = off(resources, first, last) if resources else closed(branch, first, last)
        for one in away:
            if counts(one, kind, overtime):
                key = one.resource.pk if one.resource else None
                self.off.setdefault(key, []).append((one.starts_at, one.ends_at))

    def is_free(self, start: datetime) -> bool:
        by = start - self.slot.starts_at
        if not self.spans:
            return not overlapping(self.off.get(None, []), start, self.slot.ends_at + by)
        return all(self.has_room(span.moved(by)) for span in self.spans)

    def has_room(self, span: Span) -> bool:
        busy, away = self.busy[span.resource.pk], self.off.get(span.resource.pk, [])
        inside = overlapping(busy, span.lower, span.upper)
        if at_once((max(a, span.lower), min(b, span.upper)) for a, b in inside) >= span.resource.units:
            return False
        return not overlapping(away, span.starts_at, span.ends_at)


def counts(away: Off, kind: str, overtime: bool) -> bool:
    if kind == AppointmentKind.WEDDING:
        return away.why in {"leave", "closure"}
    return away.why != "hours" or not overtime


def overlapping(times: Times, start: datetime, end: datetime) -> Times:
    """Those of some times, sorted by their beginning, that reach into this one."""
    before = bisect_right(times, (end, end))
    return [(a, b) for a, b in times[:before] if a < end and start < b]


def busy_times(
    resources: list[Resource], first: datetime, last: datetime, besides: int | None
) -> dict[int, Times]:
    rows = Allocation.objects.active().filter(resource__in=resources).overlapping(first, last)
    if besides is not None:
        rows = rows.exclude(appointment=besides)
    times: dict[int, Times] = {resource.pk: [] for resource in resources}
    for resource_id, during in rows.values_list("resource_id", "during").order_by("during"):
        times[resource_id].append((during.lower, during.upper))
    return times


def free_instead(
    taken: Iterable[Resource], slot: Slot, *, branch: Branch, kind: str, overtime: bool = False
) -> dict[int, list[Resource]]:
    """For each taken resource (by its id) those of its kind that could do all that is wanted of it in the
    slot, with their own buffers, but for those that are wanted for something else."""
    taken = list({resource.pk: resource for resource in taken}.values())
    others = list(
        Resource.objects.filter(branch=branch, kind__in={r.kind for r in taken}, is_active=True).exclude(
            pk__in=[r.pk for r in slot.wanted()]
        )
    )
    holds = {r.pk: [hold for hold in slot.all_holds() if hold.resource == r] for r in taken}
    tried = [
        replace(hold, resource=other, buffer_before=None, buffer_after=None)
        for resource in taken
        for other in others
        if other.kind == resource.kind
        for hold in holds[resource.pk]
    ]
    if not tried:
        return {resource.pk: [] for resource in taken}
    calendar = Calendar(
        Slot(slot.starts_at, slot.ends_at, (), tried), branch=branch, kind=kind, overtime=overtime
    )
    return {
        resource.pk: [
            other
            for other in others
            if other.kind == resource.kind
            and all(
                calendar.has_room(span)
                for span in laid_out(
                    replace(hold, resource=other, buffer_before=None, buffer_after=None)
                    for hold in holds[resource.pk]
                )
            )
        ]
        for resource in taken
    }
