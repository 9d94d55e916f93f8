"""The dates of a customer: made, moved, cancelled, confirmed (R3), with what is held for them."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Literal

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from bookings import registries
from bookings.allocation import Slot, SlotTaken, allocate, release
from bookings.free import EARLIEST, LATEST, free_instead, nearest_free
from bookings.models import (
    Appointment,
    AppointmentKind,
    AppointmentState,
    Booking,
    BookingEvent,
    Confirmation,
)
from bookings.retry import retried
from customers.models import Customer
from studio.foundation.audit import acting
from studio.foundation.models import StaleEdit
from studio.staff.models import Branch, User

FURTHEST = timedelta(days=3 * 366)
LONGEST = timedelta(hours=18)
BY_NIGHT = {AppointmentKind.SHOOT, AppointmentKind.WEDDING}
"""Kinds that may begin before dawn or reach past midnight: sunrise, night views, a bride's morning."""
ONE_OF_A_KIND = {AppointmentKind.SHOOT, AppointmentKind.SELECTION, AppointmentKind.PICKUP}
Via = Literal["call", "chat", "link", "desk"]

__all__ = [
    "NotBookable",
    "Slot",
    "SlotTaken",
    "ask_another_time",
    "cancel",
    "confirm",
    "hold",
    "make_appointment",
    "move",
    "nearest_free",
]


class NotBookable(ValidationError):
    """A time or resource that can't be agreed, and why; `field`: "day", "time", "resources", "why" or ""."""

    def __init__(self, message: Any, field: str = "", params: dict[str, Any] | None = None) -> None:
        super().__init__(message, params=params)
        self.field = field


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
) -> Appointment:
    """Agree a time and hold what it needs; all or nothing. Raises `NotBookable`, `SlotTaken`."""
    check_slot(slot, branch=branch, kind=kind, now=now)
    with transaction.atomic(), acting(by):
        if booking is not None:
            booking = Booking.locked(booking.pk)
            check_booking(booking, customer=customer, branch=branch, kind=kind)
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
        hold_resources(row, slot.resources, now=now)
        record(row, "dated", by=by, now=now, **when(row), resources=ids(slot.resources))
        return row


@retried
def move(
    appointment: Appointment, *, slot: Slot, version: int | None, by: User | None, now: datetime
) -> Appointment:
    """Another time, other people or both. What was planned for the old time dies with its schedule version,
    and the new time is unconfirmed. Raises `StaleEdit`, `NotBookable`, `SlotTaken`; nothing is lost then."""
    with transaction.atomic(), acting(by):
        row = locked(appointment, version=version)
        refuse_unless_planned(row)
        old = when(row)
        if (row.starts_at, row.ends_at) == (slot.starts_at, slot.ends_at) and held(row) == ids(
            slot.resources
        ):
            return row
        check_slot(slot, branch=row.branch, kind=row.kind, now=now)
        release(row)
        row.starts_at, row.ends_at = slot.starts_at, slot.ends_at
        hold_resources(row, slot.resources, now=now)
        row.schedule_version += 1
        row.confirmation, row.confirmed_at, row.wish = Confirmation.NONE, None, ""
        row.save_version("starts_at", "ends_at", "schedule_version", "confirmation", "confirmed_at", "wish")
        record(row, "moved", by=by, now=now, **when(row), before=old["from"], resources=ids(slot.resources))
        return row


@retried
def cancel(appointment: Appointment, *, why: str, by: User | None, now: datetime) -> Appointment:
    """Called off, with a reason; what was held is free at once. A repeat does nothing."""
    if not why.strip():
        raise NotBookable(_("Say why it is called off."), "why")
    with transaction.atomic(), acting(by):
        row = locked(appointment)
        if row.state == AppointmentState.CANCELLED:
            return row
        refuse_unless_planned(row)
        release(row)
        row.state, row.cancelled_why = AppointmentState.CANCELLED, why.strip()
        row.schedule_version += 1
        row.save_version("state", "cancelled_why", "schedule_version")
        record(row, "cancelled", by=by, now=now, **when(row))
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


# --- What is refused, and why -----------------------------------------------------------------
def check_slot(slot: Slot, *, branch: Branch, kind: str, now: datetime) -> None:
    """`NotBookable` for a time that nobody can mean, or a resource that is not this branch's to give."""
    if slot.ends_at <= slot.starts_at:
        raise NotBookable(_("The end lies before the beginning."), "time")
    if slot.starts_at < now.replace(second=0, microsecond=0):
        raise NotBookable(_("This time is over already. Choose one that is still to come."), "day")
    if slot.starts_at > now + FURTHEST:
        raise NotBookable(_("That is more than three years ahead. Check the year."), "day")
    start = timezone.localtime(slot.starts_at, branch.zone)
    end = timezone.localtime(slot.ends_at, branch.zone)
    by_day = start.time() >= EARLIEST and start.date() == end.date() and end.time() <= LATEST
    if kind not in BY_NIGHT and not by_day:
        raise NotBookable(
            _("From %(from)s to %(until)s reaches into the night. Begin after 05:00, end before midnight."),
            "time",
            {"from": f"{start:%H:%M}", "until": f"{end:%H:%M}"},
        )
    if slot.ends_at - slot.starts_at > LONGEST:
        raise NotBookable(_("Eighteen hours at most; make two dates of it."), "time")
    for resource in slot.resources:
        if resource.branch_id != branch.pk or not resource.is_active:
            raise NotBookable(_("%(name)s can't be booked here."), "resources", {"name": resource})


def check_booking(booking: Booking, *, customer: Customer, branch: Branch, kind: str) -> None:
    if booking.customer_id != customer.pk or booking.branch_id != branch.pk:
        raise NotBookable(_("This order belongs to somebody else."))
    if not booking.is_open:
        raise NotBookable(_("This order is not open any more."))


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
def hold_resources(row: Appointment, resources: Iterable[Any], *, now: datetime) -> None:
    """`allocate`, and where something is taken the answers that a person can choose from instead."""
    resources = list(resources)
    try:
        allocate(row, resources)
    except SlotTaken as taken:
        taken.free = nearest_free(
            branch=row.branch,
            kind=row.kind,
            duration=row.ends_at - row.starts_at,
            resources=resources,
            around=row.starts_at,
            now=now,
            besides=row.pk,
        )
        busy = [conflict.resource for conflict in taken.conflicts]
        taken.instead = free_instead(busy, resources, row.starts_at, row.ends_at)
        raise


def held(row: Appointment) -> list[int]:
    return sorted(row.allocations.active().values_list("resource_id", flat=True))


def ids(resources: Iterable[Any]) -> list[int]:
    return sorted(resource.pk for resource in resources)


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
    if row.booking is not None:
        registries.tell(row.booking, by=by, now=now)
