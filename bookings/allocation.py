"""Who and what is held, and when: the part of booking where two never get the same.

Resource rows are locked first, in the order of their ids, so that two sales wait for each other
instead of running into a deadlock; the exclusion constraint has the last word.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from psycopg import errors

from bookings.models import Allocation, Appointment, Closure, Resource
from bookings.spans import Hold, Slot, Span, at_once, laid_out
from studio.foundation.templatetags.studio import local_moment, local_time
from studio.staff.models import Branch

__all__ = ["Conflict", "Hold", "Slot", "SlotTaken", "allocate", "at_once", "lock", "release"]


@dataclass(frozen=True)
class Conflict:
    """One resource that is not free: who has it (a name only for the branch's own customer), and when.

    `kind`: "taken"; "closure" (`why` says for what it is kept free); or only the minutes kept free around a
    use are in the way: "after" it is ready again at `limit`, "before" one must be done at `limit`.
    """

    resource: Resource
    customer_name: str
    starts_at: datetime
    ends_at: datetime
    kind: Literal["taken", "closure", "after", "before"] = "taken"
    limit: datetime | None = None
    why: str = ""

    def __str__(self) -> str:
        words = {
            "resource": self.resource,
            "from": local_moment(self.starts_at),
            "until": local_time(self.ends_at)
            if timezone.localtime(self.starts_at).date() == timezone.localtime(self.ends_at).date()
            else local_moment(self.ends_at),
            "customer": self.customer_name or _("another appointment"),
            "limit": local_moment(self.limit) if self.limit else "",
            "why": self.why,
        }
        if self.kind == "closure":
            return _("%(resource)s is kept free %(from)s–%(until)s: %(why)s.") % words
        if self.kind == "after":
            return _("%(resource)s is made ready after %(customer)s: free again at %(limit)s.") % words
        if self.kind == "before":
            return _("%(resource)s is made ready for %(customer)s: be done by %(limit)s.") % words
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
    return lock_ids({resource.pk for resource in resources})


def lock_ids(ids: Iterable[int]) -> list[Resource]:
    return list(Resource.objects.select_for_update(no_key=True).filter(pk__in=list(ids)).order_by("id"))


def allocate(appointment: Appointment, holds: Iterable[Hold]) -> list[Allocation]:
    """Hold all of this for `appointment`, or none: `SlotTaken` names what is not free."""
    holds = list(holds)
    fresh = {resource.pk: resource for resource in lock(hold.resource for hold in holds)}
    spans = laid_out(replace(hold, resource=fresh[hold.resource.pk]) for hold in holds)
    return write(spans, branch=appointment.branch, appointment=appointment)


def keep_free(closure: Closure) -> list[Allocation]:
    """Hold every unit of the resource for a closure; `SlotTaken` names who has it then."""
    (resource,) = lock([closure.resource])
    span = Span(resource, closure.starts_at, closure.ends_at, closure.starts_at, closure.ends_at)
    held = in_the_way([span])
    if held:
        raise SlotTaken(resource.branch, conflicts_of(held, [span], resource.branch))
    rows = [Allocation(closure=closure, unit=unit, **columns(span)) for unit in range(resource.units)]
    return Allocation.objects.bulk_create(rows)


def fill(closure: Closure) -> None:
    """Hold for the closure whatever of its time is free. What was promised before stands: a gown that comes
    back damaged takes the next party's with it until another is found, and who falls ill keeps their dates
    until each is moved. The resource is locked."""
    held = Allocation.objects.active().filter(resource=closure.resource)
    busy = list(held.overlapping(closure.starts_at, closure.ends_at).order_by("during"))
    rows = []
    for unit in range(closure.resource.units):
        moment = closure.starts_at
        taken = [(row.during.lower, row.during.upper) for row in busy if row.unit == unit]
        for lower, upper in [*taken, (closure.ends_at, closure.ends_at)]:
            if moment < lower:
                between = (moment, min(lower, closure.ends_at))
                rows.append(
                    Allocation(
                        closure=closure, resource=closure.resource, unit=unit, used=between, during=between
                    )
                )
            moment = max(moment, upper)
    Allocation.objects.bulk_create(rows)


def release(
    appointment: Appointment, before: Iterable[Resource] = (), *, keep: Collection[int] = frozenset()
) -> None:
    """Give back what is held; the rows stay as history. What is out of the house (`keep`) stays held.

    Whoever writes rows of a resource has locked it: a party that changes places in the same moment would
    take a row that is given back for one that stands. `before` are resources that will be wanted next, so
    that all are locked in one order.
    """
    held = appointment.allocations.active().exclude(resource__in=keep)
    wanted = {*held.values_list("resource", flat=True), *(resource.pk for resource in before)}
    if wanted:
        lock_ids(wanted)
        held.update(is_active=False)


# --- The rows ---------------------------------------------------------------------------------
def write(spans: list[Span], *, branch: Branch, appointment: Appointment) -> list[Allocation]:
    held, rows = in_the_way(spans), []
    wanted: dict[Resource, list[Span]] = {}
    for span in spans:
        wanted.setdefault(span.resource, []).append(span)
    conflicts: list[Conflict] = []
    for resource, mine in wanted.items():
        theirs = [row for row in held if row.resource_id == resource.pk]
        full = [span for span in mine if crowd(theirs, span) >= resource.units]
        units = None if full else seats(resource, theirs, mine)
        if units is None:
            conflicts += conflicts_of(theirs, full or mine, branch)
        else:
            rows += [
                Allocation(appointment=appointment, unit=unit, look=span.look, **columns(span))
                for unit, span in zip(units, mine, strict=True)
            ]
    if conflicts:
        raise SlotTaken(branch, conflicts)
    try:
        with transaction.atomic():
            return Allocation.objects.bulk_create(rows)
    except IntegrityError as error:
        if not isinstance(error.__cause__, errors.ExclusionViolation):
            raise
        raise SlotTaken(branch, conflicts_of(in_the_way(spans), spans, branch)) from error


def columns(span: Span) -> dict[str, object]:
    return {
        "resource": span.resource,
        "used": (span.starts_at, span.ends_at),
        "during": (span.lower, span.upper),
    }


def in_the_way(spans: list[Span]) -> list[Allocation]:
    """What holds these resources between the first and the last moment of the spans; one question."""
    if not spans:
        return []
    rows = Allocation.objects.active().filter(resource__in={span.resource.pk for span in spans})
    return list(rows.overlapping(min(s.lower for s in spans), max(s.upper for s in spans)))


def touching(rows: Iterable[Allocation], span: Span) -> list[Allocation]:
    return [row for row in rows if row.during.lower < span.upper and span.lower < row.during.upper]


def crowd(rows: Iterable[Allocation], span: Span) -> int:
    """How many units are held at the busiest moment of the span."""
    return at_once(
        (max(row.during.lower, span.lower), min(row.during.upper, span.upper)) for row in touching(rows, span)
    )


# --- Which of several units -------------------------------------------------------------------
def seats(resource: Resource, held: list[Allocation], spans: list[Span]) -> list[int] | None:
    """A unit of `resource` (locked) for each of these spans of one appointment, or None: there are too few.

    The same one for all of them where one is free throughout. Where every unit is in the way for a part of
    the time, though never all at once, those that sit there change places: units are like chairs, nobody
    is told which one is theirs.
    """
    taken = [{row.unit for row in touching(held, span)} for span in spans]
    free = [unit for unit in range(resource.units) if not any(unit in units for units in taken)]
    if free:
        return [free[0]] * len(spans)
    single = [next((u for u in range(resource.units) if u not in units), None) for units in taken]
    if all(unit is not None for unit in single):
        return [unit for unit in single if unit is not None]
    return change_places(resource, spans)


def change_places(resource: Resource, spans: list[Span]) -> list[int] | None:
    """Seat anew whatever touches this time, directly or through others; answers the units of the spans."""
    lower, upper = min(span.lower for span in spans), max(span.upper for span in spans)
    together: list[Allocation] = []
    while True:
        found = list(resource.allocations.active().overlapping(lower, upper))
        if len(found) == len(together):
            break
        together = found
        lower = min([lower, *(row.during.lower for row in together)])
        upper = max([upper, *(row.during.upper for row in together)])
    newcomers = [Allocation(resource=resource, during=(span.lower, span.upper)) for span in spans]
    until: dict[int, datetime] = {}
    order = [(row.during.lower, row.during.upper, row) for row in together]
    order += [(span.lower, span.upper, row) for span, row in zip(spans, newcomers, strict=True)]
    for start, end, seated in sorted(order, key=lambda entry: entry[:2]):
        unit = next((u for u in range(resource.units) if u not in until or until[u] <= start), resource.units)
        if unit == resource.units:  # fewer units than there once were
            return None
        seated.unit, until[unit] = unit, end
    Allocation.objects.filter(pk__in=[row.pk for row in together]).update(is_active=False)
    Allocation.objects.bulk_update(together, ["unit", "is_active"])
    return [row.unit for row in newcomers]


# --- Who has it -------------------------------------------------------------------------------
def conflicts_of(rows: Iterable[Allocation], spans: Iterable[Span], branch: Branch) -> list[Conflict]:
    """What stands in the way of these spans, each party once for a resource, the earliest first."""
    pairs = [(row.pk, span) for span in spans for row in touching(rows, span) if fits(row, span)]
    named = Allocation.objects.select_related("appointment__customer", "closure").in_bulk(
        [pk for pk, _span in pairs]
    )
    found: dict[tuple[object, ...], Conflict] = {}
    for pk, span in pairs:
        row = named[pk]
        found.setdefault(
            (row.resource_id, row.appointment_id, row.closure_id), conflict_of(row, span, branch)
        )
    return sorted(found.values(), key=lambda conflict: conflict.starts_at)


def fits(row: Allocation, span: Span) -> bool:
    return row.resource_id == span.resource.pk


def conflict_of(row: Allocation, span: Span, branch: Branch) -> Conflict:
    used = row.used
    if row.closure is not None:
        return Conflict(span.resource, "", used.lower, used.upper, "closure", why=row.closure.why)
    appointment = row.appointment
    assert appointment is not None
    own = appointment.branch_id == branch.pk and appointment.customer.branch_id == branch.pk
    conflict = Conflict(span.resource, appointment.customer.name if own else "", used.lower, used.upper)
    if used.upper <= span.starts_at:
        return replace(conflict, kind="after", limit=row.during.upper + (span.starts_at - span.lower))
    if used.lower >= span.ends_at:
        return replace(conflict, kind="before", limit=row.during.lower - (span.upper - span.ends_at))
    return conflict
