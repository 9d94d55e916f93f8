"""Who wants to hear that a party was seen off, and how they left (R5.5, R9.3)."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from studio.foundation.registry import Registry
from workflow.models import Departure

departures: Registry[Callable[[Departure, Any, datetime], None]] = Registry("listener to departures")
"""Each is called with (departure, by, now), last in the transaction in which somebody was seen off."""


def tell(departure: Departure, *, by: Any, now: datetime) -> None:
    for listener in departures:
        listener(departure, by, now)
