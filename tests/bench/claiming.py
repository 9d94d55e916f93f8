"""How quickly batches are claimed, held against the barest SQL that could do it."""

import time
from dataclasses import dataclass

import psycopg
from django.db import connection
from django.utils import timezone

from studio.outbox.claims import claim
from studio.outbox.models import Message
from tests.bench import stock
from tests.bench.rows import tidy
from tests.faults.house import House

BATCH = 20
BARE = f"""
    UPDATE {Message._meta.db_table} SET state = 'leased', lease_until = clock_timestamp() + interval '60 s'
    WHERE id IN (
        SELECT id FROM {Message._meta.db_table} WHERE state = 'queued' AND due_at <= now()
        ORDER BY due_at LIMIT {BATCH} FOR UPDATE SKIP LOCKED
    )
    RETURNING id
"""


@dataclass(frozen=True)
class Claimed:
    """Messages per second: bare, as the workers claim what they were rung for, and whatever is due."""

    bare: float
    by_ids: float
    whatever: float


def claims(house: House, rounds: int) -> Claimed:
    """In turns, so that all three meet the same rows and the same machine."""
    stock.messages_due(house.ground, rounds * BATCH * 6)
    tidy(house.ground)
    connection.ensure_connection()
    seconds, taken = [0.0, 0.0, 0.0], [0, 0, 0]
    with psycopg.connect(house.ground.postgres.url(), autocommit=True) as line:
        for _round in range(rounds):
            ids = list(
                Message.objects.filter(state="queued").order_by("-pk").values_list("pk", flat=True)[:BATCH]
            )
            ways = (
                lambda: len(line.execute(BARE).fetchall()),
                lambda ids=ids: len(claim(ids, BATCH, now=timezone.now())),
                lambda: len(claim(None, BATCH, now=timezone.now())),
            )
            for number, way in enumerate(ways):
                began = time.perf_counter()
                taken[number] += way()
                seconds[number] += time.perf_counter() - began
    connection.close()
    bare, by_ids, whatever = (count / spent for count, spent in zip(taken, seconds, strict=True))
    return Claimed(bare, by_ids, whatever)
