"""The telephone on Today, and on the customer's timeline (R9.6, R1.5, R8.1)."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers.models import Customer
from customers.registries import TimelineEntry
from studio.staff.duties import Duty
from studio.staff.models import Branch, User
from studio.staff.models.membership import FRONT, MANAGERS
from workflow import call_cases, incoming_calls


def on_the_line(users: Iterable[User], branch: Branch, now: datetime) -> list[Any]:
    """Who rings or talks is everybody's at the front: whoever is free answers."""
    reader = next(iter(users), None)
    return incoming_calls.lines_of(incoming_calls.on_the_line(branch, now), branch, now=now, reader=reader)


def call_backs(users: Iterable[User], branch: Branch, now: datetime) -> list[Any]:
    """Whom these people promised to call back today."""
    people = list(users)
    rows = incoming_calls.call_backs(branch, now, people)
    return incoming_calls.lines_of(rows, branch, now=now, reader=people[0] if people else None)


def not_reached(users: Iterable[User], branch: Branch, now: datetime) -> list[Any]:
    return incoming_calls.lines_of(incoming_calls.not_reached(branch), branch, now=now)


ON_THE_LINE = Duty(
    title=gettext_lazy("On the line"),
    template="workflow/_incoming_lines.html",
    roles=frozenset(FRONT),
    items=on_the_line,
    icon="phone-incoming",
    order=3,
    link="workflow:incoming_calls",
)
CALL_BACKS = Duty(
    title=gettext_lazy("Call-backs"),
    template="workflow/_incoming_lines.html",
    roles=frozenset(FRONT),
    items=call_backs,
    icon="phone-outgoing",
    order=9,
    link="workflow:incoming_calls",
    cases=call_cases.call_backs,
)
NOT_REACHED = Duty(
    title=gettext_lazy("Called back three times, nobody answered"),
    template="workflow/_incoming_lines.html",
    roles=frozenset(MANAGERS),
    items=not_reached,
    icon="phone-missed",
    order=14,
    link="workflow:incoming_calls",
)


def of_customer(customer: Customer) -> Iterable[TimelineEntry]:
    """The source `incoming_calls` of the customer's timeline: one line for each call."""
    return [
        TimelineEntry(
            at=call.rang_at,
            actor=call.handler,
            text=_("Called us: %(matter)s") % {"matter": call.matter} if call.matter else _("Called us"),
            icon="phone-incoming",
            link=call.get_absolute_url(),
        )
        for call in customer.incoming_calls.select_related("handler")
    ]
