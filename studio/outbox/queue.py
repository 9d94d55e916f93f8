"""What goes into the outbox, and what is taken out of it before it was sent."""

import hashlib
import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q

from studio.outbox.models import UNCERTAIN, Attempt, AttemptOutcome, Message, State, Suppression
from studio.outbox.models.message import MessageQuerySet
from studio.outbox.purposes import keeps_quiet
from studio.staff.models import Branch


def queue(
    *,
    branch: Branch,
    purpose: str,
    subject_id: int,
    subject_version: int,
    channel: str,
    language: str,
    recipient: str,
    due_at: datetime,
    deadline: datetime,
    dedupe_key: str,
    parameters: dict[str, Any] | None = None,
    about_customer: int | None = None,
    basis: str = "",
) -> Message | None:
    """Plan one message in the caller's transaction. None: it is there already, or its address is suppressed.

    `dedupe_key` says what the message is (purpose, subject, version, rule); two callers in the same second
    leave one row. Within the branch's quiet hours `due_at` moves to their end. Where no time would be left
    before `deadline`, it stays: the sender finds that it cannot be sent in time, ends it as too late and
    tells the purpose, so that somebody calls instead. The deadline itself never moves.
    """
    message = draft(
        branch=branch,
        purpose=purpose,
        subject_id=subject_id,
        subject_version=subject_version,
        channel=channel,
        language=language,
        recipient=recipient,
        due_at=due_at,
        deadline=deadline,
        dedupe_key=dedupe_key,
        parameters=parameters or {},
        about_customer=about_customer,
        basis=basis,
    )
    if is_suppressed(branch, channel, recipient):
        return None
    return next(iter(queue_all([message])), None)


def draft(*, branch: Branch, due_at: datetime, deadline: datetime, recipient: str, **fields: Any) -> Message:
    """The message as `queue` would write it, not written yet; whoever drafts asks for suppressions."""
    if deadline <= due_at:
        raise ValueError("The deadline of a message lies after the time at which it is due.")
    if not recipient or any(unicodedata.category(character)[0] == "C" for character in recipient):
        raise ValueError("The address of a message is one line of visible characters.")
    after_quiet = branch.outside_quiet_hours(due_at) if keeps_quiet(fields["purpose"]) else due_at
    return Message(
        branch=branch,
        due_at=after_quiet if after_quiet < deadline else due_at,
        deadline=deadline,
        recipient=recipient,
        **fields,
    )


def queue_all(drafts: Sequence[Message]) -> list[Message]:
    """Write these in the caller's transaction; answers those that were not there already."""
    Message.objects.bulk_create(drafts, ignore_conflicts=True)
    # After "on conflict do nothing" only a row's own random key tells whose row stands there.
    return list(Message.objects.filter(key__in=[message.key for message in drafts]).order_by("pk"))


@dataclass(frozen=True)
class Withdrawal:
    """What became of messages that are no longer wanted.

    `under_way` may have gone out, or is going out this second: it can't be called back, and whoever
    changed the plan is told, and writes or calls again.
    """

    withdrawn: int = 0
    under_way: list[Message] = field(default_factory=list)


def withdraw(
    purpose: str, subject_id: int, *, before_version: int | None = None, now: datetime
) -> Withdrawal:
    """Take back what waits for one subject. Call it in the transaction that locks and changes the subject.

    Nothing is missed without waiting for rows that a sender holds: it asks `still_due` under a lock on
    the subject before it commits an attempt, so it comes after this transaction and sees the change.
    """
    about = Message.objects.of(purpose, subject_id)
    if before_version is not None:
        about = about.filter(subject_version__lt=before_version)
    return _withdraw(about, now)


def withdraw_among(about: MessageQuerySet, *, now: datetime) -> Withdrawal:
    """Take back what waits among these."""
    return _withdraw(about, now)


def withdraw_for_address(*, branch: Branch, channel: str, address: str, now: datetime) -> Withdrawal:
    """Take back everything that waits for one address of a branch, whatever it is for."""
    return _withdraw(Message.objects.filter(branch=branch, channel=channel, recipient=address), now)


def withdraw_for_customer(
    customer: int, *, purposes: Collection[str], channels: Collection[str], now: datetime
) -> Withdrawal:
    """Take back what waits for one customer, of these purposes. Whoever calls has locked the file."""
    about = Message.objects.filter(about_customer=customer, purpose__in=purposes, channel__in=channels)
    return _withdraw(about, now)


def suppress(*, branch: Branch, channel: str, address: str, now: datetime) -> Withdrawal:
    """R2.2, "please don't contact me": once this is committed no attempt to this address starts."""
    with transaction.atomic():
        lock_address(branch, channel, address, exclusive=True)
        Suppression.objects.bulk_create(
            [Suppression(branch=branch, channel=channel, address=address, since=now)], ignore_conflicts=True
        )
        return withdraw_for_address(branch=branch, channel=channel, address=address, now=now)


def is_suppressed(branch: Branch, channel: str, address: str) -> bool:
    return Suppression.objects.filter(branch=branch, channel=channel, address=address).exists()


def lock_address(branch: Branch, channel: str, address: str, *, exclusive: bool) -> None:
    """To the end of the transaction: senders share an address, whoever suppresses it has it alone."""
    function = "pg_advisory_xact_lock" if exclusive else "pg_advisory_xact_lock_shared"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(%s)", [_number_of(branch.pk, channel, address)])


def try_lock_addresses(addresses: Sequence[tuple[int, str, str]]) -> list[bool]:
    """Share these (branch, channel, address) as far as nobody has them alone; which, in the same order."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_try_advisory_xact_lock_shared(number)"
            " FROM unnest(%s::bigint[]) WITH ORDINALITY AS wanted(number, place) ORDER BY place",
            [[_number_of(*address) for address in addresses]],
        )
        return [got for (got,) in cursor.fetchall()]


def _number_of(branch: int, channel: str, address: str) -> int:
    digest = hashlib.sha256(f"{branch}:{channel}:{address}".encode()).digest()
    return int.from_bytes(digest[:8], "big", signed=True)


def _withdraw(about: MessageQuerySet, now: datetime) -> Withdrawal:
    uncertain = Exists(Attempt.objects.filter(message=OuterRef("pk"), outcome__in=UNCERTAIN))
    with transaction.atomic():
        waiting = about.filter(~uncertain, state=State.QUEUED)
        rows = waiting.select_for_update(skip_locked=True, no_key=True).values_list("pk", flat=True)
        withdrawn = Message.objects.filter(pk__in=list(rows)).update(state=State.CANCELLED, finished_at=now)
        open_attempt = Exists(Attempt.objects.filter(message=OuterRef("pk"), outcome=AttemptOutcome.OPEN))
        under_way = about.filter(Q(uncertain, state=State.QUEUED) | Q(open_attempt, state=State.LEASED))
        return Withdrawal(withdrawn, list(under_way))
