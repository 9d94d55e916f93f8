"""What happened to an order, in sentences: for the customer's file and for the order's own page.

`KINDS` holds, for each kind of event, a sentence or a function from the event to one. Each part of the
workflow adds its kinds in a block of its own.
"""

from collections.abc import Iterable

from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from customers.models import Customer
from customers.registries import TimelineEntry
from studio.staff.models.branch import DepartmentKind
from workflow.models import Mood, ReadinessKind, Stage, WorkOrder, WorkOrderEvent
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


# --- The day of the shoot ---------------------------------------------------------------------
def arrived_sentence(event: WorkOrderEvent) -> str:
    number = len(event.parameters.get("members", []))
    return ngettext("%(number)d person arrived", "%(number)d people arrived", number) % {"number": number}


def department_in(event: WorkOrderEvent) -> dict[str, str]:
    kind = event.parameters.get("to", "")
    return {"department": str(DepartmentKind(kind).label) if kind in DepartmentKind.values else kind}


def mood_sentence(event: WorkOrderEvent) -> str:
    mood = event.parameters.get("mood", "")
    return gettext("Seen off: %(mood)s") % {"mood": Mood(mood).label if mood in Mood.values else mood}


def number_in(event: WorkOrderEvent) -> dict[str, int]:
    return {"number": event.parameters.get("number", 0)}


KINDS.update(
    {
        "arrived": arrived_sentence,
        "came_early": _("They came before the agreed time"),
        "sheet_issued": _("The work-order sheet was issued"),
        "handed_over": lambda event: gettext("Brought along: %(department)s") % department_in(event),
        "taken_over": lambda event: gettext("Taken over: %(department)s") % department_in(event),
        "returned": lambda event: gettext("Returned with a reason: %(department)s") % department_in(event),
        "withdrawn": _("The hand-off was taken back"),
        "look_shot": lambda event: gettext("Look %(number)d was shot") % number_in(event),
        "look_undone": lambda event: gettext("Look %(number)d was not shot that day") % number_in(event),
        "look_reopened": lambda event: gettext("Look %(number)d is to be shot again") % number_in(event),
        "seen_off": mood_sentence,
    }
)
ICONS.update(
    {
        "arrived": "door-open",
        "came_early": "clock",
        "sheet_issued": "clipboard-check",
        "handed_over": "arrow-right-left",
        "taken_over": "hand-helping",
        "returned": "undo-2",
        "withdrawn": "undo",
        "look_shot": "camera",
        "look_undone": "camera-off",
        "look_reopened": "rotate-ccw",
        "seen_off": "hand",
    }
)


TOLD_LATER = {"handed_over"}
"""Kept, and not read out: the line that ends it (taken over, returned, taken back) tells the same."""


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
    events = WorkOrderEvent.objects.filter(work_order__booking__customer=customer).exclude(
        kind__in=TOLD_LATER
    )
    return [entry(event) for event in events.select_related("actor", "work_order")]


def of_order(order: WorkOrder) -> Iterable[TimelineEntry]:
    """The order's own part of its timeline."""
    return [
        entry(event)
        for event in order.events.exclude(kind__in=TOLD_LATER).select_related("actor", "work_order")
    ]
