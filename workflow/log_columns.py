"""The columns of the visitor log (客流登记表): what they are called here, and what old logs call them."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from customers.models.customer import HeardFrom
from workflow.log_words import HEADINGS, WORDS, words_in
from workflow.models import LossReason, VisitOutcome
from workflow.models.visit import Interest, VisitorKind


@dataclass(frozen=True)
class Column:
    """One column: its name here, its width in a spreadsheet, and what stands in the template file."""

    key: str
    title: Any
    width: int
    example: str = ""


COLUMNS = (
    Column("day", _("Day"), 12, "2026-01-03"),
    Column("time", pgettext_lazy("visitor log", "Came at"), 9, "10:20"),
    Column("name", _("Name"), 20, "王勇 & 刘芳"),
    Column("phone", _("Telephone"), 18, "138 0013 8000"),
    Column("people", _("How many people"), 8, "2"),
    Column("consultant", _("Consultant"), 14),
    Column("heard_from", _("Heard of us from"), 16),
    Column("came_for", pgettext_lazy("visitor log", "What for"), 24),
    Column("visitor_kind", _("Kind of visitor"), 14),
    Column("interest", _("How far they had come"), 14),
    Column("wish_date", _("Wish date"), 12, "2026-05-01"),
    Column("outcome", _("Outcome"), 12),
    Column("loss_reason", _("Why not"), 18),
    Column("competitor", _("Which competitor"), 18),
    Column("greeted", _("Greeted at"), 9, "10:21"),
    Column("left", _("Left at"), 9, "11:05"),
    Column("notes", _("Notes"), 40),
)
KEYS = tuple(column.key for column in COLUMNS)
TITLES = {column.key: column.title for column in COLUMNS}

CHOICES: dict[str, list[tuple[str, Any]]] = {
    "outcome": [choice for choice in VisitOutcome.choices if choice[0] != VisitOutcome.OPEN],
    "loss_reason": list(LossReason.choices),
    "heard_from": list(HeardFrom.choices),
    "visitor_kind": list(VisitorKind.choices),
    "interest": list(Interest.choices),
}


def plain(text: str) -> str:
    """Without case, width, spaces and punctuation: “Came at:” and “came at” are one name."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return re.sub(r"[\W_]+", "", re.sub(r"[（(].*?[)）]", "", folded)) or re.sub(r"[\W_]+", "", folded)


def in_every_language(words: Iterable[Any]) -> list[str]:
    found = []
    for code, _name in settings.LANGUAGES:
        with translation.override(code):
            found += [str(word) for word in words]
    return found


@cache
def known_headings() -> Mapping[str, str]:
    """Every name of every column, as `plain`, with its key. Our own names win over the others."""
    found: dict[str, str] = {}
    ours = {column.key: in_every_language([column.title]) for column in COLUMNS}
    for names_of in (ours, words_in(HEADINGS)):
        for key, names in names_of.items():
            for name in names:
                found.setdefault(plain(name), key)
    return found


@cache
def known_words(key: str) -> Mapping[str, str]:
    """Every way to write a choice of this column, as `plain`, with its value."""
    found: dict[str, str] = {}
    for value, label in CHOICES[key]:
        for word in (value, *in_every_language([label])):
            found.setdefault(plain(word), value)
    for value, words in words_in(WORDS[key]).items():
        for word in words:
            found.setdefault(plain(word), value)
    return found


def columns_in(heading: Iterable[str]) -> dict[str, int]:
    """Which column stands where: {"day": 0, …}; the first of two with one name wins."""
    known, found = known_headings(), {}
    for place, name in enumerate(heading):
        key = known.get(plain(name)) if name else None
        if key and key not in found:
            found[key] = place
    return found
