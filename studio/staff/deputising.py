"""Who leaves was to stand in for others: their days get another deputy; own days off to come end (R8.1)."""

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from studio.foundation.templatetags.studio import local_date
from studio.staff import absence, deputies, leaves
from studio.staff.leaving import Estate, Heir
from studio.staff.models import Branch, Leave, LeaveDay, LeaveState, User

HOLDING = (LeaveState.ASKED, LeaveState.GRANTED)


def days_of(user: User, branch: Branch, now: datetime) -> "QuerySet[LeaveDay]":
    """The days from today on for which somebody counts on this deputy."""
    today = branch.today(now)
    rows = LeaveDay.objects.filter(branch=branch, deputy=user, day__gte=today, leave__state__in=HOLDING)
    return rows.exclude(user=user).select_related("user", "branch", "leave").order_by("day", "pk")


def count(user: User, branch: Branch, now: datetime) -> int:
    return days_of(user, branch, now).count()


def move(user: User, branch: Branch, heir: Heir, by: User, now: datetime) -> None:
    """Each day gets somebody who is there on it and has least to do: no circle can come of that."""
    end_own_days(user, branch, by=by, now=now)
    for day in days_of(user, branch, now):
        deputy = deputies.propose(day.user, branch=branch, day=day.day, now=now)
        if deputy is None:
            words = {"name": day.user.display_name, "day": local_date(day.day)}
            raise ValidationError(
                _("Nobody is there to stand in for %(name)s on %(day)s: change that leave first.") % words
            )
        absence.change_deputy(day, to=deputy, by=by, now=now)


def end_own_days(user: User, branch: Branch, *, by: User, now: datetime) -> None:
    """Days off that have not begun are withdrawn; of a leave that has, the rest ends."""
    today = branch.today(now)
    own = Leave.objects.filter(branch=branch, user=user, state__in=HOLDING, ends_on__gte=today)
    for leave in own.select_related("branch"):
        if leave.state == LeaveState.GRANTED and leave.starts_on <= today:
            absence.come_back(leave, by=by, now=now)
        else:
            leaves.withdraw(leave, by=by, now=now)


def hold(branch: Branch, now: datetime) -> None:
    """The branch's row, which every door of leave locks first."""
    leaves.locked(branch)


DEPUTISING = Estate(
    title=gettext_lazy("Days as somebody's deputy"), count=count, move=move, order=70, hold=hold
)
