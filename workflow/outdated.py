"""What is no longer meant: calls and messages about a time that was moved, called off, held or is over."""

from datetime import datetime

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from bookings.models import Appointment, AppointmentKind, AppointmentState, Booking
from studio.outbox.models import Message
from studio.outbox.queue import withdraw
from studio.staff.models import User
from workflow import calls, reminder_message, schedule_news
from workflow.models import CallKind, CallTask, Stage

BATCH = 100


def is_outdated(now: datetime) -> Q:
    """Calls about a time that was moved, called off, held or is over; and about a date that is agreed."""
    a_shoot = Appointment.objects.planned().filter(
        booking=OuterRef("work_order__booking"), kind=AppointmentKind.SHOOT
    )
    about_another_time = Q(appointment__isnull=False) & (
        ~Q(appointment__state=AppointmentState.PLANNED)
        | Q(appointment__schedule_version__gt=F("schedule_version"))
        | Q(appointment__ends_at__lte=now)
    )
    about_a_date = Q(kind=CallKind.AGREE_DATE) & (
        ~Q(work_order__stage=Stage.CONFIRM)
        | ~Q(work_order__booking__state=Booking.State.OPEN)
        | Q(Exists(a_shoot))
    )
    return about_another_time | about_a_date


def withdraw_calls(now: datetime) -> int:
    rows = CallTask.objects.open().filter(is_outdated(now))
    with transaction.atomic():
        return calls.withdraw(rows.order_by("pk")[:BATCH], by=None, now=now)


def follow_facts(booking: Booking, by: User | None, now: datetime) -> None:
    """Told by `bookings` when a date was made, moved or called off: its old calls and messages go at once."""
    rows = CallTask.objects.open().filter(
        Q(appointment__booking=booking) | Q(work_order__booking=booking), is_outdated(now)
    )
    calls.withdraw(rows.order_by("pk"), by=by, now=now)
    for appointment in written_about(booking):
        withdraw_messages(appointment, now)


def written_about(booking: Booking) -> QuerySet[Appointment]:
    """The appointments of a sale about which a message is still under way that may be outdated."""
    waiting = Message.objects.open().filter(purpose=reminder_message.PURPOSE, subject_id=OuterRef("pk"))
    return (
        booking.appointments.filter(
            Exists(waiting.filter(subject_version__lt=OuterRef("schedule_version")))
            | (Exists(waiting) & ~Q(state=AppointmentState.PLANNED))
        )
        .select_related("branch", "customer")
        .prefetch_related("customer__contact_points")
    )


def withdraw_messages(appointment: Appointment, now: datetime) -> None:
    """What waits is taken back. What is going out this second is put right by a message with the new time,
    where the news of the move is not one already."""
    planned = appointment.state == AppointmentState.PLANNED
    before = appointment.schedule_version if planned else None
    for message in withdraw(
        reminder_message.PURPOSE, appointment.pk, before_version=before, now=now
    ).under_way:
        if planned and appointment.starts_at > now and not schedule_news.is_waiting(appointment):
            reminder_message.write(appointment, channel=message.channel, reason="correction", now=now)
