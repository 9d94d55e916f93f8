"""What happened to the files of an owner's customers while the owner was away (R8.1)."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from customers.history import QUIET, entries_of
from customers.models import Customer, CustomerEvent, Observation
from customers.registries import TimelineEntry

MOST = 300
"""Of each kind; a digest that is longer is not read."""

NOT_TOLD = {"numbers_revealed"}
"""Kept, and not told: nothing happened to the customer."""


def of_owners(
    owners: Iterable[Any], since: datetime, until: datetime
) -> list[tuple[Customer, TimelineEntry]]:
    """Events of the files, and what somebody noticed."""
    owners = list(owners)
    within = {"customer__owner__in": owners, "at__gte": since, "at__lt": until}
    told = CustomerEvent.objects.filter(**within).exclude(kind__in=QUIET | NOT_TOLD)
    events = list(told.select_related("customer", "actor").order_by("at", "id")[:MOST])
    noticed = (
        Observation.objects.filter(**within).select_related("customer", "by").order_by("at", "pk")[:MOST]
    )
    return [
        *zip([event.customer for event in events], entries_of(events), strict=True),
        *(
            (seen.customer, TimelineEntry(at=seen.at, actor=seen.by, text=seen.text, icon="feather"))
            for seen in noticed
        ),
    ]
