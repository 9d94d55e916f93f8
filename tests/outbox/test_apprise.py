"""Alarms to colleagues by apprise: in a process of its own, ended in time, with nothing of ours in it."""

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest

from studio.outbox.delivery import deliver
from studio.outbox.gateways import Envelope, Inquiry, Known, Result, Trouble
from studio.outbox.gateways import apprise as alarms
from studio.outbox.gateways.apprise import Apprise, addresses_of, fault_of, faults
from tests.outbox.cloud import Cloud, Saying, cloud_running
from tests.outbox.conftest import make_gateway, make_template
from tests.outbox.recorder import dead_port

ENVELOPE = Envelope(
    key="7f1c1f0e-8f5c-4a6e-9d8b-0a4b5c6d7e8f",
    channel="alarm",
    recipient="staff",
    subject="首问：请看一下",
    text="催叫停了：从 14:02 起。\n{weird} & <b>text</b> \\n",
)


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    with cloud_running() as cloud:
        cloud.says = lambda asked: Saying(said={"errcode": 0})
        yield cloud


def chat(cloud: Cloud, below: str = "") -> str:
    return cloud.address.replace("http:", "json:") + f"/hook{below}"


def test_the_alarm_arrives_as_it_is(cloud: Cloud) -> None:
    answer = Apprise(chat(cloud), 30).send(ENVELOPE)
    assert (answer.result, answer.trouble) == (Result.ACCEPTED, None)
    (asked,) = cloud.asked
    assert asked.path.rstrip("/") == "/hook"
    assert (asked.json["title"], asked.json["message"]) == (ENVELOPE.subject, ENVELOPE.text)


def test_several_chats_each_get_it(cloud: Cloud) -> None:
    answer = Apprise(f"{chat(cloud, '1')}\n  {chat(cloud, '2')}", 30).send(ENVELOPE)
    assert answer.result is Result.ACCEPTED
    assert sorted(asked.path.rstrip("/") for asked in cloud.asked) == ["/hook1", "/hook2"]


@pytest.mark.parametrize("status", [400, 403, 500])
def test_a_no_may_have_been_said_by_one_of_several(cloud: Cloud, status: int) -> None:
    cloud.says = lambda asked: Saying(status if "2" in asked.path else 200, {})
    answer = Apprise(f"{chat(cloud, '1')} {chat(cloud, '2')}", 30).send(ENVELOPE)
    assert (answer.result, answer.trouble) == (Result.UNCLEAR, Trouble.DOWN)


def test_nobody_there() -> None:
    answer = Apprise(f"json://127.0.0.1:{dead_port()}/", 30).send(ENVELOPE)
    assert answer.result is Result.UNCLEAR
    assert "127.0.0.1" not in answer.detail, "an address is a secret"


@pytest.mark.parametrize("does", ["hang", "drip"])
def test_it_is_ended_when_its_time_is_over(cloud: Cloud, does: str) -> None:
    cloud.says = lambda asked: Saying(does=does)
    began = time.monotonic()
    answer = Apprise(chat(cloud), 2.5).send(ENVELOPE)
    assert (answer.result, answer.gateway_is_down) == (Result.UNCLEAR, True)
    assert time.monotonic() - began < 15


def test_a_child_that_can_t_be_started_has_sent_nothing(
    monkeypatch: pytest.MonkeyPatch, cloud: Cloud
) -> None:
    monkeypatch.setattr("sys.executable", "/no/such/python")
    assert Apprise(chat(cloud), 5).send(ENVELOPE).result is Result.NOT_REACHED


def test_a_child_that_breaks_says_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, cloud: Cloud
) -> None:
    broken = tmp_path / "broken.py"
    broken.write_text("print('[]')")
    monkeypatch.setattr(alarms, "CHILD", broken)
    assert Apprise(chat(cloud), 5).send(ENVELOPE).result is Result.UNCLEAR
    assert faults("wecombot://abc", 5) == {}, "and nothing is held against anybody"


def test_no_proxy_and_nothing_else_of_the_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, cloud: Cloud
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{dead_port()}")
    assert Apprise(chat(cloud), 30).send(ENVELOPE).result is Result.ACCEPTED
    nosy = tmp_path / "nosy.py"
    nosy.write_text(
        "import json, os, sys; json.dump({'environment': dict(os.environ), 'arguments': sys.argv}, sys.stdout)"
    )
    monkeypatch.setattr(alarms, "CHILD", nosy)
    monkeypatch.setenv("SECRET_KEY", "ours")
    said = alarms.ask({"addresses": ["wecombot://abc"]}, 30)
    assert "ours" not in json.dumps(said)
    assert not {name for name in said["environment"] if name.startswith(("DATABASE", "REDIS", "STUDIO"))}
    assert said["arguments"] == [str(nosy)], "no list of processes shows an address"


@pytest.mark.parametrize(
    "secret", ["", "  ", "http://[", "mailto://a:b@c.de", "file:///etc/passwd", "json://x exec://y", "x"]
)
def test_what_may_not_be_used_is_refused_before_anything_is_started(
    monkeypatch: pytest.MonkeyPatch, secret: str
) -> None:
    monkeypatch.setattr("sys.executable", "/no/such/python")
    answer = Apprise(secret, 5).send(ENVELOPE)
    assert (answer.result, answer.trouble) == (Result.REFUSED, Trouble.NOT_LET_IN)


def test_an_address_that_nobody_understands_is_refused(cloud: Cloud) -> None:
    answer = Apprise(f"{chat(cloud)} lark://", 30).send(ENVELOPE)
    assert (answer.result, cloud.asked) == (Result.REFUSED, [])


@pytest.mark.parametrize(
    ("shown", "used"),
    [
        ("https://oapi.dingtalk.com/robot/send?access_token=abc", "dingtalk://abc/"),
        ("https://open.feishu.cn/open-apis/bot/v2/hook/1-2/", "feishu://1-2/"),
        ("wecombot://abc", "wecombot://abc"),
    ],
)
def test_a_robot_s_web_address_is_understood(shown: str, used: str) -> None:
    assert addresses_of(shown) == [used]
    assert fault_of(used) == ""


@pytest.mark.parametrize(
    ("secret", "found"),
    [
        ("wecombot://2e8b5f0a-1111", {}),
        ("https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=2e8b5f0a-1111", {}),
        ("https://qyapi.weixin.qq.com.evil.example/cgi-bin/webhook/send?key=1", {1: "scheme"}),
        ("https://oapi.dingtalk.com/robot/send", {1: "unknown"}),
        ("json://127.0.0.1/ wecombot://a?verify=no", {2: "unsafe"}),
        ("WECOMBOT://abc", {}),
        ("mailtos://a:b@c.de", {1: "scheme"}),
        ("//evil", {1: "scheme"}),
    ],
)
def test_what_is_wrong_with_an_address(secret: str, found: dict[int, str]) -> None:
    assert faults(secret, 30) == found


def test_it_never_tells(cloud: Cloud) -> None:
    now = datetime.now(UTC)
    assert Apprise(chat(cloud), 5).look_up(Inquiry("key", "staff", now)).known is Known.CANNOT


def test_through_the_outbox(outbox: SimpleNamespace, cloud: Cloud) -> None:
    make_gateway(
        outbox.branch, outbox.recorder, channel="alarm", kind="apprise", secret=chat(cloud), looks_up=False
    )
    make_template(channel="alarm", language="en", subject="{name}", body="{name}!")
    message = outbox.message(channel="alarm", language="en", recipient="staff")
    deliver()
    message.refresh_from_db()
    assert (message.state, message.reference) == ("sent", "jsons")
    assert cloud.asked[0].json["message"] == "张伟!"
