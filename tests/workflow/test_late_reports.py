"""R3.2: reports that come late and contradict each other never leave a customer without message and call, nor
with the same message twice."""

from datetime import timedelta

import pytest
from django.db import transaction

from studio.outbox.endings import end
from studio.outbox.models import Attempt, Message, ReceiptStatus
from studio.outbox.receipts import Report, take
from tests.outbox.conftest import make_gateway
from tests.outbox.recorder import recording
from tests.workflow.calling import Desk
from tests.workflow.test_reminder_ways import both
from workflow.models import CallTask

MINUTE = timedelta(minutes=1)
YES, NO = ReceiptStatus.DELIVERED, ReceiptStatus.UNDELIVERED


@pytest.fixture
def desk(shop, now):
    return Desk(shop, now)


@pytest.fixture
def reminder(desk, now):
    """`reminder(state, fall_back=…)`: one that a gateway was given."""
    with recording() as recorder:
        gateway = make_gateway(desk.branch, recorder)

        def make(state, **rule):
            desk.rule("message", **{"channel": "sms"} | rule)
            desk.appointment(customer=both(desk))
            desk.plan()
            message = Message.objects.get()
            message.gateway = gateway
            message.save()
            Attempt.objects.create(
                message=message,
                number=1,
                gateway=gateway,
                started_at=now,
                outcome="unclear" if state == "unknown" else "accepted",
            )
            with transaction.atomic():
                end(message, state, now=now)
            return message

        yield make


def reported(message, status, now, minutes):
    at = now + minutes * MINUTE
    report = Report(name=f"r{minutes}", status=status, at=at, key=str(message.key))
    take(message.gateway, [report], at)
    message.refresh_from_db()
    return message.state


def open_calls():
    return CallTask.objects.open().filter(kind="not_reached").count()


def test_r3_2_unknown_then_delivered_then_not_the_call_is_back(reminder, now):
    message = reminder("unknown")
    assert open_calls() == 1
    for round_ in range(2):
        assert (reported(message, YES, now, 1 + 2 * round_), open_calls()) == ("delivered", 0)
        assert (reported(message, NO, now, 2 + 2 * round_), open_calls()) == ("failed", 1)
    assert (reported(message, YES, now, 9), open_calls()) == ("delivered", 0)


def test_a_call_that_was_made_does_not_come_back(reminder, now, shop):
    message = reminder("unknown")
    CallTask.objects.update(state="done", outcome="confirmed", done_at=now, done_by=shop.owner)
    reported(message, YES, now, 1)
    assert (reported(message, NO, now, 2), open_calls()) == ("failed", 0)


@pytest.mark.parametrize("waits", [True, False])
def test_r3_2_delivered_after_all_it_is_not_said_another_way_too(reminder, now, waits):
    message = reminder("sent", fall_back="email")
    assert reported(message, NO, now, 1) == "failed"
    other = Message.objects.get(channel="email")
    if not waits:
        other.state, other.finished_at = "sent", now
        other.save()
    assert reported(message, YES, now, 2) == "delivered"
    other.refresh_from_db()
    assert other.state == ("cancelled" if waits else "sent")
    assert (reported(message, NO, now, 3), open_calls()) == ("failed", 1 if waits else 0)


def test_what_another_rule_says_still_goes_out(desk, reminder, now):
    message = reminder("sent", fall_back="email")
    other = desk.rule("message", channel="email", days=1)
    desk.plan()
    reported(message, NO, now, 1)
    reported(message, YES, now, 2)
    assert Message.objects.get(parameters__rule=str(other.pk)).state == "queued"
