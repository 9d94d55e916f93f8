"""Receipts and the shop's own messages: a reminder that did not arrive, one that did, a customer who says stop."""

import json
import time
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from customers import consents
from customers.models import ContactPoint
from studio.outbox import receipts
from studio.outbox.gateways.webhook import SIGNATURE, TIMESTAMP, signature
from studio.outbox.models import Attempt, Gateway, Message, ReceiptStatus
from studio.outbox.receipts import Report
from tests.outbox.conftest import make_gateway
from tests.outbox.recorder import Recorder
from tests.workflow.calling import Desk
from workflow import reminder_message
from workflow.models import CallTask

pytestmark = pytest.mark.django_db
SECRET, NUMBER = "the gateway's own secret", "+8613800138000"


@pytest.fixture
def gateway(shop: SimpleNamespace, recorder: Recorder) -> Gateway:
    return make_gateway(shop.branch, recorder, callback_secret=SECRET, looks_up=False)


@pytest.fixture
def sent(shop: SimpleNamespace, gateway: Gateway) -> Any:
    """`sent(fall_back="email")` answers a reminder that the gateway took."""

    def send(**rule: Any) -> Message:
        now = timezone.now()
        desk = Desk(shop, now)
        customer = desk.customer()
        customer.contact_points.all().delete()
        for kind, value in (("phone", NUMBER), ("email", "li.na@example.com")):
            ContactPoint.objects.create(branch=shop.branch, customer=customer, kind=kind, value=value)
        appointment = desk.appointment(now + timedelta(days=5), customer=customer)
        message = reminder_message.write(appointment, desk.rule("message", **rule), now=now)
        assert message is not None
        message.state, message.finished_at, message.gateway = "sent", now, gateway
        message.save()
        Attempt.objects.create(
            message=message, number=1, gateway=gateway, started_at=now, finished_at=now, outcome="accepted"
        )
        return message

    return send


def report(message: Message, status: ReceiptStatus, name: str) -> Report:
    return Report(name=name, status=status, at=timezone.now(), key=str(message.key))


def calls() -> list[str]:
    return list(CallTask.objects.open().filter(kind="not_reached").values_list("kind", flat=True))


def test_main_rule_an_undelivered_reminder_becomes_one_call_and_one_that_arrived_takes_it_back(
    sent: Any, gateway: Gateway
) -> None:
    reminder = sent()
    for number in range(2):
        receipts.take(gateway, [report(reminder, ReceiptStatus.UNDELIVERED, f"no{number}")], timezone.now())
    assert calls() == ["not_reached"]
    receipts.take(gateway, [report(reminder, ReceiptStatus.DELIVERED, "yes")], timezone.now())
    reminder.refresh_from_db()
    assert (reminder.state, calls()) == ("delivered", [])


def test_an_undelivered_reminder_goes_the_next_way_once(sent: Any, gateway: Gateway) -> None:
    reminder = sent(fall_back="email")
    for number in range(3):
        receipts.take(gateway, [report(reminder, ReceiptStatus.UNDELIVERED, f"no{number}")], timezone.now())
    (letter,) = Message.objects.exclude(pk=reminder.pk)
    assert (letter.channel, letter.recipient, letter.state) == ("email", "li.na@example.com", "queued")
    assert calls() == []


def test_r2_2_stop_from_a_phone_is_kept_on_the_customer_s_file(sent: Any, gateway: Gateway) -> None:
    sent()
    customer = ContactPoint.objects.get(value=NUMBER).customer
    consents.say(customer, "sms", "news", True, source="desk", by=customer.owner, now=timezone.now())
    assert consents.basis_of(customer, "sms", "news")
    body = json.dumps({"reports": [{"status": "reply", "from": NUMBER, "text": "TD"}]}).encode()
    stamp = str(int(time.time()))
    headers: Any = {TIMESTAMP: stamp, SIGNATURE: signature(SECRET, stamp, body)}
    for _ in range(2):
        answer = Client().post(
            reverse("outbox:receipts", args=[gateway.pk]),
            body,
            content_type="application/json",
            headers=headers,
        )
        assert answer.status_code == 200
    assert consents.basis_of(customer, "sms", "news") == ""
    assert consents.basis_of(customer, "sms", "order"), "what they ordered is still written about"
