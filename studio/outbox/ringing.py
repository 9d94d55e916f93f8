"""Ringing for the workers. The broker carries hints: whatever it loses is found again in the rows."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence

import structlog
from celery import current_app
from django.conf import settings

TASK = "outbox.send"
# A bell that nobody heard in this time is not worth hearing: the dispatcher has sent by then.
EXPIRES_SECONDS = 60
MANY, BATCHES_IN_A_TASK = 20, 5

log = structlog.get_logger(__name__)


def batches(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    """One task for each batch: one for each message would cost more than the sending. Where very many are
    due a task takes several batches, one after the other, and one connection to the database for all."""
    many = len(ids) >= MANY * settings.OUTBOX_BATCH
    size = settings.OUTBOX_BATCH * (BATCHES_IN_A_TASK if many else 1)
    for start in range(0, len(ids), size):
        yield ids[start : start + size]


def publish(ids: Sequence[int]) -> None:
    """Put one task per batch on the broker, over a connection of its own with little patience."""
    patience = settings.OUTBOX_RING_SECONDS
    with current_app.connection_for_write(
        connect_timeout=patience,
        transport_options={"socket_timeout": patience, "socket_connect_timeout": patience},
    ) as line:
        for batch in batches(ids):
            current_app.send_task(
                TASK, args=[list(batch)], connection=line, retry=False, expires=EXPIRES_SECONDS
            )


class Bell:
    """Rings without ever being held up: a frozen broker would hang the caller for many seconds."""

    def __init__(self, ring: Callable[[Sequence[int]], None] = publish) -> None:
        self._ring = ring
        self._thread: threading.Thread | None = None
        self._rests_until = 0.0

    def ring(self, ids: Sequence[int]) -> bool:
        """Whether the broker took the hint, within `OUTBOX_RING_SECONDS`."""
        if time.monotonic() < self._rests_until:
            return False
        if self._thread is None or not self._thread.is_alive():
            done = threading.Event()
            self._thread = threading.Thread(target=self._try, args=(ids, done), name="bell", daemon=True)
            self._thread.start()
            self._thread.join(settings.OUTBOX_RING_SECONDS)
            if done.is_set():
                return True
        self._rests_until = time.monotonic() + settings.OUTBOX_BROKER_REST_SECONDS
        log.warning("the broker does not answer", rest_seconds=settings.OUTBOX_BROKER_REST_SECONDS)
        return False

    def _try(self, ids: Sequence[int], done: threading.Event) -> None:
        try:
            self._ring(ids)
        except Exception as reason:
            log.info("ringing failed", reason=type(reason).__name__)
        else:
            done.set()
