"""Another time, agreed while they are on the telephone: one press moves the date there (R3.2)."""

from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from bookings import agreed_moves, schedule
from bookings.models import Appointment, AppointmentState
from bookings.other_times import other_slot
from bookings.retry import retried
from bookings.schedule import NotBookable, Slot
from studio.foundation.audit import acting
from studio.foundation.models import StaleEdit
from studio.staff.models import User
from workflow import call_holding, disrupted_script, running_late
from workflow.call_outcomes import check_line, write
from workflow.disrupted_proposals import first_that_holds, length, slots_for
from workflow.models import CallKind, CallOutcome, CallState, CallTask, DisruptedDate, WishedTime


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
        same_time = appointment.starts_at == starts_at
        row.outcome = CallOutcome.CONFIRMED if same_time else CallOutcome.ANOTHER_TIME
        row.state, row.done_by, row.done_at = CallState.DONE, by, now
        row.save_version("state", "outcome", "done_by", "done_at")
        write(row, kind="recorded", by=by, now=now, outcome=str(row.outcome), version=version)
        call_holding.give_up(row, by=by)
        broken = disrupted_script.open_row(appointment) if row.kind == CallKind.DISRUPTED else None
        if broken is not None and broken.disruption.is_late and broken.proposed_at == starts_at:
            # Shifted with the others of the chain, at the latest when the last one has agreed (F7).
            running_late.agree(broken, version=None, by=by, now=now)
            return Appointment.objects.get(pk=appointment.pk)
        return first_that_holds(
            slots(appointment, starts_at, broken, now=now),
            lambda slot: agreed_moves.move(
                appointment, slot=slot, version=None, agreed=price, by=by, now=now, knows=True
            ),
        )


def slots(
    appointment: Appointment, starts_at: datetime, broken: DisruptedDate | None, *, now: datetime
) -> list[Slot]:
    """With whom they have or with whoever can, as it was offered; where it is taken by now, that is said."""
    if broken is not None:
        found = slots_for(broken, appointment, starts_at, now=now)
        if not found:
            raise NotBookable(_("Nobody is free at this time any more. Look for another proposal."))
        return found
    other = other_slot(appointment, starts_at, now=now)
    return [other or schedule.slot_at(appointment, starts_at, starts_at + length(appointment))]


def is_there(appointment: Appointment | None, starts_at: datetime) -> bool:
    return (
        appointment is not None
        and appointment.state == AppointmentState.PLANNED
        and appointment.starts_at == starts_at
    )
