"""Messages as they stand in the outbox after something became of them, for the tests of the managers' panel."""

from datetime import datetime, timedelta
from itertools import count
from typing import Any

from django.test import Client

from bookings.models import Appointment
from studio.outbox.models import Message
from tests.workflow.calling import Desk

DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
_number = count(1)


def write(
    desk: Desk, now: datetime, state: str = "failed", *, appointment: Appointment | None = None, **fields: Any
) -> Message:
    """A reminder that ended so, of a date in two days or of `appointment`."""
    date = appointment or desk.appointment(now + 2 * DAY)
    values = {
        "branch": date.branch,
        "purpose": "reminder",
        "subject_id": date.pk,
        "subject_version": date.schedule_version,
        "channel": "sms",
        "language": "zh-hans",
        "recipient": "+8613800000001",
        "due_at": now - HOUR,
        "deadline": date.starts_at - 2 * HOUR,
        "dedupe_key": f"reminder:{date.pk}:{next(_number)}",
        "about_customer": date.customer_id,
        "basis": "order",
        "state": state,
        "created_at": now - HOUR,
        "finished_at": None if state in ("queued", "leased") else now - HOUR,
        "lease_until": now - MINUTE if state == "leased" else None,
    }
    return Message.objects.create(**values | fields)


def page(client: Client, path: str = "/messages/", **query: Any) -> str:
    return client.get(path, query).content.decode()
