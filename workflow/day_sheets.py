"""The sheets of a day, on paper the evening before (F9): who comes when, and each order's staff sheet.

For the whole branch, for one department, for one colleague. No telephone numbers and no money: paper lies
about. The number of questions does not depend on how many come.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from django.utils.translation import gettext_lazy as _

from bookings.models import Appointment, AppointmentKind, AppointmentState, Booking, ResourceKind
from studio.staff.models import Branch
from studio.staff.models.branch import DepartmentKind
from workflow import sheet
from workflow.models import WorkOrder

KINDS = [AppointmentKind.SHOOT, AppointmentKind.SELECTION, AppointmentKind.PICKUP]
OF_DEPARTMENT: dict[str, tuple[frozenset[str], frozenset[str]]] = {
    DepartmentKind.STYLING: (
        frozenset({AppointmentKind.SHOOT}),
        frozenset({ResourceKind.ARTIST, ResourceKind.GOWN}),
    ),
    DepartmentKind.SHOOTING: (
        frozenset({AppointmentKind.SHOOT}),
        frozenset({ResourceKind.PHOTOGRAPHER, ResourceKind.FLOOR, ResourceKind.LOCATION}),
    ),
    DepartmentKind.SELECTION: (
        frozenset({AppointmentKind.SELECTION}),
        frozenset({ResourceKind.SELECTION_ROOM}),
    ),
    DepartmentKind.PRODUCTION: (frozenset({AppointmentKind.SELECTION, AppointmentKind.PICKUP}), frozenset()),
}
"""Kind of department → the dates that concern it, and the resources whose times are its own. The front desk
and the cashier see the whole day."""

ROOMS = {
    ResourceKind.FLOOR: _("Shooting floor"),
    ResourceKind.LOCATION: _("Location"),
    ResourceKind.SELECTION_ROOM: _("Selection room"),
    ResourceKind.VEHICLE: _("Vehicle"),
}


@dataclass(frozen=True)
class Wanted:
    """What of the day is asked for; empty: all of it."""

    department: str = ""
    person: int = 0


@dataclass(frozen=True)
class Coming:
    """One line of the overview, with its sheet."""

    appointment: Appointment
    order: WorkOrder
    people: list[tuple[Any, list[str]]]
    rooms: list[tuple[Any, list[str]]]
    gowns: list[str]
    times: list[tuple[datetime, datetime]]
    sheet: dict[str, Any]

    @property
    def care(self) -> str:
        return self.order.booking.customer.special_care


def tomorrow(branch: Branch, now: datetime) -> date:
    return branch.today(now) + timedelta(days=1)


def dates_of(branch: Branch, day: date) -> Any:
    """The dates of orders on this day that are to come or took place."""
    start, end = branch.day_bounds(day)
    return Appointment.objects.between(start, end).filter(
        branch=branch,
        kind__in=KINDS,
        state__in=[AppointmentState.PLANNED, AppointmentState.HELD],
        booking__work_order__isnull=False,
        booking__state=Booking.State.OPEN,
    )


def of_day(branch: Branch, day: date, *, now: datetime) -> list[Coming]:
    """Everybody who comes on this day, in the order of time."""
    found = list(dates_of(branch, day).order_by("starts_at", "pk").values_list("pk", "booking__work_order"))
    orders = {row.pk: row for row in sheet.orders(branch).filter(pk__in={order for _pk, order in found})}
    return [coming(date_in(orders[order], pk), orders[order], now=now) for pk, order in found]


def date_in(order: WorkOrder, pk: int) -> Appointment:
    """The date as it was fetched with the order, with what is held for it."""
    return next(row for row in order.booking.appointments.all() if row.pk == pk)


def narrowed(rows: Iterable[Coming], wanted: Wanted) -> list[Coming]:
    """What concerns this department or colleague, with their own times."""
    return [replace(row, times=times_of(row.appointment, wanted)) for row in rows if concerns(row, wanted)]


def coming(appointment: Appointment, order: WorkOrder, *, now: datetime) -> Coming:
    gowns = sheet.held_of(appointment, {ResourceKind.GOWN: ""})
    return Coming(
        appointment=appointment,
        order=order,
        people=sheet.held_of(appointment, sheet.PEOPLE),
        rooms=sheet.held_of(appointment, ROOMS),
        gowns=gowns[0][1] if gowns else [],
        times=[(appointment.starts_at, appointment.ends_at)],
        sheet=sheet.staff_copy(order, now=now),
    )


def times_of(appointment: Appointment, wanted: Wanted) -> list[tuple[datetime, datetime]]:
    """From when to when this department or colleague has them; without one, the whole date."""
    own = OF_DEPARTMENT.get(wanted.department, (frozenset(), frozenset()))[1]
    spans = {
        (allocation.used.lower, allocation.used.upper)
        for allocation in appointment.held
        if (wanted.person and allocation.resource.user_id == wanted.person)
        or (not wanted.person and allocation.resource.kind in own)
    }
    return sorted(spans) or [(appointment.starts_at, appointment.ends_at)]


def concerns(row: Coming, wanted: Wanted) -> bool:
    kinds = OF_DEPARTMENT.get(wanted.department, (frozenset(), frozenset()))[0]
    if kinds and row.appointment.kind not in kinds:
        return False
    if not wanted.person:
        return True
    people = {allocation.resource.user_id for allocation in row.appointment.held}
    return wanted.person in people or row.order.booking.customer.owner_id == wanted.person


def people_of(rows: Sequence[Coming]) -> list[tuple[int, str]]:
    """Who has something to do on this day, to choose one of them."""
    found: dict[int, str] = {}
    for row in rows:
        owner = row.order.booking.customer.owner
        users = [allocation.resource.user for allocation in row.appointment.held]
        for user in [owner, *users]:
            if user is not None:
                found[user.pk] = user.display_name
    return sorted(found.items(), key=lambda one: one[1])
