"""Alarms to colleagues in their group chat: WeCom, DingTalk, Feishu and others, by apprise.

It answers only yes or no, and its own time limit counts anew with every byte, so it runs in a child process
that is ended when the time is over. The child gets no environment: no proxy, no settings, no secret but the
addresses, and these by its standard input, where no list of processes shows them.
"""

import contextlib
import json
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from studio.outbox.gateways.interface import Answer, Envelope, Inquiry, Known, LookUp, Result, Trouble

CHILD = Path(__file__).with_name("apprise_child.py")
ALLOWED = {
    "wecombot": "WeCom",
    "dingtalk": "DingTalk",
    "feishu": "Feishu",
    "lark": "Lark",
    "slack": "Slack",
    "json": "JSON",
    "jsons": "JSON",
}
"""The schemes that may be used. Others would reach into files and programs of this machine."""


class Unanswered(Exception):
    """The child could not be started, was ended, or said nothing that can be read."""


@dataclass(frozen=True)
class Apprise:
    """`secret` holds the addresses, with blanks between them: whoever knows them can write to the chat."""

    secret: str
    seconds: float

    def look_up(self, inquiry: Inquiry) -> LookUp:
        return LookUp(Known.CANNOT)

    def send(self, envelope: Envelope) -> Answer:
        addresses = addresses_of(self.secret)
        if not addresses or any(fault_of(address) for address in addresses):
            return Answer(Result.REFUSED, detail="no address that may be used", trouble=Trouble.NOT_LET_IN)
        asked = {"addresses": addresses, "title": envelope.subject, "text": envelope.text}
        try:
            said = ask(asked, self.seconds)
        except Unanswered as reason:
            return Answer(Result.UNCLEAR, detail=str(reason), gateway_is_down=True, trouble=Trouble.DOWN)
        except OSError as reason:
            return Answer(
                Result.NOT_REACHED,
                detail=type(reason).__name__,
                gateway_is_down=True,
                trouble=Trouble.DOWN,
            )
        if said.get("said") is None:
            return Answer(Result.REFUSED, detail="an address is not understood", trouble=Trouble.NOT_LET_IN)
        if said["said"] is True:
            return Answer(Result.ACCEPTED, reference=", ".join(kinds_of(said))[:120])
        return Answer(Result.UNCLEAR, detail="not every chat took it", trouble=Trouble.DOWN)


def ask(asked: Mapping[str, Any], seconds: float) -> dict[str, Any]:
    try:
        done = subprocess.run(
            [sys.executable, "-I", "-W", "ignore", str(CHILD)],
            input=json.dumps(asked),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            encoding="utf-8",
            env={"LC_ALL": "C.UTF-8"},
            cwd="/",
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired as reason:
        raise Unanswered("it took too long and was ended") from reason
    with contextlib.suppress(ValueError):
        said = json.loads(done.stdout)
        if isinstance(said, dict):
            return said
    raise Unanswered(f"it ended with {done.returncode} and said nothing")


def kinds_of(said: Mapping[str, Any]) -> list[str]:
    return sorted({str(kind) for kind in said.get("kinds", ()) if kind})


def addresses_of(secret: str) -> list[str]:
    return [from_browser(address) for address in secret.split()]


def from_browser(address: str) -> str:
    """A robot's web address as DingTalk and Feishu show it, in apprise's words (it knows WeCom's itself)."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return address
    if parts.scheme == "https" and parts.hostname == "oapi.dingtalk.com":
        return f"dingtalk://{parse_qs(parts.query).get('access_token', [''])[0]}/"
    if parts.scheme == "https" and parts.hostname == "open.feishu.cn":
        return f"feishu://{parts.path.rstrip('/').rpartition('/')[2]}/"
    return address


def fault_of(address: str) -> str:
    """Why this address may not be used, by what it looks like: "scheme", or "" where nothing is wrong."""
    scheme = re.match(r"[A-Za-z0-9]{2,}(?=://)", address)
    name = scheme[0].lower() if scheme else ""
    wecom = address.startswith("https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=")
    return "" if wecom or name in ALLOWED else "scheme"


def faults(secret: str, seconds: float) -> dict[int, str]:
    """What is wrong with which address (counted from 1): "scheme", "unsafe", "unknown". Asks apprise itself;
    where it doesn't answer, nothing is held against anybody."""
    addresses = addresses_of(secret)
    wrong = {number: "scheme" for number, address in enumerate(addresses, 1) if fault_of(address)}
    if wrong or not addresses:
        return wrong
    kinds: Sequence[Any] = ()
    with contextlib.suppress(Unanswered, OSError):
        kinds = ask({"addresses": addresses}, seconds).get("kinds", ())
    for number, kind in enumerate(kinds, 1):
        if kind == "unsafe" or not kind:
            wrong[number] = kind or "unknown"
    return wrong
