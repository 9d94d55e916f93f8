"""The waiting list: who asked for a day that is full, and gets the place that comes free, the first first."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from bookings import schedule
from bookings.allocation import SlotTaken
from bookings.bookable import FURTHEST, NotBookable
from bookings.models import (
    Appointment,
    AppointmentKind,
    Booking,
    PartOfDay,
    Resource,
    WaitingEntry,
    WaitingState,
)
from bookings.places import Places
from bookings.retry import retried
from bookings.spans import Slot
from customers import history
from customers.models import Customer
from studio.foundation.audit import acting
from studio.staff.models import Branch, User

MOST_DAYS = 62
SHORTEST, LONGEST = 10, 18 * 60

SENTENCES = {
    "waiting_joined": (_("Waits for a day that is full"), "hourglass"),
    "waiting_withdrawn": (_("Does not wait for a day any more"), "undo-2"),
    "waiting_served": (_("Got a date from the waiting list"), "calendar-check"),
}


@retried
def join(
    *,
    branch: Branch,
    customer: Customer,
    kind: str,
    first_day: date,
    last_day: date,
    minutes: int,
    part_of_day: str = PartOfDay.ANY,
    resources: Iterable[Resource] = (),
    booking: Booking | None = None,
    note: str = "",
    by: User | None,
    now: datetime,
) -> WaitingEntry:
    """Put a wish for these days on the list. The same wish twice is one. Raises `NotBookable`."""
    wanted = list(resources)
    check_wish(branch, kind, first_day, last_day, minutes, part_of_day, wanted, now)
    with transaction.atomic(), acting(by):
        customer = Customer.locked(customer.pk)
        if customer.branch_id != branch.pk or not customer.is_active:
            raise NotBookable(_("This customer file is closed."))
        if booking is not None:
            schedule.check_booking(booking, customer=customer, branch=branch)
        wish = {"kind": kind, "first_day": first_day, "last_day": last_day, "part_of_day": part_of_day}
        same = WaitingEntry.objects.open().filter(branch=branch, customer=customer, booking=booking, **wish)
        found = same.first()
        if found is not None:
            return found
        row = WaitingEntry.objects.create(
            branch=branch,
            customer=customer,
            booking=booking,
            minutes=minutes,
            note=note.strip()[:200],
            by=by,
            created_at=now,
            **wish,
        )
        row.resources.set(wanted)
        history.tell(customer, "waiting_joined", by=by, now=now, entry=row.pk)
        refresh([row], now=now)
        return row


@retried
def withdraw(
    entry: WaitingEntry, *, version: int | None = None, by: User | None, now: datetime
) -> WaitingEntry:
    """They don't want it any more. A repeat does nothing."""
    with transaction.atomic(), acting(by):
        row = WaitingEntry.locked(entry.pk)
        if row.state != WaitingState.WAITING:
            return row
        row = WaitingEntry.locked(entry.pk, version=version)
        row.state, row.free_at = WaitingState.WITHDRAWN, None
        row.save_version("state", "free_at")
        history.tell(row.customer, "waiting_withdrawn", by=by, now=now, entry=row.pk)
        return row


def take_place(
    entry: WaitingEntry, slot: Slot, *, by: User | None, now: datetime, overtime: bool = False
) -> Appointment:
    """The place is theirs: a date that their order has already moves there, else one is agreed. Raises
    `NotBookable`, `SlotTaken`; then the list knows that the place is gone again."""
    try:
        return taken(entry, slot, by=by, now=now, overtime=overtime)
    except SlotTaken:
        refresh([entry], now=now)
        raise


@retried
def taken(entry: WaitingEntry, slot: Slot, *, by: User | None, now: datetime, overtime: bool) -> Appointment:
    with transaction.atomic(), acting(by):
        row = WaitingEntry.locked(entry.pk)
        if row.state == WaitingState.BOOKED and row.appointment is not None:
            return row.appointment  # somebody pressed it twice
        if row.state != WaitingState.WAITING:
            raise NotBookable(_("They are not waiting any more."))
        date_there = planned(row)
        if date_there is not None:
            made = schedule.move(date_there, slot=slot, version=None, by=by, now=now, overtime=overtime)
        else:
            made = schedule.make_appointment(
                branch=row.branch,
                customer=row.customer,
                booking=row.booking,
                kind=row.kind,
                slot=slot,
                by=by,
                now=now,
                overtime=overtime,
            )
        serve(row.pk, made, by=by, now=now)
        return made


def planned(entry: WaitingEntry) -> Appointment | None:
    """The date that their order has already, of a kind of which it has only one."""
    if entry.booking_id is None or entry.kind not in schedule.ONE_OF_A_KIND:
        return None
    return Appointment.objects.planned().filter(booking=entry.booking_id, kind=entry.kind).first()


def serve(pk: int, appointment: Appointment, *, by: User | None, now: datetime) -> None:
    """The entry has its date; an older entry that led to the same date gives it up. A repeat does nothing."""
    row = WaitingEntry.objects.filter(pk=pk, state=WaitingState.WAITING).first()
    if row is None:
        return
    older = WaitingEntry.objects.filter(appointment=appointment)
    older.update(appointment=None, state=WaitingState.OVER, version=F("version") + 1)
    row.state, row.appointment, row.free_at = WaitingState.BOOKED, appointment, None
    row.save_version("state", "appointment", "free_at")
    history.tell(row.customer, "waiting_served", by=by, now=now, entry=row.pk)


# --- What is refused, and why -----------------------------------------------------------------
def check_wish(
    branch: Branch,
    kind: str,
    first_day: date,
    last_day: date,
    minutes: int,
    part_of_day: str,
    resources: list[Resource],
    now: datetime,
) -> None:
    today = branch.today(now)
    refusals: list[tuple[bool, Any, str]] = [
        (kind not in AppointmentKind.values, _("There is no date of this kind."), ""),
        (part_of_day not in PartOfDay.values, _("Choose a part of the day."), "part_of_day"),
        (last_day < first_day, _("The last day lies before the first."), "last_day"),
        (last_day < today, _("This day is over already. Choose one that is still to come."), "last_day"),
        (
            last_day > today + FURTHEST,
            _("That is more than three years ahead. Check the year."),
            "last_day",
        ),
        (
            last_day - first_day >= timedelta(days=MOST_DAYS),
            _("Two months at most; make two entries of it."),
            "last_day",
        ),
        (not SHORTEST <= minutes <= LONGEST, _("Between ten minutes and eighteen hours."), "minutes"),
        (
            any(row.branch_id != branch.pk or not row.is_active for row in resources),
            _("This can't be booked here any more. Choose again."),
            "resources",
        ),
    ]
    for is_wrong, sentence, field in refusals:
        if is_wrong:
            raise NotBookable(sentence, field)


# --- What is free for whom --------------------------------------------------------------------
def with_wishes(rows: Any) -> list[WaitingEntry]:
    """The entries with all that is read to find them a place; the same few questions for any number."""
    related = "branch", "customer__owner", "booking__package_version__package", "booking__branch", "by"
    wishes = (
        "resources",
        "booking__package_version__needs__skill",
        "booking__package_version__needs__resource",
    )
    return list(rows.select_related(*related).prefetch_related(*wishes))


def places_for(
    entries: Iterable[WaitingEntry], *, now: datetime, count: int = 3, only: Iterable[date] = ()
) -> dict[int, list[Slot]]:
    """Free times for each of these entries of one branch, by its id; `only` on these days."""
    rows, found = list(entries), {}
    if not rows:
        return {}
    today, chosen = rows[0].branch.today(now), set(only)
    first = max(today, min(row.first_day for row in rows))
    last = max(first, max(row.last_day for row in rows))
    places = Places(rows[0].branch, first, last, now=now)
    for row in rows:
        begin = max(row.first_day, today)
        days = [begin + timedelta(days=n) for n in range((row.last_day - begin).days + 1)]
        found[row.pk] = places.free(
            row.kind,
            row.minutes,
            [day for day in days if not chosen or day in chosen],
            version=row.booking.package_version if row.booking else None,
            wanted=row.resources.all(),
            part=row.part_of_day,
            count=count,
        )
    return found


def slot_at(entry: WaitingEntry, start: datetime, *, now: datetime) -> Slot | None:
    """The place that begins at `start`, with whoever is free for it now; None: it is gone."""
    day = start.astimezone(entry.branch.zone).date()
    places = Places(entry.branch, day, day, now=now)
    version = entry.booking.package_version if entry.booking else None
    needs = places.needs(version, entry.kind)
    return places.slot(entry.kind, start, entry.minutes, needs=needs, wanted=entry.resources.all())


def refresh(entries: Iterable[WaitingEntry], *, now: datetime, only: Iterable[date] = ()) -> int:
    """Write down for whom something is free and for whom nothing is any more; answers how many changed.

    Whoever holds an entry in this second changes it themself: nobody waits here.
    """
    rows = with_wishes(WaitingEntry.objects.open().filter(pk__in=[entry.pk for entry in entries]))
    changed = 0
    found = places_for(rows, now=now, count=1, only=only)
    for row in rows:
        is_free = bool(found[row.pk])
        if is_free == (row.free_at is not None) or (only and not is_free):
            continue
        with transaction.atomic():
            free = WaitingEntry.objects.select_for_update(no_key=True, skip_locked=True)
            if free.filter(pk=row.pk, state=WaitingState.WAITING, version=row.version).exists():
                # No new version: somebody's open page is not stale because a place came free.
                changed += WaitingEntry.objects.filter(pk=row.pk).update(free_at=now if is_free else None)
    return changed
