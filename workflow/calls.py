"""Calls to make (R3.2): on whose list they stand; what is done with them stands in the modules beside it."""

from collections.abc import Iterable
from datetime import datetime, time, timedelta

from django.db.models import Exists, OuterRef

from studio.staff.models import Branch, User
from workflow.call_making import ask_for_another_time, bring_up
from workflow.call_outcomes import OUTCOMES, record
from workflow.call_tries import OutcomeRefused
from workflow.call_withdrawals import withdraw
from workflow.models import CallEvent, CallState, CallTask
from workflow.models.calls import CallTaskQuerySet

OVERDUE_AFTER = timedelta(hours=2)
"""A call that stands on the list for longer is late."""


def calls_for(users: Iterable[User], branch: Branch, now: datetime) -> list[CallTask]:
    """The calls due for these people, the longest due first (R3.2, R8.1)."""
    return due(branch, now=now, users=users)


def due(branch: Branch, *, now: datetime, users: Iterable[User] | None = None) -> list[CallTask]:
    """The calls due in a branch; without `users` the whole branch's."""
    return listed(CallTask.objects.to_make().filter(branch=branch, due_at__lte=now), users)


def later_today(branch: Branch, *, now: datetime, users: Iterable[User] | None = None) -> list[CallTask]:
    """The calls that fall due before the day is over."""
    end = branch.day_bounds(branch.today(now))[1]
    later = CallTask.objects.to_make().filter(branch=branch, due_at__gt=now, due_at__lt=end)
    return listed(later, users)


def listed(rows: CallTaskQuerySet, users: Iterable[User] | None) -> list[CallTask]:
    rows = rows if users is None else rows.of(users)
    return list(rows.for_list().order_by("due_at", "id"))


def is_overdue(call: CallTask, now: datetime) -> bool:
    return call.state == CallState.OPEN and call.due_at <= now - OVERDUE_AFTER


def not_called_by(branch: Branch, clock: time, now: datetime) -> CallTaskQuerySet:
    """What was due before `clock` of today and nobody has tried since it was due; none before that hour."""
    moment = branch.at(branch.today(now), clock)
    if now < moment:
        return CallTask.objects.none()
    tried = CallEvent.objects.filter(call=OuterRef("pk"), kind="recorded", at__gte=OuterRef("due_at"))
    return CallTask.objects.to_make().filter(~Exists(tried), branch=branch, due_at__lt=moment)


__all__ = [
    "OUTCOMES",
    "OutcomeRefused",
    "ask_for_another_time",
    "bring_up",
    "calls_for",
    "due",
    "is_overdue",
    "later_today",
    "listed",
    "not_called_by",
    "record",
    "withdraw",
]
