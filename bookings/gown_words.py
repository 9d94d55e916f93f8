"""How the history of a gown reads on the timeline of a sale."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bookings.models import BookingEvent, Condition
from studio.foundation.models import in_language
from studio.foundation.templatetags.studio import local_moment


def called(names: dict[str, str], code: str) -> str:
    """The gown as people call it: its name and the number on its label."""
    name = in_language(names)
    return _("%(name)s (%(code)s)") % {"name": name, "code": code} if code else name


def words(event: BookingEvent) -> dict[str, Any]:
    told = event.parameters
    moments = {
        name: local_moment(datetime.fromisoformat(told[key]))
        for name, key in (("due", "due"), ("from", "held_from"), ("until", "held_until"))
        if key in told
    }
    return {
        "gown": called(told.get("gown", {}), told.get("code", "")),
        "new": called(told.get("new", {}), told.get("new_code", "")),
        "why": told.get("why", ""),
        "condition": dict(Condition.choices).get(told.get("condition", ""), ""),
        **moments,
    }


def sentence(text: Any) -> Callable[[BookingEvent], str]:
    return lambda event: str(text) % words(event)


SENTENCES = {
    "gown_held": sentence(gettext_lazy("%(gown)s is held for them, %(from)s – %(until)s")),
    "gown_let_go": sentence(gettext_lazy("%(gown)s is not held for them any more")),
    "gown_substituted": sentence(gettext_lazy("%(new)s takes the place of %(gown)s: %(why)s")),
    "gown_out": sentence(gettext_lazy("%(gown)s was given out, due back %(due)s")),
    "gown_back": sentence(gettext_lazy("%(gown)s came back: %(condition)s")),
    "gown_photographed": sentence(gettext_lazy("Photographs of %(gown)s were added")),
    "gown_charged": sentence(gettext_lazy("The damage to %(gown)s was charged")),
    "gown_spared": sentence(gettext_lazy("The damage to %(gown)s is not charged: %(why)s")),
}
ICONS = {
    "gown_held": "shirt",
    "gown_let_go": "shirt",
    "gown_substituted": "replace",
    "gown_out": "package-open",
    "gown_back": "package-check",
    "gown_photographed": "camera",
    "gown_charged": "banknote",
    "gown_spared": "heart-handshake",
}
