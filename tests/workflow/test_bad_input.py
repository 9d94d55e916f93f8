"""Whatever is typed, sent by hand or put into an address: a sentence or “not found”, never an error of ours."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
import time_machine

from tests.outbox.conftest import make_gateway
from tests.workflow.behind import path_of, shoot_of
from tests.workflow.calling import Desk
from tests.workflow.writing import write
from workflow.models import CallTask

HOUR = timedelta(hours=1)
LONG = "9" * 100_000
VALUES = [
    "a\x00b", LONG, "-1", "²", str(10**30), "9999-12-31T23:59", "0001-01-01", "<script>alert(1)</script>",
]  # fmt: skip
FIELDS = (
    "answer", "digits", "times", "order", "wish", "from", "language", "order_ways", "news_ways", "sms", "email",
    "phone", "contact", "from_time", "until_time", "written_way", "note", "way", "scope", "allowed", "source",
    "outcome", "version", "again_at", "remember", "starts_at", "price", "number", "call", "to", "filters", "kind",
    "who", "late", "all", "message", "sure", "show", "state", "purpose", "channel", "page", "appointment", "day",
    "time", "package", "find", "until", "open", "sounds", "over", "said", "on", "whose_1",
)  # fmt: skip


@pytest.fixture(autouse=True)
def clock(now):
    with time_machine.travel(now, tick=False) as traveller:
        yield traveller


def bad(value, **more):
    return dict.fromkeys(FIELDS, value) | more


@pytest.fixture
def house(shop, now):
    """A shoot with its link, a call, a message that failed, a gateway that reports."""
    shoot = shoot_of(shop, now)
    desk = Desk(shop, now)
    call = desk.call(appointment=shoot)
    gateway = make_gateway(
        shop.branch, SimpleNamespace(address="http://127.0.0.1:9/", secret="s"), callback_secret="c"
    )
    message = write(desk, now, appointment=shoot)
    return SimpleNamespace(link=path_of(shoot, now), call=call, message=message, gateway=gateway, shoot=shoot)


def fine(answer):
    assert answer.status_code < 500
    return answer.status_code


@pytest.mark.parametrize("value", VALUES, ids=lambda value: ascii(value)[:20])
def test_the_customers_pages_take_anything(client, house, value):
    for place in ("", "times/", "digits/", "reach/", "stop/", "calendar.ics"):
        fine(client.get(house.link + place, bad(value[:80])))
        fine(client.post(house.link + place, bad(value)))
    fine(client.get(house.link + "times/", {"from": value[:80].encode("utf-8", "replace")}))


@pytest.mark.parametrize("value", VALUES, ids=lambda value: ascii(value)[:20])
def test_after_the_digits_too(client, house, value):
    number = house.shoot.customer.contact_points.get(kind="phone").value
    client.post(house.link + "digits/", {"digits": number[-4:]})
    for answer in ("another_time", "confirm"):
        fine(client.post(house.link, bad(value, answer=answer)))
    for language in ("en", value):
        fine(client.post(house.link + "reach/", bad(value, language=language[:500])))
        fine(client.post(house.link + "reach/", bad(value, written_way="sms", language="en", note="")))


@pytest.mark.parametrize("value", VALUES, ids=lambda value: ascii(value)[:20])
def test_calls_messages_bell_and_the_file_take_anything(shop, sign_in, house, value):
    client, call, message = sign_in(shop.manager), house.call, house.message
    customer = house.shoot.customer
    places = [
        "/calls/", "/calls/giving/", "/messages/", "/messages/resendings/", "/messages/calls/",
        "/messages/preview/", "/bell/", "/bell/part/", "/bell/sight/", "/bell/sound/", call.get_absolute_url(),
        *(f"/calls/{call.pk}/{part}/" for part in ("line", "outcome", "agreement", "wish", "number", "line/end")),
        *(f"/messages/{message.pk}/{part}" for part in ("", "resending/", "call/")),
        *(f"/customers/{customer.pk}/{part}/" for part in ("consents", "contact-wishes", "messages")),
    ]  # fmt: skip
    for place in places:
        if place.count("/") == 2 or "preview" in place:
            fine(client.get(place, bad(value[:80])))
        fine(client.post(place, bad(value)))
    for outcome in ("later", "another_time", "wrong_number", "no_answer", "confirmed"):
        fine(client.post(f"/calls/{call.pk}/outcome/", bad(value, outcome=outcome, version="1")))
    for day in ("2026-05-20", value[:80]):
        fine(client.get("/messages/preview/", {"kind": "shoot", "day": day, "time": value[:80]}))


@pytest.mark.parametrize("number", [0, 2**31, 2**63, 10**30])
def test_numbers_of_nothing_are_not_found(shop, sign_in, house, number):
    client = sign_in(shop.manager)
    for place in ("calls", "messages", "bell", "customers"):
        assert fine(client.get(f"/{place}/{number}/")) in (404, 405)
    for place in (
        f"/calls/{number}/outcome/",
        f"/messages/{number}/resending/",
        f"/messages/{number}/call/",
        f"/bell/{number}/sight/",
    ):
        assert fine(client.post(place)) == 404
    reports = client.post(f"/delivery-receipts/{number}/", b"{}", "application/json")
    assert reports.status_code in (403, 404)


@pytest.mark.parametrize("address", ["http://[", "http://a:b:c/", "\udcff", "//", "x" * 5000, "%00"])
def test_the_bell_is_asked_for_from_any_address(shop, sign_in, address):
    client = sign_in(shop.manager)
    headers = {
        "HTTP_HX_REQUEST": "true",
        "HTTP_HX_CURRENT_URL": address.encode("utf-8", "replace").decode("latin-1"),
    }
    assert client.get("/bell/part/", **headers).status_code == 200


def test_get_changes_nothing_where_a_press_is_meant(shop, sign_in, house):
    client = sign_in(shop.manager)
    for place in (
        f"/calls/{house.call.pk}/outcome/", f"/calls/{house.call.pk}/line/", "/calls/giving/",
        f"/messages/{house.message.pk}/resending/", f"/messages/{house.message.pk}/call/", "/bell/sight/",
        house.link + "stop/", house.link + "digits/", house.link + "reach/",
    ):  # fmt: skip
        assert client.get(place).status_code == 405
    assert CallTask.objects.get().state == "open"
