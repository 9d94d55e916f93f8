"""What the customers answered today, and what went wrong: links that were opened, a number that is dead, one
that is somebody else's, one that nobody answers."""

from datetime import datetime, timedelta

from django.db import transaction

from bookings.models import Appointment, AppointmentKind, Confirmation
from studio.demo.cast import Stage
from studio.demo.words import DEAD_NUMBER, OTHER_TIME
from studio.outbox import endings
from studio.outbox.models import Message, State
from workflow import call_making, call_outcomes, links, public_times, reminder_message
from workflow.models import CallKind, CallOutcome, CallTask, ReminderRule

TRIES = 3


def answer_today(stage: Stage, *, now: datetime) -> None:
    """One says yes behind the link, one would like another time and chooses from the free ones."""
    dates = [one for one in dates_to_come(stage) if one.kind == AppointmentKind.SHOOT]
    for appointment in dates[:1]:
        links.confirm(token_of(appointment, now), now=now)
    for appointment in dates[1:2]:
        language = appointment.customer.language
        free = public_times.offered(appointment, "", language, now=now).days
        times = [day.times[0] for day in free[:2]]
        wish = OTHER_TIME[stage.branch.customer_language]
        links.ask_another_time(token_of(appointment, now), wish=wish, times=times, now=now)


def go_wrong_today(stage: Stage, *, now: datetime) -> None:
    """A text message comes back as not delivered; one number is wrong; another rings in vain."""
    dates = dates_to_come(stage)
    for appointment in dates[:1]:
        come_back(appointment, now=now)
    for appointment in dates[1:2]:
        call = call_about(appointment, now)
        record(call, CallOutcome.WRONG_NUMBER, now=now)
    for appointment in dates[2:3]:
        call = call_about(appointment, now - timedelta(hours=1))
        for _try in range(TRIES):
            call = record(call, CallOutcome.NO_ANSWER, now=now)


def dates_to_come(stage: Stage) -> list[Appointment]:
    """The next ones that nobody has said anything about, from the day after tomorrow on."""
    start = stage.branch.day_bounds(stage.day + timedelta(days=2))[0]
    rows = Appointment.objects.planned().filter(
        branch=stage.branch, confirmation=Confirmation.NONE, starts_at__gte=start, booking__isnull=False
    )
    return list(rows.select_related("branch", "customer__owner").order_by("starts_at", "pk")[:12])


def token_of(appointment: Appointment, now: datetime) -> str:
    links.link_for(appointment, now)
    return links.token_for(appointment)


def come_back(appointment: Appointment, *, now: datetime) -> None:
    rules = ReminderRule.objects.filter(branch=appointment.branch, appointment_kind=appointment.kind)
    rule = rules.filter(action="message").first()
    if rule is None:
        return
    message = reminder_message.write(appointment, rule, now=now)
    if message is not None:
        with transaction.atomic():
            row = Message.objects.select_for_update().get(pk=message.pk)
            reason = DEAD_NUMBER[appointment.branch.customer_language]
            endings.end(row, State.FAILED, now=now, trouble=f"not delivered: {reason}")


def call_about(appointment: Appointment, now: datetime) -> CallTask:
    call_making.bring_up(appointment, kind=CallKind.CONFIRM, reason="demo", now=now)
    return CallTask.objects.open().get(appointment=appointment)


def record(call: CallTask, outcome: str, *, now: datetime) -> CallTask:
    owner = call.customer.owner
    assert owner is not None
    return call_outcomes.record(call, outcome=outcome, version=None, by=owner, now=now)
