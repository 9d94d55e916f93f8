"""After the gateway has answered."""

import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import structlog
from django.db import connection, transaction

from studio.outbox import receipts
from studio.outbox.beginning import Begun
from studio.outbox.claims import TABLE, Claim, hold
from studio.outbox.endings import TRANSIENT, drop_broken_connection, end, postpone, requeue
from studio.outbox.gateways import Answer, Result
from studio.outbox.health import patience
from studio.outbox.models import Attempt, AttemptOutcome, Message, State
from studio.outbox.times import back_off, next_try

OUTCOMES = {
    Result.ACCEPTED: AttemptOutcome.ACCEPTED,
    Result.REFUSED: AttemptOutcome.REFUSED,
    Result.UNCLEAR: AttemptOutcome.UNCLEAR,
    Result.NOT_REACHED: AttemptOutcome.TROUBLE,
}
# What the gateway said is worth some patience with the database: unwritten it must be looked up again.
PAUSES = (0.1, 0.4, 1.5)

# The attempts are this sender's own, the messages only while the claim holds; locked in the order of the ids.
ANSWERED = f"""
    UPDATE {Attempt._meta.db_table} AS attempt
    SET outcome = said.outcome, finished_at = %s, detail = said.detail
    FROM unnest(%s::bigint[], %s::text[], %s::text[]) AS said(id, outcome, detail)
    WHERE attempt.id = said.id
"""
SENT = f"""
    WITH held AS MATERIALIZED (
        SELECT message.id, said.reference FROM {TABLE} AS message
        JOIN unnest(%s::bigint[], %s::bigint[], %s::text[]) AS said(id, attempt, reference)
        USING (id, attempt)
        WHERE message.state = 'leased'
        ORDER BY message.id
        FOR NO KEY UPDATE OF message
    )
    UPDATE {TABLE} AS message
    SET state = 'sent', finished_at = %s, lease_until = NULL, reference = held.reference
    FROM held WHERE message.id = held.id
    RETURNING message.id
"""

log = structlog.get_logger(__name__)
Clock = Callable[[], datetime]


def finish_all(begun: Sequence[Begun], answers: Sequence[Answer], clock: Clock) -> None:
    """Write what was answered: all that was accepted in one transaction, what needs a thought one by one."""
    pairs = list(zip(begun, answers, strict=True))
    accepted = [pair for pair in pairs if pair[1].result is Result.ACCEPTED]
    if accepted:
        patiently(lambda: finish_accepted(accepted, clock()))
    for one, answer in pairs:
        if answer.result is not Result.ACCEPTED:
            finish_alone(one, answer, clock)


def finish_alone(one: Begun, answer: Answer, clock: Clock) -> None:
    try:
        patiently(lambda: finish_other(one.claim, one.attempt, answer, clock()))
    except TRANSIENT:
        raise
    except Exception:
        log.exception("message left to the end of its lease", message=one.claim.message)


def patiently(write: Callable[[], None]) -> None:
    for pause in PAUSES:
        try:
            return write()
        except TRANSIENT:
            drop_broken_connection()
            time.sleep(pause)
    return write()


def finish_accepted(pairs: Sequence[tuple[Begun, Answer]], now: datetime) -> None:
    with transaction.atomic():
        note_answers([(one.attempt, answer) for one, answer in pairs], now)
        with connection.cursor() as cursor:
            cursor.execute(
                SENT,
                [
                    [one.claim.message for one, _answer in pairs],
                    [one.claim.attempt for one, _answer in pairs],
                    [answer.reference[:120] for _one, answer in pairs],
                    now,
                ],
            )
            done = {pk for (pk,) in cursor.fetchall()}
        receipts.apply_among(sorted(done), now)
    for one, _answer in pairs:
        words = "message sent" if one.claim.message in done else "sent, but claimed by another since"
        log.info(words, message=one.claim.message)


def note_answers(pairs: Sequence[tuple[Attempt, Answer]], now: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            ANSWERED,
            [
                now,
                [attempt.pk for attempt, _answer in pairs],
                [OUTCOMES[answer.result].value for _attempt, answer in pairs],
                [answer.detail[:300] for _attempt, answer in pairs],
            ],
        )


def finish_other(mine: Claim, attempt: Attempt, answer: Answer, now: datetime) -> None:
    """Refused, not reached, or no clear answer."""
    with transaction.atomic():
        note_answers([(attempt, answer)], now)
        message = hold(mine)
        if message is None:
            log.warning(
                "answer came after the claim was gone", message=mine.message, result=answer.result.value
            )
        elif receipts.apply(message, now):
            log.info("the gateway had reported on it already", message=mine.message)
        elif answer.result is Result.REFUSED:
            end(message, State.FAILED, now=now, trouble=answer.detail)
        elif answer.result is Result.NOT_REACHED:
            tries = message.attempts.filter(outcome=AttemptOutcome.TROUBLE).count()
            postpone(message, pause_after(answer, tries), now=now, trouble=answer.detail)
        else:
            ask_later(message, attempt, answer, now)


def pause_after(answer: Answer, tries: int) -> timedelta:
    """As long as the gateway asks for; where it does not, longer each time."""
    if answer.retry_after is not None:
        return timedelta(seconds=patience(answer.retry_after))
    return back_off(tries)


def ask_later(message: Message, attempt: Attempt, answer: Answer, now: datetime) -> None:
    """No clear answer: its next turn, past the deadline too, begins with a look-up; or it stays unknown."""
    gateway = attempt.gateway
    if gateway is None or not (gateway.looks_up or gateway.takes_key):
        end(message, State.UNKNOWN, now=now, trouble=answer.detail)
        return
    wait = pause_after(answer, 1)
    at = next_try(now=now, wait=wait, deadline=message.deadline, branch=message.branch)
    requeue(message, at or message.due_at, answer.detail)
