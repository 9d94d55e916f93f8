"""What the work orders put on somebody's day (Today): promises, deliveries, and what is not ready."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from studio.staff.duties import Duty
from studio.staff.models import Branch, Membership, User
from studio.staff.models.membership import DEPARTMENTS, FRONT
from workflow import cases, deliveries, promises, readiness


def owed_by(users: Iterable[User], branch: Branch, now: datetime) -> list[Any]:
    """What the departments of these people must deliver, by when."""
    places = Membership.objects.active().filter(user__in=list(users), branch=branch)
    departments = [place.department for place in places.select_related("department") if place.department]
    return deliveries.of_departments(branch, departments, now=now)


NOT_READY = Duty(
    title=_("Not ready yet"),
    template="workflow/_not_ready.html",
    roles=frozenset(FRONT),
    items=readiness.not_ready,
    icon="octagon-alert",
    order=20,
    cases=cases.to_check,
)
PROMISES = Duty(
    title=_("Promises"),
    template="workflow/_promises_due.html",
    roles=frozenset(FRONT),
    items=promises.due,
    icon="handshake",
    order=40,
    cases=cases.promises,
)
DELIVERIES = Duty(
    title=_("To deliver"),
    template="workflow/_deliveries.html",
    roles=frozenset(DEPARTMENTS),
    items=owed_by,
    icon="package-check",
    order=20,
    link="workflow:deliveries",
    cases=cases.to_deliver,
)
