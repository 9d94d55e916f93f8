"""Calls that come up about an appointment, each once (R3.2)."""

from datetime import datetime

from bookings.models import Appointment
from studio.staff.models import User
from workflow import message_alerts
from workflow.call_withdrawals import free_key, withdraw
from workflow.models import CallKind, CallTask, ReminderRule


def ask_for_another_time(
    appointment: Appointment, *, now: datetime, by: User | None = None, besides: int | None = None
) -> None:
    """One open call to agree another time; asked again, the same call serves. The appointment is locked.

    It takes the place of the calls that would ask whether the old time holds (but for `besides`, the call
    in which the customer said so).
    """
    asking_otherwise = CallTask.objects.open().filter(
        appointment=appointment, kind__in=[CallKind.CONFIRM, CallKind.NOT_REACHED]
    )
    withdraw(asking_otherwise.exclude(pk=besides or 0), by=by, now=now)
    asked = CallTask.objects.filter(
        appointment=appointment,
        schedule_version=appointment.schedule_version,
        kind=CallKind.ANOTHER_TIME,
    )
    if asked.open().exists():
        return
    CallTask.objects.create(
        branch_id=appointment.branch_id,
        customer_id=appointment.customer_id,
        kind=CallKind.ANOTHER_TIME,
        appointment=appointment,
        schedule_version=appointment.schedule_version,
        dedupe_key=f"another_time:{appointment.pk}:{appointment.schedule_version}:{asked.count()}",
        due_at=now,
        created_at=now,
    )


def bring_up(
    appointment: Appointment,
    *,
    kind: CallKind,
    reason: str,
    now: datetime,
    rule: ReminderRule | None = None,
    due_at: datetime | None = None,
) -> None:
    """A call about the appointment, once per schedule version and reason; none beside an open one like it.

    It is due at once, or at `due_at`, where the customer named hours that suit them."""
    about = {"appointment": appointment, "schedule_version": appointment.schedule_version, "kind": kind}
    same = CallTask.objects.open().filter(
        appointment=appointment,
        schedule_version=appointment.schedule_version,
        kind__in=[kind, CallKind.ANOTHER_TIME],
    )
    if same.exists():
        return
    key = f"{kind}:{appointment.pk}:{appointment.schedule_version}:{reason}"
    call = CallTask(
        **about,
        branch_id=appointment.branch_id,
        customer_id=appointment.customer_id,
        rule=rule,
        dedupe_key=free_key(key) if kind == CallKind.NOT_REACHED else key,
        due_at=due_at or now,
        created_at=now,
    )
    CallTask.objects.bulk_create([call], ignore_conflicts=True)
    if kind == CallKind.NOT_REACHED:
        made = CallTask.objects.filter(dedupe_key=call.dedupe_key, created_at=now).first()
        if made is not None:
            message_alerts.not_sent(made, now)
