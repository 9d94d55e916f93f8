"""R3.2: no answer → again after a while, so many times; then a written message, and a manager hears of it."""

from datetime import date, time, timedelta

import pytest

from customers import consents, contact_wishes, files
from customers.models import ContactPoint, ContactWish
from studio.outbox import queue, rendering
from studio.outbox.alert_words import lines_of
from studio.outbox.models import Alert, Message
from tests.factories import LeaveFactory
from tests.workflow.calling import Desk
from workflow import call_lists, call_missed, calls
from workflow.models import AppointmentLink, CallRules, CallTask

DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)


@pytest.fixture
def desk(shop, now):
    return Desk(shop, now)


@pytest.fixture
def press(shop, now):
    def record(call, outcome="no_answer", *, at=None, **rest):
        fresh = CallTask.objects.get(pk=call.pk)
        return calls.record(
            fresh,
            outcome=outcome,
            version=fresh.version,
            by=rest.pop("by", shop.owner),
            now=at or now,
            **rest,
        )

    return record


@pytest.fixture
def vain(press, now):
    """Nobody answers, three times in a row."""

    def ring(call, times=3):
        for number in range(times):
            call = press(call, at=now + number * MINUTE)
        return call

    return ring


# --- The branch's rules -------------------------------------------------------------------------
@pytest.mark.parametrize(("minutes", "tries"), [(30, 2), (120, 1), (240, 5)])
def test_r3_2_how_often_and_how_long_apart_is_the_branchs_rule(desk, shop, now, press, minutes, tries):
    CallRules.objects.create(branch=shop.branch, again_after_minutes=minutes, most_tries=tries)
    call = desk.call(appointment=desk.appointment(now + 5 * DAY))
    for number in range(1, tries + 1):
        assert not call_lists.given_up(shop.branch)
        call = press(call)
        assert (call.tries, call.due_at) == (number, now + minutes * MINUTE)
    assert call_lists.given_up(shop.branch) == [call]


def test_another_branchs_rules_are_not_ours(desk, shop, now, press):
    CallRules.objects.create(branch=shop.other_branch, again_after_minutes=5)
    assert press(desk.call(appointment=desk.appointment(now + 5 * DAY))).due_at == now + 2 * HOUR


def test_no_answer_is_tried_again_when_it_suits_them(desk, shop, now, press):
    call = desk.call(appointment=desk.appointment(now + 5 * DAY))
    contact_wishes.keep(call.customer, from_time=time(18), until_time=time(20), by=shop.owner, now=now)
    assert press(call).due_at == shop.branch.at(date(2026, 5, 16), time(18))


def test_where_the_appointment_comes_first_their_hours_must_wait(desk, shop, now, press):
    call = desk.call(appointment=desk.appointment(now + 4 * HOUR))
    contact_wishes.keep(call.customer, from_time=time(18), until_time=time(20), by=shop.owner, now=now)
    assert press(call).due_at == now + 2 * HOUR


# --- Not a good moment ---------------------------------------------------------------------------
def test_the_hours_around_the_moment_are_remembered_when_asked(desk, shop, now, press):
    call = desk.call(appointment=desk.appointment(now + 5 * DAY))
    at = shop.branch.at(date(2026, 5, 17), time(18, 30))
    assert press(call, "later", again_at=at, remember=True).due_at == at
    wish = ContactWish.objects.get(customer=call.customer)
    assert (wish.from_time, wish.until_time) == (time(18), time(20))


def test_late_in_the_evening_the_hours_end_with_the_day(desk, shop, now, press):
    call = desk.call(appointment=desk.appointment(now + 5 * DAY))
    press(call, "later", again_at=shop.branch.at(date(2026, 5, 16), time(23, 15)), remember=True)
    wish = ContactWish.objects.get()
    assert (wish.from_time, wish.until_time) == (time(23), time(23, 59))


def test_unasked_nothing_is_remembered(desk, now, press):
    press(desk.call(appointment=desk.appointment(now + 5 * DAY)), "later", again_at=now + HOUR)
    assert not ContactWish.objects.exists()


# --- Then they are written to -----------------------------------------------------------------
def test_r3_2_after_the_last_try_they_are_written_to_once(desk, now, vain, press):
    call = desk.call()
    vain(call, 2)
    assert not desk.messages()
    press(call)
    (message,) = desk.messages()
    assert (message.purpose, message.subject_id, message.channel) == ("call_missed", call.pk, "sms")
    assert message.recipient == call.customer.contact_points.get().value
    assert (message.about_customer, message.basis) == (call.customer_id, "order")
    assert message.deadline <= call.appointment.starts_at
    press(call, at=now + HOUR)
    assert len(desk.messages()) == 1


def test_r3_2_the_managers_hear_of_it_once_and_colleagues_do_not(desk, shop, now, vain, press):
    call = vain(desk.call())
    press(call, at=now + HOUR)
    (alert,) = Alert.objects.filter(kind="not_answered", user=shop.manager)
    assert alert.link == call.get_absolute_url()
    assert not Alert.objects.filter(user__in=[shop.owner, shop.colleague, shop.neighbour]).exists()
    (line,) = lines_of([alert])
    assert line.words == "张伟 & 李娜: Nobody answered 3 times: a manager decides what to do."
    assert "张" not in str(alert.parameters)


def test_a_branch_that_does_not_want_it_writes_nothing(desk, shop, vain):
    CallRules.objects.create(branch=shop.branch, writes_after_tries=False)
    vain(desk.call())
    assert not desk.messages()
    assert Alert.objects.filter(kind="not_answered").exists()


def test_r2_1_who_is_only_followed_up_is_not_written_to_for_not_answering(desk, shop, now, monkeypatch):
    call = desk.call()
    call.kind = "follow_up"
    assert call_missed.write(call, now=now) is None
    assert not desk.messages()


@pytest.mark.parametrize("reached", ["confirmed", "chat", "later", "another_time"])
def test_reached_after_all_the_message_is_taken_back(desk, now, vain, press, reached):
    call = vain(desk.call())
    press(call, reached, again_at=now + HOUR)
    assert [message.state for message in desk.messages()] == ["cancelled"]


def test_written_as_they_like_it(desk, shop, now, vain):
    call = desk.call()
    ContactPoint.objects.create(
        branch=shop.branch, customer=call.customer, kind="email", value="lina@example.com"
    )
    contact_wishes.keep(call.customer, written_way="email", by=shop.owner, now=now)
    vain(call)
    (message,) = desk.messages()
    assert (message.channel, message.recipient) == ("email", "lina@example.com")


def test_who_wants_no_text_messages_gets_none(desk, shop, now, vain):
    call = desk.call()
    consents.say(call.customer, "sms", "order", False, source="desk", by=shop.owner, now=now)
    vain(call)
    assert not desk.messages()


def test_a_suppressed_number_is_not_written_to(desk, shop, now, vain):
    call = desk.call()
    value = call.customer.contact_points.get().value
    queue.suppress(branch=shop.branch, channel="sms", address=value, now=now)
    vain(call)
    assert not desk.messages()


# --- Whether it is still due -------------------------------------------------------------------
@pytest.fixture
def message(desk, vain):
    vain(desk.call())
    return Message.objects.get(purpose="call_missed")


def test_it_is_due_while_nobody_has_reached_them(message):
    assert call_missed.still_due(message)


@pytest.mark.parametrize("change", ["made", "moved", "called_off", "silent", "left", "stopped", "gone"])
def test_main_rule_it_is_not_due_once_its_reason_is_gone(desk, shop, now, message, change):
    call = CallTask.objects.get(pk=message.subject_id)
    if change == "made":
        CallTask.objects.filter(pk=call.pk).update(state="done", outcome="confirmed", done_at=now)
    elif change == "moved":
        type(call.appointment).objects.update(schedule_version=2)
    elif change == "called_off":
        type(call.appointment).objects.update(state="cancelled")
    elif change == "silent":
        files.refuse_contact(call.customer, by=shop.owner, now=now)
    elif change == "left":
        type(call.customer).objects.update(is_active=False)
    elif change == "stopped":
        consents.say(call.customer, "sms", "order", False, source="desk", by=shop.owner, now=now)
    else:
        message.subject_id = 0
    assert not call_missed.still_due(message)


def test_a_batch_is_asked_about_in_as_many_questions_as_one(desk, now, vain, django_assert_max_num_queries):
    def asked(count):
        for _number in range(count):
            vain(desk.call(appointment=desk.appointment()))
        rows = list(Message.objects.filter(purpose="call_missed"))
        with django_assert_max_num_queries(8):
            assert len(call_missed.still_due_among(rows)) == len(rows)

    asked(1)
    asked(6)


# --- What it says ------------------------------------------------------------------------------
@pytest.mark.parametrize("language", ["zh-hans", "zh-hant", "en"])
def test_the_words_are_whole_in_each_language_and_carry_the_customers_link(desk, shop, now, vain, language):
    vain(desk.call(appointment=desk.appointment(customer=desk.customer(language=language))))
    (message,) = desk.messages()
    rendering.write_words(message)
    assert "{" not in message.body
    assert "/c/" in message.body
    assert shop.branch.name_in(language) in message.body
    assert AppointmentLink.objects.count() == 1


def test_r9_9_nothing_of_taboos_or_money_stands_in_it(desk, shop, now, vain):
    call = desk.call()
    files.add_taboo(call.customer, "别提体重", by=shop.owner, now=now)
    vain(call)
    (message,) = desk.messages()
    rendering.write_words(message)
    assert "体重" not in message.body


def test_without_a_date_it_says_so_and_has_no_link(desk, shop, now, vain):
    order = desk.order()
    call = desk.call(appointment=desk.appointment(), kind="agree_date", work_order=order)
    CallTask.objects.filter(pk=call.pk).update(appointment=None)
    vain(call)
    (message,) = desk.messages()
    rendering.write_words(message)
    assert "/c/" not in message.body
    assert message.deadline == now + 2 * MINUTE + 2 * DAY


def test_the_sample_names_every_parameter(desk, vain):
    vain(desk.call())
    (message,) = desk.messages()
    assert set(call_missed.parameters(message)) == set(call_missed.SAMPLE)
    for subject, body in call_missed.purpose.words.values():
        assert "{" not in (subject + body).format(**call_missed.SAMPLE)


# --- What is not called by noon -----------------------------------------------------------------
def at(shop, clock, day=16):
    return shop.branch.at(date(2026, 5, day), clock)


def test_not_called_by_noon_is_what_was_due_before_and_nobody_tried(desk, shop, now, press):
    nine = at(shop, time(9))
    left = desk.call(appointment=desk.appointment(now + 5 * DAY), due_at=nine)
    tried = desk.call(appointment=desk.appointment(now + 5 * DAY), due_at=nine)
    desk.call(appointment=desk.appointment(now + 5 * DAY), due_at=at(shop, time(12)))
    yesterday = desk.call(appointment=desk.appointment(now + 5 * DAY), due_at=nine - DAY)
    press(tried, at=at(shop, time(11)))
    assert call_lists.behind(shop.branch, at(shop, time(11, 59))) == []
    assert call_lists.behind(shop.branch, at(shop, time(12))) == [yesterday, left]


def test_tried_yesterday_and_left_since_is_behind_again(desk, shop, now, press):
    call = desk.call(appointment=desk.appointment(now + 5 * DAY), due_at=now - HOUR)
    call = press(call, at=at(shop, time(20, 30)))
    assert call.due_at == at(shop, shop.branch.opens_at, 17)
    assert call_lists.behind(shop.branch, at(shop, time(13), 17)) == [call]


def test_the_hour_is_the_branchs_own(desk, shop, now):
    CallRules.objects.create(branch=shop.branch, behind_at=time(15))
    call = desk.call(appointment=desk.appointment(now + 5 * DAY), due_at=at(shop, time(14)))
    assert call_lists.behind(shop.branch, at(shop, time(14, 59))) == []
    assert call_lists.behind(shop.branch, at(shop, time(15))) == [call]
    assert call_lists.behind(shop.other_branch, at(shop, time(15))) == []


def test_the_deputy_is_the_one_who_is_behind(desk, shop, now):
    today = shop.branch.today(now)
    LeaveFactory(branch=shop.branch, user=shop.owner, deputy=shop.colleague, starts_on=today, ends_on=today)
    call = desk.call(appointment=desk.appointment(now + 5 * DAY), due_at=at(shop, time(9)))
    assert [line.call for line in call_lists.calls_behind([shop.manager], shop.branch, now)] == [call]
