"""Add-ons, seasons and discounts in the history of an order: what and when, never how much (R9.9)."""

from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext as _

from bookings.models import BookingEvent
from studio.foundation.models import in_language


def what(event: BookingEvent) -> dict[str, Any]:
    """The thing in the reader's language, with how many of it."""
    names, quantity = event.parameters.get("names") or {}, event.parameters.get("quantity", 1)
    name = in_language(names)
    return {"name": f"{name} × {quantity}" if quantity > 1 else name}


def season(event: BookingEvent) -> str:
    if event.parameters.get("season") is None:
        return _("The price no longer follows a season: the shoot is on another day")
    return _("The price follows the season of the shoot: %(name)s") % what(event)


SENTENCES: dict[str, Callable[[BookingEvent], str]] = {
    "season": season,
    "add_on_sold": lambda event: _("Sold as well: %(name)s") % what(event),
    "add_on_taken_back": lambda event: _("Taken back: %(name)s") % what(event),
    "rush_charged": lambda event: _("A fee for the rush was agreed"),
    "rush_waived": lambda event: _("The fee for the rush was taken off"),
    "discounted": lambda event: _("A discount was given"),
    "discount_asked": lambda event: _("A manager was asked for a discount"),
    "discount_approved": lambda event: _("The discount was approved"),
    "discount_refused": lambda event: _("The discount was not approved"),
    "discount_withdrawn": lambda event: _("The discount is not wanted any more"),
    "discount_taken_back": lambda event: _("A discount was taken back"),
}
ICONS = {
    "season": "calendar-range",
    "add_on_sold": "circle-plus",
    "add_on_taken_back": "circle-minus",
    "rush_charged": "zap",
    "rush_waived": "zap-off",
    "discounted": "badge-percent",
    "discount_asked": "message-circle-question-mark",
    "discount_approved": "badge-check",
    "discount_refused": "circle-x",
    "discount_withdrawn": "undo",
    "discount_taken_back": "undo-2",
}
