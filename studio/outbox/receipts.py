"""What gateways report of a message after they took it: delivered, or not.

Reports come twice, late, out of order and before the sender has written down that it sent anything. So each
is kept once, as a row that never changes, and the state of a message follows from the *set* of its rows: the
latest says what became of it, and of two at the same moment the good one.
"""

from collections.abc import Sequence
from datetime import datetime

import structlog

from studio.outbox.endings import TOLD, end, tell_arrival
from studio.outbox.models import (
    UNCERTAIN,
    AttemptOutcome,
    DeliveryReceipt,
    Message,
    ReceiptStatus,
    State,
)

log = structlog.get_logger(__name__)


def apply(message: Message, now: datetime) -> bool:
    """Let the reports decide the state of a message that the caller holds; whether there are any.

    Called by whoever finishes or settles a message, before they write an end of their own: a message that
    was reported on has gone out, whatever the sender learned. Doing it twice changes nothing.
    """
    latest = decisive(message)
    if latest is None:
        return False
    message.attempts.filter(outcome__in=UNCERTAIN).update(
        outcome=AttemptOutcome.FOUND, finished_at=now, detail="the gateway reported on it"
    )
    if latest.status == ReceiptStatus.DELIVERED:
        arrived(message, latest, now)
    else:
        failed(message, latest, now)
    return True


def apply_among(ids: Sequence[int], now: datetime) -> None:
    """The same for messages that have just been finished: one question, since most have no report yet."""
    reported = DeliveryReceipt.objects.filter(message__in=ids).values("message")
    for message in Message.objects.filter(pk__in=reported).select_related("branch").order_by("pk"):
        apply(message, now)


def decisive(message: Message) -> DeliveryReceipt | None:
    return max(
        message.receipts.all(),
        key=lambda one: (one.reported_at, one.status == ReceiptStatus.DELIVERED, one.report),
        default=None,
    )


def arrived(message: Message, receipt: DeliveryReceipt, now: datetime) -> None:
    given_up = message.state in TOLD
    if (message.state, message.delivered_at) == (State.DELIVERED, receipt.reported_at):
        return
    message.delivered_at = receipt.reported_at
    message.save(update_fields=["delivered_at"])
    if message.state != State.DELIVERED:
        end(message, State.DELIVERED, now=now, reference=message.reference)
    if given_up:
        tell_arrival(message, now)


def failed(message: Message, receipt: DeliveryReceipt, now: datetime) -> None:
    """Its purpose is told as of any other failure, unless it has been given up before."""
    if message.delivered_at is not None:
        message.delivered_at = None
        message.save(update_fields=["delivered_at"])
    if message.state == State.FAILED:
        return
    words = f"not delivered: {receipt.detail}".removesuffix(": ")
    if message.state in TOLD:
        message.state, message.trouble = State.FAILED, words[:300]
        message.save(update_fields=["state", "trouble"])
    else:
        end(message, State.FAILED, now=now, trouble=words, reference=message.reference)
