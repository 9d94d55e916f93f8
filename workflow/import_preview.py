"""What an import would write, row by row: who received, whose customer, what is there, what is wrong."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from customers import files
from customers.models import ContactKind, ContactPoint, Customer
from studio.staff.models import Branch, User
from workflow.imported_rows import Fault, Read, read_row
from workflow.log_columns import plain
from workflow.models import LossReason, Visit, VisitImport, VisitOutcome
from workflow.visitor_log import between


@dataclass
class Line:
    """One row as it would be written. `same_as` is the earlier row of the file with the same new number."""

    read: Read
    faults: list[Fault]
    arrived_at: datetime | None = None
    greeted_at: datetime | None = None
    ended_at: datetime | None = None
    consultant: User | None = None
    owner: User | None = None
    customer: Customer | None = None
    opens_file: bool = False
    same_as: int | None = None
    is_duplicate: bool = False

    @property
    def row(self) -> int:
        return self.read.row

    @property
    def fate(self) -> str:
        """What becomes of it: fault, duplicate, known, opens, same, anonymous."""
        if self.faults:
            return "fault"
        if self.is_duplicate:
            return "duplicate"
        if self.customer:
            return "known"
        return "same" if self.same_as else "opens" if self.opens_file else "anonymous"

    @property
    def is_written(self) -> bool:
        return self.fate not in ("fault", "duplicate")

    @property
    def outcome(self) -> str:
        return str(self.read.fields["outcome"])

    @property
    def name(self) -> str:
        return " & ".join(member.name for member in self.read.members)

    @property
    def outcome_word(self) -> str:
        return str(VisitOutcome(self.outcome).label) if self.outcome else ""

    @property
    def loss_word(self) -> str:
        reason = self.read.fields.get("loss_reason", "")
        return str(LossReason(reason).label) if reason else ""


@dataclass
class Preview:
    """All the rows, and what only a manager can answer: texts that stand for a colleague or a reason."""

    lines: list[Line]
    who: list[str] = field(default_factory=list)
    why: list[str] = field(default_factory=list)
    asks_owner: bool = False

    @property
    def counts(self) -> Counter[str]:
        return Counter(line.fate for line in self.lines)

    @property
    def written(self) -> int:
        return sum(line.is_written for line in self.lines)

    def of(self, fate: str) -> list[Line]:
        return [line for line in self.lines if line.fate == fate]


class People:
    """The colleagues of a branch, past and present, under every name that a log may use for them."""

    def __init__(self, branch: Branch) -> None:
        everybody = User.objects.filter(memberships__branch=branch).distinct().order_by("pk")
        self.by_pk = {user.pk: user for user in everybody}
        self.owners = {user.pk for user in files.owners_of(branch)}
        self.named: dict[str, set[int]] = {}
        for user in self.by_pk.values():
            for name in {plain(user.display_name), plain(user.called), plain(user.username)} - {""}:
                self.named.setdefault(name, set()).add(user.pk)

    def find(self, text: str, answers: dict[str, int]) -> User | None:
        """Who was meant: what the manager said, or the only one of this name."""
        if answer := answers.get(text):
            return self.by_pk.get(answer)
        found = self.named.get(plain(text), set()) if text else set()
        return self.by_pk[next(iter(found))] if len(found) == 1 else None


def preview_of(entry: VisitImport, *, now: datetime) -> Preview:
    """A handful of queries, however many rows: the answers and the log are looked at as they are now."""
    branch, answers = entry.branch, entry.answers
    people = People(branch)
    reads = [read_row(row["row"], row["cells"], branch=branch) for row in entry.rows]
    who, why = unknown_texts(reads, people, answers)
    lines = [line_of(read, branch=branch, people=people, answers=answers, now=now) for read in reads]
    asks_owner = attach(lines, branch, people, people.by_pk.get(answers.get("owner") or 0))
    mark_duplicates(lines, branch)
    return Preview(lines, who, why, asks_owner)


def unknown_texts(reads: list[Read], people: People, answers: dict[str, Any]) -> tuple[list[str], list[str]]:
    """Each name and reason that nobody knows, once, in the order in which they come; answered ones stay."""
    who = dict.fromkeys(read.consultant_text for read in reads if not people.find(read.consultant_text, {}))
    why = dict.fromkeys(read.reason_text for read in reads if read.reason_text is not None)
    return list(who), [text for text in why if text is not None]


def line_of(read: Read, *, branch: Branch, people: People, answers: dict[str, Any], now: datetime) -> Line:
    line = Line(read, list(read.faults))
    line.consultant = people.find(read.consultant_text, answers.get("consultants", {}))
    if line.consultant is None:
        line.faults.append(Fault("consultant", "consultant"))
    if read.reason_text is not None:
        reason = answers.get("reasons", {}).get(read.reason_text, "")
        read.fields["loss_reason"] = reason if reason in LossReason.values else ""
        if not read.fields["loss_reason"]:
            line.faults.append(Fault("loss_reason", "reason"))
    if read.fields["outcome"] == "won" and not read.members and not read.phone:
        line.faults.append(Fault("name", "won_nobody"))
    if read.day and read.came:
        set_times(line, branch, now)
    return line


def set_times(line: Line, branch: Branch, now: datetime) -> None:
    """Moments by the branch's clock. Nobody wrote down when they left: an hour after they came."""
    read = line.read
    assert read.day is not None and read.came is not None
    line.arrived_at = branch.at(read.day, read.came)
    if line.arrived_at > now:
        line.faults.append(Fault("day", "future"))
    line.greeted_at = branch.at(read.day, read.greeted) if read.greeted else None
    line.ended_at = branch.at(read.day, read.left) if read.left else line.arrived_at + timedelta(hours=1)


def attach(lines: Iterable[Line], branch: Branch, people: People, instead: User | None) -> bool:
    """A known number is the known customer; a new one with a name opens a file, once; the rest stay nameless.

    A new file belongs to who received them, if they can own one, else to `instead`. Whether that is needed.
    """
    lines = list(lines)
    known, asks = known_numbers(lines, branch), False
    opened: dict[str, int] = {}
    for line in lines:
        phone = line.read.phone
        line.customer = known.get(phone)
        if line.customer or line.faults:
            continue
        if phone in opened:
            line.same_as = opened[phone]
        elif line.read.members and (phone or line.outcome == "won"):
            assert line.consultant is not None
            asks = asks or line.consultant.pk not in people.owners
            line.owner = next(
                (one for one in (line.consultant, instead) if one and one.pk in people.owners), None
            )
            if line.owner is None:
                line.faults.append(Fault("consultant", "owner"))
                continue
            line.opens_file = True
            opened |= {phone: line.row} if phone else {}
        elif line.outcome == "won":
            line.faults.append(Fault("name", "won_nobody"))
    return asks


def known_numbers(lines: Iterable[Line], branch: Branch) -> dict[str, Customer]:
    points = ContactPoint.objects.filter(
        branch=branch,
        kind=ContactKind.PHONE,
        is_wrong=False,
        value__in={line.read.phone for line in lines if line.read.phone},
    )
    return {point.value: point.customer for point in points.select_related("customer__owner")}


def mark_duplicates(lines: Iterable[Line], branch: Branch) -> None:
    """The same day, time and customer is in the log already, or earlier in the file; of nameless visits as
    many as an earlier import brought in at that time for that colleague."""
    timed = [line for line in lines if line.arrived_at and not line.faults]
    if not timed:
        return
    moments = [line.arrived_at for line in timed if line.arrived_at]
    first, last = branch.today(min(moments)), branch.today(max(moments))
    there: Counter[tuple[Any, ...]] = Counter()
    rows = between(branch, first, last).order_by()
    for at, customer, consultant, imported in rows.values_list(
        "arrived_at", "customer", "consultant", "imported"
    ):
        minute = at.replace(second=0, microsecond=0)
        if customer:
            there[(minute, customer)] += 1
        elif imported:
            there[(minute, "nobody", consultant)] += 1
    seen: set[tuple[Any, ...]] = set()
    for line in timed:
        key, number = key_of(line), (line.arrived_at, line.read.phone)
        if line.read.phone and number in seen:
            line.is_duplicate = True
        elif there[key]:
            line.is_duplicate = True
            there[key] -= 0 if line.customer else 1
        seen.add(number)


def key_of(line: Line) -> tuple[Any, ...]:
    if line.customer:
        return (line.arrived_at, line.customer.pk)
    if line.opens_file or line.same_as:
        return (line.arrived_at, line.read.phone)
    return (line.arrived_at, "nobody", line.consultant.pk if line.consultant else None)


def visit_from(line: Line, entry: VisitImport, customer: Customer | None) -> Visit:
    """The visit that a row becomes: no turn, no plan, no message."""
    fields = dict(line.read.fields)
    if customer is None:
        fields["notes"] = with_who(line, fields["notes"])
    assert line.arrived_at is not None and line.consultant is not None
    return Visit(
        branch=entry.branch,
        customer=customer,
        consultant=line.consultant,
        arrived_at=line.arrived_at,
        greeted_at=line.greeted_at,
        ended_at=line.ended_at,
        imported=entry,
        **fields,
    )


def with_who(line: Line, notes: str) -> str:
    """A name without a number, or a number without a name, opens no file; the words stay in the notes."""
    told = " ".join(filter(None, [line.name, line.read.phone]))
    return "\n".join(filter(None, [notes, told]))[:2000]
