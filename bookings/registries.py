"""How the work order above a sale hears that a fact of the sale has changed."""

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from studio.foundation.registry import Registry

if TYPE_CHECKING:
    from bookings.models import Booking

Listener = Callable[["Booking", Any, datetime], None]
facts: Registry[Listener] = Registry("listener to facts")
"""Each is called with (booking, by, now), last in the transaction in which money was taken or reversed, or an
appointment was made, moved, cancelled, confirmed or held."""


def tell(booking: "Booking", *, by: Any, now: datetime) -> None:
    for listener in facts:
        listener(booking, by, now)
