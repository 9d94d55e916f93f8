"""What is proposed for each date of a broken day: somebody else at the same time, or the nearest other time.

All at once and in order, so that nothing is proposed to two; looked at again when it is agreed (R9.7).
"""

from bisect import insort
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime, timedelta
from itertools import count
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from bookings.allocation import SlotTaken
from bookings.arrangements import arranged, as_stored, chosen_now, slot_at
from bookings.bookable import FURTHEST, NotBookable, check_slot
from bookings.free import Calendar, free_instead
from bookings.models import Appointment, AppointmentKind, Resource
from bookings.needs import needs_of
from bookings.other_times import OtherTimes, other_slot
from bookings.spans import Hold, Slot, Span, at_once, laid_out
from workflow.models import DisruptedDate, Disruption

SET_OUT = timedelta(hours=2)
"""Nobody is asked to be here sooner than this."""
FURTHEST_DAYS = 42
TRIED_IN_A_DAY = 12


class Reserved:
    """What was proposed to others already, as the calendars count what is held."""

    def __init__(self) -> None:
        self.spans: list[Span] = []

    def add(self, slot: Slot) -> None:
        self.spans += laid_out(slot.all_holds())

    def mark(self, calendar: Calendar) -> None:
        for span in self.spans:
            if span.resource.pk in calendar.busy:
                insort(calendar.busy[span.resource.pk], (span.lower, span.upper))

    def has_room(self, slot: Slot) -> bool:
        return all(self.crowd(span) < span.resource.units for span in laid_out(slot.all_holds()))

    def crowd(self, span: Span) -> int:
        return at_once(
            (max(one.lower, span.lower), min(one.upper, span.upper))
            for one in self.spans
            if one.resource == span.resource and one.lower < span.upper and span.lower < one.upper
        )


# --- All of them ----------------------------------------------------------------------------------
def propose(disruption: Disruption, *, now: datetime) -> int:
    """A proposal for each date that is not settled, in the order in which they are seen to; answers for how
    many there is one. Nothing is held for it: who answers first comes first."""
    reserved, found = Reserved(), 0
    for row in open_dates(disruption):
        slot = proposal(row, disruption, reserved, now=now)
        if slot is not None:
            reserved.add(slot)
            found += 1
        keep(row, slot)
    return found


def open_dates(disruption: Disruption) -> Iterable[DisruptedDate]:
    rows = disruption.dates.filter(settled_at=None, appointment__state="planned")
    return rows.select_related("appointment__branch", "appointment__booking__package_version").order_by(
        "position", "pk"
    )


def keep(row: DisruptedDate, slot: Slot | None) -> None:
    """Beside what the row is by now: somebody may be settling it at this moment."""
    with transaction.atomic():
        fresh = DisruptedDate.locked(row.pk)
        if fresh.settled_at is None:
            fresh.proposed_at = slot.starts_at if slot else None
            fresh.proposed_holds = as_stored(slot.all_holds()) if slot else []
            fresh.save_version("proposed_at", "proposed_holds")


def proposal(row: DisruptedDate, disruption: Disruption, reserved: Reserved, *, now: datetime) -> Slot | None:
    appointment = row.appointment
    if disruption.resource is not None and appointment.starts_at > now:
        same = with_another(appointment, disruption.resource, reserved, now=now)
        if same is not None:
            return same
    return at_another_time(appointment, disruption, reserved, now=now)


# --- At the same time, with somebody else -------------------------------------------------------------
def with_another(
    appointment: Appointment, broken: Resource, reserved: Reserved, *, now: datetime
) -> Slot | None:
    """The slot as it stands with another one in place of what is broken, who can do all of it."""
    slot = slot_at(appointment, appointment.starts_at, appointment.ends_at)
    if broken not in slot.wanted():
        return None
    branch, kind = appointment.branch, appointment.kind
    for other in able_to(appointment, broken, free_instead([broken], slot, branch=branch, kind=kind)):
        exchanged = slot_at(appointment, slot.starts_at, slot.ends_at, instead={broken.pk: other})
        if reserved.has_room(exchanged) and is_bookable(exchanged, appointment, now=now):
            return exchanged
    return None


def able_to(
    appointment: Appointment, broken: Resource, free: dict[int, list[Resource]]
) -> Iterator[Resource]:
    """Those who can do what the package asks of who is missing (a skill, a place inside)."""
    version = appointment.booking.package_version if appointment.booking else None
    needs = needs_of(version, appointment.kind)
    chosen, _beside = chosen_now(appointment, needs)
    asked = [need for need in needs if chosen.get(need.key) == broken.pk]
    for other in free[broken.pk]:
        trained = [skill.pk for skill in other.skills.all()]
        named = any(need.resource not in (None, other) for need in asked)
        if not named and all(need.suits(other, trained) for need in asked):
            yield other


def is_bookable(slot: Slot, appointment: Appointment, *, now: datetime) -> bool:
    """Nobody who is off; what stands already is asked nothing more."""
    stands = {(h.resource.pk, h.starts_at, h.ends_at, h.look) for h in arranged(appointment)}
    try:
        check_slot(slot, branch=appointment.branch, kind=appointment.kind, now=now, besides=stands)
    except NotBookable:
        return False
    return True


# --- At another time --------------------------------------------------------------------------------
def at_another_time(
    appointment: Appointment, disruption: Disruption, reserved: Reserved, *, now: datetime
) -> Slot | None:
    """The nearest free time, with whom they have or whoever can; on its own day first."""
    if appointment.kind == AppointmentKind.WEDDING:
        return None
    day = timezone.localtime(appointment.starts_at, appointment.branch.zone).date()
    times = OtherTimes(appointment, middle=max(day, appointment.branch.today(now)), now=now)
    for calendar in (times.calendar, times.anybody.calendar):
        reserved.mark(calendar)
    for other in days_around(day, first=appointment.branch.today(now)):
        near = sorted(times.starts(other), key=lambda start: abs(start - appointment.starts_at))
        for start in near[:TRIED_IN_A_DAY]:
            slot = times.slot(start)
            if slot and start >= now + SET_OUT and not in_what_is_broken(slot, disruption):
                return slot
    return None


def days_around(day: date, *, first: date) -> Iterator[date]:
    """The day itself, the ones after and before it by turns, none that is over. Nobody whose date is on
    another day is asked to come today already."""
    for distance in count():
        if distance > FURTHEST_DAYS:
            return
        for other in dict.fromkeys([day + timedelta(distance), day - timedelta(distance)]):
            if (other == day and other >= first) or other > first:
                yield other


def in_what_is_broken(slot: Slot, disruption: Disruption) -> bool:
    """Where people and rooms are held the closures say it; a date that holds nobody is looked at here."""
    overlaps = slot.starts_at < disruption.ends_at and disruption.starts_at < slot.ends_at
    if disruption.resource is None:
        return overlaps
    return overlaps and any(
        hold.resource == disruption.resource
        and hold.starts_at < disruption.ends_at
        and disruption.starts_at < hold.ends_at
        for hold in slot.all_holds()
    )


# --- Agreed -----------------------------------------------------------------------------------------
def slots_for(
    row: DisruptedDate, appointment: Appointment, starts_at: datetime, *, now: datetime
) -> list[Slot]:
    """With whom to hold the agreed time, the best first: as it was proposed, else with whom they have, else
    with whoever can by now. Empty where nobody can; `NotBookable` for a time that can't be meant."""
    if starts_at > now + FURTHEST:
        raise NotBookable(_("That is more than three years ahead. Check the year."), "day")
    if starts_at != appointment.starts_at and starts_at <= now:
        raise NotBookable(_("This time is over already. Choose one that is still to come."), "day")
    found = []
    if row.proposed_at == starts_at:
        found.append(Slot(starts_at, starts_at + length(appointment), (), from_stored(row.proposed_holds)))
    if starts_at != appointment.starts_at:
        other = other_slot(appointment, starts_at, now=now)
        found.append(other or slot_at(appointment, starts_at, starts_at + length(appointment)))
    elif row.disruption.resource is not None:
        again = with_another(appointment, row.disruption.resource, Reserved(), now=now)
        found += [again] if again else []
    return found


def length(appointment: Appointment) -> timedelta:
    return appointment.ends_at - appointment.starts_at


def first_that_holds(slots: Iterable[Slot], move: Callable[[Slot], Appointment]) -> Appointment:
    """`move(slot)` with the first slot that is still free; the refusal of the first where none is."""
    refused: Exception | None = None
    for slot in slots:
        try:
            with transaction.atomic():
                return move(slot)
        except (SlotTaken, NotBookable) as refusal:
            refused = refused or refusal
    assert refused is not None, "at least one slot is tried"
    raise refused


def from_stored(stored: list[list[Any]]) -> list[Hold]:
    resources = Resource.objects.in_bulk({row[0] for row in stored})
    return [
        Hold(resources[pk], datetime.fromisoformat(start), datetime.fromisoformat(end), look, before, after)
        for pk, start, end, look, before, after in stored
        if pk in resources
    ]
