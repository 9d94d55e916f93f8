"""How the machinery of the messages does, for the panel: its signs of life and its gateways (R12.1)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from studio.foundation.templatetags.studio import local_time
from studio.outbox import watching
from studio.outbox.models import WRITTEN, Channel, Gateway, GatewayHealth
from studio.staff.models import Branch


@dataclass(frozen=True)
class GatewayLine:
    """A gateway with how it does: `tone` and `word` for the state; `trouble` is what it said last."""

    gateway: Gateway
    health: GatewayHealth | None
    tone: str
    word: str

    @property
    def trouble(self) -> str:
        return self.health.trouble if self.health is not None else ""


@dataclass(frozen=True)
class Machinery:
    """`parts`: dispatcher, beat, worker; `missing`: the ways to customers that have no gateway."""

    parts: list[watching.Part]
    gateways: list[GatewayLine]
    missing: list[Any]

    def health_by_channel(self) -> dict[str, GatewayHealth | None]:
        return {line.gateway.channel: line.health for line in self.gateways}


def machinery(branch: Branch, now: datetime) -> Machinery:
    """Three queries."""
    rows = Gateway.objects.filter(branch=branch, is_active=True).select_related("health").order_by("pk")
    lines = [line_of(gateway, now) for gateway in rows]
    there = {line.gateway.channel for line in lines}
    missing = [Channel(channel).label for channel in WRITTEN if channel not in there]
    return Machinery(watching.parts(now), lines, missing)


def line_of(gateway: Gateway, now: datetime) -> GatewayLine:
    health = getattr(gateway, "health", None)
    if health is None or (health.last_success_at is None and not health.failures):
        return GatewayLine(gateway, health, "idle", _("not used yet"))
    if health.rests_until is not None and health.rests_until > now:
        return GatewayLine(
            gateway, health, "bad", _("rests until %(time)s") % {"time": local_time(health.rests_until)}
        )
    if health.failures:
        return GatewayLine(
            gateway, health, "warn", _("failed %(number)d times in a row") % {"number": health.failures}
        )
    return GatewayLine(gateway, health, "ok", _("well"))
