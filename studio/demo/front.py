"""What the front desk of the demo shop lives through: rest days with deputies, follow-up calls, shared cases,
and what waits for a manager today. Everything goes through the doors that the pages use."""

from datetime import datetime, timedelta
from random import Random

from customers import disputes, ownership
from customers.models import Customer, OwnershipChange, TransferRequest
from studio.demo import stories
from studio.demo.cast import Stage
from studio.demo.people import Names, dice
from studio.demo.words import (
    CALLERS,
    CASE_NOTES,
    CLAIMS,
    COMPETITORS,
    PRIVATE_WISH,
    SHARED_WHY,
    TALKS,
    TRANSFER_NOTES,
)
from studio.staff import handover, leaves
from studio.staff.models import Leave, LeaveDay, LeaveKind, User
from workflow import calls, follow_ups, incoming_calls, rotation, shared_cases, visits
from workflow.follow_up_calls import Told
from workflow.follow_up_due import bring_up
from workflow.models import (
    AwayReason,
    CallKind,
    CallOutcome,
    CallTask,
    ContactChannel,
    FollowUp,
    IncomingCall,
    Visit,
    WorkOrder,
)

RESTS = {"sh": {1: 1, 2: 3}, "tp": {1: 2}}
"""Branch → which consultant rests on which day of the week; the first one is there for who tries the demo."""
ASKED_BEFORE = timedelta(days=3)
AWAY_LATELY = 5
"""So many days ago the first consultant asked for the day off whose digest waits today."""
COMES_BY = 0.05
WARMER = 0.06
"""How likely a talk is to end with “I will come by”: at the first contact, and more with each further one."""


# --- Rest days and deputies -------------------------------------------------------------------
def consultants(stage: Stage) -> list[User]:
    return rotation.consultants_of(stage.branch)


def plan_rest(stage: Stage, *, now: datetime) -> None:
    """Who rests three days from now asks for it today; the deputy of tomorrow takes over this evening."""
    people, day = consultants(stage), stage.day + ASKED_BEFORE
    for index, weekday in RESTS[stage.branch.code].items():
        if day.weekday() == weekday and index < len(people):
            rest(stage, people[index], deputy=people[index - 1], now=now)
    if (stage.branch.today(stage.limit) - stage.day).days == AWAY_LATELY:
        rest(stage, people[0], deputy=people[1], now=now)
    take_over_tomorrow(stage, now=now)


def rest(stage: Stage, user: User, *, deputy: User, now: datetime) -> Leave | None:
    day = stage.day + ASKED_BEFORE
    if LeaveDay.objects.filter(branch=stage.branch, day=day, user__in=[user, deputy]).exists():
        return None
    asked = leaves.ask_leave(
        user=user,
        branch=stage.branch,
        starts_on=day,
        ends_on=day,
        kind=LeaveKind.REST,
        deputies={day: deputy},
        by=user,
        now=now,
    )
    return leaves.grant(asked, by=stage.manager, now=now)


def take_over_tomorrow(stage: Stage, *, now: datetime) -> None:
    tomorrow = stage.day + timedelta(days=1)
    for off in LeaveDay.objects.on(tomorrow).filter(branch=stage.branch, accepted_at=None):
        handover.accept(off, by=handover.acting_on(off), now=now)


# --- Follow-up ----------------------------------------------------------------------------------
def prospects_to_call(stage: Stage, *, now: datetime) -> list[CallTask]:
    """The follow-up calls that have come up by now."""
    bring_up([(stage.branch, follow_ups.rules_of(stage.branch))], now)
    due = CallTask.objects.to_make().filter(branch=stage.branch, kind=CallKind.FOLLOW_UP, due_at__lte=now)
    return list(due.select_related("customer__owner", "contact__follow_up").order_by("pk"))


def follow(call: CallTask, stage: Stage, *, now: datetime) -> None:
    """The call, and what became of it."""
    contact, language = call.contact, stage.branch.customer_language
    assert contact is not None
    chance = dice(stage.branch.code, stage.day, f"follow {contact.number} {call.customer_id}")
    caller = stories.acting(call.customer.owner, stage, now)
    roll = chance.random()
    outcome = CallOutcome.NOT_NOW
    if roll < COMES_BY + WARMER * contact.number:
        outcome = CallOutcome.COMING
    elif roll > 0.94:
        outcome = CallOutcome.DECIDED
    elif roll > 0.76 and call.tries < 2:
        outcome = CallOutcome.NO_ANSWER
    elif roll > 0.5:
        outcome = CallOutcome.INTERESTED
    told = Told(
        said="" if outcome == CallOutcome.NO_ANSWER else chance.choice(TALKS[language]),
        channel=chance.choice([ContactChannel.PHONE, ContactChannel.PHONE, ContactChannel.CHAT]),
        reason="competitor" if outcome == CallOutcome.DECIDED else "",
        competitor=chance.choice(COMPETITORS[language]) if outcome == CallOutcome.DECIDED else "",
        own_occasion=TALKS[language][0] if contact.occasion_id is None else "",
    )
    calls.record(call, outcome=outcome, version=call.version, by=caller, now=now, told=told)


def welcome_back(stage: Stage) -> list[Visit]:
    """Who said yesterday that they would come by stands in the door today."""
    said_so = CallTask.objects.filter(
        branch=stage.branch,
        kind=CallKind.FOLLOW_UP,
        outcome=CallOutcome.COMING,
        done_at__gte=stage.branch.day_bounds(stage.day - timedelta(days=1))[0],
        done_at__lt=stage.branch.day_bounds(stage.day)[0],
    )
    came = []
    for number, call in enumerate(said_so.select_related("customer").order_by("pk")):
        if FollowUp.objects.running().filter(customer=call.customer).exists():
            visit = visits.receive(
                branch=stage.branch, by=stage.manager, now=stage.at(14, 10 * number), customer=call.customer
            )
            came.append(visits.greet(visit, by=visit.consultant, now=stage.at(14, 10 * number + 1)))
    return came


# --- The telephone ------------------------------------------------------------------------------
def answer_the_telephone(stage: Stage) -> None:
    """A call or two on a day that is over, each answered and done."""
    chance = dice(stage.branch.code, stage.day, "telephone")
    people = rotation.roster(stage.branch, now=stage.at(12))
    here = [one.consultant for one in people if one.is_here] or [stage.manager]
    for number in range(chance.choice([0, 1, 1, 2])):
        at = stage.at(11 + 4 * number, chance.randrange(60))
        call = incoming_calls.ring(branch=stage.branch, by=None, now=at)
        call = incoming_calls.answer(
            call, by=chance.choice(here), now=at + timedelta(seconds=chance.choice([4, 7, 9, 14, 22, 41]))
        )
        finish_call(call, stage, chance, now=stage.after(at, 4))


def finish_call(call: IncomingCall, stage: Stage, chance: Random, *, now: datetime) -> None:
    assert call.handler is not None
    matter, answer = chance.choice(CALLERS[stage.branch.customer_language])
    incoming_calls.describe(call, version=None, by=call.handler, now=now, matter=matter, answer=answer)
    incoming_calls.finish(call, by=call.handler, now=now)


def telephone_today(stage: Stage) -> None:
    """One call was parked and is due, a second one later today."""
    chance = dice(stage.branch.code, stage.day, "telephone today")
    names = Names(stage.branch.customer_language, chance)
    people = [one.consultant for one in rotation.roster(stage.branch, now=stage.limit) if one.is_here]
    for person, since, later in zip(people[:2], [16, 30], [-2, 40], strict=False):
        at = stage.limit - timedelta(minutes=since)
        call = incoming_calls.take(branch=stage.branch, by=person, now=at)
        matter, _answer = chance.choice(CALLERS[stage.branch.customer_language])
        told = {"caller": names.woman(), "number": names.phone(), "matter": matter}
        incoming_calls.describe(call, version=None, by=person, now=at, **told)
        incoming_calls.park(call, at=stage.limit + timedelta(minutes=later), by=person, now=at)


# --- Shared cases, and what waits for a manager -------------------------------------------------
def share_now_and_then(visit: Visit, customer: Customer, stage: Stage, *, now: datetime) -> None:
    """One party in twelve asks half-way for somebody whom they had met before."""
    chance = dice(stage.branch.code, stage.day, f"share {customer.pk}")
    others = [person for person in consultants(stage) if person != customer.owner]
    if others and chance.random() < 0.08:
        why = SHARED_WHY[stage.branch.customer_language]
        shared_cases.share(customer, second=chance.choice(others), why=why, by=None, now=now, visit=visit)


def set_desk(stage: Stage) -> None:
    """Today at the front: somebody at lunch, leave asked for, customers whom somebody else should have."""
    people, now = consultants(stage), stage.limit
    if len(people) < 3:
        return
    lunch = AwayReason.objects.filter(branch=stage.branch).order_by("position").first()
    rotation.step_away(
        branch=stage.branch, consultant=people[2], reason=lunch, by=people[2], now=now - timedelta(minutes=12)
    )
    ask_for_a_holiday(stage, people, now=now)
    leave_notes(stage, people[1], deputy=people[0], now=now)


def ask_for_a_holiday(stage: Stage, people: list[User], *, now: datetime) -> None:
    """Three days next week, waiting for the manager."""
    first = stage.day + timedelta(days=9)
    days = leaves.days_of(first, first + timedelta(days=2))
    if LeaveDay.objects.filter(branch=stage.branch, user=people[2], day__in=days).exists():
        return
    leaves.ask_leave(
        user=people[2],
        branch=stage.branch,
        starts_on=days[0],
        ends_on=days[-1],
        kind=LeaveKind.HOLIDAY,
        deputies={day: people[number % 2] for number, day in enumerate(days)},
        by=people[2],
        now=now - timedelta(hours=2),
    )


def leave_notes(stage: Stage, user: User, *, deputy: User, now: datetime) -> None:
    """Who is off tomorrow wrote a note; the deputy has not taken over yet."""
    tomorrow = stage.day + timedelta(days=1)
    off = LeaveDay.objects.on(tomorrow).filter(branch=stage.branch, user=user).first()
    if off is None and not LeaveDay.objects.on(tomorrow).filter(branch=stage.branch).exists():
        asked = leaves.ask_leave(
            user=user,
            branch=stage.branch,
            starts_on=tomorrow,
            ends_on=tomorrow,
            deputies={tomorrow: deputy},
            by=user,
            now=now - timedelta(hours=3),
        )
        leaves.grant(asked, by=stage.manager, now=now - timedelta(hours=2))
        off = LeaveDay.objects.on(tomorrow).filter(leave=asked).first()
    cases = handover.cases_on(user, branch=stage.branch, day=tomorrow, now=now) if off else []
    if off and cases:
        note = CASE_NOTES[stage.branch.customer_language]
        handover.write_notes(off, {cases[0].key: note}, by=user, now=now - timedelta(hours=1))


def ask_for_others(stage: Stage) -> None:
    """A transfer that a colleague asked for, one that a customer asked for in private, and a claim."""
    people, now, language = consultants(stage), stage.limit, stage.branch.customer_language
    if len(people) < 3 or TransferRequest.objects.filter(customer__branch=stage.branch).exists():
        return
    orders = WorkOrder.objects.filter(branch=stage.branch).exclude(stage="closed")
    owned = {
        person: Customer.objects.active()
        .filter(pk__in=orders.values("booking__customer"), owner=person)
        .order_by("-pk")
        for person in people
    }
    if first := owned[people[1]].first():
        ownership.ask_for_transfer(
            first,
            to=people[0],
            reason=OwnershipChange.Reason.ASKED,
            note=TRANSFER_NOTES[language],
            by=people[1],
            now=now - timedelta(minutes=50),
        )
    if second := owned[people[2]].first():
        ownership.ask_in_private(
            second, to=None, note=PRIVATE_WISH[language], now=now - timedelta(minutes=25)
        )
    if third := owned[people[0]].last():
        disputes.raise_dispute(third, claim=CLAIMS[language], by=people[2], now=now - timedelta(hours=5))
