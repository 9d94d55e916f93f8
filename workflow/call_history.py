"""Calls on the customer's timeline."""

from collections.abc import Iterable

from django.utils.translation import gettext as _

from customers.models import Customer
from customers.registries import TimelineEntry
from workflow.models import CallEvent


def of_customer(customer: Customer) -> Iterable[TimelineEntry]:
    """The source `calls` of the customer's timeline: every try with what became of it."""
    events = CallEvent.objects.filter(call__customer=customer).select_related("actor", "call")
    return [
        TimelineEntry(
            at=event.at,
            actor=event.actor,
            text=_("Call: %(outcome)s") % {"outcome": event.sentence},
            icon="phone",
            link=event.call.get_absolute_url(),
        )
        for event in events
    ]
