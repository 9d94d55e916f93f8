"""The process that nothing depends on but PostgreSQL: it finds what is due and sees that it is sent."""

import os
import select
import signal
import time
from collections.abc import Sequence
from types import FrameType

import structlog
from django.conf import settings
from django.db import connection
from django.utils import timezone

from studio.outbox import delivery, heartbeat
from studio.outbox.endings import TRANSIENT
from studio.outbox.ringing import Bell, batches

LONGEST_PAUSE_ROUNDS = 7.5  # fifteen seconds

log = structlog.get_logger(__name__)


class Dispatcher:
    """Rings for the workers; sends by itself when the broker is away, and what was rung for in vain.

    Several may run at once: a message is claimed by one of them.
    """

    def __init__(self, bell: Bell | None = None) -> None:
        self.bell = bell or Bell()
        self.rung: dict[int, float] = {}
        self.stopping = False
        self.is_open = False
        self._wake_out, self._wake_in = os.pipe()
        for end in (self._wake_out, self._wake_in):
            os.set_blocking(end, False)

    def run(self) -> None:
        """Until SIGTERM or SIGINT; the message under way is finished first."""
        self.install_signals()
        log.info("dispatcher runs", every_seconds=settings.OUTBOX_DISPATCH_SECONDS)
        failures = 0
        while not self.stopping:
            pause = settings.OUTBOX_DISPATCH_SECONDS
            try:
                self.round()
                failures = 0
            except TRANSIENT as reason:
                failures += 1
                pause = pause * min(2 ** min(failures - 1, 10), LONGEST_PAUSE_ROUNDS)
                words = str(reason).strip().partition("\n")[0]
                log.warning("the database is away", reason=words, again_in_seconds=pause)
                connection.close()
            except Exception:
                log.exception("round failed")
            self.pause(pause)
        connection.close()
        log.info("dispatcher leaves")

    def round(self) -> None:
        """Plan, ring for what is newly due, send what nobody took."""
        due = delivery.tick(timezone.now())
        if not self.is_open:
            heartbeat.expect()
            self.is_open = True
        heartbeat.beat(heartbeat.DISPATCHER)
        heard_by = time.monotonic() - settings.OUTBOX_RUNG_SECONDS
        unheard = [pk for pk in due if self.rung.get(pk, heard_by + 1) <= heard_by]
        fresh = [pk for pk in due if pk not in self.rung]
        self.rung = {pk: self.rung[pk] for pk in due if pk in self.rung}
        if fresh and self.bell.ring(fresh):
            self.rung.update(dict.fromkeys(fresh, time.monotonic()))
            fresh = []
        self.send(fresh + unheard)

    def send(self, ids: Sequence[int]) -> None:
        """For a while only: with a slow gateway the next look at what is due must not wait for all."""
        until = time.monotonic() + settings.OUTBOX_RUNG_SECONDS
        for batch in batches(ids):
            if self.stopping or time.monotonic() > until:
                return
            delivery.deliver(batch, limit=len(batch), stop=lambda: self.stopping)

    def install_signals(self) -> None:
        """Our own handlers: a shell's background job starts with SIGINT ignored."""
        signal.set_wakeup_fd(self._wake_in, warn_on_full_buffer=False)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self.on_signal)

    def on_signal(self, number: int, frame: FrameType | None) -> None:
        self.stopping = True

    def pause(self, seconds: float) -> None:
        if not self.stopping:
            select.select([self._wake_out], [], [], seconds)
