"""Money in a real browser: sums count themselves, the preview follows the answer, every page is accessible."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.conf import settings
from django.utils import timezone
from playwright.sync_api import expect

from bookings import credit_notes, instalments, securities, till
from bookings.models import Receipt, Settlement
from bookings.payers import payer_of
from bookings.sales import Money
from tests.bookings.conftest import Sale
from tests.pages import complaints_in_both_themes, too_wide
from workflow.orders import sell_and_open

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def order(shop):
    """An order with everything: two payers, a plan, security, damage, and a credit."""
    now = timezone.now()
    given = {"by": shop.manager, "now": now}
    order = sell_and_open(
        customer=Sale(shop, now).customer(), package_version=shop.package, terms_accepted=True, **given
    )
    booking = order.booking
    today = shop.branch.today(now)
    parts = [(today - timedelta(days=3), Decimal(2000)), (today + timedelta(days=30), Decimal(3999))]
    instalments.agree(booking, parts, version=None, **given)
    till.take(booking, [Money("earnest", "wechat", Decimal(1000))], **given)
    father = payer_of(booking, name="张建国")
    both = [Money("prepayment", "cash", Decimal(300)), Money("prepayment", "card", Decimal(200))]
    till.take(booking, both, payer=father, **given)
    till.take(booking, [Money("security", "cash", Decimal(500))], payer=father, **given)
    securities.charge_damage(booking, label="头纱撕破", amount=Decimal(120), **given)
    lines = [("credit", credit_notes.label_of("credit"), Decimal(-200))]
    credit_notes.issue(booking, lines=lines, why="相框有瑕疵", **given)
    return order


@pytest.fixture
def enter(live_server, shop, browser, sign_in):
    def open_page(path, person=None, **options):
        client = sign_in(person or shop.manager)
        cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
        context = browser.new_context(base_url=live_server.url, **options)
        context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}])
        page = context.new_page()
        page.goto(path)
        return page

    return open_page


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_a_sum_by_two_methods_is_counted_and_becomes_one_receipt(order, enter, scripts) -> None:
    page = enter(f"/orders/{order.pk}/payments/new/", java_script_enabled=scripts)
    page.get_by_text("balance", exact=True).click()
    page.fill("#id_amount", "1000")
    page.locator("#id_method_group").get_by_text("cash", exact=True).click()
    page.get_by_text("Paid by several methods").click()
    page.fill("#id_second_amount", "500")
    page.select_option("#id_second_method", "card")
    if not scripts:
        page.get_by_role("button", name="Count again").click()
    expect(page.locator("#payment-sum")).to_contain_text("¥1,500")
    page.get_by_role("button", name="Take it and print the receipt").click()
    expect(page.locator(".sheet")).to_contain_text("¥1,500")
    assert Receipt.objects.latest("id").payments.count() == 2


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_f6_the_sums_follow_whose_decision_it_is(order, enter, scripts) -> None:
    page = enter(f"/orders/{order.pk}/cancellation/", java_script_enabled=scripts)
    expect(page.locator("#end-plan")).to_contain_text("earnest money kept")
    page.get_by_text("we can't keep it").click()
    if not scripts:
        page.get_by_role("button", name="Count again").click()
    expect(page.locator("#end-plan")).to_contain_text("a second time")
    page.fill("#id_why", "摄影棚进水")
    page.get_by_role("button", name="Call it off and settle").click()
    expect(page.locator("main")).to_contain_text("This order was called off")
    assert Settlement.objects.get().fault == "house"
    assert till.balance(order.booking) == 0


PAGES = [
    "", "payments/new/", "security/", "security/return/", "damage/", "credit/", "cancellation/", "statement/",
    "instalments/", "fapiao/",
]  # fmt: skip


def test_every_page_is_accessible_and_fits_a_phone(order, enter) -> None:
    page = enter("/", viewport={"width": 360, "height": 760})
    receipt, note = Receipt.objects.earliest("id"), order.booking.credit_notes.get()
    came = order.booking.payments.earliest("id")
    others = [f"/receipts/{receipt.pk}/", f"/credit-notes/{note.pk}/"]
    own = [*PAGES, f"payments/{came.pk}/refund/"]
    for address in [*(f"/orders/{order.pk}/{part}" for part in own), *others]:
        page.goto(address)
        assert complaints_in_both_themes(page) == [], address
        assert too_wide(page) == [], address
