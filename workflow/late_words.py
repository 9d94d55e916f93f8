"""How a record that came in later reads: what was pressed, and why it does not fit (F9)."""

from collections.abc import Callable, Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from studio.foundation.templatetags.studio import local_time
from studio.outbox.alert_words import AlertKind, Parameters
from workflow import timeline
from workflow.models import LateRecord, LateState, WorkOrderEvent, work_order

PRESSED = {
    "offer": gettext_lazy("brought them along"),
    "accept": gettext_lazy("took them over"),
    "together": gettext_lazy("took them over"),
    "return": gettext_lazy("returned them, with a reason"),
    "withdraw": gettext_lazy("took the offer back"),
    "look_shot": gettext_lazy("ticked a look"),
    "look_done": gettext_lazy("ticked a look and brought them along"),
    "step_out": gettext_lazy("stepped out with them"),
    "come_back": gettext_lazy("came back with them"),
    "location": gettext_lazy("left for the location with them"),
    "location_back": gettext_lazy("came back from the location with them"),
    "take_care": gettext_lazy("went to them, who stood alone"),
    "alone": gettext_lazy("said that they stand alone"),
    "sheet": gettext_lazy("entered from the sheet on paper"),
}
WHY = {
    "future": gettext_lazy("The time lies in the future: the clock of that screen is wrong."),
    "too_old": gettext_lazy("It happened more than a day before it came in."),
    "not_here": gettext_lazy("By the record they were not in the house then."),
    "taken": gettext_lazy("A colleague took them over."),
    "ended": gettext_lazy("The offer was taken back or returned meanwhile."),
    "moved": gettext_lazy("By the record somebody else had them."),
    "on_the_way": gettext_lazy("They were on the way to another department."),
    "look_undone": gettext_lazy("It was written down that this look was not shot."),
    "over": gettext_lazy("The shoot was over."),
    "refused": gettext_lazy("It could not be done as things stood."),
}


def pressed(kind: str) -> str:
    return str(PRESSED.get(kind, kind))


def why(record: LateRecord) -> str:
    return str(WHY.get(record.clash.get("code", ""), ""))


def said(record: LateRecord) -> str:
    """To the page that sent it."""
    time = {"time": local_time(record.happened_at)}
    if record.state == LateState.CARRIED_OUT:
        return _("Entered with its time, %(time)s.") % time
    if record.state == LateState.SETTLED:
        return _("This was settled meanwhile (%(time)s).") % time
    words = {**time, "why": why(record)}
    return _("Pressed at %(time)s, and it does not fit the record: %(why)s It is kept to be settled.") % words


# --- The bell -------------------------------------------------------------------------------------
def sentences(several: Sequence[Parameters]) -> list[str]:
    ids = [one.get("record", 0) for one in several]
    rows = LateRecord.objects.select_related("actor", "work_order__booking__customer").in_bulk(ids)
    return [ring_words(rows.get(one.get("record", 0))) for one in several]


def ring_words(record: LateRecord | None) -> str:
    if record is None:
        return _("A record that came in later does not fit.")
    words = {
        "customer": record.work_order.booking.customer.name,
        "colleague": record.actor.spoken_name,
        "what": pressed(record.kind),
        "time": local_time(record.happened_at),
    }
    return _(
        "%(customer)s: by the page of %(colleague)s they %(what)s at %(time)s. The record says otherwise."
    ) % words  # fmt: skip


sentence: Callable[[Parameters], str] = lambda one: sentences([one])[0]  # noqa: E731
KINDS: dict[str, Any] = {
    "late_clash": AlertKind(sentence, icon="git-compare-arrows", sentences=sentences),
}


# --- The timeline ---------------------------------------------------------------------------------
def settled(event: WorkOrderEvent) -> str:
    if event.parameters.get("kept") == "pressed":
        return _("Settled: it was as it was pressed")
    return _("Settled: it was as it is recorded")


def register() -> None:
    """How the line of time tells what was entered afterwards."""
    work_order.KINDS.update({"late_settled": settled})
    timeline.ICONS.update({"late_settled": "git-compare-arrows"})
