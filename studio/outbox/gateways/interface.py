"""What every way out must be able to do, and the words in which it answers."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Protocol


class Result(Enum):
    """What became of one try to hand a message over."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    """For good: trying again would change nothing."""
    UNCLEAR = "unclear"
    """It may have been accepted. Never answer anything else once the message could have arrived whole."""
    NOT_REACHED = "not reached"
    """Certainly not accepted; worth another try later."""


class Known(Enum):
    """What a gateway says about a message that may have reached it."""

    FOUND = "found"
    ABSENT = "absent"
    CANNOT = "cannot"
    """This gateway never tells."""
    NOT_REACHED = "not reached"
    """It tells, but not now."""


class Trouble(Enum):
    """What kind of error it was: how long to wait depends on it, and whom it concerns."""

    DOWN = "down"
    """Not there, or no answer: the next message would only wait for the same."""
    BUSY = "busy"
    """There, but it takes no more for now; `retry_after` where it said how long."""
    NOT_LET_IN = "not let in"
    """Our secret or account is wrong, or has no money left: nothing changes until somebody acts."""
    MESSAGE = "message"
    """This message only."""


@dataclass(frozen=True)
class Answer:
    """`detail` is for the administrator and holds no customer's data. `gateway_is_down` says that the
    trouble is not this message's: the next one would only wait for the same; `trouble` says it by kind."""

    result: Result
    reference: str = ""
    detail: str = ""
    gateway_is_down: bool = False
    trouble: Trouble | None = None
    retry_after: float | None = None


@dataclass(frozen=True)
class Inquiry:
    """What to look up: the key, and what a provider needs to find it: the recipient and when it was tried."""

    key: str
    recipient: str
    sent_at: datetime


@dataclass(frozen=True)
class LookUp:
    known: Known
    reference: str = ""
    detail: str = ""


@dataclass(frozen=True)
class Envelope:
    """One message, ready to go. Gateways that send only approved texts take `template` (their number of it)
    and `parameters`; the others take `text`. `key` is the idempotency key, the same at every attempt."""

    key: str
    channel: str
    recipient: str
    subject: str
    text: str
    template: str = ""
    parameters: Mapping[str, str] | None = None


class BackEnd(Protocol):
    """One kind of gateway. Neither method raises for what a network or a server may do, and neither takes
    longer than `OUTBOX_GATEWAY_TIMEOUT_SECONDS` (a slow name server excepted)."""

    def send(self, envelope: Envelope) -> Answer: ...

    def look_up(self, inquiry: Inquiry) -> LookUp: ...
