"""What gateways report: forged, stale, replayed, early and out of order are all harmless."""

import json
import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from studio.logs import hide_public_links
from studio.outbox import endings, receipts
from studio.outbox.delivery import deliver
from studio.outbox.gateways.webhook import SIGNATURE, TIMESTAMP, signature
from studio.outbox.models import Attempt, DeliveryReceipt, Message, ReceiptStatus
from studio.outbox.purposes import purposes
from studio.outbox.queue import withdraw
from studio.outbox.receipts import Report, Stop
from studio.outbox.registries import replies
from studio.outbox.reported import token_of
from tests.factories import BranchFactory
from tests.outbox.conftest import leave_behind, make_gateway
from tests.outbox.recorder import Recorder

SECRET = "the gateway's own secret"
DELIVERED, UNDELIVERED = ReceiptStatus.DELIVERED, ReceiptStatus.UNDELIVERED


@pytest.fixture
def shop(outbox: SimpleNamespace) -> SimpleNamespace:
    """`shop.arrived` lists what the purpose was told had arrived after all."""
    outbox.gateway.callback_secret = SECRET
    outbox.gateway.save()
    outbox.arrived = []
    entry = purposes["test"]
    object.__setattr__(entry, "on_arrival", lambda message, now: outbox.arrived.append(message.pk))
    return outbox


def sent(shop: SimpleNamespace, **changes: Any) -> Message:
    message = shop.message(**changes)
    deliver([message.pk])
    message.refresh_from_db()
    assert message.state == "sent"
    return message


def report(message: Message, status: ReceiptStatus = DELIVERED, **changes: Any) -> Report:
    values = {
        "name": f"r-{status}-{message.pk}",
        "status": status,
        "at": timezone.now(),
        "key": str(message.key),
        "detail": "",
    }
    return Report(**values | changes)


def state_of(message: Message) -> str:
    return Message.objects.get(pk=message.pk).state


# --- What a report does -----------------------------------------------------------------------


def test_delivered_is_the_end(shop: SimpleNamespace) -> None:
    message, at = sent(shop), timezone.now()
    assert receipts.take(shop.gateway, [report(message, at=at)], at) == []
    when_sent = message.finished_at
    message.refresh_from_db()
    assert (message.state, message.delivered_at) == ("delivered", at)
    assert message.reference.startswith("ref-"), "the gateway's number of it stays"
    assert message.finished_at == when_sent
    assert (shop.purpose.ended, shop.arrived) == ([], [])


def test_r3_undelivered_is_told_once(shop: SimpleNamespace) -> None:
    message = sent(shop)
    for number in range(3):
        told = report(message, UNDELIVERED, name=f"r{number}", detail="UNREACHABLE")
        receipts.take(shop.gateway, [told], timezone.now())
    message.refresh_from_db()
    assert (message.state, message.trouble) == ("failed", "not delivered: UNREACHABLE")
    assert shop.purpose.ended == [(message.pk, "failed")]


def test_the_later_report_wins_however_they_come(shop: SimpleNamespace) -> None:
    now = timezone.now()
    first, second = now - timedelta(minutes=2), now - timedelta(minutes=1)
    for order in ((0, 1), (1, 0)):
        message = sent(shop)
        both = [report(message, UNDELIVERED, at=first), report(message, DELIVERED, at=second)]
        for number in order:
            receipts.take(shop.gateway, [both[number]], now)
        message.refresh_from_db()
        assert (message.state, message.delivered_at) == ("delivered", second)
    assert len(shop.arrived) == 1, "only the one that had been given up"


def test_a_replayed_report_counts_once(shop: SimpleNamespace) -> None:
    message, now = sent(shop), timezone.now()
    told = report(message, UNDELIVERED)
    for _ in range(3):
        assert receipts.take(shop.gateway, [told, told], now) == []
    assert DeliveryReceipt.objects.count() == 1
    assert shop.purpose.ended == [(message.pk, "failed")]


def in_thread(gateway: Any, reports: list[Report], now: datetime) -> list[str]:
    try:
        return receipts.take(gateway, reports, now)
    finally:
        connection.close()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("plan", ["accept", "accept and cut", "accept and hang", "refuse", "busy"])
@pytest.mark.parametrize("status", [DELIVERED, UNDELIVERED])
def test_main_rule_an_early_report_says_more_than_the_answer(
    shop: SimpleNamespace, plan: str, status: ReceiptStatus, settings: Any
) -> None:
    settings.OUTBOX_GATEWAY_TIMEOUT_SECONDS = 0.4
    message, states = shop.message(), []  # type: ignore[var-annotated]

    def at_once(arrived: dict[str, Any]) -> None:
        in_thread(shop.gateway, [report(message, status)], timezone.now())
        states.append(state_of(message))
        connection.close()

    shop.recorder.plan = [plan]
    shop.recorder.before = at_once
    deliver()
    assert states == ["leased"], "who holds it writes the end"
    assert state_of(message) == {"delivered": "delivered", "undelivered": "failed"}[status]
    assert [state for _pk, state in shop.purpose.ended] == (["failed"] if status == UNDELIVERED else [])
    assert len(shop.recorder.arrivals) == 1
    assert not Attempt.objects.filter(message=message, outcome__in=["open", "unclear"]).exists()


@pytest.mark.parametrize("outcome", ["open", "unclear"])
@pytest.mark.parametrize("looks_up", [True, False])
def test_main_rule_what_was_reported_on_is_not_sent_again(
    shop: SimpleNamespace, outcome: str, looks_up: bool
) -> None:
    """A sender was killed; before the next one looks, the gateway reports."""
    shop.gateway.looks_up = looks_up
    shop.gateway.save()
    message = shop.message()
    leave_behind(message, outcome=outcome)
    receipts.take(shop.gateway, [report(message)], timezone.now())
    assert state_of(message) == "leased"
    deliver()
    assert state_of(message) == "delivered"
    assert (shop.recorder.arrivals, shop.recorder.looked_up, shop.purpose.ended) == ([], [], [])


def test_main_rule_what_waits_for_a_look_up_ends_with_the_report(shop: SimpleNamespace) -> None:
    message = shop.message()
    leave_behind(message, outcome="unclear")
    Message.objects.filter(pk=message.pk).update(state="queued", lease_until=None)
    receipts.take(shop.gateway, [report(message)], timezone.now())
    assert state_of(message) == "delivered"
    assert deliver() == 0


def test_what_was_given_up_and_arrived_is_told_once(shop: SimpleNamespace) -> None:
    shop.gateway.looks_up = False
    shop.gateway.save()
    message = shop.message()
    leave_behind(message)
    deliver()
    assert state_of(message) == "unknown"
    for _ in range(2):
        receipts.take(shop.gateway, [report(message)], timezone.now())
    assert (state_of(message), shop.arrived) == ("delivered", [message.pk])


def test_undelivered_of_what_is_unknown_tells_nobody_twice(shop: SimpleNamespace) -> None:
    shop.gateway.looks_up = False
    shop.gateway.save()
    message = shop.message()
    leave_behind(message)
    deliver()
    receipts.take(shop.gateway, [report(message, UNDELIVERED)], timezone.now())
    assert state_of(message) == "failed"
    assert shop.purpose.ended == [(message.pk, "unknown")]


def test_a_purpose_that_breaks_does_not_hold_up_the_report(shop: SimpleNamespace) -> None:
    def breaks(message: Message, now: datetime) -> None:
        raise LookupError("no such appointment")

    message = sent(shop)
    shop.purpose.on_end = breaks
    receipts.take(shop.gateway, [report(message, UNDELIVERED)], timezone.now())
    assert state_of(message) == "failed"


def test_a_withdrawn_message_that_was_never_tried_is_not_touched(shop: SimpleNamespace) -> None:
    message = shop.message()
    withdraw("test", message.subject_id, now=timezone.now())
    assert receipts.take(shop.gateway, [report(message)], timezone.now()) == [f"r-delivered-{message.pk}"]
    assert (state_of(message), DeliveryReceipt.objects.count()) == ("cancelled", 0)


@pytest.mark.parametrize(
    "changes",
    [
        {"key": "7f1c1f0e-8f5c-4a6e-9d8b-0a4b5c6d7e8f"},
        {"key": "no key at all"},
        {"key": ""},
        {"key": "", "reference": "nobody's"},
        {"name": ""},
        {"at": datetime(2126, 1, 1, tzinfo=UTC)},
        {"at": datetime(1, 1, 1, tzinfo=UTC)},
        {"at": datetime(9999, 12, 31, 23, 59, tzinfo=UTC)},
    ],
)
def test_what_can_t_be_meant_is_left_aside(shop: SimpleNamespace, changes: dict[str, Any]) -> None:
    message = sent(shop)
    told = report(message, UNDELIVERED, **changes)
    assert receipts.take(shop.gateway, [told], timezone.now()) == [told.name]
    assert (state_of(message), DeliveryReceipt.objects.count()) == ("sent", 0)


def test_another_gateway_can_say_nothing_of_our_messages(shop: SimpleNamespace, recorder: Recorder) -> None:
    message = sent(shop)
    neighbour = make_gateway(BranchFactory(code="bj"), recorder, callback_secret=SECRET)
    sibling = make_gateway(shop.branch, recorder, channel="email", callback_secret=SECRET)
    for other in (neighbour, sibling):
        assert receipts.take(other, [report(message, UNDELIVERED)], timezone.now())
        assert receipts.take(
            other, [report(message, UNDELIVERED, key="", reference=message.reference)], timezone.now()
        )
    assert (state_of(message), shop.purpose.ended) == ("sent", [])


def test_a_gateway_that_was_replaced_still_reports(shop: SimpleNamespace, recorder: Recorder) -> None:
    message = sent(shop)
    shop.gateway.is_active = False
    shop.gateway.save()
    make_gateway(shop.branch, recorder)
    assert receipts.take(shop.gateway, [report(message)], timezone.now()) == []
    assert state_of(message) == "delivered"


def test_by_the_gateway_s_own_number(shop: SimpleNamespace) -> None:
    message = sent(shop)
    told = report(message, key="", reference=message.reference)
    assert receipts.take(shop.gateway, [told], timezone.now()) == []
    assert state_of(message) == "delivered"


# --- The final state depends on the set of reports alone ---------------------------------------

STORY = st.lists(
    st.tuples(st.sampled_from([DELIVERED, UNDELIVERED]), st.integers(0, 4)), min_size=1, max_size=5
)
AFTERWARDS = ("accepted", "killed", "unknown", "refused", "queued")


@pytest.mark.django_db
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(story=STORY, seed=st.integers(0, 10_000), where=st.sampled_from(AFTERWARDS), when=st.integers(0, 12))
def test_the_state_follows_from_the_set_of_reports(
    shop: SimpleNamespace, story: list[tuple[ReceiptStatus, int]], seed: int, where: str, when: int
) -> None:
    """Any order, any repeats, and the sender's own end before, between or after them."""
    now, message = timezone.now(), shop.message()
    leave_behind(message, lease_ended=False)
    reports = [
        report(message, status, name=f"r{number} of {message.pk}", at=now - timedelta(minutes=10 - minute))
        for number, (status, minute) in enumerate(story)
    ]
    order = [*reports, *random.Random(seed).choices(reports, k=3)]
    random.Random(seed).shuffle(order)
    for number, told in enumerate(order):
        if number == when:
            ends(message, where, now)
        receipts.take(shop.gateway, [told], now)
    if when >= len(order):
        ends(message, where, now)
    best = max(reports, key=lambda one: (one.at, one.status == DELIVERED))
    message.refresh_from_db()
    assert message.state == ("delivered" if best.status == DELIVERED else "failed")
    assert message.delivered_at == (best.at if best.status == DELIVERED else None)
    assert message.receipts.count() == len(reports)
    assert message.finished_at is not None


def ends(message: Message, where: str, now: datetime) -> None:
    """The sender's own end, as it would write it: under its claim, and asking for reports first."""
    held = Message.objects.select_related("branch").get(pk=message.pk)
    outcome = {"accepted": "accepted", "refused": "refused"}.get(where, "unclear")
    held.attempts.update(outcome=outcome, finished_at=now)
    if receipts.apply(held, now):
        return
    if where == "queued":
        endings.requeue(held, now)
    else:
        state = {"accepted": "sent", "refused": "failed"}.get(where, "unknown")
        endings.end(held, state, now=now)  # type: ignore[arg-type]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("seed", range(6))
def test_the_state_follows_from_the_set_of_reports_under_threads(shop: SimpleNamespace, seed: int) -> None:
    """Eight reporters with the same five reports in different orders, while the sender is still at it."""
    lot, now = random.Random(seed), timezone.now()
    message = shop.message()
    reports = [
        report(
            message,
            lot.choice([DELIVERED, UNDELIVERED]),
            name=f"r{number}",
            at=now - timedelta(minutes=number),
        )
        for number in range(5)
    ]
    gate = threading.Barrier(9)

    def reporter(order: list[Report]) -> None:
        gate.wait(20)
        for told in order:
            in_thread(shop.gateway, [told], now)

    def sender() -> None:
        try:
            deliver()
        finally:
            connection.close()

    shop.recorder.before = lambda arrived: gate.wait(20)
    orders = [lot.sample(reports, k=len(reports)) for _ in range(8)]
    with ThreadPoolExecutor(9) as crowd:
        work = [crowd.submit(sender), *(crowd.submit(reporter, order) for order in orders)]
        for one in work:
            one.result(60)
    best = reports[0]
    message.refresh_from_db()
    assert message.state == ("delivered" if best.status == DELIVERED else "failed")
    assert message.delivered_at == (best.at if best.status == DELIVERED else None)
    assert message.receipts.count() == 5
    assert len(shop.recorder.arrivals) == 1


# --- The signed address -----------------------------------------------------------------------


def body_of(*rows: dict[str, Any]) -> bytes:
    return json.dumps({"reports": list(rows)}).encode()


def row(message: Message, **changes: Any) -> dict[str, Any]:
    values = {
        "report": f"r{message.pk}",
        "key": str(message.key),
        "status": "delivered",
        "at": timezone.now().isoformat(),
    }
    return values | changes


def post(
    gateway: Any, body: bytes, *, secret: str = SECRET, at: float | None = None, stamp: str | None = None,
    signed: str | None = None,
) -> Any:  # fmt: skip
    stamp = str(int(time.time() if at is None else at)) if stamp is None else stamp
    headers = {TIMESTAMP: stamp, SIGNATURE: signature(secret, stamp, body) if signed is None else signed}
    return Client(enforce_csrf_checks=True).post(
        f"/delivery-receipts/{getattr(gateway, 'pk', gateway)}/",
        body,
        content_type="application/json",
        headers=headers,
    )


def test_a_signed_report_counts(shop: SimpleNamespace) -> None:
    message = sent(shop)
    answer = post(shop.gateway, body_of(row(message), row(message, report="x", key="unknown")))
    assert (answer.status_code, answer.json()) == (200, {"ignored": ["x"]})
    assert state_of(message) == "delivered"


def test_forged_and_stale_ones_change_nothing_and_are_answered_alike(shop: SimpleNamespace) -> None:
    message = sent(shop)
    body = body_of(row(message))
    console = make_gateway(
        shop.branch, shop.recorder, channel="email", kind="console", callback_secret=SECRET
    )
    mute = make_gateway(shop.branch, shop.recorder, channel="alarm", callback_secret="")
    answers = [
        post(shop.gateway, body, secret="a secret"),
        post(shop.gateway, body, signed=""),
        post(shop.gateway, body, signed="0" * 64),
        post(shop.gateway, body, signed="ÿ"),
        post(shop.gateway, body, at=time.time() - 301),
        post(shop.gateway, body, at=time.time() + 301),
        post(shop.gateway, body, stamp=""),
        post(shop.gateway, body, stamp="soon"),
        post(shop.gateway, body, stamp="٣"),
        post(shop.gateway, body, stamp="9" * 40),
        post(shop.gateway, body, stamp="-1"),
        post(shop.gateway, body + b" ", signed=signature(SECRET, str(int(time.time())), body)),
        post(mute, body, secret=""),
        post(mute, body, secret="nobody"),
        post(console, body),
        post(999_999, body),
        post(999_999_999_999_999_999, body, secret="nobody"),
    ]
    assert {(answer.status_code, answer.content) for answer in answers} == {
        (403, b'{"error": "Not signed by this gateway just now."}')
    }
    assert (state_of(message), DeliveryReceipt.objects.count()) == ("sent", 0)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"nothing",
        b"\xff\xfe",
        b"[]",
        b"null",
        b'{"reports": {}}',
        b'{"reports": [1]}',
        b'{"reports": [{}]}',
        b"[" * 50_000,
        body_of({"report": "r", "key": "k", "status": "seen", "at": "2026-11-22T10:00:00Z"}),
        body_of({"report": "r", "key": "k", "status": "delivered", "at": "yesterday"}),
        body_of({"report": "r", "key": "k", "status": "delivered", "at": "2026-11-22T10:00:00"}),
        body_of({"report": "r", "key": "k", "status": "delivered", "at": "0001-01-01T00:00:00+14:00"}),
        body_of({"report": "", "key": "k", "status": "delivered", "at": "2026-11-22T10:00:00Z"}),
        body_of(*[{"status": "reply"}] * 501),
    ],
)
def test_bad_input_is_answered_by_a_sentence(shop: SimpleNamespace, body: bytes) -> None:
    answer = post(shop.gateway, body)
    assert answer.status_code == 422
    assert answer.json()["error"].endswith(".")


def test_nothing_unprintable_reaches_the_database(shop: SimpleNamespace) -> None:
    message = sent(shop)
    body = body_of(
        row(message, status="undelivered", reason="a\x00b\ud800c\u202ed" + "x" * 5000, report="\x00r")
    )
    assert post(shop.gateway, body).status_code == 200
    (kept,) = DeliveryReceipt.objects.all()
    assert (kept.report, kept.detail[:5]) == ("r", "abcdx")


def test_too_much_at_once_and_other_methods_are_refused(shop: SimpleNamespace) -> None:
    assert post(shop.gateway, b" " * 64_001).status_code == 413
    for address in (f"/delivery-receipts/{shop.gateway.pk}/", f"/delivery-receipts/{shop.gateway.pk}/token/"):
        assert Client().get(address).status_code == 405
    assert Client().post("/delivery-receipts/99999999999999999999/").status_code in {302, 404}


def test_questions_to_the_database_stay_few_for_who_is_refused(
    shop: SimpleNamespace, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    with django_assert_max_num_queries(2):
        assert post(shop.gateway, b"{}", secret="guessed").status_code == 403


# --- Stop --------------------------------------------------------------------------------------


@pytest.fixture
def stops(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    heard: list[str] = []
    monkeypatch.setattr(replies, "_entries", {"test": lambda branch, number, now: heard.append(number)})
    return heard


def test_r2_2_who_answers_with_stop_is_heard(shop: SimpleNamespace, stops: list[str]) -> None:
    body = body_of(
        {"status": "stop", "from": "+8613800138000"},
        {"status": "reply", "from": "+8613900139000", "text": " 退订。"},
        {"status": "reply", "from": "+8613700137000", "text": "好的，谢谢"},
        {"status": "stop"},
    )
    assert post(shop.gateway, body).status_code == 200
    assert stops == ["+8613800138000", "+8613900139000"]


def test_r2_2_nobody_else_can_stop_somebody(shop: SimpleNamespace, stops: list[str]) -> None:
    assert (
        post(shop.gateway, body_of({"status": "stop", "from": "+8613800138000"}), secret="x").status_code
        == 403
    )
    receipts.take(shop.gateway, [Stop("")], timezone.now())
    assert stops == []


# --- The providers' own reports ------------------------------------------------------------------


def push(gateway: Any, said: Any, token: str | None = None) -> Any:
    address = f"/delivery-receipts/{gateway.pk}/{token_of(gateway) if token is None else token}/"
    body = said if isinstance(said, bytes) else json.dumps(said).encode()
    return Client(enforce_csrf_checks=True).post(address, body, content_type="application/json")


def in_china(at: datetime) -> str:
    return (at.astimezone(UTC) + timedelta(hours=8)).strftime("%Y-%m-%d %H:%M:%S")


def aliyun_row(message: Message, at: datetime, **changes: Any) -> dict[str, Any]:
    values = {
        "phone_number": "13800138000",
        "send_time": in_china(at),
        "report_time": in_china(at),
        "success": True,
        "err_code": "DELIVERED",
        "err_msg": "用户接收成功",
        "sms_size": "1",
        "biz_id": "9006197469364984^0",
        "out_id": str(message.key),
    }
    return values | changes


def becomes(shop: SimpleNamespace, kind: str) -> Any:
    type(shop.gateway).objects.filter(pk=shop.gateway.pk).update(kind=kind)
    shop.gateway.refresh_from_db()
    return shop.gateway


def test_aliyun_reports(shop: SimpleNamespace) -> None:
    first, second = sent(shop), sent(shop)
    gateway = becomes(shop, "aliyun")
    at = timezone.now().replace(microsecond=0)
    rows = [aliyun_row(first, at), aliyun_row(second, at, success=False, err_code="UNDELIV", err_msg="空号")]
    for _ in range(2):
        answer = push(gateway, rows)
        assert (answer.status_code, answer.json()) == (200, {"code": 0, "msg": "OK"})
    first.refresh_from_db()
    assert (first.state, first.delivered_at) == ("delivered", at)
    second.refresh_from_db()
    assert (second.state, second.trouble) == ("failed", "not delivered: UNDELIV 空号")
    assert DeliveryReceipt.objects.count() == 2


def test_aliyun_s_answers_of_customers(shop: SimpleNamespace, stops: list[str]) -> None:
    gateway = becomes(shop, "aliyun")
    up = {"phone_number": "13800138000", "send_time": "20261122100000", "content": "TD", "sign_name": "首问"}
    assert push(gateway, [up, {**up, "content": "请问几点？"}]).json() == {"code": 0, "msg": "OK"}
    assert stops == ["+8613800138000"]


def tencent_row(message: Message, at: datetime, **changes: Any) -> dict[str, Any]:
    values = {
        "user_receive_time": in_china(at),
        "nationcode": "86",
        "mobile": "13800138000",
        "report_status": "SUCCESS",
        "errmsg": "DELIVRD",
        "description": "用户短信送达成功",
        "sid": message.reference,
    }
    return values | changes


def test_tencent_reports_by_its_own_number(shop: SimpleNamespace) -> None:
    first, second = sent(shop), sent(shop)
    gateway = becomes(shop, "tencent")
    at = timezone.now().replace(microsecond=0)
    rows = [tencent_row(first, at), tencent_row(second, at, report_status="FAIL", errmsg="MK:0001")]
    for _ in range(2):
        answer = push(gateway, rows)
        assert (answer.status_code, answer.json()) == (200, {"result": 0, "errmsg": "OK"})
    assert (state_of(first), state_of(second)) == ("delivered", "failed")


def test_tencent_is_asked_to_report_again_what_is_not_known_yet(shop: SimpleNamespace) -> None:
    message = sent(shop)
    gateway = becomes(shop, "tencent")
    early = tencent_row(message, timezone.now(), sid="not yet known")
    answer = push(gateway, [tencent_row(message, timezone.now()), early])
    assert answer.json()["result"] != 0
    assert state_of(message) == "delivered", "what is known counts all the same"


def test_tencent_s_answers_of_customers(shop: SimpleNamespace, stops: list[str]) -> None:
    gateway = becomes(shop, "tencent")
    reply = {
        "extend": "",
        "mobile": "61234567",
        "nationcode": "852",
        "sign": "首问",
        "text": "退訂",
        "time": 1,
    }
    assert push(gateway, reply).json() == {"result": 0, "errmsg": "OK"}
    assert push(gateway, {**reply, "text": "多謝"}).json() == {"result": 0, "errmsg": "OK"}
    assert stops == ["+85261234567"]


@pytest.mark.parametrize("kind", ["aliyun", "tencent"])
def test_the_address_of_a_provider_can_t_be_guessed(shop: SimpleNamespace, kind: str) -> None:
    message = sent(shop)
    gateway, at = becomes(shop, kind), timezone.now()
    rows = [aliyun_row(message, at)] if kind == "aliyun" else [tencent_row(message, at)]
    other = make_gateway(BranchFactory(code="bj"), shop.recorder, kind=kind, callback_secret=SECRET)
    mute = make_gateway(shop.branch, shop.recorder, channel="email", kind=kind, callback_secret="")
    answers = [
        push(gateway, rows, token="x"),
        push(gateway, rows, token="é"),
        push(gateway, rows, token=token_of(other)),
        push(mute, rows),
        push(SimpleNamespace(pk=999_999), rows, token="x"),
    ]
    assert {(answer.status_code, answer.content) for answer in answers} == {
        (403, b'{"error": "Not signed by this gateway just now."}')
    }
    assert post(gateway, body_of(row(message))).status_code == 403, "nor does it take our own form"
    assert (state_of(message), DeliveryReceipt.objects.count()) == ("sent", 0)
    assert len(token_of(gateway)) == 40
    assert SECRET not in token_of(gateway)


@pytest.mark.parametrize("kind", ["aliyun", "tencent"])
@pytest.mark.parametrize(
    "said",
    [b"", b"?", {}, [1], [{"success": True}], [{"report_time": "now", "sid": "1"}], "text", b"[" * 50_000],
)
def test_a_provider_s_bad_input_is_answered_by_a_sentence(
    shop: SimpleNamespace, kind: str, said: Any
) -> None:
    answer = push(becomes(shop, kind), said)
    assert answer.status_code == 422
    assert answer.json()["error"].endswith(".")


def test_the_token_of_an_address_stays_out_of_the_logs(shop: SimpleNamespace) -> None:
    address = reverse("outbox:receipts_by_address", args=[shop.gateway.pk, token_of(shop.gateway)])
    line = hide_public_links(None, "info", {"event": f"POST {address} 200"})
    assert token_of(shop.gateway) not in line["event"]
    assert "/delivery-receipts/" in line["event"]
