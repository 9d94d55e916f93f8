"""The booking page on a phone, and the drawer counted at a desk, in a real browser."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.conf import settings
from django.utils import timezone
from playwright.sync_api import expect

from bookings import codes, shifts
from bookings.models import Appointment, BookingRequest, CashShift, OnlineBooking
from tests.pages import complaints, too_wide

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PHONE = {"width": 360, "height": 740}


def assert_well_made(page):
    """Nothing is wider than the screen, and axe has nothing to say."""
    page.evaluate("window.scrollTo(0, document.body.scrollHeight)")  # nothing under the bar of the thumb
    assert too_wide(page) == []
    assert complaints(page) == []


@pytest.mark.parametrize(("scripts", "scheme"), [(True, "dark"), (False, "light")])
def test_a_couple_takes_a_free_time_on_their_phone(shop, live_server, browser, scripts, scheme):
    OnlineBooking.objects.create(branch=shop.branch, mode="book")
    options = {"viewport": PHONE, "color_scheme": scheme, "java_script_enabled": scripts, "locale": "en-GB"}
    context = browser.new_context(base_url=live_server.url, **options)
    page = context.new_page()
    page.goto("/book/sh/")
    page.get_by_role("link", name="Evergreen").click()
    page.locator(".days__day--free").nth(4).click()
    page.locator(".times a").first.click()
    page.get_by_label("Your name").fill("周婷")
    page.get_by_label("Your mobile number").fill("139 0000 1111")
    page.get_by_role("button", name="Send me the code").click()
    expect(page.get_by_role("heading", name="Is it your number?")).to_be_visible()
    if scripts:
        assert_well_made(page)
    page.get_by_label("The code from our message").fill(codes.code_of(BookingRequest.objects.get()))
    page.get_by_role("button", name="Yes, that is me").click()
    expect(page.get_by_role("heading", name="It is yours!")).to_be_visible()
    assert Appointment.objects.get().request.name == "周婷"
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_pages_are_well_made(shop, live_server, browser, scheme):
    OnlineBooking.objects.create(branch=shop.branch)
    day = shop.branch.today(timezone.now()) + timedelta(days=7)
    package = shop.package.package_id
    context = browser.new_context(base_url=live_server.url, viewport=PHONE, color_scheme=scheme)
    page = context.new_page()
    for path in ("", f"{package}/?day={day}", f"{package}/you/?day={day}&part=morning"):
        page.goto(f"/book/sh/{path}")
        assert_well_made(page)
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_drawer_adds_up_while_it_is_counted(shop, live_server, browser, sign_in, scheme):
    shifts.open_shift(shop.branch, float_counted=Decimal("120"), by=shop.cashier, now=timezone.now())
    cookie = sign_in(shop.cashier).cookies[settings.SESSION_COOKIE_NAME].value
    context = browser.new_context(base_url=live_server.url, viewport=PHONE, color_scheme=scheme)
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}])
    page = context.new_page()
    page.goto("/till/count/")
    page.locator('[data-piece="100"]').fill("1")
    page.locator('[data-piece="0.1"]').fill("3")
    expect(page.locator("[data-pieces-sum]").first).to_contain_text("100.30")
    page.locator('[data-piece="0.1"]').fill("")
    page.locator('[data-piece="20"]').fill("1")
    expect(page.locator("[data-pieces-sum]").first).to_contain_text("120")
    assert_well_made(page)
    page.get_by_label("Stays in the drawer").fill("120")
    page.get_by_role("button", name="Cash up and close the shift").click()
    expect(page.get_by_text("adds up")).to_be_visible()
    assert_well_made(page)
    assert not CashShift.objects.open().exists()
    page.goto("/till/")
    assert_well_made(page)
    context.close()
