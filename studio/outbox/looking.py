"""What there is to do. Mostly there is nothing, and one prepared statement says so: an idle tick costs hardly
more than a question that asks nothing."""

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

import psycopg
from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connections

from studio.outbox.models import Message, PlannerClock
from studio.outbox.purposes import planners

MOST_AT_ONCE = 1000

# Is there anything? Two small partial indexes answer what is due, whatever the number of messages; the table
# of clocks has a row for each planner. A lease ends by the database's clock, all else by the value given.
ANYTHING = """
    SELECT EXISTS (SELECT FROM {message} WHERE state = 'queued' AND due_at <= %(now)s)
        OR EXISTS (SELECT FROM {message} WHERE state = 'leased' AND lease_until <= statement_timestamp())
        OR {count} > (
            SELECT count(*) FROM {clock}
            WHERE name IN ({names}) AND next_at > %(now)s AND next_at <= %(now)s + interval '{longest}'
        )
        {probes}
"""

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
            SELECT planner.name FROM (VALUES {planners}) AS planner(name, twice)
            LEFT JOIN {clock} AS clock ON clock.name = planner.name
            WHERE clock.next_at IS NULL OR clock.next_at <= %(now)s OR clock.next_at > %(now)s + planner.twice
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


NOTHING = Found([], False, [], [])

Known = tuple[str, float, str]
"""Name, period and probe of a planner."""


@cache
def anything(speed: float, *known: Known) -> str:
    return ANYTHING.format(
        message=Message._meta.db_table,
        clock=PlannerClock._meta.db_table,
        count=len(known),
        names=", ".join(f"'{name}'" for name, _every, _probe in known) or "NULL",
        longest=f"{2 * max((every for _name, every, _probe in known), default=0) / speed:f} seconds",
        probes="".join(f" OR ({probe})" for _name, _every, probe in known if probe),
    )


@cache
def question(speed: float, *known: Known) -> str:
    """What there is, for these planners."""
    rows = [f"('{name}'::text, interval '{2 * every / speed:f} seconds')" for name, every, _probe in known]
    return LOOK.format(
        message=Message._meta.db_table,
        clock=PlannerClock._meta.db_table,
        most=MOST_AT_ONCE,
        planners=", ".join(rows or ["(NULL::text, interval '0')"]),
        probes=", ".join(f"({probe})" for _name, _every, probe in known if probe),
    )


def look(now: datetime) -> Found:
    known = tuple((name, planners[name].every, planners[name].probe) for name in planners.names())
    if not ask(anything(settings.OUTBOX_SPEED, *known), now)[0]:
        return NOTHING
    messages, is_late, due, probed = ask(question(settings.OUTBOX_SPEED, *known), now)
    probing = [name for name, _every, probe in known if probe]
    return Found(
        messages,
        is_late,
        [name for name in due if name],
        [name for name, says_yes in zip(probing, probed, strict=True) if says_yes],
    )


def ask(prepared: str, now: datetime) -> tuple[Any, ...]:
    """Straight to psycopg: Django's own cursor puts the values into the text, so that the database would plan
    it anew each time, and planning takes longer than looking."""
    mine = connections[DEFAULT_DB_ALIAS]
    mine.ensure_connection()
    line: psycopg.Connection[tuple[Any, ...]] = mine.connection
    with mine.wrap_database_errors, psycopg.Cursor(line) as cursor:
        before, line.prepare_threshold = line.prepare_threshold, 0
        try:
            cursor.execute(prepared, {"now": now}, prepare=True)
        finally:
            line.prepare_threshold = before
        row = cursor.fetchone()
    assert row is not None
    return row
