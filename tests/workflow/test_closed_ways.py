"""R3.2, R2.2: a way that closes while a message waits never makes it vanish: it goes another way, or somebody
calls. Asked at the attempt, so whoever was killed between the word and its consequences has lost nothing."""

from datetime import timedelta

import pytest

from bookings import schedule
from customers import consents, contacts
from customers.models import ContactPoint
from studio.outbox.delivery import deliver
from studio.outbox.models import Message
from tests.outbox.conftest import make_gateway
from tests.outbox.recorder import recording
from tests.workflow.calling import Desk
from tests.workflow.test_reminder_ways import MAIL, PHONE, both, said
from workflow import schedule_news

DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)


@pytest.fixture
def desk(shop, now):
    return Desk(shop, now)


@pytest.fixture
def killed(monkeypatch):
    """Whoever writes the no down is killed before its consequences; or the planner wrote at that moment."""
    monkeypatch.setattr(consents, "divert", lambda messages, now: None)


@pytest.fixture
def gateway(desk):
    with recording() as recorder:
        make_gateway(desk.branch, recorder)
        make_gateway(desk.branch, recorder, channel="email")
        yield recorder


def waiting(desk, **rule):
    desk.rule("message", **{"channel": "sms", "fall_back": "email"} | rule)
    customer = both(desk)
    desk.appointment(customer=customer)
    desk.plan()
    assert said(desk) == [("sms", PHONE)]
    return customer


def send(now):
    deliver(clock=lambda: now)


def states():
    return list(Message.objects.order_by("pk").values_list("channel", "state"))


def open_calls(desk):
    return [call.kind for call in desk.calls() if call.state == "open"]


def test_r3_2_a_no_that_nobody_followed_up_still_goes_the_other_way(desk, now, killed, gateway):
    customer = waiting(desk)
    consents.say(customer, "sms", "order", False, source="desk", now=now)
    send(now)
    assert [one["channel"] for one in gateway.arrivals] == ["email"]
    assert said(desk) == [("sms", PHONE), ("email", MAIL)]
    assert states()[0] == ("sms", "failed")


def test_r3_2_without_another_way_one_call_comes_up(desk, now, killed, gateway):
    customer = waiting(desk, fall_back="")
    consents.say(customer, "sms", "order", False, source="desk", now=now)
    send(now)
    send(now)
    assert (states(), open_calls(desk)) == ([("sms", "failed")], ["not_reached"])


@pytest.mark.parametrize("gone", ["wrong", "removed"])
def test_r9_9_a_number_that_is_a_strangers_by_now_is_not_written_to(desk, now, gateway, gone):
    customer = waiting(desk, fall_back="")
    if gone == "wrong":
        ContactPoint.objects.filter(customer=customer, kind="phone").update(is_wrong=True)
    else:
        contacts.write_contacts(customer, "phone", [])
    send(now)
    assert gateway.arrivals == []
    assert (states(), open_calls(desk)) == ([("sms", "failed")], ["not_reached"])


def test_r2_2_who_wants_no_contact_at_all_is_not_called_instead(desk, now, killed, gateway):
    customer = waiting(desk)
    consents.say(customer, "sms", "order", False, source="desk", now=now)
    customer.do_not_contact = True
    customer.save(update_fields=["do_not_contact"])
    send(now)
    assert (states(), open_calls(desk)) == ([("sms", "cancelled")], [])


def test_a_moved_date_is_withdrawn_whatever_its_way(desk, now, killed, gateway):
    customer = waiting(desk)
    customer.appointments.update(schedule_version=2)
    consents.say(customer, "sms", "order", False, source="desk", now=now)
    send(now)
    assert (states(), open_calls(desk)) == ([("sms", "cancelled")], [])


def test_r3_2_the_news_of_a_moved_date_goes_another_way_too(desk, now, killed, gateway, shop):
    customer = both(desk)
    row = desk.appointment(now + 3 * DAY, customer=customer)
    start = now + 4 * DAY
    slot = schedule.Slot(start, start + HOUR, overtime=True)
    schedule.move(row, slot=slot, version=None, by=shop.owner, now=now)
    assert Message.objects.get().purpose == schedule_news.MOVED
    consents.say(customer, "sms", "order", False, source="desk", now=now)
    send(now + HOUR)
    assert [one["channel"] for one in gateway.arrivals] == ["email"]
    assert said(desk) == [("sms", PHONE), ("email", MAIL)]


def test_among_many_only_the_closed_one_goes_another_way(desk, now, killed, gateway):
    desk.rule("message", channel="sms", fall_back="email")
    rows = [desk.appointment() for _number in range(4)]
    desk.plan()
    consents.say(rows[1].customer, "sms", "order", False, source="desk", now=now)
    send(now)
    send(now)
    assert sorted(state for _way, state in states()) == ["failed", "sent", "sent", "sent"]
    assert open_calls(desk) == ["not_reached"]


def test_r2_2_a_refusal_does_not_silence_whose_number_stood_in_the_wrong_file(desk, now, gateway, shop):
    waiting(desk)
    other = desk.customer()
    ContactPoint.objects.create(
        branch=desk.branch, customer=other, kind="phone", value=PHONE, is_wrong=True, position=5
    )
    contacts.refuse_contact(other, by=shop.owner, now=now)
    send(now)
    assert states() == [("sms", "sent")]
