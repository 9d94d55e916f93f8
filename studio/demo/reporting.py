"""The sink's delivery receipts: a moment after it took a message it says that it was delivered."""

import contextlib
import http.client
import json
import queue
import threading
import time
from datetime import UTC, datetime
from urllib.parse import urlsplit

import structlog
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import Error, connections

from studio.outbox.gateways.webhook import SIGNATURE, TIMESTAMP, signature
from studio.outbox.models import Message

CALLBACK_SECRET = "demo-callback-secret"
AFTER_SECONDS = 3.0
PATIENCE_SECONDS = 5.0

log = structlog.get_logger(__name__)


class Reporter:
    """One thread that reports what was delivered, in order; what can't be reported is forgotten."""

    def __init__(self) -> None:
        self._waiting: queue.SimpleQueue[tuple[float, str] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="receipts", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._waiting.put(None)

    def report(self, key: str) -> None:
        self._waiting.put((time.monotonic() + AFTER_SECONDS, key))

    def _run(self) -> None:
        while (waiting := self._waiting.get()) is not None:
            due, key = waiting
            time.sleep(max(0.0, due - time.monotonic()))
            with contextlib.suppress(OSError, http.client.HTTPException, Error):
                send(key)


def send(key: str) -> None:
    """POST one receipt, signed as the gateway's settings ask for."""
    try:
        gateway = Message.objects.filter(key=key).values_list("gateway_id", flat=True).first()
    except ValidationError:
        return  # a key that is none of ours
    finally:
        connections.close_all()
    if gateway is None:
        return
    report = {"report": f"sink-{key}", "key": key, "status": "delivered", "at": datetime.now(UTC).isoformat()}
    body, timestamp = json.dumps({"reports": [report]}).encode(), str(int(time.time()))
    house = urlsplit(settings.PUBLIC_URL)
    line = http.client.HTTPConnection(house.hostname or "127.0.0.1", house.port, timeout=PATIENCE_SECONDS)
    signed = {TIMESTAMP: timestamp, SIGNATURE: signature(CALLBACK_SECRET, timestamp, body)}
    try:
        line.request(
            "POST", f"/delivery-receipts/{gateway}/", body, {"Content-Type": "application/json", **signed}
        )
        log.info("receipt sent", status=line.getresponse().status)
    finally:
        line.close()
