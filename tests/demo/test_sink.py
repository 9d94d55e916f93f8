"""The sink does what a good gateway does; the outbox speaks to it over real sockets."""

import contextlib
import http.client
import os
import signal
import smtplib
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.db import Error

from studio.demo import sink
from studio.demo.models import ReceivedMessage
from studio.demo.sink import SECRET, Sink, http_address, smtp_address
from studio.outbox.gateways import Envelope, Inquiry, Known, Result
from studio.outbox.gateways.smtp import Smtp
from studio.outbox.gateways.webhook import SIGNATURE, TIMESTAMP, Webhook, signature
from tests.outbox.recorder import dead_port
from tests.outbox.test_killed import database_url

pytestmark = pytest.mark.django_db(transaction=True)

ENVELOPE = Envelope(
    key="7f1c1f0e-8f5c-4a6e-9d8b-0a4b5c6d7e8f",
    channel="sms",
    recipient="+8613800138000",
    subject="",
    text="张伟，您好！\nhttp://testserver/c/abc",
)
INQUIRY = Inquiry(ENVELOPE.key, ENVELOPE.recipient, datetime.now(UTC))


@pytest.fixture
def running(settings: Any) -> Iterator[Sink]:
    settings.SINK_HTTP_PORT, settings.SINK_SMTP_PORT = dead_port(), dead_port()
    both = Sink(http_port=settings.SINK_HTTP_PORT, smtp_port=settings.SINK_SMTP_PORT)
    both.start()
    yield both
    both.stop()


def webhook(**changes: Any) -> Webhook:
    values = {"address": http_address(), "secret": SECRET, "sender": "首问", "looks_up": True, "seconds": 3.0}
    return Webhook(**values | changes)


def smtp() -> Smtp:
    return Smtp(address=smtp_address(), account="", secret="", sender="studio@shouwen.example", seconds=3.0)


def test_sink_keeps_a_text_message_and_tells_of_it(running: Sink) -> None:
    assert webhook().look_up(INQUIRY).known is Known.ABSENT
    answer = webhook().send(ENVELOPE)
    received = ReceivedMessage.objects.get()
    assert (answer.result, answer.reference) == (Result.ACCEPTED, f"sink-{received.pk}")
    assert (received.key, received.channel, received.recipient) == (ENVELOPE.key, "sms", "+8613800138000")
    assert (received.body, received.times) == (ENVELOPE.text, 1)
    found = webhook().look_up(INQUIRY)
    assert (found.known, found.reference) == (Known.FOUND, f"sink-{received.pk}")


def test_sink_takes_a_key_once_and_counts(running: Sink) -> None:
    first, second = webhook().send(ENVELOPE), webhook().send(ENVELOPE)
    assert first.reference == second.reference
    assert ReceivedMessage.objects.get().times == 2


def test_sink_keeps_a_letter_under_the_same_key(running: Sink) -> None:
    letter = Envelope(
        **{**vars(ENVELOPE), "channel": "email", "recipient": "li.na@example.com", "subject": "拍摄提醒"}
    )
    assert smtp().send(letter).result is Result.ACCEPTED
    received = ReceivedMessage.objects.get()
    assert (received.key, received.channel, received.recipient) == (
        ENVELOPE.key,
        "email",
        "li.na@example.com",
    )
    assert (received.subject, received.body) == ("拍摄提醒", ENVELOPE.text)


def test_sink_refuses_who_does_not_know_the_secret(running: Sink) -> None:
    assert webhook(secret="guessed").send(ENVELOPE).result is Result.NOT_REACHED
    assert webhook(secret="guessed").look_up(INQUIRY).known is Known.NOT_REACHED
    assert not ReceivedMessage.objects.exists()


def ask(method: str, path: str, body: bytes, **headers: str) -> int:
    line = http.client.HTTPConnection(
        "127.0.0.1", int(http_address().split(":")[2].split("/")[0]), timeout=20
    )
    try:
        line.request(method, path, body, headers)
        return line.getresponse().status
    finally:
        line.close()


def signed(body: bytes, *, age: int = 0) -> dict[str, str]:
    timestamp = str(int(time.time()) - age)
    return {TIMESTAMP: timestamp, SIGNATURE: signature(SECRET, timestamp, body)}


@pytest.mark.parametrize(
    ("path", "body", "age", "status"),
    [
        ("/messages", b"{", 0, 422),
        ("/messages", b"[]", 0, 422),
        ("/messages", b"{}", 0, 422),
        ("/messages", b"\xff", 0, 422),
        ("/messages", b"{}", 3600, 401),
        ("/elsewhere", b"{}", 0, 404),
    ],
)
def test_sink_refuses_what_is_no_message(
    running: Sink, path: str, body: bytes, age: int, status: int
) -> None:
    assert ask("POST", path, body, **signed(body, age=age)) == status
    assert not ReceivedMessage.objects.exists()


def test_sink_takes_any_characters(running: Sink) -> None:
    strange = Envelope(**{**vars(ENVELOPE), "text": "a\x00b\ud800", "subject": "x\ny" * 300})
    assert webhook().send(strange).result is Result.ACCEPTED
    received = ReceivedMessage.objects.get()
    assert received.body == "ab?"
    assert len(received.subject) == 300


def test_sink_without_its_database_asks_to_come_again(running: Sink, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(**values: Any) -> None:
        raise Error("the database is away")

    monkeypatch.setattr(sink, "keep", fail)
    assert webhook().send(ENVELOPE).result is Result.UNCLEAR
    letter = Envelope(**{**vars(ENVELOPE), "recipient": "li.na@example.com"})
    assert smtp().send(letter).result is Result.NOT_REACHED


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_sink_command_listens_and_stops_at_once(number: int) -> None:
    http_port, smtp_port = dead_port(), dead_port()
    process = subprocess.Popen(
        [sys.executable, "manage.py", "sink"],
        cwd=django_settings.BASE_DIR,
        env={
            **os.environ,
            "DATABASE_URL": database_url(),
            "SINK_HTTP_PORT": str(http_port),
            "SINK_SMTP_PORT": str(smtp_port),
        },
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    try:
        assert any("sink listens" in line for line in iter(process.stderr.readline, ""))
        address = f"http://127.0.0.1:{http_port}/messages"
        assert webhook(address=address).send(ENVELOPE).result is Result.ACCEPTED
        with (
            smtplib.SMTP("127.0.0.1", smtp_port, timeout=20) as idle,
            contextlib.suppress(smtplib.SMTPException),
        ):
            idle.noop()
            process.send_signal(number)
            began = time.monotonic()
            assert process.wait(10) == 0
            assert time.monotonic() - began < 1.5
    finally:
        process.kill()
        process.wait()
        process.stderr.close()
    assert ReceivedMessage.objects.get().times == 1
