"""What beat and the bell call. A task carries ids, calls one domain function, and is safe twice."""

from celery import shared_task
from django.utils import timezone

from studio.outbox import delivery, heartbeat, ringing


@shared_task(name="outbox.tick")
def tick() -> None:
    due = delivery.tick(timezone.now())
    heartbeat.beat(heartbeat.BEAT)
    if due:
        ringing.publish(due)


@shared_task(name="outbox.send")
def send(ids: list[int]) -> None:
    delivery.deliver(ids, limit=len(ids))
    heartbeat.beat(heartbeat.WORKER)
