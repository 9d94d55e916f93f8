"""What stands on the customer's page: what anybody may see who holds the link, and what only they may.

Never money, taboos, tiers or complaints (R9.9). Before the digits not even a surname.
"""

from datetime import datetime
from typing import Any

from bookings.models import Appointment, AppointmentKind, BookingEvent, Confirmation
from customers import consents, files
from customers.greetings import called
from customers.models import Customer
from studio.foundation.templatetags.studio import phone_masked
from studio.staff.duties import who_acts_for
from workflow import advice, letters, links, public_digits
from workflow.disrupted_states import broken


def open_page(appointment: Appointment, language: str) -> dict[str, Any]:
    """For whoever holds the link: the given names, what, when and where, and how to prepare (R3.4)."""
    branch, when = appointment.branch, appointment.starts_at
    asked = appointment.confirmation == Confirmation.ANOTHER_TIME
    return {
        "names": files.first_names(appointment.customer, language),
        "occasion": AppointmentKind(appointment.kind).label,
        "day": letters.day_in_words(when, branch=branch, language=language),
        "lunar": letters.lunar_words(when, branch=branch, language=language),
        "time": letters.time_in_words(when, branch=branch, language=language),
        "branch": branch,
        "confirmed": appointment.confirmation == Confirmation.CONFIRMED,
        "asked": asked,
        "broken": broken().filter(appointment=appointment).exists(),
        "wished": wished_in_words(appointment, language) if asked else [],
        "wrote": asked and bool(appointment.wish),
        "advice": advice.preparation(appointment),
        "bring": advice.bring(appointment),
        "cares": advice.caring_notes(appointment),
        "has_number": bool(public_digits.numbers_of(appointment.customer)),
        "stopped": consents.has_stopped(appointment.customer),
        "refused": appointment.customer.do_not_contact,
    }


def wished_in_words(appointment: Appointment, language: str) -> list[str]:
    branch = appointment.branch
    return [
        f"{letters.day_in_words(moment, branch=branch, language=language)} "
        f"{letters.time_in_words(moment, branch=branch, language=language)}"
        for moment in links.wished_times(appointment)
    ]


def own_page(appointment: Appointment, *, now: datetime) -> dict[str, Any]:
    """For the customer, who typed the digits: their order, who comes, who looks after them."""
    customer, booking = appointment.customer, appointment.booking
    owner = customer.owner
    return {
        "known": True,
        "order_number": booking.number if booking else "",
        "package": str(booking.package_version.package) if booking else "",
        "looks": list(booking.package_version.looks.all()) if booking else [],
        "party": [called(member) for member in customer.members.all()] or [customer.name],
        "hopes": booking.hopes if booking else "",
        "wish": own_words(appointment),
        "owner": owner.spoken_name if owner else "",
        "acting": acting_name(customer, now=now),
        "numbers": [phone_masked(point.value) for point in public_digits.numbers_of(customer)],
        "may_take_back": bool(consents.ended_by_the_stop(customer)),
    }


def acting_name(customer: Customer, *, now: datetime) -> str:
    """Who serves in the owner's place today (R8.2); empty where the owner is here."""
    if customer.owner is None:
        return ""
    acting = who_acts_for(customer.owner, branch=customer.branch, day=customer.branch.today(now))
    return acting.spoken_name if acting is not None and acting != customer.owner else ""


def own_words(appointment: Appointment) -> str:
    """What they wrote behind their link; what a colleague noted on the telephone is not for this page."""
    if appointment.confirmation != Confirmation.ANOTHER_TIME or not appointment.wish:
        return ""
    asked = BookingEvent.objects.filter(appointment=appointment, kind="another_time").order_by("-pk").first()
    return appointment.wish if asked is not None and asked.parameters.get("via") == "link" else ""
