"""The dates of a customer: made, moved, cancelled, confirmed (R3), with what is held for them."""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from typing import Any, Literal

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from bookings import registries
from bookings.allocation import SlotTaken, allocate, release
from bookings.arrangements import arranged, as_before, as_stored, keys, slot_at
from bookings.bookable import FURTHEST, NotBookable, NotWorking, check_booking, check_slot
from bookings.free import free_instead, nearest_free
from bookings.models import (
    Appointment,
    AppointmentKind,
    AppointmentState,
    Booking,
    BookingEvent,
    Confirmation,
    Resource,
)
from bookings.retry import retried
from bookings.spans import Hold, Slot
from bookings.undoing import check_undo, is_undone_by, wish_before
from customers.models import Customer
from studio.foundation.audit import acting
from studio.foundation.models import StaleEdit
from studio.staff.models import Branch, User

ONE_OF_A_KIND = {AppointmentKind.SHOOT, AppointmentKind.SELECTION, AppointmentKind.PICKUP}
Via = Literal["call", "chat", "link", "desk"]

__all__ = [
    "FURTHEST",
    "Hold",
    "NotBookable",
    "NotWorking",
    "Slot",
    "SlotTaken",
    "agree_overtime",
    "ask_another_time",
    "cancel",
    "confirm",
    "hold",
    "make_appointment",
    "move",
    "nearest_free",
    "slot_at",
    "undo",
]


@retried
def make_appointment(
    *,
    branch: Branch,
    customer: Customer,
    booking: Booking | None,
    kind: str,
    slot: Slot,
    by: User | None,
    now: datetime,
    overtime: bool = False,
) -> Appointment:
    """Agree a time and hold what it needs; all or nothing. `overtime`: those who must work outside their
    hours have agreed. Raises `NotBookable` (`NotWorking` where somebody is off), `SlotTaken`."""
    slot = replace(slot, overtime=overtime or slot.overtime)
    late = agreeable(slot, branch=branch, kind=kind, now=now)
    with transaction.atomic(), acting(by):
        if booking is not None:
            booking = Booking.locked(booking.pk)
            check_booking(booking, customer=customer, branch=branch)
        row = Appointment(
            branch=branch,
            customer=customer,
            booking=booking,
            kind=kind,
            starts_at=slot.starts_at,
            ends_at=slot.ends_at,
            created_at=now,
        )
        save_only_one(row)
        hold_resources(row, slot, now=now)
        record(row, "dated", by=by, now=now, **when(row), resources=ids(slot), **agreed(late))
        return row


@retried
def move(
    appointment: Appointment,
    *,
    slot: Slot,
    version: int | None,
    by: User | None,
    now: datetime,
    overtime: bool = False,
    knows: bool = False,
) -> Appointment:
    """Another time, other people or both. What was planned for the old time dies with its schedule version,
    and the new time is unconfirmed; where only people change, what the customer agreed to stands. `knows`:
    the customer has been told. Raises `StaleEdit`, `NotBookable`, `SlotTaken`; nothing is lost then."""
    with transaction.atomic(), acting(by):
        row = locked(appointment, version=version)
        refuse_unless_planned(row)
        before = arranged(row)
        same_time = (row.starts_at, row.ends_at) == (slot.starts_at, slot.ends_at)
        if same_time and keys(before) == keys(slot.all_holds()):
            return row
        slot = replace(slot, overtime=overtime or slot.overtime)
        late = agreeable(
            slot,
            branch=row.branch,
            kind=row.kind,
            now=min(now, slot.starts_at) if same_time else now,
            besides=keys(before) if same_time else (),
            row=row,
        )
        return rearrange(row, slot, before=before, by=by, now=now, **agreed(late, knows))


@retried
def undo(appointment: Appointment, *, event: BookingEvent, by: User | None, now: datetime) -> Appointment:
    """Take the last move back, `event` of kind "moved": time, holds and confirmation as they were before.

    Within the minutes that the branch allows, by who moved it or a manager; `NotBookable` where that is over
    or the customer has answered meanwhile, `SlotTaken` where somebody else has it by now. The schedule
    version goes up once more, so that nothing of the time in between is sent. A repeat does nothing.
    """
    with transaction.atomic(), acting(by):
        row = locked(appointment)
        if is_undone_by(event, row):
            return row
        refuse_unless_planned(row)
        check_undo(row, event, by=by, now=now)
        slot = replace(as_before(event), overtime=True)
        late = agreeable(slot, branch=row.branch, kind=row.kind, now=now, row=row)
        told = event.parameters
        rearrange(
            row,
            slot,
            before=arranged(row),
            by=by,
            now=now,
            confirmation=told["before_confirmation"],
            confirmed_at=told["before_confirmed_at"],
            wish=wish_before(row, event),
            undoes=event.pk,
            **agreed(late),
        )
        return row


@retried
def cancel(
    appointment: Appointment, *, why: str, by: User | None, now: datetime, knows: bool = False
) -> Appointment:
    """Called off, with a reason; what was held is free at once, but for a gown that is out: nobody gets it
    before it is back. `knows`: the customer has been told. A repeat does nothing."""
    if not why.strip():
        raise NotBookable(_("Say why it is called off."), "why")
    with transaction.atomic(), acting(by):
        row = locked(appointment)
        if row.state == AppointmentState.CANCELLED:
            return row
        refuse_unless_planned(row)
        before = arranged(row)
        release(row, keep=set(row.outings.filter(back_at=None).values_list("resource_id", flat=True)))
        row.state, row.cancelled_why = AppointmentState.CANCELLED, why.strip()
        row.schedule_version += 1
        row.save_version("state", "cancelled_why", "schedule_version")
        was = {"before_holds": as_stored(before), "schedule_version": row.schedule_version}
        record(row, "cancelled", by=by, now=now, **when(row), **was, **agreed(False, knows))
        return row


@retried
def confirm(
    appointment: Appointment,
    *,
    via: Via,
    by: User | None,
    now: datetime,
    schedule_version: int | None = None,
) -> Appointment:
    """The customer says that the time holds (R3.1). A repeat does nothing.

    With `schedule_version`: only the time that was asked about; `StaleEdit` where it was moved meanwhile.
    """
    with transaction.atomic(), acting(by):
        row = locked(appointment, schedule_version=schedule_version)
        if row.confirmation == Confirmation.CONFIRMED:
            return row
        refuse_unless_planned(row)
        row.confirmation, row.confirmed_at, row.wish = Confirmation.CONFIRMED, now, ""
        row.save_version("confirmation", "confirmed_at", "wish")
        record(row, "confirmed", by=by, now=now, via=via)
        return row


@retried
def ask_another_time(
    appointment: Appointment,
    *,
    wish: str,
    via: Via,
    by: User | None,
    now: datetime,
    schedule_version: int | None = None,
) -> Appointment:
    """The customer wants another time, in their own words. The old one stays held until it is moved."""
    with transaction.atomic(), acting(by):
        row = locked(appointment, schedule_version=schedule_version)
        wish = wish.strip()[:200]
        if row.confirmation == Confirmation.ANOTHER_TIME and row.wish == wish:
            return row
        refuse_unless_planned(row)
        row.confirmation, row.confirmed_at, row.wish = Confirmation.ANOTHER_TIME, None, wish
        row.save_version("confirmation", "confirmed_at", "wish")
        record(row, "another_time", by=by, now=now, via=via)
        return row


@retried
def hold(appointment: Appointment, *, by: User | None, now: datetime) -> Appointment:
    """The customer is here: it takes place. A repeat does nothing."""
    with transaction.atomic(), acting(by):
        row = locked(appointment)
        if row.state == AppointmentState.HELD:
            return row
        refuse_unless_planned(row)
        row.state = AppointmentState.HELD
        row.save_version("state")
        record(row, "held", by=by, now=now)
        return row


@retried
def agree_overtime(appointment: Appointment, *, by: User | None, now: datetime) -> Appointment:
    """The hours changed after the time was agreed, and they come all the same. A repeat does nothing."""
    with transaction.atomic(), acting(by):
        row = locked(appointment)
        refuse_unless_planned(row)
        last = row.events.filter(kind__in=["dated", "moved", "overtime"]).order_by("-pk").first()
        if last is None or last.kind != "overtime":
            record(row, "overtime", by=by, now=now, **when(row))
        return row


# --- What is refused, and why -----------------------------------------------------------------
def save_only_one(row: Appointment) -> None:
    """One planned date of a kind for an order: the unique constraint decides, also between two desks."""
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as error:
        if "one_planned_appointment_of_a_kind" not in str(error):
            raise
        raise NotBookable(_("There is a date for this already; move it instead.")) from error


def refuse_unless_planned(row: Appointment) -> None:
    if row.state != AppointmentState.PLANNED:
        sentences = {
            AppointmentState.CANCELLED: _("This date was called off."),
            AppointmentState.HELD: _("This date has taken place already."),
            AppointmentState.MISSED: _("This date has gone by without the customer."),
        }
        raise NotBookable(sentences[AppointmentState(row.state)])


def locked(
    appointment: Appointment, *, version: int | None = None, schedule_version: int | None = None
) -> Appointment:
    """The row and its sale, locked in the order that everybody keeps: appointment, booking, resources."""
    row = Appointment.locked(appointment.pk, version=version)
    if schedule_version is not None and row.schedule_version != schedule_version:
        raise StaleEdit(row)
    if row.booking_id is not None:
        row.booking = Booking.locked(row.booking_id)
    return row


# --- Parts ------------------------------------------------------------------------------------
def rearrange(
    row: Appointment,
    slot: Slot,
    *,
    before: list[Hold],
    by: User | None,
    now: datetime,
    confirmation: str = Confirmation.NONE,
    confirmed_at: str | None = None,
    wish: str = "",
    **parameters: Any,
) -> Appointment:
    """Let go, hold anew, and write down how it was, so that the move can be undone."""
    was = {
        "before": row.starts_at.isoformat(),
        "before_until": row.ends_at.isoformat(),
        "before_holds": as_stored(before),
        "before_confirmation": row.confirmation,
        "before_confirmed_at": row.confirmed_at.isoformat() if row.confirmed_at else None,
        "before_version": row.version,
    }
    same_time = (row.starts_at, row.ends_at) == (slot.starts_at, slot.ends_at)
    release(row, before=slot.wanted())
    row.starts_at, row.ends_at = slot.starts_at, slot.ends_at
    hold_resources(row, slot, now=now)
    if not same_time:
        row.schedule_version += 1
        row.confirmation, row.wish = confirmation, wish
        row.confirmed_at = datetime.fromisoformat(confirmed_at) if confirmed_at else None
    row.save_version("starts_at", "ends_at", "schedule_version", "confirmation", "confirmed_at", "wish")
    parameters |= was | {"resources": ids(slot), "schedule_version": row.schedule_version}
    record(row, "moved", by=by, now=now, **when(row), **parameters)
    return row


def agreeable(
    slot: Slot,
    *,
    branch: Branch,
    kind: str,
    now: datetime,
    besides: Collection[tuple[Any, ...]] = (),
    row: Appointment | None = None,
) -> bool:
    """`check_slot`; where somebody is off, with the answers that a person can choose from instead."""
    try:
        return check_slot(slot, branch=branch, kind=kind, now=now, besides=besides)
    except NotWorking as refusal:
        away = [one.resource for one in refusal.off if one.resource is not None]
        refusal.free, refusal.instead = answers(slot, away, branch=branch, kind=kind, now=now, row=row)
        raise


def hold_resources(row: Appointment, slot: Slot, *, now: datetime) -> None:
    """`allocate`, and where something is taken the answers that a person can choose from instead."""
    try:
        allocate(row, slot.all_holds())
    except SlotTaken as taken:
        held = [conflict.resource for conflict in taken.conflicts]
        taken.free, taken.instead = answers(slot, held, branch=row.branch, kind=row.kind, now=now, row=row)
        raise


def answers(
    slot: Slot, missing: list[Resource], *, branch: Branch, kind: str, now: datetime, row: Appointment | None
) -> tuple[list[Slot], dict[int, list[Resource]]]:
    """The nearest free times with the same people, and who could stand in for those that can't be had."""
    free = nearest_free(
        branch=branch,
        kind=kind,
        duration=slot.ends_at - slot.starts_at,
        resources=slot.resources,
        holds=slot.holds,
        around=slot.starts_at,
        now=now,
        besides=row.pk if row else None,
        overtime=slot.overtime,
    )
    return free, free_instead(missing, slot, branch=branch, kind=kind, overtime=slot.overtime)


def ids(slot: Slot) -> list[int]:
    return sorted(resource.pk for resource in slot.wanted())


def agreed(overtime: bool, knows: bool = False) -> dict[str, Any]:
    """In the event only what is so: somebody works outside their hours, the customer knows already."""
    return {name: True for name, so in (("overtime", overtime), ("knows", knows)) if so}


def when(row: Appointment) -> dict[str, str]:
    return {"from": row.starts_at.isoformat(), "until": row.ends_at.isoformat()}


def record(row: Appointment, kind: str, *, by: User | None, now: datetime, **parameters: Any) -> None:
    """The event beside the fact; then whoever waits for the facts of the order is told."""
    event = BookingEvent.objects.create(
        booking=row.booking,
        appointment=row,
        actor=by,
        at=now,
        kind=kind,
        parameters={"appointment": row.pk, "of": row.kind, **parameters},
    )
    if kind in {"dated", "moved", "cancelled"}:
        for listener in registries.schedule_changes:
            listener(row, event, by, now)
    if kind in {"confirmed", "another_time"}:
        for listener in registries.answers:
            listener(row, event, by, now)
    if row.booking is not None:
        registries.tell(row.booking, by=by, now=now)
