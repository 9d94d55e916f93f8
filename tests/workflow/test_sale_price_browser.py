"""The price in a real browser: counted while it is typed, the same without scripts, decided by a thumb."""

from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from bookings import discounts
from bookings.models import Booking
from bookings.price_lines import total_of
from tests.bookings.selling import add_on, season
from tests.pages import complaints_in_both_themes, too_wide
from tests.workflow import orders
from tests.workflow.test_day_browser import FINGER

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PHONE = {"viewport": {"width": 360, "height": 760}, "has_touch": True, "is_mobile": True}


@pytest.fixture
def today(shop) -> datetime:
    return shop.branch.today(timezone.now())


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_the_price_is_counted_before_anything_is_sold(shop, enter, today, scripts):
    season(shop.package, "4999", today - timedelta(days=1), today + timedelta(days=9), name="Offer")
    add_on(shop.branch, price="300", name="Small album")
    customer = orders.client_of(shop)
    page = enter(shop.owner, f"/customers/{customer.pk}/orders/new/", java_script_enabled=scripts)
    page.get_by_role("radio", name="Evergreen").check()
    page.get_by_label("Small album").fill("2")
    if not scripts:
        page.get_by_role("button", name="Count again").click()
    total = page.locator("#sale-total")
    expect(total).to_contain_text("¥5,599")
    expect(total).to_contain_text("Earnest money up to ¥1,119.80")
    expect(page.get_by_label("Small album")).to_have_value("2")
    assert not Booking.objects.exists()
    page.get_by_label("Amount").fill("1119.80")
    page.get_by_role("radio", name="cash").check()
    page.get_by_role("button", name="Open the order").last.click()
    expect(page.get_by_role("heading", name="Add-ons and discounts")).to_be_visible()
    assert total_of(Booking.objects.get()) == Decimal("5599.00")


def test_a_manager_approves_on_a_phone_with_a_thumb(shop, enter):
    now = timezone.now()
    order = orders.sold(shop, now)
    discounts.give(order.booking, amount=Decimal("500"), why="老顾客", by=shop.owner, now=now)
    page = enter(shop.manager, "/", **PHONE)
    for name in ("Approve", "Refuse"):
        box = page.get_by_role("button", name=name).bounding_box()
        assert box["height"] >= FINGER
    page.get_by_role("button", name="Approve").tap()
    expect(page.get_by_role("heading", name="Discounts asked for")).to_have_count(0)
    assert total_of(order.booking) == Decimal("5499.00")
    desk = enter(shop.owner, "/")
    expect(desk.get_by_role("heading", name="Answers about discounts")).to_be_visible()
    desk.get_by_role("button", name="Seen").click()
    expect(desk.get_by_role("heading", name="Answers about discounts")).to_have_count(0)


def test_nothing_is_in_the_way_of_anybody(shop, enter, today):
    now = timezone.now()
    order = orders.sold(shop, now)
    season(shop.package, "4999", today - timedelta(days=1), today + timedelta(days=9), name="Offer")
    add_on(shop.branch, kind="look", price="800", name="Red gown", extra_minutes=60)
    discounts.give(order.booking, amount=Decimal("500"), why="老顾客", by=shop.owner, now=now)
    for person, path in (
        (shop.owner, f"/customers/{order.booking.customer_id}/orders/new/"),
        (shop.owner, "/price-list/"),
        (shop.owner, f"/orders/{order.pk}/add-ons/"),
        (shop.owner, f"/orders/{order.pk}/add-ons/shown/"),
        (shop.manager, f"/orders/{order.pk}/"),
        (shop.manager, "/"),
    ):
        page = enter(person, path, viewport={"width": 360, "height": 760})
        assert complaints_in_both_themes(page) == [], path
        assert too_wide(page) == [], path
