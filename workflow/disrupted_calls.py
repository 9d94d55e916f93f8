"""The calls of a broken day: one for each date, on the list of the customer's owner or who stands in (F7)."""

from datetime import datetime

from django.db import transaction

from bookings.models import Appointment
from studio.foundation.audit import acting
from studio.outbox.queue import withdraw as withdraw_messages
from studio.staff.models import User
from workflow import calls, reminder_message
from workflow.call_withdrawals import withdraw
from workflow.disrupted_touched import Where, in_house, where_is
from workflow.models import CallKind, CallTask, DisruptedDate, DisruptedState, Disruption


def bring_up(disruption: Disruption, *, by: User | None, now: datetime) -> int:
    """A call for each date of which its customer knows nothing yet, in the order in which they are made: who
    is still at home first. Answers how many came up; a repeat makes none. In the house nobody is called."""
    present, made = in_house(disruption.branch), 0
    for row in to_tell(disruption):
        if where_is(row.appointment, present, now) == Where.IN_HOUSE:
            continue
        with transaction.atomic(), acting(by):
            made += bring_up_one(row, by=by, now=now)
    return made


def to_tell(disruption: Disruption) -> list[DisruptedDate]:
    rows = disruption.dates.filter(
        settled_at=None, state=DisruptedState.TOUCHED, appointment__state="planned"
    )
    return list(rows.select_related("appointment").order_by("position", "pk"))


def bring_up_one(row: DisruptedDate, *, by: User | None, now: datetime) -> int:
    """What says or asks that the old time holds goes; whoever asked for another time themselves has a
    call."""
    appointment = Appointment.locked(row.appointment_id)
    fresh = DisruptedDate.locked(row.pk)
    if fresh.settled_at is not None or not appointment.is_planned:
        return 0
    about = CallTask.objects.filter(
        appointment=appointment, schedule_version=appointment.schedule_version, kind=CallKind.DISRUPTED
    )
    if about.open().exists():
        return 0
    asking = CallTask.objects.open().filter(
        appointment=appointment, kind__in=[CallKind.CONFIRM, CallKind.NOT_REACHED]
    )
    withdraw(asking, by=by, now=now)
    withdraw_messages(reminder_message.PURPOSE, appointment.pk, now=now)
    reason = f"day{row.disruption_id}:{about.count()}"
    calls.bring_up(appointment, kind=CallKind.DISRUPTED, reason=reason, now=now)
    call = about.open().first()
    if call is None:
        return 0
    fresh.call = call
    fresh.save_version("call")
    return 1
