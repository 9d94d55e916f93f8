"""Money on an order: who takes it, who reverses it, what a receipt tells and what it does not."""

import uuid
from decimal import Decimal

import pytest
from django.utils import timezone
from django.utils.html import escape

from bookings.models import Booking, Payment, Receipt
from bookings.sales import Money
from bookings.till import balance, take_payment
from tests.bookings.conftest import Sale
from workflow.orders import sell_and_open


@pytest.fixture
def sale(shop):
    return Sale(shop, timezone.now())


@pytest.fixture
def order(sale):
    return sell_and_open(
        customer=sale.customer(),
        package_version=sale.shop.package,
        by=sale.shop.owner,
        now=sale.now,
        payment=Money("prepayment", "wechat", Decimal("1000")),
        terms_accepted=True,
    )


@pytest.fixture
def unpaid(sale):
    return sell_and_open(
        customer=sale.customer(),
        package_version=sale.shop.package,
        by=sale.shop.owner,
        now=sale.now,
        terms_accepted=False,
    )


def paying(**fields):
    return {"submission": str(uuid.uuid4()), "kind": "balance", "method": "cash", "amount": "4999"} | fields


def test_the_cashier_takes_the_balance_and_gets_a_receipt_to_print(order, shop, sign_in):
    cashier = sign_in(shop.cashier)
    url = f"/orders/{order.pk}/payments/new/"
    assert 'value="4999.00"' in cashier.get(url).content.decode()
    response = cashier.post(url, paying())
    payment = Payment.objects.latest("id")
    assert response["Location"] == f"/receipts/{payment.receipt.pk}/"
    assert (payment.by, payment.amount, balance(order.booking)) == (shop.cashier, Decimal("4999.00"), 0)
    assert "Everything is paid" in cashier.get(url).content.decode()


def test_earnest_money_is_proposed_first_up_to_its_limit(unpaid, shop, sign_in):
    text = sign_in(shop.cashier).get(f"/orders/{unpaid.pk}/payments/new/").content.decode()
    assert 'value="1199.80"' in text
    assert "20%" in text


def test_two_presses_take_the_money_once(order, shop, sign_in):
    cashier, form = sign_in(shop.cashier), paying(amount="100")
    first, second = (cashier.post(f"/orders/{order.pk}/payments/new/", form) for _ in range(2))
    assert first["Location"] == second["Location"]
    assert order.booking.payments.count() == 2


@pytest.mark.parametrize(
    ("fields", "at"),
    [
        ({"amount": "4999.01"}, "amount"),
        ({"amount": "-1"}, "amount"),
        ({"amount": "nan"}, "amount"),
        ({"amount": "1.001"}, "amount"),
        ({"amount": ""}, "amount"),
        ({"amount": "1199.81", "kind": "earnest"}, "amount"),
        ({"kind": "reversal"}, "kind"),
        ({"kind": ""}, "kind"),
        ({"method": ""}, "method"),
    ],
)
def test_bad_payments_are_refused_at_their_field(order, shop, sign_in, fields, at):
    response = sign_in(shop.cashier).post(f"/orders/{order.pk}/payments/new/", paying(**fields))
    text = response.content.decode()
    assert response.status_code == 422
    assert f'id="id_{at}_error"' in text
    assert order.booking.payments.count() == 1
    if fields.get("amount"):
        assert f'value="{fields["amount"]}"' in text


def test_a_crafted_payment_changes_neither_who_nor_when_nor_which_number(order, shop, sign_in):
    sign_in(shop.cashier).post(
        f"/orders/{order.pk}/payments/new/",
        paying(by=shop.manager.pk, at="2020-01-01", number="7", booking="1", reverses="1"),
    )
    payment = Payment.objects.latest("id")
    assert (payment.by, payment.booking, payment.reverses) == (shop.cashier, order.booking, None)
    assert payment.receipt.number == 2
    assert payment.at.year == timezone.now().year


def test_who_takes_money_and_who_does_not(order, shop, sign_in):
    url = f"/orders/{order.pk}/payments/new/"
    for person in (shop.artist, shop.head, shop.administrator):
        assert sign_in(person).post(url, paying()).status_code == 403
    assert sign_in(shop.neighbour).post(url, paying()).status_code == 404
    assert order.booking.payments.count() == 1


def test_only_managers_reverse_and_with_a_reason(order, shop, sign_in):
    payment = order.booking.payments.get()
    url = f"/orders/{order.pk}/payments/{payment.pk}/reversal/"
    for person in (shop.owner, shop.cashier):
        assert sign_in(person).post(url, {"why": "x"}).status_code == 403
    manager = sign_in(shop.manager)
    assert "¥1,000" in manager.get(url).content.decode()
    refused = manager.post(url, {"why": "   "})
    assert refused.status_code == 422
    assert 'id="id_why_error"' in refused.content.decode()
    assert manager.post(url, {"why": "重复收款"}).status_code == 302
    assert manager.post(url, {"why": "again"}).status_code == 302
    assert balance(order.booking) == Decimal("5999.00")
    assert Payment.objects.filter(reverses=payment).count() == 1


def test_a_payment_of_another_order_is_not_reversed_through_this_one(order, unpaid, shop, sign_in):
    payment = order.booking.payments.get()
    crafted = f"/orders/{unpaid.pk}/payments/{payment.pk}/reversal/"
    assert sign_in(shop.manager).post(crafted, {"why": "x"}).status_code == 404
    assert (
        sign_in(shop.neighbour)
        .post(f"/orders/{order.pk}/payments/{payment.pk}/reversal/", {"why": "x"})
        .status_code
        == 404
    )


def test_terms_accepted_later_and_a_waiver_move_the_order_on(unpaid, shop, sign_in):
    assert sign_in(shop.owner).post(f"/orders/{unpaid.pk}/terms/").status_code == 302
    assert sign_in(shop.owner).post(f"/orders/{unpaid.pk}/waiver/", {"why": "x"}).status_code == 403
    manager = sign_in(shop.manager)
    assert manager.get(f"/orders/{unpaid.pk}/waiver/").status_code == 200
    assert manager.post(f"/orders/{unpaid.pk}/waiver/", {"why": ""}).status_code == 422
    assert manager.post(f"/orders/{unpaid.pk}/waiver/", {"why": "员工家属"}).status_code == 302
    unpaid.refresh_from_db()
    assert unpaid.stage == "confirm"
    assert Booking.objects.get(pk=unpaid.booking_id).earnest_waived_why == "员工家属"


def test_the_order_shows_money_to_those_who_take_it_and_to_nobody_else(order, shop, sign_in):
    for person in (shop.owner, shop.cashier, shop.manager):
        assert "¥4,999" in sign_in(person).get(f"/orders/{order.pk}/").content.decode()
    text = sign_in(shop.artist).get(f"/orders/{order.pk}/").content.decode()
    assert "¥4,999" not in text
    assert "¥1,000" not in text


def test_r4_3_the_line_about_the_balance_is_shown_to_staff_from_the_day_of_the_shoot_on(order, shop, sign_in):
    line = "Would you kindly settle the balance at the selection? Thank you!"
    page = sign_in(shop.owner)
    assert line not in page.get(f"/orders/{order.pk}/").content.decode()
    type(order).objects.filter(pk=order.pk).update(stage="shoot")
    assert line in page.get(f"/orders/{order.pk}/").content.decode()
    take_payment(
        order.booking,
        kind="balance",
        method="cash",
        amount=Decimal("4999"),
        by=shop.cashier,
        now=timezone.now(),
    )
    assert line not in page.get(f"/orders/{order.pk}/").content.decode()


# --- The receipt ----------------------------------------------------------------------------------
def test_r9_9_a_receipt_tells_what_was_received_and_nothing_of_what_is_due(order, shop, sign_in):
    receipt = Receipt.objects.get()
    text = sign_in(shop.cashier).get(f"/receipts/{receipt.pk}/").content.decode()
    for word in (
        f"{receipt}",
        order.booking.number,
        "¥1,000",
        "壹仟元整",
        escape(order.booking.customer.name),
    ):
        assert word in text
    assert "4,999" not in text
    assert "5,999" not in text


@pytest.mark.parametrize(
    ("language", "package"), [("zh-hans", "长青"), ("zh-hant", "長青"), ("en", "Evergreen")]
)
def test_a_receipt_speaks_the_customers_language_or_the_one_asked_for(
    order, shop, sign_in, language, package
):
    receipt = Receipt.objects.get()
    text = sign_in(shop.cashier).get(f"/receipts/{receipt.pk}/?language={language}").content.decode()
    assert f'lang="{language}">' in text
    assert package in text
    assert ("壹仟元整" in text) == (language != "en")
    assert "长青" in sign_in(shop.cashier).get(f"/receipts/{receipt.pk}/?language=x").content.decode()


def test_a_reversal_has_a_receipt_that_names_the_one_it_reverses(order, shop, sign_in):
    payment = order.booking.payments.get()
    sign_in(shop.manager).post(f"/orders/{order.pk}/payments/{payment.pk}/reversal/", {"why": "x"})
    back = Receipt.objects.latest("id")
    text = sign_in(shop.cashier).get(f"/receipts/{back.pk}/?language=en").content.decode()
    assert f"reverses receipt {payment.receipt}" in text


def test_the_neighbour_and_the_departments_see_no_receipt(order, shop, sign_in):
    receipt = Receipt.objects.get()
    assert sign_in(shop.neighbour).get(f"/receipts/{receipt.pk}/").status_code == 404
    assert sign_in(shop.artist).get(f"/receipts/{receipt.pk}/").status_code == 403
