"""The sale in a real browser: what is free is drawn at once, a free answer fills the form, with and without scripts."""

import re
from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import timezone
from playwright.sync_api import expect

from bookings.models import Appointment, Booking, Receipt
from tests.bookings.conftest import Sale
from tests.pages import complaints_in_both_themes, too_wide
from workflow.orders import sell_and_open

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def sale(shop):
    noon = shop.branch.at(shop.branch.today(timezone.now()), timezone.datetime.min.time().replace(hour=12))
    return Sale(shop, noon)


@pytest.fixture
def busy(sale):
    """The whole team is taken a week from today, from twelve to six."""
    return sale.make(sale.slot(days=7))


@pytest.fixture
def enter(live_server, shop, browser, sign_in):
    def open_page(path, **options):
        cookie = sign_in(shop.manager).cookies[settings.SESSION_COOKIE_NAME].value
        context = browser.new_context(base_url=live_server.url, **options)
        context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}])
        page = context.new_page()
        page.goto(path)
        return page

    return open_page


def fill(page, sale):
    day = sale.shop.branch.today(sale.now) + timedelta(days=7)
    page.locator(f"#id_package_{sale.shop.package.pk}").check(force=True)
    page.fill("#id_day", str(day))
    page.fill("#id_time", "13:00")
    page.select_option("#id_photographer", str(sale.shop.photographer_resource.pk))
    page.select_option("#id_place", str(sale.shop.floor.pk))
    page.fill("#id_amount", "1000")
    page.locator('[name="method"][value="cash"]').check(force=True)
    page.fill("#id_hopes", "自然一点")


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_a_clash_is_answered_by_a_press_and_then_sold(sale, busy, enter, scripts):
    customer = sale.customer()
    page = enter(f"/customers/{customer.pk}/orders/new/", java_script_enabled=scripts)
    fill(page, sale)
    page.get_by_role("button", name="Open the order").last.click()
    expect(page.locator("#id_photographer_error")).to_contain_text(busy.customer.name)
    asked = page.input_value("#id_day")
    page.locator("#free button").first.click()
    expect(page.locator("#free")).to_have_count(0)
    assert page.input_value("#id_day") != asked
    assert page.input_value("#id_hopes") == "自然一点"
    page.get_by_role("button", name="Open the order").last.click()
    page.wait_for_url(re.compile(r"/orders/\d+/"))
    assert Booking.objects.get().appointments.get().starts_at != busy.starts_at


def test_a_day_is_drawn_as_soon_as_it_is_chosen(sale, busy, enter):
    page = enter(f"/customers/{sale.customer().pk}/orders/new/")
    expect(page.locator(".day-plan")).to_have_count(0)
    page.fill("#id_day", str(sale.shop.branch.today(sale.now) + timedelta(days=7)))
    page.locator("#id_day").dispatch_event("change")
    expect(page.locator("#day-plan .block")).to_have_count(3)


def test_what_is_not_needed_is_out_of_the_way(sale, enter):
    page = enter(f"/customers/{sale.customer().pk}/orders/new/")
    amount, waiver = page.locator("#id_amount"), page.locator("#id_waiver")
    expect(amount).to_be_visible()
    expect(waiver).to_be_hidden()
    page.locator('[name="binding"][value="waiver"]').check(force=True)
    expect(amount).to_be_hidden()
    expect(waiver).to_be_visible()


def test_habit_18_nothing_to_complain_of(sale, busy, enter):
    order = sell_and_open(
        customer=sale.customer(),
        package_version=sale.shop.package,
        by=sale.shop.owner,
        now=sale.now,
        terms_accepted=False,
        payment=sale.money("100"),
        shoot=sale.slot(days=9),
    )
    shoot = Appointment.objects.get(booking=order.booking)
    page = enter(f"/schedule/?day={busy.starts_at:%Y-%m-%d}", reduced_motion="reduce")
    for path in (
        f"/schedule/?day={busy.starts_at:%Y-%m-%d}",
        f"/customers/{order.booking.customer_id}/orders/new/",
        f"/orders/{order.pk}/",
        f"/orders/{order.pk}/payments/new/",
        f"/appointments/{shoot.pk}/move/",
        f"/appointments/{shoot.pk}/cancellation/",
        f"/receipts/{Receipt.objects.get().pk}/",
    ):
        page.goto(path)
        assert complaints_in_both_themes(page) == [], path
        assert too_wide(page, 360, 768, 1440) == [], path
