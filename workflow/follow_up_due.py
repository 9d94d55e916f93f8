"""Contacts become calls when they fall due, and plans end when they are over (R2.2, R3.2).

`plan` runs at every tick, in as many processes as there are: a contact has one call for good, and a plan
that somebody is changing this second waits for the next tick.
"""

from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import TruncDate

from bookings.models import Booking
from customers.consents import no_news_by
from customers.models import Way
from studio.staff.models import Branch
from workflow import follow_ups
from workflow.call_withdrawals import withdraw
from workflow.models import (
    CallKind,
    CallState,
    CallTask,
    ContactState,
    FollowUp,
    FollowUpContact,
    FollowUpRules,
    StopReason,
)

BATCH = 100
VAIN_TRIES = 3
"""After so many tries without an answer a contact is let go as soon as the next one falls due."""

Place = tuple[Branch, FollowUpRules]


def due_through(branch: Branch, rules: FollowUpRules, now: datetime) -> date:
    """Contacts up to this day are due: today's from the hour on that the rules name."""
    today = branch.today(now)
    return today if branch.at(today, rules.call_at) <= now else today - timedelta(days=1)


def places_open() -> list[Place]:
    """Every open branch with its rules; one question."""
    rows = Branch.objects.filter(is_active=True).select_related("follow_up_rules")
    return [(row, getattr(row, "follow_up_rules", None) or FollowUpRules(branch=row)) for row in rows]


def any_of(conditions: list[Q]) -> Q:
    found = Q(pk__in=[])
    for condition in conditions:
        found |= condition
    return found


def contacts_due(places: list[Place], now: datetime) -> QuerySet[FollowUpContact]:
    """Planned contacts whose day and hour have come, in these branches, for who may be called."""
    reached = any_of(
        [Q(follow_up__branch=branch, due_on__lte=due_through(branch, rules, now)) for branch, rules in places]
    )
    return FollowUpContact.objects.filter(
        reached,
        ~no_news_by(Way.PHONE),
        state=ContactState.PLANNED,
        follow_up__stopped_at__isnull=True,
        customer__is_active=True,
        customer__do_not_contact=False,
    )


def plan(now: datetime) -> int:
    """End what is over, let go what was tried in vain, bring up what is due. Safe any number of times."""
    places = places_open()
    end_what_is_over(places, now)
    clear_the_lists(now)
    let_go(places, now)
    return bring_up(places, now)


def bring_up(places: list[Place], now: datetime) -> int:
    """A call for each contact that is due: the first of its plan, so that never two stand on a list."""
    earlier = FollowUpContact.objects.filter(
        follow_up=OuterRef("follow_up"), state=ContactState.PLANNED, number__lt=OuterRef("number")
    )
    a_call = CallTask.objects.open().filter(contact=OuterRef("pk"))
    rows = contacts_due(places, now).filter(~Exists(earlier), ~Exists(a_call)).order_by("due_on", "pk")
    plans = list(rows.values_list("follow_up", flat=True)[:BATCH])
    if not plans:
        return 0
    made, rules = 0, {branch.pk: own for branch, own in places}
    with transaction.atomic():
        free = FollowUp.objects.running().filter(pk__in=plans).order_by("pk")
        ours = list(free.select_for_update(no_key=True, skip_locked=True))
        # Asked again under the lock: somebody else may have been here since.
        for contact in rows.filter(follow_up__in=ours).select_related("follow_up__branch", "call"):
            made += bring_up_one(contact, rules[contact.follow_up.branch_id], now)
    return made


def bring_up_one(contact: FollowUpContact, rules: FollowUpRules, now: datetime) -> int:
    """The contact's one call: made, or put back on the list where it had been taken off."""
    branch = contact.follow_up.branch
    due_at = branch.at(contact.due_on, rules.call_at)
    there = CallTask.objects.filter(contact=contact)
    if hasattr(contact, "call"):
        return there.filter(state=CallState.CANCELLED).update(
            state=CallState.OPEN, due_at=due_at, tries=0, outcome="", done_at=None, version=F("version") + 1
        )
    call = CallTask(
        branch=branch,
        customer_id=contact.customer_id,
        kind=CallKind.FOLLOW_UP,
        contact=contact,
        dedupe_key=f"{CallKind.FOLLOW_UP}:{contact.pk}",
        due_at=due_at,
        created_at=now,
    )
    CallTask.objects.bulk_create([call], ignore_conflicts=True)
    return 1


def let_go(places: list[Place], now: datetime) -> None:
    """Three tries in vain, and the day of the next contact has come: that one takes its place. It was not
    made, so it does not count."""
    given_up = FollowUpContact.objects.filter(
        follow_up=OuterRef("follow_up"),
        state=ContactState.PLANNED,
        number__lt=OuterRef("number"),
        call__state=CallState.OPEN,
        call__tries__gte=VAIN_TRIES,
    )
    overtaking = (
        contacts_due(places, now).filter(Exists(given_up)).select_related("follow_up").order_by("pk")[:BATCH]
    )
    for successor in overtaking:
        with transaction.atomic():
            follow_up = follow_ups.locked(successor.follow_up)
            earlier = follow_ups.planned(follow_up).filter(number__lt=successor.number)
            for contact in earlier.filter(call__state=CallState.OPEN, call__tries__gte=VAIN_TRIES):
                follow_ups.take_off_the_lists([contact], by=None, now=now)
                FollowUpContact.objects.filter(pk=contact.pk).update(state=ContactState.DROPPED)
                follow_ups.tell(
                    follow_up, "let_go", by=None, now=now, contact=contact.pk, number=contact.number
                )


def clear_the_lists(now: datetime) -> None:
    """Calls that were being recorded while their plan changed, and stayed behind."""
    stale = CallTask.objects.open().filter(kind=CallKind.FOLLOW_UP)
    stale = stale.exclude(contact__state=ContactState.PLANNED, contact__follow_up__stopped_at__isnull=True)
    with transaction.atomic():
        withdraw(stale.order_by("pk")[:BATCH], by=None, now=now)


def end_what_is_over(places: list[Place], now: datetime) -> None:
    """The wedding day has come, the file was closed, they bought or asked us not to call (R2.2)."""
    bought = Booking.objects.filter(customer=OuterRef("customer"), created_at__gte=OuterRef("started_at"))
    over = {
        StopReason.REFUSED: Q(customer__do_not_contact=True) | Q(no_news_by(Way.PHONE)),
        StopReason.CLOSED: Q(customer__is_active=False),
        StopReason.WON: Q(Exists(bought.exclude(state=Booking.State.CANCELLED))),
        StopReason.OVERTAKEN: any_of([wedding_came(branch, now) for branch, _rules in places]),
    }
    for follow_up in FollowUp.objects.running().filter(any_of(list(over.values()))).order_by("pk")[:BATCH]:
        same = FollowUp.objects.filter(pk=follow_up.pk)
        reason = next((why for why, condition in over.items() if same.filter(condition).exists()), None)
        if reason is not None:
            follow_ups.stop(follow_up, reason=reason, by=None, now=now)
    drop_beyond_the_wedding()


def wedding_came(branch: Branch, now: datetime) -> Q:
    """A wedding that was over when the plan began ends nothing."""
    begun = TruncDate("started_at", tzinfo=branch.zone)
    day = branch.today(now)
    return Q(branch=branch, customer__wedding_day__lte=day, customer__wedding_day__gt=begun)


def drop_beyond_the_wedding() -> None:
    """The wedding day was moved to an earlier day: contacts from then on are not needed (R2.1)."""
    beyond = FollowUpContact.objects.filter(
        state=ContactState.PLANNED,
        customer__wedding_day__lte=F("due_on"),
        customer__wedding_day__gt=TruncDate("follow_up__started_at"),
    )
    beyond.update(state=ContactState.DROPPED)
