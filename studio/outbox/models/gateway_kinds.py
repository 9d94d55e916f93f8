"""What each kind of gateway can carry, which of the settings it asks for, and what they must look like."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.utils import parseaddr
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from studio.outbox.models.configuration import Gateway

LOOPBACK = {"127.0.0.1", "::1", "localhost"}


@dataclass(frozen=True)
class Kind:
    """`needed`: what must not be empty, with the sentence that says so; `used`: what may be set beside it.

    `looks_up` and `takes_key`: what is known of this kind; None: the administrator knows.
    """

    channels: tuple[str, ...] = ()
    needed: Mapping[str, Any] = field(default_factory=dict)
    used: tuple[str, ...] = ()
    looks_up: bool | None = False
    takes_key: bool | None = False
    by_template: bool = False
    reports: bool = False
    check: Callable[["Gateway"], dict[str, Any]] = lambda gateway: {}

    @property
    def fields(self) -> list[str]:
        knows = {"looks_up": self.looks_up, "takes_key": self.takes_key}
        asked = [name for name, known in knows.items() if known is None]
        return [*self.needed, *self.used, *(["callback_secret"] if self.reports else []), *asked]


def faults_of(gateway: "Gateway") -> dict[str, Any]:
    """Field → sentence, so that a typing error shows here and not at night."""
    kind = KINDS.get(gateway.kind)
    if kind is None:
        return {}
    missing = {name: said for name, said in kind.needed.items() if not getattr(gateway, name).strip()}
    faults = kind.check(gateway) | missing
    if not faults and kind.channels and gateway.channel and gateway.channel not in kind.channels:
        return {"channel": _("This kind of gateway doesn't carry that.")}
    return faults


def fault_in_web_address(address: str) -> Any:
    try:
        parts = urlsplit(address)
        fine = parts.scheme in {"http", "https"} and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        fine = False
    if not fine or parts.username or parts.query or parts.fragment:
        return _("Give a web address such as https://gateway.example/messages, without question mark.")
    return None


def webhook(gateway: "Gateway") -> dict[str, Any]:
    fault = fault_in_web_address(gateway.address)
    return {"address": fault} if fault else {}


def smtp(gateway: "Gateway") -> dict[str, Any]:
    faults = {}
    host, _colon, port = gateway.address.rpartition(":")
    if not host or not port.isascii() or not port.isdigit() or not 0 < int(port) < 65536:
        faults["address"] = _("Give server and port, such as mail.example:587.")
    if "@" not in parseaddr(gateway.sender)[1]:
        faults["sender"] = _("Give the sender's e-mail address.")
    return faults


def cloud(gateway: "Gateway") -> dict[str, Any]:
    """An address of one's own only for a provider's other entrance; never in the clear."""
    faults = {}
    if gateway.address:
        parts = urlsplit(gateway.address) if fault_in_web_address(gateway.address) is None else None
        if parts is None or parts.path.strip("/"):
            faults["address"] = _("Give nothing but the server, such as https://sms.example, or nothing.")
        elif parts.scheme != "https" and parts.hostname not in LOOPBACK:
            faults["address"] = _("A provider is only spoken to over https.")
    if gateway.region and not re.fullmatch(r"[a-z0-9-]+", gateway.region):
        faults["region"] = _("A region is written such as cn-hangzhou.")
    if re.search(r"[\[\]【】]", gateway.sender):
        faults["sender"] = _("The signature stands here without its brackets.")
    if not all(one.isascii() and one.isprintable() for one in gateway.account + gateway.secret):
        faults["account"] = _("Account and secret are plain letters and figures.")
    return faults


def tencent(gateway: "Gateway") -> dict[str, Any]:
    faults = cloud(gateway)
    if gateway.application and not re.fullmatch(r"[0-9]+", gateway.application):
        faults["application"] = _("The application's number (SmsSdkAppId) has nothing but figures.")
    return faults


SIGNS_IN = {
    "account": _("Give the id of the access key."),
    "secret": _("Give the secret of the access key."),
    "sender": _("Give the signature that the provider has approved."),
}
KINDS: dict[str, Kind] = {
    "webhook": Kind(
        needed={
            "address": _("Give the address of the webhook."),
            "secret": _("A webhook needs a secret to sign with."),
        },
        used=("sender",),
        looks_up=None,
        takes_key=None,
        reports=True,
        check=webhook,
    ),
    "smtp": Kind(
        channels=("email",),
        needed={
            "address": _("Give server and port, such as mail.example:587."),
            "sender": _("Give the sender's e-mail address."),
        },
        used=("account", "secret"),
        check=smtp,
    ),
    "aliyun": Kind(
        channels=("sms",),
        needed=SIGNS_IN,
        used=("region", "address"),
        looks_up=True,
        by_template=True,
        reports=True,
        check=cloud,
    ),
    "tencent": Kind(
        channels=("sms",),
        needed={
            **SIGNS_IN,
            "application": _("Give the number of the application (SmsSdkAppId)."),
        },
        used=("region", "address"),
        by_template=True,
        reports=True,
        check=tencent,
    ),
    "apprise": Kind(
        channels=("alarm",),
        needed={"secret": _("Give the address of the group chat's robot.")},
    ),
    "console": Kind(),
}
