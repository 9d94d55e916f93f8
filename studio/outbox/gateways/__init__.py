"""The ways out. A new kind of gateway is one file here, one line below and one choice in `GatewayKind`."""

from collections.abc import Callable

from django.conf import settings

from studio.outbox.gateways import aliyun, tencent
from studio.outbox.gateways.aliyun import Aliyun
from studio.outbox.gateways.apprise import Apprise
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
from studio.outbox.gateways.tencent import Tencent
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
        takes_key=gateway.takes_key,
        seconds=settings.OUTBOX_GATEWAY_TIMEOUT_SECONDS,
    ),
    GatewayKind.SMTP: lambda gateway: Smtp(
        address=gateway.address,
        account=gateway.account,
        secret=gateway.secret,
        sender=gateway.sender,
        seconds=settings.OUTBOX_GATEWAY_TIMEOUT_SECONDS,
    ),
    GatewayKind.ALIYUN: lambda gateway: Aliyun(
        account=gateway.account,
        secret=gateway.secret,
        sender=gateway.sender,
        address=gateway.address or aliyun.HOME,
        region=gateway.region or Aliyun.region,
        seconds=settings.OUTBOX_GATEWAY_TIMEOUT_SECONDS,
    ),
    GatewayKind.TENCENT: lambda gateway: Tencent(
        account=gateway.account,
        secret=gateway.secret,
        sender=gateway.sender,
        application=gateway.application,
        address=gateway.address or tencent.HOME,
        region=gateway.region or Tencent.region,
        seconds=settings.OUTBOX_GATEWAY_TIMEOUT_SECONDS,
    ),
    GatewayKind.APPRISE: lambda gateway: Apprise(
        secret=gateway.secret, seconds=settings.OUTBOX_GATEWAY_TIMEOUT_SECONDS
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
