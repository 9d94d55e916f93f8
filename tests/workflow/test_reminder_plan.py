"""R3.1: when each rule falls due is a row; what it depends on may change, and then it is worked out anew."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.db import connection
from hypothesis import given, settings
from hypothesis import strategies as st

from bookings import schedule
from bookings.models import Appointment
from customers.models import ContactWish
from studio.staff.models import Branch, SpecialDay
from tests.workflow.calling import Desk
from workflow import reminder_plan, reminders
from workflow.models import CallTask, Reminder, ReminderRule
from workflow.reminder_plan import moment_of, suiting

DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
FIRST = datetime(2026, 1, 1)  # noqa: DTZ001  hypothesis adds the zone itself
NAMES = {"name_en": "day", "name_zh_hans": "日", "name_zh_hant": "日"}


@pytest.fixture
def desk(shop, now):
    return Desk(shop, now)


def rows(**fields):
    return list(Reminder.objects.filter(**fields).order_by("rule", "schedule_version", "pk"))


def closed(branch, day, **fields):
    return SpecialDay.objects.create(branch=branch, day=day, **NAMES | fields)


# --- Rows ------------------------------------------------------------------------------------
def test_r3_1_an_agreed_date_has_its_reminders_written_down_with_their_moments(desk, shop, now):
    call, message = desk.rule(days=2, at="10:00"), desk.rule("message", days=1, at="18:30")
    desk.appointment(shop.branch.at(date(2026, 6, 1), time(9)))
    assert desk.plan() == 0
    assert [(row.rule, row.state, row.due_at) for row in rows()] == [
        (call, "planned", shop.branch.at(date(2026, 5, 30), time(10))),
        (message, "planned", shop.branch.at(date(2026, 5, 31), time(18, 30))),
    ]
    appointment = Appointment.objects.get()
    assert (appointment.planned_version, appointment.version) == (1, 1)


def test_r3_1_what_was_carried_out_says_when(desk, now):
    desk.rule()
    desk.appointment()
    desk.plan()
    (row,) = rows()
    assert (row.state, row.done_at) == ("done", now)


def test_planning_does_not_count_as_an_edit_and_leaves_no_trace_in_the_audit(desk):
    desk.rule()
    row = desk.appointment()
    before = row.audit_rows.count()
    desk.plan()
    assert row.audit_rows.count() == before


def test_r3_2_a_move_withdraws_what_was_planned_and_plans_it_for_the_new_time(desk, shop, now):
    desk.rule(days=2)
    order = desk.order(starts_at=now + 10 * DAY)
    desk.plan()
    old = desk.shoot(order)
    schedule.move(old, slot=desk.slot(now + 20 * DAY), version=old.version, by=shop.owner, now=now)
    assert [(row.schedule_version, row.state) for row in rows()] == [(1, "withdrawn")]
    desk.plan()
    assert [(row.schedule_version, row.state) for row in rows()] == [(1, "withdrawn"), (2, "planned")]


def test_r3_2_called_off_nothing_stays_planned(desk, shop, now):
    desk.rule(days=2)
    order = desk.order(starts_at=now + 10 * DAY)
    desk.plan()
    schedule.cancel(desk.shoot(order), why="ill", by=shop.owner, now=now)
    assert [row.state for row in rows()] == ["withdrawn"]


def test_a_date_that_went_by_without_anybody_recording_it_is_planned_and_brings_up_nothing(desk, now):
    desk.rule()
    desk.appointment(now - DAY)
    assert desk.plan() == 0
    assert rows() == []
    assert not reminder_plan.to_plan().exists()


def test_r3_2_what_a_nearer_one_speaks_for_says_so(desk, now):
    for days in (3, 1):
        desk.rule("message", days=days)
    desk.appointment(now + 20 * HOUR)
    desk.plan()
    assert [row.state for row in rows()] == ["overtaken", "done"]


def test_r2_2_what_fell_due_for_who_asked_not_to_be_contacted_is_withdrawn(desk):
    desk.rule()
    desk.appointment(customer=desk.customer(do_not_contact=True))
    desk.plan()
    assert [row.state for row in rows()] == ["withdrawn"]


def test_f9_after_days_without_power_one_message_and_one_call_come_up_and_no_burst(desk, shop, now):
    for days in (7, 5, 3, 1):
        desk.rule("message", days=days)
        desk.rule(days=days)
    desk.appointment(now + 10 * DAY)
    desk.appointment(now + 2 * DAY)
    desk.plan()
    assert (len(desk.messages()), len(desk.calls())) == (1, 1)
    desk.plan(now + 9 * DAY + HOUR)  # nobody was there for nine days; the second date is over by now
    assert (len(desk.messages()), len(desk.calls())) == (2, 2)


# --- What a rule says ------------------------------------------------------------------------
@pytest.mark.parametrize(("at", "starts", "due"), [("08:00", 14, 8), ("13:00", 14, 12), ("10:00", 9, 7)])
def test_r3_1_on_the_day_itself_never_later_than_two_hours_before(desk, shop, at, starts, due):
    rule = desk.rule("message", days=0, at=at)
    start = shop.branch.at(date(2026, 6, 1), time(starts))
    assert moment_of(rule, start) == shop.branch.at(date(2026, 6, 1), time(due))


def test_r3_1_on_the_day_itself_one_message_goes_out_however_early_it_begins(desk, shop):
    desk.rule("message", days=0, at="10:00")
    desk.appointment(shop.branch.at(date(2026, 6, 1), time(6)))
    assert desk.plan(shop.branch.at(date(2026, 6, 1), time(3, 59))) == 0
    assert desk.plan(shop.branch.at(date(2026, 6, 1), time(4))) == 1


def test_r3_1_a_rule_that_minds_closed_days_speaks_on_the_last_open_day_before(desk, shop):
    desk.rule(days=2, on_closed_days="before")
    usual = desk.rule(days=2)
    for day in (29, 30):
        closed(shop.branch, date(2026, 5, day))
    desk.appointment(shop.branch.at(date(2026, 6, 1), time(9)))
    desk.plan()
    moved, same = rows()
    assert moved.due_at == shop.branch.at(date(2026, 5, 28), time(10))
    assert (same.rule, same.due_at) == (usual, shop.branch.at(date(2026, 5, 30), time(10)))


def test_a_special_day_that_is_open_and_another_branchs_holiday_change_nothing(desk, shop):
    desk.rule(days=2, on_closed_days="before")
    closed(shop.branch, date(2026, 5, 30), is_open=True)
    closed(shop.other_branch, date(2026, 5, 30))
    desk.appointment(shop.branch.at(date(2026, 6, 1), time(9)))
    desk.plan()
    assert rows()[0].due_at == shop.branch.at(date(2026, 5, 30), time(10))


def test_a_branch_that_is_closed_for_weeks_is_reminded_as_usual(desk, shop):
    rule = desk.rule(days=2, on_closed_days="before")
    days = {(shop.branch.pk, date(2026, 5, 30) - number * DAY) for number in range(15)}
    start = shop.branch.at(date(2026, 6, 1), time(9))
    assert moment_of(rule, start, closed=days) == shop.branch.at(date(2026, 5, 30), time(10))
    days.remove((shop.branch.pk, date(2026, 5, 16)))
    assert moment_of(rule, start, closed=days) == shop.branch.at(date(2026, 5, 16), time(10))


@given(
    starts=st.datetimes(FIRST, FIRST.replace(year=2030)),
    days=st.integers(0, 60),
    at=st.times(),
    zone=st.sampled_from(["Asia/Shanghai", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia"]),
    holidays=st.sets(st.integers(0, 80), max_size=30),
)
@settings(max_examples=300, deadline=None)
def test_r3_1_every_moment_lies_before_the_date_and_on_an_open_day_where_it_minds(
    starts, days, at, zone, holidays
):
    branch = Branch(pk=1, time_zone=zone)
    rule = ReminderRule(branch=branch, days_before=days, at=at, on_closed_days="before")
    start = starts.replace(tzinfo=UTC)
    today = branch.today(start)
    shut = {(1, today - number * DAY) for number in holidays}
    moment = moment_of(rule, start, closed=shut)
    assert days == 0 or branch.today(moment) <= today - days * DAY
    assert days > 0 or moment <= start - 2 * HOUR
    usual = moment_of(rule, start)
    if (1, branch.today(usual)) in shut and days:
        gone_back = branch.today(usual) - branch.today(moment)
        assert timedelta() <= gone_back <= 14 * DAY
        assert (1, branch.today(moment)) not in shut or gone_back == timedelta()


# --- The hours that suit a customer ----------------------------------------------------------
@pytest.mark.parametrize(
    ("at", "due"), [("10:00", (30, 14)), ("14:30", (30, 14, 30)), ("19:00", (30, 14)), ("16:00", (30, 14))]
)
def test_r3_2_a_call_waits_for_the_hours_that_suit_the_customer(desk, shop, at, due):
    customer = desk.customer()
    ContactWish.objects.create(customer=customer, from_time=time(14), until_time=time(16))
    desk.rule(days=2, at=at)
    message = desk.rule("message", days=2, at=at)
    desk.appointment(shop.branch.at(date(2026, 6, 1), time(9)), customer=customer)
    desk.plan()
    call, written = rows()
    assert call.due_at == shop.branch.at(date(2026, 5, due[0]), time(*due[1:]))
    assert (written.rule, written.due_at.astimezone(shop.branch.zone).time()) == (
        message,
        time.fromisoformat(at),
    )


def test_r3_2_the_wish_is_minded_also_where_it_came_after_the_planning(desk, shop):
    customer = desk.customer()
    desk.rule(days=2, at="10:00")
    desk.appointment(shop.branch.at(date(2026, 6, 1), time(9)), customer=customer)
    desk.plan()
    wish = ContactWish.objects.create(customer=customer, from_time=time(14), until_time=time(16))
    desk.plan()
    assert rows()[0].due_at == shop.branch.at(date(2026, 5, 30), time(14))
    wish.delete()
    desk.plan()
    assert rows()[0].due_at == shop.branch.at(date(2026, 5, 30), time(10))


def test_r3_2_planned_late_the_call_still_waits_for_the_hours_where_there_is_time(desk, shop):
    """Noon on the sixteenth; the rule's moment has passed."""
    customer = desk.customer()
    ContactWish.objects.create(customer=customer, from_time=time(17), until_time=time(19))
    desk.rule(days=2, at="10:00")
    desk.appointment(shop.branch.at(date(2026, 5, 17), time(9)), customer=customer)
    assert desk.plan() == 0
    assert desk.plan(shop.branch.at(date(2026, 5, 16), time(17))) == 1


def test_r3_2_where_the_hours_come_too_late_the_call_is_due_at_once(desk, shop, now):
    customer = desk.customer()
    ContactWish.objects.create(customer=customer, from_time=time(17), until_time=time(19))
    desk.rule(days=2, at="10:00")
    desk.appointment(now + 3 * HOUR, customer=customer)
    assert desk.plan() == 1


@given(
    moment=st.integers(0, 20 * 60), late=st.integers(-900, 900), ahead=st.integers(1, 4000),
    hours=st.tuples(st.integers(0, 22), st.integers(1, 23)).filter(lambda pair: pair[0] < pair[1]),
)  # fmt: skip
@settings(max_examples=300, deadline=None)
def test_r3_2_a_call_never_moves_behind_the_date_nor_into_the_past(moment, late, ahead, hours):
    branch = Branch(time_zone="Asia/Shanghai")
    planned = branch.at(date(2026, 5, 16), time(2)) + moment * MINUTE
    now, before = planned + late * MINUTE, planned + ahead * MINUTE
    wish = ContactWish(from_time=time(hours[0]), until_time=time(hours[1]))
    suits = suiting(wish, planned, branch=branch, now=now, before=before)
    if suits != planned:
        assert now <= suits < before
        assert time(hours[0]) <= suits.astimezone(branch.zone).time() < time(hours[1])


# --- Changed in the middle -------------------------------------------------------------------
def test_r3_1_a_changed_rule_moves_what_it_planned(desk, shop):
    rule = desk.rule(days=2, at="10:00")
    desk.appointment(shop.branch.at(date(2026, 6, 1), time(9)))
    desk.plan()
    rule.refresh_from_db()
    assert not rule.replan
    rule.days_before, rule.at = 1, time(15)
    rule.save()
    desk.plan()
    (row,) = rows()
    assert (row.state, row.due_at) == ("planned", shop.branch.at(date(2026, 5, 31), time(15)))


def test_r3_1_what_was_carried_out_is_not_done_again_by_a_changed_rule(desk, now):
    rule = desk.rule(days=2)
    desk.appointment(now + DAY)
    assert desk.plan() == 1
    rule.days_before = 1
    rule.save()
    assert desk.plan() == 0
    assert [row.state for row in rows()] == ["done"]
    assert len(desk.calls()) == 1


def test_r3_1_switched_off_its_plans_are_withdrawn_and_on_again_they_are_back(desk, shop):
    rule = desk.rule(days=2, at="10:00")
    desk.appointment(shop.branch.at(date(2026, 6, 1), time(9)))
    desk.plan()
    rule.is_active = False
    rule.save()
    desk.plan()
    assert [row.state for row in rows()] == ["withdrawn"]
    rule.is_active = True
    rule.save()
    desk.plan()
    assert [row.state for row in rows()] == ["planned"]
    assert desk.plan(shop.branch.at(date(2026, 5, 30), time(10))) == 1


def test_r3_1_for_another_kind_of_appointment_now_the_old_ones_are_withdrawn(desk, shop):
    rule = desk.rule(days=2)
    shoot = desk.appointment(shop.branch.at(date(2026, 6, 1), time(9)))
    pickup = desk.appointment(shop.branch.at(date(2026, 6, 1), time(9)), kind="pickup")
    desk.plan()
    rule.appointment_kind = "pickup"
    rule.save()
    desk.plan()
    assert {row.appointment: row.state for row in rows()} == {shoot: "withdrawn", pickup: "planned"}


def test_a_rule_that_is_due_and_was_changed_this_second_waits_until_it_is_planned_anew(desk, shop, now):
    rule = desk.rule(days=2)
    desk.appointment(now + DAY)
    reminder_plan.plan(now)
    rule.days_before = 0
    rule.save()
    assert reminders.carry_out_due(now) == 0
    assert desk.plan() == 0
    assert [row.state for row in rows()] == ["planned"]


def test_r3_1_a_day_that_is_closed_now_moves_what_minds_it_and_back(desk, shop):
    desk.rule(days=2, at="10:00", on_closed_days="before")
    desk.appointment(shop.branch.at(date(2026, 6, 1), time(9)))
    desk.plan()
    day = closed(shop.branch, date(2026, 5, 30))
    desk.plan()
    assert rows()[0].due_at == shop.branch.at(date(2026, 5, 29), time(10))
    day.delete()
    desk.plan()
    assert rows()[0].due_at == shop.branch.at(date(2026, 5, 30), time(10))


def test_r3_1_another_clock_of_the_branch_moves_everything(desk, shop):
    desk.rule(days=2, at="10:00")
    desk.appointment(shop.branch.at(date(2026, 6, 1), time(12)))
    desk.plan()
    shop.branch.time_zone = "Asia/Tokyo"
    shop.branch.save()
    desk.plan()
    assert rows()[0].due_at == shop.branch.at(date(2026, 5, 30), time(10))


def test_saving_only_that_it_is_to_be_planned_anew_is_no_change(desk):
    rule = desk.rule()
    rule.replan = False
    rule.save(update_fields=["replan"])
    rule.refresh_from_db()
    assert not rule.replan
    rule.save(update_fields=["at"])
    rule.refresh_from_db()
    assert rule.replan


# --- Many ------------------------------------------------------------------------------------
def test_planning_a_batch_asks_the_same_number_of_questions_for_one_and_for_many(
    desk, now, django_assert_num_queries, django_assert_max_num_queries
):
    desk.rule("message", days=2)
    desk.rule("message", days=1, channel="email")
    desk.appointment(now + 30 * DAY)
    with django_assert_max_num_queries(30) as one:
        reminder_plan.plan(now)
    for number in range(8):
        desk.appointment(now + 30 * DAY + number * HOUR)
    Appointment.objects.update(planned_version=0)
    Reminder.objects.all().delete()
    ReminderRule.objects.update(replan=True)
    with django_assert_num_queries(len(one)):
        reminder_plan.plan(now)
    assert Reminder.objects.count() == 18


def test_carrying_out_a_batch_of_messages_asks_the_same_for_one_and_for_many(
    desk, now, django_assert_num_queries, django_assert_max_num_queries
):
    desk.rule("message", days=2)
    desk.appointment(now + DAY)
    reminder_plan.plan(now)
    with django_assert_max_num_queries(30) as one:
        assert reminders.carry_out_due(now) == 1
    for number in range(8):
        desk.appointment(now + DAY + number * MINUTE)
    reminder_plan.plan(now)
    with django_assert_num_queries(len(one)):
        assert reminders.carry_out_due(now) == 8


def test_the_probe_is_answered_by_indexes_and_says_yes_only_where_there_is_something(desk, now):
    def asked():
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {reminders.DUE_NOW}", {"now": now})
            return cursor.fetchone()[0]

    assert not asked()
    rule = desk.rule(days=2)
    assert asked()
    desk.plan()
    assert not asked()
    desk.appointment(now + 30 * DAY)
    assert asked()
    desk.plan()
    assert not asked()
    Reminder.objects.update(due_at=now)
    assert asked()
    assert desk.plan() == 1
    assert not asked()
    rule.save()
    assert asked()


def test_the_question_for_what_is_to_be_planned_fits_the_partial_index(desk):
    desk.appointment()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN SELECT {reminders.DUE_NOW}", {"now": desk.now})
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "appointment_to_plan" in plan
    assert "reminder_due" in plan


def test_a_day_that_no_calendar_has_holds_up_nobody(desk, now, monkeypatch):
    desk.rule(days=2)
    far = desk.rule(days=30_000)
    desk.appointment(now + DAY)

    def fragile(rule, starts_at, **rest):
        if rule.pk == far.pk:
            raise OverflowError
        return moment_of(rule, starts_at, **rest)

    monkeypatch.setattr(reminder_plan, "moment_of", fragile)
    assert desk.plan() == 1
    assert CallTask.objects.count() == 1
