"""What happened to the sales of an owner's customers while the owner was away (R8.1)."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from bookings.models import BookingEvent
from bookings.timeline import entry
from customers.happenings import MOST
from customers.models import Customer
from customers.registries import TimelineEntry


def of_owners(
    owners: Iterable[Any], since: datetime, until: datetime
) -> list[tuple[Customer, TimelineEntry]]:
    events = BookingEvent.objects.filter(
        booking__customer__owner__in=list(owners), at__gte=since, at__lt=until
    )
    related = events.select_related("actor", "booking__work_order", "booking__customer")
    return [(event.booking.customer, entry(event)) for event in related.order_by("at", "id")[:MOST]]
