"""What happened to the money of a sale, in sentences without amounts (R9.9)."""

from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bookings.models import BookingEvent
from bookings.timeline import words

CALLED_OFF = {
    "customer": gettext_lazy("The order was called off: the customer withdraws"),
    "house": gettext_lazy("The order was called off: we can't keep it"),
    "neither": gettext_lazy("The order was called off by agreement"),
}


def paper(event: BookingEvent) -> dict[str, Any]:
    return {**words(event), "note": event.parameters.get("number", "")}


SENTENCES: dict[str, Callable[[BookingEvent], str]] = {
    "refunded": lambda event: _("Money was given back: %(what)s, receipt %(receipt)s") % words(event),
    "compensated": lambda event: (
        _("Earnest money was returned a second time, receipt %(receipt)s") % words(event)
    ),
    "damage_charged": lambda event: _("Damage to a gown was charged"),
    "damage_lifted": lambda event: _("Damage to a gown was taken back"),
    "security_used": lambda event: _("Security paid for damage, receipt %(receipt)s") % words(event),
    "security_freed": lambda event: _("Security is held again, receipt %(receipt)s") % words(event),
    "credited": lambda event: _("A credit note was written: %(note)s") % paper(event),
    "called_off": lambda event: str(CALLED_OFF.get(event.parameters.get("fault", ""), CALLED_OFF["neither"])),
    "instalments_agreed": lambda event: _("Paying in parts was agreed"),
    "instalments_ended": lambda event: _("Paying in parts was given up"),
    "fapiao": lambda event: _("The number of a tax invoice was noted"),
    "fapiao_voided": lambda event: _("A tax invoice was voided"),
}
ICONS = {
    "refunded": "hand-coins",
    "compensated": "hand-coins",
    "damage_charged": "scissors",
    "damage_lifted": "undo-2",
    "security_used": "shield-minus",
    "security_freed": "shield-check",
    "credited": "receipt-text",
    "called_off": "circle-x",
    "instalments_agreed": "calendar-range",
    "instalments_ended": "calendar-x",
    "fapiao": "file-text",
    "fapiao_voided": "file-x",
}
