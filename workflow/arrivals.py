"""Who comes today (R4.1, R9.2): expected, at the door, and who did not come."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bookings import till
from bookings.models import Appointment, AppointmentKind, AppointmentState, Booking
from customers import files
from customers.contact_wishes import first_number
from customers.models import ContactPoint, Member, MemberRole, Salutation
from customers.names import clean
from customers.party import MOST_MEMBERS, MemberDraft, drafts_of
from studio.staff.duties import Case, Duty
from studio.staff.handover import notes_on
from studio.staff.models import Branch, CaseNote, User
from studio.staff.models.membership import FRONT
from workflow import brief, cases, checks
from workflow.brief import Brief
from workflow.gates import Missing
from workflow.models import Presence, WorkOrder
from workflow.refusals import NeedsReason

EXPECTED = [AppointmentKind.SHOOT, AppointmentKind.SELECTION, AppointmentKind.PICKUP]
LATE_AFTER = timedelta(minutes=15)
LOOKED_BACK = timedelta(days=60)
"""Who did not come is called within this time; later the readiness and follow-up of the order speak."""


# --- Expected today -----------------------------------------------------------------------------
@dataclass(frozen=True)
class Arrival:
    """One party that is expected today, with the brief before it comes (R9.2)."""

    appointment: Appointment
    order: WorkOrder
    brief: Brief
    note: CaseNote | None
    now: datetime

    @property
    def taboos(self) -> list[Any]:
        return [taboo for taboo in self.appointment.customer.taboos.all() if taboo.is_active]

    @property
    def missing(self) -> list[Any]:
        return self.brief.missing

    @property
    def balance_line(self) -> str:
        return self.brief.balance_line

    @property
    def deputy_line(self) -> str:
        return self.brief.deputy_line

    @property
    def is_late(self) -> bool:
        """The agreed time has gone by without them."""
        return self.now >= self.appointment.starts_at + LATE_AFTER


def arrivals(users: Iterable[User], branch: Branch, now: datetime) -> list[Arrival]:
    """The customers of these owners who come today and are not here yet, with what is not ready for them."""
    people, day = list(users), branch.today(now)
    appointments = (
        Appointment.objects.planned()
        .between(*branch.day_bounds(day))
        .filter(branch=branch, customer__owner__in=people, kind__in=EXPECTED)
        .filter(booking__state=Booking.State.OPEN, booking__work_order__isnull=False)
        .select_related("branch", "customer__owner", "booking__work_order__branch")
        .prefetch_related("customer__members", "customer__taboos")
    )
    rows = list(appointments)
    orders = [order_of(row) for row in rows]
    comes = {order.pk: row for order, row in zip(orders, rows, strict=True)}
    reader = people[0] if people else None
    briefs = brief.of(orders, branch=branch, reader=reader, now=now, appointments=comes)
    notes = notes_on(map(cases.arrival_key, rows), branch=branch, day=day) if rows else {}
    return [
        Arrival(row, order, briefs[order.pk], notes.get(cases.arrival_key(row)), now)
        for order, row in zip(orders, rows, strict=True)
    ]


def order_of(appointment: Appointment) -> WorkOrder:
    """The order of a date, with the sale whose balance is counted already."""
    booking = appointment.booking
    assert booking is not None
    order: WorkOrder = booking.work_order
    booking.customer = appointment.customer
    order.booking = booking
    return order


# --- At the door ----------------------------------------------------------------------------------
@dataclass(frozen=True)
class Checked:
    """One of the three things that are checked at the door (R4.1), with what mends it."""

    name: str
    word: Any
    state: str
    """ok, missing, or waiting: something else comes first."""
    lacks: list[Missing]

    @property
    def icon(self) -> str:
        return {"ok": "check", "missing": "x", "waiting": "hourglass"}[self.state]


def checked(order: WorkOrder, *, now: datetime) -> list[Checked]:
    """Package, payment, sheet: each with its light and the one press that mends it (R4.1)."""
    package = [*no_looks(order), *checks.terms(order, now)]
    payment = checks.earnest(order, now)
    here = Presence.objects.filter(work_order=order, left_at=None).exists()
    if order.sheet_issued_at is not None:
        sheet = "ok"
    else:
        sheet = "missing" if here and not package and not payment else "waiting"
    return [
        Checked("package", _("Package"), "missing" if package else "ok", package),
        Checked("payment", _("Payment"), "missing" if payment else "ok", payment),
        Checked("sheet", _("Work-order sheet"), sheet, []),
    ]


def no_looks(order: WorkOrder) -> list[Missing]:
    if order.looks.exists():
        return []
    sentence = _("The package has no looks: check what was ordered.")
    return [Missing("looks", sentence, checks.where(order), action=_("Look at the order"))]


def owes(order: WorkOrder) -> bool:
    return till.balance(order.booking) > 0


def come_along(
    order: WorkOrder, *, name: str, salutation: str = "", by: User | None, now: datetime
) -> Member:
    """Somebody whom the file does not know has come along (R5.6): from now on it does, as a guest. Who is in
    it by that name already is that person."""
    name, customer = clean(name)[:40], order.booking.customer
    if not name:
        raise NeedsReason(_("Write down at least one name."))
    there = next((member for member in customer.members.all() if member.name == name), None)
    if there is not None:
        return there
    known = salutation if salutation in Salutation.values else Salutation.NONE
    drafts = drafts_of(customer)
    if len(drafts) >= MOST_MEMBERS:
        sentence = _("A file holds up to %(count)d people; write the others into the notes.")
        raise NeedsReason(sentence % {"count": MOST_MEMBERS})
    drafts.append(MemberDraft(name, known, MemberRole.GUEST))
    try:
        files.edit_file(customer, version=None, by=by, now=now, members=drafts)
    except ValidationError as refusal:
        raise NeedsReason(" ".join(refusal.messages)) from refusal
    return Member.objects.get(customer=customer, name=name)


# --- They did not come ------------------------------------------------------------------------------
@dataclass(frozen=True)
class Absent:
    """A date that went by without them and has no other yet: call them, and agree one."""

    appointment: Appointment
    order: WorkOrder
    number: ContactPoint | None

    @property
    def customer(self) -> Any:
        return self.appointment.customer


def did_not_come(users: Iterable[User], branch: Branch, now: datetime) -> list[Absent]:
    """Whom these owners call about a date that went by without them, the latest first, until there is another
    date of the kind or the order ends."""
    other = Appointment.objects.filter(
        booking=OuterRef("booking"),
        kind=OuterRef("kind"),
        state__in=[AppointmentState.PLANNED, AppointmentState.HELD],
    )
    rows = (
        Appointment.objects.filter(
            ~Exists(other),
            branch=branch,
            state=AppointmentState.MISSED,
            kind__in=EXPECTED,
            starts_at__gte=now - LOOKED_BACK,
            customer__owner__in=list(users),
            booking__state=Booking.State.OPEN,
            booking__work_order__isnull=False,
        )
        .select_related("customer__owner", "customer__contact_wish", "booking__work_order__branch")
        .prefetch_related("customer__contact_points")
        .order_by("-starts_at", "-pk")
    )
    newest: dict[tuple[int | None, str], Appointment] = {}
    for row in rows:
        newest.setdefault((row.booking_id, row.kind), row)
    return [Absent(row, order_of(row), first_number(row.customer)) for row in newest.values()]


def absent_cases(user: User, branch: Branch, day: date, now: datetime) -> list[Case]:
    return [
        Case(
            key=f"missed:{row.appointment.pk}",
            title=_("They did not come: %(what)s") % {"what": row.appointment.get_kind_display()},
            detail=row.order.booking.number,
            link=f"{row.order.get_absolute_url()}#appointments",
            customer=row.customer,
        )
        for row in did_not_come([user], branch, now)
    ]


ARRIVALS = Duty(
    title=gettext_lazy("Arriving today"),
    template="workflow/day_arrivals.html",
    roles=frozenset(FRONT),
    items=arrivals,
    icon="door-open",
    order=10,
    cases=cases.arrivals,
)
DID_NOT_COME = Duty(
    title=gettext_lazy("Did not come: call them"),
    template="workflow/day_did_not_come.html",
    roles=frozenset(FRONT),
    items=did_not_come,
    icon="user-x",
    order=12,
    cases=absent_cases,
    extra={"silent": True},
)
