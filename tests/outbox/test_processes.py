"""Dispatcher, broker and worker as real processes: the bell is heard, and when it isn't, nothing is late."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from types import SimpleNamespace

import pytest
import redis
from django.conf import settings
from django.utils import timezone

from bookings.models import Appointment
from studio.outbox.models import Message
from tests.factories import CustomerFactory
from tests.outbox.conftest import make_message, make_template
from tests.outbox.test_dispatcher import broker_of_our_own
from tests.outbox.test_killed import database_url

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
ENOUGH = 60


@pytest.fixture
def start(tmp_path: os.PathLike[str]) -> Iterator[Callable[..., SimpleNamespace]]:
    """Start one of our programs, with all times divided by five; wait until it says `ready`."""
    broker, running = broker_of_our_own(8), []
    redis.Redis.from_url(broker).flushdb()

    def run(name: str, *command: str, ready: str) -> SimpleNamespace:
        log = open(f"{tmp_path}/{name}.log", "w+b")  # noqa: SIM115
        process = subprocess.Popen(
            [sys.executable, *command],
            cwd=settings.BASE_DIR,
            env={
                **os.environ,
                "DATABASE_URL": database_url(),
                "REDIS_URL": broker,
                "STUDIO_TIMES_DIVIDED_BY": "5",
                "DJANGO_SETTINGS_MODULE": "studio.settings",
            },
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        program = SimpleNamespace(process=process, said=lambda: open(log.name).read(), log=log)  # noqa: SIM115
        running.append(program)
        wait_for(lambda: ready in program.said())
        return program

    yield run
    for program in running:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(program.process.pid, signal.SIGKILL)
        program.process.wait()
        program.log.close()
    redis.Redis.from_url(broker).flushdb()


def wait_for(answer: Callable[[], bool]) -> None:
    until = time.monotonic() + ENOUGH
    while not answer():
        assert time.monotonic() < until
        time.sleep(0.05)


def reminder(outbox: SimpleNamespace) -> Message:
    begins = timezone.now() + timedelta(days=2)
    appointment = Appointment.objects.create(
        branch=outbox.branch,
        customer=CustomerFactory(branch=outbox.branch),
        kind="shoot",
        starts_at=begins,
        ends_at=begins + timedelta(hours=6),
    )
    return make_message(outbox.branch, purpose="reminder", subject_id=appointment.pk, due_at=timezone.now())


def test_main_rule_the_worker_sends_and_without_it_the_dispatcher(
    outbox: SimpleNamespace, start: Callable[..., SimpleNamespace]
) -> None:
    make_template(purpose="reminder", body="{greeting}：{link}")

    def is_sent(message: Message) -> bool:
        return Message.objects.filter(pk=message.pk, state="sent").exists()

    worker = start(
        "worker",
        "-m",
        "celery",
        "-A",
        "studio",
        "worker",
        "--concurrency",
        "1",
        "--loglevel",
        "INFO",
        ready=" ready.",
    )
    dispatcher = start("dispatcher", "manage.py", "dispatch", ready="dispatcher runs")

    heard = reminder(outbox)
    wait_for(lambda: is_sent(heard))
    assert f'"message": {heard.pk}, "event": "message sent"' in worker.said()

    os.killpg(worker.process.pid, signal.SIGSTOP)
    unheard = reminder(outbox)
    wait_for(lambda: is_sent(unheard))
    assert f'"message": {unheard.pk}, "event": "message sent"' in dispatcher.said()
    lateness = Message.objects.get(pk=unheard.pk).finished_at - unheard.due_at
    assert lateness < timedelta(seconds=12 + 0.4 + 3), (
        "at most lease, tick and fifteen seconds, divided by five"
    )

    os.killpg(worker.process.pid, signal.SIGCONT)
    dispatcher.process.send_signal(signal.SIGTERM)
    assert dispatcher.process.wait(ENOUGH) == 0
    last = reminder(outbox)
    start("dispatcher again", "manage.py", "dispatch", ready="dispatcher runs")
    wait_for(lambda: is_sent(last))
    assert outbox.recorder.received == {str(message.key): 1 for message in (heard, unheard, last)}
