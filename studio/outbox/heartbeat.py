"""Signs of life: when the dispatcher, beat and a worker were last at work, and which of them stand still."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic

from django.conf import settings
from django.utils import timezone

from studio.outbox.models import Heartbeat

DISPATCHER, BEAT, WORKER = "dispatcher", "beat", "worker"

_beaten: dict[str, float] = {}


@dataclass(frozen=True)
class Still:
    """A part of the machinery that was last at work at `since` (None: never yet)."""

    name: str
    since: datetime | None


def beat(name: str, now: datetime | None = None) -> None:
    """Note that `name` is at work; written every few seconds at most, however often it is said."""
    at = monotonic()
    if at - _beaten.get(name, -1e9) < settings.OUTBOX_HEARTBEAT_SECONDS:
        return
    Heartbeat.objects.bulk_create(
        [Heartbeat(name=name, at=now or timezone.now())],
        update_conflicts=True,
        unique_fields=["name"],
        update_fields=["at"],
    )
    _beaten[name] = at


def expect(now: datetime | None = None) -> None:
    """The dispatcher opens the house: who was never at work is waited for from now on, and not missed at
    once."""
    names = settings.OUTBOX_STANDS_STILL_AFTER
    rows = [Heartbeat(name=name, at=now or timezone.now()) for name in names]
    Heartbeat.objects.bulk_create(rows, ignore_conflicts=True)


def standing_still(now: datetime) -> list[Still]:
    """Who should be at work all the time and is not: the dispatcher, beat. A worker has nothing to do where
    nothing is due, so its silence says nothing."""
    beats = dict(
        Heartbeat.objects.filter(name__in=settings.OUTBOX_STANDS_STILL_AFTER).values_list("name", "at")
    )
    return [
        Still(name, beats.get(name))
        for name, seconds in settings.OUTBOX_STANDS_STILL_AFTER.items()
        if name not in beats or now - beats[name] > timedelta(seconds=seconds)
    ]
