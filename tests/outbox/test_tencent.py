"""Tencent's text messages: what is signed and sent, and what each of its answers means. Never a live call."""

import hashlib
import hmac
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from studio.outbox.delivery import deliver
from studio.outbox.gateways import Envelope, Inquiry, Known, Result, Trouble
from studio.outbox.gateways.tencent import Tencent, authorization
from tests.outbox.cloud import Asked, Cloud, Saying, cloud_running
from tests.outbox.conftest import leave_behind, make_template
from tests.outbox.recorder import dead_port

KEY = "7f1c1f0e-8f5c-4a6e-9d8b-0a4b5c6d7e8f"
NOW = datetime(2026, 11, 22, 23, 59, 30, tzinfo=UTC)
ENVELOPE = Envelope(
    key=KEY,
    channel="sms",
    recipient="+8613800138000",
    subject="",
    text="李娜，您好！",
    template="1234567",
    parameters={"when": "11月25日", "name": "李娜"},
)


def said(code: str = "Ok", context: str = KEY, **changes: Any) -> dict[str, Any]:
    row = {
        "SerialNo": "5000:1045710669157053657849499619",
        "PhoneNumber": "+8613800138000",
        "Fee": 1,
        "SessionContext": context,
        "Code": code,
        "Message": "send success",
        "IsoCode": "CN",
    }
    return {"Response": {"SendStatusSet": [row | changes], "RequestId": "a0aabda6"}}


def error(code: str) -> dict[str, Any]:
    return {"Response": {"Error": {"Code": code, "Message": "for 13800138000"}, "RequestId": "a0aabda6"}}


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    with cloud_running() as cloud:
        cloud.says = lambda asked: Saying(said=said(context=asked.json["SessionContext"]))
        yield cloud


@pytest.fixture
def tencent(cloud: Cloud) -> Callable[..., Tencent]:
    def make(**changes: Any) -> Tencent:
        values = {
            "account": "AKID-account",
            "secret": "a secret",
            "sender": "首问影楼",
            "application": "1400006666",
            "address": cloud.address,
            "seconds": 1.0,
            "clock": lambda: NOW,
        }
        return Tencent(**values | changes)

    return make


PAYLOAD = rb'{"Limit": 1, "Filters": [{"Values": ["\u672a\u547d\u540d"], "Name": "instance-name"}]}'
EXAMPLE = {"content-type": "application/json; charset=utf-8", "host": "cvm.tencentcloudapi.com"}


@pytest.mark.parametrize(
    ("account", "secret", "headers", "signature"),
    [
        (
            "AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE",
            "Gu5t9xGARNpq86cd98joQYCN3EXAMPLE",
            EXAMPLE,
            "72e494ea809ad7a8c8f7a4507b9bddcbaa8e581f516e8da2f66e2c5a96525168",
        ),
        # The later edition of the documents prints stars for the secret, and signs with the stars.
        (
            "AKID********************************",
            "*" * 32,
            EXAMPLE | {"x-tc-action": "describeinstances"},
            "10b1a37a7301a02ca19a647ad722d5e43b4b3cff309d421d85b46093f6ab6c4f",
        ),
    ],
)
def test_the_signature_is_that_of_the_documented_examples(
    account: str, secret: str, headers: dict[str, str], signature: str
) -> None:
    at = datetime.fromtimestamp(1551113065, tz=UTC)
    assert authorization(account, secret, "cvm", at, headers, PAYLOAD) == (
        f"TC3-HMAC-SHA256 Credential={account}/2019-02-25/cvm/tc3_request, "
        f"SignedHeaders={';'.join(sorted(headers))}, Signature={signature}"
    )


def test_what_goes_over_the_wire(tencent: Callable[..., Tencent], cloud: Cloud) -> None:
    answer = tencent().send(ENVELOPE)
    assert (answer.result, answer.reference) == (Result.ACCEPTED, "5000:1045710669157053657849499619")
    (asked,) = cloud.asked
    assert asked.json == {
        "PhoneNumberSet": ["+8613800138000"],
        "SmsSdkAppId": "1400006666",
        "SignName": "首问影楼",
        "TemplateId": "1234567",
        "TemplateParamSet": ["11月25日", "李娜"],
        "SessionContext": KEY,
    }
    assert (asked.headers["x-tc-action"], asked.headers["x-tc-version"]) == ("SendSms", "2021-01-11")
    assert (asked.headers["x-tc-region"], asked.headers["x-tc-timestamp"]) == ("ap-guangzhou", "1795391970")
    assert recomputed(asked, "a secret") == asked.headers["authorization"].rpartition("Signature=")[2]


def recomputed(asked: Asked, secret: str) -> str:
    """As the provider would check it, from what arrived and nothing else."""
    names = asked.headers["authorization"].split("SignedHeaders=")[1].split(",")[0].split(";")
    assert {"content-type", "host"} <= set(names)
    lines = "".join(f"{name}:{asked.headers[name].lower()}\n" for name in names)
    body = hashlib.sha256(asked.body).hexdigest()
    request = f"POST\n/\n\n{lines}\n{';'.join(names)}\n{body}"
    stamp = asked.headers["x-tc-timestamp"]
    day = datetime.fromtimestamp(int(stamp), tz=UTC).strftime("%Y-%m-%d")
    digest = hashlib.sha256(request.encode()).hexdigest()
    words = f"TC3-HMAC-SHA256\n{stamp}\n{day}/sms/tc3_request\n{digest}"
    key = ("TC3" + secret).encode()
    for part in (day, "sms", "tc3_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return hmac.new(key, words.encode(), hashlib.sha256).hexdigest()


def test_without_a_template_s_number_nothing_is_tried(tencent: Callable[..., Tencent], cloud: Cloud) -> None:
    answer = tencent().send(Envelope(**{**vars(ENVELOPE), "template": ""}))
    assert (answer.result, answer.trouble) == (Result.REFUSED, Trouble.MESSAGE)
    assert "no number" in answer.detail
    assert cloud.asked == []


CODES = [
    ("FailedOperation.PhoneNumberInBlacklist", Result.REFUSED, Trouble.MESSAGE),
    ("FailedOperation.TemplateIncorrectOrUnapproved", Result.REFUSED, Trouble.MESSAGE),
    ("FailedOperation.TemplateParamSetNotMatchApprovedTemplate", Result.REFUSED, Trouble.MESSAGE),
    ("FailedOperation.ContainSensitiveWord", Result.REFUSED, Trouble.MESSAGE),
    ("InvalidParameterValue.IncorrectPhoneNumber", Result.REFUSED, Trouble.MESSAGE),
    ("MissingParameter.EmptyPhoneNumberSet", Result.REFUSED, Trouble.MESSAGE),
    ("UnsupportedOperation.ContainDomesticAndInternationalPhoneNumber", Result.REFUSED, Trouble.MESSAGE),
    ("LimitExceeded.PhoneNumberThirtySecondLimit", Result.NOT_REACHED, Trouble.MESSAGE),
    ("LimitExceeded.PhoneNumberDailyLimit", Result.NOT_REACHED, Trouble.MESSAGE),
    ("LimitExceeded.DeliveryFrequencyLimit", Result.NOT_REACHED, Trouble.MESSAGE),
    ("FailedOperation.MarketingSendTimeConstraint", Result.NOT_REACHED, Trouble.MESSAGE),
    ("FailedOperation.InsufficientBalanceInSmsPackage", Result.NOT_REACHED, Trouble.NOT_LET_IN),
    ("FailedOperation.SignatureIncorrectOrUnapproved", Result.NOT_REACHED, Trouble.NOT_LET_IN),
    ("UnauthorizedOperation.ServiceSuspendDueToArrears", Result.NOT_REACHED, Trouble.NOT_LET_IN),
    ("InvalidParameterValue.SdkAppIdNotExist", Result.NOT_REACHED, Trouble.NOT_LET_IN),
    ("LimitExceeded.AppDailyLimit", Result.NOT_REACHED, Trouble.NOT_LET_IN),
    ("AuthFailure.SignatureFailure", Result.NOT_REACHED, Trouble.NOT_LET_IN),
    ("AuthFailure.SecretIdNotFound", Result.NOT_REACHED, Trouble.NOT_LET_IN),
    ("AuthFailure.SignatureExpire", Result.NOT_REACHED, Trouble.NOT_LET_IN),
    ("InternalError.RequestTimeException", Result.NOT_REACHED, Trouble.NOT_LET_IN),
    ("RequestLimitExceeded", Result.NOT_REACHED, Trouble.BUSY),
    ("InternalError.Timeout", Result.UNCLEAR, Trouble.DOWN),
    ("InternalError.OtherError", Result.UNCLEAR, Trouble.DOWN),
    ("SomethingElse", Result.UNCLEAR, Trouble.DOWN),
    ("", Result.UNCLEAR, Trouble.DOWN),
]


@pytest.mark.parametrize(("code", "result", "trouble"), CODES)
@pytest.mark.parametrize("of_the_number", [True, False])
def test_what_its_codes_mean(
    tencent: Callable[..., Tencent],
    cloud: Cloud,
    code: str,
    result: Result,
    trouble: Trouble,
    of_the_number: bool,
) -> None:
    body = said(code, SerialNo="", Fee=0, Message="for +8613800138000") if of_the_number else error(code)
    cloud.says = lambda asked: Saying(said=body)
    answer = tencent().send(ENVELOPE)
    assert (answer.result, answer.trouble) == (result, trouble)
    assert answer.gateway_is_down == (trouble is not Trouble.MESSAGE)
    assert code in answer.detail
    assert "13800138000" not in answer.detail
    assert len(cloud.asked) == 1


@pytest.mark.parametrize(
    ("saying", "result", "trouble"),
    [
        (Saying(200, b"<html>"), Result.UNCLEAR, Trouble.DOWN),
        (Saying(200, {"Response": "?"}), Result.UNCLEAR, Trouble.DOWN),
        (Saying(200, {"Response": {"SendStatusSet": []}}), Result.UNCLEAR, Trouble.DOWN),
        (Saying(200, {"Response": {"SendStatusSet": "?"}}), Result.UNCLEAR, Trouble.DOWN),
        (Saying(200, {"Response": {"SendStatusSet": ["?"]}}), Result.UNCLEAR, Trouble.DOWN),
        (Saying(200, said(context="another message")), Result.UNCLEAR, Trouble.DOWN),
        (Saying(403, b"<h1>proxy</h1>"), Result.NOT_REACHED, Trouble.NOT_LET_IN),
        (Saying(429, b"", {"Retry-After": "7"}), Result.NOT_REACHED, Trouble.BUSY),
        (Saying(404, b""), Result.REFUSED, Trouble.MESSAGE),
        (Saying(503, b""), Result.UNCLEAR, Trouble.DOWN),
        (Saying(200, said(), does="cut"), Result.UNCLEAR, Trouble.DOWN),
        (Saying(does="vanish"), Result.UNCLEAR, Trouble.DOWN),
        (Saying(does="hang"), Result.UNCLEAR, Trouble.DOWN),
        (Saying(does="drip"), Result.UNCLEAR, Trouble.DOWN),
    ],
)
def test_half_an_answer_is_no_answer(
    tencent: Callable[..., Tencent], cloud: Cloud, saying: Saying, result: Result, trouble: Trouble
) -> None:
    cloud.says = lambda asked: saying
    began = time.monotonic()
    answer = tencent(seconds=0.5).send(ENVELOPE)
    assert (answer.result, answer.trouble) == (result, trouble)
    assert time.monotonic() - began < 10
    if saying.status == 429:
        assert answer.retry_after == 7


def test_not_reached(tencent: Callable[..., Tencent]) -> None:
    for address in (f"http://127.0.0.1:{dead_port()}", "http://no-such-host.invalid", ""):
        answer = tencent(address=address).send(ENVELOPE)
        assert (answer.result, answer.trouble) == (Result.NOT_REACHED, Trouble.DOWN), address


def test_it_never_tells_by_key(tencent: Callable[..., Tencent], cloud: Cloud) -> None:
    assert tencent().look_up(Inquiry(KEY, "+8613800138000", NOW)).known is Known.CANNOT
    assert cloud.asked == []


def test_main_rule_what_may_have_gone_out_by_tencent_is_unknown_and_never_sent_again(
    outbox: SimpleNamespace, cloud: Cloud
) -> None:
    gateway = outbox.gateway
    gateway.kind, gateway.address, gateway.application = "tencent", cloud.address, "1400006666"
    gateway.looks_up = False
    gateway.save()
    make_template(language="en", body="{name}", code="1234567")
    message = outbox.message(language="en")
    leave_behind(message)
    deliver()
    message.refresh_from_db()
    assert (message.state, cloud.asked) == ("unknown", [])
    assert outbox.purpose.ended == [(message.pk, "unknown")]


def test_parameters_go_in_the_order_of_the_approved_text(outbox: SimpleNamespace, cloud: Cloud) -> None:
    gateway = outbox.gateway
    gateway.kind, gateway.address, gateway.application = "tencent", cloud.address, "1400006666"
    gateway.save()
    make_template(language="en", body="{when} {zone} {name} {when} {a}", code="1234567")
    outbox.purpose.values = lambda message: {"a": "4", "name": "3", "when": "1", "zone": "2", "unused": "5"}
    message = outbox.message(language="en")
    deliver()
    message.refresh_from_db()
    assert message.state == "sent"
    assert cloud.asked[0].json["TemplateParamSet"] == ["1", "2", "3", "4"]
