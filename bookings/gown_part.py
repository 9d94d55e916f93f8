"""The gowns of an order: which are held for which date, which are out, which may come to nothing."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from bookings import gown_dangers
from bookings.gown_dangers import Danger
from bookings.gowns import LIVE, holds_of
from bookings.models import Allocation, Appointment, AppointmentKind, AppointmentState, Booking, Outing
from studio.staff.models.membership import DEPARTMENTS, FRONT

HANDLES = FRONT | DEPARTMENTS
"""Who holds gowns for customers and gives them out."""
WITH_GOWNS = [AppointmentKind.FITTING, AppointmentKind.SHOOT, AppointmentKind.WEDDING]


@dataclass(frozen=True)
class Worn:
    """A gown of the order: held, and perhaps out, late, or in danger."""

    hold: Allocation
    outing: Outing | None
    danger: Danger | None
    is_late: bool


@dataclass(frozen=True)
class GownPart:
    rows: list[Worn]
    dates: list[Appointment]
    """The dates for which a gown may be held."""

    @property
    def is_shown(self) -> bool:
        return bool(self.rows or self.dates)


def of_booking(booking: Booking, *, now: datetime) -> GownPart:
    """Its gowns by time; the number of questions does not depend on how many there are."""
    holds = holds_of(Q(appointment__booking=booking))
    outings = Outing.objects.filter(appointment__booking=booking).order_by("out_at")
    last: dict[tuple[int | None, int], Outing] = {
        (row.appointment_id, row.resource_id): row for row in outings
    }
    dangers = {row.hold.pk: row for row in gown_dangers.endangered(booking.branch, now)} if holds else {}
    rows = []
    for hold in holds:
        outing = last.get((hold.appointment_id, hold.resource_id))
        late = outing is not None and outing.back_at is None and outing.due_back_at <= now
        rows.append(Worn(hold, outing, dangers.get(hold.pk), late))
    dates = [
        row
        for row in booking.appointments.all()
        if row.kind in WITH_GOWNS and row.state in LIVE and (row.state != AppointmentState.HELD)
    ]
    return GownPart(rows, sorted(dates, key=lambda row: row.starts_at) if booking.is_open else [])
