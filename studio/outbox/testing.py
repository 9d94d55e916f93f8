"""A test message: the administrator sees with their own eyes that a gateway carries what it is given."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from studio.outbox.models import Channel, Gateway, Message
from studio.outbox.purposes import Purpose
from studio.outbox.queue import queue
from studio.staff.models import User

PURPOSE = "gateway_test"
WORTH_WAITING = timedelta(minutes=10)
EVERYBODY = "staff"
"""Where an alarm goes: the addresses themselves are the gateway's secret."""

TEXTS = {
    "zh-hans": ("首问：测试消息", "{branch}：这是一条测试消息，看到它说明发送正常。"),
    "zh-hant": ("首問：測試訊息", "{branch}：這是一則測試訊息，看到它代表發送正常。"),
    "en": ("Shouwen: a test", "{branch}: this is a test message. If you can read it, sending works."),
}


def send(gateway: Gateway, to: str, *, press: str, by: User, now: datetime) -> Message | None:
    """Queue one through this gateway, which must be the branch's active one for its channel; None: that very
    press is there already, or the address wants no messages."""
    message = queue(
        branch=gateway.branch,
        purpose=PURPOSE,
        subject_id=gateway.pk,
        subject_version=1,
        channel=gateway.channel,
        language=gateway.branch.customer_language,
        recipient=EVERYBODY if gateway.channel == Channel.ALARM else to,
        due_at=now,
        deadline=now + WORTH_WAITING,
        dedupe_key=f"{PURPOSE}:{gateway.pk}:{press}"[:120],
        basis="staff",
    )
    if message is not None:
        message.by = by
        message.save(update_fields=["by"])
    return message


def latest(gateway: Gateway) -> Sequence[Message]:
    return list(Message.objects.of(PURPOSE, gateway.pk).order_by("-created_at", "-id")[:5])


def still_due(message: Message) -> bool:
    return Gateway.objects.filter(pk=message.subject_id, is_active=True).exists()


def parameters(message: Message) -> dict[str, str]:
    return {"branch": message.branch.name_in(message.language), "link": settings.PUBLIC_URL}


purpose = Purpose(
    title=_("Test message"),
    still_due=still_due,
    parameters=parameters,
    sample={"branch": "首问·上海店", "link": "https://studio.example"},
    any_hour=True,
    words={
        (channel, language): (subject, body)
        for channel in Channel.values
        for language, (subject, body) in TEXTS.items()
    },
)
