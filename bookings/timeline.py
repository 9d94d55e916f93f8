"""What happened to a sale, in sentences: for the customer's file, the order's page and stale pages.

No amounts: the timeline is read by departments too, and on screens that get turned round (R9.9).
"""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bookings.models import AppointmentKind, Booking, BookingEvent, PaymentKind
from bookings.models.booking import SENTENCES
from customers.models import Customer
from customers.registries import TimelineEntry
from studio.foundation.templatetags.studio import local_moment

CONFIRMED = {
    "call": gettext_lazy("The customer confirmed the %(what)s on the telephone"),
    "chat": gettext_lazy("The customer confirmed the %(what)s in a chat"),
    "link": gettext_lazy("The customer confirmed the %(what)s on their page"),
    "desk": gettext_lazy("The customer confirmed the %(what)s at the desk"),
}
ANOTHER_TIME = {
    "call": gettext_lazy("On the telephone the customer asked for another time for the %(what)s"),
    "chat": gettext_lazy("In a chat the customer asked for another time for the %(what)s"),
    "link": gettext_lazy("On their page the customer asked for another time for the %(what)s"),
    "desk": gettext_lazy("At the desk the customer asked for another time for the %(what)s"),
}
ICONS = {
    "sold": "shopping-bag",
    "terms_accepted": "file-check",
    "earnest_waived": "hand-coins",
    "paid": "banknote",
    "reversed": "undo-2",
    "dated": "calendar-plus",
    "moved": "calendar-sync",
    "cancelled": "calendar-x",
    "overtime": "moon",
    "confirmed": "calendar-check",
    "another_time": "calendar-clock",
    "held": "calendar-check-2",
    "missed": "user-x",
}


def words(event: BookingEvent) -> dict[str, Any]:
    """The parameters of a sentence; times in the branch's zone, which is active for the request."""
    told = event.parameters
    kinds: dict[str, Any] = dict(AppointmentKind.choices) | dict(PaymentKind.choices)
    moments = {
        name: local_moment(datetime.fromisoformat(told[key]))
        for name, key in (("when", "from"), ("before", "before"))
        if key in told
    }
    return {
        "what": kinds.get(told.get("of", ""), ""),
        "receipt": told.get("receipt", ""),
        "number": event.booking.number if event.booking else "",
        **moments,
    }


def via(sentences: dict[str, Any]) -> Callable[[BookingEvent], str]:
    return lambda event: sentences.get(event.parameters.get("via", ""), sentences["desk"]) % words(event)


def moved(event: BookingEvent) -> str:
    """Another time; the old one again; or other people at the same time."""
    told = event.parameters
    if told.get("undoes"):
        return _("The move of the %(what)s was undone: %(when)s again")
    if told.get("before") == told.get("from") and told.get("before_until") == told.get("until"):
        return _("Who is held for the %(what)s of %(when)s was changed")
    return _("The %(what)s was moved from %(before)s to %(when)s")


SENTENCES.update(
    {
        "sold": lambda event: _("Order %(number)s was sold") % words(event),
        "terms_accepted": lambda event: _("The terms were accepted"),
        "earnest_waived": lambda event: _("A manager let the order go on without earnest money"),
        "paid": lambda event: _("A payment was taken: %(what)s, receipt %(receipt)s") % words(event),
        "reversed": lambda event: _("A payment was reversed, receipt %(receipt)s") % words(event),
        "dated": lambda event: _("The %(what)s was agreed for %(when)s") % words(event),
        "moved": lambda event: moved(event) % words(event),
        "cancelled": lambda event: _("The %(what)s of %(when)s was called off") % words(event),
        "overtime": lambda event: _("Overtime was agreed for the %(what)s of %(when)s") % words(event),
        "confirmed": via(CONFIRMED),
        "another_time": via(ANOTHER_TIME),
        "held": lambda event: _("They came for the %(what)s") % words(event),
        "missed": lambda event: _("They did not come for the %(what)s of %(when)s") % words(event),
    }
)


def about(event: BookingEvent) -> Any:
    """The order, or the date that belongs to none."""
    return event.booking or event.appointment


def entry(event: BookingEvent) -> TimelineEntry:
    return TimelineEntry(
        at=event.at,
        actor=event.actor,
        text=event.sentence,
        icon=ICONS.get(event.kind, "circle"),
        link=about(event).get_absolute_url(),
    )


def of_booking(booking: Booking) -> Iterable[TimelineEntry]:
    """The sale's part of an order's own timeline."""
    events = booking.events.select_related("actor", "booking__work_order", "booking__customer")
    return [entry(event) for event in events]


def of_customer(customer: Customer) -> Iterable[TimelineEntry]:
    """The source `bookings` of the customer's timeline."""
    events = BookingEvent.objects.filter(Q(booking__customer=customer) | Q(appointment__customer=customer))
    related = "actor", "booking__work_order", "booking__customer", "appointment__customer"
    return [entry(event) for event in events.select_related(*related)]
