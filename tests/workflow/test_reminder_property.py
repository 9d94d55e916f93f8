"""R3.1, R3.2: whatever rules, dates and people do, in any order: each thing comes up once, for the time that
holds, and not before its moment."""

from collections import Counter
from contextlib import suppress
from datetime import time, timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bookings import schedule
from bookings.bookable import NotBookable
from bookings.models import Appointment
from bookings.schedule import Slot
from studio.outbox.models import Message
from studio.staff.models import SpecialDay
from tests.workflow.calling import Desk
from workflow import reminders
from workflow.models import CallTask, Reminder, ReminderRule
from workflow.reminder_plan import moment_of

DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)

ACTS = st.lists(
    st.tuples(
        st.sampled_from(
            [
                "date",
                "move",
                "cancel",
                "rule",
                "change",
                "off",
                "on",
                "closed",
                "refuse",
                "wait",
                "wait",
                "plan",
            ]
        ),
        st.integers(0, 40),
    ),
    min_size=4,
    max_size=16,
)


class Shop:
    """One branch over some weeks; `now` only goes on."""

    def __init__(self, shop, now):
        self.desk, self.now, self.shop = Desk(shop, now), now, shop
        self.desk.rule(days=2)
        self.desk.rule("message", days=1, at="18:00")

    def one(self, rows, number):
        rows = list(rows.order_by("pk"))
        return rows[number % len(rows)] if rows else None

    def do(self, act, number):
        getattr(self, act)(number)

    def date(self, number):
        self.desk.appointment(self.now + number * 7 * HOUR + MINUTE)

    def move(self, number):
        row = self.one(Appointment.objects.planned(), number)
        if row is not None and row.starts_at > self.now:
            start = self.now + DAY + number * 11 * HOUR
            slot = Slot(start, start + HOUR, overtime=True)
            with suppress(NotBookable):  # closed on that day
                schedule.move(
                    row, slot=slot, version=row.version, by=self.shop.owner, now=self.now, knows=True
                )

    def cancel(self, number):
        row = self.one(Appointment.objects.planned(), number)
        if row is not None:
            schedule.cancel(row, why="雨", by=self.shop.owner, now=self.now, knows=True)

    def rule(self, number):
        self.desk.rule("message" if number % 2 else "call", days=number % 6, at=f"{number % 24:02}:30")

    def change(self, number):
        rule = self.one(ReminderRule.objects, number)
        rule.days_before, rule.at = number % 7, time(number % 24)
        rule.on_closed_days = "before" if number % 3 else "as_usual"
        rule.save()

    def off(self, number):
        rule = self.one(ReminderRule.objects, number)
        rule.is_active = False
        rule.save()

    def on(self, number):
        rule = self.one(ReminderRule.objects, number)
        rule.is_active = True
        rule.save()

    def closed(self, number):
        day = self.shop.branch.today(self.now) + number * DAY
        SpecialDay.objects.get_or_create(
            branch=self.shop.branch,
            day=day,
            defaults={"name_en": "h", "name_zh_hans": "h", "name_zh_hant": "h"},
        )

    def refuse(self, number):
        row = self.one(Appointment.objects.planned(), number)
        if row is not None and number % 5 == 0:
            row.customer.do_not_contact = True
            row.customer.save()

    def wait(self, number):
        self.now += number * HOUR

    def plan(self, number):
        reminders.plan_reminders(self.now)

    def check(self):
        closed = set(SpecialDay.objects.values_list("branch", "day"))
        rows = list(Reminder.objects.select_related("rule__branch", "appointment__customer", "message"))
        for row in rows:
            appointment = row.appointment
            current = appointment.is_planned and row.schedule_version == appointment.schedule_version
            if row.state == "planned":
                assert current, "nothing stays planned for a time that does not hold"
                assert row.due_at == moment_of(row.rule, appointment.starts_at, closed=closed)
                assert row.due_at > self.now, "what is due is carried out"
                assert row.rule.is_active
            if row.state == "done":
                assert row.done_at >= row.due_at
        # Each active rule speaks, or another spoke for it, for each date that is still to come.
        there = {(row.appointment_id, row.rule_id, row.schedule_version): row.state for row in rows}
        for appointment in (
            Appointment.objects.planned().filter(starts_at__gt=self.now).select_related("customer")
        ):
            for rule in ReminderRule.objects.filter(is_active=True):
                state = there[appointment.pk, rule.pk, appointment.schedule_version]
                assert state in {"planned", "done", "overtaken"} or (
                    state == "withdrawn" and appointment.customer.do_not_contact
                )
        sent = Counter(Message.objects.values_list("subject_id", "subject_version", "parameters__rule"))
        called = Counter(
            CallTask.objects.filter(kind="confirm").values_list("appointment", "schedule_version", "rule")
        )
        assert {*sent.values(), *called.values()} <= {1}, "each once"


@pytest.mark.django_db
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=ACTS)
def test_r3_2_whatever_happens_in_any_order_each_thing_comes_up_once_for_the_time_that_holds(shop, now, acts):
    with transaction.atomic():
        house = Shop(shop, now)
        for act, number in acts:
            house.do(act, number)
        for _again in range(2):
            house.plan(0)
            house.check()
        transaction.set_rollback(True)
