"""A customer never comes for nothing (R6.1, R7.1): what must be there, who owes it, and by when."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from bookings.models import Appointment, AppointmentKind, AppointmentState, Booking
from studio.foundation.audit import acting
from studio.staff.models import Branch, Department, Membership, Role, User
from studio.staff.models.branch import DepartmentKind
from studio.staff.models.membership import MANAGERS
from workflow import standing
from workflow.checks import where
from workflow.gates import Doer, Missing
from workflow.models import Item, Readiness, ReadinessKind, WorkOrder, WorkOrderEvent
from workflow.stages import NotYet

DAYS_BEFORE = 2
NEEDED: dict[str, dict[str, tuple[str, ...]]] = {
    AppointmentKind.SELECTION: {
        ReadinessKind.SHEET: (DepartmentKind.SHOOTING,),
        ReadinessKind.PROOFS_READY: (DepartmentKind.PRODUCTION,),
        ReadinessKind.PROOFS_LOADED: (DepartmentKind.SELECTION, DepartmentKind.PRODUCTION),
    },
    AppointmentKind.PICKUP: {
        ReadinessKind.SHEET: (DepartmentKind.PRODUCTION,),
        ReadinessKind.ITEMS: (DepartmentKind.PRODUCTION,),
    },
}
"""What each kind of appointment needs, and the departments that owe it: the first that has somebody in it."""

STILL_MISSING = {
    ReadinessKind.SHEET: _("The work-order sheet is not here yet."),
    ReadinessKind.PROOFS_READY: _("The proofs are not ready yet."),
    ReadinessKind.PROOFS_LOADED: _("The proofs are not on the selection computer yet."),
    ReadinessKind.ITEMS: _("The set is not at the front desk yet."),
}


def eve(appointment: Appointment) -> datetime:
    """The department's deadline: the day before, when the branch closes (R7.1: until the next day)."""
    branch = appointment.branch
    return branch.at(branch.today(appointment.starts_at) - timedelta(days=1), branch.closes_at)


def begins(appointment: Appointment) -> datetime:
    """From when on it is asked for: two days before, from the first minute of that day."""
    branch = appointment.branch
    first = branch.today(appointment.starts_at) - timedelta(days=DAYS_BEFORE)
    return branch.day_bounds(first)[0]


def plan(now: datetime) -> int:
    """Planner: from two days before a planned selection or pickup, one row for each thing that must be there.

    An order on hold is not chased. Where the appointment has moved, the deadlines of what is not done move
    with it. Where it was cancelled, nothing is asked for any more: every question here is about planned
    appointments.
    """
    horizon = now + timedelta(days=DAYS_BEFORE + 1)
    near = Q(starts_at__gt=now - timedelta(days=1), starts_at__lt=horizon)
    moved = Q(starts_at__gte=horizon, readiness__isnull=False, readiness__done_at__isnull=True)
    appointments = (
        Appointment.objects.planned()
        .filter(near | moved, kind__in=NEEDED, booking__state=Booking.State.OPEN)
        .filter(~standing.held("booking__work_order"), booking__work_order__isnull=False)
        .select_related("branch")
        .prefetch_related("readiness")
        .distinct()
    )
    planned = 0
    for appointment in appointments:
        if begins(appointment) <= now:
            planned += len(ensure(appointment, now=now))
        keep_deadlines(appointment)
    return planned


def ensure(appointment: Appointment, *, now: datetime) -> list[Readiness]:
    """Create the rows that are not there yet; answers those that were created."""
    there = {row.kind for row in appointment.readiness.all()}
    wanted = NEEDED.get(appointment.kind, {})
    if there >= set(wanted):
        return []
    due = eve(appointment) if now < eve(appointment) else appointment.starts_at
    owing = departments(appointment.branch)
    created = []
    for kind, candidates in wanted.items():
        department = next((owing[name] for name in candidates if name in owing), None)
        if kind in there or department is None:
            continue
        row, is_new = Readiness.objects.get_or_create(
            appointment=appointment,
            kind=kind,
            defaults={"department": department, "due_at": due, **at_desk_already(appointment, kind)},
        )
        created += [row] if is_new else []
    return created


def departments(branch: Branch) -> dict[str, Department]:
    """The branch's departments by kind; one without anybody in it owes nothing while another can."""
    found = list(Department.objects.filter(branch=branch).prefetch_related("memberships").order_by("id"))
    manned = {d.kind: d for d in found if any(m.is_active for m in d.memberships.all())}
    return manned or {department.kind: department for department in found}


def at_desk_already(appointment: Appointment, kind: str) -> dict[str, object]:
    """The fact of a set that was received before the row was planned."""
    if kind != ReadinessKind.ITEMS:
        return {}
    items = list(Item.objects.filter(work_order__booking=appointment.booking_id).order_by("at_desk_at"))
    if not items or any(item.at_desk_at is None for item in items):
        return {}
    return {"done_at": items[-1].at_desk_at, "done_by_id": items[-1].at_desk_by_id}


def keep_deadlines(appointment: Appointment) -> None:
    right = {eve(appointment), appointment.starts_at}
    late = [row.pk for row in appointment.readiness.all() if row.done_at is None and row.due_at not in right]
    if late:
        Readiness.objects.filter(pk__in=late, done_at__isnull=True).update(due_at=eve(appointment))


def mark_ready(readiness: Readiness, *, by: User, now: datetime) -> Readiness:
    """“Ready”, in one press. A repeat does nothing. The set is ready by being received (F3), not by word."""
    order = WorkOrder.objects.get(booking=readiness.appointment.booking_id)
    with transaction.atomic(), acting(by):
        row = Readiness.objects.select_for_update(no_key=True).get(pk=readiness.pk)
        if row.done_at is None:
            if row.kind == ReadinessKind.ITEMS and not all(item.at_desk_at for item in order.items.all()):
                raise NotYet([still_missing(row, order)])
            row.done_at, row.done_by = now, by
            row.save(update_fields=["done_at", "done_by"])
            WorkOrderEvent.objects.create(
                work_order=order,
                actor=by,
                at=now,
                kind="ready",
                parameters={"readiness": row.pk, "kind": row.kind, "appointment": row.appointment_id},
            )
    readiness.done_at, readiness.done_by = row.done_at, row.done_by
    return readiness


def row_of(appointment: Appointment, kind: str, *, now: datetime) -> Readiness | None:
    """The row of a planned appointment and a kind, made if nobody was asked yet; None: it is not needed."""
    if appointment.state != AppointmentState.PLANNED:
        return None
    ensure(appointment, now=now)
    return Readiness.objects.filter(appointment=appointment, kind=kind).select_related("department").first()


def may_mark(row: Readiness, membership: Membership) -> bool:
    """Who may say “ready”: the department that owes it, a manager, and for the sheet the front desk, which
    holds it in its hands. The set is ready by being received."""
    if row.kind == ReadinessKind.ITEMS:
        return False
    if membership.role in MANAGERS:
        return True
    if membership.role == Role.CONSULTANT:
        return row.kind == ReadinessKind.SHEET
    return membership.department_id is not None and membership.department_id == row.department_id


def what_is_missing(appointment: Appointment) -> list[Readiness]:
    """What is not ready for it: rows, and unsaved rows for what nobody has been asked for yet."""
    return [row for row in lights(appointment) if row.done_at is None]


def lights(appointment: Appointment) -> list[Readiness]:
    """One for each thing that this appointment needs, ready or not, in the order in which they come about."""
    rows = {row.kind: row for row in appointment.readiness.all()}
    if set(rows) >= set(NEEDED.get(appointment.kind, {})):
        owing: dict[str, Department] = {}
    else:
        owing = departments(appointment.branch)
    found = []
    for kind, candidates in NEEDED.get(appointment.kind, {}).items():
        department = next((owing[name] for name in candidates if name in owing), None)
        found.append(
            rows.get(kind)
            or Readiness(
                appointment=appointment,
                kind=kind,
                department=department,
                due_at=eve(appointment),
                **at_desk_already(appointment, kind),
            )
        )
    return found


def still_missing(row: Readiness, order: WorkOrder) -> Missing:
    return Missing(
        f"readiness_{row.kind}",
        STILL_MISSING[ReadinessKind(row.kind)],
        where(order, "readiness"),
        Doer.DEPARTMENT,
        _("Ready"),
    )


def not_ready(users: Iterable[User], branch: Branch, now: datetime) -> list[Appointment]:
    """The owner's worry, soonest first: what happens within two days with something missing (R6.1, R7.1).

    `is_near`: today or tomorrow, when it becomes an alarm.
    """
    today = branch.today(now)
    start, near, end = (
        branch.day_bounds(today + timedelta(days=days))[0] for days in (0, 2, DAYS_BEFORE + 1)
    )
    appointments = (
        Appointment.objects.planned()
        .between(start, end)
        .filter(branch=branch, kind__in=NEEDED, customer__owner__in=list(users))
        .filter(booking__state=Booking.State.OPEN, booking__work_order__isnull=False)
        .exclude(standing.held("booking__work_order"))
        .filter(readiness__done_at__isnull=True, readiness__isnull=False)
        .annotate(is_near=Q(starts_at__lt=near))
        .select_related("customer__owner", "booking__work_order", "branch")
        .prefetch_related("readiness__department")
        .distinct()
    )
    return list(appointments)
