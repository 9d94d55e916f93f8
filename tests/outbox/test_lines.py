"""Connections that are kept for a moment: never at the price of a message."""

import http.client
import os
import socket
import threading
from collections.abc import Callable
from typing import Any

import pytest

from studio.outbox.gateways import Envelope, Result
from studio.outbox.gateways.lines import Lines
from studio.outbox.gateways.webhook import Webhook, seconds_of
from tests.outbox.recorder import Recorder
from tests.outbox.test_webhook import ENVELOPE


@pytest.fixture
def webhook(recorder: Recorder) -> Callable[..., Webhook]:
    def make(**changes: Any) -> Webhook:
        values = {
            "address": recorder.address,
            "secret": recorder.secret,
            "sender": "首问",
            "looks_up": True,
            "seconds": 1.0,
        }
        return Webhook(**values | changes)

    return make


@pytest.fixture
def accepted(recorder: Recorder, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The connections that the gateway took."""
    taken: list[Any] = []
    real = recorder.process_request

    def process(request: Any, address: Any) -> None:
        taken.append(request)
        real(request, address)

    monkeypatch.setattr(recorder, "process_request", process)
    return taken


def test_lines_one_connection_carries_several_messages(
    webhook: Callable[..., Webhook], recorder: Recorder, accepted: list[Any]
) -> None:
    assert [webhook().send(ENVELOPE).result for _number in range(4)] == [Result.ACCEPTED] * 4
    assert len(recorder.arrivals) == 4
    assert len(accepted) == 1


def test_lines_are_not_kept_where_nobody_could_tell_what_became_of_a_message(
    webhook: Callable[..., Webhook], accepted: list[Any]
) -> None:
    for _number in range(3):
        webhook(looks_up=False).send(ENVELOPE)
    assert len(accepted) == 3
    for _number in range(3):
        webhook(looks_up=False, takes_key=True).send(ENVELOPE)
    assert len(accepted) == 4


def test_lines_that_the_server_has_closed_are_not_used(
    webhook: Callable[..., Webhook], recorder: Recorder, accepted: list[Any]
) -> None:
    webhook().send(ENVELOPE)
    accepted[0].shutdown(socket.SHUT_RDWR)
    answer = webhook().send(ENVELOPE)
    assert answer.result is Result.ACCEPTED
    assert len(recorder.arrivals) == 2


def test_lines_a_server_that_hangs_up_after_it_heard_leaves_it_unclear(
    webhook: Callable[..., Webhook], recorder: Recorder
) -> None:
    """Never said again by itself: it may have been accepted."""
    webhook().send(ENVELOPE)
    recorder.plan = ["accept and cut"]
    assert webhook().send(ENVELOPE).result is Result.UNCLEAR
    assert len(recorder.arrivals) == 2


def test_lines_a_connection_that_breaks_while_it_is_spoken_on_is_replaced_at_once(
    webhook: Callable[..., Webhook], recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not all of it has left us, so nobody can have understood it."""
    webhook().send(ENVELOPE)
    real, broken = http.client.HTTPConnection.request, [True]

    def request(line: Any, *args: Any, **options: Any) -> None:
        if broken:
            broken.clear()
            raise BrokenPipeError
        real(line, *args, **options)

    monkeypatch.setattr(http.client.HTTPConnection, "request", request)
    assert webhook().send(ENVELOPE).result is Result.ACCEPTED
    assert recorder.received == {ENVELOPE.key: 2}


def test_lines_grow_old(
    webhook: Callable[..., Webhook], accepted: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    webhook().send(ENVELOPE)
    monkeypatch.setattr("studio.outbox.gateways.lines.SECONDS", 0.0)
    webhook().send(ENVELOPE)
    assert len(accepted) == 2


def test_lines_that_a_server_wants_closed_are_closed(
    webhook: Callable[..., Webhook], recorder: Recorder, accepted: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.outbox.recorder import Handler

    real = Handler.answer_bytes

    def close_after(handler: Any, status: int, body: bytes) -> None:
        ended = handler.end_headers

        def saying_so() -> None:
            handler.send_header("Connection", "close")
            ended()

        handler.end_headers = saying_so
        real(handler, status, body)

    monkeypatch.setattr(Handler, "answer_bytes", close_after)
    for _number in range(3):
        assert webhook().send(ENVELOPE).result is Result.ACCEPTED
    assert len(accepted) == 3


def test_lines_an_answer_that_is_not_read_to_its_end_ends_the_connection(
    webhook: Callable[..., Webhook], accepted: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.outbox.recorder import Handler

    monkeypatch.setattr(
        Handler, "answer", lambda self, status, said: self.answer_bytes(status, b" " * 200_000)
    )
    for _number in range(2):
        assert webhook().send(ENVELOPE).result is Result.ACCEPTED
    assert len(accepted) == 2


def test_lines_twenty_at_once_never_share_one(
    webhook: Callable[..., Webhook], recorder: Recorder, accepted: list[Any]
) -> None:
    keys = [f"key-{number}" for number in range(60)]
    answers: dict[str, str] = {}

    def send(some: list[str]) -> None:
        for key in some:
            envelope = Envelope(**{**vars(ENVELOPE), "key": key})
            answers[key] = webhook(seconds=15.0).send(envelope).reference

    threads = [threading.Thread(target=send, args=(keys[number::20],)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert answers == {key: f"ref-{key[:8]}" for key in keys}
    assert sorted(recorder.received.values()) == [1] * 60
    assert len(accepted) <= 20


def test_lines_belong_to_one_process(monkeypatch: pytest.MonkeyPatch) -> None:
    own = Lines()
    ours, theirs = socket.socketpair()
    line = http.client.HTTPConnection("127.0.0.1")
    line.sock = ours
    own.keep("place", line)
    monkeypatch.setattr("studio.outbox.gateways.lines.os.getpid", lambda: os.getppid())
    assert own.take("place") is None
    theirs.close()
    line.close()


# --- Retry-After ------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("120", 120.0),
        (" 7 ", 7.0),
        ("0", 0.0),
        ("", None),
        ("-5", None),
        ("soon", None),
        ("1e9", None),
        ("nan", None),
        ("9" * 400, None),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0.0),
        ("Wed, 99 Oct 2015 07:28:00 GMT", None),
    ],
)
def test_retry_after_is_a_number_or_a_moment(said: str, seconds: float | None) -> None:
    assert seconds_of(said) == seconds
