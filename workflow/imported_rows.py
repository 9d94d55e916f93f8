"""A row of an old log, from what somebody typed years ago to values, or to a fault in words."""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, time
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers.models import Salutation
from customers.numbers import normalise_phone
from customers.party import MemberDraft
from studio.foundation.plain_text import clean, clean_lines
from studio.staff.models import Branch
from workflow import visits
from workflow.log_columns import known_words, plain

LENGTHS = {"name": 80, "came_for": 120, "competitor": 60, "notes": 2000}
FIRST_YEAR = 2000
SALUTATIONS = {
    "先生": Salutation.MR, "女士": Salutation.MS, "小姐": Salutation.MS, "太太": Salutation.MS,
}  # fmt: skip
SEVERAL_NAMES = re.compile(r"\s*[&＆、,，/+＋]\s*|\s+和\s+|\s+and\s+")
DAY = re.compile(r"(?:民國|民国)?\s*(\d{1,4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?")
PACKED_DAY = re.compile(r"(\d{4})(\d{2})(\d{2})")
TIME = re.compile(
    r"(上午|早上|中午|下午|晚上|傍晚|am|pm)?\s*(\d{1,2})\s*[:点點时時]\s*(?:(\d{1,2})|(半))?\s*分?(?::\d{1,2})?\s*(am|pm)?"
)
AFTERNOON = {"下午", "晚上", "傍晚", "pm"}

FAULTS = {
    "day_missing": gettext_lazy("The day is missing."),
    "day": gettext_lazy("This is no day. Write it as 2026-05-16."),
    "day_far": gettext_lazy("This day lies before the year 2000."),
    "future": gettext_lazy("This moment has not come yet."),
    "time": gettext_lazy("This is no time of day. Write it as 14:30."),
    "before": gettext_lazy("This lies before they came."),
    "too_long": gettext_lazy("This is too long."),
    "people": gettext_lazy("Between one and 60 people."),
    "word": gettext_lazy("This is none of the words that the log knows."),
    "outcome_missing": gettext_lazy("How did it end? Won, undecided or lost."),
    "not_lost": gettext_lazy("Only a lost visit has a reason."),
    "reason": gettext_lazy("Why was it lost? Choose the reason above."),
    "consultant": gettext_lazy("Who received them? Choose the colleague above."),
    "owner": gettext_lazy("This colleague cannot own customers any more. Choose who does above."),
    "won_nobody": gettext_lazy("A won visit needs a name."),
    "wish_date": gettext_lazy("The wish date lies between the day of the visit and five years later."),
}
"""What can be wrong with a cell; a wrong number says in its own words what to do."""


@dataclass(frozen=True)
class Fault:
    """`column` is the key of the column, `code` one of FAULTS, or "phone" with the sentence in `words`."""

    column: str
    code: str
    words: str = ""

    @property
    def sentence(self) -> str:
        return self.words or str(FAULTS[self.code])


@dataclass
class Read:
    """What a row says. Times are of its day; `reason_text` is a reason that nobody knows."""

    row: int
    day: date | None = None
    came: time | None = None
    greeted: time | None = None
    left: time | None = None
    members: list[MemberDraft] = field(default_factory=list)
    phone: str = ""
    consultant_text: str = ""
    reason_text: str | None = None
    fields: dict[str, Any] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    def fault(self, column: str, code: str, words: str = "") -> None:
        self.faults.append(Fault(column, code, words))


def read_row(row: int, cells: dict[str, str], *, branch: Branch) -> Read:
    """Everything that a row says by itself; who the people are is found out with the other rows."""
    read = Read(row, consultant_text=clean(cells.get("consultant", "")))
    for key in ("day", "came", "greeted", "left", "wish_date", "people", "phone"):
        READERS[key](read, cells, branch)
    for key in ("heard_from", "visitor_kind", "interest"):
        read.fields[key] = choice(read, key, cells.get(key, ""))
    for key in ("came_for", "competitor"):
        read.fields[key] = short(read, key, clean(cells.get(key, "")))
    read.fields["notes"] = short(read, "notes", clean_lines(cells.get("notes", "")))
    read.members = people_in(short(read, "name", clean(cells.get("name", ""))))
    read_outcome(read, cells)
    return read


# --- Days and times -------------------------------------------------------------------------
def day_in(text: str, *, region: str) -> date | None:
    """2026-05-16, 2026/5/16, 2026年5月16日, 20260516; in Taiwan also 115/5/16. None: no day."""
    text = unicodedata.normalize("NFKC", text).strip().split(" ")[0]
    found = PACKED_DAY.fullmatch(text) or DAY.fullmatch(text)
    if not found:
        return None
    year, month, day = (int(part) for part in found.groups())
    if year < 200 and (region == "TW" or "民" in text):
        year += 1911
    try:
        return date(year, month, day)
    except ValueError:
        return None


def time_in(text: str) -> time | None:
    """14:30, 下午2:30, 2:30 pm, 14点半, 14時30分, and the time behind a day. None: no time."""
    text = unicodedata.normalize("NFKC", text).strip().casefold()
    if DAY.match(text) and " " in text:
        text = text.split(" ", 1)[1]
    found = TIME.fullmatch(text.strip())
    if not found:
        return None
    before, hour, minute, half, after = found.groups()
    part, clock = before or after, int(hour)
    if part in AFTERNOON and clock < 12:
        clock += 12
    if part == "am" and clock == 12:
        clock = 0
    minutes = 30 if half else int(minute or 0)
    return time(clock, minutes) if clock < 24 and minutes < 60 else None


def read_day(read: Read, cells: dict[str, str], branch: Branch) -> None:
    text = cells.get("day", "")
    read.day = day_in(text, region=branch.region)
    if not text:
        read.fault("day", "day_missing")
    elif read.day is None:
        read.fault("day", "day")
    elif read.day.year < FIRST_YEAR:
        read.day = None
        read.fault("day", "day_far")


def read_time(read: Read, cells: dict[str, str], branch: Branch) -> None:
    """Where nobody wrote down when they came, it was when the shop opened."""
    text = cells.get("time", "")
    read.came = time_in(text) if text else time_in(cells.get("day", "")) or branch.opens_at
    if text and read.came is None:
        read.fault("time", "time")


def read_later(key: str) -> Callable[[Read, dict[str, str], Branch], None]:
    def reader(read: Read, cells: dict[str, str], branch: Branch) -> None:
        text = cells.get(key, "")
        moment = time_in(text) if text else None
        if text and moment is None:
            read.fault(key, "time")
        elif moment and read.came and moment < read.came:
            read.fault(key, "before")
        else:
            setattr(read, key, moment)

    return reader


def read_wish(read: Read, cells: dict[str, str], branch: Branch) -> None:
    text = cells.get("wish_date", "")
    wish = day_in(text, region=branch.region) if text else None
    if text and wish is None:
        read.fault("wish_date", "day")
    elif wish and read.day and not read.day <= wish <= read.day + visits.FARTHEST_WISH:
        read.fault("wish_date", "wish_date")
    read.fields["wish_date"] = wish


# --- Words and numbers ----------------------------------------------------------------------
def read_people(read: Read, cells: dict[str, str], branch: Branch) -> None:
    text = unicodedata.normalize("NFKC", cells.get("people", "")).strip().rstrip("人位个個名")
    count = int(text) if text.isascii() and text.isdigit() and len(text) < 4 else 0 if text else 2
    if not 1 <= count <= visits.MOST_PEOPLE:
        read.fault("people", "people")
    read.fields["party_size"] = count


def read_phone(read: Read, cells: dict[str, str], branch: Branch) -> None:
    text = cells.get("phone", "")
    if not text.strip():
        return
    try:
        read.phone = normalise_phone(text, region=branch.region)
    except ValidationError as error:
        read.fault("phone", "phone", str(error.messages[0]))


READERS: dict[str, Callable[[Read, dict[str, str], Branch], None]] = {
    "day": read_day,
    "came": read_time,
    "greeted": read_later("greeted"),
    "left": read_later("left"),
    "wish_date": read_wish,
    "people": read_people,
    "phone": read_phone,
}


def choice(read: Read, key: str, text: str) -> str:
    """The value of one of our words, in any of the three languages; empty stays empty."""
    if not text.strip():
        return ""
    value = word_in(key, text)
    if value is None:
        read.fault(key, "word")
    return value or ""


def word_in(key: str, text: str) -> str | None:
    return known_words(key).get(plain(text))


def short(read: Read, key: str, text: str) -> str:
    if len(text) > LENGTHS[key]:
        read.fault(key, "too_long")
    return text[: LENGTHS[key]]


def read_outcome(read: Read, cells: dict[str, str]) -> None:
    """Won, undecided, lost with its reason. A reason or a competitor alone says: lost."""
    reason, rival = clean(cells.get("loss_reason", "")), read.fields["competitor"]
    known = word_in("loss_reason", reason) if reason else "competitor" if rival else None
    outcome = choice(read, "outcome", cells.get("outcome", ""))
    if not outcome and not cells.get("outcome", "").strip():
        outcome = "lost" if reason or rival else ""
        if not outcome:
            read.fault("outcome", "outcome_missing")
    if outcome == "lost":
        if known is None:
            read.reason_text = reason
        read.fields["loss_reason"] = known or ""
    elif outcome and reason:
        read.fault("loss_reason", "not_lost")
    read.fields["outcome"] = outcome
    if rival and read.fields.get("loss_reason") != "competitor":
        keep_rival(read)


def keep_rival(read: Read) -> None:
    """A competitor beside another reason is not lost: it goes into the notes."""
    words = _("Competitor: %(name)s") % {"name": read.fields["competitor"]}
    read.fields["notes"] = "\n".join(filter(None, [read.fields["notes"], words]))[: LENGTHS["notes"]]
    read.fields["competitor"] = ""


def people_in(text: str) -> list[MemberDraft]:
    """张先生、李女士 are two people, with how to speak to them."""
    names = [name for name in SEVERAL_NAMES.split(text) if name][:6]
    return [person(name[:40]) for name in names]


def person(name: str) -> MemberDraft:
    for ending, salutation in SALUTATIONS.items():
        if name.endswith(ending) and len(name) > len(ending):
            return MemberDraft(name.removesuffix(ending), salutation)
    return MemberDraft(name)
