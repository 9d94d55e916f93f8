"""What a tick costs that finds nothing to do, held against a question that asks nothing."""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.utils import timezone

from studio.outbox import delivery, looking
from tests.bench import stock
from tests.bench.rows import tidy
from tests.faults.house import House

ROUNDS, TIMES = 20, 100


@dataclass(frozen=True)
class Idle:
    """Seconds: a question that asks nothing, an idle tick, and all planners when their time has come."""

    nothing: float
    tick: float
    planners: float

    @property
    def ratio(self) -> float:
        return self.tick / self.nothing


def idle(house: House, orders: int) -> Idle:
    stock.years_of_orders(house.ground, orders)
    tidy(house.ground)
    planners = min(spent(lambda: look_around(timezone.now())) for _time in range(2))
    now = timezone.now()
    nothing, ticks = [], []
    for _round in range(ROUNDS):
        nothing += [spent(ask_nothing) for _time in range(TIMES)]
        ticks += [spent(lambda: delivery.tick(now)) for _time in range(TIMES)]
    found = looking.look(now)
    assert found == looking.NOTHING, f"there was something to do: {found}"
    connection.close()
    return Idle(statistics.median(nothing), statistics.median(ticks), planners)


def look_around(now: datetime) -> None:
    """Every planner looks, as it does every twenty seconds."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM outbox_plannerclock")
    delivery.tick(now)


def ask_nothing() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        cursor.fetchone()


def spent(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
