"""What is no longer meant: calls about a time that was moved, called off, held or is over."""

from datetime import datetime

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q

from bookings.models import Appointment, AppointmentKind, AppointmentState, Booking
from studio.staff.models import User
from workflow import calls
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
    """Told by `bookings` when a date was made, moved or called off: its old calls go at once. What was
    written about it is taken back by `schedule_news`."""
    rows = CallTask.objects.open().filter(
        Q(appointment__booking=booking) | Q(work_order__booking=booking), is_outdated(now)
    )
    calls.withdraw(rows.order_by("pk"), by=by, now=now)
