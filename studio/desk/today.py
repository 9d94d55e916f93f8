"""What is to be done today, gathered from the duties that every app registered (design: Today)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse

from studio.staff.duties import Duty, duties, stands_in_for
from studio.staff.models import Branch, User


@dataclass(frozen=True)
class Part:
    """One duty, drawn; `count` is None where a number says nothing."""

    name: str
    title: Any
    icon: str
    html: str
    count: int | None
    link: str


@dataclass(frozen=True)
class Today:
    """The parts with something to do, the titles of those without, and for whom else one acts."""

    parts: list[Part]
    quiet: list[Any]
    others: list[User]
    is_off: bool


def today(request: HttpRequest, now: datetime) -> Today:
    """The duties of this role, for the actor first and the colleagues they stand in for (R8.1)."""
    branch: Branch = request.branch
    people = stands_in_for(request.actor, branch=branch, day=branch.today(now))
    parts, quiet = [], []
    for name, duty in sorted(zip(duties.names(), duties, strict=True), key=lambda entry: entry[1].order):
        if request.membership.role not in duty.roles:
            continue
        items = duty.items(people, branch, now)
        if items:
            parts.append(drawn(name, duty, items, people, request, now))
        else:
            quiet.append(duty.title)
    return Today(parts, quiet, others=people[1:], is_off=not people)


def drawn(name: str, duty: Duty, items: Any, people: list[User], request: HttpRequest, now: datetime) -> Part:
    """The template of a duty is given `items`, `duty`, `people` (whose day it is) and `now`."""
    context = {"items": items, "duty": duty, "people": people, "now": now}
    counted = hasattr(items, "__len__") and not duty.extra.get("uncounted")
    return Part(
        name=name,
        title=duty.title,
        icon=duty.icon,
        html=render_to_string(duty.template, context, request),
        count=len(items) if counted else None,
        link=reverse(duty.link) if duty.link else "",
    )
