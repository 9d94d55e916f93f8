"""One question tells whether there is anything to do; who plans when, and who is at work."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from studio.outbox import heartbeat, looking, planning
from studio.outbox.delivery import tick
from studio.outbox.heartbeat import Still, standing_still
from studio.outbox.models import Heartbeat, PlannerClock
from studio.outbox.purposes import Planner, planners
from tests.outbox.conftest import leave_behind


@pytest.fixture
def now() -> datetime:
    return timezone.now()


@pytest.fixture
def plan(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[tuple[str, datetime]]]:
    """`plan(every=…, probe=…)` leaves one planner, "test"; what it answers fills with each run."""

    def only(name: str = "test", **values: Any) -> list[tuple[str, datetime]]:
        runs: list[tuple[str, datetime]] = []

        def run(now: datetime) -> int:
            runs.append((name, now))
            return 0

        monkeypatch.setattr(planners, "_entries", {name: Planner(run, **values)})
        return runs

    return only


# --- An idle tick -----------------------------------------------------------------------------
def test_an_idle_tick_is_one_question(outbox: SimpleNamespace, now: datetime) -> None:
    tick(now)
    with CaptureQueriesContext(connection) as through_django:
        assert tick(now) == []
    assert len(through_django) == 0, "and that one goes straight to the database, prepared"
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%%EXISTS%%'")
        assert cursor.fetchone()[0] >= 1


def test_looking_finds_nothing_where_nothing_is(outbox: SimpleNamespace, now: datetime, plan: Any) -> None:
    plan()
    outbox.message(due_at=now + timedelta(minutes=1))
    leave_behind(outbox.message(), lease_ended=False)
    tick(now)
    assert looking.look(now) == looking.NOTHING


def test_looking_finds_messages_in_the_order_of_sending(
    outbox: SimpleNamespace, now: datetime, plan: Any
) -> None:
    plan()
    left = outbox.message()
    leave_behind(left)
    second = outbox.message(due_at=now - timedelta(seconds=5))
    first = outbox.message(due_at=now - timedelta(seconds=50))
    found = looking.look(now)
    assert found.messages == [first.pk, second.pk, left.pk]
    assert not found.is_late


def test_looking_finds_what_is_late(outbox: SimpleNamespace, now: datetime, plan: Any) -> None:
    plan()
    message = outbox.message()
    assert looking.look(message.deadline).is_late


def test_looking_works_without_any_planner(
    outbox: SimpleNamespace, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(planners, "_entries", {})
    assert tick(now) == []
    message = outbox.message()
    assert tick(now) == [message.pk]


# --- Planners ---------------------------------------------------------------------------------
def test_a_planner_looks_when_its_time_has_come(db: Any, now: datetime, plan: Any) -> None:
    runs = plan(every=20)
    for seconds in (0, 2, 19, 20, 21, 40):
        tick(now + timedelta(seconds=seconds))
    assert [(at - now).total_seconds() for _name, at in runs] == [0, 20, 40]


def test_a_planner_looks_at_once_where_its_probe_says_so(
    outbox: SimpleNamespace, now: datetime, plan: Any
) -> None:
    runs = plan(every=20, probe="EXISTS (SELECT FROM outbox_gateway WHERE sender = 'look')")
    tick(now)
    outbox.gateway.sender = "look"
    outbox.gateway.save()
    tick(now + timedelta(seconds=2))
    tick(now + timedelta(seconds=2.5))
    assert len(runs) == 2, "another process may be at it this second"
    tick(now + timedelta(seconds=4))
    assert len(runs) == 3, "there is still something"


def test_a_planners_clock_absurdly_far_ahead_is_set_back(db: Any, now: datetime, plan: Any) -> None:
    """Somebody's clock was wrong by a day; or it was set back now."""
    runs = plan(every=20)
    PlannerClock.objects.create(name="test", next_at=now + timedelta(days=1))
    tick(now)
    assert len(runs) == 1
    assert PlannerClock.objects.get().next_at == now + timedelta(seconds=20)


def test_periods_are_divided_like_all_times(db: Any, now: datetime, plan: Any, settings: Any) -> None:
    settings.OUTBOX_SPEED = 10.0
    runs = plan(every=20)
    for seconds in (0, 1, 2, 3, 4):
        tick(now + timedelta(seconds=seconds))
    assert len(runs) == 3


def test_a_planner_that_fails_comes_again_when_its_time_comes(
    db: Any, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries = []

    def fail(now: datetime) -> int:
        tries.append(now)
        raise RuntimeError

    monkeypatch.setattr(planners, "_entries", {"test": Planner(fail)})
    for seconds in (0, 5, 21):
        tick(now + timedelta(seconds=seconds))
    assert len(tries) == 2


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("probed", [False, True])
def test_of_several_processes_one_takes_a_planner(plan: Any, now: datetime, probed: bool) -> None:
    plan(every=20)
    planning.take("test", now - timedelta(seconds=20), probed=False)
    start, taken = threading.Barrier(8), []

    def work() -> None:
        try:
            start.wait(10)
            taken.append(planning.take("test", now, probed=probed))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work) for _number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(taken) == [False] * 7 + [True]


def test_every_planner_of_the_shop_can_be_looked_after(db: Any, now: datetime) -> None:
    """Each probe is SQL that the database understands, and each planner runs in an empty house."""
    assert tick(now) == []
    assert set(PlannerClock.objects.values_list("name", flat=True)) == set(planners.names())


# --- Signs of life ----------------------------------------------------------------------------
def test_a_sign_of_life_is_written_every_few_seconds_at_most(
    db: Any, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = iter([0.0, 1.0, 4.9, 5.0])
    monkeypatch.setattr("studio.outbox.heartbeat.monotonic", lambda: next(clock))
    written = []
    for seconds in range(4):
        heartbeat.beat("dispatcher", now + timedelta(seconds=seconds))
        written.append((Heartbeat.objects.get().at - now).total_seconds())
    assert written == [0, 0, 0, 3]


def test_who_stands_still_is_found(db: Any, now: datetime) -> None:
    assert standing_still(now) == [Still("dispatcher", None), Still("beat", None)]
    for name in ("dispatcher", "beat", "worker"):
        Heartbeat.objects.create(name=name, at=now)
    assert standing_still(now + timedelta(seconds=60)) == []
    assert standing_still(now + timedelta(seconds=61)) == [Still("dispatcher", now)]
    late = standing_still(now + timedelta(seconds=91))
    assert late == [Still("dispatcher", now), Still("beat", now)], "a worker may have nothing to do"
