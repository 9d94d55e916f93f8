"""Messages that somebody should look at: not sent, unclear, or still waiting though they were due (R12.1)."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import Q

from bookings.models import Appointment
from customers.models import Customer
from studio.outbox.models import Message, State
from studio.outbox.models.message import MessageQuerySet
from studio.staff.models import Branch
from workflow import reminder_message, schedule_news

ABOUT_APPOINTMENTS = {reminder_message.PURPOSE, *schedule_news.PURPOSES}
LATE_AFTER = timedelta(minutes=5)
LOOKING_BACK = timedelta(days=30)
TROUBLED = (State.FAILED, State.UNKNOWN, State.EXPIRED)
WAITING = (State.QUEUED, State.LEASED)


def late(now: datetime) -> Q:
    """Due for longer than the house promises, and still not gone."""
    return Q(state__in=WAITING, due_at__lte=now - LATE_AFTER)


def is_late(message: Message, now: datetime) -> bool:
    return message.state in WAITING and message.due_at <= now - LATE_AFTER


def to_look_at(branch: Branch, now: datetime) -> MessageQuerySet:
    """The last month's failed, unclear and expired ones, and what is late."""
    recent = Q(state__in=TROUBLED, finished_at__gte=now - LOOKING_BACK)
    return Message.objects.filter(recent | late(now), branch=branch)


def customers_of(messages: Iterable[Message]) -> dict[int, Customer]:
    """Whom each message about an appointment is for, by the message's id."""
    about = {message.pk: message.subject_id for message in messages if message.purpose in ABOUT_APPOINTMENTS}
    appointments = Appointment.objects.select_related("customer").in_bulk(set(about.values()))
    return {pk: appointments[subject].customer for pk, subject in about.items() if subject in appointments}
