"""Follow-up of prospects (追访, R2): a plan begins with a lost or undecided visit, and ends at once when
there is nothing to follow up any more.

Locks are taken in one order, so that nobody waits in a circle: call, visit, customer's file, the customer's
follow-up (an advisory lock, `alone_with`), plan, contacts. Calls that are taken off the lists from here are
passed over where somebody records their outcome in this second; the planner puts that right.
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection, transaction

from bookings.models import Booking
from customers import consents
from customers.models import ConsentScope, Customer, Way
from studio.foundation.audit import acting
from studio.staff.models import Branch, User
from workflow import occasions
from workflow.call_withdrawals import withdraw
from workflow.follow_up_days import Calendar
from workflow.follow_up_plan import Slot, slots
from workflow.models import (
    CallTask,
    ContactState,
    FollowUp,
    FollowUpContact,
    FollowUpEvent,
    FollowUpRules,
    Occasion,
    StopReason,
    Visit,
    VisitOutcome,
)

FOLLOW_UP_LOCK = 0xF011
"""First key of the advisory lock of a customer's follow-up; the second is the customer's id."""
FOLLOWED = {VisitOutcome.LOST, VisitOutcome.UNDECIDED}


class FollowUpRefused(Exception):
    """It can't be done as it stands; `field` of the form, and the sentence to say there."""

    def __init__(self, field: str, sentence: object) -> None:
        super().__init__(str(sentence))
        self.field = field
        self.sentence = sentence


def alone_with(customer: int) -> None:
    """To the end of the transaction nobody else begins, changes or ends this customer's follow-up."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [FOLLOW_UP_LOCK, customer % 2**31])


def locked(follow_up: FollowUp, *, version: int | None = None) -> FollowUp:
    """The plan as it now is, in the order of locks."""
    alone_with(follow_up.customer_id)
    return FollowUp.locked(follow_up.pk, version=version)


def rules_of(branch: Branch) -> FollowUpRules:
    """The branch's own rules, or the defaults."""
    return FollowUpRules.objects.filter(branch=branch).first() or FollowUpRules(branch=branch)


def tell(follow_up: FollowUp, kind: str, *, by: User | None, now: datetime, **parameters: Any) -> None:
    FollowUpEvent.objects.create(follow_up=follow_up, kind=kind, actor=by, at=now, parameters=parameters)


# --- What a visit means for the plan ------------------------------------------------------------
def follow_visit(visit: Visit, by: User | None, now: datetime) -> None:
    """Told when a visit ended, was taken back, or its customer became known (R1.3, R2.1)."""
    mine = FollowUp.objects.running().filter(visit=visit).order_by("customer")
    for follow_up in mine.exclude(customer=visit.customer_id):
        stop_untouched(follow_up, by=by, now=now)  # it turned out to be somebody else
    if visit.customer_id is None:
        return
    if visit.outcome in FOLLOWED:
        plan_for(visit, by=by, now=now)
    elif visit.outcome == VisitOutcome.WON:
        stop_for(visit.customer_id, reason=StopReason.WON, by=by, now=now)
    else:
        for follow_up in mine:
            stop_untouched(follow_up, by=by, now=now)


def stop_untouched(follow_up: FollowUp, *, by: User | None, now: datetime) -> None:
    """The visit goes on, or was not theirs: a plan that nothing came of yet falls with its beginning."""
    if not FollowUp.objects.filter(pk=follow_up.pk, made__gt=0).exists():
        stop(follow_up, reason=StopReason.REOPENED, by=by, now=now)


def plan_for(visit: Visit, *, by: User | None, now: datetime, again: bool = False) -> FollowUp | None:
    """The plan that follows from a lost or undecided visit; None where there is nobody to follow up.

    While a plan runs, a further visit is news: what is left of it is planned anew from today. A repeat
    answers the same plan; `again` begins anew by hand after the plan of this visit had ended.
    """
    if visit.customer_id is None or visit.outcome not in FOLLOWED:
        return None
    with transaction.atomic(), acting(by):
        alone_with(visit.customer_id)
        customer = (
            Customer.objects.select_related("branch").prefetch_related("members").get(pk=visit.customer_id)
        )
        running = FollowUp.objects.running().filter(customer=customer).select_for_update(no_key=True).first()
        if running is not None:
            return hear_news(running, visit, customer, by=by, now=now)
        if not may_be_called(customer) or bought_since(customer.pk, visit.arrived_at):
            return None
        earlier = FollowUp.objects.filter(customer=customer, visit=visit).exclude(
            stop_reason=StopReason.REOPENED
        )
        if not again and (known := earlier.first()):
            return known
        return begin(visit, customer, by=by, now=now)


def may_be_called(customer: Customer) -> bool:
    """Whether they may be rung about anything else than what they ordered (R2.2)."""
    return bool(consents.basis_of(customer, Way.PHONE, ConsentScope.NEWS))


def bought_since(customer: int, moment: datetime) -> bool:
    return (
        Booking.objects.filter(customer=customer, created_at__gte=moment)
        .exclude(state=Booking.State.CANCELLED)
        .exists()
    )


def begin(visit: Visit, customer: Customer, *, by: User | None, now: datetime) -> FollowUp | None:
    """A plan with all of its contacts; none where the wedding day comes before the first of them."""
    rules, today = rules_of(customer.branch), customer.branch.today(now)
    found = slots(
        range(1, rules.contacts + 1),
        after=today,
        rules=rules,
        calendar=Calendar.of(customer, after=today),
        occasions=unused(customer),
        customer=customer.pk,
        fresh=True,
    )
    if not found:
        return None
    follow_up = FollowUp.objects.create(
        branch=customer.branch, customer=customer, visit=visit, started_at=now
    )
    write(follow_up, found)
    tell(follow_up, "started", by=by, now=now, visit=visit.pk, contacts=len(found))
    return follow_up


def hear_news(
    follow_up: FollowUp, visit: Visit, customer: Customer, *, by: User | None, now: datetime
) -> FollowUp:
    """They were here again: what is left is planned from today, the numbers count on."""
    if visit.pk == follow_up.visit_id or visit.arrived_at <= follow_up.visit.arrived_at:
        return follow_up
    follow_up.visit = visit
    left = planned(follow_up).first()
    if left is not None:
        numbers = range(left.number, max(rules_of(customer.branch).contacts, left.number) + 1)
        lay_out(follow_up, numbers, after=customer.branch.today(now), fresh=True, by=by, now=now)
    follow_up.save_version("visit")
    tell(follow_up, "replanned", by=by, now=now, visit=visit.pk)
    end_if_nothing_is_left(follow_up, StopReason.OVERTAKEN, by=by, now=now)
    return follow_up


# --- Contacts -----------------------------------------------------------------------------------
def planned(follow_up: FollowUp) -> Any:
    """The contacts still to come, in their order."""
    return follow_up.contacts.filter(state=ContactState.PLANNED).order_by("number")


def unused(customer: Customer, *, besides: Iterable[int] = ()) -> list[Occasion]:
    """The occasions that suit this customer, that they have not had and that no contact keeps (R2.1); those
    of the contacts `besides` are free."""
    had = FollowUpContact.objects.filter(customer=customer, occasion__isnull=False)
    had = had.exclude(state=ContactState.DROPPED).exclude(pk__in=list(besides))
    taken = set(had.values_list("occasion", flat=True))
    return [occasion for occasion in occasions.for_customer(customer) if occasion.pk not in taken]


def lay_out(
    follow_up: FollowUp,
    numbers: Iterable[int],
    *,
    after: date,
    fresh: bool,
    by: User | None,
    now: datetime,
    keep: Mapping[int, Occasion] | None = None,
) -> None:
    """Plan these numbers anew; what no longer fits before the wedding day is dropped. The plan is locked."""
    numbers, customer = list(numbers), follow_up.customer
    rows = list(follow_up.contacts.filter(number__in=numbers).exclude(state=ContactState.MADE))
    begun = customer.branch.today(follow_up.started_at)
    found = slots(
        numbers,
        after=after,
        rules=rules_of(customer.branch),
        calendar=Calendar.of(customer, after=begun),
        occasions=unused(customer, besides=[row.pk for row in rows]),
        customer=customer.pk,
        fresh=fresh,
        keep=keep,
    )
    take_off_the_lists(rows, by=by, now=now)
    write(follow_up, found, rows)


def write(follow_up: FollowUp, found: Iterable[Slot], rows: Iterable[FollowUpContact] = ()) -> None:
    """Make the contacts these; `rows` are those that are there. All are let go first, so that two may change
    their occasions."""
    there = {row.number: row for row in rows}
    FollowUpContact.objects.filter(pk__in=[row.pk for row in there.values()]).update(
        state=ContactState.DROPPED
    )
    for slot in found:
        row = there.get(slot.number) or FollowUpContact(
            follow_up=follow_up, customer_id=follow_up.customer_id, number=slot.number
        )
        row.due_on, row.occasion, row.state = slot.due_on, slot.occasion, ContactState.PLANNED
        row.save()


def take_off_the_lists(rows: Iterable[FollowUpContact], *, by: User | None, now: datetime) -> None:
    """Calls about contacts that are not due any more; they come up again when they are."""
    withdraw(CallTask.objects.open().filter(contact__in=list(rows)).order_by("pk"), by=by, now=now)


def keep_apart(follow_up: FollowUp, number: int, day: date, *, by: User | None, now: datetime) -> None:
    """After contact `number` was made or moved to `day`: what comes next keeps its distance (R2.1)."""
    later = list(planned(follow_up).filter(number__gt=number).select_related("occasion"))
    apart = timedelta(days=rules_of(follow_up.branch).apart_from)
    if later and later[0].due_on < day + apart:
        keep = {row.number: row.occasion for row in later if row.occasion}
        lay_out(follow_up, [row.number for row in later], after=day, fresh=False, by=by, now=now, keep=keep)


# --- Endings ------------------------------------------------------------------------------------
def stop(follow_up: FollowUp, *, reason: str, by: User | None, now: datetime) -> FollowUp:
    """Nothing more is planned, and what stands on a list leaves it, at once. A repeat does nothing."""
    with transaction.atomic(), acting(by):
        row = locked(follow_up)
        if row.stopped_at is None:
            end(row, reason=reason, by=by, now=now)
    return row


def end(follow_up: FollowUp, *, reason: str, by: User | None, now: datetime) -> None:
    """The plan is locked and runs. What was still to come is written down, for who takes it back."""
    rows = list(planned(follow_up))
    take_off_the_lists(rows, by=by, now=now)
    dropped = [row.pk for row in rows]
    FollowUpContact.objects.filter(pk__in=dropped).update(state=ContactState.DROPPED)
    follow_up.stopped_at, follow_up.stop_reason = now, StopReason(reason)
    follow_up.save_version("stopped_at", "stop_reason")
    tell(follow_up, "stopped", by=by, now=now, reason=str(reason), contacts=dropped)


def end_if_nothing_is_left(follow_up: FollowUp, reason: str, *, by: User | None, now: datetime) -> None:
    if follow_up.stopped_at is None and not planned(follow_up).exists():
        end(follow_up, reason=reason, by=by, now=now)


def stop_for(customer: int, *, reason: str, by: User | None, now: datetime) -> None:
    """Whatever plan runs for this customer ends. Safe where none does."""
    with transaction.atomic():
        # First alone, then the question: a plan that is being made this second is waited for.
        alone_with(customer)
        for follow_up in FollowUp.objects.running().filter(customer=customer):
            stop(follow_up, reason=reason, by=by, now=now)


def follow_refusal(customer: Customer, by: User | None, now: datetime) -> None:
    """Told when a customer asked not to be contacted: at once, in the same transaction (R2.2)."""
    stop_for(customer.pk, reason=StopReason.REFUSED, by=by, now=now)
