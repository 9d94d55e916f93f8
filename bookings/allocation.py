"""Who and what is held, and when: the part of booking where two never get the same.

Resource rows are locked first, in the order of their ids, so that two sales wait for each other
instead of running into a deadlock; the exclusion constraint has the last word.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from psycopg import errors

from bookings.models import Allocation, Appointment, Resource
from studio.foundation.templatetags.studio import local_moment, local_time
from studio.staff.models import Branch


@dataclass(frozen=True)
class Slot:
    """A time, and who and what it is wanted with."""

    starts_at: datetime
    ends_at: datetime
    resources: Iterable[Resource] = ()


@dataclass(frozen=True)
class Conflict:
    """One resource that is taken: by whom (a name only for the branch's own customer), and when."""

    resource: Resource
    customer_name: str
    starts_at: datetime
    ends_at: datetime

    def __str__(self) -> str:
        words = {
            "resource": self.resource,
            "from": local_moment(self.starts_at),
            "until": local_time(self.ends_at),
            "customer": self.customer_name or _("another appointment"),
        }
        return _("%(resource)s is taken %(from)s–%(until)s: %(customer)s.") % words


@dataclass
class SlotTaken(Exception):
    """The wanted slot is not free: what stands in the way, the nearest free times with the same resources,
    and for each taken resource (by its id) who of the same kind is free at the wanted time."""

    branch: Branch
    conflicts: list[Conflict]
    free: list[Slot] = field(default_factory=list)
    instead: dict[int, list[Resource]] = field(default_factory=dict)

    def __str__(self) -> str:
        with timezone.override(self.branch.zone):
            return " ".join(str(conflict) for conflict in self.conflicts)


def lock(resources: Iterable[Resource]) -> list[Resource]:
    """The rows of these resources, locked to the end of the transaction, always in the same order."""
    ids = {resource.pk for resource in resources}
    return list(Resource.objects.select_for_update(no_key=True).filter(pk__in=ids).order_by("id"))


def allocate(appointment: Appointment, resources: Iterable[Resource]) -> list[Allocation]:
    """Hold `resources` for the time of `appointment`, all or none: `SlotTaken` names what is not free."""
    start, end = appointment.starts_at, appointment.ends_at
    locked = lock(resources)
    units: dict[int, int] = {}
    conflicts: list[Conflict] = []
    for resource in locked:
        overlapping = list(resource.allocations.active().overlapping(start, end))
        unit = free_unit(resource, overlapping, start, end)
        if unit is None:
            conflicts += conflicts_with(overlapping, resource, appointment.branch)
        else:
            units[resource.pk] = unit
    if conflicts:
        raise SlotTaken(appointment.branch, conflicts)
    rows = [
        Allocation(
            appointment=appointment, resource=r, unit=units[r.pk], used=(start, end), during=(start, end)
        )
        for r in locked
    ]
    try:
        with transaction.atomic():
            return Allocation.objects.bulk_create(rows)
    except IntegrityError as error:
        if not isinstance(error.__cause__, errors.ExclusionViolation):
            raise
        raise SlotTaken(appointment.branch, who_has(locked, start, end, appointment.branch)) from error


def release(appointment: Appointment) -> None:
    """Give back what is held; the rows stay as history."""
    appointment.allocations.active().update(is_active=False)


def conflicts_with(
    allocations: Iterable[Allocation], resource: Resource, branch: Branch
) -> Iterable[Conflict]:
    rows = Appointment.objects.filter(allocations__in=list(allocations)).select_related("customer").distinct()
    for row in rows:
        own = row.branch_id == branch.pk and row.customer.branch_id == branch.pk
        yield Conflict(resource, row.customer.name if own else "", row.starts_at, row.ends_at)


def who_has(resources: Iterable[Resource], start: datetime, end: datetime, branch: Branch) -> list[Conflict]:
    return [
        conflict
        for resource in resources
        for conflict in conflicts_with(
            resource.allocations.active().overlapping(start, end), resource, branch
        )
    ]


def at_once(spans: Iterable[tuple[datetime, datetime]]) -> int:
    """How many of these half-open spans there are at the busiest moment."""
    steps = sorted(step for start, end in spans for step in ((start, 1), (end, -1)))
    busiest = now = 0
    for _moment, change in steps:
        now += change
        busiest = max(busiest, now)
    return busiest


def clipped(
    allocations: Iterable[Allocation], start: datetime, end: datetime
) -> list[tuple[datetime, datetime]]:
    return [(max(a.during.lower, start), min(a.during.upper, end)) for a in allocations]


def free_unit(
    resource: Resource, overlapping: list[Allocation], start: datetime, end: datetime
) -> int | None:
    """A unit of `resource` (locked) that is free throughout, or None.

    Where every unit is in the way for a part of the time, though never all at once, those that sit
    there change places: units are like chairs, nobody is told which one is theirs.
    """
    taken = {allocation.unit for allocation in overlapping}
    free = [unit for unit in range(resource.units) if unit not in taken]
    if free:
        return free[0]
    if at_once(clipped(overlapping, start, end)) >= resource.units:
        return None
    return change_places(resource, overlapping, start, end)


def change_places(
    resource: Resource, overlapping: list[Allocation], start: datetime, end: datetime
) -> int | None:
    """Seat anew whatever touches this time, directly or through others; answers the unit that became free."""
    together, lower, upper = overlapping, start, end
    while True:
        lower = min([lower, *(a.during.lower for a in together)])
        upper = max([upper, *(a.during.upper for a in together)])
        found = list(resource.allocations.active().overlapping(lower, upper))
        if len(found) == len(together):
            break
        together = found
    newcomer = Allocation(resource=resource, during=(start, end))
    until: dict[int, datetime] = {}
    for span_start, span_end, seated in sorted(
        [(a.during.lower, a.during.upper, a) for a in together] + [(start, end, newcomer)],
        key=lambda span: (span[0], span[1]),
    ):
        unit = next(
            (u for u in range(resource.units) if u not in until or until[u] <= span_start), resource.units
        )
        if unit == resource.units:  # fewer units than there once were
            return None
        seated.unit, until[unit] = unit, span_end
    Allocation.objects.filter(pk__in=[a.pk for a in together]).update(is_active=False)
    Allocation.objects.bulk_update(together, ["unit", "is_active"])
    return newcomer.unit
