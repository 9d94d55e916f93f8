"""A signed JSON webhook: ours for the demo, and what stands in front of any provider of text messages.

`POST address` with the message, `GET address/<key>` for what became of it. Both carry the time and
`HMAC-SHA256(secret, time + "." + body)` (the key stands for the body of a look-up), so that nobody else
can send in our name and nothing can be replayed later. 2xx: accepted, `{"reference": …}` if there is one.
A look-up answers 200 `{"found": true}` or 404 `{"found": false}`; a 404 without these words comes from
somebody else (a proxy, a wrong address) and proves nothing.
"""

import hashlib
import hmac
import http.client
import json
import socket
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

from studio.outbox.gateways.interface import Answer, Envelope, Inquiry, Known, LookUp, Result
from studio.outbox.gateways.patience import cut_off_after

TIMESTAMP, SIGNATURE, KEY = "X-Shouwen-Timestamp", "X-Shouwen-Signature", "Idempotency-Key"
LONGEST_ANSWER = 64_000
# What a server says before it has looked at the message, or when it did not let us in.
TRY_LATER = {401, 408, 421, 425, 429}


def signature(secret: str, timestamp: str, body: bytes) -> str:
    signed = timestamp.encode() + b"." + body
    return hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()


@dataclass(frozen=True)
class Webhook:
    address: str
    secret: str
    sender: str
    looks_up: bool
    seconds: float

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
            status, said = self._ask("POST", "", body, {KEY: envelope.key}, whole=told.set)
        except (OSError, http.client.HTTPException, ValueError) as reason:
            result = Result.UNCLEAR if told.is_set() else Result.NOT_REACHED
            return Answer(result, detail=_words(reason), gateway_is_down=True)
        if 200 <= status < 300:
            return Answer(Result.ACCEPTED, reference=_text(said.get("reference")))
        if status in TRY_LATER:
            return Answer(Result.NOT_REACHED, detail=f"HTTP {status}", gateway_is_down=status != 408)
        if status >= 500 or status < 200:
            return Answer(Result.UNCLEAR, detail=f"HTTP {status}")
        return Answer(Result.REFUSED, detail=f"HTTP {status} {_text(said.get('reason'))}".strip())

    def look_up(self, inquiry: Inquiry) -> LookUp:
        if not self.looks_up:
            return LookUp(Known.CANNOT)
        try:
            status, said = self._ask("GET", "/" + quote(inquiry.key, safe=""), inquiry.key.encode(), {})
        except (OSError, http.client.HTTPException, ValueError) as reason:
            return LookUp(Known.NOT_REACHED, detail=_words(reason))
        if status == 200 and said.get("found") is True:
            return LookUp(Known.FOUND, reference=_text(said.get("reference")))
        if status == 404 and said.get("found") is False:
            return LookUp(Known.ABSENT)
        return LookUp(Known.NOT_REACHED, detail=f"HTTP {status}")

    def _line(self) -> http.client.HTTPConnection:
        """Straight to the server, whatever proxy the environment names; redirections are not followed."""
        parts = urlsplit(self.address)
        if not parts.hostname:
            raise ValueError("the gateway has no address")
        # A host may have several addresses, each of which is tried for this long.
        patience = self.seconds / 4
        if parts.scheme == "https":
            context = ssl.create_default_context()
            return http.client.HTTPSConnection(parts.hostname, parts.port, timeout=patience, context=context)
        return http.client.HTTPConnection(parts.hostname, parts.port, timeout=patience)

    def _ask(
        self,
        method: str,
        below: str,
        signed: bytes,
        headers: dict[str, str],
        whole: Callable[[], None] = lambda: None,
    ) -> tuple[int, dict[str, Any]]:
        """Status and JSON of the answer. `whole` is called once the request has left us completely: what
        fails before that cannot have been understood by anybody."""
        timestamp = str(int(time.time()))
        headers = headers | {
            TIMESTAMP: timestamp,
            SIGNATURE: signature(self.secret, timestamp, signed),
            "Content-Type": "application/json",
            "Connection": "close",
        }
        line = self._line()
        kept: list[socket.socket] = []
        path = (urlsplit(self.address).path.rstrip("/") + below) or "/"
        try:
            with cut_off_after(self.seconds, lambda: kept[0] if kept else line.sock) as over:
                line.connect()
                kept.append(line.sock)  # the connection forgets it before the answer is read
                if over.is_set():
                    raise TimeoutError("connecting took too long")
                line.sock.settimeout(self.seconds)
                line.request(method, path, body=signed if method == "POST" else None, headers=headers)
                whole()
                answer = line.getresponse()
                try:
                    said = json.loads(answer.read(LONGEST_ANSWER))
                except (OSError, http.client.HTTPException, ValueError):
                    said = None  # the status is the answer; the rest is a courtesy
            return answer.status, said if isinstance(said, dict) else {}
        finally:
            line.close()


def _text(value: Any) -> str:
    return str(value or "")[:120]


def _words(reason: BaseException) -> str:
    return f"{type(reason).__name__}: {reason}"[:200]
