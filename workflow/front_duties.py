"""What the front desk has on its day (Today): who is next, and who is being received."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from studio.staff.duties import Duty
from studio.staff.models import Branch, User
from studio.staff.models.membership import FRONT
from workflow import cases, rotation
from workflow.greeting import Greeting, greeting_of
from workflow.models import Visit


@dataclass(frozen=True)
class Received:
    """An open visit; `stands_for` is the colleague whose it is where that is not the reader."""

    visit: Visit
    stands_for: User | None
    greeting: Greeting


def visits_open(users: Iterable[User], branch: Branch, now: datetime) -> list[Any]:
    """Whom these people are receiving, and everybody whom nobody has greeted yet (R1.5)."""
    people = list(users)
    reader = people[0].pk if people else None
    here = Visit.objects.open().filter(branch=branch, request__isnull=True)
    rows = here.filter(Q(consultant__in=people) | Q(greeted_at__isnull=True))
    rules = rotation.rules_of(branch)
    ordered = rows.select_related("customer", "consultant").order_by(
        F("greeted_at").asc(nulls_first=True), "arrived_at"
    )
    return [
        Received(
            row, row.consultant if row.consultant_id != reader else None, greeting_of(row, rules, now=now)
        )
        for row in ordered
    ]


def roster(users: Iterable[User], branch: Branch, now: datetime) -> list[rotation.Standing]:
    """The roster is everybody's at the front."""
    return rotation.roster(branch, now=now)


ROTATION = Duty(
    title=_("Rotation"),
    template="workflow/_rotation_duty.html",
    roles=frozenset(FRONT),
    items=roster,
    icon="list-ordered",
    order=1,
    link="workflow:rotation",
    extra={"aside": True},
)
VISITS = Duty(
    title=_("Being received"),
    template="workflow/_visits_duty.html",
    roles=frozenset(FRONT),
    items=visits_open,
    icon="door-open",
    order=2,
    link="workflow:visits",
    cases=cases.received,
)
