"""What comes back from outside that the outbox does not understand by itself: others listen here."""

import re
import unicodedata
from collections.abc import Callable
from datetime import datetime
from typing import Any

from studio.foundation.registry import Registry
from studio.staff.models import Branch

replies: Registry[Callable[[Branch, str, datetime], Any]] = Registry("listener to answers that say stop")
"""Each is called with (branch, number or address, now) when somebody answered a message of this branch with
“stop”; twice is harmless."""

STOP_WORDS = frozenset(
    {"t", "td", "stop", "stopp", "end", "quit", "unsubscribe", "退订", "退訂", "取消订阅", "取消訂閱"}
)


def means_stop(text: str) -> bool:
    """Whether an answer is nothing but one of the words by which people end messages (退订, TD, STOP)."""
    folded = unicodedata.normalize("NFKC", text[:200]).casefold()
    return re.sub(r"[\s.,!。，！、“”\"'‘’「」【】()]+", "", folded) in STOP_WORDS
