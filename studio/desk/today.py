"""What is to be done today, gathered from the duties that every app registered (design: Today)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse

from studio.staff.duties import Duty, deputies_on, duties, stands_in_for
from studio.staff.models import Branch, LeaveDay, Membership, User


@dataclass(frozen=True)
class Part:
    """One duty with something to do; its template is given `items`, `duty` and `people` (whose day)."""

    name: str
    duty: Duty
    items: Any

    @property
    def link(self) -> str:
        return reverse(self.duty.link) if self.duty.link else ""

    @property
    def count(self) -> int | None:
        """How many things wait; None where nothing is to be done."""
        return None if self.duty.extra.get("aside") else len(self.items)


@dataclass(frozen=True)
class Today:
    """The parts with something to do, the titles of those without, and whose day it is: the actor's first.

    `days_off`: the days off behind it, those of whom the actor stands in for, or the actor's own.
    """

    parts: list[Part]
    quiet: list[Any]
    people: list[User]
    days_off: list[LeaveDay]

    @property
    def main(self) -> list[Part]:
        """What is to be done."""
        return [part for part in self.parts if not part.duty.extra.get("aside")]

    @property
    def aside(self) -> list[Part]:
        """What is only to be seen, beside it."""
        return [part for part in self.parts if part.duty.extra.get("aside")]

    @property
    def others(self) -> list[User]:
        return self.people[1:]

    @property
    def is_off(self) -> bool:
        return not self.people


def today(*, actor: User, role: str, branch: Branch, now: datetime) -> Today:
    """The duties of this role, for the actor first and the colleagues they stand in for (R8.1).

    A colleague of another role brings the duties of that role along: a manager who stands in for a lone
    artist sees what the artist would see.
    """
    people = stands_in_for(actor, branch=branch, day=branch.today(now))
    off = deputies_on(branch.today(now), branch)
    brought = roles_of([person for person in people if person != actor], branch)
    parts, quiet = [], []
    for name, duty in sorted(zip(duties.names(), duties, strict=True), key=lambda entry: entry[1].order):
        theirs = [person for person in people if brought.get(person.pk) in duty.roles]
        if role not in duty.roles and not theirs:
            continue
        items = duty.items(people if role in duty.roles else theirs, branch, now)
        if items:
            parts.append(Part(name, duty, items))
        elif not duty.extra.get("silent"):
            quiet.append(duty.title)
    return Today(parts, quiet, people, [off[person.pk] for person in people or [actor] if person.pk in off])


def roles_of(people: list[User], branch: Branch) -> dict[int, str]:
    """The roles of colleagues in the branch, by id."""
    if not people:
        return {}
    places = Membership.objects.active().filter(branch=branch, user__in=people)
    return dict(places.values_list("user_id", "role"))
