"""What happened to the sales of an owner's customers while the owner was away (R8.1)."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import Q

from bookings.models import BookingEvent
from bookings.timeline import about, entry
from customers.happenings import MOST
from customers.models import Customer
from customers.registries import TimelineEntry


def of_owners(
    owners: Iterable[Any], since: datetime, until: datetime
) -> list[tuple[Customer, TimelineEntry]]:
    events = BookingEvent.objects.filter(
        Q(booking__customer__owner__in=list(owners)) | Q(appointment__customer__owner__in=list(owners)),
        at__gte=since,
        at__lt=until,
    )
    related = "actor", "booking__work_order", "booking__customer", "appointment__customer"
    rows = events.select_related(*related).order_by("at", "id")[:MOST]
    return [(about(event).customer, entry(event)) for event in rows]
