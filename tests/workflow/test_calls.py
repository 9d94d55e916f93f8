"""R3.2, R8.1: on whose list a call stands, and what each outcome does."""

import threading
from datetime import date, time, timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from bookings.models import BookingEvent
from customers.models import ContactPoint
from studio.foundation.models import StaleEdit
from studio.staff.duties import duties, stands_in_for
from tests.factories import LeaveFactory
from tests.workflow.calling import Desk
from workflow import call_lists, call_making, calls
from workflow.models import CallEvent, CallTask

DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)


@pytest.fixture
def desk(shop, now):
    return Desk(shop, now)


@pytest.fixture
def record(shop, now):
    def press(call, outcome, *, by=None, at=None, version=None, **rest):
        return calls.record(
            call,
            outcome=outcome,
            version=call.version if version is None else version,
            by=by or shop.owner,
            now=at or now,
            **rest,
        )

    return press


# --- Lists ----------------------------------------------------------------------------------
def test_r3_2_the_call_stands_on_the_owners_list_and_on_no_other(desk, shop, now):
    call = desk.call()
    assert calls.calls_for([shop.owner], shop.branch, now) == [call]
    assert calls.calls_for([shop.colleague], shop.branch, now) == []
    assert calls.calls_for([shop.owner], shop.other_branch, now) == []


def test_main_rule_two_messages_that_fail_at_the_same_moment_leave_one_call(desk, shop, now):
    """The second writer has not seen the first one's call: the database says no, and nothing is undone."""
    appointment = desk.appointment()
    call_making.bring_up(appointment, kind="not_reached", reason="message1", now=now)
    [first] = CallTask.objects.all()
    unseen = {"appointment": appointment, "schedule_version": 1, "kind": "not_reached", "due_at": now}
    second = CallTask(
        **unseen, branch=shop.branch, customer=appointment.customer, dedupe_key="not_reached:1:1:message2"
    )
    with pytest.raises(IntegrityError), transaction.atomic():
        second.save()
    CallTask.objects.bulk_create([second], ignore_conflicts=True)
    assert list(CallTask.objects.all()) == [first]


def test_a_call_moves_with_its_customer(desk, shop, now):
    call = desk.call()
    call.customer.owner = shop.colleague
    call.customer.save()
    assert calls.calls_for([shop.owner], shop.branch, now) == []
    assert calls.calls_for([shop.colleague], shop.branch, now) == [call]


def test_r8_1_on_a_day_off_the_calls_are_the_deputys(desk, shop, now):
    call, today = desk.call(), shop.branch.today(now)
    LeaveFactory(branch=shop.branch, user=shop.owner, deputy=shop.colleague, starts_on=today, ends_on=today)
    mine = stands_in_for(shop.owner, branch=shop.branch, day=today)
    theirs = stands_in_for(shop.colleague, branch=shop.branch, day=today)
    assert calls.calls_for(mine, shop.branch, now) == []
    assert calls.calls_for(theirs, shop.branch, now) == [call]
    found = call_lists.call_list(theirs, branch=shop.branch, reader=shop.colleague, now=now)
    assert [line.stands_for for line in found.due] == [shop.owner]


def test_the_longest_due_comes_first_and_what_is_not_due_waits(desk, shop, now):
    late = desk.call(appointment=desk.appointment(), due_at=now - 3 * HOUR)
    due = desk.call(appointment=desk.appointment(), due_at=now)
    later = desk.call(appointment=desk.appointment(), due_at=now + HOUR)
    desk.call(appointment=desk.appointment(), due_at=now + 2 * DAY)
    found = call_lists.call_list([shop.owner], branch=shop.branch, reader=shop.owner, now=now)
    assert [(line.call, line.overdue) for line in found.due] == [(late, True), (due, False)]
    assert [line.call for line in found.later] == [later]


def test_r2_2_nobody_is_listed_who_asked_not_to_be_contacted(desk, shop, now):
    call = desk.call(due_at=now, tries=3)
    call.customer.do_not_contact = True
    call.customer.save()
    found = call_lists.call_list(None, branch=shop.branch, reader=shop.manager, now=now, manages=True)
    assert not found.due
    assert not found.later
    assert not found.given_up


def test_the_duty_for_today_is_registered(desk, shop, now):
    call = desk.call()
    (line,) = duties["calls"].items([shop.owner], shop.branch, now)
    assert line.call == call


def test_a_list_asks_the_same_number_of_questions_however_long_it_is(
    desk, shop, now, django_assert_max_num_queries
):
    for number in range(12):
        desk.call(
            appointment=desk.appointment(confirmation="confirmed", confirmed_at=now),
            due_at=now - number * MINUTE,
        )
    with django_assert_max_num_queries(9):
        found = call_lists.call_list(None, branch=shop.branch, reader=shop.owner, now=now)
    assert len(found.due) == 12


# --- Outcomes -------------------------------------------------------------------------------
@pytest.mark.parametrize(("outcome", "via"), [("confirmed", "call"), ("chat", "chat")])
def test_r3_2_confirmed_is_told_to_the_appointment_and_the_order_moves_on(
    desk, shop, now, record, outcome, via
):
    call = desk.call()
    after = record(call, outcome)
    assert (after.state, after.done_by, after.done_at) == ("done", shop.owner, now)
    call.appointment.refresh_from_db()
    assert call.appointment.confirmation == "confirmed"
    assert BookingEvent.objects.get(kind="confirmed").parameters["via"] == via
    assert call.appointment.booking.work_order.stage == "shoot"


def test_r3_2_another_time_is_noted_and_stays_to_be_agreed(desk, record):
    call = desk.call()
    record(call, "another_time", note="next Sunday")
    call.appointment.refresh_from_db()
    assert (call.appointment.confirmation, call.appointment.wish) == ("another_time", "next Sunday")
    assert CallTask.objects.open().get().kind == "another_time"


def test_r3_2_no_answer_comes_back_in_two_hours_and_the_third_time_a_manager_sees_it(desk, shop, now, record):
    call = desk.call()
    for number in range(1, 4):
        assert not call_lists.given_up(shop.branch)
        call = record(call, "no_answer", at=now + number * MINUTE)
        assert (call.state, call.tries, call.due_at) == ("open", number, now + number * MINUTE + 2 * HOUR)
    assert call_lists.given_up(shop.branch) == [call]


def test_nobody_is_called_at_night(desk, shop, record):
    evening = shop.branch.at(date(2026, 5, 16), time(20))
    call = desk.call(appointment=desk.appointment(evening + 3 * DAY))
    after = record(call, "no_answer", at=evening)
    assert after.due_at == shop.branch.at(date(2026, 5, 17), shop.branch.opens_at)


def test_before_an_early_appointment_the_evening_is_used(desk, shop, record):
    evening = shop.branch.at(date(2026, 5, 16), time(19, 30))
    call = desk.call(appointment=desk.appointment(shop.branch.at(date(2026, 5, 17), time(8))))
    assert record(call, "no_answer", at=evening).due_at == evening + 2 * HOUR


def test_not_a_good_moment_comes_back_when_the_customer_said(desk, now, record):
    after = record(desk.call(), "later", again_at=now + 5 * HOUR)
    assert (after.state, after.due_at, after.tries) == ("open", now + 5 * HOUR, 0)


@pytest.mark.parametrize("hours", [None, -1, 0, 24, 24 * 200])
def test_not_a_good_moment_needs_a_moment_ahead_and_before_the_appointment(desk, now, record, hours):
    call = desk.call()
    with pytest.raises(calls.OutcomeRefused) as refused:
        record(call, "later", again_at=None if hours is None else now + hours * HOUR)
    assert refused.value.field == "again_at"
    call.refresh_from_db()
    assert (call.version, call.outcome) == (1, "")


def test_r3_2_a_wrong_number_is_marked_and_the_call_stays_for_the_next_one(desk, shop, now, record):
    call = desk.call()
    first = call.customer.contact_points.get()
    second = ContactPoint.objects.create(
        branch=shop.branch, customer=call.customer, kind="phone", value="+8613900000009", position=1
    )
    call = record(call, "wrong_number")
    first.refresh_from_db()
    assert first.is_wrong
    (line,) = call_lists.call_list([shop.owner], branch=shop.branch, reader=shop.owner, now=now).due
    assert line.number == second.value
    call = record(call, "wrong_number")
    (line,) = call_lists.call_list([shop.owner], branch=shop.branch, reader=shop.owner, now=now).due
    assert line.number == ""
    assert call.state == "open"


def test_r2_2_dont_contact_stops_everything_at_once(desk, shop, now, record):
    desk.rule("message")
    call = desk.call()
    desk.plan()
    other = desk.call(appointment=desk.appointment(customer=call.customer))
    record(call, "do_not_contact")
    call.customer.refresh_from_db()
    assert call.customer.do_not_contact
    assert calls.calls_for([shop.owner], shop.branch, now) == []
    assert {message.state for message in desk.messages()} == {"cancelled"}
    with pytest.raises(calls.OutcomeRefused):
        record(CallTask.objects.get(pk=other.pk), "confirmed")


def test_one_yes_settles_the_other_call_about_the_same_appointment(desk, record):
    call = desk.call()
    sibling = desk.call(appointment=call.appointment, kind="not_reached")
    elsewhere = desk.call(appointment=desk.appointment())
    record(call, "confirmed")
    sibling.refresh_from_db()
    elsewhere.refresh_from_db()
    assert (sibling.state, elsewhere.state) == ("cancelled", "open")


@pytest.mark.parametrize(
    ("kind", "outcome"),
    [
        ("agree_date", "confirmed"),
        ("agree_date", "another_time"),
        ("another_time", "another_time"),
        ("confirm", "x"),
    ],
)
def test_an_outcome_that_the_call_does_not_have_is_refused(desk, record, kind, outcome):
    call = desk.call(kind=kind)
    with pytest.raises(calls.OutcomeRefused):
        record(call, outcome)


@pytest.mark.parametrize("change", [{"schedule_version": 2}, {"state": "cancelled"}, {"state": "held"}])
def test_a_call_about_a_time_that_was_moved_confirms_nothing(desk, record, change):
    call = desk.call(appointment=desk.appointment())
    type(call.appointment).objects.filter(pk=call.appointment_id).update(**change)
    with pytest.raises(calls.OutcomeRefused):
        record(call, "confirmed")
    call.appointment.refresh_from_db()
    assert call.appointment.confirmation == "none"


# --- Two people, two presses ----------------------------------------------------------------
def test_somebody_elses_record_in_between_is_a_stale_edit(desk, shop, now, record):
    call = desk.call()
    record(call, "no_answer", by=shop.colleague)
    with pytest.raises(StaleEdit) as stale:
        record(call, "confirmed", version=1)
    (change,) = stale.value.current.recent_changes()
    assert change["by"] == shop.colleague


def test_the_same_press_twice_is_one_try(desk, record):
    call = desk.call()
    record(call, "no_answer", version=1)
    again = record(call, "no_answer", version=1)
    assert again.tries == 1
    assert CallEvent.objects.count() == 1


def test_a_call_that_is_made_is_not_made_again(desk, record):
    call = record(desk.call(), "confirmed")
    with pytest.raises(StaleEdit):
        record(call, "no_answer", version=call.version)


@pytest.mark.django_db(transaction=True)
def test_two_people_at_the_same_second_leave_one_outcome(desk, shop, now):
    call, together, answers = desk.call(), threading.Barrier(2), []

    def press(user, outcome):
        together.wait()
        try:
            calls.record(call, outcome=outcome, version=1, by=user, now=now)
            answers.append("recorded")
        except StaleEdit:
            answers.append("stale")
        finally:
            connection.close()

    threads = [
        threading.Thread(target=press, args=(shop.owner, "confirmed")),
        threading.Thread(target=press, args=(shop.colleague, "another_time")),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == ["recorded", "stale"]
    assert CallEvent.objects.filter(kind="recorded").count() == 1
