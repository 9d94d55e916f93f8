"""The list of calls as a page shows it: who is called about what, for whom, how late (R3.2, R8.1)."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext_lazy as _

from bookings.models import BookingEvent, Confirmation
from customers.models import ContactKind
from studio.staff.duties import Duty
from studio.staff.models import Branch, User
from studio.staff.models.membership import FRONT
from workflow import call_cases, call_rules, calls, follow_up_lists
from workflow.models import CallState, CallTask

SHOWN_MADE = 20


@dataclass
class CallLine:
    """One call and what its line says. `stands_for` is the owner where somebody else calls;
    `confirmed_by` tells that the customer has said yes already (link, desk …): the care call stays. `of`:
    of how many contacts this one is, in a follow-up."""

    call: CallTask
    number: str
    overdue: bool
    given_up: bool
    is_today: bool
    stands_for: User | None = None
    confirmed_by: str = ""
    of: int = 0


@dataclass
class CallList:
    due: list[CallLine] = field(default_factory=list)
    later: list[CallLine] = field(default_factory=list)
    made: list[CallTask] = field(default_factory=list)
    given_up: list[CallLine] = field(default_factory=list)


def lines_of(rows: Iterable[CallTask], *, reader: User | None, now: datetime) -> list[CallLine]:
    rows = list(rows)
    confirmed, plans = confirmed_ways(rows), plan_lengths(rows)
    return [line_of(call, reader=reader, now=now, confirmed=confirmed, plans=plans) for call in rows]


def plan_lengths(rows: Iterable[CallTask]) -> dict[int, int]:
    """Of how many contacts the plans behind the follow-up calls are; one query for all, none without them."""
    plans = {call.contact.follow_up_id for call in rows if call.contact}
    return follow_up_lists.lengths(plans) if plans else {}


def line_of(
    call: CallTask,
    *,
    reader: User | None,
    now: datetime,
    confirmed: dict[int, str] | None = None,
    plans: dict[int, int] | None = None,
) -> CallLine:
    confirmed = confirmed_ways([call]) if confirmed is None else confirmed
    plans = plan_lengths([call]) if plans is None else plans
    owner = call.customer.owner
    return CallLine(
        call=call,
        number=number_of(call),
        overdue=calls.is_overdue(call, now),
        given_up=call.tries >= call_rules.rules_of(call.branch).most_tries,
        is_today=call.branch.today(call.due_at) == call.branch.today(now),
        stands_for=owner if reader and owner and owner.pk != reader.pk else None,
        confirmed_by=confirmed.get(call.appointment_id or 0, ""),
        of=plans.get(call.contact.follow_up_id, 0) if call.contact else 0,
    )


def number_of(call: CallTask) -> str:
    """The first number that is not known to be wrong."""
    for contact in call.customer.contact_points.all():
        if contact.kind == ContactKind.PHONE and not contact.is_wrong:
            return contact.value
    return ""


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


def call_list(
    users: Iterable[User] | None, *, branch: Branch, reader: User, now: datetime, manages: bool = False
) -> CallList:
    """The calls of these people, or of the whole branch; managers also see what three tries did not reach."""
    due = calls.due(branch, now=now, users=users)
    later = calls.later_today(branch, now=now, users=users)
    found = CallList(
        due=lines_of(due, reader=reader, now=now),
        later=lines_of(later, reader=reader, now=now),
        made=made_today(users, branch=branch, now=now),
    )
    if manages:
        found.given_up = lines_of(given_up(branch), reader=None, now=now)
        found.due = [line for line in found.due if not line.given_up]
        found.later = [line for line in found.later if not line.given_up]
    return found


def given_up(branch: Branch) -> list[CallTask]:
    """Nobody answered three times: a manager decides what to do."""
    rows = CallTask.objects.to_make().filter(branch=branch, tries__gte=call_rules.rules_of(branch).most_tries)
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


def calls_due(users: Iterable[User], branch: Branch, now: datetime) -> list[Any]:
    """The duty “calls” of Today: the lines that are due, for these people."""
    people = list(users)
    reader = people[0] if people else None
    return lines_of(calls.calls_for(people, branch, now), reader=reader, now=now)


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
