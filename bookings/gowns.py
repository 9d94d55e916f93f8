"""Gowns held for a fitting, a look of a shoot, or the days around a wedding; let go, or another in its place.

A gown may be held longer than its appointment lasts: it goes out the evening before a wedding and comes back
the day after. What it needs to be cleaned stands on the gown itself, as the minutes kept free after each use.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from bookings import notices
from bookings.allocation import allocate, fill, lock
from bookings.arrangements import arranged, as_stored
from bookings.availability import off
from bookings.models import (
    Allocation,
    Appointment,
    AppointmentState,
    Booking,
    BookingEvent,
    Closure,
    Outing,
    Resource,
    ResourceKind,
)
from bookings.retry import retried
from bookings.schedule import FURTHEST, NotBookable
from bookings.spans import Hold
from studio.foundation.audit import acting
from studio.staff.models import Branch, Membership, User
from studio.staff.models.branch import DepartmentKind

LONGEST = timedelta(days=31)
MOST_LOOKS = 20
LIVE = {AppointmentState.PLANNED, AppointmentState.HELD}


@retried
def hold(
    appointment: Appointment,
    gown: Resource,
    *,
    starts_at: datetime,
    ends_at: datetime,
    look: int | None = None,
    by: User | None,
    now: datetime,
) -> Appointment:
    """Hold a gown for an appointment from when to when, perhaps for one look. Raises `NotBookable`,
    `SlotTaken`. A repeat does nothing."""
    check_time(starts_at, ends_at, now=now)
    if look is not None and not 1 <= look <= MOST_LOOKS:
        raise NotBookable(_("There is no such look."), "look")
    with transaction.atomic(), acting(by):
        row = locked(appointment)
        (gown,) = lock([gown])
        check_gown(gown, row.branch)
        own = [one for one in arranged(row) if one.resource == gown]
        if any(one.starts_at <= starts_at and ends_at <= one.ends_at for one in own):
            return row
        check_closures(gown, starts_at, ends_at)
        before = arranged(row)
        # Together with what it is held for already: looks of one party don't fight about the cleaning.
        hold_anew(row, gown, [*own, Hold(gown, starts_at, ends_at, look)])
        row.save_version()
        record(row, "gown_held", gown, before=before, by=by, now=now, **span(starts_at, ends_at))
        return row


@retried
def let_go(appointment: Appointment, gown: Resource, *, by: User | None, now: datetime) -> Appointment:
    """The gown is not wanted any more. A repeat does nothing; one that is out must come back first."""
    with transaction.atomic(), acting(by):
        row = locked(appointment)
        (gown,) = lock([gown])
        before = arranged(row)
        if not any(one.resource == gown for one in before):
            return row
        refuse_if_out(gown, row)
        hold_anew(row, gown, [])
        row.save_version()
        record(row, "gown_let_go", gown, before=before, by=by, now=now)
        return row


@retried
def substitute(
    appointment: Appointment, old: Resource, new: Resource, *, why: str, by: User | None, now: datetime
) -> Appointment:
    """Another gown in the place of one, for all that it is held for, or nothing changes. The owner and the
    styling department are told. Raises `NotBookable`, `SlotTaken`."""
    if not why.strip():
        raise NotBookable(_("Say why; a few words are enough."), "why")
    if old == new:
        raise NotBookable(_("That is the same gown. Choose another."), "gown")
    with transaction.atomic(), acting(by):
        row = locked(appointment)
        gowns = {one.pk: one for one in lock([old, new])}
        old, new = gowns[old.pk], gowns[new.pk]
        check_gown(new, row.branch)
        before = arranged(row)
        held = [one for one in before if one.resource == old]
        if not held:
            if any(one.resource == new for one in before):
                return row  # somebody pressed it twice
            raise NotBookable(_("This gown is not held for them any more. Look again."), "gown")
        refuse_if_out(old, row)
        for one in held:
            check_closures(new, one.starts_at, one.ends_at)
        hold_anew(row, old, [])
        instead = [replace(one, resource=new, buffer_before=None, buffer_after=None) for one in held]
        hold_anew(row, new, [*(one for one in before if one.resource == new), *instead])
        row.save_version()
        event = record(
            row, "gown_substituted", old, before=before, by=by, now=now, new=new.names, new_code=new.code,
            why=why.strip()[:200],
        )  # fmt: skip
        notices.tell(event, concerned(row, by), now)
        return row


# --- What is refused, and why -----------------------------------------------------------------
def check_time(starts_at: datetime, ends_at: datetime, *, now: datetime) -> None:
    if ends_at <= starts_at:
        raise NotBookable(_("The end lies before the beginning."), "until")
    if ends_at <= now:
        raise NotBookable(_("This time is over already. Choose one that is still to come."), "until")
    if starts_at > now + FURTHEST:
        raise NotBookable(_("That is more than three years ahead. Check the year."), "from")
    if ends_at - starts_at > LONGEST:
        raise NotBookable(_("A month at most. Check the days."), "until")


def check_gown(gown: Resource, branch: Branch) -> None:
    if gown.kind != ResourceKind.GOWN or gown.branch_id != branch.pk or not gown.is_active:
        raise NotBookable(_("%(name)s can't be booked here."), "gown", {"name": gown})


def check_closures(gown: Resource, starts_at: datetime, ends_at: datetime) -> None:
    for away in off([gown], starts_at, ends_at):
        if away.why == "closure":
            raise NotBookable(str(away), "gown")


def refuse_if_out(gown: Resource, appointment: Appointment) -> None:
    if Outing.objects.filter(resource=gown, appointment=appointment, back_at=None).exists():
        raise NotBookable(_("The gown is out with them. Take it back first."), "gown")


def locked(appointment: Appointment | int, *, live: bool = True) -> Appointment:
    """The appointment and its sale, locked in the order that everybody keeps; with `live` it must stand."""
    row = Appointment.locked(appointment.pk if isinstance(appointment, Appointment) else appointment)
    if row.booking_id is not None:
        row.booking = Booking.locked(row.booking_id)
    if live and row.state not in LIVE:
        raise NotBookable(_("This date was called off."))
    return row


# --- Parts ------------------------------------------------------------------------------------
def hold_anew(appointment: Appointment, gown: Resource, holds: list[Hold]) -> None:
    """These holds of the gown (locked) in the place of those it has for this appointment. What became free
    while the gown is being mended stays out of everybody's reach."""
    appointment.allocations.active().filter(resource=gown).update(is_active=False)
    allocate(appointment, holds)
    for closure in Closure.objects.filter(resource=gown, lifted_at=None):
        fill(closure)


def concerned(appointment: Appointment, by: User | None) -> set[int]:
    """The owner, and the styling department; not who does it."""
    people = set(in_styling(appointment.branch).values_list("user_id", flat=True))
    if appointment.customer.owner_id is not None:
        people.add(appointment.customer.owner_id)
    return people - ({by.pk} if by else set())


def in_styling(branch: Branch) -> "QuerySet[Membership]":
    return Membership.objects.active().filter(branch=branch, department__kind=DepartmentKind.STYLING)


def span(starts_at: datetime, ends_at: datetime) -> dict[str, str]:
    return {"held_from": starts_at.isoformat(), "held_until": ends_at.isoformat()}


def record(
    row: Appointment,
    kind: str,
    gown: Resource,
    *,
    by: User | None,
    now: datetime,
    before: Iterable[Hold] | None = None,
    **parameters: object,
) -> BookingEvent:
    """The event beside the fact; with `before` it tells what was held then and what is now."""
    told: dict[str, object] = {
        "appointment": row.pk,
        "of": row.kind,
        "from": row.starts_at.isoformat(),
        "until": row.ends_at.isoformat(),
        "resource": gown.pk,
        "gown": gown.names,
        "code": gown.code,
    }
    if before is not None:
        told["before_holds"] = as_stored(before)
        told["resources"] = sorted({one.resource.pk for one in arranged(row)})
    return BookingEvent.objects.create(
        booking=row.booking, appointment=row, actor=by, at=now, kind=kind, parameters=told | parameters
    )


# --- Questions --------------------------------------------------------------------------------
def holds_of(appointments: Q) -> list[Allocation]:
    """The gowns held for these appointments, by time."""
    rows = Allocation.objects.active().filter(appointments, resource__kind=ResourceKind.GOWN)
    rows = rows.exclude(appointment__state=AppointmentState.CANCELLED)
    return list(rows.select_related("resource", "appointment__customer").order_by("used", "pk"))
