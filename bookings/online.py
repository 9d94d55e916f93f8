"""Customers book, or ask, by themselves: what a branch offers, a wish, its code, and the time that is held.

GET changes nothing. Nobody learns here whether a number is known to the house (F8): every number gets a code,
and the answers are the same.
"""

from datetime import date, datetime, timedelta
from enum import StrEnum

from django.core import signing
from django.db import transaction

from bookings import codes, registries, schedule
from bookings.knocks import knock
from bookings.models import (
    Appointment,
    Booking,
    BookingRequest,
    OnlineBooking,
    OnlineMode,
    PackageVersion,
    PartOfDay,
    RequestState,
)
from bookings.online_offers import NotOffered, Offer, days_of, free_times, offered, offers, settings_of
from bookings.retry import retried
from bookings.schedule import NotBookable, SlotTaken
from bookings.spans import Slot
from bookings.teams import FreeTimes, kind_for
from studio.foundation.audit import acting
from studio.staff.models import Branch, User

AGAIN = 3
"""How often a time is looked for anew where somebody was quicker with the people, but others are free."""
KEPT_OPEN = timedelta(days=1)
CHOOSES = timedelta(minutes=30)
"""How long a customer has to choose another time before somebody calls them about it."""
TOO_MANY = "too_many"
"""Kept as the answer of a wish that came on top of others of the same number."""
signer = signing.Signer(salt="bookings.online")

__all__ = [
    "TOO_MANY",
    "Answer",
    "NotOffered",
    "Offer",
    "ask",
    "choose",
    "days_of",
    "expire",
    "found",
    "free_times",
    "instead",
    "join",
    "offered",
    "offers",
    "settings_of",
    "token_of",
    "verify",
    "withdraw",
]


class Answer(StrEnum):
    """What became of a typed code."""

    RIGHT = "right"
    WRONG = "wrong"
    OVER = "over"


# --- A wish -----------------------------------------------------------------------------------
def ask(
    online: OnlineBooking,
    *,
    version: PackageVersion | None,
    name: str,
    phone: str,
    party: int,
    words: str,
    language: str,
    address: str,
    now: datetime,
    starts_at: datetime | None = None,
    day: date | None = None,
    part_of_day: str = PartOfDay.ANY,
) -> BookingRequest:
    """Write a wish down and send its code. `NotOffered` for a day outside of what the page offers or a time
    that is not free any more; `TooManyKnocks`."""
    branch, (first, last) = online.branch, days_of(online, now=now)
    slot: Slot | None = None
    if starts_at is not None:
        day = branch.today(starts_at)
        slot = free_times(online, version, around=day, now=now).slot(starts_at)
        if slot is None:
            raise NotOffered
    if day is not None and not first <= day <= last:
        raise NotOffered
    with transaction.atomic():
        knock(now=now, address=address, branch=str(branch.pk))
        request = BookingRequest.objects.create(
            branch=branch,
            package_version=version,
            kind=kind_for(version),
            day=day,
            part_of_day=part_of_day,
            starts_at=slot.starts_at if slot else None,
            ends_at=slot.ends_at if slot else None,
            name=name,
            phone=phone,
            party=party,
            words=words,
            language=language,
            created_at=now,
        )
        return codes.send(request, now=now)


def token_of(request: BookingRequest) -> str:
    """The address of a wish: its number, signed by this house."""
    return signer.sign(str(request.pk)).replace(":", "-", 1)


def found(token: str, branch: Branch) -> BookingRequest | None:
    """The wish that a token names; a forged one looks like none."""
    if not 20 <= len(token) <= 80:
        return None
    try:
        pk = signer.unsign(token.replace("-", ":", 1))
    except signing.BadSignature:
        return None
    rows = BookingRequest.objects.in_branch(branch).filter(pk=int(pk))
    return rows.select_related("branch", "package_version__package", "appointment").first()


@retried
def verify(request: BookingRequest, typed: str, *, now: datetime) -> Answer:
    """Is it their number? Then the wish counts. A wrong code costs one of five tries."""
    with transaction.atomic():
        row = BookingRequest.locked(request.pk)
        if row.verified_at is not None:
            return Answer.RIGHT
        if row.state != RequestState.UNVERIFIED or not codes.may_try(row, now=now):
            return Answer.OVER
        if not codes.fits(row, typed):
            row.code_tries += 1
            row.save_version("code_tries")
            return Answer.WRONG if row.code_tries < codes.TRIES else Answer.OVER
        row.verified_at, row.code_hash = now, None
        row.save_version("verified_at", "code_hash")
        settle(row, now=now)
        return Answer.RIGHT


def settle(row: BookingRequest, *, now: datetime) -> None:
    """A verified wish goes to whoever receives customers; in mode "book" its time is held at once."""
    online = settings_of(row.branch)
    if online is not None and is_one_too_many(row, online):
        row.state, row.answer, row.answered_at = RequestState.WITHDRAWN, TOO_MANY, now
        row.save_version("state", "answer", "answered_at")
        return
    if row.starts_at is not None and online is not None and online.mode == OnlineMode.BOOK:
        if not book(row, now=now):
            row.starts_at = row.ends_at = None
            row.save_version("starts_at", "ends_at")
        return
    row.state = RequestState.NEW
    row.save_version("state")
    for listener in registries.requests:
        listener(row, now)


def is_one_too_many(row: BookingRequest, online: OnlineBooking) -> bool:
    others = BookingRequest.objects.in_branch(row.branch).open().filter(phone=row.phone).exclude(pk=row.pk)
    return others.count() >= online.per_number


def book(row: BookingRequest, *, now: datetime) -> bool:
    """Hold the time, or undo everything that was done for it: whether it was held, or is asked for where
    nobody can take the customer on yet."""
    for _try in range(AGAIN):
        try:
            with transaction.atomic(), acting(None):
                one_at_a_time(row.branch)
                row.state = RequestState.NEW
                row.save_version("state")
                for listener in registries.requests:
                    listener(row, now)
                row.refresh_from_db()
                times = FreeTimes(row.branch, row.package_version, row.kind, middle=row.day, now=now)  # type: ignore[arg-type]
                slot = times.slot(row.starts_at)  # type: ignore[arg-type]
                if slot is None:
                    raise NotOffered
                if row.customer is not None:
                    hold(row, slot, now=now)
                return True
        except SlotTaken:
            row.refresh_from_db()
        except (NotOffered, NotBookable):
            break
    row.refresh_from_db()
    return False


def one_at_a_time(branch: Branch) -> None:
    """A consultation holds nobody whose row could be locked: who takes a time by themselves waits here for
    whoever takes one in the same second, so that the last consultant is given once."""
    OnlineBooking.objects.select_for_update(no_key=True).get(branch=branch)


def hold(row: BookingRequest, slot: Slot, *, now: datetime) -> None:
    assert row.customer is not None
    row.appointment = schedule.make_appointment(
        branch=row.branch,
        customer=row.customer,
        booking=None,
        kind=row.kind,
        slot=slot,
        by=None,
        now=now,
    )
    row.save_version("appointment")


@retried
def choose(request: BookingRequest, starts_at: datetime | None, *, now: datetime) -> BookingRequest:
    """Another time after the first was gone; None: we call. Without a new code. A repeat does nothing."""
    with transaction.atomic():
        row = BookingRequest.locked(request.pk)
        if row.verified_at is None or row.state != RequestState.UNVERIFIED:
            return row
        online = settings_of(row.branch)
        if starts_at is not None and online is not None:
            day = row.branch.today(starts_at)
            first, last = days_of(online, now=now)
            slot = None
            if first <= day <= last:
                slot = free_times(online, row.package_version, around=day, now=now).slot(starts_at)
            if slot is None:
                return row
            row.day, row.starts_at, row.ends_at = day, slot.starts_at, slot.ends_at
            row.save_version("day", "starts_at", "ends_at")
        settle(row, now=now)
        return row


def instead(request: BookingRequest, *, now: datetime) -> list[Slot]:
    """The nearest free times where the chosen one is gone."""
    online = settings_of(request.branch)
    if online is None or request.day is None:
        return []
    first, last = days_of(online, now=now)
    wanted = max(min(request.day, last), first)
    times = free_times(online, request.package_version, around=wanted, now=now)
    opens = request.branch.at(wanted, request.branch.opens_at)
    return times.nearest(opens, first=first, last=min(last, wanted + timedelta(days=30)))


@retried
def withdraw(request: BookingRequest, *, now: datetime) -> BookingRequest:
    """They don't want it any more. What holds a time already is called off on the telephone."""
    with transaction.atomic():
        row = BookingRequest.locked(request.pk)
        if row.state in {RequestState.UNVERIFIED, RequestState.NEW} and row.appointment_id is None:
            row.state, row.answered_at = RequestState.WITHDRAWN, now
            row.save_version("state", "answered_at")
            for listener in registries.requests:
                listener(row, now)
        return row


def expire(now: datetime) -> int:
    """Planner: wishes whose number nobody verified within a day count as never made. Who showed their number
    and left without choosing another time for the one that was gone is called."""
    waiting = BookingRequest.objects.filter(state=RequestState.UNVERIFIED)
    undecided = waiting.filter(verified_at__lt=now - CHOOSES)
    for row in undecided.select_related("branch").order_by("verified_at", "pk")[:200]:
        choose(row, None, now=now)
    old = waiting.filter(verified_at=None, created_at__lt=now - KEPT_OPEN)
    return old.update(state=RequestState.EXPIRED, code_hash=None)


def join(appointment: Appointment, booking: Booking, *, by: User | None, now: datetime) -> Appointment:
    """The time that was held for a wish becomes the date of the order that came of it; for the order it is
    dated now, with all that hangs on it. A repeat does nothing."""
    with transaction.atomic(), acting(by):
        row = Appointment.locked(appointment.pk)
        if row.booking_id is not None or not row.is_planned or row.customer_id != booking.customer_id:
            return row
        row.booking = booking
        row.save_version("booking")
        held = row.allocations.active().values_list("resource_id", flat=True)
        schedule.record(
            row, "dated", by=by, now=now, **schedule.when(row), resources=sorted(set(held)), online=True
        )
        return row
