"""The list of calls as a page shows it: who is called about what, for whom, how late (R3.2, R8.1)."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext_lazy as _

from bookings.models import BookingEvent, Confirmation
from customers import contact_wishes
from studio.staff.duties import Duty
from studio.staff.models import Branch, User
from studio.staff.models.membership import FRONT, MANAGERS
from workflow import call_cases, call_holding, call_rules, calls, follow_up_lists
from workflow.call_holding import OnTheLine
from workflow.models import CallState, CallTask

SHOWN_MADE = 20


@dataclass
class CallLine:
    """One call and what its line says. `stands_for` is the owner where somebody else calls; `held` is who
    speaks with the customer at this moment, `is_mine` whether that is the reader; `confirmed_by` tells that
    the customer has said yes already (link, desk …): the care call stays. `of`: of how many contacts this one
    is, in a follow-up. `suits`: whether the hour is one in which they like to be rung up."""

    call: CallTask
    number: str
    overdue: bool
    given_up: bool
    is_today: bool
    held: OnTheLine | None = None
    is_mine: bool = False
    suits: bool = True
    stands_for: User | None = None
    confirmed_by: str = ""
    of: int = 0


@dataclass
class CallList:
    """What a page of calls shows; `behind` and `given_up` are for managers, and what stands there does not
    stand in `due` and `later` again."""

    due: list[CallLine] = field(default_factory=list)
    later: list[CallLine] = field(default_factory=list)
    made: list[CallTask] = field(default_factory=list)
    given_up: list[CallLine] = field(default_factory=list)
    behind: list[CallLine] = field(default_factory=list)

    @property
    def shown(self) -> int:
        return len(self.due) + len(self.later) + len(self.given_up) + len(self.behind)


# --- One line ---------------------------------------------------------------------------------
def lines_of(rows: Iterable[CallTask], *, reader: User | None, now: datetime) -> list[CallLine]:
    """The lines, with the same number of questions however many they are."""
    rows = list(rows)
    confirmed, plans = confirmed_ways(rows), plan_lengths(rows)
    held = call_holding.among({call.customer_id for call in rows}, now)
    rules = call_rules.rules_among({call.branch_id for call in rows}) if rows else {}
    lines = []
    for call in rows:
        owner, talk = call.customer.owner, held.get(call.customer_id)
        wish, number = contact_wishes.wish_of(call.customer), contact_wishes.first_number(call.customer)
        lines.append(
            CallLine(
                call=call,
                number=number.value if number else "",
                overdue=calls.is_overdue(call, now),
                given_up=call.tries >= rules[call.branch_id].most_tries,
                is_today=call.branch.today(call.due_at) == call.branch.today(now),
                held=talk,
                is_mine=talk is not None and talk.is_by(reader) and not talk.rang,
                suits=contact_wishes.suits(wish, now, call.branch.zone),
                stands_for=owner if reader and owner and owner.pk != reader.pk else None,
                confirmed_by=confirmed.get(call.appointment_id or 0, ""),
                of=plans.get(call.contact.follow_up_id, 0) if call.contact else 0,
            )
        )
    return lines


def line_of(call: CallTask, *, reader: User | None, now: datetime) -> CallLine:
    return lines_of([call], reader=reader, now=now)[0]


def plan_lengths(rows: Iterable[CallTask]) -> dict[int, int]:
    """Of how many contacts the plans behind the follow-up calls are; one query for all, none without them."""
    plans = {call.contact.follow_up_id for call in rows if call.contact}
    return follow_up_lists.lengths(plans) if plans else {}


def confirmed_ways(rows: Iterable[CallTask]) -> dict[int, str]:
    """How each appointment that is confirmed by now was: link, desk, call, chat; one query for all."""
    confirmed = {
        call.appointment.pk: call.appointment.booking_id
        for call in rows
        if call.appointment and call.appointment.confirmation == Confirmation.CONFIRMED
    }
    ways = dict.fromkeys(confirmed, "desk")
    if confirmed:
        told = BookingEvent.objects.filter(
            kind="confirmed", booking__in=set(confirmed.values()) - {None}
        ).order_by("at", "id")
        for parameters in told.values_list("parameters", flat=True):
            if parameters.get("appointment") in ways:
                ways[parameters["appointment"]] = parameters.get("via", "desk")
    return ways


# --- A list -----------------------------------------------------------------------------------
def call_list(
    users: Iterable[User] | None, *, branch: Branch, reader: User, now: datetime, manages: bool = False
) -> CallList:
    """The calls of these people, or of the whole branch; managers also see what so many tries did not
    reach."""
    due = calls.due(branch, now=now, users=users)
    later = calls.later_today(branch, now=now, users=users)
    vain = given_up(branch) if manages else []
    late = behind(branch, now) if manages and users is None else []
    told = {call.pk for call in vain}
    late = [call for call in late if call.pk not in told]
    told |= {call.pk for call in late}
    lines = {line.call.pk: line for line in lines_of({*due, *later, *vain}, reader=reader, now=now)}
    return CallList(
        due=[lines[call.pk] for call in due if call.pk not in told],
        later=[lines[call.pk] for call in later if call.pk not in told],
        made=made_today(users, branch=branch, now=now),
        given_up=[lines[call.pk] for call in vain],
        behind=[lines[call.pk] for call in late],
    )


def given_up(branch: Branch) -> list[CallTask]:
    """Nobody answered so many times: a manager decides what to do."""
    rows = CallTask.objects.to_make().filter(branch=branch, tries__gte=call_rules.rules_of(branch).most_tries)
    return list(rows.for_list().order_by("due_at", "id"))


def behind(branch: Branch, now: datetime) -> list[CallTask]:
    """Due before the hour of the rules, and nobody has tried: a manager looks at them from then on."""
    rows = calls.not_called_by(branch, call_rules.rules_of(branch).behind_at, now)
    return list(rows.for_list().order_by("due_at", "id"))


def made_today(users: Iterable[User] | None, *, branch: Branch, now: datetime) -> list[CallTask]:
    """What was made or withdrawn since midnight, the last first."""
    start = branch.day_bounds(branch.today(now))[0]
    rows = CallTask.objects.exclude(state=CallState.OPEN).filter(
        branch=branch, done_at__gte=start, done_at__lte=now + timedelta(minutes=1)
    )
    if users is not None:
        rows = rows.of(users)
    return list(
        rows.select_related("customer", "appointment", "done_by").order_by("-done_at", "-id")[:SHOWN_MADE]
    )


# --- On Today ---------------------------------------------------------------------------------
def calls_due(users: Iterable[User], branch: Branch, now: datetime) -> list[Any]:
    """The duty “calls” of Today: the lines that are due, for these people."""
    people = list(users)
    reader = people[0] if people else None
    return lines_of(calls.calls_for(people, branch, now), reader=reader, now=now)


def calls_behind(users: Iterable[User], branch: Branch, now: datetime) -> list[Any]:
    """The duty “calls_behind” of managers: the whole branch's."""
    return lines_of(behind(branch, now), reader=next(iter(users), None), now=now)


BEHIND = Duty(
    title=_("Not called in time"),
    template="workflow/_calls_behind.html",
    roles=frozenset(MANAGERS),
    items=calls_behind,
    icon="clock-alert",
    order=13,
)
CALLS = Duty(
    title=_("Calls"),
    template="workflow/_calls_duty.html",
    roles=frozenset(FRONT),
    items=calls_due,
    icon="phone",
    order=10,
    link="workflow:calls",
    cases=call_cases.calls,
)
