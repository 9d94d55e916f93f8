"""What is free instead: the nearest three answers to "taken" (design.md, habit 7)."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta

from django.utils import timezone

from bookings.allocation import Slot, at_once
from bookings.models import Allocation, AppointmentKind, Resource
from studio.staff.models import Branch

EARLIEST, LATEST = time(5, 0), time(23, 59)
DAYS_AROUND = 45
STEP = timedelta(minutes=30)
APART = timedelta(hours=1)

Spans = list[tuple[datetime, datetime]]


def nearest_free(
    *,
    branch: Branch,
    kind: str,
    duration: timedelta,
    resources: Iterable[Resource],
    around: datetime,
    now: datetime,
    count: int = 3,
    besides: int | None = None,
) -> list[Slot]:
    """The `count` free slots of `duration` nearest to `around`, all with these resources, none before `now`.

    The day that was asked for comes first (at most two answers), then the days next to it, each at the time
    nearest to the one asked. Within the opening hours, but for the service on the wedding day itself. The
    appointment with the id `besides` counts as moved away.
    """
    resources = list(resources)
    wanted = timezone.localtime(around, branch.zone)
    busy = busy_spans(resources, around, besides)
    found: list[Slot] = []
    for distance in day_distances():
        day = wanted.date() + timedelta(days=distance)
        if day < branch.today(now):
            continue
        on_this_day = 0
        for start in starts_on(branch, kind, day, wanted.time(), duration):
            too_near = any(abs(start - slot.starts_at) < APART for slot in found)
            if start < now or too_near or not is_free(resources, busy, start, start + duration):
                continue
            found.append(Slot(start, start + duration, resources))
            on_this_day += 1
            if len(found) == count:
                return found
            if on_this_day == (2 if distance == 0 else 1):
                break
    return found


def day_distances() -> Iterable[int]:
    yield 0
    for distance in range(1, DAYS_AROUND):
        yield distance
        yield -distance


def starts_on(branch: Branch, kind: str, day: date, clock: time, duration: timedelta) -> list[datetime]:
    """The starting times of a day, those nearest to `clock` first: each half hour, and `clock` itself.

    Counted in UTC: adding hours to a local time would be wrong on the day when the clocks change.
    """
    opens, closes = (
        (EARLIEST, LATEST) if kind == AppointmentKind.WEDDING else (branch.opens_at, branch.closes_at)
    )
    first, wanted, moment, last = (
        branch.at(day, at).astimezone(UTC) for at in (opens, clock, time(opens.hour), closes)
    )
    last -= duration
    steps = {first, wanted}
    while moment <= last:
        steps.add(moment)
        moment += STEP
    return sorted((s for s in steps if first <= s <= last), key=lambda s: (abs(s - wanted), s))


def busy_spans(resources: list[Resource], around: datetime, besides: int | None) -> dict[int, Spans]:
    reach = timedelta(days=DAYS_AROUND + 1)
    rows = (
        Allocation.objects.active()
        .filter(resource__in=resources)
        .overlapping(around - reach, around + reach)
        .exclude(appointment=besides)
        .values_list("resource_id", "during")
    )
    spans: dict[int, Spans] = {resource.pk: [] for resource in resources}
    for resource_id, during in rows:
        spans[resource_id].append((during.lower, during.upper))
    return spans


def is_free(resources: list[Resource], busy: dict[int, Spans], start: datetime, end: datetime) -> bool:
    for resource in resources:
        inside = [(max(a, start), min(b, end)) for a, b in busy[resource.pk] if a < end and start < b]
        if at_once(inside) >= resource.units:
            return False
    return True


def free_instead(
    taken: Iterable[Resource], wanted: Iterable[Resource], start: datetime, end: datetime
) -> dict[int, list[Resource]]:
    """For each taken resource (by its id) those of its kind that are free then, but for the wanted ones."""
    taken = list({resource.pk: resource for resource in taken}.values())
    others = list(
        Resource.objects.filter(
            branch__in={r.branch_id for r in taken}, kind__in={r.kind for r in taken}, is_active=True
        ).exclude(pk__in=[r.pk for r in wanted])
    )
    busy: dict[int, Spans] = {resource.pk: [] for resource in others}
    rows = Allocation.objects.active().filter(resource__in=others).overlapping(start, end)
    for resource_id, during in rows.values_list("resource_id", "during"):
        busy[resource_id].append((during.lower, during.upper))
    return {
        resource.pk: [
            other for other in others if other.kind == resource.kind and is_free([other], busy, start, end)
        ]
        for resource in taken
    }
