"""Messages that somebody should look at: not sent, unclear, or still waiting though they were due (R12.1)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Q

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


@dataclass(frozen=True)
class Counts:
    """How many wait, are late, and ended badly within the last month."""

    waiting: int
    late: int
    failed: int
    unknown: int
    expired: int


def counts(branch: Branch, now: datetime) -> Counts:
    """One query."""
    recent = Q(finished_at__gte=now - LOOKING_BACK)
    rows = Message.objects.filter(Q(state__in=WAITING) | recent & Q(state__in=TROUBLED), branch=branch)
    return Counts(
        **rows.aggregate(
            waiting=Count("pk", filter=Q(state__in=WAITING)),
            late=Count("pk", filter=late(now)),
            failed=Count("pk", filter=Q(state=State.FAILED)),
            unknown=Count("pk", filter=Q(state=State.UNKNOWN)),
            expired=Count("pk", filter=Q(state=State.EXPIRED)),
        )
    )


def customers_of(messages: Iterable[Message]) -> dict[int, Customer]:
    """Whom each message was written to, by the message's id; two queries."""
    rows = list(messages)
    files = Customer.objects.in_bulk({row.about_customer for row in rows if row.about_customer is not None})
    found = {row.pk: files[row.about_customer] for row in rows if row.about_customer in files}
    about = {
        row.pk: row.subject_id for row in rows if row.pk not in found and row.purpose in ABOUT_APPOINTMENTS
    }
    dates = Appointment.objects.select_related("customer").in_bulk(set(about.values()))
    return found | {pk: dates[subject].customer for pk, subject in about.items() if subject in dates}
