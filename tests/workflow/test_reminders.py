"""R3.1, R3.2, R3.3: calls and reminders come up by themselves, once, on time, for the time that holds."""

import threading
from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.db import connection, transaction

from bookings import schedule
from bookings.models import Appointment
from customers import files
from customers.models import ContactPoint, Taboo
from studio.outbox.models import Message
from studio.staff.models import Branch
from tests.workflow.calling import Desk
from workflow import reminder_message, reminders
from workflow.models import CallRules, CallTask, Reminder, ReminderRule
from workflow.reminder_plan import moment_of

DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)


@pytest.fixture
def desk(shop, now):
    return Desk(shop, now)


# --- When -----------------------------------------------------------------------------------
def test_r3_1_the_call_comes_up_two_days_before_at_the_hour_of_the_rule(desk, shop):
    desk.rule(days=2, at="10:00")
    shoot = desk.appointment(shop.branch.at(date(2026, 5, 25), time(9)))
    moment = shop.branch.at(date(2026, 5, 23), time(10))
    assert desk.plan(moment - MINUTE) == 0
    assert desk.calls() == []
    assert desk.plan(moment) == 1
    (call,) = desk.calls()
    assert (call.kind, call.state, call.appointment) == ("confirm", "open", shoot)
    assert call.due_at == moment


@pytest.mark.parametrize(
    "zone", ["America/New_York", "Asia/Shanghai", "Asia/Kathmandu", "Australia/Lord_Howe", "America/Havana"]
)
@pytest.mark.parametrize("at", ["00:00", "00:30", "01:30", "02:30", "10:00", "23:59"])
def test_r3_1_the_rule_follows_the_clock_of_the_branch_on_every_day_of_a_year(zone, at):
    """Also on the days on which summer time begins and ends, where an hour is missing or there twice."""
    branch = Branch(time_zone=zone)
    rule = ReminderRule(branch=branch, days_before=1, at=time.fromisoformat(at))
    for number in range(366):
        day = date(2026, 1, 1) + number * DAY
        first, after = branch.day_bounds(day)
        moment = branch.at(day - DAY, rule.at)
        for starts_at in (first, after.astimezone(UTC) - MINUTE):
            assert moment_of(rule, starts_at) == moment, day


def test_r3_1_what_is_written_down_knows_summer_time(desk, shop):
    shop.branch.time_zone = "America/New_York"
    shop.branch.save()
    desk.rule(days=1, at="02:30")
    desk.appointment(shop.branch.at(date(2026, 3, 9), time(9)))
    moment = shop.branch.at(date(2026, 3, 8), time(2, 30))
    assert desk.plan(moment - MINUTE) == 0
    assert desk.plan(moment) == 1


def test_r3_1_an_appointment_just_after_midnight_belongs_to_its_own_day(desk, shop):
    desk.rule(days=1, at="10:00")
    desk.appointment(shop.branch.at(date(2026, 5, 20), time(0, 5)))
    assert desk.plan(shop.branch.at(date(2026, 5, 18), time(23, 59))) == 0
    assert desk.plan(shop.branch.at(date(2026, 5, 19), time(10))) == 1


def test_r3_1_two_branches_keep_their_own_clocks(desk, shop):
    shop.other_branch.time_zone = "America/New_York"
    shop.other_branch.save()
    desk.rule(days=1, at="10:00")
    desk.appointment(shop.branch.at(date(2026, 5, 20), time(9)))
    desk.branch = shop.other_branch
    desk.rule(days=1, at="10:00")
    desk.appointment(shop.other_branch.at(date(2026, 5, 20), time(9)))
    assert desk.plan(shop.branch.at(date(2026, 5, 19), time(10))) == 1
    assert [call.branch for call in CallTask.objects.all()] == [shop.branch]
    assert desk.plan(shop.other_branch.at(date(2026, 5, 19), time(10))) == 1


def test_r3_2_a_rule_whose_moment_has_passed_when_the_appointment_is_made_is_due_at_once(desk, now):
    desk.rule(days=2)
    desk.appointment(now + 3 * HOUR)
    assert desk.plan() == 1


def test_r3_2_never_for_an_appointment_that_has_begun(desk, now):
    desk.rule(days=2)
    desk.rule("message", days=1)
    desk.appointment(now)
    desk.appointment(now - DAY)
    assert desk.plan() == 0


def test_r3_2_a_rule_that_is_off_or_for_another_kind_or_branch_does_nothing(desk, shop):
    desk.rule(is_active=False)
    desk.rule(kind="pickup")
    desk.rule(branch=shop.other_branch)
    desk.appointment()
    assert desk.plan() == 0


@pytest.mark.parametrize("state", ["held", "cancelled", "missed"])
def test_r3_2_nothing_for_an_appointment_that_does_not_stand(desk, state):
    desk.rule()
    desk.appointment(state=state)
    assert desk.plan() == 0


def test_r3_2_of_several_rules_that_come_due_together_only_the_nearest_speaks(desk, now):
    """A late booking or a power cut makes no burst of messages that say the same."""
    for days in (3, 2, 1):
        desk.rule("message", days=days)
    desk.rule("call", days=2)
    desk.rule("call", days=1)
    desk.appointment(now + 20 * HOUR)
    desk.plan()
    assert len(desk.messages()) == 1
    assert desk.messages()[0].reminder.rule.days_before == 1
    assert len(desk.calls()) == 1
    assert Reminder.objects.count() == 5


def test_r3_2_each_rule_speaks_in_its_own_time(desk, shop):
    for days in (3, 1):
        desk.rule("message", days=days)
    desk.appointment(shop.branch.at(date(2026, 5, 30), time(9)))
    assert desk.plan(shop.branch.at(date(2026, 5, 27), time(10))) == 1
    assert desk.plan(shop.branch.at(date(2026, 5, 29), time(10))) == 1
    assert len(desk.messages()) == 2


# --- Once -----------------------------------------------------------------------------------
def test_r3_2_the_planner_twice_is_once(desk):
    desk.rule()
    desk.rule("message")
    desk.appointment()
    assert desk.plan() == 2
    assert desk.plan() == 0
    assert len(desk.calls()) == len(desk.messages()) == 1


@pytest.mark.django_db(transaction=True)
def test_r3_2_planners_at_the_same_moment_are_once(desk, now):
    desk.rule()
    desk.rule("message")
    for number in range(30):
        desk.appointment(now + DAY + number * MINUTE)
    together = threading.Barrier(4)

    def planner() -> None:
        together.wait()
        try:
            reminders.plan(now)
        finally:
            connection.close()

    threads = [threading.Thread(target=planner) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    reminders.plan(now)  # who was passed over because another held it is taken at the next tick
    assert Reminder.objects.count() == 60
    assert CallTask.objects.count() == Message.objects.count() == 30


@pytest.mark.django_db(transaction=True)
def test_r3_2_an_appointment_that_is_being_moved_waits_for_the_next_tick(desk, now):
    desk.rule()
    shoot = desk.appointment()
    locked, done = threading.Event(), threading.Event()

    def mover() -> None:
        try:
            with transaction.atomic():
                row = Appointment.locked(shoot.pk)
                locked.set()
                done.wait(10)
                row.starts_at, row.ends_at = now + 30 * DAY, now + 30 * DAY + HOUR
                row.schedule_version += 1
                row.save_version("starts_at", "ends_at", "schedule_version")
        finally:
            connection.close()

    thread = threading.Thread(target=mover)
    thread.start()
    locked.wait(10)
    assert desk.plan() == 0
    done.set()
    thread.join()
    assert desk.plan() == 0
    assert desk.calls() == []


def test_one_row_that_cannot_be_planned_does_not_hold_up_the_others(desk, now, monkeypatch):
    desk.rule("message")
    poison, sound = desk.appointment(), desk.appointment(now + 26 * HOUR)
    drafted = reminder_message.drafted

    def fragile(letter, way, **rest):
        if letter.appointment.pk == poison.pk:
            raise RuntimeError("poison")
        return drafted(letter, way, **rest)

    monkeypatch.setattr(reminder_message, "drafted", fragile)
    assert desk.plan() == 1
    assert [message.subject_id for message in desk.messages()] == [sound.pk]
    assert Reminder.objects.get(appointment=poison).state == "planned"


def test_more_than_a_batch_is_planned_in_one_tick(desk, now, monkeypatch):
    monkeypatch.setattr(reminders, "BATCH", 3)
    desk.rule()
    for number in range(10):
        desk.appointment(now + DAY + number * MINUTE)
    assert desk.plan() == 10


def test_planning_asks_the_same_number_of_questions_however_many_rules_and_branches(
    desk, shop, now, django_assert_num_queries
):
    desk.appointment(now + 40 * DAY)
    desk.rule()
    desk.plan()
    with django_assert_num_queries(9):
        desk.plan()
    for branch in (shop.branch, shop.other_branch):
        for days in range(3, 9):
            desk.rule(days=days, branch=branch)
            desk.rule("message", days=days, branch=branch)
    desk.plan()
    with django_assert_num_queries(9):
        desk.plan()


# --- Moved, called off ----------------------------------------------------------------------
def test_r3_2_a_move_ends_the_old_reminder_and_plans_a_new_one(desk, shop, now):
    desk.rule(days=2)
    desk.rule("message", days=2)
    order = desk.order(starts_at=now + DAY)
    desk.plan()
    old = desk.shoot(order)
    new = schedule.move(old, slot=desk.slot(now + 10 * DAY), version=old.version, by=shop.owner, now=now)
    (call,), (message, news) = desk.calls(), desk.messages()
    assert news.purpose == "date_moved"
    assert call.state == "cancelled"
    assert call.events.get().kind == "withdrawn"
    assert message.state == "cancelled"
    assert desk.plan() == 0
    assert desk.plan(now + 9 * DAY) == 2
    assert [(row.schedule_version, row.state) for row in desk.calls()] == [(1, "cancelled"), (2, "open")]
    assert desk.messages()[2].subject_version == new.schedule_version == 2


def test_r3_2_a_message_for_a_time_that_was_moved_is_not_due_any_more(desk, now):
    desk.rule("message")
    shoot = desk.appointment()
    desk.plan()
    (message,) = desk.messages()
    with transaction.atomic():
        assert reminder_message.still_due(message)
    Appointment.objects.update(schedule_version=2)
    with transaction.atomic():
        assert not reminder_message.still_due(message)
    Appointment.objects.update(schedule_version=1, state="cancelled")
    with transaction.atomic():
        assert not reminder_message.still_due(message)
    assert shoot.pk == message.subject_id


@pytest.mark.django_db(transaction=True)
def test_r3_2_no_move_commits_while_an_attempt_is_being_committed(desk, shop, now):
    """`still_due` holds the appointment: the mover waits until the attempt stands."""
    desk.rule("message")
    order = desk.order(starts_at=now + DAY)
    desk.plan()
    (message,), shoot, order_of_things = desk.messages(), desk.shoot(order), []

    def mover() -> None:
        try:
            schedule.move(shoot, slot=desk.slot(now + 9 * DAY), version=shoot.version, by=shop.owner, now=now)
            order_of_things.append("moved")
        finally:
            connection.close()

    thread = threading.Thread(target=mover)
    with transaction.atomic():
        assert reminder_message.still_due(message)
        thread.start()
        thread.join(0.5)
        order_of_things.append("attempt")
    thread.join(10)
    assert order_of_things == ["attempt", "moved"]
    with transaction.atomic():
        assert not reminder_message.still_due(message)


def test_r3_2_what_is_going_out_while_the_time_is_moved_is_put_right(desk, shop, now):
    desk.rule("message")
    order = desk.order(starts_at=now + DAY)
    desk.plan()
    (message,), shoot = desk.messages(), desk.shoot(order)
    Message.objects.update(state="leased", attempt=1, lease_until=now + MINUTE)
    message.attempts.create(number=1, started_at=now)
    schedule.move(shoot, slot=desk.slot(now + 10 * DAY), version=shoot.version, by=shop.owner, now=now)
    assert [(row.subject_version, row.state) for row in desk.messages()] == [(1, "leased"), (2, "queued")]
    assert desk.messages()[1].purpose == "date_moved"


def test_r3_2_what_is_going_out_is_put_right_even_where_the_customer_knows_already(desk, shop, now):
    desk.rule("message")
    order = desk.order(starts_at=now + DAY)
    desk.plan()
    (message,), shoot = desk.messages(), desk.shoot(order)
    Message.objects.update(state="leased", attempt=1, lease_until=now + MINUTE)
    message.attempts.create(number=1, started_at=now)
    later = desk.slot(now + 10 * DAY)
    schedule.move(shoot, slot=later, version=shoot.version, by=shop.owner, now=now, knows=True)
    assert [(row.purpose, row.state) for row in desk.messages()] == [
        ("reminder", "leased"),
        ("date_moved", "queued"),
    ]


def test_r3_2_calls_leave_the_list_when_the_party_is_here_or_the_time_is_over(desk, shop, now):
    held, over = desk.call(), desk.call(appointment=desk.appointment(now + HOUR))
    schedule.hold(held.appointment, by=shop.owner, now=now)
    held.refresh_from_db()
    assert held.state == "cancelled"
    desk.plan(over.appointment.ends_at - MINUTE)
    over.refresh_from_db()
    assert over.state == "open"
    desk.plan(over.appointment.ends_at)
    over.refresh_from_db()
    assert over.state == "cancelled"


# --- To whom --------------------------------------------------------------------------------
def test_r2_2_who_asked_not_to_be_contacted_gets_no_call_and_no_message(desk):
    desk.rule()
    desk.rule("message")
    desk.appointment(customer=desk.customer(do_not_contact=True))
    desk.appointment(customer=desk.customer(is_active=False))
    assert desk.plan() == 0
    assert desk.calls() == desk.messages() == []


def test_r2_2_a_message_planned_before_the_refusal_is_not_sent_after_it(desk, shop, now):
    desk.rule("message")
    shoot = desk.appointment()
    desk.plan()
    (message,) = desk.messages()
    files.refuse_contact(shoot.customer, by=shop.owner, now=now)
    message.refresh_from_db()
    assert message.state == "cancelled"
    with transaction.atomic():
        assert not reminder_message.still_due(message)


def test_r3_2_by_text_message_to_the_first_valid_number(desk):
    customer = desk.customer()
    customer.contact_points.update(is_wrong=True)
    for position, value in enumerate(["+8613900000001", "+8613900000002"]):
        ContactPoint.objects.create(
            branch=desk.branch, customer=customer, kind="phone", value=value, position=position
        )
    desk.rule("message")
    desk.appointment(customer=customer)
    desk.plan()
    (message,) = desk.messages()
    assert (message.channel, message.recipient) == ("sms", "+8613900000001")


def test_r3_2_by_e_mail_where_there_is_no_number(desk):
    customer = desk.customer(phone="")
    ContactPoint.objects.create(branch=desk.branch, customer=customer, kind="email", value="li@example.com")
    desk.rule("message", fall_back="email")
    desk.appointment(customer=customer)
    desk.plan()
    (message,) = desk.messages()
    assert (message.channel, message.recipient) == ("email", "li@example.com")


def test_r3_2_without_any_address_the_owner_has_a_call_to_make(desk):
    desk.rule("message")
    desk.appointment(customer=desk.customer(phone=""))
    desk.plan()
    assert desk.messages() == []
    (call,) = desk.calls()
    assert call.kind == "not_reached"


@pytest.mark.parametrize("state", ["failed", "unknown", "expired"])
def test_r3_2_a_message_that_did_not_arrive_becomes_one_call(desk, now, state):
    desk.rule("message")
    shoot = desk.appointment()
    desk.plan()
    (message,) = desk.messages()
    message.state = state
    reminder_message.on_end(message, now)
    reminder_message.on_end(message, now)
    (call,) = desk.calls()
    assert (call.kind, call.appointment, call.due_at) == ("not_reached", shoot, now)


def test_r3_2_no_call_about_a_message_whose_time_was_moved_or_whose_customer_refused(desk, now):
    desk.rule("message")
    shoot = desk.appointment()
    desk.plan()
    (message,) = desk.messages()
    Appointment.objects.update(schedule_version=2)
    reminder_message.on_end(message, now)
    Appointment.objects.update(schedule_version=1)
    shoot.customer.do_not_contact = True
    shoot.customer.save()
    reminder_message.on_end(message, now)
    assert desk.calls() == []


# --- Deadlines ------------------------------------------------------------------------------
def test_a_reminder_is_never_sent_after_the_appointment_has_begun(desk, now):
    desk.rule("message")
    tomorrow, soon = desk.appointment(now + DAY), desk.appointment(now + HOUR)
    desk.plan()
    deadlines = {message.subject_id: message.deadline for message in desk.messages()}
    assert deadlines == {tomorrow.pk: tomorrow.starts_at - 2 * HOUR, soon.pk: soon.starts_at}


def test_quiet_hours_are_kept(desk, shop):
    shop.branch.quiet_from, shop.branch.quiet_until = time(21), time(9)
    shop.branch.save()
    desk.rule("message", days=1, at="22:00")
    desk.appointment(shop.branch.at(date(2026, 5, 20), time(15)))
    desk.plan(shop.branch.at(date(2026, 5, 19), time(22)))
    (message,) = desk.messages()
    assert message.due_at == shop.branch.at(date(2026, 5, 20), time(9))


# --- Words ----------------------------------------------------------------------------------
def test_r3_1_r3_4_the_message_says_when_where_and_how_to_prepare(desk, shop):
    customer = desk.customer(language="en")
    desk.rule("message")
    desk.appointment(datetime(2026, 5, 18, 1, 0, tzinfo=UTC), customer=customer)
    desk.plan(datetime(2026, 5, 17, 4, tzinfo=UTC))
    (message,) = desk.messages()
    words = reminder_message.parameters(message)
    assert words["day"] == "Monday 18 May"
    assert words["time"] == "09:00"
    assert words["greeting"] == "Mr Zhang and Ms Li"
    assert words["way"] == shop.branch.way_and_parking
    assert "haircut" in words["advice"]
    assert "washed hair" in words["advice"]
    assert words["link"] in reminder_message.parameters(message)["link"]
    assert set(words) == set(reminder_message.SAMPLE)


def test_r9_9_nothing_of_money_taboos_or_care_stands_in_a_message(desk, shop):
    order = desk.order(starts_at=desk.now + DAY)
    customer = order.booking.customer
    customer.special_care = "PREGNANT"
    customer.save()
    Taboo.objects.create(customer=customer, text="NEVER-SAY")
    desk.rule("message")
    desk.plan()
    (message,) = desk.messages()
    everything = " ".join(reminder_message.parameters(message).values())
    for secret in ("NEVER-SAY", "PREGNANT", "5999", "4999", "1000", "balance", customer.name):
        assert secret not in everything


# --- No date (R3.3) -------------------------------------------------------------------------
def test_r3_3_an_order_without_a_date_brings_up_a_call_every_seven_days(desk, shop, now):
    order = desk.order()
    assert order.stage == "confirm"
    assert desk.plan(now + 7 * DAY - MINUTE) == 0
    assert desk.plan(now + 7 * DAY) == 1
    assert desk.plan(now + 8 * DAY) == 0
    (call,) = desk.calls()
    assert (call.kind, call.work_order) == ("agree_date", order)
    CallTask.objects.update(state="done", outcome="later", done_at=now + 8 * DAY, done_by=shop.owner)
    assert desk.plan(now + 15 * DAY - MINUTE) == 0
    assert desk.plan(now + 15 * DAY) == 1


def test_r3_3_with_a_date_the_call_leaves_the_list_at_once(desk, shop, now):
    order = desk.order()
    desk.plan(now + 7 * DAY)
    schedule.make_appointment(
        branch=shop.branch,
        customer=order.booking.customer,
        booking=order.booking,
        kind="shoot",
        slot=desk.slot(now + 20 * DAY),
        by=shop.owner,
        now=now + 7 * DAY,
    )
    (call,) = desk.calls()
    assert call.state == "cancelled"
    assert desk.plan(now + 9 * DAY) == 0


def test_r3_3_called_off_without_a_new_date_it_comes_up_again(desk, shop, now):
    order = desk.order(starts_at=now + 3 * DAY)
    assert desk.plan(now + 8 * DAY) == 0
    schedule.cancel(desk.shoot(order), why="ill", by=shop.owner, now=now)
    assert desk.plan(now + 8 * DAY) == 1


def test_r3_3_not_for_who_refused_contact(desk, now):
    desk.order(customer=desk.customer(do_not_contact=True))
    assert desk.plan(now + 8 * DAY) == 0


def test_r3_3_how_often_is_the_branchs(desk, shop, now):
    CallRules.objects.create(branch=shop.branch, undated_every_days=3)
    desk.order()
    assert desk.plan(now + 3 * DAY - MINUTE) == 0
    assert desk.plan(now + 3 * DAY) == 1
    CallTask.objects.update(state="done", outcome="later", done_at=now + 3 * DAY, done_by=shop.owner)
    assert desk.plan(now + 6 * DAY - MINUTE) == 0
    assert desk.plan(now + 6 * DAY) == 1
