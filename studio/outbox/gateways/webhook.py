"""A signed JSON webhook: ours for the demo, and what stands in front of any provider of text messages.

`POST address` with the message, `GET address/<key>` for what became of it. Both carry the time and
`HMAC-SHA256(secret, time + "." + body)` (the key stands for the body of a look-up), so that nobody else
can send in our name and nothing can be replayed later. 2xx: accepted, `{"reference": …}` if there is one.
A look-up answers 200 `{"found": true}` or 404 `{"found": false}`; a 404 without these words comes from
somebody else (a proxy, a wrong address) and proves nothing.

A connection is used again within a moment, where the gateway can tell later what became of a message whose
answer was lost: that a server hangs up just then must cost nobody a call.
"""

import contextlib
import functools
import hashlib
import hmac
import http.client
import json
import socket
import ssl
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote, urlsplit

from studio.outbox.gateways.interface import Answer, Envelope, Inquiry, Known, LookUp, Result, Trouble
from studio.outbox.gateways.lines import lines
from studio.outbox.gateways.patience import cut_off_after

TIMESTAMP, SIGNATURE, KEY = "X-Shouwen-Timestamp", "X-Shouwen-Signature", "Idempotency-Key"
LONGEST_ANSWER = 64_000
# What a server says before it has looked at the message, or when it did not let us in.
BUSY = {421, 425, 429}
NOT_LET_IN = {401, 403}


def signature(secret: str, timestamp: str, body: bytes) -> str:
    signed = timestamp.encode() + b"." + body
    return hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()


@functools.cache
def tls() -> ssl.SSLContext:
    """Reading all the certificates of the world takes longer than a message."""
    return ssl.create_default_context()


@dataclass(frozen=True)
class Said:
    """One answer of a server."""

    status: int
    words: dict[str, Any] = field(default_factory=dict)
    retry_after: float | None = None
    is_cut: bool = False
    """More is to come that nobody will read: the connection is of no use any more."""


@dataclass(frozen=True)
class Webhook:
    address: str
    secret: str
    sender: str
    looks_up: bool
    seconds: float
    takes_key: bool = False

    def send(self, envelope: Envelope) -> Answer:
        body = json.dumps(
            {
                "key": envelope.key,
                "channel": envelope.channel,
                "sender": self.sender,
                "recipient": envelope.recipient,
                "template": envelope.template,
                "parameters": dict(envelope.parameters or {}),
                "subject": envelope.subject,
                "text": envelope.text,
            }
        ).encode()
        told = threading.Event()
        try:
            said = self._ask("POST", "", body, {KEY: envelope.key}, whole=told)
        except (OSError, http.client.HTTPException, ValueError) as reason:
            result = Result.UNCLEAR if told.is_set() else Result.NOT_REACHED
            return Answer(result, detail=_words(reason), gateway_is_down=True, trouble=Trouble.DOWN)
        return answer_of(said)

    def look_up(self, inquiry: Inquiry) -> LookUp:
        if not self.looks_up:
            return LookUp(Known.CANNOT)
        try:
            said = self._ask("GET", "/" + quote(inquiry.key, safe=""), inquiry.key.encode(), {})
        except (OSError, http.client.HTTPException, ValueError) as reason:
            return LookUp(Known.NOT_REACHED, detail=_words(reason))
        if said.status == 200 and said.words.get("found") is True:
            return LookUp(Known.FOUND, reference=_text(said.words.get("reference")))
        if said.status == 404 and said.words.get("found") is False:
            return LookUp(Known.ABSENT)
        return LookUp(Known.NOT_REACHED, detail=f"HTTP {said.status}")

    def _ask(
        self,
        method: str,
        below: str,
        signed: bytes,
        headers: dict[str, str],
        whole: threading.Event | None = None,
    ) -> Said:
        """`whole` is set once the request has left us completely: what fails before that cannot have been
        understood by anybody, and is said again at once where it was a kept connection that failed."""
        until, place = time.monotonic() + self.seconds, self.address
        whole = whole or threading.Event()
        request = Request(method, self._path(below), signed, headers | self._signature(signed))
        keeps = self.looks_up or self.takes_key
        kept = lines.take(place) if keeps else None
        if kept is not None:
            try:
                return self._converse(kept, request, until, whole, place)
            except (OSError, http.client.HTTPException):
                if whole.is_set() or until - time.monotonic() < self.seconds / 2:
                    raise
        return self._converse(self._line(), request, until, whole, place if keeps else None)

    def _converse(
        self,
        line: http.client.HTTPConnection,
        request: "Request",
        until: float,
        whole: threading.Event,
        place: str | None,
    ) -> Said:
        """One question and its answer on `line`, which is kept for the next one at `place`, or closed."""
        is_open = False
        try:
            said = converse(line, request, until, whole)
            is_open = line.sock is not None and not said.is_cut
            return said
        finally:
            if is_open and place is not None:
                lines.keep(place, line)
            else:
                line.close()

    def _path(self, below: str) -> str:
        return (urlsplit(self.address).path.rstrip("/") + below) or "/"

    def _signature(self, signed: bytes) -> dict[str, str]:
        timestamp = str(int(time.time()))
        return {
            TIMESTAMP: timestamp,
            SIGNATURE: signature(self.secret, timestamp, signed),
            "Content-Type": "application/json",
        }

    def _line(self) -> http.client.HTTPConnection:
        """Straight to the server, whatever proxy the environment names; redirections are not followed."""
        parts = urlsplit(self.address)
        if not parts.hostname:
            raise ValueError("the gateway has no address")
        # A host may have several addresses, each of which is tried for this long.
        patience = self.seconds / 4
        if parts.scheme == "https":
            return http.client.HTTPSConnection(parts.hostname, parts.port, timeout=patience, context=tls())
        return http.client.HTTPConnection(parts.hostname, parts.port, timeout=patience)


def answer_of(said: Said) -> Answer:
    """What an answer to a message means."""
    status, detail = said.status, f"HTTP {said.status}"
    if 200 <= status < 300:
        return Answer(Result.ACCEPTED, reference=_text(said.words.get("reference")))
    if status in BUSY:
        return Answer(
            Result.NOT_REACHED,
            detail=detail,
            gateway_is_down=True,
            trouble=Trouble.BUSY,
            retry_after=said.retry_after,
        )
    if status in NOT_LET_IN:
        return Answer(Result.NOT_REACHED, detail=detail, gateway_is_down=True, trouble=Trouble.NOT_LET_IN)
    if status == 408:
        return Answer(Result.NOT_REACHED, detail=detail)
    if status >= 500 or status < 200:
        return Answer(Result.UNCLEAR, detail=detail, retry_after=said.retry_after)
    reason = f"{detail} {_text(said.words.get('reason'))}".strip()
    return Answer(Result.REFUSED, detail=reason, trouble=Trouble.MESSAGE)


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    signed: bytes
    headers: dict[str, str]


def converse(
    line: http.client.HTTPConnection, request: Request, until: float, whole: threading.Event
) -> Said:
    """The whole conversation ends at `until`, whatever drips in."""
    kept: list[socket.socket] = []
    with cut_off_after(until - time.monotonic(), lambda: kept[0] if kept else line.sock) as over:
        if line.sock is None:
            line.connect()
        kept.append(line.sock)  # the connection may forget it before the answer is read
        if over.is_set():
            raise TimeoutError("connecting took too long")
        line.sock.settimeout(max(until - time.monotonic(), 0.01))
        body = request.signed if request.method == "POST" else None
        line.request(request.method, request.path, body=body, headers=request.headers)
        whole.set()
        answer = line.getresponse()
        try:
            text = answer.read(LONGEST_ANSWER)
            words = json.loads(text)
        except (OSError, http.client.HTTPException, ValueError):
            words = None  # the status is the answer; the rest is a courtesy
        is_cut = not answer.isclosed() or over.is_set()
    retry_after = seconds_of(answer.headers.get("Retry-After", ""))
    return Said(answer.status, words if isinstance(words, dict) else {}, retry_after, is_cut)


def seconds_of(retry_after: str) -> float | None:
    """`Retry-After` is a number of seconds or a moment; anything else is nothing."""
    with contextlib.suppress(ValueError, OverflowError, TypeError):
        if retry_after.strip().isdecimal() and len(retry_after) < 12:
            return float(retry_after)
        moment = parsedate_to_datetime(retry_after)
        if moment.tzinfo is not None:
            return max((moment - datetime.now(UTC)).total_seconds(), 0.0)
    return None


def _text(value: Any) -> str:
    return str(value or "")[:120]


def _words(reason: BaseException) -> str:
    return f"{type(reason).__name__}: {reason}"[:200]
