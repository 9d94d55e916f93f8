"""What a customer does before they come (R3.1), what to bring in this season, and the small cares (R3.4).

Sentences to read out on the telephone, and for the message and the customer's page, in the language that is
active: nothing here tells of money, taboos or anything else that stands in the file (R9.9). A branch's own
lines for an appointment and topic stand in place of the house's, and those in place of the program's.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import get_language, override

from bookings.models import Appointment
from customers.models import Member, MemberRole, Salutation
from workflow.advice_lines import OWN, OwnLine
from workflow.models import AdviceLine
from workflow.models.advice import TEXTS, AdviceTopic

Place = tuple[int | None, str, str]
"""(branch or None for the house, kind of appointment, topic)."""


@dataclass(frozen=True)
class Book:
    """The lines of some branches, fetched with one question, for any number of appointments."""

    written: dict[Place, list[AdviceLine]] = field(default_factory=dict)

    @classmethod
    def of(cls, branches: Iterable[int]) -> "Book":
        rows = AdviceLine.objects.filter(Q(branch__in=set(branches)) | Q(branch=None))
        written: dict[Place, list[AdviceLine]] = {}
        for line in rows.order_by("position", "pk"):
            written.setdefault((line.branch_id, line.appointment_kind, line.topic), []).append(line)
        return cls(written)

    def lines(self, appointment: Appointment, topic: str) -> list[str]:
        """The sentences that fit this appointment, each once."""
        sentences = [
            text_of(line)
            for line in self.written_for(appointment.branch_id, appointment.kind, topic)
            if fits(line, appointment)
        ]
        return list(dict.fromkeys(sentences))

    def written_for(self, branch: int, kind: str, topic: str) -> Iterable[AdviceLine | OwnLine]:
        """The branch's, else the house's, else the program's. Where somebody has written lines and switched
        them off, nothing is said: the program's do not come back."""
        for place in ((branch, kind, topic), (None, kind, topic)):
            if place in self.written:
                return [line for line in self.written[place] if line.is_active]
        return [line for line in OWN if (line.appointment_kind, line.topic) == (kind, topic)]

    def preparation(self, appointment: Appointment) -> list[str]:
        return self.lines(appointment, AdviceTopic.PREPARE)

    def bring(self, appointment: Appointment) -> list[str]:
        return self.lines(appointment, AdviceTopic.BRING)

    def caring_notes(self, appointment: Appointment) -> list[str]:
        return self.lines(appointment, AdviceTopic.CARE)


# --- For one appointment ----------------------------------------------------------------------
def preparation(appointment: Appointment) -> list[str]:
    """How to prepare: by kind of appointment, kind of package, season and who comes (R3.1)."""
    return Book.of([appointment.branch_id]).preparation(appointment)


def bring(appointment: Appointment) -> list[str]:
    """What to bring, in the season of the appointment (R3.4)."""
    return Book.of([appointment.branch_id]).bring(appointment)


def caring_notes(appointment: Appointment) -> list[str]:
    """The small cares (爱心提示, R3.4); way and parking come from the branch."""
    return Book.of([appointment.branch_id]).caring_notes(appointment)


# --- What fits --------------------------------------------------------------------------------
def fits(line: AdviceLine | OwnLine, appointment: Appointment) -> bool:
    month = timezone.localtime(appointment.starts_at, appointment.branch.zone).month
    return (
        (not line.package_kind or line.package_kind == package_kind_of(appointment))
        and (not line.person or line.person in persons_of(appointment.customer.members.all()))
        and in_season(month, months_of(line))
    )


def package_kind_of(appointment: Appointment) -> str:
    booking = appointment.booking
    return booking.package_version.package.kind if booking is not None else ""


def persons_of(members: Iterable[Member]) -> set[str]:
    """Which kinds of people will be in front of the camera; who only makes the calls is not."""
    found = set()
    for member in members:
        child = member.salutation == Salutation.CHILD or member.role == MemberRole.CHILD
        if member.role != MemberRole.CONTACT or child:
            found.add(Salutation.CHILD if child else Salutation(member.salutation))
    return {str(person) for person in found} or {str(Salutation.NONE)}


def months_of(line: AdviceLine | OwnLine) -> tuple[int, int] | None:
    if isinstance(line, OwnLine):
        return line.months
    if line.month_from is None or line.month_until is None:
        return None
    return line.month_from, line.month_until


def in_season(month: int, months: tuple[int, int] | None) -> bool:
    """From 11 to 2 is November to February."""
    if months is None:
        return True
    first, last = months
    return first <= month <= last if first <= last else month >= first or month <= last


def text_of(line: AdviceLine | OwnLine) -> str:
    return str(line.text) if isinstance(line, OwnLine) else line.text_in(get_language())


# --- Begun by the house -------------------------------------------------------------------------
def write_down_own() -> int:
    """The program's lines as lines of the house, to be changed, where it has none for an appointment and
    topic yet. Answers how many; two who press at once write them once."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('workflow.advice'))")
        house = AdviceLine.objects.filter(branch=None)
        there = set(house.values_list("appointment_kind", "topic"))
        rows = [
            written_down(line, position)
            for position, line in enumerate(OWN, start=1)
            if (line.appointment_kind, line.topic) not in there
        ]
        AdviceLine.objects.bulk_create(rows)
    return len(rows)


def written_down(line: OwnLine, position: int) -> AdviceLine:
    texts = {}
    for language, name in TEXTS.items():
        with override(language):
            texts[name] = str(line.text)
    first, last = line.months or (None, None)
    return AdviceLine(
        branch=None,
        appointment_kind=line.appointment_kind,
        topic=line.topic,
        package_kind=line.package_kind,
        person=line.person,
        month_from=first,
        month_until=last,
        position=position * 10,
        **texts,
    )
