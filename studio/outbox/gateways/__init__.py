"""The ways out. A new kind of gateway is one file here, one line below and one choice in `GatewayKind`."""

from collections.abc import Callable

from django.conf import settings

from studio.outbox.gateways.console import Console
from studio.outbox.gateways.interface import (
    Answer,
    BackEnd,
    Envelope,
    Inquiry,
    Known,
    LookUp,
    Result,
    Trouble,
)
from studio.outbox.gateways.smtp import Smtp
from studio.outbox.gateways.webhook import Webhook
from studio.outbox.models import Gateway, GatewayKind, Message

__all__ = [
    "Answer",
    "BackEnd",
    "Envelope",
    "Inquiry",
    "Known",
    "LookUp",
    "Result",
    "Trouble",
    "back_end",
    "gateway_for",
]

KINDS: dict[str, Callable[[Gateway], BackEnd]] = {
    GatewayKind.WEBHOOK: lambda gateway: Webhook(
        address=gateway.address,
        secret=gateway.secret,
        sender=gateway.sender,
        looks_up=gateway.looks_up,
        seconds=settings.OUTBOX_GATEWAY_TIMEOUT_SECONDS,
    ),
    GatewayKind.SMTP: lambda gateway: Smtp(
        address=gateway.address,
        account=gateway.account,
        secret=gateway.secret,
        sender=gateway.sender,
        seconds=settings.OUTBOX_GATEWAY_TIMEOUT_SECONDS,
    ),
    GatewayKind.CONSOLE: lambda gateway: Console(),
}


def back_end(gateway: Gateway) -> BackEnd:
    return KINDS[gateway.kind](gateway)


def gateway_for(message: Message) -> Gateway | None:
    """The one active way out for the message's channel in its branch."""
    return Gateway.objects.filter(
        branch_id=message.branch_id, channel=message.channel, is_active=True
    ).first()
