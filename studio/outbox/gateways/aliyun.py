"""Text messages by Aliyun (dysmsapi, `SendSms`), signed by ACS3-HMAC-SHA256.

Only approved texts go out: the template's number and its parameters. Our key travels as `OutId` and comes
back in the list of what went to a number on a day (`QuerySendDetails`), which is the look-up, and in the
reports. The same key twice would be two messages.
"""

import hashlib
import hmac
import http.client
import json
import secrets
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from studio.outbox.gateways import provider
from studio.outbox.gateways.interface import Answer, Envelope, Inquiry, Known, LookUp, Result, Trouble

HOME = "https://dysmsapi.aliyuncs.com"
VERSION = "2017-05-25"
ALGORITHM = "ACS3-HMAC-SHA256"
ZONE = ZoneInfo("Asia/Shanghai")
PAGE, MOST_PAGES = 50, 20
# What was taken may be listed a while later: an earlier "not listed" proves nothing.
LISTED_AFTER = timedelta(minutes=10)
AROUND_MIDNIGHT = timedelta(minutes=5)

BUSY = ("Throttling", "ServiceUnavailable", "isv.FLOW_LIMIT", "isp.FLOW_LIMIT")
# Secret, rights, money, the shop's signature, the day's limit of the account: until somebody acts.
NOT_LET_IN = (
    "SignatureDoesNotMatch",
    "IncompleteSignature",
    "InvalidAccessKey",
    "InvalidSecurityToken",
    "InvalidTimeStamp",
    "Forbidden",
    "NoPermission",
    "isp.RAM_PERMISSION_DENY",
    "isv.DENY_IP_RANGE",
    "isv.AMOUNT_NOT_ENOUGH",
    "isv.OUT_OF_SERVICE",
    "isv.PRODUCT_UN",
    "isv.ACCOUNT_",
    "isv.SMS_SIGN",
    "isv.DAY_LIMIT_CONTROL",
    "isv.MONTH_LIMIT_CONTROL",
)
# So many to this number in a minute, an hour, a day: later it may go.
LATER = ("isv.BUSINESS_LIMIT_CONTROL",)
# The nonce is used: somebody on the way sent our request twice, so the first may have been taken.
UNCLEAR = ("SignatureNonceUsed", "isp.", "InternalError")


@dataclass(frozen=True)
class Aliyun:
    account: str
    secret: str
    sender: str
    seconds: float
    address: str = HOME
    region: str = "cn-hangzhou"
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)

    def send(self, envelope: Envelope) -> Answer:
        if not envelope.template:
            return provider.troubled(Result.REFUSED, Trouble.MESSAGE, "the template has no number at Aliyun")
        parameters = json.dumps(dict(envelope.parameters or {}), ensure_ascii=False)
        told = threading.Event()
        try:
            said = self.ask(
                "SendSms",
                {
                    "PhoneNumbers": number(envelope.recipient),
                    "SignName": self.sender,
                    "TemplateCode": envelope.template,
                    "TemplateParam": parameters,
                    "OutId": envelope.key,
                },
                self.seconds,
                told.set,
            )
        except (OSError, http.client.HTTPException, ValueError) as reason:
            return provider.not_spoken(reason, told.is_set())
        return answer_of(said)

    def look_up(self, inquiry: Inquiry) -> LookUp:
        """Everything that went to this number on the day of the attempt, page by page, for our key."""
        until = time.monotonic() + self.seconds
        try:
            for day in days_of(inquiry.sent_at):
                for row in self.listed(number(inquiry.recipient), day, until):
                    if row.get("OutId") == inquiry.key:
                        return LookUp(Known.FOUND)
        except (OSError, http.client.HTTPException, ValueError) as reason:
            return LookUp(Known.NOT_REACHED, detail=f"{type(reason).__name__}: {reason}"[:200])
        if self.clock() - inquiry.sent_at < LISTED_AFTER:
            return LookUp(Known.NOT_REACHED, detail="not listed yet, which proves nothing so soon")
        return LookUp(Known.ABSENT)

    def listed(self, phone: str, day: date, until: float) -> Iterator[Mapping[str, Any]]:
        for page in range(1, MOST_PAGES + 1):
            if (left := until - time.monotonic()) <= 0:
                raise TimeoutError("the list took too long")
            said = self.ask(
                "QuerySendDetails",
                {
                    "PhoneNumber": phone,
                    "SendDate": f"{day:%Y%m%d}",
                    "PageSize": str(PAGE),
                    "CurrentPage": str(page),
                },
                left,
            )
            code, rows = said.body.get("Code"), rows_of(said.body)
            if code != "OK" or rows is None:
                raise ValueError(f"HTTP {said.status} {code}")
            yield from rows
            if page * PAGE >= int(said.body.get("TotalCount") or 0):
                return
        raise ValueError("the list is too long to be read whole")

    def ask(
        self,
        action: str,
        query: Mapping[str, str],
        seconds: float,
        whole: Callable[[], None] = lambda: None,
    ) -> provider.Said:
        line = canonical({**query, "RegionId": self.region})
        headers = {
            "host": provider.host_of(self.address),
            "x-acs-action": action,
            "x-acs-content-sha256": hashlib.sha256(b"").hexdigest(),
            "x-acs-date": f"{self.clock().astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
            "x-acs-signature-nonce": secrets.token_hex(16),
            "x-acs-version": VERSION,
        }
        headers["Authorization"] = authorization(self.account, self.secret, line, headers)
        return provider.ask(self.address, f"/?{line}", b"", headers, seconds=seconds, whole=whole)


def canonical(query: Mapping[str, str]) -> str:
    """Sorted, each name and value percent-encoded save letters, figures and - _ . ~"""
    return "&".join(f"{quote(name, safe='')}={quote(query[name], safe='')}" for name in sorted(query))


def authorization(account: str, secret: str, query: str, headers: Mapping[str, str]) -> str:
    """For a POST to `/` with everything in the query and no body."""
    names = sorted(headers)
    signed = ";".join(names)
    lines = "".join(f"{name}:{headers[name].strip()}\n" for name in names)
    request = "\n".join(["POST", "/", query, lines, signed, headers["x-acs-content-sha256"]])
    words = f"{ALGORITHM}\n{hashlib.sha256(request.encode()).hexdigest()}"
    signature = hmac.new(secret.encode(), words.encode(), hashlib.sha256).hexdigest()
    return f"{ALGORITHM} Credential={account},SignedHeaders={signed},Signature={signature}"


def number(recipient: str) -> str:
    """At home without +86, elsewhere the country's figures without the plus."""
    return recipient.removeprefix("+86") if recipient.startswith("+86") else recipient.removeprefix("+")


def days_of(moment: datetime) -> list[date]:
    """The provider's day of an attempt; two where it was made around midnight."""
    return sorted({(moment + shift).astimezone(ZONE).date() for shift in (-AROUND_MIDNIGHT, AROUND_MIDNIGHT)})


def rows_of(body: Mapping[str, Any]) -> list[Mapping[str, Any]] | None:
    details = body.get("SmsSendDetailDTOs")
    if details is None:
        return [] if str(body.get("TotalCount")) == "0" else None
    rows = details.get("SmsSendDetailDTO", []) if isinstance(details, dict) else details
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else None


def answer_of(said: provider.Said) -> Answer:
    code = str(said.body.get("Code") or "")
    if said.status == 200 and code == "OK":
        return Answer(Result.ACCEPTED, reference=str(said.body.get("BizId") or "")[:120])
    if not code:
        return provider.by_status(said)
    words = f"{code} {said.body.get('Message') or ''}".strip()
    if code.startswith(BUSY):
        return provider.troubled(Result.NOT_REACHED, Trouble.BUSY, words, said.retry_after)
    if code.startswith(NOT_LET_IN):
        return provider.troubled(Result.NOT_REACHED, Trouble.NOT_LET_IN, words)
    if code.startswith(LATER):
        return provider.troubled(Result.NOT_REACHED, Trouble.MESSAGE, words)
    if code.startswith(UNCLEAR) or said.status >= 500:
        return provider.troubled(Result.UNCLEAR, Trouble.DOWN, words)
    if code.startswith(("isv.", "Invalid", "Missing")) or 400 <= said.status < 500:
        return provider.troubled(Result.REFUSED, Trouble.MESSAGE, words)
    return provider.troubled(Result.UNCLEAR, Trouble.MESSAGE, words)
