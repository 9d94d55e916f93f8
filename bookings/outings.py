"""A gown goes out with a customer and comes back, photographed both times; damage is made good (F6)."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from bookings import closures, gowns, securities
from bookings.allocation import SlotTaken, fill, lock
from bookings.arrangements import arranged
from bookings.models import Appointment, BookingEvent, Closure, Condition, Outing, OutingPhoto, Resource
from bookings.models.gowns import MOST_PHOTOS
from bookings.photos import Picture
from bookings.retry import retried
from bookings.schedule import NotBookable
from bookings.spans import Hold
from studio.foundation.audit import acting
from studio.staff.models import User

LONGEST = timedelta(days=31)
NEEDS_CARE = {Condition.SOILED, Condition.DAMAGED, Condition.LOST}
CHARGED = {Condition.DAMAGED, Condition.LOST}
UNTIL_FOUND = timedelta(days=365)
"""A lost gown is kept from being booked for as long as a closure may last."""


@retried
def give_out(
    appointment: Appointment,
    gown: Resource,
    *,
    due_back_at: datetime,
    condition: str = Condition.GOOD,
    photos: Sequence[Picture] = (),
    note: str = "",
    by: User,
    now: datetime,
) -> Outing:
    """The gown leaves the house. It is held until it is due back: `SlotTaken` where somebody else has it
    before that. A repeat answers the outing that there is."""
    if due_back_at <= now:
        raise NotBookable(_("It is due back after it leaves. Choose a later time."), "due_back")
    if due_back_at > now + LONGEST:
        raise NotBookable(_("A month at most. Check the days."), "due_back")
    if condition not in {Condition.GOOD, Condition.WORN}:
        raise NotBookable(_("A gown that is soiled or damaged does not go out. Choose another."), "condition")
    check_photos(photos)
    with transaction.atomic(), acting(by):
        row = gowns.locked(appointment)
        (gown,) = lock([gown])
        out = Outing.objects.filter(resource=gown, back_at=None).first()
        if out is not None and out.appointment_id == row.pk:
            return out
        if out is not None:
            raise NotBookable(_("This gown is out with somebody else. Take it back first."))
        hold_until(row, gown, due_back_at, now=now)
        outing = Outing.objects.create(
            resource=gown,
            appointment=row,
            out_at=now,
            out_by=by,
            out_condition=condition,
            due_back_at=due_back_at,
            note=note.strip()[:300],
        )
        keep(outing, photos, is_back=False, by=by, now=now)
        gowns.record(row, "gown_out", gown, by=by, now=now, outing=outing.pk, due=due_back_at.isoformat())
        return outing


@retried
def take_back(
    outing: Outing,
    *,
    condition: str,
    photos: Sequence[Picture] = (),
    note: str = "",
    repaired_at: datetime | None = None,
    version: int | None = None,
    by: User,
    now: datetime,
) -> Outing:
    """The gown is here again. Cleaning begins now. Soiled, damaged or lost it is kept free until
    `repaired_at`; whoever has it before then keeps it on paper and is listed as endangered until another gown
    is found. A repeat does nothing. Raises `StaleEdit`, `NotBookable`."""
    if condition not in Condition.values:
        raise NotBookable(_("Say how it came back."), "condition")
    if condition == Condition.LOST:
        repaired_at = now + UNTIL_FOUND
    if condition in NEEDS_CARE and (repaired_at is None or repaired_at <= now):
        raise NotBookable(_("Say by when it is in order again."), "repaired")
    if repaired_at is not None and repaired_at > now + UNTIL_FOUND:
        raise NotBookable(_("A year at most. Check the day."), "repaired")
    check_photos(photos)
    with transaction.atomic(), acting(by):
        appointment = gowns.locked(outing.appointment_id, live=False)
        (gown,) = lock([outing.resource])
        row = Outing.locked(outing.pk)
        if row.back_at is not None:
            return row
        row = Outing.locked(outing.pk, version=version)
        row.back_at, row.back_by, row.back_condition = max(now, row.out_at), by, condition
        row.note = "\n".join(filter(None, [row.note, note.strip()]))[:300]
        row.save_version("back_at", "back_by", "back_condition", "note")
        keep(row, photos, is_back=True, by=by, now=now)
        end_hold(appointment, gown, now=now)
        if condition in NEEDS_CARE:
            assert repaired_at is not None
            mend(gown, until=repaired_at, why=Condition(condition), by=by, now=now)
        gowns.record(appointment, "gown_back", gown, by=by, now=now, outing=row.pk, condition=condition)
        return row


def mend(gown: Resource, *, until: datetime, why: Condition, by: User, now: datetime) -> Closure:
    closure = Closure.objects.create(
        resource=gown, starts_at=now, ends_at=until, why=str(why.label)[:100], by=by, at=now
    )
    fill(closure)
    return closure


@retried
def in_order_again(gown: Resource, *, by: User, now: datetime) -> None:
    """Mended, cleaned or found before the day: it can be booked at once. A repeat does nothing."""
    with transaction.atomic(), acting(by):
        for closure in Closure.objects.filter(
            resource=gown, lifted_at=None, starts_at__lte=now, ends_at__gt=now
        ):
            closures.lift(closure, by=by, now=now)


# --- Damage -----------------------------------------------------------------------------------
@retried
def charge(outing: Outing, *, amount: Decimal, by: User, now: datetime) -> Outing:
    """The damage is a line of the order's price, paid out of the security as far as it reaches (F6). Once
    only: a repeat does nothing. Raises `NotBookable`, `NotPayable`."""
    with transaction.atomic(), acting(by):
        appointment, row = decided(outing)
        if row.damage_line_id is not None or is_spared(row):
            return row
        if appointment.booking is None:
            raise NotBookable(_("This date belongs to no order: there is nothing to charge it to."))
        row.damage_line = securities.charge_damage(
            appointment.booking, label=row.resource.names, amount=amount, by=by, now=now
        )
        row.save_version("damage_line")
        gowns.record(appointment, "gown_charged", row.resource, by=by, now=now, outing=row.pk)
        return row


@retried
def spare(outing: Outing, *, why: str, by: User, now: datetime) -> Outing:
    """The customer is not asked to pay for it, for a reason. A repeat does nothing."""
    if not why.strip():
        raise NotBookable(_("Say why; a few words are enough."), "why")
    with transaction.atomic(), acting(by):
        appointment, row = decided(outing)
        if row.damage_line_id is None and not is_spared(row):
            row.save_version()
            gowns.record(
                appointment, "gown_spared", row.resource, by=by, now=now, outing=row.pk, why=why.strip()[:200]
            )
        return row


def decided(outing: Outing) -> tuple[Appointment, Outing]:
    """The rows that a decision about damage is about, locked."""
    appointment = gowns.locked(outing.appointment_id, live=False)
    row = Outing.locked(outing.pk)
    if row.back_condition not in CHARGED:
        raise NotBookable(_("It came back in good order: there is nothing to charge."))
    return appointment, row


def is_spared(outing: Outing) -> bool:
    events = BookingEvent.objects.filter(appointment=outing.appointment_id, kind="gown_spared")
    return events.filter(parameters__outing=outing.pk).exists()


# --- Photographs ------------------------------------------------------------------------------
@retried
def add_photos(outing: Outing, photos: Sequence[Picture], *, by: User, now: datetime) -> Outing:
    """Photographs that nobody had the hand for at the door: of how it left while it is out, of how it came
    back afterwards; they say when they were added. Raises `NotBookable`."""
    if not photos:
        raise NotBookable(_("Take at least one photograph."), "photos")
    with transaction.atomic(), acting(by):
        appointment = gowns.locked(outing.appointment_id, live=False)
        row = Outing.locked(outing.pk)
        is_back = row.back_at is not None
        if row.photos.filter(is_back=is_back).count() + len(photos) > MOST_PHOTOS:
            raise NotBookable(_("Six photographs at most, with those that are there already."), "photos")
        keep(row, photos, is_back=is_back, by=by, now=now)
        told: dict[str, Any] = {"outing": row.pk, "count": len(photos), "is_back": is_back}
        gowns.record(appointment, "gown_photographed", row.resource, by=by, now=now, **told)
        return row


def check_photos(photos: Sequence[Picture]) -> None:
    if len(photos) > MOST_PHOTOS:
        raise NotBookable(_("Six photographs at most."), "photos")


def keep(outing: Outing, photos: Sequence[Picture], *, is_back: bool, by: User, now: datetime) -> None:
    OutingPhoto.objects.bulk_create(
        [
            OutingPhoto(
                outing=outing,
                is_back=is_back,
                image=picture.data,
                width=picture.width,
                height=picture.height,
                by=by,
                at=now,
            )
            for picture in photos
        ]
    )


# --- The hold follows what happens ------------------------------------------------------------
def hold_until(row: Appointment, gown: Resource, due: datetime, *, now: datetime) -> None:
    """Who takes a gown along has it from now until it is due back, and nobody else does."""
    own = [one for one in arranged(row) if one.resource == gown]
    if not own:
        raise NotBookable(_("Hold the gown for them first."))
    first, last = own[0], own[-1]
    if first.starts_at <= now and due <= last.ends_at:
        return
    longer = Hold(gown, min(now, first.starts_at), max(due, last.ends_at), first.look)
    gowns.hold_anew(row, gown, [longer])
    row.save_version()


def end_hold(row: Appointment, gown: Resource, *, now: datetime) -> None:
    """Back now: what is left of its time is free after the cleaning. Back late, the cleaning reaches further,
    unless the next party's time is in the way; then theirs stands and is listed as endangered."""
    own = [one for one in arranged(row) if one.resource == gown]
    begun = [one for one in own if one.starts_at < now]
    if not begun:
        return
    last = begun[-1]
    ended = [
        Hold(gown, one.starts_at, now if one == last else one.ends_at, one.look, one.buffer_before, None)
        for one in begun
    ]
    try:
        with transaction.atomic():
            gowns.hold_anew(row, gown, [*ended, *(one for one in own if one not in begun)])
    except SlotTaken:
        return
