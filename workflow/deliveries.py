"""What a department must deliver, by when (R6.1, R7.1): things to have ready, items to make, sets."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from django.utils.translation import gettext_lazy as _

from bookings.models import AppointmentKind, AppointmentState, Booking
from studio.staff.models import Branch, Department
from studio.staff.models.branch import DepartmentKind
from workflow import standing
from workflow.models import Item, Readiness, ReadinessKind, Stage, WorkOrder
from workflow.readiness import eve

TO_BRING = {
    ReadinessKind.SHEET: _("Bring the work-order sheet to the front desk"),
    ReadinessKind.PROOFS_READY: _("Have the proofs ready"),
    ReadinessKind.PROOFS_LOADED: _("Load the proofs on the selection computer"),
}


@dataclass(frozen=True)
class Delivery:
    """One thing to deliver. One of `readiness` and `item` is what a press of its button marks; a complete set
    has neither: it is delivered by being received at the front desk."""

    what: Any
    order: WorkOrder
    due_at: datetime | None
    comes_at: datetime | None
    is_late: bool
    readiness: Readiness | None = None
    item: Item | None = None


def of_departments(branch: Branch, departments: Iterable[Department], *, now: datetime) -> list[Delivery]:
    """What these departments owe, by deadline; what has none yet comes last."""
    departments = list(departments)
    found = to_have_ready(departments, now=now)
    if any(department.kind == DepartmentKind.PRODUCTION for department in departments):
        found += to_make(branch, now=now)
    return sorted(found, key=lambda one: (one.due_at is None, one.due_at or now, one.order.pk))


def to_have_ready(departments: list[Department], *, now: datetime) -> list[Delivery]:
    rows = (
        Readiness.objects.filter(
            department__in=departments,
            kind__in=TO_BRING,
            done_at__isnull=True,
            appointment__state=AppointmentState.PLANNED,
            appointment__booking__state=Booking.State.OPEN,
        )
        .exclude(standing.held("appointment__booking__work_order"))
        .select_related("appointment", "appointment__booking__work_order__booking__customer")
        .order_by("due_at", "pk")
    )
    return [
        Delivery(
            what=TO_BRING[ReadinessKind(row.kind)],
            order=booking.work_order,
            due_at=row.due_at,
            comes_at=row.appointment.starts_at,
            is_late=row.due_at < now,
            readiness=row,
        )
        for row in rows
        if (booking := row.appointment.booking) is not None
    ]


def to_make(branch: Branch, *, now: datetime) -> list[Delivery]:
    """Items of signed orders that are not made; where all are, the set that has to go to the front desk."""
    items = (
        Item.objects.filter(
            work_order__branch=branch,
            work_order__stage=Stage.PICKUP,
            work_order__booking__state=Booking.State.OPEN,
            at_desk_at__isnull=True,
        )
        .exclude(standing.held("work_order"))
        .select_related("work_order__booking__customer")
        .prefetch_related("work_order__booking__appointments__branch")
        .order_by("work_order_id", "position", "pk")
    )
    found: list[Delivery] = []
    for _pk, group in groupby(items, key=lambda item: item.work_order_id):
        found += of_order(list(group), now=now)
    return found


def of_order(waiting: list[Item], *, now: datetime) -> list[Delivery]:
    """What production owes for the items of one order that are not at the front desk."""
    order = waiting[0].work_order
    planned = [a for a in order.booking.appointments.all() if a.state == AppointmentState.PLANNED]
    pickup = next((a for a in planned if a.kind == AppointmentKind.PICKUP), None)
    due = eve(pickup) if pickup else None

    def owed(what: Any, item: Item | None = None) -> Delivery:
        comes_at = pickup.starts_at if pickup else None
        return Delivery(what, order, due, comes_at, due is not None and due < now, item=item)

    unmade = [item for item in waiting if item.made_at is None]
    if unmade:
        return [owed(_("Make: %(item)s") % {"item": item.name}, item) for item in unmade]
    return [owed(_("Bring the complete set to the front desk"))]
