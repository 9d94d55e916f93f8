"""What gateways report of a message after they took it: delivered, or not.

Reports come twice, late, out of order and before the sender has written down that it sent anything. So each
is kept once, as a row that never changes, and the state of a message follows from the *set* of its rows: the
latest says what became of it, and of two at the same moment the good one.
"""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from studio.outbox.endings import TOLD, end, tell_arrival
from studio.outbox.models import (
    UNCERTAIN,
    Attempt,
    AttemptOutcome,
    DeliveryReceipt,
    Gateway,
    Message,
    ReceiptStatus,
    State,
)
from studio.outbox.models.message import DONE_STATES
from studio.outbox.registries import replies

AHEAD = timedelta(minutes=5)
"""How far the clock of a gateway may be before ours."""
LATE = timedelta(days=30)

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Report:
    """What a gateway says of one message, which it names by our `key` or by its own `reference`. `name` is
    the gateway's name of the report itself: twice the same is one."""

    name: str
    status: ReceiptStatus
    at: datetime
    key: str = ""
    reference: str = ""
    detail: str = ""


@dataclass(frozen=True)
class Stop:
    """Somebody answered a message of this gateway with “stop”."""

    sender: str


def take(gateway: Gateway, reports: Iterable[Report | Stop], now: datetime) -> list[str]:
    """Keep what a gateway reports and let it count; answers the names of the reports that were left aside.

    Those are about nothing that this gateway was ever given, or bear a time that can't be. Each report is
    taken in a transaction of its own: what comes after a break comes again.
    """
    left_aside = []
    for report in reports:
        if isinstance(report, Stop):
            if report.sender:
                for listener in replies:
                    listener(gateway.branch, report.sender, now)
        elif not keep(gateway, report, now):
            left_aside.append(report.name)
    if left_aside:
        log.warning("reports left aside", gateway=gateway.pk, count=len(left_aside))
    return left_aside


def keep(gateway: Gateway, report: Report, now: datetime) -> bool:
    if not report.name or not now - LATE < report.at <= now + AHEAD:
        return False
    with transaction.atomic():
        # Whoever finishes the message holds this row too: they see the report, or it sees what they wrote.
        message = named(gateway, report).select_for_update(no_key=True, of=("self",)).first()
        if message is None:
            return False
        receipt = DeliveryReceipt(
            message=message,
            gateway=gateway,
            report=report.name,
            status=report.status,
            reported_at=report.at,
            received_at=now,
            detail=report.detail[:300],
        )
        DeliveryReceipt.objects.bulk_create([receipt], ignore_conflicts=True)
        if message.state != State.LEASED:
            apply(message, now)
    return True


def named(gateway: Gateway, report: Report) -> QuerySet[Message]:
    """The message that is meant, if this gateway was ever given it."""
    given = Exists(Attempt.objects.filter(message=OuterRef("pk"), gateway=gateway))
    messages = Message.objects.filter(given, branch=gateway.branch_id).select_related("branch").order_by("pk")
    if report.key:
        try:
            return messages.filter(key=uuid.UUID(report.key))
        except ValueError:
            return messages.none()
    if not report.reference:
        return messages.none()
    return messages.filter(gateway=gateway, reference=report.reference)


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
    if message.state in DONE_STATES:
        # When it was sent stays as it is, and what was noted about its words.
        message.state, message.delivered_at = State.DELIVERED, receipt.reported_at
        message.save(update_fields=["state", "delivered_at"])
        return
    message.delivered_at = receipt.reported_at
    message.save(update_fields=["delivered_at"])
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
