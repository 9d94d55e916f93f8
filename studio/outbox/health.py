"""How the gateways are doing. One that keeps failing is left alone for a while; then one message tries it.

While a gateway rests no attempt starts: its messages wait, and end in a call where their deadline comes
first. When the rest is over whoever moves `rests_until` on sends the one message that probes. Its success
frees all that waited; its failure makes the next rest longer.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import Q

from studio.foundation.registry import Registry
from studio.outbox.endings import TRANSIENT
from studio.outbox.gateways import Answer, Result, Trouble
from studio.outbox.models import Gateway, GatewayHealth, Message, State
from studio.outbox.times import lease

log = structlog.get_logger(__name__)


class Change(Protocol):
    """Told, in the transaction in which it shows, that `gateway` begins to rest (until `rests_until`;
    `trouble` is what it said), or that it is well again (None). Once for each time that it falls ill, not for
    each rest: the next one begins only after it was well."""

    def __call__(
        self, gateway: Gateway, *, rests_until: datetime | None, trouble: str, now: datetime
    ) -> None: ...


gateway_changes: Registry[Callable[..., None]] = Registry("listener to the gateways")


# --- Before an attempt ------------------------------------------------------------------------
def health_of(gateway: Gateway) -> GatewayHealth:
    """As the database had it when the gateway was asked for; made where there is none."""
    try:
        return gateway.health
    except GatewayHealth.DoesNotExist:
        GatewayHealth.objects.bulk_create([GatewayHealth(gateway=gateway)], ignore_conflicts=True)
        gateway.health = GatewayHealth.objects.get(gateway=gateway)
        return gateway.health


def is_ill(health: GatewayHealth) -> bool:
    return health.failures >= settings.OUTBOX_FAILURES_BEFORE_REST


def is_known_well(gateway: Gateway, now: datetime) -> bool:
    """Whether it took something a moment ago: then a whole batch may be handed to it at once."""
    health = health_of(gateway)
    recent = timedelta(seconds=settings.OUTBOX_LEASE_SECONDS)
    return (
        not health.failures
        and health.last_success_at is not None
        and abs(now - health.last_success_at) < recent
    )


def rest_left(gateway: Gateway, now: datetime) -> timedelta:
    """How long it is to be left alone still; nothing: an attempt may start."""
    health = health_of(gateway)
    return max((health.rests_until or now) - now, timedelta(0))


def may_try(gateway: Gateway, now: datetime) -> bool:
    """Whether this transaction may start an attempt: for a gateway that has rested, only one may."""
    health = health_of(gateway)
    if not is_ill(health):
        return True
    over = GatewayHealth.objects.filter(gateway=gateway).filter(Q(rests_until=None) | Q(rests_until__lte=now))
    health.rests_until = now + lease()
    return bool(over.update(rests_until=health.rests_until))


# --- After the answers ------------------------------------------------------------------------
def is_failure(answer: Answer) -> bool:
    """Whether it speaks against the gateway. What is wrong with one message says nothing about it."""
    if answer.trouble is not None:
        return answer.trouble is not Trouble.MESSAGE and answer.result is not Result.ACCEPTED
    return answer.result in (Result.UNCLEAR, Result.NOT_REACHED)


def note(gateway: Gateway, answers: Sequence[Answer], now: datetime, *, probing: bool) -> None:
    """What it answered, in the order of the messages; beside the transaction that finishes them. Whoever is
    killed before this has noted nothing, and the next answer says the same again."""
    failed = 0
    for answer in reversed(answers):
        if not is_failure(answer):
            break
        failed += 1
    with transaction.atomic():
        if failed < len(answers):
            note_success(gateway, now)
        if failed:
            note_failures(gateway, answers[-failed:], now, probing=probing)


def note_success(gateway: Gateway, now: datetime) -> None:
    """One question, which mostly finds nothing to write: many senders share this row."""
    recent = timedelta(seconds=settings.OUTBOX_HEARTBEAT_SECONDS)
    before = (
        GatewayHealth.objects.filter(gateway=gateway)
        .exclude(failures=0, rests_until=None, last_success_at__range=(now - recent, now + recent))
        .select_for_update(no_key=True)
        .first()
    )
    known = health_of(gateway)
    known.failures, known.rests_until, known.last_success_at = 0, None, now
    if before is None:
        return
    GatewayHealth.objects.filter(gateway=gateway).update(
        failures=0, rests_until=None, last_success_at=now, trouble=""
    )
    if is_ill(before):
        log.info("gateway is well again", gateway=gateway.pk)
        free(gateway, now)
        tell(gateway, None, "", now)


def note_failures(gateway: Gateway, failed: Sequence[Answer], now: datetime, *, probing: bool) -> None:
    health = GatewayHealth.objects.select_for_update(no_key=True).get(gateway=health_of(gateway).gateway_id)
    gateway.health = health
    not_let_in = any(answer.trouble is Trouble.NOT_LET_IN for answer in failed)
    was_ill = is_ill(health)
    if was_ill and not probing and not not_let_in:
        return  # begun before it was sent to rest: nothing new
    least, pauses = settings.OUTBOX_FAILURES_BEFORE_REST, settings.OUTBOX_REST_SECONDS
    health.failures = health.failures + 1 if was_ill else min(health.failures + len(failed), least)
    if not_let_in:
        health.failures = max(health.failures, least + len(pauses) - 1)
    health.last_failure_at, health.trouble = now, failed[-1].detail[:300]
    waits = [patience(answer.retry_after) for answer in failed if answer.retry_after is not None]
    if is_ill(health):
        waits.append(pauses[min(health.failures - least, len(pauses) - 1)])
    health.rests_until = now + timedelta(seconds=max(waits)) if waits else None
    health.save()
    if is_ill(health) and not was_ill:
        log.warning(
            "gateway rests", gateway=gateway.pk, until=str(health.rests_until), trouble=health.trouble
        )
        tell(gateway, health.rests_until, health.trouble, now)


def patience(retry_after: float) -> float:
    """What a gateway asks for, within reason: it may not put us off for a day."""
    return min(max(retry_after, 1 / settings.OUTBOX_SPEED), settings.OUTBOX_REST_SECONDS[-1])


def free(gateway: Gateway, now: datetime) -> None:
    """Everything that has been due already and waits for this gateway goes at once. In quiet hours it stays
    where it is: it is due after them."""
    if gateway.branch.outside_quiet_hours(now) > now:
        return
    waiting = Message.objects.filter(
        branch=gateway.branch_id, channel=gateway.channel, state=State.QUEUED, attempt__gt=0, due_at__gt=now
    )
    rows = (
        waiting.order_by("id").select_for_update(no_key=True, skip_locked=True).values_list("pk", flat=True)
    )
    Message.objects.filter(pk__in=list(rows)).update(due_at=now)


def forget_rest(instance: Gateway, **kwargs: Any) -> None:
    """After the administrator changed it: whatever was wrong may be right now, and one message finds out."""
    GatewayHealth.objects.filter(gateway=instance).update(rests_until=None)


def tell(gateway: Gateway, rests_until: datetime | None, trouble: str, now: datetime) -> None:
    for listener in gateway_changes:
        try:
            with transaction.atomic():
                listener(gateway, rests_until=rests_until, trouble=trouble, now=now)
        except TRANSIENT:
            raise
        except Exception:
            log.exception("nobody could be told of a gateway", gateway=gateway.pk)
