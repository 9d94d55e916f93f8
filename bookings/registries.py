"""How the work order above a sale hears that a fact of the sale has changed."""

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from studio.foundation.registry import Registry

if TYPE_CHECKING:
    from bookings.models import Appointment, Booking, BookingEvent, BookingRequest, PriceLine

Listener = Callable[["Booking", Any, datetime], None]
facts: Registry[Listener] = Registry("listener to facts")
"""Each is called with (booking, by, now), last in the transaction in which money was taken or reversed, or an
appointment was made, moved, cancelled, confirmed or held."""


def tell(booking: "Booking", *, by: Any, now: datetime) -> None:
    for listener in facts:
        listener(booking, by, now)


Change = Callable[["Appointment", "BookingEvent", Any, datetime], None]
schedule_changes: Registry[Change] = Registry("listener to changes of the schedule")
"""Each is called with (appointment, event, by, now), last in the transaction in which an appointment was
made, moved or called off, with a sale or without one."""

answers: Registry[Change] = Registry("listener to what customers say about a date")
"""Each is called with (appointment, event, by, now), last in the transaction in which a customer confirmed a
date or asked for another (the event's kind), on whatever way (its `via`)."""

line_changes: Registry[Callable[["PriceLine", Any, datetime], None]] = Registry("listener to price lines")
"""Each is called with (line, by, now) when an add-on was sold (its line) or taken back (the reversal of its
line): whoever makes things or looks of it hears it in the same transaction."""

requests: Registry[Callable[["BookingRequest", datetime], None]] = Registry("listener to requests")
"""Each is called with (request, now) in the transaction in which the number of a wish from the booking page
was verified, or in which its customer took it back (its state says so). Where the wish is for a time that is
to be held at once, whoever receives customers gives the request its `customer`, with an owner; without one
the time is not held, and somebody calls."""
