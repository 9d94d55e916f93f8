"""The settings of the gateways: each kind's fields, secrets that are never shown, a test message."""

from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.utils import timezone

from studio.outbox import testing
from studio.outbox.delivery import deliver
from studio.outbox.gateways import back_end
from studio.outbox.gateways.aliyun import Aliyun
from studio.outbox.gateways.apprise import Apprise
from studio.outbox.gateways.tencent import Tencent
from studio.outbox.models import Gateway, GatewayHealth, GatewayKind, Message
from studio.outbox.models.gateway_kinds import KINDS
from studio.outbox.queue import suppress
from studio.outbox.reported import token_of
from tests.outbox.conftest import Told, leave_behind, make_gateway, make_message, make_template
from tests.outbox.recorder import Recorder

pytestmark = pytest.mark.django_db
Enter = Callable[..., Client]

NAMES = {"name_en": "G", "name_zh_hans": "短信", "name_zh_hant": "簡訊"}
RIGHT: dict[str, dict[str, str]] = {
    "webhook": {"channel": "sms", "address": "https://gateway.example/messages", "secret": "hush"},
    "smtp": {"channel": "email", "address": "mail.example:587", "sender": "首问 <studio@shouwen.example>"},
    "aliyun": {"channel": "sms", "account": "LTAI1", "secret": "hush", "sender": "首问影楼"},
    "tencent": {
        "channel": "sms", "account": "AKID1", "secret": "hush", "sender": "首问影楼", "application": "1400006666",
    },
    "apprise": {"channel": "alarm", "secret": "wecombot://2e8b5f0a-1111-2222-3333-444455556666"},
    "console": {"channel": "sms"},
}  # fmt: skip


def form_of(shop: SimpleNamespace, kind: str, **changes: Any) -> dict[str, Any]:
    return {**NAMES, "branch": shop.branch.pk, "kind": kind, "is_active": "on", **RIGHT[kind], **changes}


def add(own: Client, fields: dict[str, Any]) -> Any:
    return own.post("/admin/outbox/gateway/add/", fields)


def errors_of(answer: Any) -> dict[str, list[str]]:
    assert answer.status_code == 200
    return dict(answer.context["adminform"].form.errors)


@pytest.mark.parametrize("kind", GatewayKind.values)
def test_each_kind_is_saved_with_what_it_asks_for(shop: SimpleNamespace, sign_in: Enter, kind: str) -> None:
    own = sign_in(shop.administrator)
    answer = add(own, form_of(shop, kind, looks_up="on", takes_key="on"))
    assert answer.status_code == 302, errors_of(answer)
    gateway = Gateway.objects.get()
    knows = {"webhook": (True, True), "aliyun": (True, False)}.get(kind, (False, False))
    assert (gateway.looks_up, gateway.takes_key) == knows, "what is known of a kind is not left to a tick"
    assert back_end(gateway)
    page = own.get(f"/admin/outbox/gateway/{gateway.pk}/change/").content.decode()
    assert "hush" not in page
    assert "2e8b5f0a" not in page


def test_every_kind_has_its_back_end_and_its_fields() -> None:
    assert set(KINDS) == set(GatewayKind.values)
    kinds = {"aliyun": Aliyun, "tencent": Tencent, "apprise": Apprise}
    for kind, back in kinds.items():
        assert isinstance(back_end(Gateway(kind=kind)), back)
    assert back_end(Gateway(kind="aliyun")).address == "https://dysmsapi.aliyuncs.com"  # type: ignore[attr-defined]
    assert back_end(Gateway(kind="tencent")).region == "ap-guangzhou"  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("kind", "changes", "field"),
    [
        ("webhook", {"secret": ""}, "secret"),
        ("webhook", {"address": ""}, "address"),
        ("webhook", {"address": "https://gateway.example/?key=1"}, "address"),
        ("smtp", {"address": "mail.example"}, "address"),
        ("smtp", {"channel": "sms"}, "channel"),
        ("aliyun", {"account": ""}, "account"),
        ("aliyun", {"secret": ""}, "secret"),
        ("aliyun", {"sender": " "}, "sender"),
        ("aliyun", {"sender": "【首问】"}, "sender"),
        ("aliyun", {"account": "LTAI 中"}, "account"),
        ("aliyun", {"address": "http://dysmsapi.aliyuncs.com"}, "address"),
        ("aliyun", {"address": "https://dysmsapi.aliyuncs.com/path"}, "address"),
        ("aliyun", {"address": "dysmsapi.aliyuncs.com"}, "address"),
        ("aliyun", {"address": "https://[::1"}, "address"),
        ("aliyun", {"region": "cn hangzhou"}, "region"),
        ("aliyun", {"channel": "email"}, "channel"),
        ("tencent", {"application": ""}, "application"),
        ("tencent", {"application": "app-1"}, "application"),
        ("tencent", {"channel": "alarm"}, "channel"),
        ("apprise", {"secret": ""}, "secret"),
        ("apprise", {"secret": "mailto://me:hush@example.com"}, "secret"),
        ("apprise", {"secret": "file:///etc/passwd"}, "secret"),
        ("apprise", {"secret": "exec://rm"}, "secret"),
        ("apprise", {"secret": "https://example.com/hook"}, "secret"),
        ("apprise", {"secret": "wecombot://abc?verify=no"}, "secret"),
        ("apprise", {"secret": "wecombot://abc lark://"}, "secret"),
        ("apprise", {"channel": "sms"}, "channel"),
    ],
)
def test_what_is_wrong_is_said_at_the_field(
    shop: SimpleNamespace, sign_in: Enter, kind: str, changes: dict[str, str], field: str
) -> None:
    answer = add(sign_in(shop.administrator), form_of(shop, kind, **changes))
    assert list(errors_of(answer)) == [field]
    assert "hush" not in "".join(errors_of(answer)[field]), "no secret in a sentence"
    assert not Gateway.objects.exists()


@pytest.mark.parametrize(
    "secret",
    [
        "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=2e8b5f0a-1111-2222-3333-444455556666",
        "https://oapi.dingtalk.com/robot/send?access_token=abcdef0123456789",
        "https://open.feishu.cn/open-apis/bot/v2/hook/2e8b5f0a-1111-2222-3333-444455556666",
        "dingtalk://SECabcdef@abcdef0123456789/ feishu://2e8b5f0a-1111-2222-3333-444455556666",
    ],
)
def test_a_robot_s_address_is_taken_as_its_maker_shows_it(
    shop: SimpleNamespace, sign_in: Enter, secret: str
) -> None:
    assert add(sign_in(shop.administrator), form_of(shop, "apprise", secret=secret)).status_code == 302


def test_bad_bytes_are_no_disaster(shop: SimpleNamespace, sign_in: Enter) -> None:
    own = sign_in(shop.administrator)
    for kind in GatewayKind.values:
        for wrong in ("\x00", "x" * 100_000, "\u202e", "'\"<script>"):
            fields = form_of(
                shop, kind, address=wrong, sender=wrong, account=wrong, region=wrong, secret=wrong
            )
            assert add(own, fields).status_code in {200, 302}
            Gateway.objects.all().delete()


def test_both_secrets_stay_when_left_empty_and_are_never_shown(
    shop: SimpleNamespace, sign_in: Enter, recorder: Recorder
) -> None:
    gateway = make_gateway(shop.branch, recorder, secret="hush-1", callback_secret="hush-2")
    own = sign_in(shop.administrator)
    address = f"/admin/outbox/gateway/{gateway.pk}/change/"
    assert "hush" not in own.get(address).content.decode()
    fields = form_of(shop, "webhook", address="https://gateway.example/2", secret="", callback_secret="")
    assert own.post(address, fields).status_code == 302
    gateway.refresh_from_db()
    assert (gateway.address, gateway.secret, gateway.callback_secret) == (
        "https://gateway.example/2", "hush-1", "hush-2",
    )  # fmt: skip


def test_main_rule_a_gateway_stays_what_it_is_while_something_may_have_gone_out(
    shop: SimpleNamespace, sign_in: Enter, purpose: Told, recorder: Recorder
) -> None:
    """Its look-up would ask somebody else, hear “never seen”, and the message would go out twice."""
    gateway = make_gateway(shop.branch, recorder)
    left = leave_behind(make_message(shop.branch))
    own, address = sign_in(shop.administrator), f"/admin/outbox/gateway/{gateway.pk}/change/"
    moved = form_of(shop, "webhook", address="https://elsewhere.example/", secret="")
    assert list(errors_of(own.post(address, moved))) == ["address"]
    assert (
        own.post(address, form_of(shop, "webhook", address=gateway.address, secret="new")).status_code == 302
    )
    left.outcome = "accepted"
    left.save()
    assert own.post(address, moved).status_code == 302


@pytest.mark.parametrize("kind", GatewayKind.values)
def test_another_kind_is_another_gateway(
    shop: SimpleNamespace, sign_in: Enter, recorder: Recorder, kind: str
) -> None:
    gateway = make_gateway(shop.branch, recorder)
    own, address = sign_in(shop.administrator), f"/admin/outbox/gateway/{gateway.pk}/change/"
    own.post(address, form_of(shop, kind))
    gateway.refresh_from_db()
    assert gateway.kind == "webhook"


@pytest.mark.parametrize("kind", GatewayKind.values)
def test_every_field_can_be_emptied_again_without_a_disaster(
    shop: SimpleNamespace, sign_in: Enter, kind: str
) -> None:
    own = sign_in(shop.administrator)
    add(own, form_of(shop, kind))
    address = f"/admin/outbox/gateway/{Gateway.objects.get().pk}/change/"
    assert own.post(address, {}).status_code == 200
    fields = form_of(shop, kind)
    for name in [*KINDS[kind].fields, "channel"]:
        for value in ("", "x", "http://[", "alarm"):
            assert own.post(address, {**fields, name: value}).status_code in {200, 302}


# --- Receipts, health ---------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["aliyun", "tencent"])
def test_a_provider_s_address_for_receipts_is_there_to_be_copied(
    shop: SimpleNamespace, sign_in: Enter, settings: Any, kind: str
) -> None:
    own = sign_in(shop.administrator)
    add(own, form_of(shop, kind))
    gateway = Gateway.objects.get()
    assert len(gateway.callback_secret) > 30, "made by itself: nobody else needs to know it"
    page = own.get(f"/admin/outbox/gateway/{gateway.pk}/change/").content.decode()
    address = f"/delivery-receipts/{gateway.pk}/{token_of(gateway)}/"
    assert f"{settings.PUBLIC_URL}{address}" in page
    assert gateway.callback_secret not in page
    assert own.post(address, [], content_type="application/json").status_code == 200


def test_a_webhook_reports_once_its_secret_is_set(
    shop: SimpleNamespace, sign_in: Enter, recorder: Recorder
) -> None:
    gateway = make_gateway(shop.branch, recorder)
    own, address = sign_in(shop.administrator), f"/admin/outbox/gateway/{gateway.pk}/change/"
    assert f"/delivery-receipts/{gateway.pk}/" not in own.get(address).content.decode()
    Gateway.objects.update(callback_secret="hush")
    assert f"/delivery-receipts/{gateway.pk}/</code>" in own.get(address).content.decode()


@pytest.mark.parametrize(
    ("health", "words"),
    [
        (None, "never used"),
        ({"last_success_at": 0}, "well"),
        ({"failures": 3, "last_failure_at": 0}, "failed 3 times in a row"),
        ({"failures": 5, "last_failure_at": 0, "rests_until": 5}, "rests until"),
    ],
)
def test_how_a_gateway_is_doing_can_be_read_and_not_changed(
    shop: SimpleNamespace, sign_in: Enter, recorder: Recorder, health: dict[str, int] | None, words: str
) -> None:
    gateway, now = make_gateway(shop.branch, recorder), timezone.now()
    if health is not None:
        times = {
            name: value if name == "failures" else now + timedelta(minutes=value)
            for name, value in health.items()
        }
        GatewayHealth.objects.create(gateway=gateway, trouble="HTTP 503", **times)
    own = sign_in(shop.administrator)
    own.cookies["django_language"] = "en"
    assert words in own.get("/admin/outbox/gateway/").content.decode()
    page = own.get(f"/admin/outbox/gateway/{gateway.pk}/change/").content.decode()
    assert words in page
    assert 'name="failures"' not in page


# --- A test message -----------------------------------------------------------------------------


@pytest.fixture
def tested(shop: SimpleNamespace, recorder: Recorder) -> SimpleNamespace:
    gateway = make_gateway(shop.branch, recorder)
    return SimpleNamespace(gateway=gateway, address=f"/admin/outbox/gateway/{gateway.pk}/test/")


def press(own: Client, address: str, to: str = "138 0013 8000") -> Any:
    page = own.get(address)
    assert page.status_code == 200
    return own.post(address, {"to": to, "press": page.context["form"].initial["press"]})


def test_a_test_message_goes_out_and_shows_its_state(
    shop: SimpleNamespace, sign_in: Enter, tested: SimpleNamespace, recorder: Recorder
) -> None:
    own = sign_in(shop.administrator)
    assert press(own, tested.address).status_code == 302
    message = Message.objects.get()
    assert (message.recipient, message.by, message.basis) == ("+8613800138000", shop.administrator, "staff")
    assert message.about_customer is None
    assert deliver() == 1
    (arrival,) = recorder.arrivals
    assert "测试" in arrival["text"]
    page = own.get(tested.address).content.decode()
    assert "+8613800138000" in page
    assert str(Message.objects.get().get_state_display()) in page


def test_pressing_twice_sends_one(shop: SimpleNamespace, sign_in: Enter, tested: SimpleNamespace) -> None:
    own = sign_in(shop.administrator)
    fields = {"to": "13800138000", "press": "the same"}
    for _ in range(2):
        assert own.post(tested.address, fields).status_code == 302
    assert Message.objects.count() == 1
    assert press(own, tested.address).status_code == 302
    assert Message.objects.count() == 2


@pytest.mark.parametrize(
    "to", ["", "12", "li.na@example.com", "abc", "1" * 61, "\x00", "+86 138 0013 8000 0000 0"]
)
def test_a_wrong_number_is_said_at_the_field(
    shop: SimpleNamespace, sign_in: Enter, tested: SimpleNamespace, to: str
) -> None:
    answer = press(sign_in(shop.administrator), tested.address, to)
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, ["to"])
    assert not Message.objects.exists()


def test_by_e_mail_and_to_a_group_chat(shop: SimpleNamespace, sign_in: Enter, recorder: Recorder) -> None:
    own = sign_in(shop.administrator)
    letters = make_gateway(shop.branch, recorder, channel="email")
    chat = make_gateway(shop.branch, recorder, channel="alarm")
    assert press(own, f"/admin/outbox/gateway/{letters.pk}/test/", "nobody").status_code == 422
    assert press(own, f"/admin/outbox/gateway/{letters.pk}/test/", "me@example.com").status_code == 302
    assert press(own, f"/admin/outbox/gateway/{chat.pk}/test/", "").status_code == 302
    deliver()
    assert {message.state for message in Message.objects.all()} == {"sent"}
    assert sorted(arrival["recipient"] for arrival in recorder.arrivals) == ["me@example.com", "staff"]


def test_what_is_switched_off_sends_nothing(
    shop: SimpleNamespace, sign_in: Enter, tested: SimpleNamespace
) -> None:
    Gateway.objects.update(is_active=False)
    answer = press(sign_in(shop.administrator), tested.address)
    assert (answer.status_code, answer.context["form"].non_field_errors()) != (302, [])
    assert not Message.objects.exists()


def test_an_address_that_wants_no_messages_gets_none(
    shop: SimpleNamespace, sign_in: Enter, tested: SimpleNamespace
) -> None:
    suppress(branch=shop.branch, channel="sms", address="+8613800138000", now=timezone.now())
    assert press(sign_in(shop.administrator), tested.address).status_code == 302
    assert not Message.objects.exists()


def test_a_provider_of_approved_texts_asks_for_a_template_first(
    shop: SimpleNamespace, sign_in: Enter, tested: SimpleNamespace
) -> None:
    Gateway.objects.update(kind="aliyun", address="http://127.0.0.1:1")
    own = sign_in(shop.administrator)
    assert "/admin/outbox/messagetemplate/add/" in own.get(tested.address).content.decode()
    press(own, tested.address)
    deliver()
    message = Message.objects.get()
    assert (message.state, "no number" in message.trouble) == ("failed", True)
    assert message.trouble in own.get(tested.address).content.decode()
    make_template(purpose=testing.PURPOSE, language="zh-hans", body="{branch}", code="SMS_1")
    press(own, tested.address)
    deliver()
    assert Message.objects.order_by("-id")[0].template_code == "SMS_1"


def test_what_has_no_number_at_the_provider_is_named(
    shop: SimpleNamespace, sign_in: Enter, tested: SimpleNamespace
) -> None:
    own, address = sign_in(shop.administrator), f"/admin/outbox/gateway/{tested.gateway.pk}/change/"
    own.cookies["django_language"] = "en"
    assert "messages without a number" not in own.get(address).content.decode().lower()
    Gateway.objects.update(kind="tencent")
    assert "Test message ·" in own.get(address).content.decode()
    make_template(purpose=testing.PURPOSE, language="zh-hans", body="{branch}", code="1")
    assert "Test message ·" not in own.get(address).content.decode()


@pytest.mark.parametrize("role", ["owner", "artist", "head", "cashier", "manager"])
def test_only_who_configures_may_test(
    shop: SimpleNamespace, sign_in: Enter, tested: SimpleNamespace, role: str
) -> None:
    own = sign_in(getattr(shop, role))
    assert own.get(tested.address).status_code in {302, 403}
    assert own.post(tested.address, {"to": "13800138000", "press": "1"}).status_code in {302, 403}
    assert not Message.objects.exists()


def test_the_neighbour_branch_s_gateway_is_not_there(
    shop: SimpleNamespace, sign_in: Enter, recorder: Recorder
) -> None:
    there = make_gateway(shop.other_branch, recorder)
    own = sign_in(shop.administrator)
    assert own.get(f"/admin/outbox/gateway/{there.pk}/test/").status_code == 404
    assert (
        own.post(f"/admin/outbox/gateway/{there.pk}/test/", {"to": "13800138000", "press": "1"}).status_code
        == 404
    )


def test_a_gateway_with_a_fault_can_t_be_saved_past_the_form(shop: SimpleNamespace) -> None:
    with pytest.raises(ValidationError, match="approved"):
        Gateway(
            branch=shop.branch, channel="sms", kind="aliyun", account="a", secret="b", **NAMES
        ).full_clean()
