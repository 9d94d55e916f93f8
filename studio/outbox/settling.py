"""Before any second attempt: what became of the earlier ones that may have gone out?"""

from collections.abc import Callable, Sequence
from datetime import datetime

import structlog
from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from studio.outbox import receipts
from studio.outbox.claims import Claim, hold
from studio.outbox.endings import end, requeue
from studio.outbox.gateways import Inquiry, Known, LookUp, back_end, gateway_for
from studio.outbox.models import (
    UNCERTAIN,
    Attempt,
    AttemptOutcome,
    DeliveryReceipt,
    Gateway,
    Message,
    State,
)
from studio.outbox.times import back_off, doubled, next_try

DONE = (AttemptOutcome.ACCEPTED, AttemptOutcome.FOUND)

log = structlog.get_logger(__name__)


class Doubts:
    """The look-ups of one round. A gateway that did not answer one is not asked again in it: a look-up may
    take as long as a message, and the others would only wait for the same."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self.clock = clock
        self.silent: set[int | None] = set()

    def among(self, claims: Sequence[Claim]) -> set[int]:
        """Which messages have been tried before in a way that leaves a doubt, or were reported on."""
        again = [mine.message for mine in claims if mine.attempt > 1]
        if not again:
            return set()
        tried = Attempt.objects.filter(message=OuterRef("pk"), outcome__in=[*UNCERTAIN, *DONE])
        reported = DeliveryReceipt.objects.filter(message=OuterRef("pk"))
        rows = Message.objects.filter(Q(Exists(tried)) | Q(Exists(reported)), pk__in=again)
        return set(rows.values_list("pk", flat=True))

    def settle(self, mine: Claim) -> bool:
        """Look up the open and unclear attempts of a message; whether it may be sent (again) now.

        Found: it was sent. Absent: that attempt came to nothing. A gateway that does not answer is asked
        again later. One that never tells is trusted with the same key a second time where it promises to
        send it once; otherwise the message becomes `unknown`, is never sent again by itself, and somebody
        calls.
        """
        with transaction.atomic():
            message = hold(mine)
            if message is None:
                return False
            attempts = list(message.attempts.select_related("gateway"))
            if any(attempt.outcome in DONE for attempt in attempts):
                # A sender that had been held up learned it after its claim was gone.
                end(message, State.SENT, now=self.clock())
                receipts.apply(message, self.clock())
                return False
            if receipts.apply(message, self.clock()):
                return False
            doubtful = [attempt for attempt in attempts if attempt.outcome in UNCERTAIN]
            if self.silent & {attempt.gateway_id for attempt in doubtful}:
                at = next_try(
                    now=self.clock(), wait=back_off(1), deadline=message.deadline, branch=message.branch
                )
                requeue(message, at or message.due_at, message.trouble)
                return False
        return not doubtful or self.settle_doubtful(mine, message, doubtful)

    def settle_doubtful(self, mine: Claim, message: Message, doubtful: list[Attempt]) -> bool:
        gateways = {attempt.gateway_id: attempt.gateway for attempt in doubtful}
        last = {attempt.gateway_id: attempt.started_at for attempt in doubtful}
        answers = {pk: look_up(gateway, message, last[pk]) for pk, gateway in gateways.items()}
        self.silent |= {pk for pk, answer in answers.items() if answer.known is Known.NOT_REACHED}
        with transaction.atomic():
            held = hold(mine)
            if held is None:
                return False
            for attempt in doubtful:
                record(attempt, answers[attempt.gateway_id], self.clock())
            # A report that came in while the gateway was asked says more than its answer.
            return not receipts.apply(held, self.clock()) and decide(held, doubtful, answers, self.clock())


def look_up(gateway: Gateway | None, message: Message, sent_at: datetime) -> LookUp:
    if gateway is None:
        return LookUp(Known.CANNOT)
    try:
        answer = back_end(gateway).look_up(Inquiry(str(message.key), message.recipient, sent_at))
    except Exception as reason:
        log.exception("look-up failed", message=message.pk)
        return LookUp(Known.NOT_REACHED, detail=type(reason).__name__)
    log.info("message looked up", message=message.pk, known=answer.known.value, detail=answer.detail)
    return answer


def record(attempt: Attempt, answer: LookUp, now: datetime) -> None:
    """What the look-up says about one attempt. Its own sender may have learned more since: only what is
    still uncertain is changed."""
    outcome = {Known.FOUND: AttemptOutcome.FOUND, Known.ABSENT: AttemptOutcome.TROUBLE}.get(answer.known)
    if outcome is not None:
        Attempt.objects.filter(pk=attempt.pk, outcome__in=UNCERTAIN).update(
            outcome=outcome, finished_at=now, detail="looked up by its key"
        )


def decide(
    message: Message, doubtful: list[Attempt], answers: dict[int | None, LookUp], now: datetime
) -> bool:
    found = next((answer for answer in answers.values() if answer.known is Known.FOUND), None)
    if found is not None:
        end(message, State.SENT, now=now, reference=found.reference)
        return False
    unanswered = [attempt for attempt in doubtful if answers[attempt.gateway_id].known is Known.NOT_REACHED]
    if unanswered:
        wait = doubled(now - min(attempt.started_at for attempt in unanswered))
        at = next_try(now=now, wait=wait, deadline=message.deadline, branch=message.branch)
        if at is None:
            end(message, State.UNKNOWN, now=now, trouble="the gateway did not say what became of it")
        else:
            requeue(message, at, "the gateway did not say what became of it")
        return False
    silent = [attempt for attempt in doubtful if answers[attempt.gateway_id].known is Known.CANNOT]
    if not silent:
        return True
    current = gateway_for(message)
    if current is not None and current.takes_key and all(a.gateway_id == current.pk for a in silent):
        return True
    end(message, State.UNKNOWN, now=now, trouble="it may have gone out, and the gateway can't tell")
    return False
