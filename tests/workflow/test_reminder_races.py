"""Planners, movers, rules and wishes at the same moment: nobody waits for ever, and each thing comes up once."""

from collections import Counter
from collections.abc import Callable
from datetime import time, timedelta

import pytest
from django.db import connection

from bookings import schedule
from bookings.models import Appointment
from bookings.schedule import Slot
from customers import contact_wishes
from studio.outbox.models import Message
from tests.outbox.test_races import at_once
from tests.workflow.calling import Desk
from workflow import reminders
from workflow.models import CallTask, Reminder

DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)


def patient(work: Callable[[], None]) -> Callable[[], None]:
    """On a busy machine it may take its time; only a lock in a circle is an error, and PostgreSQL says so."""

    def run() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET statement_timeout = 0")
            cursor.execute("SET lock_timeout = 0")
        work()

    return run


@pytest.mark.django_db(transaction=True)
def test_r3_2_planned_moved_and_changed_at_once_each_thing_comes_up_once(shop, now):
    desk = Desk(shop, now)
    rules = [desk.rule(days=2), desk.rule("message", days=2), desk.rule("message", days=1, channel="email")]
    rows = [desk.appointment(now + DAY + number * MINUTE) for number in range(8)]
    customers = [row.customer for row in rows]

    def plan() -> None:
        for _round in range(3):
            reminders.plan_reminders(now)

    def move() -> None:
        for number, row in enumerate(rows):
            fresh = Appointment.objects.get(pk=row.pk)
            start = now + DAY + (number + 60) * MINUTE
            slot = Slot(start, start + HOUR, overtime=True)
            schedule.move(fresh, slot=slot, version=None, by=shop.owner, now=now)

    def change() -> None:
        for minute in range(3):
            for rule in rules:
                rule.at = time(9, minute)
                rule.save()

    def wish() -> None:
        for hour in range(6, 8):
            for customer in customers:
                contact_wishes.keep(
                    customer, by=shop.owner, now=now, from_time=time(hour), until_time=time(23, 59)
                )

    at_once(*(patient(work) for work in (plan, plan, plan, move, change, wish)))
    reminders.plan_reminders(now)
    reminders.plan_reminders(now)
    assert not Reminder.objects.filter(state="planned", due_at__lte=now).exists()
    for row in Appointment.objects.all():
        assert (row.schedule_version, row.planned_version) == (2, 2)
        mine = Reminder.objects.filter(appointment=row, schedule_version=2)
        assert mine.count() == 3
        assert not mine.filter(state="withdrawn").exists()
    called = CallTask.objects.filter(kind="confirm").values_list("appointment", "schedule_version", "rule")
    written = Message.objects.filter(purpose="reminder")
    assert set(Counter(called).values()) == {1}
    said = Counter(written.values_list("subject_id", "subject_version", "parameters__rule"))
    assert set(said.values()) == {1}
    assert not written.filter(subject_version=1, state="queued").exists()
