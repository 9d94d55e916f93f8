"""Whose work is it today? The registry of duties, and who stands in for whom (R3.2, R8)."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from studio.foundation.registry import Registry
from studio.staff.models import Branch, Leave, User


@dataclass(frozen=True)
class Duty:
    """A part of Today: `items(users, branch, now)` answers what these people have to do today.

    `template` draws the list with `items` in its context; `title` is a lazy translation; `roles` are the
    roles of those who see it. The same registry serves hand-overs to deputies and staff who leave.
    """

    title: Any
    template: str
    roles: frozenset[str]
    items: Callable[[Iterable[User], Branch, datetime], Any]
    icon: str = "circle"
    order: int = 50
    link: str = ""
    extra: dict[str, Any] = field(default_factory=dict)


duties: Registry[Duty] = Registry("duty")


def stands_in_for(user: User, *, branch: Branch, day: date) -> list[User]:
    """The colleagues whose work is `user`'s on `day`, `user` first.

    A deputy may be away too: the chain is followed, and a circle ends where it began (R8.1).
    """
    deputies = {
        leave.user_id: leave for leave in Leave.objects.on(day).filter(branch=branch).select_related("user")
    }
    if user.pk in deputies:
        return []
    people, waiting = [user], [user.pk]
    while waiting:
        deputy_id = waiting.pop()
        for leave in deputies.values():
            if leave.deputy_id == deputy_id and leave.user not in people:
                people.append(leave.user)
                waiting.append(leave.user_id)
    return people


def who_acts_for(user: User, *, branch: Branch, day: date) -> User:
    """The person who does `user`'s work on `day`: the user, or the end of the chain of deputies."""
    deputies = {
        leave.user_id: leave.deputy
        for leave in Leave.objects.on(day).filter(branch=branch).select_related("deputy")
    }
    seen = {user.pk}
    acting = user
    while acting.pk in deputies:
        acting = deputies[acting.pk]
        if acting.pk in seen:
            return user
        seen.add(acting.pk)
    return acting
