"""Planners, rules and people at the telephone in the very moments in which they could miss each other."""

import threading
from datetime import timedelta

import pytest
from django.db import connection

from customers import files
from tests.workflow.calling import Desk
from workflow import call_holding, call_numbers, reminder_plan, reminders
from workflow.models import CallInProgress, CallTask, Reminder, ReminderRule

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
NEW = "+8613912345678"


@pytest.fixture
def desk(shop, now):
    return Desk(shop, now)


class Thread:
    """Work on a connection of its own; what it raised is raised by `join`."""

    def __init__(self, work):
        self.work, self.error = work, None
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        try:
            self.work()
        except BaseException as error:
            self.error = error
        finally:
            connection.close()

    def join(self, seconds=20.0):
        self.thread.join(seconds)
        if self.error is not None:
            raise self.error
        return not self.thread.is_alive()


@pytest.mark.django_db(transaction=True)
def test_r3_1_a_rule_written_while_another_planner_is_at_the_date_is_planned_too(desk, now, monkeypatch):
    desk.rule(days=2)
    row = desk.appointment(now + 5 * DAY)
    ReminderRule.objects.update(replan=False)
    has_read, go_on, grounds_of = threading.Event(), threading.Event(), reminder_plan.Grounds.of

    def slow(appointments):
        grounds = grounds_of(appointments)
        if threading.current_thread() is planner.thread:
            has_read.set()
            assert go_on.wait(10)
        return grounds

    started = threading.Event()
    monkeypatch.setattr(reminder_plan.Grounds, "of", slow)
    planner = Thread(lambda: started.wait(10) and reminder_plan.plan(now))
    started.set()
    assert has_read.wait(10)
    new = desk.rule(days=1)
    other = Thread(lambda: reminder_plan.plan_changed_rules(now))
    other.join(0.5)  # it waits for the date; who does not wait has overlooked it
    go_on.set()
    assert planner.join()
    assert other.join()
    reminder_plan.plan(now)
    assert set(Reminder.objects.filter(appointment=row).values_list("rule", flat=True)) >= {new.pk}


def test_r3_1_a_rule_that_is_switched_off_this_second_does_not_silence_the_others(desk, now):
    far, near = desk.rule(days=3), desk.rule(days=2)
    row = desk.appointment(now + DAY)
    reminder_plan.plan(now)
    near.is_active = False
    near.save()
    reminders.carry_out_due(now)  # by a planner that has looked for changed rules just before
    reminders.plan_reminders(now)
    assert [call.rule for call in desk.calls() if call.appointment_id == row.pk] == [far]


@pytest.mark.parametrize("changed", [True, False])
def test_r3_1_whoever_speaks_for_others_is_meant_itself(desk, now, changed):
    far, near = desk.rule(days=3), desk.rule(days=2)
    desk.appointment(now + DAY)
    reminder_plan.plan(now)
    ReminderRule.objects.filter(pk=near.pk).update(replan=changed, is_active=changed)
    reminders.carry_out_due(now)
    reminders.plan_reminders(now)
    (call,) = desk.calls()
    assert call.rule == (near if changed else far)


@pytest.mark.django_db(transaction=True)
def test_a_number_is_found_while_somebody_takes_another_call_of_theirs(desk, shop, now, monkeypatch):
    first = desk.call(due_at=now - HOUR)
    second = desk.call(appointment=first.appointment, kind="not_reached", due_at=now - HOUR)
    holds_the_file, edit_file = threading.Event(), files.edit_file

    def slow(*args, **options):
        done = edit_file(*args, **options)
        holds_the_file.set()
        taker_began.wait(10)
        threading.Event().wait(0.5)  # it has come to the file by then, or to the first call
        return done

    taker_began = threading.Event()
    monkeypatch.setattr(call_numbers.files, "edit_file", slow)

    def take():
        taker_began.set()
        call_holding.take(CallTask.objects.get(pk=second.pk), by=shop.owner, now=now)

    finder = Thread(lambda: call_numbers.find(first, NEW, by=shop.colleague, now=now))
    assert holds_the_file.wait(10)
    taker = Thread(take)
    assert finder.join()
    assert taker.join()
    assert CallInProgress.objects.get().call == second
