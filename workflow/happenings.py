"""What happened with an owner's customers while the owner was away (R8.1): visits, orders, calls …"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from customers.happenings import MOST
from customers.models import Customer
from customers.registries import TimelineEntry
from workflow import call_history, timeline
from workflow.models import CallEvent, FollowUpEvent, IncomingCallEvent, VisitEvent, WorkOrderEvent

Happened = list[tuple[Customer, TimelineEntry]]
WRITTEN_DOWN = {"described"}
"""Kept, and not told: what the customer said stands on the visit or call itself."""
TOLD_BY_CALLS = {"made"}
"""A contact that was made is told by its call."""


def visits(owners: Iterable[Any], since: datetime, until: datetime) -> Happened:
    events = VisitEvent.objects.filter(
        visit__customer__owner__in=list(owners), at__gte=since, at__lt=until
    ).exclude(kind__in=WRITTEN_DOWN)
    return [
        (
            event.visit.customer,
            TimelineEntry(
                at=event.at,
                actor=event.actor,
                text=_("Visit: %(what)s") % {"what": event.sentence},
                icon="door-open",
                link=event.visit.get_absolute_url(),
            ),
        )
        for event in events.select_related("actor", "visit__customer").order_by("at", "id")[:MOST]
        if event.visit.customer is not None
    ]


def orders(owners: Iterable[Any], since: datetime, until: datetime) -> Happened:
    """The shoot, its hand-offs, selection, pickup, promises."""
    events = WorkOrderEvent.objects.filter(
        work_order__booking__customer__owner__in=list(owners), at__gte=since, at__lt=until
    ).exclude(kind__in=timeline.TOLD_LATER)
    related = events.select_related("actor", "work_order__booking__customer").order_by("at", "id")
    return [(event.work_order.booking.customer, timeline.entry(event)) for event in related[:MOST]]


def calls(owners: Iterable[Any], since: datetime, until: datetime) -> Happened:
    events = CallEvent.objects.filter(call__customer__owner__in=list(owners), at__gte=since, at__lt=until)
    related = events.select_related("actor", "call__customer").order_by("at", "id")
    return [(event.call.customer, call_history.entry(event)) for event in related[:MOST]]


def follow_ups(owners: Iterable[Any], since: datetime, until: datetime) -> Happened:
    events = FollowUpEvent.objects.filter(
        follow_up__customer__owner__in=list(owners), at__gte=since, at__lt=until
    ).exclude(kind__in=TOLD_BY_CALLS)
    return [
        (
            event.follow_up.customer,
            TimelineEntry(
                at=event.at,
                actor=event.actor,
                text=event.sentence,
                icon="route",
                link=event.follow_up.get_absolute_url(),
            ),
        )
        for event in events.select_related("actor", "follow_up__customer").order_by("at", "id")[:MOST]
    ]


def incoming_calls(owners: Iterable[Any], since: datetime, until: datetime) -> Happened:
    events = IncomingCallEvent.objects.filter(
        call__customer__owner__in=list(owners), at__gte=since, at__lt=until
    ).exclude(kind__in=WRITTEN_DOWN)
    return [
        (
            event.call.customer,
            TimelineEntry(
                at=event.at,
                actor=event.actor,
                text=_("They called: %(what)s") % {"what": event.sentence},
                icon="phone-incoming",
                link=event.call.get_absolute_url(),
            ),
        )
        for event in events.select_related("actor", "call__customer").order_by("at", "id")[:MOST]
        if event.call.customer is not None
    ]
