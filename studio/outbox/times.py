"""When a message is tried again. Pure questions about time; the rows are elsewhere."""

import time
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings

from studio.staff.models import Branch


def boot_time() -> float:
    """Seconds that go on while a process is frozen and while the whole machine sleeps."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


def lease() -> timedelta:
    return timedelta(seconds=settings.OUTBOX_LEASE_SECONDS)


def back_off(tries: int, pauses: Sequence[float] | None = None) -> timedelta:
    """How long to leave a gateway alone after it was not reached `tries` times."""
    pauses = settings.OUTBOX_BACK_OFF_SECONDS if pauses is None else pauses
    return timedelta(seconds=pauses[min(max(tries, 1), len(pauses)) - 1])


def doubled(waited: timedelta) -> timedelta:
    """For a look-up that was not answered: wait as long again as since the attempt, within the pauses."""
    pauses = settings.OUTBOX_BACK_OFF_SECONDS
    return min(max(waited, timedelta(seconds=pauses[0])), timedelta(seconds=pauses[-1]))


def next_try(*, now: datetime, wait: timedelta, deadline: datetime, branch: Branch) -> datetime | None:
    """After `wait` and outside the branch's quiet hours; where the deadline comes first, one last time
    before it, as late as a look-up and a try can still be over. None: not before the deadline any more."""
    at = branch.outside_quiet_hours(now + wait)
    last = deadline - timedelta(seconds=2 * settings.OUTBOX_GATEWAY_TIMEOUT_SECONDS)
    if at <= last:
        return at
    is_quiet = branch.outside_quiet_hours(last) > last
    return last if last > now and not is_quiet else None
