"""How the timeline tells of side trips, locations and gaps (R5.1, R5.6)."""

from django.utils.translation import gettext_lazy as _

from workflow.models.work_order import KINDS
from workflow.timeline import ICONS

SENTENCES = {
    "stepped_out": _("Stepped out, with somebody along"),
    "came_back": _("Back from stepping out"),
    "went_on_location": _("Left for the location, in our care"),
    "back_from_location": _("Back from the location"),
    "left_alone": _("Nobody was with them from here on"),
    "care_taken": _("Somebody is with them again"),
}
PICTURES = {
    "stepped_out": "footprints",
    "came_back": "corner-down-left",
    "went_on_location": "map-pin",
    "back_from_location": "house",
    "left_alone": "siren",
    "care_taken": "heart-handshake",
}


def register() -> None:
    KINDS.update(SENTENCES)
    ICONS.update(PICTURES)
