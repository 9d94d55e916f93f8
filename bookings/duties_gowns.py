"""What gowns put on somebody's day: late ones, parties in danger of coming for nothing, what is due back, and
damage that nobody has decided about."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Literal

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bookings import gown_dangers
from bookings.gown_dangers import Danger
from bookings.gowns import in_styling
from bookings.models import Outing
from customers.models import Customer
from studio.foundation.templatetags.studio import local_moment
from studio.staff.duties import Case, Duty
from studio.staff.models import Branch, User
from studio.staff.models.membership import DEPARTMENTS, FRONT


@dataclass(frozen=True)
class Task:
    """One row. The customer is whoever has the gown, or whoever it is promised to next."""

    kind: Literal["danger", "late", "damage", "due"]
    customer: Customer
    outing: Outing | None = None
    danger: Danger | None = None


def tasks(users: Iterable[User], branch: Branch, now: datetime) -> list[Task]:
    """For the styling department everything, for owners what is about their customers."""
    people = {user.pk for user in users}
    wardrobe = in_styling(branch).filter(user__in=people).exists()
    end = branch.day_bounds(branch.today(now))[1]
    rows = [
        Task("danger", danger.appointment.customer, danger.outing, danger)
        for danger in gown_dangers.endangered(branch, now)
    ]
    rows += [
        Task("late" if outing.due_back_at <= now else "due", of(outing), outing)
        for outing in gown_dangers.out(branch).filter(due_back_at__lt=end)
    ]
    rows += [Task("damage", of(outing), outing) for outing in gown_dangers.undecided(branch)]
    return [row for row in rows if row.customer.owner_id in people or (wardrobe and row.kind != "damage")]


def of(outing: Outing) -> Customer:
    return outing.appointment.customer


def cases(user: User, branch: Branch, day: date, now: datetime) -> list[Case]:
    """Gowns that customers of `user` should bring back on that day."""
    start, end = branch.day_bounds(day)
    first = start if day > branch.today(now) else start - timedelta(days=366)
    rows = gown_dangers.out(branch).filter(
        appointment__customer__owner=user, due_back_at__gte=first, due_back_at__lt=end
    )
    return [
        Case(
            key=f"gown:{outing.pk}",
            title=_("Due back: %(gown)s") % {"gown": outing.resource},
            detail=local_moment(outing.due_back_at),
            at=outing.due_back_at,
            link=reverse("bookings:gown", args=[outing.resource_id]),
            customer=outing.appointment.customer,
        )
        for outing in rows
    ]


GOWNS: Duty = Duty(
    title=gettext_lazy("Gowns"),
    template="bookings/_gowns_duty.html",
    roles=frozenset(FRONT | DEPARTMENTS),
    items=tasks,
    icon="shirt",
    order=22,
    link="bookings:gowns",
    cases=cases,
)
__all__: list[Any] = ["GOWNS"]
