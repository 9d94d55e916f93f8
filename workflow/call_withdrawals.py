"""Calls that nobody needs to make any more leave the lists, each with its line of history."""

from datetime import datetime

from studio.staff.models import User
from workflow.models import CallEvent, CallState
from workflow.models.calls import CallTaskQuerySet


def withdraw(calls: CallTaskQuerySet, *, by: User | None, now: datetime) -> int:
    """Take open calls off the lists. One whose outcome is being recorded this second is passed over."""
    rows = list(calls.select_for_update(no_key=True, skip_locked=True, of=("self",)))
    for row in rows:
        row.state, row.done_at = CallState.CANCELLED, now
        row.save_version("state", "done_at")
    CallEvent.objects.bulk_create([CallEvent(call=row, kind="withdrawn", actor=by, at=now) for row in rows])
    return len(rows)
