"""Everything that happened to an order in one line of time: its stages and sheet, from hand to hand, what was
done for them, what was not, dates, money, messages, calls; what came in later too.

No amounts and no words of customers' troubles: departments read it too. Each source is one question or a
few, whatever the number of lines.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bookings import timeline as of_sale
from studio.staff.models import User
from workflow import call_history, hand_events, hand_timeline, timeline
from workflow.models import CareKind, LateRecord, LateState, WorkOrder
from workflow.order_messages import messages_of

MOST = 400
"""Lines on one page; an order has a few dozen, a wedding of three days perhaps two hundred."""


class Group(models.TextChoices):
    """What a line is about: the chips above the history."""

    ORDER = "order", gettext_lazy("The order")
    HANDS = "hands", gettext_lazy("From hand to hand")
    CARE = "care", gettext_lazy("Looked after")
    DATES = "dates", gettext_lazy("Dates")
    MONEY = "money", gettext_lazy("Sale and money")
    CONTACT = "contact", gettext_lazy("Calls and messages")


@dataclass(frozen=True)
class Line:
    """One line: when, who pressed (None: the system), the sentence, what it is about. `tone` is "", "ok" or
    "bad"; `quote` a sentence that somebody wrote."""

    at: datetime
    actor: User | None
    text: str
    icon: str
    group: str
    tone: str = ""
    quote: str = ""


@dataclass
class DayOfLines:
    """The lines of one day, the last first; folded unless it is the newest."""

    day: date
    lines: list[Line] = field(default_factory=list)
    is_open: bool = False


@dataclass(frozen=True)
class History:
    days: Sequence[DayOfLines]
    chosen: str
    chips: Sequence[tuple[str, Any, int]]
    number: int


def history(order: WorkOrder, *, chosen: str = "") -> History:
    """All lines, or those of one group; the chips count all."""
    newest = reversed(chain_of(order))  # of one moment what was written last stands first
    lines = sorted(newest, key=lambda line: line.at, reverse=True)[:MOST]
    counted = {group: sum(line.group == group for line in lines) for group in Group.values}
    chips = [(group.value, group.label, counted[group.value]) for group in Group if counted[group.value]]
    chosen = chosen if chosen in counted else ""
    shown = [line for line in lines if not chosen or line.group == chosen]
    return History(by_day(shown, order), chosen, chips, len(lines))


def by_day(lines: Iterable[Line], order: WorkOrder) -> list[DayOfLines]:
    days: dict[date, DayOfLines] = {}
    for line in lines:
        day = timezone.localtime(line.at, order.branch.zone).date()
        days.setdefault(day, DayOfLines(day, is_open=not days)).lines.append(line)
    return list(days.values())


def chain_of(order: WorkOrder) -> list[Line]:
    return [
        *of_events(order),
        *of_hands(order),
        *of_care(order),
        *of_booking(order),
        *of_contact(order),
        *of_late_records(order),
    ]


# --- Sources --------------------------------------------------------------------------------------
DATES = {"dated", "moved", "cancelled", "overtime", "confirmed", "another_time", "held", "missed"}
TOLD_BY_STAYS = {"arrived", "taken_over", "returned", "withdrawn", *hand_events.SENTENCES}
"""Events whose matter the stays and hand-offs tell with names and times."""
OF_THE_HOUSE = {"came_early", "sheet_issued", "seen_off", "paper_entered"}
GOOD = {"look_shot", "items_signed", "promise_kept", "selection_signed", "reshoot_done"}
BAD = {"look_undone", "undone", "undone_again", "reshoot", "on_hold"}


def of_events(order: WorkOrder) -> list[Line]:
    quotes = quotes_of(order)
    events = order.events.exclude(kind__in=timeline.TOLD_LATER | TOLD_BY_STAYS).select_related("actor")
    return [
        Line(
            event.at,
            event.actor,
            event.sentence,
            timeline.ICONS.get(event.kind, "circle"),
            Group.HANDS if event.kind in OF_THE_HOUSE else Group.ORDER,
            "ok" if event.kind in GOOD else "bad" if event.kind in BAD else "",
            next((quotes[pair] for pair in event.parameters.items() if is_quoted(pair, quotes)), ""),
        )
        for event in events
    ]


def quotes_of(order: WorkOrder) -> dict[tuple[str, Any], str]:
    """What somebody wrote, by what an event says it is about: events themselves hold ids only."""
    found: dict[tuple[str, Any], str] = {
        ("undone", row.pk): f"{row.name}: {row.why}" for row in order.undone.select_related("look")
    }
    found |= {("promise", row.pk): row.what for row in order.promises.all()}
    found |= {("on_hold", row.pk): row.why for row in order.on_hold.all()}
    return found | {("reshoot", row.pk): row.why for row in order.reshoots.all()}


def is_quoted(pair: tuple[str, Any], quotes: dict[tuple[str, Any], str]) -> bool:
    return isinstance(pair[1], int) and pair in quotes


def of_hands(order: WorkOrder) -> list[Line]:
    return [
        Line(at, actor, text, icon, Group.HANDS, "bad" if icon in {"siren", "undo-2"} else "")
        for at, actor, text, icon in hand_timeline.of_order(order)
    ]


def of_care(order: WorkOrder) -> list[Line]:
    icons = {
        "water": "cup-soda",
        "locker": "lock",
        "meal": "utensils",
        "look_in": "eye",
        "praise": "sparkles",
    }
    lines = []
    for row in order.care_notes.select_related("by", "ended_by"):
        words = str(CareKind(row.kind).label)
        text = f"{words} · {row.what}" if row.what else words
        lines.append(Line(row.at, row.by, text, icons.get(row.kind, "heart"), Group.CARE))
        if row.kind == CareKind.LOCKER and row.ended_at:
            emptied = _("Locker %(number)s was emptied") % {"number": row.what}
            lines.append(Line(row.ended_at, row.ended_by, emptied, "lock-open", Group.CARE))
    return lines


def of_booking(order: WorkOrder) -> list[Line]:
    events = order.booking.events.select_related("actor", "booking__work_order", "booking__customer")
    return [
        Line(
            event.at,
            event.actor,
            event.sentence,
            of_sale.ICONS.get(event.kind, "circle"),
            Group.DATES if event.kind in DATES else Group.MONEY,
        )
        for event in events
    ]


def of_contact(order: WorkOrder) -> list[Line]:
    calls = [
        Line(entry.at, entry.actor, entry.text, entry.icon, Group.CONTACT)
        for entry in call_history.of_order(order)
    ]
    return calls + [
        Line(
            message.finished_at,
            None,
            _("Message about the %(what)s: %(state)s")
            % {"what": message.reminder.appointment.get_kind_display(), "state": message.get_state_display()},
            "mail" if message.channel == "email" else "message-square",
            Group.CONTACT,
            "bad" if message.state in {"failed", "unknown", "expired"} else "",
        )
        for message in messages_of(order)
        if message.finished_at is not None
    ]


def of_late_records(order: WorkOrder) -> list[Line]:
    """What came in later, at the time at which it came in: who entered it for whom (F9)."""
    lines = []
    for row in LateRecord.objects.filter(work_order=order).select_related("actor", "entered_by"):
        sentence = (
            _("Does not fit the record, from %(when)s: kept to be settled")
            if row.state == LateState.CLASH
            else _("Entered later, for %(name)s, with the time %(when)s")
        )
        at = timezone.localtime(row.happened_at, order.branch.zone)
        text = sentence % {"name": row.actor.spoken_name, "when": f"{at:%H:%M}"}
        tone = "bad" if row.state == LateState.CLASH else ""
        lines.append(Line(row.received_at, row.entered_by, text, "history", Group.HANDS, tone, row.why))
    return lines
