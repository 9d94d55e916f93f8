"""R3.2: the customer is written to when a date was moved or called off, once it stands, and once."""

from datetime import time, timedelta

import pytest
import time_machine
from django.utils import timezone, translation

from bookings import notices
from bookings.models import ScheduleNotice, SchedulingRules
from bookings.schedule import Slot, cancel, make_appointment, move, undo
from customers import files
from studio.outbox.models import Message, MessageTemplate, Suppression
from studio.outbox.rendering import write_words
from tests.workflow.calling import Desk
from workflow import schedule_news
from workflow.models import CallTask

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def desk(shop, now):
    return Desk(shop, now)


@pytest.fixture
def row(desk):
    return make(desk)


def make(desk, days=2, **options):
    start = desk.now + days * DAY
    given = {
        "customer": desk.customer(),
        "booking": None,
        "kind": "shoot",
        "by": desk.shop.owner,
        "now": desk.now,
    }
    slot = Slot(start, start + 6 * HOUR, [desk.shop.floor])
    return make_appointment(branch=desk.branch, slot=slot, **given | options)


def shift(desk, row, days=3, now=None, hours=0, **options):
    row.refresh_from_db()
    start = desk.now + days * DAY + hours * HOUR
    slot = Slot(start, start + 6 * HOUR, [desk.shop.floor])
    return move(row, slot=slot, version=row.version, by=desk.shop.owner, now=now or desk.now, **options)


def waiting():
    return list(Message.objects.filter(state="queued", purpose__in=schedule_news.PURPOSES))


def test_r3_2_a_moved_date_is_told_when_it_can_t_be_undone_any_more(desk, row):
    shift(desk, row)
    (message,) = waiting()
    assert (message.purpose, message.subject_id) == ("date_moved", row.pk)
    assert message.due_at == desk.now + 10 * MINUTE
    assert message.deadline == desk.now + 2 * DAY
    assert schedule_news.still_due(message)


def test_the_minutes_are_the_branchs(desk, shop, row):
    SchedulingRules.objects.create(branch=shop.branch, undo_minutes=3)
    shift(desk, row)
    assert waiting()[0].due_at == desk.now + 3 * MINUTE


def test_an_undone_move_sends_nothing(desk, shop, row):
    moved = shift(desk, row)
    (message,) = waiting()
    undo(moved, event=notices.last_change(row), by=shop.owner, now=desk.now + MINUTE)
    assert waiting() == []
    assert not schedule_news.still_due(message)


def test_moved_again_before_it_went_out_one_message_tells_of_both(desk, row):
    first = row.starts_at
    shift(desk, row, days=3)
    shift(desk, row, days=4, now=desk.now + MINUTE)
    (message,) = waiting()
    assert message.parameters["before"] == first.isoformat()


def test_moved_and_moved_back_by_hand_there_is_no_news(desk, row):
    shift(desk, row, days=3)
    shift(desk, row, days=2, now=desk.now + MINUTE)
    assert waiting() == []


def test_moved_after_it_went_out_the_next_message_goes_from_there(desk, row):
    second = shift(desk, row, days=3).starts_at
    Message.objects.update(state="sent", finished_at=desk.now)
    shift(desk, row, days=4, now=desk.now + HOUR)
    (message,) = waiting()
    assert message.parameters["before"] == second.isoformat()


def test_an_undo_after_it_went_out_is_told(desk, shop, row):
    SchedulingRules.objects.create(branch=shop.branch, undo_minutes=60)
    moved = shift(desk, row)
    Message.objects.update(state="sent", finished_at=desk.now)
    undo(moved, event=notices.last_change(row), by=shop.owner, now=desk.now + 30 * MINUTE)
    (message,) = waiting()
    assert message.parameters["before"] == moved.starts_at.isoformat()


def test_who_knows_already_is_not_written_to(desk, row):
    shift(desk, row, knows=True)
    assert waiting() == []
    assert not CallTask.objects.exists()


def test_other_people_at_the_same_time_are_no_news(desk, shop, row):
    slot = Slot(row.starts_at, row.ends_at, [shop.photographer_resource])
    move(row, slot=slot, version=row.version, by=shop.owner, now=desk.now)
    assert waiting() == []
    assert schedule_news.told(notices.last_change(row)) == ["Nothing changes for the customer."]


def test_a_date_called_off_is_told(desk, shop, row):
    cancel(row, why="雨", by=shop.owner, now=desk.now)
    (message,) = waiting()
    assert message.purpose == "date_called_off"
    assert schedule_news.still_due(message)


def test_called_off_before_the_move_was_told_the_time_is_the_one_that_the_customer_knows(desk, shop, row):
    first = row.starts_at
    shift(desk, row)
    cancel(row, why="雨", by=shop.owner, now=desk.now + MINUTE)
    (message,) = waiting()
    assert (message.purpose, message.parameters["before"]) == ("date_called_off", first.isoformat())


def test_called_off_and_agreed_anew_is_no_news(desk, shop, row):
    cancel(row, why="雨", by=shop.owner, now=desk.now)
    (message,) = waiting()
    make(desk, days=9, customer=row.customer, now=desk.now + MINUTE)
    assert not schedule_news.still_due(message)


def test_with_the_whole_order_called_off_nothing_is_sent(desk, shop):
    order = desk.order(starts_at=desk.now + 2 * DAY)
    row = order.booking.appointments.get(kind="shoot")
    cancel(row, why="分手", by=shop.owner, now=desk.now)
    (message,) = waiting()
    type(order.booking).objects.update(state="cancelled")
    assert not schedule_news.still_due(message)


def test_who_can_t_be_written_to_is_called(desk, row):
    row.customer.contact_points.all().delete()
    shift(desk, row)
    assert waiting() == []
    assert CallTask.objects.get().kind == "not_reached"
    said = schedule_news.told(notices.last_change(row))
    assert said == ["The customer can't be written to in time: the owner calls."]


def test_a_suppressed_address_means_a_call(desk, shop, row):
    value = row.customer.contact_points.get().value
    Suppression.objects.create(branch=shop.branch, channel="sms", address=value)
    shift(desk, row)
    assert waiting() == []
    assert CallTask.objects.count() == 1


def test_too_late_to_write_is_a_call(desk, shop):
    row = make(desk, days=0.0069)  # ten minutes ahead
    shift(desk, row, days=1)
    assert waiting() == []
    assert CallTask.objects.count() == 1


def test_quiet_hours_that_last_until_the_old_time_mean_a_call(desk, shop):
    shop.branch.quiet_from, shop.branch.quiet_until = time(12), time(14)
    shop.branch.save()
    row = make(desk, days=1 / 24)
    shift(desk, row, days=1)
    assert CallTask.objects.count() == 1


def test_of_a_date_called_off_the_owner_hears_also_as_the_one_who_did_it(desk, shop, row):
    row.customer.contact_points.all().delete()
    cancel(row, why="雨", by=shop.owner, now=desk.now)
    assert ScheduleNotice.objects.filter(user=shop.owner).count() == 1
    assert not CallTask.objects.exists()


def test_r2_2_who_refused_contact_is_neither_written_to_nor_on_the_list_of_calls(desk, shop, row):
    files.refuse_contact(row.customer, by=shop.owner, now=desk.now)
    row.refresh_from_db()
    shift(desk, row)
    assert waiting() == []
    assert not CallTask.objects.exists()
    assert ScheduleNotice.objects.filter(user=shop.owner).exists()


def test_a_message_that_did_not_arrive_is_a_call_and_a_second_end_none(desk, row):
    shift(desk, row)
    (message,) = waiting()
    for _again in range(2):
        schedule_news.on_end(message, desk.now + HOUR)
    assert CallTask.objects.count() == 1


def test_a_message_about_an_old_time_that_did_not_arrive_is_nothing(desk, row):
    shift(desk, row)
    (message,) = waiting()
    shift(desk, row, days=5, now=desk.now + MINUTE)
    schedule_news.on_end(message, desk.now + HOUR)
    assert not CallTask.objects.exists()


@pytest.mark.parametrize("language", ["zh-hans", "zh-hant", "en"])
def test_every_parameter_has_a_sample_and_the_words_hold_both_times(desk, shop, row, language):
    row.customer.language = language
    row.customer.save()
    MessageTemplate.objects.create(
        purpose="date_moved", channel="sms", language=language,
        body="{greeting} {what} {old_day} {old_time} → {day} {lunar} {time} {branch} {address} {phone} {link}",
    )  # fmt: skip
    shift(desk, row)
    (message,) = waiting()
    with time_machine.travel(desk.now, tick=False), translation.override(language):
        with timezone.override(shop.branch.zone):
            assert set(schedule_news.parameters(message)) == set(schedule_news.SAMPLE)
        write_words(message)
    assert "18" in message.body
    assert "19" in message.body
    assert "/c/" in message.body
    assert message.trouble == ""


def test_r9_9_nothing_of_money_or_taboos_is_in_it(desk, row):
    shift(desk, row)
    (message,) = waiting()
    with translation.override("en"):
        words = " ".join(schedule_news.parameters(message).values())
    assert "¥" not in words
    assert row.note == "" or row.note not in words


def test_the_panel_says_what_the_customer_hears(desk, shop, row):
    with timezone.override(shop.branch.zone):
        shift(desk, row)
        assert schedule_news.told(notices.last_change(row)) == ["The customer gets a message at 12:10."]
        Message.objects.update(state="sent", finished_at=desk.now)
        assert schedule_news.told(notices.last_change(row)) == ["The customer was written to."]
        Message.objects.update(state="failed", finished_at=desk.now)
        said = schedule_news.told(notices.last_change(row))
        assert said == ["The message did not arrive: the owner calls."]


@pytest.mark.parametrize("language", ["zh-hans", "zh-hant", "en"])
@pytest.mark.parametrize("channel", ["sms", "email"])
def test_a_shop_that_wrote_no_words_has_the_houses(desk, shop, row, language, channel):
    shift(desk, row)
    (message,) = waiting()
    message.language, message.channel = language, channel
    with time_machine.travel(desk.now, tick=False):
        write_words(message)
    assert "18" in message.body
    assert "19" in message.body
    assert "/c/" in message.body
    assert message.trouble == ""
    cancel(row, why="雨", by=shop.owner, now=desk.now)
    (message,) = waiting()
    message.language, message.channel = language, channel
    write_words(message)
    assert "18" in message.body
    assert "{" not in message.body
    assert message.trouble == ""
