"""The customer's phone of the demo: every message as received, links alive, and nothing else alive."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django.asserts import assertContains, assertNotContains, assertNumQueries

from studio.demo.models import ReceivedMessage
from studio.demo.phone import linked, masked
from tests.factories import BranchFactory, CustomerFactory

pytestmark = pytest.mark.django_db
NUMBER = "+8613800138000"


def receive(**changes: Any) -> ReceivedMessage:
    values = {"key": "k1", "channel": "sms", "recipient": NUMBER, "body": "您好"}
    return ReceivedMessage.objects.create(**values | changes)


def phone(**query: str) -> Any:
    return Client(HTTP_ACCEPT_LANGUAGE="en").get(reverse("demo:phone"), query)


def test_phone_is_empty_before_the_first_message() -> None:
    assertContains(phone(), "No message yet")


def test_phone_shows_a_conversation_without_signing_in() -> None:
    receive(body="第一条")
    receive(key="k2", body="第二条", received_at=timezone.now() + timedelta(minutes=1))
    receive(
        key="k3", body="别人的", recipient="+8613900139000", received_at=timezone.now() - timedelta(days=1)
    )
    page = phone(to=NUMBER)
    text = page.content.decode()
    assert text.index("第一条") < text.index("第二条"), "the oldest first, as on a phone"
    assertNotContains(page, "别人的")
    assertContains(phone(to="+8613900139000"), "别人的")


def test_phone_opens_with_who_got_the_last_message() -> None:
    receive(received_at=timezone.now() - timedelta(hours=1))
    receive(key="k2", recipient="li.na@example.com", channel="email", subject="拍摄提醒", body="最后一条")
    page = phone()
    assertContains(page, "最后一条")
    assertContains(page, "拍摄提醒")


def test_phone_masks_names_and_numbers_in_the_list() -> None:
    customer = CustomerFactory(branch=BranchFactory(), name="张伟 & 李娜", phone=NUMBER)
    receive()
    receive(key="k2", recipient="li.na@example.com", received_at=timezone.now() + timedelta(minutes=1))
    page = phone()
    assertContains(page, "张* &amp; 李*")
    assertNotContains(page, customer.name.split()[0])
    assertContains(page, "138 **** 8000")
    assertContains(page, "l***@example.com")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("张伟 & 李娜", "张* & 李*"),
        ("欧阳修文一家", "欧**"),
        ("", ""),
        ("李", "李"),
        ("华星公司·王总", "华**·王*"),
    ],
)
def test_names_are_masked(name: str, expected: str) -> None:
    assert masked(name) == expected


def test_links_of_the_shop_are_alive_and_everything_else_is_text(settings: Any) -> None:
    settings.PUBLIC_URL = "http://127.0.0.1:8000"
    link = "http://127.0.0.1:8000/c/AbC-_9/"
    assert linked(f"请点 {link}。谢谢") == f'请点 <a href="{link}">{link}</a>。谢谢'
    assert linked(f"({link}).") == f'(<a href="{link}">{link}</a>).'
    for other in (
        "http://127.0.0.1:8000.evil.example/c/x",
        "http://127.0.0.1:80001/c/x",
        "https://evil.example/http:",
        "javascript:alert(1)",
    ):
        assert "<a" not in linked(other)


def test_scripts_in_a_message_are_text(settings: Any) -> None:
    settings.PUBLIC_URL = "http://testserver"
    receive(
        body='<script>alert(1)</script> http://testserver/c/x"onclick="alert(1)',
        subject="<b>bold</b>",
        recipient="<i>@example.com",
    )
    page = phone()
    assertNotContains(page, "<script>alert")
    assertNotContains(page, "<b>bold")
    assertNotContains(page, "<i>@")
    assertContains(page, '<a href="http://testserver/c/x">http://testserver/c/x</a>&quot;onclick')


def test_phone_says_when_a_message_arrived_twice() -> None:
    receive(times=2)
    assertContains(phone(), "arrived more than once")


@pytest.mark.parametrize("asked", ["nobody", "\x00", "%", "' OR 1=1 --", "x" * 5000, "+86138 0013 8000"])
def test_phone_takes_any_address(asked: str) -> None:
    receive(body="秘密")
    page = phone(to=asked)
    assert page.status_code in (200, 400)
    assertNotContains(page, "秘密", status_code=page.status_code) if asked != "\x00" else None


def test_phone_refreshes_itself_and_keeps_to_the_conversation() -> None:
    receive()
    page = phone(to=NUMBER)
    assertContains(page, 'hx-get="/demo/phone/?to=%2B8613800138000"')
    part = Client(HTTP_HX_REQUEST="true").get(reverse("demo:phone"), {"to": NUMBER})
    assert part.content.decode().startswith("<section")


def test_phone_asks_a_fixed_number_of_questions() -> None:
    for number in range(5):
        receive(key=f"a{number}", recipient=f"+861380013800{number}")
    with assertNumQueries(3):
        phone(to="+8613800138001")
    for number in range(5, 9):
        receive(key=f"a{number}", recipient=f"+861380013800{number}")
    with assertNumQueries(3):
        phone(to="+8613800138001")
