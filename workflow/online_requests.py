"""A wish from the booking page enters the rotation like a visitor (R1.1, F1): who is new goes to the next in
line and costs a turn, who is known to their owner or who stands in, and costs none. At night nobody is given
a turn: the wish waits for the opening; where its time is held at once, the next day's first turn is its."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from bookings import availability, online, schedule
from bookings.models import (
    AppointmentState,
    Booking,
    BookingRequest,
    OnlineBooking,
    OnlineMode,
    PackageKind,
    RequestState,
)
from bookings.schedule import NotBookable, SlotTaken
from bookings.teams import FreeTimes
from customers import files
from customers.models import Customer
from studio.foundation.audit import acting
from studio.foundation.models import StaleEdit
from studio.foundation.templatetags.studio import local_moment
from studio.staff.duties import Duty, who_acts_for
from studio.staff.models import Branch, Membership, SpecialDay, User
from studio.staff.models.membership import FRONT, MANAGERS
from workflow import rotation, visits
from workflow.models import LossReason, Visit, VisitEvent, VisitOutcome
from workflow.rotation import NobodyThere

TRIES = 3
"""Calls that nobody answered, after which a manager decides."""
PAUSE = timedelta(hours=2)
LOOKED_AHEAD = 60
WEEK = timedelta(days=7)
KINDS = {
    PackageKind.WEDDING: "couple",
    PackageKind.BABY: "family",
    PackageKind.FAMILY: "family",
    PackageKind.COMPANY: "company",
}
AGREED, NO_ANSWER, NOT_WANTED = "agreed", "no_answer", "not_wanted"


class NotAnswered(Exception):
    """An answer to a wish that can't be given so; the sentence says why."""

    def __init__(self, sentence: Any) -> None:
        super().__init__(str(sentence))
        self.sentence = sentence


# --- Into the rotation ----------------------------------------------------------------------
def enter(request: BookingRequest, now: datetime) -> None:
    """Listener: the number of a wish was verified."""
    held_at_once = request.starts_at is not None and is_booked_at_once(request.branch)
    at = next_opening(request.branch, now)
    if at is None or (at > now and not held_at_once):
        return
    try:
        with transaction.atomic():
            bring_in(request, at=at)
    except NobodyThere:
        return  # the planner tries again; meanwhile a manager has it on Today
    if held_at_once:
        open_file(request, request.visit, by=None, now=now)


def is_booked_at_once(branch: Branch) -> bool:
    return OnlineBooking.objects.filter(branch=branch, mode=OnlineMode.BOOK).exists()


def bring_in(request: BookingRequest, *, at: datetime) -> Visit:
    """The visit of a wish, with its consultant. Call it with the request locked."""
    branch = request.branch
    visit = Visit.objects.filter(request=request).first()
    if visit is not None:
        return visit
    customer = files.find_by_number(request.phone, branch=branch)
    turn = None
    if customer is not None and customer.owner is not None and customer.is_active:
        consultant = who_acts_for(customer.owner, branch=branch, day=branch.today(at))
    else:
        customer = None
        turn = rotation.take_turn(branch=branch, by=None, now=at)
        consultant = turn.consultant
    visit = Visit.objects.create(
        branch=branch,
        customer=customer,
        consultant=consultant,
        turn=turn,
        request=request,
        arrived_at=at,
        party_size=min(request.party, visits.MOST_PEOPLE),
        came_for=came_for(request)[:120],
        wish_date=request.day,
        notes=request.words,
    )
    parameters = {"consultant": consultant.pk, "request": request.pk}
    visits.tell(visit, "received", by=None, now=at, **parameters, **({"reason": turn.reason} if turn else {}))
    if customer is not None:
        request.customer = customer
        request.save_version("customer")
    return visit


def came_for(request: BookingRequest) -> str:
    """Kept in the language of the house, as a consultant would have written it."""
    if request.package_version is None:
        return ""
    return str(request.package_version.package.name_in(request.branch.customer_language))


def open_file(request: BookingRequest, visit: Visit, *, by: User | None, now: datetime) -> Customer:
    """The customer's file, owned by who received them (R1.1); the one that has the number by now, if any."""
    if visit.customer is not None:
        return visit.customer
    customer = files.find_by_number(request.phone, branch=request.branch)
    if customer is None:
        package = request.package_version.package if request.package_version else None
        customer = files.open_file(
            branch=request.branch,
            by=by,
            now=now,
            owner=visit.consultant,
            kind=KINDS.get(package.kind if package else "", "person"),  # type: ignore[call-overload]
            name=request.name,
            members=[files.MemberDraft(request.name)],
            phones=[request.phone],
            language=request.language,
        )
        row = Visit.locked(visit.pk)
        row.customer = customer
        row.save_version("customer")
        visits.tell(row, "recognised", by=by, now=now, customer=customer.pk)
    else:
        visits.attach_customer(visit, customer, by=by, now=now)
    if request.customer_id != customer.pk:
        request.customer = customer
        request.save_version("customer")
    return customer


def plan(now: datetime) -> int:
    """Planner: what came in at night is given out when the house opens; several may run at once."""
    waiting = BookingRequest.objects.filter(state=RequestState.NEW, visit=None).order_by("verified_at", "pk")
    done = 0
    for pk in list(waiting.values_list("pk", flat=True)[:200]):
        with transaction.atomic(), acting(None):
            row = (
                BookingRequest.objects.select_for_update(skip_locked=True, no_key=True, of=("self",))
                .select_related("branch", "package_version__package")
                .filter(pk=pk, state=RequestState.NEW, visit=None)
                .first()
            )
            if row is None or next_opening(row.branch, now) != now:
                continue
            try:
                with transaction.atomic():
                    bring_in(row, at=now)
            except NobodyThere:
                continue
            done += 1
    return done


def next_opening(branch: Branch, now: datetime) -> datetime | None:
    """`now` while the branch is open, else when it opens next; None where it does not within two months."""
    first = branch.today(now) - timedelta(days=1)
    special = {
        row.day: row
        for row in SpecialDay.objects.filter(
            branch=branch, day__range=(first, first + timedelta(days=LOOKED_AHEAD))
        )
    }
    for number in range(LOOKED_AHEAD):
        day = first + timedelta(days=number)
        for opens, closes in availability.opening(branch, day, special.get(day)):
            if now < closes:
                return max(now, opens)
    return None


# --- The call ---------------------------------------------------------------------------------
def take_up(request: BookingRequest, *, by: User, now: datetime) -> BookingRequest:
    """Somebody calls: the file is open, and it stands who. A repeat does nothing."""
    with transaction.atomic(), acting(by):
        row = BookingRequest.locked(request.pk)
        if row.state != RequestState.NEW:
            return row
        visit = bring_in(row, at=now)
        open_file(row, visit, by=by, now=now)
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
            if row.appointment is not None and row.appointment.is_planned:
                label = str(LossReason(reason).label)
                schedule.cancel(row.appointment, why=why or label, by=by, now=now)
        elif outcome != AGREED:
            raise NotAnswered(_("Say what the call brought."))
        elif starts_at is not None and row.appointment is None:
            hold(row, starts_at, by=by, now=now)
        row.state, row.answered_by, row.answered_at = RequestState.DONE, by, now
        row.answer = outcome if not why else f"{outcome}: {why}"[:200]
        row.save_version("state", "answered_by", "answered_at", "answer")
        return row


def hold(row: BookingRequest, starts_at: datetime, *, by: User, now: datetime) -> None:
    """The time agreed on the telephone, with anybody who is free then."""
    day = row.branch.today(starts_at)
    times = FreeTimes(row.branch, row.package_version, row.kind, middle=day, now=now)
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


# --- Whose work it is -------------------------------------------------------------------------
@dataclass(frozen=True)
class Asked:
    """One wish on somebody's Today. `tries` calls nobody answered, the last at `tried_at`; `rests_until` they
    are left in peace; `stands_for` is the colleague whose it is where that is not the reader."""

    request: BookingRequest
    visit: Visit | None
    stands_for: User | None
    tries: int = 0
    tried_at: datetime | None = None
    now: datetime | None = None

    @property
    def rests_until(self) -> datetime | None:
        until = self.tried_at + PAUSE if self.tried_at else None
        return until if until and self.now and until > self.now else None

    @property
    def is_hard(self) -> bool:
        return self.tries >= TRIES and self.request.state == RequestState.TAKEN

    @property
    def is_at_rest(self) -> bool:
        return self.rests_until is not None or self.request.state == RequestState.DONE


def asked_for(users: Iterable[User], branch: Branch, now: datetime) -> list[Asked]:
    """The wishes of these people, also an agreed one until its visit has ended, from the day that was agreed;
    for managers also those that nobody has yet, and those of nobody to be
    reached after three calls. Three questions, however many there are."""
    people = list(users)
    reader = people[0] if people else None
    manages = (
        Membership.objects.active().filter(user__in=people[:1], branch=branch, role__in=MANAGERS).exists()
    )
    tonight = branch.day_bounds(branch.today(now))[1]
    agreed = Q(state=RequestState.DONE, visit__outcome=VisitOutcome.OPEN)
    due = Q(appointment=None) | Q(appointment__starts_at__lt=tonight)
    waiting = Q(state__in=[RequestState.NEW, RequestState.TAKEN])
    rows = BookingRequest.objects.in_branch(branch).filter(waiting | (agreed & due))
    rows = rows.select_related("visit__consultant", "visit__customer", "customer", "appointment", "branch")
    found = rows.select_related("package_version__package").order_by("verified_at", "pk")
    tries = tries_of(found)
    mine = []
    for row in found:
        visit = getattr(row, "visit", None)
        count, last = tries.get(visit.pk, (0, None)) if visit else (0, None)
        is_mine = visit is not None and visit.consultant in people
        is_hard = count >= TRIES and row.state == RequestState.TAKEN
        if is_mine or (manages and (visit is None or is_hard)):
            other = visit.consultant if visit and visit.consultant != reader else None
            mine.append(Asked(row, visit, other, count, last, now))
    return sorted(mine, key=lambda asked: (asked.is_at_rest, asked.request.verified_at or now))


def tries_of(requests: Iterable[BookingRequest]) -> dict[int, tuple[int, datetime]]:
    """How often nobody answered, and when last, by the id of the visit."""
    ids = [row.visit.pk for row in requests if hasattr(row, "visit")]
    events = VisitEvent.objects.filter(visit__in=ids, kind="not_reached").order_by("at")
    found: dict[int, tuple[int, datetime]] = {}
    for visit, at in events.values_list("visit", "at"):
        found[visit] = (found.get(visit, (0, at))[0] + 1, at)
    return found


ASKED = Duty(
    title=_("Asked for on the booking page"),
    template="workflow/_online_duty.html",
    roles=frozenset(FRONT),
    items=asked_for,
    icon="globe",
    order=3,
    link="workflow:online_requests",
)


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
