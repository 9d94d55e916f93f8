"""Who is at work on a message. A claim is a lease and a number: the number is the fence."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.db.models import QuerySet

from studio.outbox.models import DatabaseClock, Message, State
from studio.outbox.times import lease

# The subquery is a materialised one: within IN (…) the planner may run it again and claim more than LIMIT.
# Rows that were claimed before come last: one that kills whoever touches it must not hold up the others.
CLAIM = f"""
    WITH picked AS MATERIALIZED (
        SELECT id FROM {Message._meta.db_table}
        WHERE (%(ids)s::bigint[] IS NULL OR id = ANY(%(ids)s))
          AND ((state = 'queued' AND due_at <= %(now)s)
            OR (state = 'leased' AND lease_until <= clock_timestamp()))
        ORDER BY attempt, due_at, id
        LIMIT %(limit)s
        FOR NO KEY UPDATE SKIP LOCKED
    )
    UPDATE {Message._meta.db_table} AS message
    SET state = 'leased', attempt = attempt + 1,
        lease_until = clock_timestamp() + %(lease)s * interval '1 second'
    FROM picked WHERE message.id = picked.id
    RETURNING message.id, message.attempt, message.due_at
"""


@dataclass(frozen=True)
class Claim:
    """The right to work on one message until its lease ends, or for as long as nobody else claims it."""

    message: int
    attempt: int

    @property
    def row(self) -> "QuerySet[Message]":
        """The message, if it is still ours: everything that a claim changes goes through here."""
        return Message.objects.filter(pk=self.message, attempt=self.attempt, state=State.LEASED)


def claim(ids: Sequence[int] | None, limit: int, *, now: datetime) -> list[Claim]:
    """Take up to `limit` messages that are due, of `ids` or of all; committed when this returns."""
    with connection.cursor() as cursor:
        cursor.execute(
            CLAIM,
            {
                "ids": None if ids is None else list(ids),
                "now": now,
                "limit": limit,
                "lease": lease().total_seconds(),
            },
        )
        rows = sorted(cursor.fetchall(), key=lambda row: (row[1], row[2], row[0]))
    return [Claim(message, attempt) for message, attempt, _due_at in rows]


def hold(claim: Claim) -> Message | None:
    """The message, locked to the end of the transaction and with a new lease; None: somebody else's now."""
    if not claim.row.update(lease_until=DatabaseClock() + lease()):
        return None
    return Message.objects.select_related("branch").get(pk=claim.message)


def give_back(claims: Sequence[Claim]) -> None:
    """Let others take at once what was claimed and not begun."""
    for untouched in claims:
        untouched.row.update(state=State.QUEUED, lease_until=None)
