"""What a department must deliver, by when (R6.1, R7.1): things to have ready, items to make, sets."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from django.db.models import Prefetch
from django.utils.translation import gettext_lazy as _

from bookings.models import Appointment, AppointmentKind, AppointmentState, Booking
from studio.staff.models import Branch, Department
from studio.staff.models.branch import DepartmentKind
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
        .select_related("appointment", "appointment__booking__work_order__booking__customer")
        .order_by("due_at", "pk")
    )
    return [
        Delivery(
            what=TO_BRING[ReadinessKind(row.kind)],
            order=row.appointment.booking.work_order,
            due_at=row.due_at,
            comes_at=row.appointment.starts_at,
            is_late=row.due_at < now,
            readiness=row,
        )
        for row in rows
    ]


def to_make(branch: Branch, *, now: datetime) -> list[Delivery]:
    """Items of signed orders that are not made; where all are, the set that has to go to the front desk."""
    pickups = Appointment.objects.filter(
        kind=AppointmentKind.PICKUP, state=AppointmentState.PLANNED
    ).select_related("branch")
    items = (
        Item.objects.filter(
            work_order__branch=branch,
            work_order__stage=Stage.PICKUP,
            work_order__booking__state=Booking.State.OPEN,
            at_desk_at__isnull=True,
        )
        .select_related("work_order__booking__customer")
        .prefetch_related(Prefetch("work_order__booking__appointments", pickups, to_attr="pickups"))
        .order_by("work_order_id", "position", "pk")
    )
    found = []
    for _pk, group in groupby(items, key=lambda item: item.work_order_id):
        waiting = list(group)
        order = waiting[0].work_order
        pickup = next(iter(order.booking.pickups), None)
        due = eve(pickup) if pickup else None
        times = {
            "order": order,
            "due_at": due,
            "comes_at": pickup.starts_at if pickup else None,
            "is_late": due is not None and due < now,
        }
        unmade = [item for item in waiting if item.made_at is None]
        if unmade:
            found += [
                Delivery(what=_("Make: %(item)s") % {"item": item.name}, item=item, **times)
                for item in unmade
            ]
        else:
            found.append(Delivery(what=_("Bring the complete set to the front desk"), **times))
    return found
