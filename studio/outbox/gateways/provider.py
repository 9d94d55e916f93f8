"""One signed request to a provider's cloud, and what there is in common to read in its answer.

The answer's body says whether the message was taken, so half a body is no answer at all.
"""

import contextlib
import http.client
import json
import re
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

from studio.outbox.gateways.interface import Answer, Result, Trouble
from studio.outbox.gateways.patience import cut_off_after
from studio.outbox.gateways.webhook import tls

LONGEST_ANSWER = 256_000
LONGEST_REST = 3600.0
# Seven figures and more could be somebody's number.
NUMBERS = re.compile(r"\d{7,}")
# With these the next message would meet the same.
SHARED = (Trouble.DOWN, Trouble.BUSY, Trouble.NOT_LET_IN)


@dataclass(frozen=True)
class Said:
    status: int
    body: dict[str, Any]
    retry_after: float | None = None


def ask(
    address: str,
    target: str,
    body: bytes,
    headers: Mapping[str, str],
    *,
    seconds: float,
    whole: Callable[[], None] = lambda: None,
) -> Said:
    """POST, straight to the server whatever proxy the environment names; redirections are not followed.

    `whole` is called once the request has left us completely: what fails before that can't have been
    understood by anybody. Raises OSError, HTTPException or ValueError where there is no whole JSON object.
    """
    parts = urlsplit(address)
    if not parts.hostname:
        raise ValueError("the gateway has no address")
    line = connection(parts.scheme, parts.hostname, parts.port, seconds)
    kept: list[socket.socket] = []
    try:
        with cut_off_after(seconds, lambda: kept[0] if kept else line.sock) as over:
            line.connect()
            kept.append(line.sock)  # the connection forgets it before the answer is read
            if over.is_set():
                raise TimeoutError("connecting took too long")
            line.sock.settimeout(seconds)
            line.request("POST", target, body=body, headers={**headers, "Connection": "close"})
            whole()
            answer = line.getresponse()
            text = answer.read(LONGEST_ANSWER)
            rest = retry_after(answer.getheader("Retry-After"))
    finally:
        line.close()
    said: Any = None
    with contextlib.suppress(ValueError):
        said = json.loads(text)
    if not isinstance(said, dict):
        # Not the provider's own words. What stands before it speaks by its status.
        if answer.status == 200:
            raise ValueError("the answer is no JSON object")
        said = {}
    return Said(answer.status, said, rest)


def connection(scheme: str, host: str, port: int | None, seconds: float) -> http.client.HTTPConnection:
    # A host may have several addresses, each of which is tried for this long.
    patience = seconds / 4
    if scheme == "https":
        return http.client.HTTPSConnection(host, port, timeout=patience, context=tls())
    return http.client.HTTPConnection(host, port, timeout=patience)


def host_of(address: str) -> str:
    """What goes into the signed `host` header: without the port where it is the scheme's own."""
    parts = urlsplit(address)
    return parts.netloc.rpartition("@")[2]


def retry_after(header: str | None) -> float | None:
    """`Retry-After` in seconds, however it was written; None where there is nothing to make of it."""
    if header is None:
        return None
    seconds = float("nan")
    with contextlib.suppress(ValueError):
        seconds = float(header)
    if seconds != seconds:
        with contextlib.suppress(ValueError, TypeError, OverflowError):
            seconds = (parsedate_to_datetime(header) - datetime.now(UTC)).total_seconds()
    return min(max(seconds, 0.0), LONGEST_REST) if seconds == seconds else None


def by_status(said: Said) -> Answer:
    """What a status means that came without the provider's own code."""
    if said.status in (401, 403, 407):
        return troubled(Result.NOT_REACHED, Trouble.NOT_LET_IN, f"HTTP {said.status}")
    if said.status in (408, 421, 425, 429):
        return troubled(Result.NOT_REACHED, Trouble.BUSY, f"HTTP {said.status}", said.retry_after)
    if 400 <= said.status < 500:
        return troubled(Result.REFUSED, Trouble.MESSAGE, f"HTTP {said.status}")
    return troubled(Result.UNCLEAR, Trouble.DOWN, f"HTTP {said.status}", said.retry_after)


def troubled(result: Result, trouble: Trouble, detail: str, rest: float | None = None) -> Answer:
    return Answer(
        result,
        detail=NUMBERS.sub("…", detail)[:300],
        gateway_is_down=trouble in SHARED,
        trouble=trouble,
        retry_after=rest,
    )


def not_spoken(reason: BaseException, told: bool) -> Answer:
    """The conversation broke off: before the request was out, or when it might have been understood."""
    result = Result.UNCLEAR if told else Result.NOT_REACHED
    return troubled(result, Trouble.DOWN, f"{type(reason).__name__}: {reason}")
