"""R3.2: by which way a reminder goes, which way is next when it fails, and when the owner calls instead."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from bookings import schedule
from customers import consents
from customers.models import ContactPoint, ContactWish
from studio.outbox.endings import end
from studio.outbox.models import DeliveryReceipt, Message, State, Suppression
from studio.outbox.receipts import Report, take
from tests.outbox.conftest import make_gateway
from tests.workflow.calling import Desk
from workflow import reminder_message, schedule_news
from workflow.models import CallInProgress, CallTask
from workflow.ways import Reach

DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
PHONE, MAIL = "+8613900000009", "li@example.com"


@pytest.fixture
def desk(shop, now):
    return Desk(shop, now)


def both(desk, **fields):
    """A customer with a number and an e-mail address."""
    customer = desk.customer(phone="", **fields)
    for kind, value in (("phone", PHONE), ("email", MAIL)):
        ContactPoint.objects.create(branch=desk.branch, customer=customer, kind=kind, value=value)
    return customer


def planned(desk, **rule):
    desk.rule("message", **{"channel": "sms", "fall_back": "email"} | rule)
    customer = both(desk)
    row = desk.appointment(customer=customer)
    return customer, row


def said(desk):
    return [(message.channel, message.recipient) for message in desk.messages()]


def fail(message, now, state=State.FAILED):
    with transaction.atomic():
        end(message, state, now=now, trouble="test")


# --- Which way -------------------------------------------------------------------------------
def test_r3_2_first_the_way_of_the_rule(desk):
    planned(desk)
    desk.plan()
    assert said(desk) == [("sms", PHONE)]


def test_r3_2_before_it_the_way_that_they_wished_for(desk):
    customer, _row = planned(desk)
    ContactWish.objects.create(customer=customer, written_way="email")
    desk.plan()
    assert said(desk) == [("email", MAIL)]


def test_r3_2_the_other_way_where_they_said_no_to_the_first(desk, now):
    customer, _row = planned(desk)
    consents.say(customer, "sms", "order", False, source="desk", now=now)
    desk.plan()
    assert said(desk) == [("email", MAIL)]


def test_r3_2_the_other_way_where_the_address_wants_no_messages(desk, now):
    _customer, _row = planned(desk)
    Suppression.objects.create(branch=desk.branch, channel="sms", address=PHONE)
    desk.plan()
    assert said(desk) == [("email", MAIL)]


def test_r3_2_without_another_way_in_the_rule_the_owner_calls(desk, now):
    planned(desk, fall_back="")
    Suppression.objects.create(branch=desk.branch, channel="sms", address=PHONE)
    desk.plan()
    assert said(desk) == []
    assert [call.kind for call in desk.calls()] == ["not_reached"]


def test_the_message_says_to_whom_and_on_what_ground_it_goes(desk, now):
    customer, _row = planned(desk)
    desk.plan()
    (message,) = desk.messages()
    assert (message.about_customer, message.basis) == (customer.pk, "order")


def test_a_word_of_theirs_is_the_ground_where_they_gave_one(desk, now):
    customer, _row = planned(desk)
    consents.say(customer, "sms", "order", False, source="desk", now=now)
    word = consents.say(customer, "sms", "order", True, source="desk", now=now)
    desk.plan()
    assert desk.messages()[0].basis == f"consent:{word.pk}"


def test_the_ways_say_why_they_are_closed(desk, now):
    customer = both(desk)
    Suppression.objects.create(branch=desk.branch, channel="sms", address=PHONE)
    consents.say(customer, "email", "order", False, source="desk", now=now)
    nobody = desk.customer(phone="")
    reach = Reach.of([customer, nobody])
    assert [way.because for way in reach.all(customer, ["sms", "email"])] == ["suppressed", "said_no"]
    assert [way.because for way in reach.all(nobody, ["sms"])] == ["no_address"]


def test_asking_for_many_takes_as_many_questions_as_for_one(desk, django_assert_num_queries):
    several = [desk.customer() for _number in range(6)]
    with django_assert_num_queries(5):
        Reach.of(several[:1])
    with django_assert_num_queries(5):
        Reach.of(several)


# --- The next way ----------------------------------------------------------------------------
def test_r3_2_failed_it_goes_the_other_way_once_and_then_the_owner_calls(desk, now):
    planned(desk)
    desk.plan()
    (first,) = desk.messages()
    fail(first, now)
    first.refresh_from_db()
    reminder_message.on_end(first, now)  # told twice
    first, second = desk.messages()
    assert (second.channel, second.state, second.deadline) == ("email", "queued", first.deadline)
    assert desk.calls() == []
    fail(second, now)
    assert len(desk.messages()) == 2
    assert [call.kind for call in desk.calls()] == ["not_reached"]


@pytest.mark.parametrize("state", [State.UNKNOWN, State.EXPIRED])
def test_r3_2_what_may_have_arrived_or_is_too_late_is_never_sent_another_way(desk, now, state):
    planned(desk)
    desk.plan()
    fail(desk.messages()[0], now, state)
    assert len(desk.messages()) == 1
    assert [call.kind for call in desk.calls()] == ["not_reached"]


def test_r3_2_failed_past_its_deadline_the_owner_calls(desk, now):
    planned(desk)
    desk.plan()
    (message,) = desk.messages()
    fail(message, message.deadline)
    assert len(desk.messages()) == 1
    assert len(desk.calls()) == 1


def test_r3_2_from_the_way_that_they_wished_for_back_to_that_of_the_rule(desk, now):
    customer, _row = planned(desk, fall_back="")
    ContactWish.objects.create(customer=customer, written_way="email")
    desk.plan()
    fail(desk.messages()[0], now)
    assert [channel for channel, _address in said(desk)] == ["email", "sms"]


def test_r3_2_a_no_to_this_way_while_it_waits_sends_it_the_other_way(desk, now):
    customer, _row = planned(desk)
    desk.plan()
    consents.say(customer, "sms", "order", False, source="link", now=now)
    assert [(one.channel, one.state) for one in desk.messages()] == [("sms", "failed"), ("email", "queued")]


def test_r2_2_no_attempt_by_a_way_that_they_said_no_to(desk, now):
    customer, _row = planned(desk)
    desk.plan()
    (message,) = desk.messages()
    Message.objects.update(state="leased", attempt=1, lease_until=now + MINUTE)
    consents.say(customer, "sms", "order", False, source="link", now=now)
    with transaction.atomic():
        assert not reminder_message.still_due(message)


# --- Reported by the gateway -----------------------------------------------------------------
@pytest.fixture
def gateway(desk):
    class Nowhere:
        address, secret = "http://127.0.0.1:9/", "s"

    return make_gateway(desk.branch, Nowhere)


def sent(message, gateway, now):
    message.attempts.create(number=1, gateway=gateway, started_at=now, finished_at=now, outcome="accepted")
    Message.objects.filter(pk=message.pk).update(state="sent", attempt=1, finished_at=now, gateway=gateway)


def report(gateway, message, status, now, name):
    take(gateway, [Report(name=name, status=status, at=now, key=str(message.key))], now)


def test_r3_2_reported_as_not_delivered_it_goes_the_other_way(desk, gateway, now):
    planned(desk)
    desk.plan()
    (message,) = desk.messages()
    sent(message, gateway, now)
    report(gateway, message, "undelivered", now + MINUTE, "1")
    report(gateway, message, "undelivered", now + MINUTE, "1")
    assert [(one.channel, one.state) for one in desk.messages()] == [("sms", "failed"), ("email", "queued")]
    assert DeliveryReceipt.objects.count() == 1


def test_r3_2_delivered_after_all_nobody_has_to_call(desk, gateway, now):
    planned(desk, fall_back="")
    desk.plan()
    (message,) = desk.messages()
    sent(message, gateway, now)
    report(gateway, message, "undelivered", now + MINUTE, "1")
    assert [call.state for call in desk.calls()] == ["open"]
    report(gateway, message, "delivered", now + 2 * MINUTE, "2")
    assert [call.state for call in desk.calls()] == ["cancelled"]


@pytest.mark.parametrize("tried", ["answered", "on the line"])
def test_a_call_that_somebody_has_begun_stays(desk, gateway, now, tried):
    planned(desk, fall_back="")
    desk.plan()
    (message,) = desk.messages()
    fail(message, now)
    (call,) = desk.calls()
    if tried == "answered":
        CallTask.objects.update(tries=1, outcome="no_answer")
    else:
        CallInProgress.objects.create(
            customer=call.customer, call=call, user=desk.shop.owner, since=now, until=now + 10 * MINUTE
        )
    reminder_message.on_arrival(message, now)
    assert [call.state for call in desk.calls()] == ["open"]


def test_another_call_about_the_same_date_stays(desk, now):
    planned(desk, fall_back="")
    desk.plan()
    fail(desk.messages()[0], now)
    other = desk.call()
    reminder_message.on_arrival(desk.messages()[0], now)
    other.refresh_from_db()
    assert other.state == "open"


# --- Batches ---------------------------------------------------------------------------------
def test_a_batch_is_asked_and_filled_with_the_same_number_of_questions_as_one(
    desk, now, django_assert_num_queries, django_assert_max_num_queries
):
    desk.rule("message", days=2)
    for number in range(7):
        desk.appointment(now + DAY + number * HOUR)
    desk.plan()
    messages = desk.messages()
    with transaction.atomic(), django_assert_max_num_queries(8) as asked:
        reminder_message.still_due_among(messages[:1])
    with transaction.atomic(), django_assert_num_queries(len(asked)):
        assert reminder_message.still_due_among(messages) == {message.pk for message in messages}
    with django_assert_max_num_queries(8) as filled:
        reminder_message.parameters_among(messages[:1])
    with django_assert_num_queries(len(filled)):
        values = reminder_message.parameters_among(messages)
    assert len({one["link"] for one in values.values()}) == 7


def test_in_a_batch_each_stands_for_itself(desk, now):
    desk.rule("message", days=2)
    rows = [desk.appointment(now + DAY + number * HOUR) for number in range(4)]
    desk.plan()
    stale, off, refused, fine = desk.messages()
    type(rows[0]).objects.filter(pk=rows[0].pk).update(schedule_version=2)
    type(rows[1]).objects.filter(pk=rows[1].pk).update(state="cancelled")
    rows[2].customer.do_not_contact = True
    rows[2].customer.save()
    with transaction.atomic():
        assert reminder_message.still_due_among([stale, off, refused, fine]) == {fine.pk}


def test_news_of_several_dates_is_asked_and_filled_together(
    desk, shop, now, django_assert_num_queries, django_assert_max_num_queries
):
    for number in range(5):
        row = desk.appointment(now + (number + 2) * DAY)
        if number % 2:
            schedule.cancel(row, why="雨", by=shop.owner, now=now)
        else:
            slot = desk.slot(now + (number + 20) * DAY)
            schedule.move(row, slot=slot, version=row.version, by=shop.owner, now=now)
    messages = desk.messages()
    with transaction.atomic(), django_assert_max_num_queries(8):
        assert schedule_news.still_due_among(messages) == {message.pk for message in messages}
    with timezone.override(shop.branch.zone), django_assert_max_num_queries(8) as asked:
        schedule_news.parameters_among(messages[:1])
    with timezone.override(shop.branch.zone), django_assert_num_queries(len(asked)):
        values = schedule_news.parameters_among(messages)
    assert [bool(values[message.pk]["link"]) for message in messages] == [True, False, True, False, True]


# --- News ------------------------------------------------------------------------------------
def test_r3_2_news_that_failed_goes_the_other_way_once_and_then_the_owner_calls(desk, shop, now):
    row = desk.appointment(now + 3 * DAY, customer=both(desk))
    schedule.move(row, slot=desk.slot(now + 9 * DAY), version=row.version, by=shop.owner, now=now)
    (first,) = desk.messages()
    for _again in range(2):
        first.state = "failed"
        schedule_news.on_end(first, now)
    assert said(desk) == [("sms", PHONE), ("email", MAIL)]
    second = desk.messages()[1]
    assert second.parameters["before"] == first.parameters["before"]
    assert schedule_news.still_due(second)
    second.state = "failed"
    schedule_news.on_end(second, now)
    assert len(desk.messages()) == 2
    assert [call.kind for call in desk.calls()] == ["not_reached"]


def test_r3_2_news_that_was_delivered_after_all_takes_the_call_off_the_list(desk, shop, now):
    row = desk.appointment(now + 3 * DAY)
    schedule.move(row, slot=desk.slot(now + 9 * DAY), version=row.version, by=shop.owner, now=now)
    (message,) = desk.messages()
    message.state = "unknown"
    schedule_news.on_end(message, now)
    assert [call.state for call in desk.calls()] == ["open"]
    schedule_news.on_arrival(message, now)
    assert [call.state for call in desk.calls()] == ["cancelled"]
