"""Calls on the timelines of the customer and of the order."""

from collections.abc import Iterable

from django.db.models import Q
from django.utils.translation import gettext as _

from customers.models import Customer
from customers.registries import TimelineEntry
from workflow.models import CallEvent, WorkOrder


def entry(event: CallEvent) -> TimelineEntry:
    return TimelineEntry(
        at=event.at,
        actor=event.actor,
        text=_("Call: %(outcome)s") % {"outcome": event.sentence},
        icon="phone",
        link=event.call.get_absolute_url(),
    )


def of_customer(customer: Customer) -> Iterable[TimelineEntry]:
    """The source `calls` of the customer's timeline: every try with what became of it."""
    events = CallEvent.objects.filter(call__customer=customer).select_related("actor", "call")
    return [entry(event) for event in events]


def of_order(order: WorkOrder) -> Iterable[TimelineEntry]:
    """The calls about this order's dates, and about agreeing one."""
    events = CallEvent.objects.filter(
        Q(call__appointment__booking=order.booking_id) | Q(call__work_order=order)
    )
    return [entry(event) for event in events.select_related("actor", "call")]
