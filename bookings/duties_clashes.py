"""Somebody who is booked is off by now: on the day of the customer's owner and of the managers."""

from collections.abc import Iterable
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from bookings.clashes import Clash, clashes
from studio.staff.duties import Duty
from studio.staff.models import Branch, Membership, User
from studio.staff.models.membership import FRONT, MANAGERS


def waiting(users: Iterable[User], branch: Branch, now: datetime) -> list[Clash]:
    """A manager sees all of them, a consultant those of their customers and of whom they stand in for."""
    people = list(users)
    places = Membership.objects.active().filter(branch=branch, user__in=people, role__in=MANAGERS)
    return clashes(branch, now=now, owners=None if places.exists() else people)


CLASHES = Duty(
    title=_("Somebody booked is off"),
    template="bookings/_clashes.html",
    roles=frozenset(FRONT),
    items=waiting,
    icon="calendar-x-2",
    order=18,
    link="bookings:resource_conflicts",
)
