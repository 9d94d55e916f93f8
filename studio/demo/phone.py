"""The customer's phone: what arrived for one number or address, as its owner would see it."""

import re
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db.models import Max
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from customers.models import ContactPoint
from studio.demo.models import ReceivedMessage

MOST_CONVERSATIONS = 20
MOST_MESSAGES = 50
NAME = re.compile(r"[^\s&、，,·]+")


@dataclass(frozen=True)
class Conversation:
    recipient: str
    name: str
    is_number: bool
    last: datetime

    @property
    def masked_address(self) -> str:
        """li.na@example.com → l***@example.com"""
        left, _at, right = self.recipient.partition("@")
        return f"{left[:1]}***@{right}"


@dataclass(frozen=True)
class Bubble:
    message: ReceivedMessage
    text: SafeString


def conversations() -> list[Conversation]:
    """Who got something lately, the last first."""
    rows = list(
        ReceivedMessage.objects.order_by()
        .values("recipient")
        .annotate(last=Max("received_at"))
        .order_by("-last", "recipient")[:MOST_CONVERSATIONS]
    )
    names = names_of([row["recipient"] for row in rows])
    return [
        Conversation(
            recipient=row["recipient"],
            name=names.get(row["recipient"], ""),
            is_number="@" not in row["recipient"],
            last=row["last"],
        )
        for row in rows
    ]


def names_of(recipients: list[str]) -> dict[str, str]:
    """The customers' names, masked: whoever opens the demo needs no more to find the right one."""
    contacts = ContactPoint.objects.filter(value__in=recipients, is_wrong=False).select_related("customer")
    return {contact.value: masked(contact.customer.name) for contact in contacts}


def masked(name: str) -> str:
    """张伟 & 李娜 → 张* & 李*"""
    return NAME.sub(lambda part: part[0][0] + "*" * min(len(part[0]) - 1, 2), name)


def bubbles(recipient: str) -> list[Bubble]:
    """The conversation, the oldest first, as on a phone."""
    last = ReceivedMessage.objects.filter(recipient=recipient)[:MOST_MESSAGES]
    return [Bubble(message, linked(message.body)) for message in reversed(last)]


def linked(text: str) -> SafeString:
    """Everything escaped; addresses of this shop, and no others, become links."""
    ours = re.compile("(" + re.escape(settings.PUBLIC_URL) + r"/[A-Za-z0-9/_~%?=&.-]*[A-Za-z0-9/_~%=-])")
    parts = ours.split(text)
    return format_html_join(
        "",
        "{}",
        (
            (format_html('<a href="{0}">{0}</a>', part) if number % 2 else part,)
            for number, part in enumerate(parts)
        ),
    )
