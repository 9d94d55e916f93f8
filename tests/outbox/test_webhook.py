"""The signed webhook: what goes over the wire, and what each answer means."""

import hashlib
import hmac
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from studio.outbox.gateways import Envelope, Inquiry, Known, Result
from studio.outbox.gateways.webhook import Webhook
from tests.outbox.recorder import Recorder, dead_port

ENVELOPE = Envelope(
    key="7f1c1f0e-8f5c-4a6e-9d8b-0a4b5c6d7e8f",
    channel="sms",
    recipient="+8613800138000",
    subject="",
    text="张伟，您好！",
    template="SMS_1",
    parameters={"name": "张伟"},
)
INQUIRY = Inquiry(ENVELOPE.key, ENVELOPE.recipient, datetime.now(UTC))


@pytest.fixture
def webhook(recorder: Recorder) -> Callable[..., Webhook]:
    def make(**changes: Any) -> Webhook:
        values = {
            "address": recorder.address,
            "secret": recorder.secret,
            "sender": "首问",
            "looks_up": True,
            "seconds": 0.5,
        }
        return Webhook(**values | changes)

    return make


def test_webhook_is_signed_over_time_and_body(webhook: Callable[..., Webhook], recorder: Recorder) -> None:
    assert webhook().send(ENVELOPE).result is Result.ACCEPTED
    (arrival,) = recorder.arrivals
    headers = arrival["headers"]
    assert headers["Idempotency-Key"] == ENVELOPE.key
    signed = headers["X-Shouwen-Timestamp"].encode() + b"." + arrival["raw"]
    assert headers["X-Shouwen-Signature"] == hmac.new(b"a secret", signed, hashlib.sha256).hexdigest()
    assert abs(int(headers["X-Shouwen-Timestamp"]) - time.time()) < 5
    assert arrival["text"] == "张伟，您好！"
    assert (arrival["recipient"], arrival["template"]) == ("+8613800138000", "SMS_1")
    assert arrival["parameters"] == {"name": "张伟"}


@pytest.mark.parametrize(
    ("plan", "result", "is_down"),
    [
        ("accept", Result.ACCEPTED, False),
        ("refuse", Result.REFUSED, False),
        ("redirect", Result.REFUSED, False),
        ("busy", Result.NOT_REACHED, True),
        ("deny", Result.NOT_REACHED, True),
        ("error", Result.UNCLEAR, False),
        ("hang", Result.UNCLEAR, True),
        ("drip", Result.UNCLEAR, True),
        ("cut", Result.UNCLEAR, True),
        ("accept and cut", Result.UNCLEAR, True),
    ],
)
def test_webhook_answers(
    webhook: Callable[..., Webhook], recorder: Recorder, plan: str, result: Result, is_down: bool
) -> None:
    recorder.plan = [plan]
    began = time.monotonic()
    answer = webhook().send(ENVELOPE)
    assert (answer.result, answer.gateway_is_down) == (result, is_down)
    assert len(recorder.arrivals) == 1, "no redirection is followed, nothing is sent twice"
    assert time.monotonic() - began < 10, "the whole conversation is limited, not each byte"


def test_webhook_not_reached(webhook: Callable[..., Webhook]) -> None:
    for address in (
        f"http://127.0.0.1:{dead_port()}/",
        "http://no-such-host.invalid/",
        "http:///",
        "http://[/",
    ):
        answer = webhook(address=address).send(ENVELOPE)
        assert (answer.result, answer.gateway_is_down) == (Result.NOT_REACHED, True), address
        assert webhook(address=address).look_up(INQUIRY).known is Known.NOT_REACHED


def test_webhook_speaks_plainly_to_nobody_who_wants_tls(
    webhook: Callable[..., Webhook], recorder: Recorder
) -> None:
    answer = webhook(address=recorder.address.replace("http:", "https:")).send(ENVELOPE)
    assert answer.result is Result.NOT_REACHED
    assert recorder.arrivals == []


def test_webhook_ignores_the_proxies_of_the_environment(
    webhook: Callable[..., Webhook], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{dead_port()}")
    assert webhook().send(ENVELOPE).result is Result.ACCEPTED


def test_webhook_looks_up_by_key(webhook: Callable[..., Webhook], recorder: Recorder) -> None:
    assert webhook().look_up(INQUIRY).known is Known.ABSENT
    webhook().send(ENVELOPE)
    found = webhook().look_up(INQUIRY)
    assert (found.known, found.reference) == (Known.FOUND, "ref-7f1c1f0e")
    assert webhook(looks_up=False).look_up(INQUIRY).known is Known.CANNOT


@pytest.mark.parametrize(
    "said",
    [
        (404, b"<h1>Not Found</h1>"),
        (404, b"{}"),
        (404, b'{"found": true}'),
        (200, b"ok"),
        (200, b'{"found": false}'),
        (200, b'{"found": "true"}'),
        (200, b"[]"),
        (401, b'{"found": false}'),
        (503, b""),
    ],
)
def test_webhook_takes_no_half_answer_for_a_look_up(
    webhook: Callable[..., Webhook], recorder: Recorder, said: tuple[int, bytes]
) -> None:
    recorder.look_up_answer = said
    assert webhook().look_up(INQUIRY).known is Known.NOT_REACHED


def test_webhook_an_answer_of_any_size_or_shape_is_taken(
    webhook: Callable[..., Webhook], recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.outbox.recorder import Handler

    monkeypatch.setattr(
        Handler, "answer", lambda self, status, said: self.answer_bytes(status, b"\xff" * 1_000_000)
    )
    assert webhook().send(ENVELOPE).result is Result.ACCEPTED
