"""Asked at the attempt: whether what messages about appointments say still holds.

Appointments and files stay locked (shared) until the attempt is committed, each in the order of their ids: no
attempt starts after a move, a cancellation or a refusal has committed. A batch waits for nobody: what
somebody is changing this second is left out, and the outbox asks again for that message alone.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from bookings.models import Appointment, Booking
from customers import consents
from customers.models import ContactPoint, Customer
from studio.outbox.models import Channel, Message
from workflow.ways import CONTACTS

APPOINTMENTS = f"""
    SELECT id, schedule_version, state, customer_id, booking_id, kind, created_at
    FROM {Appointment._meta.db_table} WHERE id = ANY(%s) ORDER BY id FOR SHARE"""
CUSTOMERS = f"""
    SELECT id FROM {Customer._meta.db_table}
    WHERE id = ANY(%s) AND is_active AND NOT do_not_contact ORDER BY id FOR SHARE"""


@dataclass(frozen=True)
class Subject:
    """An appointment as it stands at this moment."""

    pk: int
    version: int
    state: str
    customer: int
    booking: int | None
    kind: str
    created_at: datetime


def subjects_of(messages: Sequence[Message], *, whatever_way: bool = False) -> dict[int, Subject]:
    """The appointment that each message is about, by the message's id, where its customer may still be told
    by the way of the message, at its address; or `whatever_way`, where they may be told at all. The same
    number of questions for one message and for many."""
    waiting = " SKIP LOCKED" if len(messages) > 1 else ""
    with connection.cursor() as cursor:
        cursor.execute(APPOINTMENTS + waiting, [sorted({message.subject_id for message in messages})])
        subjects = {row[0]: Subject(*row) for row in cursor.fetchall()}
        cursor.execute(CUSTOMERS + waiting, [sorted({subject.customer for subject in subjects.values()})])
        files = {pk for (pk,) in cursor.fetchall()}
    found = {
        message.pk: subject
        for message in messages
        if (subject := subjects.get(message.subject_id)) is not None
        and subject.version == message.subject_version
        and subject.customer in files
    }
    if whatever_way or not found:
        return found
    may = {
        channel: allowed_by(channel, {subject.customer for subject in found.values()})
        for channel in {message.channel for message in messages}
    }
    theirs = addresses_of({subject.customer for subject in found.values()})
    return {
        message.pk: found[message.pk]
        for message in messages
        if message.pk in found
        and found[message.pk].customer in may[message.channel]
        and (found[message.pk].customer, kind_of(message.channel), message.recipient) in theirs
    }


def kind_of(channel: str) -> str:
    return str(CONTACTS.get(Channel(channel), ""))


def addresses_of(customers: Iterable[int]) -> set[tuple[int, str, str]]:
    """(customer, kind, value) of what they gave us and is not known to be wrong: a number that turned out to
    be a stranger's since, or was taken out of the file, is not written to."""
    points = ContactPoint.objects.filter(customer__in=set(customers), is_wrong=False)
    return set(points.values_list("customer", "kind", "value"))


def allowed_by(channel: str, customers: Iterable[int]) -> set[int]:
    way = consents.BY_CHANNEL.get(channel)  # type: ignore[call-overload]
    return consents.still_allows(customers, way) if way is not None else set(customers)


def called_off(bookings: Iterable[int | None]) -> set[int]:
    """Those of these orders that were called off as a whole."""
    ids = {pk for pk in bookings if pk is not None}
    if not ids:
        return set()
    rows = Booking.objects.filter(pk__in=ids, state=Booking.State.CANCELLED)
    return set(rows.values_list("pk", flat=True))
