"""The dispatcher: with a broker it rings, without one it sends; it leaves when it is told to."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import pytest
from celery import current_app
from django.conf import settings as django_settings
from django.core.checks import run_checks
from django.db import OperationalError
from django.utils import timezone

from studio.outbox import ringing, tasks
from studio.outbox.checks import order_of_times
from studio.outbox.dispatcher import Dispatcher
from studio.outbox.models import Message
from studio.outbox.ringing import Bell
from tests.outbox.recorder import dead_port
from tests.outbox.test_killed import database_url


class Heard:
    """A bell that is heard by a worker who may do nothing."""

    def __init__(self, *, works: bool = True) -> None:
        self.rung: list[list[int]] = []
        self.works = works

    def ring(self, ids: Sequence[int]) -> bool:
        if self.works:
            self.rung.append(list(ids))
        return self.works


def dispatcher(bell: Any) -> Dispatcher:
    return Dispatcher(bell)


def test_dispatcher_rings_once_for_what_is_due(outbox: SimpleNamespace) -> None:
    message, bell = outbox.message(), Heard()
    at_work = dispatcher(bell)
    at_work.round()
    at_work.round()
    assert bell.rung == [[message.pk]]
    assert outbox.recorder.arrivals == []


def test_dispatcher_sends_by_itself_what_it_rang_for_in_vain(outbox: SimpleNamespace, settings: Any) -> None:
    """The broker was flushed, or no worker runs."""
    message, bell = outbox.message(), Heard()
    at_work = dispatcher(bell)
    at_work.round()
    at_work.rung[message.pk] -= settings.OUTBOX_RUNG_SECONDS
    at_work.round()
    assert outbox.recorder.received == {str(message.key): 1}
    at_work.round()
    assert bell.rung == [[message.pk]]
    assert at_work.rung == {}


def test_dispatcher_sends_by_itself_without_a_broker(outbox: SimpleNamespace) -> None:
    for _number in range(45):
        outbox.message()
    dispatcher(Heard(works=False)).round()
    assert sorted(outbox.recorder.received.values()) == [1] * 45


def test_dispatcher_rings_again_for_a_message_that_falls_due_again(outbox: SimpleNamespace) -> None:
    message, bell = outbox.message(), Heard()
    at_work = dispatcher(bell)
    at_work.round()
    Message.objects.update(due_at=timezone.now() + (message.deadline - timezone.now()) / 2)
    at_work.round()
    Message.objects.update(due_at=message.due_at)
    at_work.round()
    assert bell.rung == [[message.pk]] * 2


def test_dispatcher_looks_up_again_before_all_is_sent_with_a_slow_gateway(
    outbox: SimpleNamespace, settings: Any
) -> None:
    settings.OUTBOX_RUNG_SECONDS = 0.0
    for _number in range(45):
        outbox.message()
    dispatcher(Heard(works=False)).round()
    assert len(outbox.recorder.arrivals) == 0
    settings.OUTBOX_RUNG_SECONDS = 5.0
    dispatcher(Heard(works=False)).round()
    assert len(outbox.recorder.arrivals) == 45


def broker_of_our_own(number: int) -> str:
    """Another test may run beside this one: each has a database of the broker for itself."""
    return os.environ["REDIS_URL"].rpartition("/")[0] + f"/{number}"


# --- The bell ---------------------------------------------------------------------------------
def test_bell_a_dead_broker_is_noticed_in_time_and_left_alone(settings: Any, monkeypatch: Any) -> None:
    settings.OUTBOX_RING_SECONDS, settings.OUTBOX_BROKER_REST_SECONDS = 0.5, 30
    monkeypatch.setattr(current_app.conf, "broker_write_url", f"redis://127.0.0.1:{dead_port()}/0")
    bell, began = Bell(), time.monotonic()
    assert not bell.ring([1])
    assert time.monotonic() - began < 10
    began = time.monotonic()
    assert not bell.ring([1])
    assert time.monotonic() - began < 0.4, "it is left alone: nobody waits a second time"
    assert bell._thread is not None
    bell._thread.join(20)
    assert not bell._thread.is_alive(), "nothing goes on trying in the background"


def test_bell_a_frozen_broker_holds_nobody_up(settings: Any, monkeypatch: Any) -> None:
    """It takes the connection and says nothing, as a stopped process does."""
    settings.OUTBOX_RING_SECONDS = 0.5
    with socket.create_server(("127.0.0.1", 0)) as frozen:
        port = frozen.getsockname()[1]
        monkeypatch.setattr(current_app.conf, "broker_write_url", f"redis://127.0.0.1:{port}/0")
        bell, began = Bell(), time.monotonic()
        assert not bell.ring([1])
        assert time.monotonic() - began < 10


def test_bell_rings_again_after_its_rest(settings: Any) -> None:
    settings.OUTBOX_BROKER_REST_SECONDS = 0.0
    heard: list[Sequence[int]] = []
    broken = [True, False]

    def ring(ids: Sequence[int]) -> None:
        if broken.pop(0):
            raise OSError
        heard.append(ids)

    bell = Bell(ring)
    assert not bell.ring([1])
    assert bell.ring([2])
    assert heard == [[2]]


def test_bell_does_not_pile_up_threads_behind_one_that_hangs(settings: Any) -> None:
    settings.OUTBOX_RING_SECONDS, settings.OUTBOX_BROKER_REST_SECONDS = 0.05, 0.0
    go_on, calls = threading.Event(), []

    def hang(ids: Sequence[int]) -> None:
        calls.append(ids)
        go_on.wait(10)

    bell = Bell(hang)
    assert [bell.ring([1]) for _try in range(3)] == [False] * 3
    go_on.set()
    assert len(calls) == 1


def test_bell_puts_batches_on_the_real_broker(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("broker_read_url", "broker_write_url"):
        monkeypatch.setattr(current_app.conf, name, broker_of_our_own(7))
    with current_app.connection_for_read() as line:
        queue = line.SimpleQueue(current_app.conf.task_default_queue)
        queue.clear()
        assert Bell().ring(list(range(45)))
        batches = []
        for _batch in range(3):
            task = queue.get(timeout=20)
            batches.append(task.payload[0][0])
            assert task.headers["task"] == "outbox.send"
            task.ack()
        queue.close()
    assert [len(batch) for batch in batches] == [20, 20, 5]


def test_bell_takes_several_batches_together_where_very_many_are_due() -> None:
    assert {len(batch) for batch in ringing.batches(range(399))} == {20, 19}
    assert [len(batch) for batch in ringing.batches(range(1000))] == [100] * 10
    assert [pk for batch in ringing.batches(range(430)) for pk in batch] == list(range(430))


# --- Tasks ------------------------------------------------------------------------------------
def test_main_rule_a_task_is_safe_twice(outbox: SimpleNamespace) -> None:
    message = outbox.message()
    tasks.send([message.pk, message.pk + 1000])
    tasks.send([message.pk])
    assert outbox.recorder.received == {str(message.key): 1}


def test_main_rule_the_tick_of_beat_rings(outbox: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[Sequence[int]] = []
    monkeypatch.setattr(ringing, "publish", heard.append)
    tasks.tick()
    message = outbox.message()
    tasks.tick()
    assert heard == [[message.pk]]


def test_beat_and_tasks_know_the_same_names() -> None:
    assert {"outbox.tick", "outbox.send"} <= set(current_app.tasks)
    assert current_app.conf.beat_schedule["tick"]["task"] == "outbox.tick"


# --- The process ------------------------------------------------------------------------------
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_dispatcher_sends_with_a_dead_broker_and_leaves_when_told(number: int) -> None:
    process = subprocess.Popen(
        [sys.executable, "manage.py", "dispatch"],
        cwd=django_settings.BASE_DIR,
        env={
            **os.environ,
            "DATABASE_URL": database_url(),
            "REDIS_URL": f"redis://127.0.0.1:{dead_port()}/0",
            "STUDIO_TIMES_DIVIDED_BY": "10",
        },
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    lines = iter(process.stderr.readline, "")
    try:
        assert any("dispatcher runs" in line for line in lines)
        process.send_signal(number)
        began = time.monotonic()
        assert process.wait(20) == 0
        assert time.monotonic() - began < 10
    finally:
        process.kill()
        process.wait()
        process.stderr.close()


def test_dispatcher_outlives_the_database(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    at_work, pauses, rounds = dispatcher(Heard()), [], iter([True] * 5 + [False])

    def one_round() -> None:
        if next(rounds, None) is None:
            at_work.stopping = True
        elif len(pauses) < 5:
            raise OperationalError("the connection is closed\nand more")

    monkeypatch.setattr(at_work, "round", one_round)
    monkeypatch.setattr(at_work, "install_signals", lambda: None)
    monkeypatch.setattr("studio.outbox.dispatcher.connection", SimpleNamespace(close=lambda: None))
    monkeypatch.setattr(at_work, "pause", pauses.append)
    at_work.run()
    assert pauses == [2, 4, 8, 15, 15, 2, 2], "longer each time, and as before once it is back"


# --- The order of times -----------------------------------------------------------------------
def test_order_of_times_is_right_as_it_stands() -> None:
    assert not [found for found in run_checks() if str(found.id).startswith("outbox")]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("OUTBOX_GATEWAY_TIMEOUT_SECONDS", 31),
        ("OUTBOX_GATEWAY_TIMEOUT_SECONDS", 0),
        ("OUTBOX_GATEWAY_TIMEOUT_SECONDS", 16),
        ("CELERY_TASK_SOFT_TIME_LIMIT", 45),
        ("CELERY_TASK_TIME_LIMIT", 60),
        ("OUTBOX_LEASE_SECONDS", 120),
        ("OUTBOX_VISIBILITY_SECONDS", 119),
    ],
)
def test_order_of_times_is_enforced(settings: Any, name: str, value: float) -> None:
    setattr(settings, name, value)
    assert order_of_times()
