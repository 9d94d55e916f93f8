"""What the shoot puts on somebody's day (Today): arrivals, offers, who is with me, looks not shot."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from studio.staff.duties import Duty
from studio.staff.models import Branch, User
from studio.staff.models.membership import DEPARTMENTS, FRONT
from workflow import cases
from workflow.handoffs import departments_of
from workflow.house import Care, offered_to, with_people
from workflow.lines import Line


# --- Offered to my department -------------------------------------------------------------------
@dataclass(frozen=True)
class Offer:
    """A row of the house that waits for somebody here, with the words to answer and to introduce oneself."""

    care: Care
    line: Line


def offered(users: Iterable[User], branch: Branch, now: datetime) -> list[Offer]:
    """Who is brought to my department, or to that of whom I stand in for, and waits for "I take over" (R5.1,
    R8.1); the giver sees it as theirs."""
    people = list(users)
    me = people[0] if people else None
    departments = departments_of(people, branch)
    if me is None or not departments:
        return []
    waiting = [row for row in offered_to(departments, branch, now=now) if row.with_user.pk != me.pk]
    mine = {person.pk for person in people}
    # Who is meant by name first, then who waits longest.
    waiting.sort(key=lambda row: row.hand_offs[0].meant_for_id not in mine)
    return [Offer(row, row.line_to(row.hand_offs[0].to_department, receiver=me)) for row in waiting]


# --- With me ------------------------------------------------------------------------------------
def with_me(users: Iterable[User], branch: Branch, now: datetime) -> list[Care]:
    """Who is with me now. Only mine: a customer in the house is with a person, and not with who stands in."""
    return with_people(list(users)[:1], branch, now=now)


OFFERED = Duty(
    title=_("Brought to you"),
    template="workflow/day_offered.html",
    roles=frozenset(FRONT | DEPARTMENTS),
    items=offered,
    icon="arrow-right-left",
    order=5,
    cases=cases.booked,
)
WITH_ME = Duty(
    title=_("With you now"),
    template="workflow/day_with_me.html",
    roles=frozenset(FRONT | DEPARTMENTS),
    items=with_me,
    icon="user-check",
    order=6,
    link="workflow:house",
    cases=cases.held,
)
