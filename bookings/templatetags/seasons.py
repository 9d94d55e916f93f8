"""The seasons of an order, on the page that asks the day of its shoot: known before anybody agrees it (no
surprise on the bill)."""

from datetime import date
from decimal import Decimal
from typing import Any

from django import forms, template
from django.utils import timezone

from bookings import day as days
from bookings import seasons
from bookings.models import Booking

register = template.Library()


@register.inclusion_tag("bookings/_season_terms.html")
def season_terms(booking: Booking | None, form: forms.Form) -> dict[str, Any]:
    """The seasons still to come that this order was sold with, and what the day in the form would change."""
    if booking is None or not booking.is_open:
        return {"terms": []}
    today = booking.branch.today(timezone.now())
    named = days.named(form["day"].value())
    return {
        "terms": [term for term in seasons.terms_of(booking) if term.adds and term.ends_on >= today],
        "day": named,
        "change": change(booking, named),
        "currency": booking.branch.currency,
    }


def change(booking: Booking, day: date | None) -> Decimal:
    return seasons.change_for(booking, day) if day is not None else Decimal("0.00")
