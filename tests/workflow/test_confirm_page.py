"""R3.2, R9.9: the customer's page. A minute on a phone, no sign-in, nothing that others should not see."""

import logging
from datetime import date, timedelta
from decimal import Decimal

import pytest
import time_machine
from django.test import Client

from bookings import schedule
from bookings.models import Appointment
from customers.models import Taboo
from studio.foundation.public_links import without_links
from tests.workflow.calling import Desk
from workflow import links
from workflow.models import CallTask

DAY, HOUR = timedelta(days=1), timedelta(hours=1)


@pytest.fixture(autouse=True)
def clock(now):
    with time_machine.travel(now, tick=False):
        yield


@pytest.fixture
def desk(shop, now):
    return Desk(shop, now)


@pytest.fixture
def shoot(desk, now):
    return desk.shoot(desk.order(starts_at=now + DAY, customer=desk.customer(language="en")))


@pytest.fixture
def url(shoot, now):
    link = links.link_for(shoot, now)
    return link[link.index("/c/") :]


@pytest.fixture
def phone():
    """The customer's phone: signed in nowhere, and with the protection against forged forms switched on."""
    return Client(enforce_csrf_checks=True)


def text(response):
    return response.content.decode()


def press(phone, url, answer, **data):
    token = phone.get(url).context["csrf_token"]
    return phone.post(url, {"answer": answer, "csrfmiddlewaretoken": str(token), **data})


def confirmation(shoot):
    shoot.refresh_from_db()
    return shoot.confirmation


# --- What it says ---------------------------------------------------------------------------
def test_r3_2_r3_4_when_where_and_how_to_prepare(shop, phone, url):
    page = text(phone.get(url))
    for words in ("Wei and Na", "Sunday 17 May", "12:00", "Bund", shop.branch.way_and_parking, "haircut"):
        assert words in page


def test_in_the_customers_language_with_the_lunar_date_and_a_switch(phone, shoot, url):
    shoot.customer.language = "zh-hans"
    shoot.customer.save()
    page = phone.get(url)
    assert page.headers["Content-Language"] == "zh-hans"
    assert "5月17日星期日" in text(page)
    assert "下午12:00" in text(page)
    assert "四月" in text(page) or "month 四" in text(page)
    phone.cookies["django_language"] = "zh-hant"
    assert "5月17日 星期日" in text(phone.get(url))


def test_the_time_is_the_branchs_not_the_machines(shop, desk, phone, now):
    shop.branch.time_zone = "America/New_York"
    shop.branch.save()
    shoot = desk.appointment(now + DAY, customer=desk.customer(language="en"))
    link = links.link_for(shoot, now)
    assert "00:00" in text(phone.get(link[link.index("/c/") :]))


def test_r9_9_nothing_of_money_taboos_care_or_surnames(desk, phone, shoot, url):
    customer = shoot.customer
    customer.special_care = "SPECIAL-CARE"
    customer.wedding_day = date(2026, 10, 1)
    customer.save()
    Taboo.objects.create(customer=customer, text="TABOO-TEXT")
    shoot.booking.price_lines.create(label={"en": "EXTRA-LINE"}, amount=Decimal("777.00"))
    phone_number = customer.contact_points.get().value
    page = text(phone.get(url))
    for secret in (
        "SPECIAL-CARE",
        "TABOO-TEXT",
        "EXTRA-LINE",
        "777",
        "5,999",
        "5999",
        "1000",
        "Zhang",
        "张伟",
    ):
        assert secret not in page, secret
    assert phone_number not in page
    assert shoot.booking.number not in page
    assert "陈晓静" not in page


# --- Confirming -----------------------------------------------------------------------------
def test_r3_2_get_and_head_change_nothing(phone, shoot, url):
    before = Appointment.objects.values().get(pk=shoot.pk)
    for _preview in range(3):
        phone.get(url)
        assert phone.head(url).status_code == 200
        phone.get(url + "?answer=confirm")
    assert Appointment.objects.values().get(pk=shoot.pk) == before


def test_r3_2_one_press_confirms_moves_the_order_on_and_keeps_the_care_call(desk, phone, shoot, url):
    call = desk.call(appointment=shoot)
    response = press(phone, url, "confirm")
    assert (response.status_code, response.url) == (302, url)
    assert confirmation(shoot) == "confirmed"
    shoot.booking.work_order.refresh_from_db()
    assert shoot.booking.work_order.stage == "shoot"
    call.refresh_from_db()
    assert call.state == "open"
    page = text(phone.get(url))
    assert "it is noted" in page
    assert 'value="confirm"' not in page
    assert f"{url}times/" in page


def test_a_repeat_is_harmless(phone, shoot, url):
    press(phone, url, "confirm")
    assert press(phone, url, "confirm").status_code == 302
    assert confirmation(shoot) == "confirmed"


def test_r3_2_another_time_in_their_own_words(phone, shoot, url):
    press(phone, url, "another_time", wish="the Saturday after")
    assert confirmation(shoot) == "another_time"
    assert CallTask.objects.open().get().kind == "another_time"
    page = text(phone.get(url))
    assert "We have read what you wrote." in page
    assert "the Saturday after" not in page  # a link may be forwarded: only for who types the digits
    assert "call you soon" in page
    press(phone, url, "confirm")
    assert confirmation(shoot) == "confirmed"


def test_another_time_without_words_is_understood_too(phone, shoot, url):
    press(phone, url, "another_time")
    assert confirmation(shoot) == "another_time"


@pytest.mark.parametrize(
    "data",
    [
        {"answer": ""},
        {"answer": "delete"},
        {"answer": "another_time", "wish": "x" * 201},
        {"answer": "another_time", "wish": "x" * 1_000_000},
        {"answer": "another_time", "wish": "a\x00b"},
    ],
)
def test_bad_input_is_explained_and_changes_nothing(shoot, url, data):
    response = Client().post(url, data)
    assert response.status_code == 422
    assert confirmation(shoot) == "none"


def test_what_they_write_is_only_text(phone, url, shoot, shop, sign_in):
    evil = "<script>alert(1)</script>"
    press(phone, url, "another_time", wish=evil)
    assert evil not in text(phone.get(url))
    call = CallTask.objects.get()
    assert evil not in text(sign_in(shop.owner).get(call.get_absolute_url()))


def test_a_forged_form_is_refused(phone, shoot, url):
    assert phone.post(url, {"answer": "confirm"}).status_code == 403
    phone.get(url)
    assert phone.post(url, {"answer": "confirm", "csrfmiddlewaretoken": "x" * 64}).status_code == 403
    assert confirmation(shoot) == "none"


# --- The address is the key -----------------------------------------------------------------
def test_it_is_not_told_kept_or_found(phone, url):
    for response in (
        phone.get(url),
        press(phone, url, "confirm"),
        phone.get("/c/unknown-token-000000000000/"),
    ):
        assert response.headers["Referrer-Policy"] == "no-referrer"
        assert "no-store" in response.headers["Cache-Control"]
        assert "noindex" in response.headers["X-Robots-Tag"]


def test_no_cookie_but_the_one_against_forgery(phone, url):
    press(phone, url, "confirm")
    phone.get(url)
    assert set(phone.cookies) <= {"csrftoken"}


def test_the_page_is_the_same_for_somebody_of_the_house(shop, sign_in, url):
    page = text(sign_in(shop.owner).get(url))
    assert "陈晓静" not in page
    assert "/calls/" not in page


def test_r3_2_unknown_expired_moved_and_called_off_look_the_same(desk, shop, shoot, url, now):
    def answer(address):
        response = Client().get(address)
        token = str(response.context["csrf_token"])
        return response.status_code, text(response).replace(token, "").replace(address, "")

    unknown = answer("/c/" + "x" * 27 + "/")
    assert unknown[0] == 404
    assert "call us" in unknown[1]
    with time_machine.travel(shoot.ends_at):
        assert answer(url) == unknown
    moved = schedule.move(shoot, slot=desk.slot(now + 4 * DAY), version=shoot.version, by=shop.owner, now=now)
    assert answer(url) == unknown
    new = links.link_for(moved, now)
    new = new[new.index("/c/") :]
    assert answer(new)[0] == 200
    schedule.cancel(moved, why="ill", by=shop.owner, now=now)
    assert answer(new) == unknown


def test_r3_2_an_old_page_confirms_nothing_after_a_move(desk, shop, phone, shoot, url, now):
    token = str(phone.get(url).context["csrf_token"])
    schedule.move(shoot, slot=desk.slot(now + 4 * DAY), version=shoot.version, by=shop.owner, now=now)
    response = phone.post(url, {"answer": "confirm", "csrfmiddlewaretoken": token})
    assert response.status_code == 404
    assert confirmation(shoot) == "none"


@pytest.mark.parametrize(
    "token", ["x", "x" * 300, "%00" * 20, "..%2f..%2fetc", "😀" * 20, "' or 1=1--aaaaaaaaaaaaaa"]
)
def test_an_address_that_somebody_made_up_finds_nothing(phone, db, token):
    assert phone.get(f"/c/{token}/").status_code == 404


def test_what_the_web_server_logs_goes_through_the_same_formatter(settings):
    assert settings.LOGGING["loggers"]["gunicorn.error"]["handlers"] == ["console"]
    assert settings.LOGGING["handlers"]["console"]["formatter"] == "lines"


@pytest.mark.parametrize("path", ["", "times/", "digits/", "calendar.ics", "?x=1"])
def test_no_page_of_the_link_leaves_its_token_in_a_line(url, path):
    assert url not in without_links(f"GET {url}{path} 404 and again {url}{path}")


def test_the_token_is_not_in_the_logs(phone, url, caplog, settings):
    lines = dict(settings.LOGGING["formatters"]["lines"])
    formatter = lines.pop("()")(**lines)
    with caplog.at_level(logging.DEBUG):
        phone.post(url, {"answer": "confirm"})  # refused, which is worth a line
    assert any(url in record.getMessage() for record in caplog.records)
    written = "".join(formatter.format(record) for record in caplog.records)
    assert url not in written
    assert "/c/***" in written
