"""Why each turn fell as it did, and who came and went, in the reader's language (R1.2)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from studio.staff.models import Branch, User
from workflow.models import AwayReason, RotationEvent, RotationTurn, TurnReason
from workflow.rotation_standings import Presence

PASSED_BECAUSE = {
    Presence.BUSY: gettext_lazy("receiving"),
    Presence.ON_PHONE: gettext_lazy("on the telephone"),
    Presence.AWAY: gettext_lazy("stepped away"),
    Presence.OFF: gettext_lazy("off today"),
    Presence.READY: gettext_lazy("keeps the turn"),
}
NAMED_SENTENCES = {
    TurnReason.NAMED: gettext_lazy("They asked for %(name)s."),
    TurnReason.TEAM: gettext_lazy("They asked for %(name)s, who is not here: a colleague of the same team."),
    TurnReason.DEPUTY: gettext_lazy("They asked for %(name)s, who is not here: who acts for %(name)s today."),
}
SENTENCES = {
    TurnReason.NEXT: gettext_lazy("Was next: fewest turns of those who were free."),
    TurnReason.MADE_UP: gettext_lazy("Makes up a missed turn."),
    TurnReason.OWNER: gettext_lazy("A returning customer goes to their owner."),
    TurnReason.DEPUTY: gettext_lazy("A returning customer; received for the owner, who is not here."),
    TurnReason.RETURNING: gettext_lazy("A returning customer who named nobody: was next."),
}


@dataclass(frozen=True)
class Explained:
    """One turn with its reason as a sentence, and who was passed over: (name, why)."""

    turn: RotationTurn
    why: str
    passed: list[tuple[str, str]]
    is_given_back: bool

    @property
    def passed_in_words(self) -> str:
        """“周敏 (receiving), 许静 (stepped away)”."""
        each = [
            pgettext("a colleague, and why not", "%(name)s (%(why)s)") % {"name": name, "why": why}
            for name, why in self.passed
        ]
        return pgettext("between the names of a list", ", ").join(each)


def explained(turns: Iterable[RotationTurn]) -> list[Explained]:
    """Two queries for any number of turns."""
    rows = list(turns)
    ids = {entry["consultant"] for turn in rows for entry in turn.passed_over}
    names = {person.pk: person.display_name for person in User.objects.filter(pk__in=ids)}
    return [Explained(turn, reason_of(turn), passed_of(turn, names), is_given_back(turn)) for turn in rows]


def is_given_back(turn: RotationTurn) -> bool:
    """It cost a turn at first, and then they turned out to be a returning customer."""
    visit = getattr(turn, "visit", None)
    return turn.counts and visit is not None and visit.turn_given_back


def reason_of(turn: RotationTurn) -> str:
    name = turn.named.display_name if turn.named else ""
    if turn.reason == TurnReason.FOR_NAMED:
        whys = [entry["why"] for entry in turn.passed_over if entry["consultant"] == turn.named_id]
        if set(whys) & {Presence.AWAY, Presence.OFF}:
            return _("They asked for %(name)s, who is not here: was next.") % {"name": name}
        return _("They asked for %(name)s, who is with somebody and keeps the turn: was next.") % {
            "name": name
        }
    sentences = NAMED_SENTENCES if turn.named_id and turn.reason in NAMED_SENTENCES else SENTENCES
    return str(sentences.get(TurnReason(turn.reason), turn.get_reason_display())) % {"name": name}


def passed_of(turn: RotationTurn, names: dict[int, str]) -> list[tuple[str, str]]:
    return [
        (names.get(entry["consultant"], "–"), str(PASSED_BECAUSE.get(entry["why"], entry["why"])))
        for entry in turn.passed_over
    ]


def comings_and_goings(branch: Branch, *, now: datetime) -> list[tuple[RotationEvent, str]]:
    """Today's history of the roster, the newest first, each event with the reason and what it cost."""
    events = RotationEvent.objects.filter(rotation__branch=branch, rotation__day=branch.today(now))
    rows = list(events.select_related("consultant", "actor").order_by("-at", "-id"))
    reasons = AwayReason.objects.in_bulk(
        {row.parameters["reason"] for row in rows if row.parameters.get("reason")}
    )
    return [(row, details_of(row, reasons)) for row in rows]


def details_of(event: RotationEvent, reasons: dict[int, AwayReason]) -> str:
    reason = reasons.get(event.parameters.get("reason") or 0)
    parts = [reason.name] if reason else []
    if forgone := event.parameters.get("forgone"):
        parts.append(_("turns not made up: %(count)d") % {"count": forgone})
    return " · ".join(parts)
