"""What there is to do, asked in one prepared statement: an idle tick costs hardly more than no question."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import psycopg
from django.conf import settings
from django.db import connection

from studio.outbox.models import Message, PlannerClock
from studio.outbox.purposes import planners

MOST_AT_ONCE = 1000

# Two small partial indexes answer what is due, whatever the number of messages; the table of clocks has a row
# for each planner. A lease ends by the database's clock, all else by `now`.
LOOK = """
    WITH due AS MATERIALIZED (
        SELECT id, attempt, due_at, deadline FROM {message}
        WHERE state = 'queued' AND due_at <= %(now)s
        UNION ALL
        SELECT id, attempt, due_at, deadline FROM {message}
        WHERE state = 'leased' AND lease_until <= statement_timestamp()
    ), first AS MATERIALIZED (
        SELECT id, attempt, due_at, deadline FROM due ORDER BY attempt, due_at, id LIMIT {most}
    )
    SELECT
        ARRAY(SELECT id FROM first ORDER BY attempt, due_at, id),
        EXISTS (SELECT FROM first WHERE deadline <= %(now)s),
        ARRAY(
            SELECT planner.name
            FROM unnest(%(names)s::text[], %(absurd)s::timestamptz[]) AS planner(name, absurd)
            LEFT JOIN {clock} AS clock ON clock.name = planner.name
            WHERE clock.next_at IS NULL OR clock.next_at <= %(now)s OR clock.next_at > planner.absurd
        ),
        ARRAY[{probes}]::boolean[]
"""


@dataclass(frozen=True)
class Found:
    """Messages that are due, the first ones to be sent first; whether one of them is past its deadline; the
    planners whose time has come, and those whose probe says that there is something to plan."""

    messages: list[int]
    is_late: bool
    planners: list[str]
    probed: list[str]


def question(probes: tuple[str, ...]) -> str:
    return LOOK.format(
        message=Message._meta.db_table,
        clock=PlannerClock._meta.db_table,
        most=MOST_AT_ONCE,
        probes=", ".join(probes),
    )


def look(now: datetime) -> Found:
    names = planners.names()
    probing = [name for name in names if planners[name].probe]
    connection.ensure_connection()
    # Straight to psycopg: Django's own cursor puts the values into the text, so that each is planned anew.
    with connection.wrap_database_errors, psycopg.Cursor(connection.connection) as cursor:
        cursor.execute(
            question(tuple(planners[name].probe for name in probing)),
            {
                "now": now,
                "names": names,
                "absurd": [
                    now + timedelta(seconds=2 * planners[name].every / settings.OUTBOX_SPEED)
                    for name in names
                ],
            },
            prepare=True,
        )
        row = cursor.fetchone()
    assert row is not None
    messages, is_late, due, probed = row
    return Found(
        messages,
        is_late,
        due,
        [name for name, says_yes in zip(probing, probed, strict=True) if says_yes],
    )
