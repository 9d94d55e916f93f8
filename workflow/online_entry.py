"""A wish from the booking page enters the rotation like a visitor (R1.1, F1): who is new goes to the next in
line and costs a turn, who is known to their owner or who stands in, and costs none. At night nobody is given
a turn: the wish waits for the opening; where its time is held at once, the next day's first turn is its."""

from datetime import datetime, timedelta

from django.db import transaction

from bookings import availability
from bookings.models import BookingRequest, OnlineBooking, OnlineMode, PackageKind, RequestState
from customers import files
from customers.models import Customer
from studio.foundation.audit import acting
from studio.staff.duties import who_acts_for
from studio.staff.models import Branch, SpecialDay, User
from workflow import rotation, visits
from workflow.models import LossReason, Visit, VisitOutcome
from workflow.rotation import NobodyThere

LOOKED_AHEAD = 60
KINDS = {
    PackageKind.WEDDING: "couple",
    PackageKind.BABY: "family",
    PackageKind.FAMILY: "family",
    PackageKind.COMPANY: "company",
}


def enter(request: BookingRequest, now: datetime) -> None:
    """Listener: the number of a wish was verified, or the wish was taken back."""
    if request.state == RequestState.WITHDRAWN:
        close_visit(request, now)
        return
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


def close_visit(request: BookingRequest, now: datetime) -> None:
    """Taken back before anybody called: nobody waits for an answer any more."""
    visit = Visit.objects.open().filter(request=request).first()
    if visit is not None:
        visits.end(visit, outcome=VisitOutcome.LOST, loss_reason=LossReason.LEFT, by=None, now=now)


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
