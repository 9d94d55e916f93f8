"""A sheet signed on paper, line by line (F9): read as it stands, with the branch's day and the true times,
and checked as a whole before anything is written."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.utils.translation import gettext as _

from customers.models import Member
from studio.foundation.templatetags.studio import local_time
from studio.staff.models import Department, User
from workflow.models import Look, StayKind


@dataclass(frozen=True)
class PaperRow:
    """One signed line: these members with `user` in `department`, from `since` until `until` (None: still).

    `alone_before`: it says so that nobody was with them between the line before and this one. `number` is
    its place on the form, for the sentence about it."""

    number: int
    members: tuple[Member, ...]
    department: Department
    user: User
    since: datetime
    until: datetime | None
    kind: str = StayKind.WITH
    place: str = ""
    look: Look | None = None
    alone_before: bool = False


@dataclass(frozen=True)
class Fault:
    """What is wrong with the line `number` (0: with the whole sheet), at which field."""

    number: int
    field: str
    sentence: str


class WrongSheet(Exception):
    """The lines do not make a day that can have been."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = list(faults)
        super().__init__(" ".join(fault.sentence for fault in self.faults))


@dataclass
class Day:
    """The lines of one member, in the order of time."""

    member: Member
    rows: list[PaperRow] = field(default_factory=list)

    @property
    def since(self) -> datetime:
        return self.rows[0].since

    @property
    def until(self) -> datetime | None:
        return self.rows[-1].until


def days_of(rows: Sequence[PaperRow]) -> list[Day]:
    """The same lines by member; in the order of the sheet, which is the order of time or it is wrong."""
    found: dict[int, Day] = {}
    for row in rows:
        for member in row.members:
            found.setdefault(member.pk, Day(member)).rows.append(row)
    return list(found.values())


def faults_of(rows: Sequence[PaperRow], *, now: datetime) -> list[Fault]:
    """Everything that can't be: the future, ends before beginnings, two hands at once, holes that nobody
    wrote down (R5.1), a look ticked twice."""
    if not rows:
        return [Fault(0, "", _("Write at least one line of the sheet."))]
    faults = [fault for row in rows for fault in faults_of_row(row, now=now)]
    if not faults:
        faults = [fault for day in days_of(rows) for fault in faults_of_day(day)]
    ticked: set[int] = set()
    for row in rows:
        if row.look is not None and row.look.pk in ticked:
            faults.append(Fault(row.number, "look", _("This look is ticked on another line already.")))
        if row.look is not None:
            ticked.add(row.look.pk)
    return list({(fault.number, fault.field): fault for fault in reversed(faults)}.values())[::-1]


def faults_of_row(row: PaperRow, *, now: datetime) -> list[Fault]:
    if row.since > now:
        return [Fault(row.number, "since", _("This lies in the future: write down what has been."))]
    if row.until is not None and row.until > now:
        return [Fault(row.number, "until", _("This lies in the future: write down what has been."))]
    if row.until is not None and row.until <= row.since:
        return [Fault(row.number, "until", _("Out lies before In. Which of the two is right?"))]
    return []


def faults_of_day(day: Day) -> list[Fault]:
    """Each line of one member begins where the one before ended, or says that they were alone."""
    faults = []
    name = day.member.name
    for before, row in zip(day.rows, day.rows[1:], strict=False):
        if before.until is None:
            sentence = _("When did %(name)s go on from here? Only the last line may be without Out.")
            faults.append(Fault(before.number, "until", sentence % {"name": name}))
        elif row.since < before.until:
            words = {"name": name, "colleague": before.user.spoken_name, "time": local_time(before.until)}
            sentence = _("%(name)s was with %(colleague)s until %(time)s.")
            faults.append(Fault(row.number, "since", sentence % words))
        elif row.since > before.until and not row.alone_before:
            words = {"name": name, "from": local_time(before.until), "until": local_time(row.since)}
            sentence = _(
                "Who was with %(name)s from %(from)s to %(until)s? If nobody was, tick “alone before that”."
            )
            faults.append(Fault(row.number, "since", sentence % words))
    if day.rows[0].alone_before:
        sentence = _("Before the first line they were not here yet.")
        faults.append(Fault(day.rows[0].number, "alone_before", sentence))
    return faults
