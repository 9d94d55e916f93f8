"""Wishes from the booking page are called back: what the call brought, and the order that comes of it. How
they come in stands in `online_entry`, whose work they are in `online_asked`."""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from bookings import online, schedule, waiting
from bookings.models import AppointmentState, Booking, BookingRequest, RequestState, WaitingEntry
from bookings.needs import minutes_for
from bookings.schedule import NotBookable, SlotTaken
from bookings.teams import FreeTimes
from customers.models import Customer
from studio.foundation.audit import acting
from studio.foundation.models import StaleEdit
from studio.foundation.templatetags.studio import local_moment
from studio.staff.models import User
from workflow import visits
from workflow.models import LossReason, VisitOutcome
from workflow.online_asked import ASKED, asked_for, tries_of
from workflow.online_entry import bring_in, enter, open_file, plan

WEEK = timedelta(days=7)
AGREED, NO_ANSWER, NOT_WANTED = "agreed", "no_answer", "not_wanted"

__all__ = [
    "AGREED",
    "ASKED",
    "NOT_WANTED",
    "NO_ANSWER",
    "NotAnswered",
    "answer",
    "asked_for",
    "enter",
    "follow_facts",
    "plan",
    "take_up",
    "tries_of",
]


class NotAnswered(Exception):
    """An answer to a wish that can't be given so; the sentence says why."""

    def __init__(self, sentence: Any) -> None:
        super().__init__(str(sentence))
        self.sentence = sentence


# --- The call ---------------------------------------------------------------------------------
def take_up(request: BookingRequest, *, by: User, now: datetime) -> BookingRequest:
    """Somebody calls: the file is open, and it stands who. Who asked for a day that is full waits for it from
    now on. A repeat does nothing."""
    with transaction.atomic(), acting(by):
        row = BookingRequest.locked(request.pk)
        if row.state != RequestState.NEW:
            return row
        visit = bring_in(row, at=now)
        customer = open_file(row, visit, by=by, now=now)
        wait_for(row, customer, by=by, now=now)
        row.state, row.answered_by = RequestState.TAKEN, by
        row.save_version("state", "answered_by")
        visits.tell(visit, "taken_up", by=by, now=now)
        return row


def answer(
    request: BookingRequest,
    *,
    outcome: str,
    version: int | None,
    reason: str = "",
    why: str = "",
    starts_at: datetime | None = None,
    by: User,
    now: datetime,
) -> BookingRequest:
    """What the call brought: agreed, nobody answered, or not wanted with a reason (`LossReason`). A time that
    was held is given back with it; one that was agreed now (`starts_at`) is held from now on. Raises
    `StaleEdit`, `NotAnswered`."""
    with transaction.atomic(), acting(by):
        row = BookingRequest.locked(request.pk, version=version)
        if row.state != RequestState.TAKEN:
            raise StaleEdit(row)
        if outcome == NO_ANSWER:
            visits.tell(row.visit, "not_reached", by=by, now=now)
            row.save_version()
            return row
        if outcome == NOT_WANTED:
            if reason not in LossReason.values:
                raise NotAnswered(_("Say why they don't want it."))
            visits.end(row.visit, outcome=VisitOutcome.LOST, loss_reason=reason, by=by, now=now)
            wait_no_more(row, by=by, now=now)
            if row.appointment is not None and row.appointment.is_planned:
                label = str(LossReason(reason).label)
                schedule.cancel(row.appointment, why=why or label, by=by, now=now)
        elif outcome != AGREED:
            raise NotAnswered(_("Say what the call brought."))
        elif starts_at is not None and row.appointment is None:
            wait_no_more(row, by=by, now=now)
            hold(row, starts_at, by=by, now=now)
        row.state, row.answered_by, row.answered_at = RequestState.DONE, by, now
        row.answer = outcome if not why else f"{outcome}: {why}"[:200]
        row.save_version("state", "answered_by", "answered_at", "answer")
        return row


def hold(row: BookingRequest, starts_at: datetime, *, by: User, now: datetime) -> None:
    """The time agreed on the telephone, with anybody who is free then."""
    day = row.branch.today(starts_at)
    times = FreeTimes(row.branch, row.package_version, row.kind, middle=day, now=now, desk=True)
    slot = times.slot(starts_at) if starts_at > now else None
    if slot is None or row.customer is None:
        near = times.nearest(starts_at, first=max(day - WEEK, row.branch.today(now)), last=day + WEEK)
        words = [local_moment(one.starts_at) for one in near]
        if not words:
            raise NotAnswered(_("Nobody is free then."))
        raise NotAnswered(
            _("Nobody is free then. Free are: %(times)s.") % {"times": gettext(", ").join(words)}
        )
    try:
        row.appointment = schedule.make_appointment(
            branch=row.branch, customer=row.customer, booking=None, kind=row.kind, slot=slot, by=by, now=now
        )
    except (SlotTaken, NotBookable) as refusal:
        raise NotAnswered(str(refusal)) from refusal
    row.day, row.starts_at, row.ends_at = day, slot.starts_at, slot.ends_at
    row.save_version("appointment", "day", "starts_at", "ends_at")


# --- For a day that is full -------------------------------------------------------------------
def wait_for(row: BookingRequest, customer: Customer, *, by: User | None, now: datetime) -> None:
    """On the waiting list, as the page promised; not for a day that has gone by meanwhile."""
    if row.day is None or row.starts_at is not None or row.appointment_id is not None:
        return
    try:
        waiting.join(
            branch=row.branch,
            customer=customer,
            kind=row.kind,
            first_day=row.day,
            last_day=row.day,
            minutes=minutes_for(row.package_version, row.kind),
            part_of_day=row.part_of_day,
            note=row.words,
            by=by,
            now=now,
        )
    except NotBookable:
        return


def wait_no_more(row: BookingRequest, *, by: User | None, now: datetime) -> None:
    """They have another time now, or don't want any."""
    if row.day is None:
        return
    entries = WaitingEntry.objects.open().filter(branch=row.branch, customer=row.customer, kind=row.kind)
    for entry in entries.filter(booking=None, first_day=row.day, last_day=row.day):
        waiting.withdraw(entry, by=by, now=now)


# --- The order that comes of it ---------------------------------------------------------------
def follow_facts(booking: Booking, by: Any, now: datetime) -> None:
    """Listener: the time that a customer took on the booking page belongs to the order that they then make,
    where this has no date of its own for the same thing."""
    held = (
        BookingRequest.objects.filter(
            branch=booking.branch_id,
            customer=booking.customer_id,
            appointment__booking=None,
            appointment__state=AppointmentState.PLANNED,
            appointment__starts_at__gt=now,
        )
        .filter(Q(package_version__package=booking.package_version.package_id))
        .select_related("appointment")
        .first()
    )
    if held is None or held.appointment is None or not booking.is_open:
        return
    if booking.appointments.planned().filter(kind=held.appointment.kind).exists():
        return
    online.join(held.appointment, booking, by=by, now=now)
