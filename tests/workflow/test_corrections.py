"""reliability.md: no attempt starts after a move or a cancellation has committed; is one open at that moment,
the mover is told and a correction goes out, whatever the customer is said to know."""

import os
from datetime import timedelta

import pytest
import time_machine
from django.db import connections
from django.urls import reverse

from bookings import notices, schedule
from bookings.models import Allocation, Appointment, Booking
from bookings.settlement import call_off
from studio.outbox.delivery import deliver
from studio.outbox.models import Message
from tests.outbox.conftest import make_gateway
from tests.outbox.recorder import recording
from tests.outbox.test_races import at_once
from tests.workflow.calling import Desk
from workflow import schedule_news
from workflow.models import CallTask

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
TRIALS = int(os.environ.get("CORRECTION_TRIALS", "24"))


@pytest.fixture
def desk(shop, now):
    desk = Desk(shop, now)
    desk.rule("message", days=2)
    return desk


def planned(desk, **order):
    """An order whose reminder waits to be sent."""
    order = desk.order(starts_at=desk.now + 2 * DAY - HOUR, **order)
    desk.plan()
    return order


def reminder_of(row):
    return Message.objects.get(purpose="reminder", subject_id=row.pk)


def news_of(row):
    return list(Message.objects.filter(purpose__in=schedule_news.PURPOSES, subject_id=row.pk).order_by("pk"))


def going_out(desk, row, state="leased"):
    message = reminder_of(row)
    message.state, message.attempt = state, 1
    message.lease_until = desk.now + MINUTE if state == "leased" else None
    message.save()
    outcome = "open" if state == "leased" else "unclear"
    message.attempts.create(number=1, started_at=desk.now, outcome=outcome)
    return message


def shift(desk, row, days=5, **options):
    row.refresh_from_db()
    return schedule.move(
        row,
        slot=desk.slot(desk.now + days * DAY),
        version=row.version,
        by=desk.shop.owner,
        now=desk.now,
        **options,
    )


def cancel(desk, row, **options):
    return schedule.cancel(row, why="雨", by=desk.shop.owner, now=desk.now, **options)


def whole(desk, row):
    call_off(row.booking, fault="customer", why="分手", by=desk.shop.manager, now=desk.now)


CHANGES = {
    "moved": (lambda desk, row: shift(desk, row), "date_moved"),
    "moved, they know": (lambda desk, row: shift(desk, row, knows=True), "date_moved"),
    "off": (lambda desk, row: cancel(desk, row), "date_called_off"),
    "off, they know": (lambda desk, row: cancel(desk, row, knows=True), "date_called_off"),
    "all of it off": (whole, "date_called_off"),
}


@pytest.mark.parametrize("state", ["leased", "queued"])
@pytest.mark.parametrize("change", CHANGES)
def test_main_rule_a_reminder_on_its_way_is_corrected(desk, change, state):
    row = desk.shoot(planned(desk))
    message = going_out(desk, row, state)
    act, purpose = CHANGES[change]
    act(desk, row)
    row.refresh_from_db()
    (news,) = news_of(row)
    assert (news.purpose, news.state, news.channel) == (purpose, "queued", "sms")
    assert news.parameters["corrects"] == str(message.pk)
    assert schedule_news.still_due(news), "it goes out, though the order may be called off"
    (sentence,) = schedule_news.told(notices.last_change(row))
    assert "correction" in sentence


@pytest.mark.parametrize("change", ["moved, they know", "off, they know"])
def test_where_nothing_is_on_its_way_who_knows_already_hears_nothing(desk, change):
    row = desk.shoot(planned(desk))
    CHANGES[change][0](desk, row)
    row.refresh_from_db()
    assert news_of(row) == []
    assert reminder_of(row).state == "cancelled"
    assert schedule_news.told(notices.last_change(row)) == ["The customer knows already."]


def test_of_an_order_that_is_called_off_as_a_whole_nothing_but_a_correction_is_told(desk):
    row = desk.shoot(planned(desk))
    whole(desk, row)
    row.refresh_from_db()
    (news,) = news_of(row)
    assert "corrects" not in news.parameters
    assert not schedule_news.still_due(news)


@pytest.mark.parametrize("is_going_out", [True, False])
def test_main_rule_whoever_calls_a_whole_order_off_is_told_of_the_correction(desk, sign_in, is_going_out):
    order = planned(desk)
    row = desk.shoot(order)
    if is_going_out:
        going_out(desk, row)
    with time_machine.travel(desk.now, tick=False):
        client, address = sign_in(desk.shop.manager), reverse("workflow:order_call_off", args=[order.pk])
        form = client.get(address).context["form"]
        seen = client.get(address).context["plan"].seen
        data = {"fault": "customer", "why": "分手", "kept": "0", "seen": seen}
        answer = client.post(address, data, follow=True)
    order.booking.refresh_from_db()
    assert order.booking.state == "cancelled", form.errors
    assert ("The customer gets a correction at" in answer.content.decode()) is is_going_out


def test_main_rule_an_appointment_without_an_order_is_put_right_too(desk, now):
    row = desk.appointment(now + DAY)
    desk.plan()
    message = going_out(desk, row)
    schedule.cancel(row, why="雨", by=desk.shop.owner, now=now, knows=True)
    (news,) = news_of(row)
    assert news.parameters["corrects"] == str(message.pk)


def test_a_correction_goes_by_the_way_of_what_it_corrects(desk, now):
    order = planned(desk)
    row = desk.shoot(order)
    order.booking.customer.contact_points.create(branch=desk.branch, kind="email", value="li@example.com")
    message = going_out(desk, row)
    Message.objects.filter(pk=message.pk).update(channel="email", recipient="li@example.com")
    shift(desk, row, knows=True)
    assert [(news.channel, news.recipient) for news in news_of(row)] == [("email", "li@example.com")]


def test_moved_back_by_hand_before_the_correction_went_out_nothing_is_wrong(desk, now):
    row = desk.shoot(planned(desk))
    going_out(desk, row)
    first = row.starts_at
    shift(desk, row, knows=True)
    row.refresh_from_db()
    schedule.move(row, slot=desk.slot(first), version=row.version, by=desk.shop.owner, now=now + MINUTE)
    assert [news.state for news in news_of(row)] == ["cancelled"]


def test_who_can_t_be_written_to_in_time_is_called_to_put_it_right(desk, now):
    row = desk.shoot(planned(desk))
    going_out(desk, row)
    row.customer.contact_points.all().delete()
    shift(desk, row, knows=True)
    assert news_of(row) == []
    assert CallTask.objects.get(state="open").kind == "not_reached"


def test_whoever_wants_to_know_of_corrections_is_told_in_the_same_transaction(desk, monkeypatch):
    heard = []
    listen = lambda row, event, by, now: heard.append((row.pk, event.kind, by))  # noqa: E731
    monkeypatch.setitem(schedule_news.corrections._entries, "test", listen)
    still, row = desk.shoot(planned(desk)), None
    shift(desk, still)
    assert heard == []
    row = desk.appointment(desk.now + DAY)
    desk.plan()
    going_out(desk, row)
    schedule.cancel(row, why="雨", by=desk.shop.owner, now=desk.now)
    assert heard == [(row.pk, "cancelled", desk.shop.owner)]


# --- Really at once --------------------------------------------------------------------------
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("change", CHANGES)
def test_main_rule_changed_while_the_gateway_is_spoken_to(desk, change):
    act, purpose = CHANGES[change]
    with recording() as recorder:
        make_gateway(desk.branch, recorder)
        row = desk.shoot(planned(desk))

        def change_now(arrived):
            recorder.before = lambda message: None
            try:
                act(desk, row)
            finally:
                connections.close_all()

        recorder.before = change_now
        assert deliver([reminder_of(row).pk], clock=lambda: desk.now) == 1
        assert reminder_of(row).state == "sent"
        (news,) = news_of(row)
        assert (news.purpose, "corrects" in news.parameters) == (purpose, True)
        later = news.due_at + MINUTE
        assert deliver([news.pk], clock=lambda: later) == 1
        news.refresh_from_db()
        assert (news.state, recorder.received[str(news.key)]) == ("sent", 1)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("change", ["moved", "moved, they know", "off", "all of it off"])
def test_main_rule_changing_and_sending_at_once_always_agree(desk, change):
    """Either nothing went out; or it was over when the date was changed; or the correction is there."""
    act, purpose = CHANGES[change]
    with recording() as recorder:
        make_gateway(desk.branch, recorder)
        for _trial in range(max(1, TRIALS // 4)):
            Appointment.objects.update(state="held")
            Allocation.objects.update(is_active=False)
            Booking.objects.update(state="closed")
            row = desk.shoot(planned(desk))
            message = reminder_of(row)
            at_once(
                lambda: act(desk, row),  # noqa: B023
                lambda: deliver([message.pk], clock=lambda: desk.now),  # noqa: B023
            )
            message.refresh_from_db()
            received = recorder.received[str(message.key)]
            corrected = any("corrects" in news.parameters for news in news_of(row))
            assert message.state == ("sent" if received else "cancelled")
            assert received <= 1
            if not received:
                assert not corrected
                assert message.attempts.count() == 0, "no attempt after the change"
            if change == "moved" and received:
                assert [news.purpose for news in news_of(row)] == [purpose]
