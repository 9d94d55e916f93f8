"""To be shot again, or at last, after the day (补拍/重拍): beside the stage, which never walks back.

The looks of it are pending again; on its day the party goes the way of a shoot (`route.is_shoot_day`), and
production waits until each look is shot or written down. It ends by itself then (`looks.follow_reshoot`).
"""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from bookings import schedule
from bookings.models import Appointment, AppointmentKind, AppointmentState, Booking, BookingEvent
from studio.foundation.audit import acting
from studio.staff.models import User
from workflow import stages
from workflow.models import (
    Look,
    LookState,
    Reshoot,
    ReshootCause,
    ReshootKind,
    Stage,
    Undone,
    WorkOrder,
    WorkOrderEvent,
)
from workflow.refusals import NeedsReason, Refused
from workflow.route import SHOOT_DAY

MAY_BE_OPENED = {Stage.SELECTION, Stage.PICKUP}
"""Before, the shoot itself is still on: the look is ticked, or left undone and given a date."""


# --- Opened ---------------------------------------------------------------------------------------
def open_reshoot(
    order: WorkOrder,
    *,
    kind: str,
    cause: str,
    why: str,
    looks: Iterable[Look],
    by: User | None,
    now: datetime,
) -> Reshoot:
    """These looks are to be shot once more; the shoot that is planned, if there is one, is its date. The
    second press of the same changes nothing."""
    why, wanted = why.strip(), {look.pk: look for look in looks}
    if not why:
        raise NeedsReason(_("Say why it is shot again."))
    if kind not in ReshootKind.values or cause not in ReshootCause.values:
        raise Refused(_("Say what it is, and whose doing."))
    if not wanted:
        raise NeedsReason(_("Choose at least one look."))
    with transaction.atomic(), acting(by):
        order = stages.lock(order)
        check_open(order, wanted.values())
        there = Reshoot.objects.filter(work_order=order, ended_at=None).first()
        if there is not None:
            if set(there.looks.values_list("pk", flat=True)) == set(wanted):
                return there
            raise Refused(_("A reshoot is open for this order already. Only one at a time."))
        row = Reshoot.objects.create(
            work_order=order, kind=kind, cause=cause, why=why, by=by or owner_of(order), at=now
        )
        take_in(row, wanted.values(), by=by, now=now)
        date = order.booking.appointments.filter(
            kind=AppointmentKind.SHOOT, state=AppointmentState.PLANNED
        ).first()
        if date is not None:
            give_date(row, date, by=by, now=now)
        return row


def check_open(order: WorkOrder, looks: Iterable[Look]) -> None:
    if any(look.work_order_id != order.pk for look in looks):
        raise Refused(_("This look belongs to another order."))
    if order.booking.state != Booking.State.OPEN or order.stage == Stage.CLOSED:
        raise Refused(_("This order is closed."))
    if order.stage not in MAY_BE_OPENED:
        raise Refused(_("The shoot is not over yet: tick the look, or write it down as not shot."))


def owner_of(order: WorkOrder) -> User:
    """Whose doing it is that nobody pressed for."""
    return order.booking.customer.owner or order.booking.sold_by


def take_in(reshoot: Reshoot, looks: Iterable[Look], *, by: User | None, now: datetime) -> None:
    """The looks are pending again; the event keeps what they were, for the case that it is called off."""
    rows = list(
        Look.objects.select_for_update(no_key=True, of=("self",)).filter(pk__in=[look.pk for look in looks])
    )
    was = {str(row.pk): [row.state, row.by_id, row.at.isoformat() if row.at else None] for row in rows}
    note(
        reshoot,
        "reshoot",
        by=by,
        now=now,
        what=reshoot.kind,
        cause=reshoot.cause,
        numbers=[row.position for row in rows],
        was=was,
    )
    Look.objects.filter(pk__in=[row.pk for row in rows]).update(
        reshoot=reshoot, state=LookState.PENDING, why="", by=None, at=None
    )


# --- Its date ---------------------------------------------------------------------------------------
def give_date(reshoot: Reshoot, appointment: Appointment, *, by: User | None, now: datetime) -> None:
    """What was written down as undone about its looks is settled by the same date."""
    reshoot.appointment = appointment
    reshoot.save(update_fields=["appointment"])
    Undone.objects.open().filter(look__reshoot=reshoot).update(
        appointment=appointment, settled_by=by or reshoot.by, settled_at=now
    )


def follow_schedule(appointment: Appointment, event: BookingEvent, by: User | None, now: datetime) -> None:
    """Listener to the schedule: a shoot that is agreed while a reshoot is open is its date, until that is
    called off."""
    if appointment.kind != AppointmentKind.SHOOT or appointment.booking_id is None:
        return
    found = Reshoot.objects.filter(work_order__booking=appointment.booking_id, ended_at=None).first()
    if found is None:
        return
    stages.lock(found.work_order)
    row = Reshoot.objects.select_for_update(no_key=True, of=("self",)).get(pk=found.pk)
    is_its_date = row.appointment_id == appointment.pk
    if appointment.state == AppointmentState.PLANNED and not is_its_date:
        give_date(row, appointment, by=by, now=now)
    elif is_its_date and appointment.state in {AppointmentState.CANCELLED, AppointmentState.MISSED}:
        row.appointment = None
        row.save(update_fields=["appointment"])


def follow_facts(booking: Booking, by: User | None, now: datetime) -> None:
    """Listener to the facts of a sale: they did not come to its date, so it has none."""
    missed = Reshoot.objects.filter(
        work_order__booking=booking, ended_at=None, appointment__state=AppointmentState.MISSED
    )
    missed.update(appointment=None)


def date_to_hold(order: WorkOrder, *, now: datetime) -> Appointment | None:
    """The shoot that takes place because they stand in the door: the one that is planned, unless today's has
    begun already (the planned one is a reshoot on another day then); after the shoot a reshoot of today."""
    shoots = order.booking.appointments.filter(kind=AppointmentKind.SHOOT)
    planned = shoots.filter(state=AppointmentState.PLANNED).order_by("starts_at").first()
    if planned is None:
        return None
    today = order.branch.today(now)
    start, end = order.branch.day_bounds(today)
    if order.stage in SHOOT_DAY:
        begun = shoots.filter(state=AppointmentState.HELD, starts_at__gte=start, starts_at__lt=end).exists()
        begun = begun and not start <= planned.starts_at < end
        return None if begun else planned
    is_reshoot = Reshoot.objects.filter(work_order=order, ended_at=None, appointment=planned).exists()
    return planned if is_reshoot and start <= planned.starts_at < end else None


# --- A look that was not shot has a date of its own ---------------------------------------------------
def follow_undone(undone: Undone, *, by: User | None, now: datetime) -> None:
    """A look that was not shot and has a date is a reshoot from the moment on in which the shoot is over; one
    that the customer does without is taken out of it."""
    if undone.look is None:
        return
    if undone.let_go:
        leave_out(undone.look, why=undone.let_go, by=by, now=now)
    elif undone.appointment_id:
        follow_step(undone.work_order, by, now)


def follow_step(order: WorkOrder, by: User | None, now: datetime) -> None:
    """Listener to the stages: the shoot is over, and looks that were not shot have their date already."""
    if order.stage not in MAY_BE_OPENED:
        return
    rows = Undone.objects.filter(
        work_order=order,
        look__state=LookState.UNDONE,
        appointment__kind=AppointmentKind.SHOOT,
        appointment__state=AppointmentState.PLANNED,
    ).select_related("look", "appointment")
    dated = list(rows)
    if not dated:
        return
    looks = [row.look for row in dated if row.look]
    there = Reshoot.objects.filter(work_order=order, ended_at=None).first()
    if there is not None:
        take_in(there, looks, by=by, now=now)
        return
    open_reshoot(
        order,
        kind=ReshootKind.MISSING,
        cause=cause_of(dated),
        why=dated[0].why,
        looks=looks,
        by=by or dated[0].settled_by,
        now=now,
    )


def cause_of(rows: Iterable[Undone]) -> str:
    """Whose doing it was said to be when the date was agreed; one that is ours makes it ours."""
    told = WorkOrderEvent.objects.filter(
        kind="undone_dated", parameters__undone__in=[row.pk for row in rows]
    ).values_list("parameters__cause", flat=True)
    causes = set(told)
    return next((cause for cause in ReshootCause.values if cause in causes), ReshootCause.NOBODY)


def leave_out(look: Look, *, why: str, by: User | None, now: datetime) -> None:
    """The customer does without this look: it is shot on no day any more."""
    row = Look.objects.select_for_update(no_key=True, of=("self",)).get(pk=look.pk)
    reshoot = Reshoot.objects.filter(pk=row.reshoot_id, ended_at=None).first() if row.reshoot_id else None
    if reshoot is None or row.state != LookState.PENDING:
        return
    row.state, row.why, row.by, row.at = LookState.UNDONE, why[:200], by, now
    row.save(update_fields=["state", "why", "by", "at"])
    if not reshoot.looks.filter(state=LookState.PENDING).exists():
        end(reshoot, by=by, now=now, called_off_why="" if was_begun(reshoot) else why[:200])
        stages.try_advance(reshoot.work_order, by=by, now=now)


def was_begun(reshoot: Reshoot) -> bool:
    return reshoot.looks.filter(state=LookState.SHOT).exists()


# --- Called off ---------------------------------------------------------------------------------------
def call_off(reshoot: Reshoot, *, why: str, by: User, now: datetime) -> Reshoot:
    """It is not shot again after all, and why. Its date is called off with it; each look is again what it
    was, and what was undone is an open matter once more. A repeat does nothing."""
    why = why.strip()
    if not why:
        raise NeedsReason(_("Say why it is called off."))
    with transaction.atomic(), acting(by):
        planned = Appointment.objects.filter(reshoots=reshoot, state=AppointmentState.PLANNED).first()
        if planned is not None and reshoot.ended_at is None:
            schedule.cancel(planned, why=why, by=by, now=now)
        order = stages.lock(reshoot.work_order)
        row = Reshoot.objects.select_for_update(no_key=True, of=("self",)).get(pk=reshoot.pk)
        if row.ended_at is not None:
            if row.called_off_why:
                return row
            raise Refused(_("This reshoot is over already."))
        put_back(row)
        end(row, by=by, now=now, called_off_why=why)
        stages.try_advance(order, by=by, now=now)
        return row


def put_back(reshoot: Reshoot) -> None:
    """What is still pending is again what it was before."""
    was: dict[str, list] = {}
    events = WorkOrderEvent.objects.filter(
        work_order=reshoot.work_order_id, kind="reshoot", parameters__reshoot=reshoot.pk
    )
    for event in events:
        was = event.parameters.get("was", {}) | was
    for look in Look.objects.select_for_update(no_key=True, of=("self",)).filter(reshoot=reshoot):
        if look.state != LookState.PENDING:
            continue
        state, person, moment = was.get(str(look.pk), [LookState.UNDONE, None, None])
        last = Undone.objects.filter(look=look).last()
        look.state, look.by_id, look.at = state, person, parse_datetime(moment) if moment else None
        look.why = (last.why if last else reshoot.why) if state == LookState.UNDONE else ""
        look.save(update_fields=["state", "by", "at", "why"])


def end(reshoot: Reshoot, *, by: User | None, now: datetime, called_off_why: str = "") -> None:
    reshoot.ended_at, reshoot.ended_by, reshoot.called_off_why = now, by, called_off_why
    reshoot.save(update_fields=["ended_at", "ended_by", "called_off_why"])
    note(reshoot, "reshoot_called_off" if called_off_why else "reshoot_done", by=by, now=now)


def note(reshoot: Reshoot, kind: str, *, by: User | None, now: datetime, **parameters: object) -> None:
    WorkOrderEvent.objects.create(
        work_order_id=reshoot.work_order_id,
        actor=by,
        at=now,
        kind=kind,
        parameters={"reshoot": reshoot.pk, **parameters},
    )
