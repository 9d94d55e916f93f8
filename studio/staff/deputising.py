"""Who leaves was to stand in for others: their days get another deputy; own days off to come end (R8.1)."""

from datetime import date, datetime

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from studio.staff.leaving import Estate, Heir
from studio.staff.models import Branch, Leave, LeaveDay, LeaveState, Membership, User
from studio.staff.models.membership import DEPARTMENTS, FRONT

HOLDING = (LeaveState.ASKED, LeaveState.GRANTED)


def days_of(user: User, branch: Branch, now: datetime) -> "QuerySet[LeaveDay]":
    """The days from today on for which somebody counts on this deputy."""
    rows = LeaveDay.objects.filter(
        branch=branch, deputy=user, day__gte=branch.today(now), leave__state__in=HOLDING
    )
    return rows.exclude(user=user).select_related("user", "leave").order_by("day", "pk")


def count(user: User, branch: Branch, now: datetime) -> int:
    return days_of(user, branch, now).count()


def move(user: User, branch: Branch, heir: Heir, by: User | None, now: datetime) -> None:
    """Each day gets somebody who is there on that day, so that no circle of deputies can come of it."""
    own = LeaveDay.objects.filter(branch=branch, user=user, day__gte=branch.today(now))
    own.update(is_granted=False)
    asked = Leave.objects.filter(branch=branch, user=user, state=LeaveState.ASKED)
    asked.update(state=LeaveState.WITHDRAWN, decided_by=by, decided_at=now)
    for day in days_of(user, branch, now):
        day.deputy, day.accepted_at = another_deputy(day, leaver=user), None
        day.save(update_fields=["deputy", "accepted_at"])


def another_deputy(day: LeaveDay, *, leaver: User) -> User:
    """Of those who can do this colleague's work and are there, who stands in for the fewest."""
    there = [person for person in who_can(day.user, day.branch) if person not in {leaver, day.user}]
    off = off_on(day.day, day.branch)
    there = [person for person in there if person.pk not in off]
    if not there:
        words = {"name": day.user.display_name, "day": date_format(day.day)}
        raise ValidationError(
            _("Nobody is there to stand in for %(name)s on %(day)s: change that leave first.") % words
        )
    standing_in = list(
        LeaveDay.objects.filter(branch=day.branch, day=day.day).values_list("deputy_id", flat=True)
    )
    return min(there, key=lambda person: (standing_in.count(person.pk), person.pk))


def off_on(day: date, branch: Branch) -> set[int]:
    """Who is off on the day, or asks to be."""
    rows = LeaveDay.objects.filter(branch=branch, day=day, leave__state__in=HOLDING)
    return set(rows.values_list("user_id", flat=True))


def who_can(user: User, branch: Branch) -> list[User]:
    """The front for one another; in a department its own people and head; else those of the same role."""
    places = Membership.objects.active().filter(branch=branch)
    own = Membership.objects.filter(user=user, branch=branch).first()
    if own is None or own.role in FRONT:
        places = places.filter(role__in=FRONT)
    elif own.role in DEPARTMENTS:
        places = places.filter(role__in=DEPARTMENTS, department=own.department_id)
    else:
        places = places.filter(role=own.role)
    return [place.user for place in places.select_related("user").order_by("pk")]


def hold(branch: Branch, now: datetime) -> None:
    """The branch's row, which every door of leave locks first."""
    Branch.objects.select_for_update(no_key=True).get(pk=branch.pk)


DEPUTISING = Estate(
    title=gettext_lazy("Days as somebody's deputy"), count=count, move=move, order=70, hold=hold
)
