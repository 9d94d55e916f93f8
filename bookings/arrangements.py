"""How an appointment is held now, as holds: to compare, to carry along when it moves, to keep for an undo."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from bookings.bookable import key_of
from bookings.models import Allocation, Appointment, BookingEvent, Resource
from bookings.models.resource import THINGS
from bookings.needs import Need
from bookings.spans import Hold, Slot, merged


def arranged(appointment: Appointment) -> list[Hold]:
    """What is held for it now, with the minutes kept free around each."""
    rows = appointment.allocations.active().select_related("resource").order_by("resource", "used")
    return [hold_of(row) for row in rows]


def hold_of(row: Allocation) -> Hold:
    """The hold that a row was written from; buffers that were cut for a neighbour are whole again."""
    before, after = row.used.lower - row.during.lower, row.during.upper - row.used.upper
    return Hold(
        row.resource,
        row.used.lower,
        row.used.upper,
        row.look,
        max(int(before.total_seconds() // 60), row.resource.buffer_before),
        max(int(after.total_seconds() // 60), row.resource.buffer_after),
    )


def keys(holds: Iterable[Hold]) -> set[tuple[Any, ...]]:
    return {key_of(hold) for hold in merged(holds)}


def slot_at(
    appointment: Appointment,
    starts_at: datetime,
    ends_at: datetime,
    instead: Mapping[int, Resource] | None = None,
) -> Slot:
    """The slot for moving or resizing an appointment with what is held for it now, some of it exchanged:
    `instead` by the id of what is held.

    A span keeps its distance from the beginning; what was held to the end is held to the new end; a gown or
    a vehicle keeps its length. An exchanged resource comes with its own buffers.
    """
    by = starts_at - appointment.starts_at
    holds = []
    for hold in arranged(appointment):
        there = within(hold.moved(by), starts_at, ends_at, to_the_end=hold.ends_at == appointment.ends_at)
        if instead and hold.resource.pk in instead:
            other = instead[hold.resource.pk]
            there = replace(there, resource=other, buffer_before=None, buffer_after=None)
        holds.append(there)
    return Slot(starts_at, ends_at, (), holds)


def within(hold: Hold, start: datetime, end: datetime, *, to_the_end: bool) -> Hold:
    if to_the_end:
        hold = replace(hold, ends_at=end)
    elif hold.resource.kind not in THINGS:
        hold = replace(hold, ends_at=min(hold.ends_at, end))
    if hold.starts_at >= hold.ends_at:
        hold = replace(hold, starts_at=start, ends_at=end)
    return hold


# --- In a form --------------------------------------------------------------------------------
def chosen_now(appointment: Appointment, needs: Iterable[Need]) -> tuple[dict[str, int], list[int]]:
    """Who does what of these needs now, by its key, and what is held beside them."""
    left = arranged(appointment)
    found: dict[str, Hold] = {}
    for need in needs:
        span = need.span(appointment.starts_at, appointment.ends_at)
        there = [hold for hold in left if hold.resource.kind in need.kinds]
        exact = [hold for hold in there if (hold.starts_at, hold.ends_at) == span]
        if exact or there:
            found[need.key] = (exact or there)[0]
            left.remove(found[need.key])
    chosen = {
        need.key: found[need.key].resource.pk
        for need in needs
        if need.key in found
        and not (need.follows in found and found[need.follows].resource == found[need.key].resource)
    }
    return chosen, list(dict.fromkeys(hold.resource.pk for hold in left))


def carried(
    appointment: Appointment | None, resource: Resource, start: datetime, end: datetime
) -> list[Hold]:
    """The holds of a resource beside the needs: as it is held now, carried along; otherwise for all of it."""
    if appointment is not None:
        now_held = slot_at(appointment, start, end).holds
        mine = [hold for hold in now_held if hold.resource == resource]
        if mine:
            return mine
    return [Hold(resource, start, end)]


# --- In the parameters of an event ------------------------------------------------------------
def as_stored(holds: Iterable[Hold]) -> list[list[Any]]:
    return [
        [
            hold.resource.pk,
            hold.starts_at.isoformat(),
            hold.ends_at.isoformat(),
            hold.look,
            hold.minutes_before,
            hold.minutes_after,
        ]
        for hold in holds
    ]


def as_before(event: BookingEvent) -> Slot:
    """The slot from which the move that `event` tells of began."""
    told = event.parameters
    resources = Resource.objects.in_bulk([row[0] for row in told["before_holds"]])
    holds = [
        Hold(resources[pk], datetime.fromisoformat(start), datetime.fromisoformat(end), look, before, after)
        for pk, start, end, look, before, after in told["before_holds"]
    ]
    return Slot(
        datetime.fromisoformat(told["before"]), datetime.fromisoformat(told["before_until"]), (), holds
    )
