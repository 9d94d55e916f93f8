"""What the drawer puts on somebody's day (Today)."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from bookings import takings
from studio.staff.duties import Duty
from studio.staff.models import Branch, User
from studio.staff.models.membership import TAKES_MONEY


def waiting(users: Iterable[User], branch: Branch, now: datetime) -> list[tuple[str, Any]]:
    return list(takings.waiting(list(users), branch, now))


TILL = Duty(
    title=_("The till"),
    template="bookings/_shift_duty.html",
    roles=frozenset(TAKES_MONEY),
    items=waiting,
    icon="wallet",
    order=8,
    link="bookings:till",
)
