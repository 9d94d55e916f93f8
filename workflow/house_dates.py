"""What was planned for the day of a party in the house: who, in which room, and until when for which look."""

from collections.abc import Iterable
from datetime import datetime

from bookings.models import Allocation, Appointment, AppointmentKind, AppointmentState, ResourceKind
from studio.staff.models import User
from studio.staff.models.branch import DepartmentKind
from workflow.models import Look, LookState, WorkOrder

PRINCIPALS = {
    DepartmentKind.STYLING: ResourceKind.ARTIST,
    DepartmentKind.SHOOTING: ResourceKind.PHOTOGRAPHER,
}
"""The kind of the booked resource whom one will find in a department."""

IN_ROOMS = {
    DepartmentKind.SHOOTING: ResourceKind.FLOOR,
    DepartmentKind.SELECTION: ResourceKind.SELECTION_ROOM,
}


def shoot_of(order: WorkOrder) -> Appointment | None:
    """The shoot that the day is about; reads what `house.presences` has fetched."""
    shoots = [
        appointment
        for appointment in order.booking.appointments.all()
        if appointment.kind == AppointmentKind.SHOOT
        and appointment.state in {AppointmentState.PLANNED, AppointmentState.HELD}
    ]
    return max(shoots, key=lambda appointment: appointment.starts_at, default=None)


def held(order: WorkOrder, kind: str | None) -> list[Allocation]:
    """What of this kind is held for the shoot, in the order of time."""
    shoot = shoot_of(order)
    if shoot is None or kind is None:
        return []
    rows = [row for row in shoot.allocations.all() if row.is_active and row.resource.kind == kind]
    return sorted(rows, key=lambda row: row.used.lower)


def booked_person(order: WorkOrder, kind: str) -> User | None:
    """The artist or photographer who is held for the order's shoot."""
    if kind not in PRINCIPALS:
        return None
    people = [row.resource.user for row in held(order, PRINCIPALS[DepartmentKind(kind)])]
    return next((user for user in people if user is not None), None)


def room_of(order: WorkOrder, kind: str, look: Look | None) -> str:
    rows = held(order, IN_ROOMS.get(DepartmentKind(kind)))
    own = [row for row in rows if look is not None and row.look == look.position]
    row = next(iter(own or [row for row in rows if row.look is None]), None)
    return row.resource.name if row else ""


def due_at(order: WorkOrder, here: str, goes_to: str | None, looks: Iterable[Look]) -> datetime | None:
    """When the next department is planned to have them, by the spans of the looks; to the front desk: when
    the shoot is to end. None where no span says so."""
    shoot, pending = shoot_of(order), [look for look in looks if look.state == LookState.PENDING]
    if shoot is None:
        return None
    if not pending or goes_to == DepartmentKind.FRONT_DESK:
        return shoot.ends_at if here != DepartmentKind.FRONT_DESK else None
    if goes_to == DepartmentKind.SHOOTING:
        return begins(order, ResourceKind.PHOTOGRAPHER, pending[0])
    if goes_to == DepartmentKind.STYLING and here == DepartmentKind.SHOOTING:
        return ends(order, ResourceKind.PHOTOGRAPHER, pending[0])
    return begins(order, ResourceKind.ARTIST, pending[0]) if goes_to == DepartmentKind.STYLING else None


def begins(order: WorkOrder, kind: str, look: Look) -> datetime | None:
    spans = [row.used.lower for row in held(order, kind) if row.look == look.position]
    return min(spans, default=None)


def ends(order: WorkOrder, kind: str, look: Look) -> datetime | None:
    spans = [row.used.upper for row in held(order, kind) if row.look == look.position]
    return max(spans, default=None)
