"""What comes out of the printer: no empty second sheet, the schedule across, nothing of the screen on it."""

import re
from datetime import time, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from bookings.models import Receipt
from bookings.till import take_payment
from tests.bookings.conftest import Sale

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def sale(shop):
    """A sale of this noon, with a shoot in a week."""
    return Sale(shop, shop.branch.at(shop.branch.today(timezone.now()), time(12)))


def sheets(page):
    paper = page.pdf(prefer_css_page_size=True)
    return paper, len(re.findall(rb"/Type\s*/Page\b", paper))


def test_a_receipt_is_one_sheet(shop, sale, enter):
    given = {"by": shop.cashier, "now": timezone.now()}
    take_payment(sale.sell(), kind="prepayment", method="cash", amount=Decimal(100), **given)
    page = enter(shop.cashier, f"/receipts/{Receipt.objects.get().pk}/")
    assert sheets(page)[1] == 1


@pytest.mark.parametrize("view", ["day", "week"])
def test_the_schedule_is_one_sheet_laid_across(shop, sale, enter, view):
    sale.make(sale.slot(days=7), "shoot")
    page = enter(shop.owner, f"/schedule/?view={view}&day={shop.branch.today(sale.now) + timedelta(days=7)}")
    paper, count = sheets(page)
    assert count == 1
    width, height = (
        float(number) for number in re.search(rb"/MediaBox\s*\[0 0 ([\d.]+) ([\d.]+)\]", paper).groups()
    )
    assert width > height
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 680, "height": 1000})  # what media queries are told on A4
    expect(page.locator(".tabs, .filters, #knows").first).to_be_hidden()
    if view == "week":
        expect(page.locator(".week-plan thead")).to_be_visible()
