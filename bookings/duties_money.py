"""What money puts on somebody's day (Today): instalments that are due."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bookings import instalments
from studio.foundation.templatetags.studio import local_date, money
from studio.staff.duties import Case, Duty
from studio.staff.models import Branch, User
from studio.staff.models.membership import FRONT


def due(users: Iterable[User], branch: Branch, now: datetime) -> list[Any]:
    """Orders of these owners' customers of which a part is due."""
    return instalments.behind(branch, owners=users, now=now)


def cases(user: User, branch: Branch, day: date, now: datetime) -> list[Case]:
    """The same for the hand-over to a deputy (R8.1)."""
    return [
        Case(
            key=f"instalment:{one.booking.pk}",
            title=_("Remind politely of an instalment"),
            detail=_("%(amount)s since %(day)s")
            % {"amount": money(one.due_now, branch.currency), "day": local_date(one.due_since)},
            link=f"{one.booking.get_absolute_url()}#money",
            customer=one.booking.customer,
        )
        for one in instalments.behind(branch, owners=[user], now=now)
    ]


INSTALMENTS = Duty(
    title=gettext_lazy("Instalments due"),
    template="bookings/_instalments_due.html",
    roles=frozenset(FRONT),
    items=due,
    icon="calendar-range",
    order=48,
    cases=cases,
)
