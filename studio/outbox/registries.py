"""What comes back from outside that the outbox does not understand by itself: others listen here."""

import re
import unicodedata
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from studio.foundation.registry import Registry
from studio.staff.models import Branch

if TYPE_CHECKING:
    from studio.outbox.models import Message

replies: Registry[Callable[[Branch, str, datetime], Any]] = Registry("listener to answers that say stop")
"""Each is called with (branch, number or address, now) when somebody answered a message of this branch with
“stop”; twice is harmless."""

addresses: Registry[Callable[["Message"], str | None]] = Registry("address as it is now")
"""Each is asked where the person is reached now whom a message was written to, by the way of the message: the
same address where it still holds, another one where it was corrected, empty where there is none any more.
None: it does not know this person."""


def address_now(message: "Message") -> str:
    """Where a message that is written again goes; of who is not known, to where it went before."""
    found = (ask(message) for ask in addresses)
    return next((address for address in found if address is not None), message.recipient)


STOP_WORDS = frozenset(
    {"t", "td", "stop", "stopp", "end", "quit", "unsubscribe", "退订", "退訂", "取消订阅", "取消訂閱"}
)


def means_stop(text: str) -> bool:
    """Whether an answer is nothing but one of the words by which people end messages (退订, TD, STOP)."""
    folded = unicodedata.normalize("NFKC", text[:200]).casefold()
    return re.sub(r"[\s.,!。，！、“”\"'‘’「」【】()]+", "", folded) in STOP_WORDS
