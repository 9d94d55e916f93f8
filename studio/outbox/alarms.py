"""What rings aloud is written into the branch's group chat too, where a gateway for alarms is set.

No customer's name or number stands there (R9.9): what has happened, and where to look.
"""

import json
from datetime import datetime, timedelta

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from studio.outbox.alert_words import Parameters, alert_kinds
from studio.outbox.models import Channel, Gateway, Message
from studio.outbox.purposes import Purpose
from studio.outbox.queue import queue
from studio.staff.models import Branch

BY_DAY, ANY_HOUR = "staff_alarm", "staff_alarm_any_hour"
WORTH_HEARING = timedelta(hours=1)
RECIPIENT = "staff"
"""The addresses are the gateway's secret; the row only needs one that is not empty."""

WORDS = {
    ("alarm", "zh-hans"): ("{branch}：有事请看", "{branch}：{what}\n{link}"),
    ("alarm", "zh-hant"): ("{branch}：有事請看", "{branch}：{what}\n{link}"),
    ("alarm", "en"): ("{branch}: please look", "{branch}: {what}\n{link}"),
}


def shout(
    kind: str, *, branch: Branch, about: str, now: datetime, link: str = "", parameters: Parameters
) -> Message | None:
    """Queue it for the branch's group chat, once for each thing; None where there is no such chat."""
    if not Gateway.objects.filter(branch=branch, channel=Channel.ALARM, is_active=True).exists():
        return None
    purpose = ANY_HOUR if alert_kinds[kind].any_hour else BY_DAY
    due_at = now if purpose == ANY_HOUR else branch.outside_quiet_hours(now)
    return queue(
        branch=branch,
        purpose=purpose,
        subject_id=branch.pk,
        subject_version=1,
        channel=Channel.ALARM,
        language=branch.customer_language,
        recipient=RECIPIENT,
        due_at=due_at,
        deadline=due_at + WORTH_HEARING,
        dedupe_key=f"alarm:{branch.pk}:{kind}:{about}"[:120],
        parameters={"kind": kind, "of": json.dumps(dict(parameters)), "page": link},
        basis="staff",
    )


def said(message: Message) -> Parameters:
    of: Parameters = json.loads(message.parameters["of"])
    return of


def still_due(message: Message) -> bool:
    kind = alert_kinds.get(message.parameters["kind"])
    return kind is not None and kind.holds(said(message))


def parameters(message: Message) -> dict[str, str]:
    kind = alert_kinds[message.parameters["kind"]]
    words = kind.aloud or kind.sentence
    return {
        "branch": message.branch.name_in(message.language),
        "what": str(words(said(message))),
        "link": settings.PUBLIC_URL + (message.parameters.get("page") or "/bell/"),
    }


SAMPLE = {
    "branch": "首问·上海店",
    "what": "短信网关暂停使用，15 分钟后再试。",
    "link": "https://studio.example/messages/",
}
by_day = Purpose(
    title=_("Alarm to colleagues"),
    still_due=still_due,
    parameters=parameters,
    sample=SAMPLE,
    words=WORDS,
)
any_hour = Purpose(
    title=_("Alarm to colleagues, at any hour"),
    still_due=still_due,
    parameters=parameters,
    sample=SAMPLE,
    any_hour=True,
    words=WORDS,
)
