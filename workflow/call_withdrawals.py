"""Calls that nobody needs to make any more leave the lists, each with its line of history."""

from datetime import datetime

from django.db.models import Q

from studio.staff.models import User
from workflow.models import CallEvent, CallState, CallTask
from workflow.models.calls import CallTaskQuerySet


def withdraw(
    calls: CallTaskQuerySet, *, by: User | None, now: datetime, why: dict[str, bool] | None = None
) -> int:
    """Take open calls off the lists. One whose outcome is being recorded this second is passed over."""
    rows = list(calls.select_for_update(no_key=True, skip_locked=True, of=("self",)))
    for row in rows:
        row.state, row.done_at = CallState.CANCELLED, now
        row.save_version("state", "done_at")
    CallEvent.objects.bulk_create(
        [CallEvent(call=row, kind="withdrawn", actor=by, at=now, parameters=why or {}) for row in rows]
    )
    return len(rows)


ARRIVED = {"arrived": True}
"""Why a call was withdrawn: its message was reported as delivered after all."""


def free_key(key: str) -> str:
    """The key of a call that comes up once; with a number behind it where the earlier one was only withdrawn
    because its message was said to have arrived, and now it is said that it did not."""
    same = CallTask.objects.filter(Q(dedupe_key=key) | Q(dedupe_key__startswith=f"{key}:"))
    taken_back = same.filter(
        state=CallState.CANCELLED, events__kind="withdrawn", events__parameters__contains=ARRIVED
    )
    again = taken_back.distinct().count()
    return f"{key}:{again}" if again else key
