"""Another time, agreed while they are on the telephone: one press moves the date there (R3.2)."""

from datetime import datetime, timedelta
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from bookings import agreed_moves, schedule
from bookings.models import Appointment, AppointmentState
from bookings.other_times import other_slot
from bookings.retry import retried
from bookings.schedule import NotBookable
from studio.foundation.audit import acting
from studio.foundation.models import StaleEdit
from studio.staff.models import User
from workflow import call_holding
from workflow.call_outcomes import check_line, write
from workflow.models import CallOutcome, CallState, CallTask, WishedTime


def wished_times(call: CallTask, now: datetime) -> list[WishedTime]:
    """The free times that the customer chose behind their link for this very date, in their order."""
    if call.appointment is None or call.state != CallState.OPEN:
        return []
    return list(
        call.appointment.wished_times.filter(
            schedule_version=call.appointment.schedule_version, starts_at__gt=now
        )
    )


@retried
def agree(
    call: CallTask,
    *,
    starts_at: datetime,
    version: int | None,
    price: Decimal | None = None,
    by: User,
    now: datetime,
) -> Appointment:
    """Move the call's appointment to `starts_at`, with all that is held for it; the call is made.

    The customer knows, since they are on the telephone. `version` is the call's that the page showed.
    Raises `StaleEdit`, `OutcomeRefused` where somebody else is on the line, and what `agreed_moves.move`
    raises (`PriceChanges`, `SlotTaken`, `NotWorking`, `NotBookable`); nothing is changed then.
    """
    with transaction.atomic(), acting(by):
        row = CallTask.locked(call.pk)
        appointment = Appointment.locked(row.appointment_id) if row.appointment_id else None
        if row.state == CallState.DONE and row.done_by == by and is_there(appointment, starts_at):
            return appointment  # type: ignore[return-value]  # is_there says that there is one
        if row.state != CallState.OPEN or (version is not None and row.version != version):
            raise StaleEdit(row)
        check_line(row, by=by, now=now)
        if appointment is None or appointment.schedule_version != row.schedule_version:
            raise NotBookable(
                _("The appointment was moved or ended meanwhile; this call is no longer needed.")
            )
        # First the call: a date that is agreed withdraws the open ones about it.
        row.state, row.outcome, row.done_by, row.done_at = CallState.DONE, CallOutcome.ANOTHER_TIME, by, now
        row.save_version("state", "outcome", "done_by", "done_at")
        write(row, kind="recorded", by=by, now=now, outcome=str(CallOutcome.ANOTHER_TIME), version=version)
        length: timedelta = appointment.ends_at - appointment.starts_at
        # With whom they have or with whoever can, as it was offered; where it is taken by now, that is said.
        slot = other_slot(appointment, starts_at, now=now) or schedule.slot_at(
            appointment, starts_at, starts_at + length
        )
        moved = agreed_moves.move(
            appointment, slot=slot, version=None, agreed=price, by=by, now=now, knows=True
        )
        call_holding.give_up(row, by=by)
        return moved


def is_there(appointment: Appointment | None, starts_at: datetime) -> bool:
    return (
        appointment is not None
        and appointment.state == AppointmentState.PLANNED
        and appointment.starts_at == starts_at
    )
