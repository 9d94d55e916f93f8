"""Who plans, and when: each planner from time to time, and at once where its probe says so."""

from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.db import connection

from studio.outbox.looking import Found
from studio.outbox.models import PlannerClock
from studio.outbox.purposes import Planner, planners

# Whoever moves the clock of a planner on does its work. One that stands absurdly far ahead (somebody's clock
# was wrong) is moved back.
TAKE = f"""
    INSERT INTO {PlannerClock._meta.db_table} AS clock (name, next_at) VALUES (%(name)s, %(next)s)
    ON CONFLICT (name) DO UPDATE SET next_at = excluded.next_at
    WHERE clock.next_at <= %(not_after)s OR clock.next_at > %(absurd)s
    RETURNING name
"""
# A probe that says yes is followed at most this often: another process may be at it this second.
AT_LEAST_SECONDS = 1.0

log = structlog.get_logger(__name__)


def every(planner: Planner) -> timedelta:
    return timedelta(seconds=planner.every / settings.OUTBOX_SPEED)


def run_planners(found: Found, now: datetime) -> bool:
    """Those that are due, each unless another process has just taken it on; whether any was run.

    One that fails does not stop the others, and is run again when its time comes.
    """
    ran = False
    for name in dict.fromkeys((*found.planners, *found.probed)):
        if take(name, now, probed=name in found.probed):
            ran = True
            run(name, now)
    return ran


def take(name: str, now: datetime, *, probed: bool) -> bool:
    period = every(planners[name])
    least = timedelta(seconds=AT_LEAST_SECONDS / settings.OUTBOX_SPEED)
    with connection.cursor() as cursor:
        cursor.execute(
            TAKE,
            {
                "name": name,
                "next": now + period,
                "not_after": now + max(period - least, timedelta(0)) if probed else now,
                "absurd": now + 2 * period,
            },
        )
        return cursor.fetchone() is not None


def run(name: str, now: datetime) -> None:
    try:
        planners[name].run(now)
    except Exception:
        log.exception("planner failed", planner=name)
