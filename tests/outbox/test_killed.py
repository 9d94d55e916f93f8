"""Senders that are really killed: kill -9 of a process, at its worst moments."""

import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote

import pytest
from django.conf import settings
from django.db import connection, connections

from studio.outbox.models import Gateway, Message

pytestmark = pytest.mark.django_db(transaction=True)
ENOUGH = 60


def database_url() -> str:
    values = connection.settings_dict
    options = connection.get_connection_params()
    return f"postgres://{values['USER']}@/{values['NAME']}?host={quote(str(options['host']), safe='')}"


def start_sender() -> subprocess.Popen[bytes]:
    """One sender with all times divided by thirty, so that a lease ends after two seconds."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.outbox.sender"],
        cwd=settings.BASE_DIR,
        env={
            **os.environ,
            "DATABASE_URL": database_url(),
            "DJANGO_SETTINGS_MODULE": "studio.settings",
            "STUDIO_TIMES_DIVIDED_BY": "30",
            "LOG_LEVEL": "ERROR",
        },
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"
    return process


def end(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        process.kill()
    process.wait()
    if process.stdout is not None:
        process.stdout.close()


def run_to_the_end() -> None:
    process = start_sender()
    try:
        assert process.wait(ENOUGH) == 0
    finally:
        end(process)


class Killer:
    """Kills the sender from inside the gateway: nothing it does afterwards can count."""

    def __init__(self) -> None:
        self.victim: subprocess.Popen[bytes] | None = None

    def __call__(self, message: Any) -> None:
        victim, self.victim = self.victim, None
        if victim is not None:
            victim.send_signal(signal.SIGKILL)
            victim.wait()


@pytest.mark.parametrize("moment", ["before", "after"])
def test_main_rule_killed_before_or_after_the_gateway_accepted_it_is_sent_once(
    outbox: SimpleNamespace, moment: str
) -> None:
    messages = [outbox.message() for _number in range(3)]
    killer = Killer()
    setattr(outbox.recorder, moment, killer)
    if moment == "before":
        outbox.recorder.plan = ["cut"]
    killer.victim = victim = start_sender()
    victim.wait(ENOUGH)
    end(victim)
    assert Message.objects.open().count() == 3
    run_to_the_end()
    assert outbox.recorder.received == {str(message.key): 1 for message in messages}
    assert len(outbox.recorder.looked_up) == 1
    assert set(Message.objects.values_list("state", flat=True)) == {"sent"}


def test_main_rule_killed_where_nobody_can_be_asked_it_is_unknown_and_not_doubled(
    outbox: SimpleNamespace,
) -> None:
    Gateway.objects.update(looks_up=False)
    message = outbox.message()
    killer = outbox.recorder.after = Killer()
    killer.victim = victim = start_sender()
    victim.wait(ENOUGH)
    end(victim)
    run_to_the_end()
    message.refresh_from_db()
    assert message.state == "unknown"
    assert outbox.recorder.received == {str(message.key): 1}


def test_main_rule_frozen_past_its_lease_and_thawed_it_doubles_nothing(outbox: SimpleNamespace) -> None:
    """SIGSTOP while the gateway answers, another sender takes over, SIGCONT."""
    messages = [outbox.message() for _number in range(3)]
    frozen = start_sender()
    freeze = iter([frozen])

    def stop(message: Any) -> None:
        victim = next(freeze, None)
        if victim is not None:
            victim.send_signal(signal.SIGSTOP)

    outbox.recorder.after = stop
    try:
        deadline = time.monotonic() + ENOUGH
        while not outbox.recorder.arrivals and time.monotonic() < deadline:
            time.sleep(0.02)
        run_to_the_end()
        frozen.send_signal(signal.SIGCONT)
        frozen.wait(ENOUGH)
    finally:
        end(frozen)
    assert outbox.recorder.received == {str(message.key): 1 for message in messages}
    assert set(Message.objects.values_list("state", flat=True)) == {"sent"}


@pytest.mark.slow
def test_main_rule_killed_over_and_over_nothing_is_lost_or_doubled(outbox: SimpleNamespace) -> None:
    messages = [outbox.message() for _number in range(200)]
    dice = random.Random(7)
    outbox.recorder.plan = [dice.choice(["accept"] * 19 + ["accept and cut"]) for _number in range(200)]
    for _kill in range(15):
        victim = start_sender()
        with contextlib.suppress(subprocess.TimeoutExpired):
            victim.wait(0.3)
        end(victim)
    connections.close_all()
    run_to_the_end()
    run_to_the_end()
    assert outbox.recorder.received == {str(message.key): 1 for message in messages}
    assert set(Message.objects.values_list("state", flat=True)) == {"sent"}
