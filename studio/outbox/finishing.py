"""After the gateway has answered."""

import time
from collections.abc import Callable
from datetime import datetime

import structlog
from django.db import transaction
from django.utils import timezone

from studio.outbox import receipts
from studio.outbox.claims import Claim, hold
from studio.outbox.endings import TRANSIENT, drop_broken_connection, end, postpone, requeue
from studio.outbox.gateways import Answer, Result
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

log = structlog.get_logger(__name__)


def finish(
    mine: Claim, attempt: Attempt, answer: Answer, clock: Callable[[], datetime] = timezone.now
) -> None:
    for pause in PAUSES:
        try:
            return finish_once(mine, attempt, answer, clock())
        except TRANSIENT:
            drop_broken_connection()
            time.sleep(pause)
    return finish_once(mine, attempt, answer, clock())


def finish_once(mine: Claim, attempt: Attempt, answer: Answer, now: datetime) -> None:
    """Write the answer. The attempt is this sender's own; the message only while the claim holds."""
    with transaction.atomic():
        Attempt.objects.filter(pk=attempt.pk).update(
            outcome=OUTCOMES[answer.result], finished_at=now, detail=answer.detail[:300]
        )
        if answer.result is Result.ACCEPTED:
            done = mine.row.update(
                state=State.SENT, finished_at=now, lease_until=None, reference=answer.reference[:120]
            )
            log.info("message sent" if done else "sent, but claimed by another since", message=mine.message)
            if done:
                receipts.apply_among([mine.message], now)
            return
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
            postpone(message, back_off(tries), now=now, trouble=answer.detail)
        else:
            ask_later(message, attempt, answer, now)


def ask_later(message: Message, attempt: Attempt, answer: Answer, now: datetime) -> None:
    """No clear answer: its next turn, past the deadline too, begins with a look-up; or it stays unknown."""
    gateway = attempt.gateway
    if gateway is None or not (gateway.looks_up or gateway.takes_key):
        end(message, State.UNKNOWN, now=now, trouble=answer.detail)
        return
    at = next_try(now=now, wait=back_off(1), deadline=message.deadline, branch=message.branch)
    requeue(message, at or message.due_at, answer.detail)
