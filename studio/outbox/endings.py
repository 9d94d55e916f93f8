"""How a message ends, or goes back to wait. Every function here runs in a transaction that holds the row."""

from datetime import datetime, timedelta

import structlog
from django.db import InterfaceError, OperationalError, connection, transaction

from studio.outbox.models import UNCERTAIN, Message, State
from studio.outbox.purposes import purposes
from studio.outbox.times import next_try

TRANSIENT = (OperationalError, InterfaceError)
"""The database is away, or somebody holds a lock: nothing is wrong with the row."""

TOLD = (State.FAILED, State.UNKNOWN, State.EXPIRED)

log = structlog.get_logger(__name__)


def drop_broken_connection() -> None:
    """So that the next question to the database makes a new one."""
    if not connection.in_atomic_block and connection.connection is not None and not connection.is_usable():
        connection.close()


def end(message: Message, state: State, *, now: datetime, trouble: str = "", reference: str = "") -> None:
    """End `message`, and tell its purpose in the same transaction where somebody has to do something.

    What may have gone out is never said to be withdrawn, too late or failed: it is unknown.
    """
    if state not in (State.SENT, State.DELIVERED) and may_have_gone_out(message):
        state = State.UNKNOWN
    message.state, message.finished_at, message.lease_until = state, now, None
    message.trouble = trouble[:300]
    message.reference = reference[:120]
    message.save(update_fields=["state", "finished_at", "lease_until", "trouble", "reference"])
    log.info("message ended", message=message.pk, state=str(state), trouble=trouble)
    if state in TOLD:
        tell(message, now)


def tell(message: Message, now: datetime) -> None:
    """`on_end` of the purpose. When it fails for its own reasons, the message ends all the same."""
    purpose = purposes.get(message.purpose)
    if purpose is None:
        return
    try:
        with transaction.atomic():
            purpose.on_end(message, now)
    except TRANSIENT:
        raise
    except Exception:
        log.exception("nobody could be told of a message that was not sent", message=message.pk)
        message.trouble = f"{message.trouble} (and nobody could be told)"[-300:]
        message.save(update_fields=["trouble"])


def tell_arrival(message: Message, now: datetime) -> None:
    """`on_arrival` of the purpose: what had been given up was delivered after all. When it fails for its own
    reasons, the message counts as delivered all the same."""
    purpose = purposes.get(message.purpose)
    if purpose is None:
        return
    try:
        with transaction.atomic():
            purpose.on_arrival(message, now)
    except TRANSIENT:
        raise
    except Exception:
        log.exception("nobody could be told that a message arrived after all", message=message.pk)


def may_have_gone_out(message: Message) -> bool:
    return message.attempts.filter(outcome__in=UNCERTAIN).exists()


def postpone(message: Message, wait: timedelta, *, now: datetime, trouble: str = "") -> None:
    """Back into the queue until `wait` is over, outside quiet hours; the end where the deadline is first."""
    at = next_try(now=now, wait=wait, deadline=message.deadline, branch=message.branch)
    if at is None:
        end(message, State.EXPIRED, now=now, trouble=trouble or "no time left before the deadline")
    else:
        requeue(message, at, trouble)


def requeue(message: Message, at: datetime, trouble: str = "") -> None:
    message.state, message.due_at, message.lease_until = State.QUEUED, at, None
    message.trouble = trouble[:300]
    message.save(update_fields=["state", "due_at", "lease_until", "trouble"])
