"""How the timeline tells of what stands beside the stages: undone things, on hold, reshoots."""

from django.utils.dateparse import parse_date
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from studio.foundation.templatetags.studio import local_date
from workflow.models import ReshootCause, ReshootKind, WorkOrderEvent
from workflow.models.work_order import KINDS
from workflow.timeline import ICONS


def on_hold(event: WorkOrderEvent) -> str:
    day = parse_date(event.parameters.get("until", ""))
    if day is None:
        return gettext("Put on hold")
    return gettext("Put on hold; to be looked at again on %(day)s") % {"day": local_date(day)}


def reshoot(event: WorkOrderEvent) -> str:
    told = event.parameters
    number = len(told.get("numbers", []))
    kinds, causes = dict(ReshootKind.choices), dict(ReshootCause.choices)
    return ngettext(
        "%(number)d look is to be shot: %(kind)s, %(cause)s",
        "%(number)d looks are to be shot: %(kind)s, %(cause)s",
        number,
    ) % {
        "number": number,
        "kind": kinds.get(told.get("what", ""), ""),
        "cause": causes.get(told.get("cause", ""), ""),
    }


SENTENCES = {
    "undone": _("Something was not done, and was written down"),
    "undone_dated": _("What was not done has a date of its own"),
    "undone_promised": _("What was not done is promised"),
    "undone_let_go": _("They do without what was not done"),
    "undone_again": _("The date of what was not done is called off: it is open again"),
    "on_hold": on_hold,
    "goes_on": _("It goes on"),
    "reshoot": reshoot,
    "reshoot_done": _("The reshoot is done"),
    "reshoot_reopened": _("The reshoot is open again"),
    "reshoot_called_off": _("The reshoot was called off"),
}
PICTURES = {
    "undone": "camera-off",
    "undone_dated": "calendar-plus",
    "undone_promised": "handshake",
    "undone_let_go": "circle-minus",
    "undone_again": "calendar-x",
    "on_hold": "circle-pause",
    "goes_on": "circle-play",
    "reshoot": "repeat",
    "reshoot_done": "circle-check",
    "reshoot_reopened": "rotate-ccw",
    "reshoot_called_off": "x",
}


def register() -> None:
    KINDS.update(SENTENCES)
    ICONS.update(PICTURES)
