"""The conversations of a batch with its gateways: several at once, on threads that touch no database."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from math import ceil

import structlog
from django.conf import settings

from studio.outbox.beginning import Begun
from studio.outbox.gateways import Answer, Result, Trouble
from studio.outbox.times import boot_time, lease

log = structlog.get_logger(__name__)


def longest(messages: int) -> float:
    """How many seconds so many conversations may take, at most."""
    return ceil(messages / settings.OUTBOX_CONCURRENCY) * settings.OUTBOX_GATEWAY_TIMEOUT_SECONDS


def speak_all(begun: Sequence[Begun], clock: Callable[[], datetime]) -> list[Answer]:
    """What the gateways say, in the order of the messages."""
    if len(begun) == 1:
        return [speak(begun[0], clock)]
    pool = ThreadPoolExecutor(
        max_workers=min(len(begun), settings.OUTBOX_CONCURRENCY), thread_name_prefix="speak"
    )
    try:
        return list(pool.map(lambda one: speak(one, clock), begun))
    finally:
        # Told to stop in the middle (the soft time limit): what has not been spoken is not spoken any more.
        pool.shutdown(wait=False, cancel_futures=True)


def speak(begun: Begun, clock: Callable[[], datetime]) -> Answer:
    """One conversation. The two checks are for a process that was frozen since, and for a slow batch."""
    left = lease().total_seconds() - (boot_time() - begun.began)
    if left < settings.OUTBOX_GATEWAY_TIMEOUT_SECONDS:
        return unsaid("the sender was held up")
    if clock() >= begun.message.deadline:
        return unsaid("the deadline passed")
    try:
        return begun.way_out.send(begun.envelope)
    except Exception as reason:
        log.exception("gateway failed", message=begun.message.pk)
        return Answer(Result.UNCLEAR, detail=f"{type(reason).__name__}")


def unsaid(reason: str) -> Answer:
    """No fault of the gateway's: it was not asked."""
    return Answer(Result.NOT_REACHED, detail=f"{reason}; nothing was sent", trouble=Trouble.MESSAGE)
