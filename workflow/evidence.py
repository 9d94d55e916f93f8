"""What tells who served a customer: turns, visits, calls, contacts, hand-offs, sales (R1.4)."""

from collections.abc import Iterable
from itertools import chain

from django.utils.translation import gettext as _

from bookings.models import BookingEvent
from bookings.timeline import about
from customers.models import Customer
from customers.registries import TimelineEntry
from workflow import call_history
from workflow.models import (
    ContactState,
    FollowUpContact,
    HandOff,
    HandOffState,
    IncomingCallEvent,
    RotationTurn,
    VisitEvent,
    WorkOrderEvent,
)

BESIDE_THE_ROUTE = ("stepped_out", "went_on_location", "care_taken")
TELLING = ("received", "recognised", "passed_on", "ended")
"""The events of a visit that say who served; what was written down meanwhile does not."""


def of_customer(customer: Customer) -> Iterable[TimelineEntry]:
    """The source `workflow` of the evidence; its queries do not grow with what happened."""
    return chain(
        turns(customer),
        visits(customer),
        call_history.of_customer(customer),
        contacts(customer),
        incoming(customer),
        hand_offs(customer),
        aside(customer),
        sales(customer),
    )


def turns(customer: Customer) -> Iterable[TimelineEntry]:
    """Each turn with why it fell so, and who was passed over."""
    rows = RotationTurn.objects.filter(visit__customer=customer).select_related("consultant", "visit")
    for turn in rows:
        words = {"name": turn.consultant.display_name, "reason": turn.get_reason_display()}
        yield TimelineEntry(
            at=turn.taken_at,
            actor=turn.consultant,
            text=_("Turn of %(name)s: %(reason)s") % words,
            icon="list-ordered",
            link=turn.visit.get_absolute_url(),
            people=tuple(entry["consultant"] for entry in turn.passed_over if "consultant" in entry),
        )


def visits(customer: Customer) -> Iterable[TimelineEntry]:
    rows = VisitEvent.objects.filter(visit__customer=customer, kind__in=TELLING)
    for event in rows.select_related("actor", "visit"):
        named = [event.parameters.get(key) for key in ("consultant", "before")]
        yield TimelineEntry(
            at=event.at,
            actor=event.actor,
            text=_("Visit: %(what)s") % {"what": event.sentence},
            icon="door-open",
            link=event.visit.get_absolute_url(),
            people=tuple(person for person in named if person),
        )


def contacts(customer: Customer) -> Iterable[TimelineEntry]:
    """The contacts of follow-up plans that were made."""
    rows = FollowUpContact.objects.filter(customer=customer, state=ContactState.MADE)
    for contact in rows.select_related("made_by", "follow_up"):
        if contact.made_at is None:
            continue
        words = {"number": contact.number, "how": contact.get_channel_display()}
        yield TimelineEntry(
            at=contact.made_at,
            actor=contact.made_by,
            text=_("Follow-up, contact %(number)d: %(how)s") % words,
            icon="footprints",
        )


def incoming(customer: Customer) -> Iterable[TimelineEntry]:
    rows = IncomingCallEvent.objects.filter(call__customer=customer).exclude(kind="described")
    for event in rows.select_related("actor"):
        yield TimelineEntry(
            at=event.at,
            actor=event.actor,
            text=_("They called: %(what)s") % {"what": event.sentence},
            icon="phone-incoming",
            people=tuple(event.parameters[key] for key in ("to", "from") if event.parameters.get(key)),
        )


def hand_offs(customer: Customer) -> Iterable[TimelineEntry]:
    """Who brought them where and who took them over; each way of a party once."""
    rows = HandOff.objects.filter(member__customer=customer).exclude(state=HandOffState.WITHDRAWN)
    seen = set()
    for row in rows.select_related("giver", "receiver", "to_department", "work_order"):
        at = row.ended_at or row.offered_at
        key = (row.work_order_id, row.giver_id, row.receiver_id, row.to_department_id, at)
        if key in seen:
            continue
        seen.add(key)
        words = {
            "department": row.to_department.name,
            "state": row.get_state_display(),
            "giver": row.giver.display_name,
        }
        yield TimelineEntry(
            at=at,
            actor=row.receiver or row.giver,
            text=_("%(giver)s brought them: %(department)s (%(state)s)") % words,
            icon="arrow-right-left",
            link=row.work_order.get_absolute_url(),
            people=(row.giver_id,),
        )


def aside(customer: Customer) -> Iterable[TimelineEntry]:
    """Who went along when they stepped out or to a location, and who came to them when they stood alone."""
    rows = WorkOrderEvent.objects.filter(work_order__booking__customer=customer, kind__in=BESIDE_THE_ROUTE)
    for event in rows.select_related("actor", "work_order"):
        yield TimelineEntry(
            at=event.at,
            actor=event.actor,
            text=event.sentence,
            icon="footprints",
            link=event.work_order.get_absolute_url(),
            people=tuple(person for person in [event.parameters.get("user")] if person),
        )


def sales(customer: Customer) -> Iterable[TimelineEntry]:
    rows = BookingEvent.objects.filter(booking__customer=customer, kind="sold")
    for event in rows.select_related("actor", "booking__work_order", "booking__customer"):
        yield TimelineEntry(
            at=event.at,
            actor=event.actor,
            text=event.sentence,
            icon="shopping-bag",
            link=about(event).get_absolute_url(),
        )
