"""Aliyun's text messages: what is signed and sent, and what each of its answers means. Never a live call."""

import hashlib
import hmac
import json
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.outbox.delivery import deliver
from studio.outbox.gateways import Envelope, Inquiry, Known, Result, Trouble
from studio.outbox.gateways.aliyun import Aliyun, authorization, canonical, days_of, number
from studio.outbox.models import Message
from tests.outbox.cloud import Asked, Cloud, Saying, cloud_running
from tests.outbox.conftest import leave_behind, make_template
from tests.outbox.recorder import dead_port

KEY = "7f1c1f0e-8f5c-4a6e-9d8b-0a4b5c6d7e8f"
NOW = datetime(2026, 11, 22, 6, 30, tzinfo=UTC)
ENVELOPE = Envelope(
    key=KEY,
    channel="sms",
    recipient="+8613800138000",
    subject="",
    text="李娜，您好！",
    template="SMS_205391430",
    parameters={"name": "李 娜&张~*", "when": "11月25日 10:00"},
)
INQUIRY = Inquiry(KEY, "+8613800138000", NOW - timedelta(hours=1))
OK = {"Code": "OK", "Message": "OK", "BizId": "9006197469364984^0", "RequestId": "F655A8D5"}


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    with cloud_running() as cloud:
        cloud.says = lambda asked: Saying(said=OK)
        yield cloud


@pytest.fixture
def aliyun(cloud: Cloud) -> Callable[..., Aliyun]:
    def make(**changes: Any) -> Aliyun:
        values = {
            "account": "LTAI-account",
            "secret": "a secret",
            "sender": "首问影楼",
            "address": cloud.address,
            "seconds": 1.0,
            "clock": lambda: NOW,
        }
        return Aliyun(**values | changes)

    return make


def test_the_signature_is_that_of_the_documented_example() -> None:
    empty = hashlib.sha256(b"").hexdigest()
    query = canonical(
        {"RegionId": "cn-shanghai", "ImageId": "win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd"}
    )
    headers = {
        "host": "ecs.cn-shanghai.aliyuncs.com",
        "x-acs-action": "RunInstances",
        "x-acs-content-sha256": empty,
        "x-acs-date": "2023-10-26T10:22:32Z",
        "x-acs-signature-nonce": "3156853299f313e23d1673dc12e1703d",
        "x-acs-version": "2014-05-26",
    }
    assert authorization("YourAccessKeyId", "YourAccessKeySecret", query, headers) == (
        "ACS3-HMAC-SHA256 Credential=YourAccessKeyId,"
        "SignedHeaders=host;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version,"
        "Signature=06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0"
    )


@given(st.dictionaries(st.text(min_size=1), st.text(), max_size=6))
def test_the_query_is_sorted_and_encoded_and_nothing_of_it_is_lost(query: dict[str, str]) -> None:
    try:
        "".join([*query, *query.values()]).encode()
    except UnicodeEncodeError:
        return
    line = canonical(query)
    assert all(one.isalnum() or one in "-_.~%=&" for one in line)
    assert line == "&".join(
        f"{quote(name, safe='-_.~')}={quote(value, safe='-_.~')}" for name, value in sorted(query.items())
    )


def test_what_goes_over_the_wire(aliyun: Callable[..., Aliyun], cloud: Cloud) -> None:
    answer = aliyun().send(ENVELOPE)
    assert (answer.result, answer.reference) == (Result.ACCEPTED, "9006197469364984^0")
    (asked,) = cloud.asked
    assert asked.query["PhoneNumbers"] == "13800138000", "at home without the country's number"
    assert asked.query["SignName"] == "首问影楼"
    assert asked.query["TemplateCode"] == "SMS_205391430"
    assert asked.query["OutId"] == KEY
    assert json.loads(asked.query["TemplateParam"]) == {"name": "李 娜&张~*", "when": "11月25日 10:00"}
    assert (asked.headers["x-acs-action"], asked.headers["x-acs-version"]) == ("SendSms", "2017-05-25")
    assert asked.headers["x-acs-date"] == "2026-11-22T06:30:00Z"
    assert asked.body == b""
    assert recomputed(asked, "a secret") == asked.headers["authorization"].rpartition("Signature=")[2]
    assert "李娜，您好" not in asked.path, "the text itself does not travel"


def recomputed(asked: Asked, secret: str) -> str:
    """As the provider would check it, from what arrived and nothing else."""
    names = asked.headers["authorization"].split("SignedHeaders=")[1].split(",")[0].split(";")
    assert {"host", "x-acs-action", "x-acs-date", "x-acs-signature-nonce"} <= set(names)
    lines = "".join(f"{name}:{asked.headers[name]}\n" for name in names)
    query = asked.path.partition("?")[2]
    body = hashlib.sha256(asked.body).hexdigest()
    request = f"POST\n/\n{query}\n{lines}\n{';'.join(names)}\n{body}"
    words = f"ACS3-HMAC-SHA256\n{hashlib.sha256(request.encode()).hexdigest()}"
    return hmac.new(secret.encode(), words.encode(), hashlib.sha256).hexdigest()


def test_no_two_requests_have_the_same_nonce(aliyun: Callable[..., Aliyun], cloud: Cloud) -> None:
    for _ in range(3):
        aliyun().send(ENVELOPE)
    assert len({asked.headers["x-acs-signature-nonce"] for asked in cloud.asked}) == 3


@pytest.mark.parametrize(
    ("recipient", "sent"),
    [
        ("+8613800138000", "13800138000"),
        ("+85261234567", "85261234567"),
        ("+14155550100", "14155550100"),
        ("13800138000", "13800138000"),
    ],
)
def test_numbers_as_aliyun_writes_them(recipient: str, sent: str) -> None:
    assert number(recipient) == sent


def test_without_a_template_s_number_nothing_is_tried(aliyun: Callable[..., Aliyun], cloud: Cloud) -> None:
    answer = aliyun().send(Envelope(**{**vars(ENVELOPE), "template": ""}))
    assert (answer.result, answer.trouble) == (Result.REFUSED, Trouble.MESSAGE)
    assert "no number" in answer.detail
    assert cloud.asked == []


def refusal(code: str, message: str = "said no") -> dict[str, str]:
    return {"Code": code, "Message": message, "RequestId": "819BE656"}


@pytest.mark.parametrize(
    ("status", "code", "result", "trouble"),
    [
        (200, "isv.MOBILE_NUMBER_ILLEGAL", Result.REFUSED, Trouble.MESSAGE),
        (200, "isv.SMS_TEMPLATE_ILLEGAL", Result.REFUSED, Trouble.MESSAGE),
        (200, "isv.TEMPLATE_MISSING_PARAMETERS", Result.REFUSED, Trouble.MESSAGE),
        (200, "isv.PARAM_LENGTH_LIMIT", Result.REFUSED, Trouble.MESSAGE),
        (200, "isv.BLACK_KEY_CONTROL_LIMIT", Result.REFUSED, Trouble.MESSAGE),
        (200, "isv.SOMETHING_NEW", Result.REFUSED, Trouble.MESSAGE),
        (400, "InvalidPhoneNumbers", Result.REFUSED, Trouble.MESSAGE),
        (400, "MissingSignName", Result.REFUSED, Trouble.MESSAGE),
        (200, "isv.BUSINESS_LIMIT_CONTROL", Result.NOT_REACHED, Trouble.MESSAGE),
        (200, "isv.AMOUNT_NOT_ENOUGH", Result.NOT_REACHED, Trouble.NOT_LET_IN),
        (200, "isv.OUT_OF_SERVICE", Result.NOT_REACHED, Trouble.NOT_LET_IN),
        (200, "isv.SMS_SIGNATURE_ILLEGAL", Result.NOT_REACHED, Trouble.NOT_LET_IN),
        (200, "isv.DAY_LIMIT_CONTROL", Result.NOT_REACHED, Trouble.NOT_LET_IN),
        (200, "isp.RAM_PERMISSION_DENY", Result.NOT_REACHED, Trouble.NOT_LET_IN),
        (400, "SignatureDoesNotMatch", Result.NOT_REACHED, Trouble.NOT_LET_IN),
        (404, "InvalidAccessKeyId.NotFound", Result.NOT_REACHED, Trouble.NOT_LET_IN),
        (400, "InvalidTimeStamp.Expired", Result.NOT_REACHED, Trouble.NOT_LET_IN),
        (403, "Forbidden.AccessKeyDisabled", Result.NOT_REACHED, Trouble.NOT_LET_IN),
        (400, "Throttling.User", Result.NOT_REACHED, Trouble.BUSY),
        (503, "ServiceUnavailable", Result.NOT_REACHED, Trouble.BUSY),
        (400, "SignatureNonceUsed", Result.UNCLEAR, Trouble.DOWN),
        (200, "isp.SYSTEM_ERROR", Result.UNCLEAR, Trouble.DOWN),
        (500, "InternalError", Result.UNCLEAR, Trouble.DOWN),
        (500, "SomethingElse", Result.UNCLEAR, Trouble.DOWN),
        (200, "SomethingElse", Result.UNCLEAR, Trouble.MESSAGE),
    ],
)
def test_what_its_codes_mean(
    aliyun: Callable[..., Aliyun], cloud: Cloud, status: int, code: str, result: Result, trouble: Trouble
) -> None:
    cloud.says = lambda asked: Saying(status, refusal(code, "13800138000 was refused"))
    answer = aliyun().send(ENVELOPE)
    assert (answer.result, answer.trouble) == (result, trouble)
    assert answer.gateway_is_down == (trouble is not Trouble.MESSAGE)
    assert code in answer.detail
    assert "13800138000" not in answer.detail, "no customer's number stays with the administrator"
    assert len(cloud.asked) == 1, "nothing is sent twice by itself"


@pytest.mark.parametrize(
    ("saying", "result", "trouble"),
    [
        (Saying(200, b"<html>hotel wifi</html>"), Result.UNCLEAR, Trouble.DOWN),
        (Saying(200, b"[]"), Result.UNCLEAR, Trouble.DOWN),
        (Saying(200, b""), Result.UNCLEAR, Trouble.DOWN),
        (Saying(200, b"\xff" * 1_000_000), Result.UNCLEAR, Trouble.DOWN),
        (Saying(200, {"Message": "OK"}), Result.UNCLEAR, Trouble.DOWN),
        (Saying(302, b"", {"Location": "http://127.0.0.1:1/"}), Result.UNCLEAR, Trouble.DOWN),
        (Saying(403, b"<h1>proxy</h1>"), Result.NOT_REACHED, Trouble.NOT_LET_IN),
        (Saying(429, b""), Result.NOT_REACHED, Trouble.BUSY),
        (Saying(502, b"<h1>bad gateway</h1>"), Result.UNCLEAR, Trouble.DOWN),
        (Saying(200, OK, does="cut"), Result.UNCLEAR, Trouble.DOWN),
        (Saying(does="vanish"), Result.UNCLEAR, Trouble.DOWN),
        (Saying(does="hang"), Result.UNCLEAR, Trouble.DOWN),
        (Saying(does="drip"), Result.UNCLEAR, Trouble.DOWN),
    ],
)
def test_half_an_answer_is_no_answer(
    aliyun: Callable[..., Aliyun], cloud: Cloud, saying: Saying, result: Result, trouble: Trouble
) -> None:
    cloud.says = lambda asked: saying
    began = time.monotonic()
    answer = aliyun(seconds=0.5).send(ENVELOPE)
    assert (answer.result, answer.trouble) == (result, trouble)
    assert len(cloud.asked) == 1
    assert time.monotonic() - began < 10, "the whole conversation is limited, not each byte"


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("120", 120), ("0", 0), ("-5", 0), ("999999", 3600), ("soon", None), ("nan", None), ("", None)],
)
def test_how_long_a_busy_gateway_wants_to_be_left_alone(
    aliyun: Callable[..., Aliyun], cloud: Cloud, header: str, seconds: float | None
) -> None:
    cloud.says = lambda asked: Saying(400, refusal("Throttling.User"), {"Retry-After": header})
    assert aliyun().send(ENVELOPE).retry_after == seconds


def test_not_reached(aliyun: Callable[..., Aliyun]) -> None:
    for address in (f"http://127.0.0.1:{dead_port()}", "http://no-such-host.invalid", "http:///", "nonsense"):
        answer = aliyun(address=address).send(ENVELOPE)
        assert (answer.result, answer.trouble) == (Result.NOT_REACHED, Trouble.DOWN), address
        assert aliyun(address=address).look_up(INQUIRY).known is Known.NOT_REACHED


# --- The look-up ------------------------------------------------------------------------------


def detail(out_id: str) -> dict[str, Any]:
    return {
        "OutId": out_id,
        "SendStatus": 1,
        "PhoneNum": "13800138000",
        "TemplateCode": "SMS_1",
        "SendDate": "2026-11-22 13:30:00",
    }


def listing(rows: list[dict[str, Any]], total: int | None = None) -> dict[str, Any]:
    count = len(rows) if total is None else total
    return {
        "Code": "OK",
        "Message": "OK",
        "TotalCount": str(count),
        "SmsSendDetailDTOs": {"SmsSendDetailDTO": rows},
    }


def test_a_look_up_asks_for_the_number_and_the_provider_s_day(
    aliyun: Callable[..., Aliyun], cloud: Cloud
) -> None:
    cloud.says = lambda asked: Saying(said=listing([detail("another"), detail(KEY)]))
    evening = Inquiry(KEY, "+8613800138000", datetime(2026, 11, 21, 17, 0, tzinfo=UTC))
    assert aliyun().look_up(evening).known is Known.FOUND
    (asked,) = cloud.asked
    assert asked.headers["x-acs-action"] == "QuerySendDetails"
    assert (asked.query["PhoneNumber"], asked.query["SendDate"]) == ("13800138000", "20261122")
    assert recomputed(asked, "a secret") == asked.headers["authorization"].rpartition("Signature=")[2]


@pytest.mark.parametrize(
    ("at", "days"),
    [
        (datetime(2026, 11, 22, 6, 0, tzinfo=UTC), [date(2026, 11, 22)]),
        (datetime(2026, 11, 22, 15, 58, tzinfo=UTC), [date(2026, 11, 22), date(2026, 11, 23)]),
        (datetime(2026, 11, 22, 16, 2, tzinfo=UTC), [date(2026, 11, 22), date(2026, 11, 23)]),
        (datetime(2026, 11, 22, 16, 6, tzinfo=UTC), [date(2026, 11, 23)]),
    ],
)
def test_around_midnight_two_days_are_asked_for(at: datetime, days: list[date]) -> None:
    assert days_of(at) == days


@pytest.mark.parametrize("page", [1, 2, 3])
def test_pages_are_followed_to_the_end(aliyun: Callable[..., Aliyun], cloud: Cloud, page: int) -> None:
    def says(asked: Asked) -> Saying:
        current = int(asked.query["CurrentPage"])
        rows = [detail(f"{current}-{row}") for row in range(20 if current == 3 else 50)]
        if current == page:
            rows[-1] = detail(KEY)
        return Saying(said=listing(rows, 120))

    cloud.says = says
    assert aliyun().look_up(INQUIRY).known is Known.FOUND
    assert [asked.query["CurrentPage"] for asked in cloud.asked] == [str(one + 1) for one in range(page)]
    cloud.says = lambda asked: Saying(said=listing([detail("x")] * 50, 120))
    assert aliyun().look_up(INQUIRY).known is Known.ABSENT


@pytest.mark.parametrize("minutes", [0, 1, 9])
def test_not_listed_so_soon_proves_nothing(aliyun: Callable[..., Aliyun], cloud: Cloud, minutes: int) -> None:
    cloud.says = lambda asked: Saying(said=listing([]))
    soon = Inquiry(KEY, "+8613800138000", NOW - timedelta(minutes=minutes))
    assert aliyun().look_up(soon).known is Known.NOT_REACHED
    late = Inquiry(KEY, "+8613800138000", NOW - timedelta(minutes=11))
    assert aliyun().look_up(late).known is Known.ABSENT


@pytest.mark.parametrize(
    "saying",
    [
        Saying(200, refusal("isv.BUSINESS_LIMIT_CONTROL")),
        Saying(400, refusal("Throttling.User")),
        Saying(400, refusal("SignatureDoesNotMatch")),
        Saying(500, b""),
        Saying(200, b"null"),
        Saying(200, {"Code": "OK"}),
        Saying(200, {"Code": "OK", "TotalCount": 1}),
        Saying(200, {"Code": "OK", "TotalCount": "many", "SmsSendDetailDTOs": {"SmsSendDetailDTO": []}}),
        Saying(200, {"Code": "OK", "TotalCount": 1, "SmsSendDetailDTOs": {"SmsSendDetailDTO": "?"}}),
        Saying(200, listing([], 9_000)),
        Saying(200, listing([]), does="cut"),
        Saying(does="vanish"),
        Saying(does="drip"),
    ],
)
def test_a_look_up_that_was_not_answered_proves_nothing(
    aliyun: Callable[..., Aliyun], cloud: Cloud, saying: Saying
) -> None:
    cloud.says = lambda asked: saying
    began = time.monotonic()
    assert aliyun().look_up(INQUIRY).known is Known.NOT_REACHED
    assert time.monotonic() - began < 10


def test_all_pages_together_keep_to_the_time(aliyun: Callable[..., Aliyun], cloud: Cloud) -> None:
    def slowly(asked: Asked) -> Saying:
        cloud.patience.wait(0.2)
        return Saying(said=listing([detail("x")] * 50, 1000))

    cloud.says = slowly
    began = time.monotonic()
    assert aliyun(seconds=0.5).look_up(INQUIRY).known is Known.NOT_REACHED
    assert time.monotonic() - began < 10


# --- Through the outbox -----------------------------------------------------------------------


@pytest.fixture
def shop(outbox: SimpleNamespace, cloud: Cloud) -> SimpleNamespace:
    outbox.gateway.kind, outbox.gateway.address = "aliyun", cloud.address
    outbox.gateway.account, outbox.gateway.looks_up, outbox.gateway.takes_key = "LTAI", True, False
    outbox.gateway.save()
    return outbox


def test_only_the_parameters_of_the_approved_text_travel(shop: SimpleNamespace, cloud: Cloud) -> None:
    make_template(language="en", body="{when}: {name}, {when}", code="SMS_9")
    shop.purpose.values = lambda message: {"name": "张伟", "when": "10:00", "place": "青岛"}
    message = shop.message(language="en")
    assert deliver() == 1
    (asked,) = cloud.asked
    assert list(json.loads(asked.query["TemplateParam"]).items()) == [("when", "10:00"), ("name", "张伟")]
    assert asked.query["TemplateCode"] == "SMS_9"
    assert Message.objects.get(pk=message.pk).state == "sent"


def test_words_without_a_number_end_as_failed_and_somebody_is_told(
    shop: SimpleNamespace, cloud: Cloud
) -> None:
    message = shop.message()
    deliver()
    message.refresh_from_db()
    assert (message.state, cloud.asked) == ("failed", [])
    assert "no number at Aliyun" in message.trouble
    assert shop.purpose.ended == [(message.pk, "failed")]


@pytest.mark.parametrize(("listed", "state", "sent"), [(True, "sent", 0), (False, "sent", 1)])
def test_main_rule_an_unclear_one_is_looked_up_before_it_goes_out_again(
    shop: SimpleNamespace, cloud: Cloud, listed: bool, state: str, sent: int
) -> None:
    make_template(language="en", code="SMS_9")
    message = shop.message(language="en")
    attempt = leave_behind(message)
    attempt.started_at -= timedelta(minutes=15)
    attempt.save()

    def says(asked: Asked) -> Saying:
        if asked.headers["x-acs-action"] == "SendSms":
            return Saying(said=OK)
        return Saying(said=listing([detail(str(message.key))] if listed else []))

    cloud.says = says
    deliver()
    message.refresh_from_db()
    assert message.state == state
    assert [asked.headers["x-acs-action"] for asked in cloud.asked].count("SendSms") == sent
