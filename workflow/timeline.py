"""What happened to an order, in sentences: for the customer's file and for the order's own page.

`KINDS` holds, for each kind of event, a sentence or a function from the event to one. Each part of the
workflow adds its kinds in a block of its own.
"""

from collections.abc import Iterable

from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from customers.models import Customer
from customers.registries import TimelineEntry
from workflow.models import ReadinessKind, Stage, WorkOrderEvent
from workflow.models.work_order import KINDS

# --- The order itself -----------------------------------------------------------------------
READY = {
    ReadinessKind.SHEET: _("The work-order sheet is here"),
    ReadinessKind.PROOFS_READY: _("The proofs are ready"),
    ReadinessKind.PROOFS_LOADED: _("The proofs are on the selection computer"),
    ReadinessKind.ITEMS: _("Every item is at the front desk"),
}


def stage_sentence(event: WorkOrderEvent) -> str:
    if event.parameters.get("to") == Stage.CLOSED:
        return gettext("The order is closed")
    return gettext("Moved on to “%(stage)s”") % {"stage": Stage(event.parameters["to"]).label}


def selection_sentence(event: WorkOrderEvent) -> str:
    frames = event.parameters.get("frames", 0)
    return ngettext(
        "The customer signed the selection sheet: %(frames)d frame",
        "The customer signed the selection sheet: %(frames)d frames",
        frames,
    ) % {"frames": frames}


def items_sentence(event: WorkOrderEvent) -> str:
    number = len(event.parameters.get("items", []))
    return ngettext(
        "The customer signed for %(number)d item", "The customer signed for %(number)d items", number
    ) % {"number": number}


KINDS.update(
    {
        "opened": _("The work order was opened"),
        "stage": stage_sentence,
        "ready": lambda event: READY.get(event.parameters.get("kind"), _("Ready")),
        "suggestion_noted": _("Noted what to suggest at the selection"),
        "selection_signed": selection_sentence,
        "item_made": _("Production finished an item"),
        "set_received": _("The complete set came to the front desk"),
        "items_signed": items_sentence,
        "promised": _("A promise was made"),
        "promise_kept": _("A promise was kept"),
    }
)

ICONS: dict[str, str] = {
    "opened": "clipboard-list",
    "stage": "arrow-right",
    "ready": "check",
    "suggestion_noted": "lightbulb",
    "selection_signed": "signature",
    "item_made": "hammer",
    "set_received": "package-check",
    "items_signed": "package-open",
    "promised": "handshake",
    "promise_kept": "circle-check",
}
"""The lucide icon of a kind; what has none is a plain dot."""


# --- Reading it --------------------------------------------------------------------------------
def entry(event: WorkOrderEvent) -> TimelineEntry:
    return TimelineEntry(
        at=event.at,
        actor=event.actor,
        text=event.sentence,
        icon=ICONS.get(event.kind, "circle"),
        link=event.work_order.get_absolute_url(),
    )


def of_customer(customer: Customer) -> Iterable[TimelineEntry]:
    """The source `workflow` of the customer's timeline."""
    events = WorkOrderEvent.objects.filter(work_order__booking__customer=customer)
    return [entry(event) for event in events.select_related("actor", "work_order")]
