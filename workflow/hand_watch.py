"""The hands are watched (R5.1): whoever has a customer and is gone, off or ill since, leaves a gap; an offer
that nobody takes over rings."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from workflow import gaps, hand_alarms, stages
from workflow.left_behind import LEFT_THEM, left_since
from workflow.models import HandOff, Presence, WorkOrder

TO_DO = f"""
    EXISTS (SELECT 1 {LEFT_THEM})
    OR EXISTS (SELECT 1 FROM {HandOff._meta.db_table} WHERE state = 'offered' AND alarm_at <= %(now)s)
"""
"""Whether anything is to be opened or rung; the partial indexes of who is here and what is offered answer."""


def plan(now: datetime) -> int:
    """Open the gaps that are there, ring for the offers that wait. Safe any number of times, and for
    several."""
    return open_gaps(now) + hand_alarms.ring_offers(now)


def open_gaps(now: datetime) -> int:
    opened = 0
    for order in WorkOrder.objects.filter(presences__in=left_since(now)).distinct().order_by("booking_id"):
        opened += open_of(order, now=now)
    return opened


def open_of(order: WorkOrder, *, now: datetime) -> int:
    """The gaps of one party, asked again behind its locks: those who were left in the same moment in one."""
    with transaction.atomic():
        order = stages.lock(order)
        since = left_since(now, order=order)
        rows = Presence.objects.filter(pk__in=since).select_related("member", "with_user", "department")
        for moment, alone in by_moment(rows, since, now=now).items():
            gaps.open_gap(order, alone, by=None, at=moment, now=now)
        return len(since)


def by_moment(
    rows: Iterable[Presence], since: dict[int, datetime | None], *, now: datetime
) -> dict[datetime, list[Presence]]:
    groups: dict[datetime, list[Presence]] = {}
    for row in rows:
        groups.setdefault(since[row.pk] or now, []).append(row)
    return groups
