"""Who is at work on a message. A claim is a lease and a number: the number is the fence."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.db.models import QuerySet

from studio.outbox.models import DatabaseClock, Message, State
from studio.outbox.times import lease

TABLE = Message._meta.db_table

# The subquery is a materialised one: within IN (…) the planner may run it again and claim more than LIMIT.
CLAIM = f"""
    WITH picked AS MATERIALIZED (
        SELECT id FROM {TABLE}
        WHERE (%(ids)s::bigint[] IS NULL OR id = ANY(%(ids)s)) AND NOT id = ANY(%(without)s) AND {{which}}
        ORDER BY attempt, due_at, id
        LIMIT %(limit)s
        FOR NO KEY UPDATE SKIP LOCKED
    )
    UPDATE {TABLE} AS message
    SET state = 'leased', attempt = attempt + 1,
        lease_until = clock_timestamp() + %(lease)s * interval '1 second'
    FROM picked WHERE message.id = picked.id
    RETURNING message.id, message.attempt, message.due_at
"""
CLAIM_WAITING = CLAIM.format(which="state = 'queued' AND due_at <= %(now)s")
CLAIM_LEFT = CLAIM.format(which="state = 'leased' AND lease_until <= clock_timestamp()")

# In the order of the ids, like everybody who locks several messages.
HELD = f"""
    WITH held AS MATERIALIZED (
        SELECT message.id FROM {TABLE} AS message
        JOIN unnest(%(ids)s::bigint[], %(attempts)s::bigint[]) AS mine(id, attempt) USING (id, attempt)
        WHERE message.state = 'leased'
        ORDER BY message.id
        FOR NO KEY UPDATE OF message
    )
    UPDATE {TABLE} AS message SET {{what}}
    FROM held WHERE message.id = held.id
    RETURNING message.id
"""
HOLD = HELD.format(what="lease_until = clock_timestamp() + %(lease)s * interval '1 second'")
GIVE_BACK = HELD.format(what="state = 'queued', lease_until = NULL")


@dataclass(frozen=True)
class Claim:
    """The right to work on one message until its lease ends, or for as long as nobody else claims it."""

    message: int
    attempt: int

    @property
    def row(self) -> "QuerySet[Message]":
        """The message, if it is still ours: everything that a claim changes goes through here."""
        return Message.objects.filter(pk=self.message, attempt=self.attempt, state=State.LEASED)


def claim(
    ids: Sequence[int] | None, limit: int, *, now: datetime, without: Collection[int] = ()
) -> list[Claim]:
    """Take up to `limit` messages that are due, of `ids` or of all; committed when this returns.

    What somebody left behind, whose lease ran out, is taken only when nothing else waits, and one at a time:
    it may be a message that kills whoever touches it, and must hold up none but itself. Its number then
    grows, and all others come before it.
    """
    return _claim(CLAIM_WAITING, ids, limit, now, without) or _claim(CLAIM_LEFT, ids, 1, now, without)


def _claim(
    question: str, ids: Sequence[int] | None, limit: int, now: datetime, without: Collection[int]
) -> list[Claim]:
    with connection.cursor() as cursor:
        cursor.execute(
            question,
            {
                "ids": None if ids is None else list(ids),
                "without": list(without),
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


def hold_all(claims: Sequence[Claim]) -> list[Message]:
    """The same for a batch, in the order of the claims; what is somebody else's by now is left out."""
    with connection.cursor() as cursor:
        cursor.execute(
            HOLD,
            {
                "ids": [claim.message for claim in claims],
                "attempts": [claim.attempt for claim in claims],
                "lease": lease().total_seconds(),
            },
        )
        held = [pk for (pk,) in cursor.fetchall()]
    messages = Message.objects.select_related("branch").in_bulk(held)
    return [messages[claim.message] for claim in claims if claim.message in messages]


def give_back(claims: Sequence[Claim]) -> None:
    """Let others take at once what was claimed and not begun. In one statement: there is no time left."""
    with connection.cursor() as cursor:
        ids, attempts = [claim.message for claim in claims], [claim.attempt for claim in claims]
        cursor.execute(GIVE_BACK, {"ids": ids, "attempts": attempts})
