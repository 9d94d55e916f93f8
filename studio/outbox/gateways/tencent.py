"""Text messages by Tencent Cloud (`SendSms`, 2021-01-11), signed by TC3-HMAC-SHA256.

Only approved texts go out: the template's number, and its parameters in the order in which they stand in
it. Our key travels as `SessionContext`; nothing can be looked up by it, so an unclear answer stays unclear
until a report comes.
"""

import hashlib
import hmac
import http.client
import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from studio.outbox.gateways import provider
from studio.outbox.gateways.interface import Answer, Envelope, Inquiry, Known, LookUp, Result, Trouble

HOME = "https://sms.tencentcloudapi.com"
SERVICE, ACTION, VERSION = "sms", "SendSms", "2021-01-11"
ALGORITHM = "TC3-HMAC-SHA256"
JSON = "application/json; charset=utf-8"

BUSY = ("RequestLimitExceeded", "LimitExceeded.AppRate", "ResourceUnavailable")
NOT_LET_IN = (
    "AuthFailure",
    "UnauthorizedOperation",
    "FailedOperation.InsufficientBalance",
    "FailedOperation.SignatureIncorrectOrUnapproved",
    "FailedOperation.MissingSignature",
    "InvalidParameter.AppidAndBizId",
    "InvalidParameterValue.SdkAppId",
    "InternalError.RequestTimeException",
    "InternalError.SigVerificationFail",
    "LimitExceeded.AppDailyLimit",
    "LimitExceeded.DailyLimit",
    "LimitExceeded.AppCountry",
    "LimitExceeded.AppMainland",
    "UnsupportedRegion",
)
# So many to this number in half a minute, an hour, a day; or at this hour: later it may go.
LATER = ("LimitExceeded", "FailedOperation.MarketingSendTimeConstraint")
REFUSED = ("FailedOperation", "InvalidParameter", "MissingParameter", "UnknownParameter", "Unsupported")


@dataclass(frozen=True)
class Tencent:
    account: str
    secret: str
    sender: str
    application: str
    seconds: float
    address: str = HOME
    region: str = "ap-guangzhou"
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)

    def look_up(self, inquiry: Inquiry) -> LookUp:
        return LookUp(Known.CANNOT)

    def send(self, envelope: Envelope) -> Answer:
        if not envelope.template:
            return provider.troubled(Result.REFUSED, Trouble.MESSAGE, "the template has no number at Tencent")
        body = json.dumps(
            {
                "PhoneNumberSet": [envelope.recipient],
                "SmsSdkAppId": self.application,
                "SignName": self.sender,
                "TemplateId": envelope.template,
                "TemplateParamSet": list((envelope.parameters or {}).values()),
                "SessionContext": envelope.key,
            }
        ).encode()
        told = threading.Event()
        try:
            said = provider.ask(
                self.address, "/", body, self.headers(body), seconds=self.seconds, whole=told.set
            )
        except (OSError, http.client.HTTPException, ValueError) as reason:
            return provider.not_spoken(reason, told.is_set())
        return answer_of(said, envelope.key)

    def headers(self, body: bytes) -> dict[str, str]:
        now = self.clock()
        signed = {
            "content-type": JSON,
            "host": provider.host_of(self.address),
            "x-tc-action": ACTION.lower(),
        }
        return {
            "Host": signed["host"],
            "Content-Type": JSON,
            "X-TC-Action": ACTION,
            "X-TC-Version": VERSION,
            "X-TC-Region": self.region,
            "X-TC-Timestamp": str(int(now.timestamp())),
            "Authorization": authorization(self.account, self.secret, SERVICE, now, signed, body),
        }


def authorization(
    account: str, secret: str, service: str, now: datetime, headers: Mapping[str, str], body: bytes
) -> str:
    """For a POST to `/`. `headers` are those that are signed, in lower case throughout."""
    names = sorted(headers)
    signed = ";".join(names)
    lines = "".join(f"{name}:{headers[name].strip()}\n" for name in names)
    request = "\n".join(["POST", "/", "", lines, signed, hashlib.sha256(body).hexdigest()])
    day = f"{now.astimezone(UTC):%Y-%m-%d}"
    scope = f"{day}/{service}/tc3_request"
    words = "\n".join(
        [ALGORITHM, str(int(now.timestamp())), scope, hashlib.sha256(request.encode()).hexdigest()]
    )
    key = f"TC3{secret}".encode()
    for part in (day, service, "tc3_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    signature = hmac.new(key, words.encode(), hashlib.sha256).hexdigest()
    return f"{ALGORITHM} Credential={account}/{scope}, SignedHeaders={signed}, Signature={signature}"


def answer_of(said: provider.Said, key: str) -> Answer:
    response = said.body.get("Response")
    if not isinstance(response, dict):
        if said.status == 200:
            return provider.troubled(Result.UNCLEAR, Trouble.DOWN, "an answer that says nothing")
        return provider.by_status(said)
    if isinstance(error := response.get("Error"), dict):
        return by_code(str(error.get("Code") or ""), str(error.get("Message") or ""), said)
    status = response.get("SendStatusSet")
    mine = next(
        (one for one in status if isinstance(one, dict) and one.get("SessionContext") == key)
        if isinstance(status, list)
        else iter(()),
        None,
    )
    if mine is None:
        return provider.troubled(Result.UNCLEAR, Trouble.DOWN, "an answer about something else")
    if mine.get("Code") == "Ok":
        return Answer(Result.ACCEPTED, reference=str(mine.get("SerialNo") or "")[:120])
    return by_code(str(mine.get("Code") or ""), str(mine.get("Message") or ""), said)


def by_code(code: str, message: str, said: provider.Said) -> Answer:
    words = f"{code} {message}".strip()
    if code.startswith(BUSY):
        return provider.troubled(Result.NOT_REACHED, Trouble.BUSY, words, said.retry_after)
    if code.startswith(NOT_LET_IN):
        return provider.troubled(Result.NOT_REACHED, Trouble.NOT_LET_IN, words)
    if code.startswith(LATER):
        return provider.troubled(Result.NOT_REACHED, Trouble.MESSAGE, words)
    if code.startswith(REFUSED):
        return provider.troubled(Result.REFUSED, Trouble.MESSAGE, words)
    return provider.troubled(Result.UNCLEAR, Trouble.DOWN, words or "an error without a code")
