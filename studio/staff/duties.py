"""Whose work is it today? The registry of duties, and who stands in for whom (R3.2, R8)."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from studio.foundation.registry import Registry
from studio.staff.models import Branch, LeaveDay, User


@dataclass(frozen=True)
class Case:
    """One thing that somebody must see to on a day, as a hand-over lists it (R8.1).

    `key` names it for good (“call:17”); `title` and `detail` are sentences in the reader's language; `at`
    is when on that day, None: some time of the day; `customer` is a customer file or None.
    """

    key: str
    title: str
    detail: str = ""
    at: datetime | None = None
    link: str = ""
    customer: Any = None


@dataclass(frozen=True)
class Duty:
    """A part of Today: `items(users, branch, now)` answers what these people have to do today.

    `template` draws the list with `items` in its context; `title` is a lazy translation; `roles` are the
    roles of those who see it. `cases(user, branch, day, now)` answers what falls to `user` on `day`, also on
    one to come: hand-overs to deputies list it; None: nothing of this duty is handed over.
    """

    title: Any
    template: str
    roles: frozenset[str]
    items: Callable[[Iterable[User], Branch, datetime], Any]
    icon: str = "circle"
    order: int = 50
    link: str = ""
    extra: dict[str, Any] = field(default_factory=dict)
    cases: Callable[[User, Branch, date, datetime], list[Case]] | None = None


duties: Registry[Duty] = Registry("duty")

Workload = Callable[[Branch, date, datetime], dict[int, int]]
workloads: Registry[Workload] = Registry("workload")
"""How much there is to do on a day, by the id of the colleague whose it is: deputies are proposed by it."""

Mind = Callable[[Iterable[int]], dict[int, list[str]]]
minds: Registry[Mind] = Registry("thing to mind")
"""What whoever serves must know first (R9.4), by the id of the customer; a hand-over begins with it."""


Off = dict[int, LeaveDay]
"""Who is off on a day, by id, each with who stands in."""


def deputies_on(day: date, branch: Branch) -> Off:
    """Who is off on the day, by id, each with who stands in; one query."""
    days = LeaveDay.objects.on(day).filter(branch=branch).select_related("user", "deputy")
    return {off.user_id: off for off in days}


def deputies_between(first: date, last: date, branch: Branch) -> dict[date, Off]:
    """`deputies_on` for each day of a span on which somebody is off; one query."""
    days = LeaveDay.objects.filter(branch=branch, day__range=(first, last), is_granted=True)
    found: dict[date, Off] = {}
    for off in days.select_related("user", "deputy"):
        found.setdefault(off.day, {})[off.user_id] = off
    return found


def stands_in_for(user: User, *, branch: Branch, day: date) -> list[User]:
    """The colleagues whose work is `user`'s on `day`, `user` first.

    A deputy may be away too: the chain is followed, and a circle ends where it began (R8.1).
    """
    off = deputies_on(day, branch)
    if acting_for(user, off) != user:
        return []
    people = [user]
    for person in people:
        # The list grows while it is walked: who is nearest in the chain comes first.
        people += [
            entry.user
            for entry in off.values()
            if entry.deputy_id == person.pk
            and entry.user not in people
            and acting_for(entry.user, off) == user
        ]
    return people


def acting_for(user: User, off: Off) -> User:
    """The end of the chain of deputies; in a circle, which no door lets in, everybody does their own."""
    seen, acting = {user.pk}, user
    while acting.pk in off:
        acting = off[acting.pk].deputy
        if acting.pk in seen:
            return user
        seen.add(acting.pk)
    return acting


def who_acts_for(user: User, *, branch: Branch, day: date) -> User:
    """The person who does `user`'s work on `day`: the user, or the end of the chain of deputies."""
    return acting_for(user, deputies_on(day, branch))
