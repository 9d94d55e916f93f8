"""What the shoot puts on somebody's day (Today): arrivals, offers, who is with me, looks not shot."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Exists, OuterRef
from django.utils.translation import gettext_lazy as _

from bookings import balances
from bookings.models import Appointment, AppointmentKind, AppointmentState, Booking
from studio.staff.duties import Case, Duty
from studio.staff.handover import notes_on
from studio.staff.models import Branch, CaseNote, User
from studio.staff.models.membership import DEPARTMENTS, FRONT
from workflow import cases, lines
from workflow.handoffs import departments_of
from workflow.house import Care, offered_to, with_people
from workflow.lines import Line
from workflow.models import Look, LookState, WorkOrder

EXPECTED = [AppointmentKind.SHOOT, AppointmentKind.SELECTION, AppointmentKind.PICKUP]


# --- Offered to my department -------------------------------------------------------------------
@dataclass(frozen=True)
class Offer:
    """A row of the house that waits for somebody here, with the words to answer and to introduce oneself."""

    care: Care
    line: Line


def offered(users: Iterable[User], branch: Branch, now: datetime) -> list[Offer]:
    """Who is brought to my department, or to that of whom I stand in for, and waits for "I take over" (R5.1,
    R8.1); the giver sees it as theirs."""
    people = list(users)
    me = people[0] if people else None
    departments = departments_of(people, branch)
    if me is None or not departments:
        return []
    return [
        Offer(row, row.line_to(row.hand_offs[0].to_department, receiver=me))
        for row in offered_to(departments, branch, now=now)
        if row.with_user.pk != me.pk
    ]


# --- With me ------------------------------------------------------------------------------------
def with_me(users: Iterable[User], branch: Branch, now: datetime) -> list[Care]:
    """Who is with me now. Only mine: a customer in the house is with a person, and not with who stands in."""
    return with_people(list(users)[:1], branch, now=now)


# --- Arrivals of today --------------------------------------------------------------------------
@dataclass(frozen=True)
class Arrival:
    """One party that is expected today: the brief before it comes (R9.2)."""

    appointment: Appointment
    order: WorkOrder
    taboos: list[Any]
    missing: list[Any]
    balance_line: str
    deputy_line: str
    note: CaseNote | None


def arrivals(users: Iterable[User], branch: Branch, now: datetime) -> list[Arrival]:
    """The customers of these owners who come today and are not here yet, with what is not ready for them."""
    people = list(users)
    start, end = branch.day_bounds(branch.today(now))
    appointments = (
        Appointment.objects.planned()
        .between(start, end)
        .filter(branch=branch, customer__owner__in=people, kind__in=EXPECTED)
        .filter(booking__state=Booking.State.OPEN, booking__work_order__isnull=False)
        .select_related("branch", "customer__owner", "booking__work_order__branch")
        .prefetch_related("customer__members", "customer__taboos", "readiness")
    )
    rows = list(appointments)
    balances.count(row.booking for row in rows)
    owing = {row.booking_id for row in rows if row.booking and row.booking.balance > 0}
    me = people[0] if people else None
    notes = notes_on(map(cases.arrival_key, rows), branch=branch, day=branch.today(now)) if rows else {}
    return [
        Arrival(
            appointment=row,
            order=order_of(row),
            taboos=[taboo for taboo in row.customer.taboos.all() if taboo.is_active],
            missing=[light for light in row.readiness.all() if light.done_at is None],
            balance_line=lines.balance_line() if row.booking_id in owing else "",
            deputy_line=deputy_words(row, me),
            note=notes.get(cases.arrival_key(row)),
        )
        for row in rows
    ]


def order_of(appointment: Appointment) -> WorkOrder:
    """The order of a date, with the sale whose balance is counted already."""
    booking = appointment.booking
    order: WorkOrder = booking.work_order  # type: ignore[union-attr]
    order.booking = booking  # type: ignore[assignment]
    return order


def deputy_words(appointment: Appointment, me: User | None) -> str:
    """The first words of who stands in for the owner (R8.2)."""
    owner = appointment.customer.owner
    if owner is None or me is None or owner.pk == me.pk:
        return ""
    return lines.deputy_line(owner, count=len(appointment.customer.members.all()))


# --- Looks that were not shot -------------------------------------------------------------------
def not_shot(users: Iterable[User], branch: Branch, now: datetime) -> list[Look]:
    """The owner is told of each look that was left undone, until it has a date of its own (F2)."""
    dated = Appointment.objects.planned().filter(
        booking=OuterRef("work_order__booking"), kind=AppointmentKind.SHOOT
    )
    since = Appointment.objects.filter(
        booking=OuterRef("work_order__booking"),
        kind=AppointmentKind.SHOOT,
        state=AppointmentState.HELD,
        starts_at__gt=OuterRef("at"),
    )
    looks = Look.objects.filter(
        ~Exists(dated),
        ~Exists(since),
        state=LookState.UNDONE,
        work_order__branch=branch,
        work_order__booking__state=Booking.State.OPEN,
        work_order__booking__customer__owner__in=list(users),
    )
    return list(looks.select_related("work_order__booking__customer__owner").order_by("at", "pk"))


def not_shot_cases(user: User, branch: Branch, day: date, now: datetime) -> list[Case]:
    return [
        Case(
            key=f"look:{look.pk}",
            title=_("Agree a date: %(look)s") % {"look": look.name},
            detail=look.why,
            link=f"{look.work_order.get_absolute_url()}#appointments",
            customer=look.work_order.booking.customer,
        )
        for look in not_shot([user], branch, now)
    ]


OFFERED = Duty(
    title=_("Brought to you"),
    template="workflow/day_offered.html",
    roles=frozenset(FRONT | DEPARTMENTS),
    items=offered,
    icon="arrow-right-left",
    order=5,
    cases=cases.booked,
)
WITH_ME = Duty(
    title=_("With you now"),
    template="workflow/day_with_me.html",
    roles=frozenset(FRONT | DEPARTMENTS),
    items=with_me,
    icon="user-check",
    order=6,
    link="workflow:house",
    cases=cases.held,
)
ARRIVALS = Duty(
    title=_("Arriving today"),
    template="workflow/day_arrivals.html",
    roles=frozenset(FRONT),
    items=arrivals,
    icon="door-open",
    order=10,
    cases=cases.arrivals,
)
NOT_SHOT = Duty(
    title=_("Not shot: agree a date"),
    template="workflow/day_not_shot.html",
    roles=frozenset(FRONT),
    items=not_shot,
    icon="camera-off",
    order=45,
    cases=not_shot_cases,
)
