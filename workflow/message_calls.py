"""A message that a manager turns into a call to make (R12.1)."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from bookings.models import Appointment
from studio.foundation.audit import acting
from studio.outbox.endings import TOLD
from studio.outbox.models import UNCERTAIN, Message, State
from studio.staff.models import User
from workflow import calls
from workflow.late_messages import ABOUT_APPOINTMENTS
from workflow.models import CallKind, CallTask


class CallRefused(Exception):
    """There is no call to make of it; `sentence` says why."""

    def __init__(self, sentence: Any) -> None:
        super().__init__(str(sentence))
        self.sentence = sentence


def call_instead(message: Message, *, by: User, now: datetime) -> CallTask:
    """The owner's call about the same date, once; a message that still waits is taken back first."""
    with transaction.atomic(), acting(by):
        row = Message.objects.select_for_update(no_key=True, of=("self",)).get(pk=message.pk)
        appointment = appointment_of(row, now)
        refuse_unless_callable(row)
        calls.bring_up(appointment, kind=CallKind.NOT_REACHED, reason=f"message{row.pk}", now=now)
        call = open_call(appointment)
        if call is None:
            raise CallRefused(_("They were called about it already."))
        if row.state == State.QUEUED:
            row.state, row.finished_at = State.CANCELLED, now
            row.trouble = "turned into a call"
            row.save(update_fields=["state", "finished_at", "trouble"])
        return call


def open_call(appointment: Appointment) -> CallTask | None:
    about = CallTask.objects.open().filter(
        appointment=appointment,
        schedule_version=appointment.schedule_version,
        kind__in=[CallKind.NOT_REACHED, CallKind.ANOTHER_TIME],
    )
    return about.order_by("pk").first()


def appointment_of(row: Message, now: datetime) -> Appointment:
    """The date that the message is about, if it still is as it says."""
    if row.purpose not in ABOUT_APPOINTMENTS:
        raise CallRefused(_("It is not about a date: there is nothing to call about from here."))
    found = (
        Appointment.objects.planned()
        .filter(pk=row.subject_id, schedule_version=row.subject_version, ends_at__gt=now)
        .select_related("customer__owner", "branch", "booking")
        .first()
    )
    if found is None:
        raise CallRefused(_("It is no longer meant: the date was moved, called off or is over."))
    if found.customer.do_not_contact or not found.customer.is_active:
        raise CallRefused(_("This customer asked not to be contacted."))
    return found


def refuse_unless_callable(row: Message) -> None:
    if row.state in TOLD:
        return
    if row.state == State.QUEUED and not row.attempts.filter(outcome__in=UNCERTAIN).exists():
        return
    if row.state in (State.QUEUED, State.LEASED):
        raise CallRefused(_("It is going out at this moment. Look again in a minute."))
    raise CallRefused(_("It went out, or was taken back: nobody has to call for it."))
