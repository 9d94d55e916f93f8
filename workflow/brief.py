"""The brief before a party comes (R9.2): know the need before they come, meet it before they ask.

What to mind stands first (R9.4). A brief is for who serves; nothing of it is ever shown to a customer (R9.9),
and the balance is in it as the polite line to say, without a figure (R4.3).
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import F, Window
from django.db.models.functions import RowNumber
from django.utils.translation import gettext as _

from bookings import balances
from bookings.models import Appointment, AppointmentKind, AppointmentState
from customers.models import Customer, Member, Observation
from studio.staff.models import Branch, User
from workflow import brief_joys, lines
from workflow.models import (
    CallTask,
    ContactState,
    Departure,
    FollowUpContact,
    Mood,
    Promise,
    Readiness,
    Undone,
    WorkOrder,
)

MOST_SEEN = 4
PLEASED = {Mood.SURPRISED, Mood.MOVED}


@dataclass(frozen=True)
class Said:
    """What was last said with them, by whom, when."""

    text: str
    at: datetime
    by: User | None


@dataclass
class Brief:
    order: WorkOrder
    appointment: Appointment | None
    members: list[Member]
    mind: list[str]
    """Special care and taboos: first (R9.4, R9.12)."""
    pleases: list[str]
    said: Said | None = None
    seen: list[Observation] = field(default_factory=list)
    promises: list[Promise] = field(default_factory=list)
    undone: list[Undone] = field(default_factory=list)
    missing: list[Readiness] = field(default_factory=list)
    balance_line: str = ""
    deputy_line: str = ""

    @property
    def customer(self) -> Customer:
        return self.order.booking.customer

    @property
    def hopes(self) -> str:
        """What they hope for, in their own words (R9.10)."""
        return self.order.booking.hopes

    @property
    def is_unconfirmed(self) -> bool:
        row = self.appointment
        return row is not None and row.kind == AppointmentKind.SHOOT and row.confirmation != "confirmed"


def of(
    orders: Iterable[WorkOrder],
    *,
    branch: Branch,
    reader: User | None,
    now: datetime,
    appointments: dict[int, Appointment] | None = None,
) -> dict[int, Brief]:
    """The briefs of these orders, by order; as many questions as for one. Members, taboos and owner of each
    customer are read by `.all()`: fetched before, they cost nothing. `appointments` says, by order, for what
    they come; without it, what is planned next."""
    rows = list(orders)
    if not rows:
        return {}
    ids = [row.booking.customer_id for row in rows]
    comes = appointments or next_dates(rows)
    said, seen, promises = last_said(ids), observed(ids), promised(ids)
    undone, left, missing = left_undone(rows), left_before(ids), not_ready(comes.values())
    balances.count(row.booking for row in rows)
    found = {}
    for row in rows:
        customer = row.booking.customer
        members = list(customer.members.all())
        comes_for = comes.get(row.pk)
        found[row.pk] = Brief(
            order=row,
            appointment=comes_for,
            members=members,
            mind=[*to_mind(customer), *to_make_good(left.get(customer.pk))],
            pleases=[
                *brief_joys.joys(
                    customer, members, day=branch.today(comes_for.starts_at if comes_for else now)
                ),
                *pleased(left.get(customer.pk)),
            ],
            said=said.get(customer.pk),
            seen=seen[customer.pk],
            promises=promises[customer.pk],
            undone=undone[row.pk],
            missing=missing[comes_for.pk] if comes_for else [],
            balance_line=lines.balance_line() if row.booking.balance > 0 else "",
            deputy_line=deputy_words(customer, reader),
        )
    return found


def to_mind(customer: Customer) -> list[str]:
    care = [customer.special_care] if customer.special_care else []
    return [*care, *(taboo.text for taboo in customer.taboos.all() if taboo.is_active)]


def deputy_words(customer: Customer, reader: User | None) -> str:
    """The first words of who stands in for the owner (R8.2)."""
    owner = customer.owner
    if owner is None or reader is None or owner.pk == reader.pk:
        return ""
    return lines.deputy_line(owner, count=len(customer.members.all()))


# --- One question for all of them --------------------------------------------------------------------
def next_dates(orders: list[WorkOrder]) -> dict[int, Appointment]:
    rows = Appointment.objects.filter(
        booking__in=[order.booking_id for order in orders], state=AppointmentState.PLANNED
    ).order_by("-starts_at")
    by_booking = {row.booking_id: row for row in rows}
    return {order.pk: by_booking[order.booking_id] for order in orders if order.booking_id in by_booking}


def last_said(customers: list[int]) -> dict[int, Said]:
    """The newest of what was noted at a call and what was said in a follow-up."""
    calls = (
        CallTask.objects.filter(customer__in=customers, done_at__isnull=False)
        .exclude(note="")
        .select_related("done_by")
        .order_by("customer_id", "-done_at")
        .distinct("customer_id")
    )
    contacts = (
        FollowUpContact.objects.filter(customer__in=customers, state=ContactState.MADE)
        .exclude(said="")
        .select_related("made_by")
        .order_by("customer_id", "-made_at")
        .distinct("customer_id")
    )
    found = {row.customer_id: Said(row.note, row.done_at, row.done_by) for row in calls if row.done_at}
    for row in contacts:
        before = found.get(row.customer_id)
        if row.made_at and (before is None or row.made_at > before.at):
            found[row.customer_id] = Said(row.said, row.made_at, row.made_by)
    return found


def observed(customers: list[int]) -> dict[int, list[Observation]]:
    """The last few things that somebody noticed (R9.5)."""
    place = Window(RowNumber(), partition_by=F("customer"), order_by=[F("at").desc(), F("pk").desc()])
    rows = (
        Observation.objects.filter(customer__in=customers).annotate(place=place).filter(place__lte=MOST_SEEN)
    )
    found: dict[int, list[Observation]] = defaultdict(list)
    for row in rows.order_by("-at", "-pk"):
        found[row.customer_id].append(row)
    return found


def promised(customers: list[int]) -> dict[int, list[Promise]]:
    found: dict[int, list[Promise]] = defaultdict(list)
    for row in Promise.objects.open().filter(customer__in=customers).order_by("by_when", "pk"):
        found[row.customer_id].append(row)
    return found


def left_undone(orders: list[WorkOrder]) -> dict[int, list[Undone]]:
    found: dict[int, list[Undone]] = defaultdict(list)
    for row in (
        Undone.objects.open().filter(work_order__in=orders).select_related("look").order_by("at", "pk")
    ):
        found[row.work_order_id].append(row)
    return found


def not_ready(appointments: Iterable[Appointment]) -> dict[int, list[Readiness]]:
    """What is still missing for what they come for (R6.1, R7.1)."""
    found: dict[int, list[Readiness]] = defaultdict(list)
    ids = [row.pk for row in appointments]
    for row in Readiness.objects.filter(appointment__in=ids, done_at=None).order_by("pk"):
        found[row.appointment_id].append(row)
    return found


def left_before(customers: list[int]) -> dict[int, Departure]:
    """How they left the last time that they were here (R9.3)."""
    rows = (
        Departure.objects.filter(work_order__booking__customer__in=customers)
        .order_by("work_order__booking__customer_id", "-at", "-pk")
        .distinct("work_order__booking__customer_id")
        .select_related("work_order__booking")
    )
    return {row.work_order.booking.customer_id: row for row in rows}


def pleased(departure: Departure | None) -> list[str]:
    """What was noted when they left moved may please again."""
    if departure is None or departure.mood not in PLEASED or not departure.note:
        return []
    words = {"mood": Mood(departure.mood).label, "note": departure.note}
    return [_("Last time they left %(mood)s: %(note)s") % words]


def to_make_good(departure: Departure | None) -> list[str]:
    if departure is None or departure.mood != Mood.UNHAPPY:
        return []
    return [_("They left unhappy last time: make it good today, from the first word.")]
