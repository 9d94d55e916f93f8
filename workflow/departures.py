"""Who wants to hear that a party was seen off, and how they left (R5.5, R9.3)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from studio.foundation.registry import Registry
from studio.staff.models import User
from workflow.models import Departure


@dataclass(frozen=True)
class Told:
    """What an unhappy customer said, and who speaks to them now, before the door (R9.3); nobody named: a
    manager is called."""

    what: str = ""
    speaks: User | None = None


Listener = Callable[[Departure, Told, Any, datetime], None]
departures: Registry[Listener] = Registry("listener to departures")
"""Each is called with (departure, told, by, now), last in the transaction in which somebody was seen off."""


def tell(departure: Departure, *, by: Any, now: datetime, told: Told | None = None) -> None:
    for listener in departures:
        listener(departure, told or Told(), by, now)
