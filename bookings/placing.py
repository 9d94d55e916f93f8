"""A block of the schedule put down elsewhere: which slot that means for the whole appointment.

A block moves all of its appointment, everything else that is held along with it, also where it is only a part
of it: the photographer who comes after the styling. The span of one look moves alone, within the appointment,
and so does the end of a part that is pulled.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.utils.translation import gettext_lazy as _

from bookings.arrangements import arranged, slot_at
from bookings.models import Allocation, Appointment, Resource, ResourceKind
from bookings.schedule import Hold, NotBookable, Slot

ALIKE = frozenset({ResourceKind.FLOOR, ResourceKind.LOCATION})
"""Kinds that stand in for each other: a shoot is here or out of the house."""


@dataclass(frozen=True)
class Drop:
    """Where a block was put down: the span it has now, and the line of which resource it lies on (None: its
    own). `later` shifts the whole of it once more: a free time that was offered instead; `swap` exchanges
    other resources, by the id of what is held."""

    starts_at: datetime
    ends_at: datetime
    to: Resource | None = None
    later: timedelta = timedelta(0)
    swap: dict[int, Resource] | None = None


def slot_for(appointment: Appointment, block: Allocation | None, drop: Drop) -> Slot:
    """The slot to move to. Raises `NotBookable` where the line is for something else."""
    if drop.ends_at <= drop.starts_at:
        raise NotBookable(_("The end lies before the beginning."), "time")
    own = block.resource if block is not None else None
    if drop.to is not None and own is not None and not alike(own, drop.to):
        raise NotBookable(
            _("%(name)s can't stand in for %(other)s."), "resources", {"name": drop.to, "other": own}
        )
    instead = dict(drop.swap or {})
    if own is not None and drop.to is not None and drop.to != own:
        instead[own.pk] = drop.to
    if block is None or is_whole(block, appointment):
        slot = slot_at(appointment, drop.starts_at, drop.ends_at, instead)
    elif block.look is None and drop.ends_at - drop.starts_at == block.used.upper - block.used.lower:
        later = drop.starts_at - block.used.lower
        slot = slot_at(appointment, appointment.starts_at + later, appointment.ends_at + later, instead)
    else:
        slot = with_span(appointment, block, drop, instead)
    return shifted(slot, drop.later) if drop.later else slot


def is_whole(block: Allocation, appointment: Appointment) -> bool:
    return (block.used.lower, block.used.upper) == (appointment.starts_at, appointment.ends_at)


def alike(one: Resource, other: Resource) -> bool:
    return one.kind == other.kind or {one.kind, other.kind} <= ALIKE


def with_span(appointment: Appointment, block: Allocation, drop: Drop, instead: dict[int, Resource]) -> Slot:
    """The appointment as it is, but for one span of it."""
    holds = []
    for hold in arranged(appointment):
        mine = hold.resource.pk == block.resource_id and hold.starts_at == block.used.lower
        there = replace(hold, starts_at=drop.starts_at, ends_at=drop.ends_at) if mine else hold
        is_own = hold.resource.pk == block.resource_id
        if hold.resource.pk in instead and (mine or not is_own):
            there = exchanged(there, instead[hold.resource.pk])
        holds.append(there)
    return Slot(appointment.starts_at, appointment.ends_at, (), holds)


def exchanged(hold: Hold, other: Resource) -> Hold:
    return replace(hold, resource=other, buffer_before=None, buffer_after=None)


def shifted(slot: Slot, by: timedelta) -> Slot:
    holds = [hold.moved(by) for hold in slot.all_holds()]
    return Slot(slot.starts_at + by, slot.ends_at + by, (), holds)
