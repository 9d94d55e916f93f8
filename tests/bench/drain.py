"""Ten thousand reminders of one minute: from the moment at which they fall due to the last one at the gateway."""

import time
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection
from django.utils import timezone

from studio.outbox.models import Message
from tests.bench import stock
from tests.bench.rows import tidy
from tests.faults.house import House
from workflow import reminder_plan
from workflow.models import Reminder

PATIENCE_SECONDS = 180.0


@dataclass(frozen=True)
class Drained:
    sent: int
    doubled: int
    seconds: float
    half: float
    nearly_all: float
    planned_seconds: float


def drain(house: House, count: int) -> Drained:
    """Everything as a shop runs it: planner, dispatcher, broker, a worker with two processes, the gateway."""
    stock.reminders_to_come(house.ground, count)
    began = time.monotonic()
    now = timezone.now()
    while reminder_plan.plan(now):
        pass
    planned_seconds = time.monotonic() - began
    tidy(house.ground)
    house.open()
    due_at = timezone.now() + timedelta(seconds=3)
    Reminder.objects.filter(state="planned").update(due_at=due_at)
    connection.close()
    until = time.monotonic() + PATIENCE_SECONDS
    while not is_over(count, due_at) and time.monotonic() < until:
        house.machinery.keep_up()
        time.sleep(0.5)
    deliveries = house.gateway.deliveries()
    late = sorted(one["at"] - due_at.timestamp() for one in deliveries)
    counts = Counter(one["recipient"] for one in deliveries)
    return Drained(
        sent=len(counts),
        doubled=len(deliveries) - len(counts),
        seconds=late[-1] if len(counts) >= count else PATIENCE_SECONDS,
        half=share(late, 0.5),
        nearly_all=share(late, 0.99),
        planned_seconds=planned_seconds,
    )


def is_over(count: int, due_at: datetime) -> bool:
    try:
        return timezone.now() > due_at and Message.objects.filter(state="sent").count() >= count
    finally:
        connection.close()


def share(values: list[float], part: float) -> float:
    return values[min(int(len(values) * part), len(values) - 1)] if values else 0.0
