"""The pages around an order's money: several methods and payers, refunds, security, damage, credit, plans,
invoices, and an order called off."""

import uuid
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bookings import till
from bookings.models import (
    Booking,
    CreditNote,
    Fapiao,
    Instalment,
    Payment,
    PriceLine,
    Receipt,
    Settlement,
)
from bookings.sales import Money
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
def payment(order):
    return order.booking.payments.get()


@pytest.fixture
def at(order):
    """The address of a page of the order."""
    return lambda page: f"/orders/{order.pk}/{page}"


def paying(**fields):
    given = {"submission": str(uuid.uuid4()), "kind": "balance", "method": "cash", "amount": "4999"}
    return given | {"payer": "", "payer_name": ""} | fields


def text_of(response):
    return response.content.decode()


def error_at(response, field):
    assert response.status_code == 422
    return f'id="id_{field}_error"' in text_of(response)


# --- One receipt, several methods, several payers ----------------------------------------------------
def test_one_sum_by_three_methods_is_one_receipt(order, shop, sign_in, at):
    form = paying(
        amount="2000", second_amount="1999", second_method="card", third_amount="1000", third_method="alipay"
    )
    cashier = sign_in(shop.cashier)
    response = cashier.post(at("payments/new/"), form)
    receipt = Receipt.objects.latest("id")
    assert response["Location"] == f"/receipts/{receipt.pk}/"
    rows = list(receipt.payments.order_by("id").values_list("method", "amount"))
    assert rows == [("cash", Decimal(2000)), ("card", Decimal(1999)), ("alipay", Decimal(1000))]
    assert till.balance(order.booking) == 0
    paper = text_of(cashier.get(f"/receipts/{receipt.pk}/?language=zh-hans"))
    for word in ("¥2,000", "¥1,999", "¥1,000", "¥4,999", "肆仟玖佰玖拾玖元整"):
        assert word in paper


def test_several_pay_and_each_receipt_says_who(order, shop, sign_in, at):
    cashier = sign_in(shop.cashier)
    member = order.booking.customer.members.get(name="张伟")
    cashier.post(at("payments/new/"), paying(amount="1000", payer=f"member:{member.pk}"))
    cashier.post(at("payments/new/"), paying(amount="500", payer="other", payer_name="李建国"))
    payer = order.booking.payers.get(name="李建国")
    cashier.post(at("payments/new/"), paying(amount="500", payer=f"payer:{payer.pk}"))
    names = [str(row.payer) for row in order.booking.receipts.order_by("id")[1:]]
    assert names == ["张伟", "李建国", "李建国"]
    assert order.booking.payers.count() == 2
    assert "李建国" in text_of(cashier.get(f"/receipts/{Receipt.objects.latest('id').pk}/"))
    assert "李建国" in text_of(cashier.get(at("")))


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"amount": "3000", "second_amount": "1999.01", "second_method": "card"}, "amount"),
        ({"second_amount": "10"}, "second_method"),
        ({"second_method": "card"}, "second_amount"),
        ({"third_amount": "x", "third_method": "card"}, "third_amount"),
        ({"third_method": "cheque", "third_amount": "5"}, "third_method"),
        ({"method": "held"}, "method"),
        ({"payer": "other"}, "payer_name"),
        ({"payer": "member:999999"}, "payer"),
        ({"payer": "payer:1'"}, "payer"),
    ],
)
def test_a_wrong_part_is_refused_at_its_field_and_nothing_is_taken(order, shop, sign_in, at, fields, field):
    response = sign_in(shop.cashier).post(at("payments/new/"), paying(**fields))
    assert error_at(response, field)
    assert order.booking.payments.count() == 1
    assert not order.booking.payers.exists()


def test_the_server_counts_the_sum_with_and_without_a_script(order, shop, sign_in, at):
    cashier = sign_in(shop.cashier)
    form = paying(amount="2000", second_amount="1000", second_method="card")
    page = cashier.post(at("payments/new/"), form | {"count": "1"})
    assert page.status_code == 200
    assert "¥3,000" in text_of(page)
    assert "¥1,999" in text_of(page)
    form |= {"count": "1"}
    fragment = cashier.post(at("payments/new/"), form, headers={"HX-Request": "true"})
    assert "¥3,000" in text_of(fragment)
    assert "<html" not in text_of(fragment)
    too_much = cashier.post(at("payments/new/"), form | {"amount": "9000"}, headers={"HX-Request": "true"})
    assert "Too much" in text_of(too_much)
    assert order.booking.payments.count() == 1


# --- Given back ----------------------------------------------------------------------------------------
def test_a_part_goes_back_as_it_came_with_a_receipt_of_its_own(order, payment, shop, sign_in, at):
    url = at(f"payments/{payment.pk}/refund/")
    manager = sign_in(shop.manager)
    assert 'value="1000.00"' in text_of(manager.get(url))
    response = manager.post(url, {"amount": "300", "method": "wechat", "why": "少拍一组"})
    back = Payment.objects.latest("id")
    assert (back.kind, back.method, back.amount) == ("refund", "wechat", Decimal("-300.00"))
    assert back.gives_back == payment
    paper = text_of(manager.get(response["Location"] + "?language=en"))
    assert "Money given back" in paper
    assert str(payment.receipt) in paper
    assert "¥300" in paper
    refused = manager.post(url, {"amount": "700.01", "method": "wechat", "why": "x"})
    assert error_at(refused, "amount")


def test_only_managers_give_back_what_was_paid_for_the_price(order, payment, shop, sign_in, at):
    url = at(f"payments/{payment.pk}/refund/")
    page = text_of(sign_in(shop.cashier).get(url))
    assert "A manager gives back" in page
    answer = sign_in(shop.cashier).post(url, {"amount": "1", "method": "cash", "why": "x"})
    assert answer.status_code == 422
    assert Payment.objects.count() == 1


def test_another_way_back_is_a_managers_to_choose(order, shop, sign_in, at):
    came = till.take(
        order.booking, [Money("security", "card", Decimal(500))], by=shop.cashier, now=timezone.now()
    ).payments.get()
    url = at(f"payments/{came.pk}/refund/")
    assert 'name="method"' not in text_of(sign_in(shop.cashier).get(url))
    sign_in(shop.cashier).post(url, {"amount": "200", "method": "cash", "why": "部分退还"})
    assert Payment.objects.latest("id").method == "card"
    sign_in(shop.manager).post(url, {"amount": "300", "method": "cash", "why": "卡已注销"})
    assert Payment.objects.latest("id").method == "cash"


def test_two_presses_give_back_once(order, payment, shop, sign_in, at):
    form = {"amount": "300", "method": "wechat", "why": "x", "submission": str(uuid.uuid4())}
    manager = sign_in(shop.manager)
    answers = [manager.post(at(f"payments/{payment.pk}/refund/"), form)["Location"] for _ in range(2)]
    assert answers[0] == answers[1]
    assert Payment.objects.filter(kind="refund").count() == 1


def test_a_refund_or_a_payment_of_another_order_is_not_found(order, sale, shop, sign_in, at):
    other = sale.sell(payment=sale.money("100")).payments.get()
    assert sign_in(shop.manager).get(at(f"payments/{other.pk}/refund/")).status_code == 404


# --- Security and damage -------------------------------------------------------------------------------
def test_f6_security_is_taken_shown_and_returned_apart_from_the_price(order, shop, sign_in, at):
    cashier = sign_in(shop.cashier)
    taken = cashier.post(at("security/"), paying(amount="2000", method="card"))
    assert "Security for gowns is no part of the price" in text_of(
        cashier.get(taken["Location"] + "?language=en")
    )
    assert till.balance(order.booking) == Decimal("4999.00")
    page = text_of(cashier.get(at("")))
    assert "Security for gowns" in page
    assert "¥2,000" in page
    assert "¥2,000" in text_of(cashier.get(at("security/return/")))
    back = cashier.post(at("security/return/"), {"why": "礼服完好"})
    assert Payment.objects.latest("id").amount == Decimal("-2000.00")
    assert back["Location"].startswith("/receipts/")
    again = cashier.post(at("security/return/"), {"why": "礼服完好"})
    assert again.status_code == 302
    assert Payment.objects.filter(kind="refund").count() == 1


def test_f6_damage_is_charged_to_the_security_and_taken_back_by_a_manager(order, shop, sign_in, at):
    cashier, manager = sign_in(shop.cashier), sign_in(shop.manager)
    cashier.post(at("security/"), paying(amount="500"))
    assert error_at(cashier.post(at("damage/"), {"what": " ", "amount": "5"}), "what")
    assert error_at(cashier.post(at("damage/"), {"what": "头纱", "amount": "0"}), "amount")
    cashier.post(at("damage/"), {"what": "头纱撕破", "amount": "700"})
    page = text_of(cashier.get(at("")))
    assert "头纱撕破" in page
    assert till.balance(order.booking) == Decimal("5199.00")
    used = Receipt.objects.latest("id")
    paper = text_of(cashier.get(f"/receipts/{used.pk}/?language=en"))
    assert "Security used for damage" in paper
    assert "¥500" in paper
    line = PriceLine.objects.get(kind="damage")
    url = at(f"damage/{line.pk}/reversal/")
    assert "头纱撕破" in text_of(manager.get(url))
    assert manager.post(url, {"why": "原来就有"}).status_code == 302
    assert till.balance(order.booking) == Decimal("4999.00")
    assert manager.post(url, {"why": ""}).status_code == 422


# --- Credit, plans, invoices ----------------------------------------------------------------------------
def test_a_credit_note_is_written_printed_and_what_is_too_much_given_back(order, shop, sign_in, at):
    manager = sign_in(shop.manager)
    assert error_at(manager.post(at("credit/"), {"amount": "6000", "why": "x"}), "amount")
    response = manager.post(at("credit/"), {"amount": "5500", "why": "相册印坏"})
    note = CreditNote.objects.get()
    assert response["Location"] == f"/credit-notes/{note.pk}/"
    paper = text_of(manager.get(response["Location"] + "?language=zh-hans"))
    for word in (str(note), "相册印坏", "伍仟伍佰元整"):
        assert word in paper
    page = text_of(manager.get(at("")))
    assert "To give back ¥501" in page
    url = at(f"payments/{Payment.objects.get().pk}/refund/")
    assert url in page
    assert 'value="501.00"' in text_of(manager.get(url))
    assert "To give back" not in text_of(sign_in(shop.artist).get(at("")))


def test_a_plan_is_proposed_agreed_changed_and_ended(order, shop, sign_in, at):
    owner = sign_in(shop.owner)
    page = text_of(owner.get(at("instalments/?parts=2")))
    assert 'value="2999.50"' in page
    version = Booking.objects.get(pk=order.booking_id).version
    today = order.branch.today(timezone.now())
    form = {
        "version": version,
        "due_on_1": today, "amount_1": "3000",
        "due_on_2": today + timedelta(days=30), "amount_2": "2998",
    }  # fmt: skip
    wrong = owner.post(at("instalments/"), form)
    assert wrong.status_code == 422
    assert "¥5,998" in text_of(wrong)
    assert 'value="2998"' in text_of(wrong)
    assert error_at(owner.post(at("instalments/"), form | {"due_on_2": ""}), "due_on_2")
    assert error_at(owner.post(at("instalments/"), form | {"due_on_2": today}), "due_on_2")
    assert owner.post(at("instalments/"), form | {"amount_2": "2999"}).status_code == 302
    assert "Paying in parts" in text_of(owner.get(at("")))
    stale = owner.post(at("instalments/"), form | {"amount_2": "2999"})
    assert stale.status_code == 409
    owner.post(at("instalments/"), {"version": version + 1, "end": "1"})
    assert not Instalment.objects.exists()


def test_the_statement_tells_all_in_order(order, shop, sign_in, at):
    page = text_of(sign_in(shop.cashier).get(at("statement/")))
    assert page.index("¥5,999") < page.index("¥4,999")
    assert str(Receipt.objects.get()) in page


def test_an_invoice_number_is_noted_and_voided(order, shop, sign_in, at):
    cashier, manager = sign_in(shop.cashier), sign_in(shop.manager)
    today = order.branch.today(timezone.now())
    form = {"number": "24117", "buyer": "张伟", "amount": "999", "issued_on": today, "tax_number": ""}
    assert error_at(cashier.post(at("fapiao/"), form | {"amount": "6000"}), "amount")
    assert error_at(cashier.post(at("fapiao/"), form | {"issued_on": "2020-01-01"}), "issued_on")
    assert cashier.post(at("fapiao/"), form).status_code == 302
    assert error_at(cashier.post(at("fapiao/"), form), "number")
    assert "Tax invoice 24117" in text_of(cashier.get(at("")))
    url = at(f"fapiao/{Fapiao.objects.get().pk}/void/")
    assert manager.post(url, {"why": "抬头有误"}).status_code == 302
    assert Fapiao.objects.filter(voids__isnull=False).count() == 1


# --- Called off --------------------------------------------------------------------------------------------
def test_f6_calling_off_shows_every_sum_before_anybody_presses(order, shop, sign_in, at):
    manager = sign_in(shop.manager)
    till.take(order.booking, [Money("earnest", "cash", Decimal(500))], by=shop.cashier, now=timezone.now())
    page = text_of(manager.get(at("cancellation/")))
    assert "¥1,000" in page
    assert "¥500" in page
    house = manager.post(at("cancellation/"), {"count": "1", "fault": "house", "kept": ""})
    assert "a second time" in text_of(house)
    assert "¥2,000" in text_of(house)
    part = manager.post(
        at("cancellation/"), {"count": "1", "fault": "neither"}, headers={"HX-Request": "true"}
    )
    assert "<html" not in text_of(part)
    assert "¥1,500" in text_of(part)
    assert not Settlement.objects.exists()


def press(client, at, **fields):
    page = text_of(client.post(at("cancellation/"), {"count": "1"} | fields))
    seen = page.split('name="seen" value="')[1].split('"')[0]
    return client.post(at("cancellation/"), {"seen": seen, "why": "婚期取消"} | fields)


def test_f6_an_order_is_called_off_and_says_so(order, shop, sign_in, at):
    manager = sign_in(shop.manager)
    assert press(manager, at, fault="neither").status_code == 302
    assert till.balance(order.booking) == 0
    page = text_of(manager.get(at("")))
    assert "This order was called off" in page
    assert "婚期取消" in page
    assert "Take a payment" not in page
    assert "not open any more" in text_of(manager.get(at("cancellation/")))
    assert manager.post(at("cancellation/"), {"fault": "house", "why": "x", "seen": ""}).status_code == 302
    assert Settlement.objects.count() == 1
    told = text_of(sign_in(shop.artist).get(at("")))
    assert "This order was called off" in told
    assert "¥" not in told


def test_calling_off_needs_a_reason_an_answer_and_a_fresh_look(order, shop, sign_in, at):
    manager = sign_in(shop.manager)
    assert error_at(press(manager, at, fault="neither", why=" "), "why")
    assert error_at(press(manager, at, fault="weather"), "fault")
    assert error_at(press(manager, at, fault="neither", kept="1000.01"), "kept")
    assert error_at(press(manager, at, fault="neither", kept="NaN"), "kept")
    stale = manager.post(at("cancellation/"), {"seen": "old", "why": "x", "fault": "neither"})
    assert stale.status_code == 422
    assert "Look at the sums again" in text_of(stale)
    assert Booking.objects.get(pk=order.booking_id).is_open


# --- R4.3, R9.9 ----------------------------------------------------------------------------------------------
def test_r4_3_the_balance_stands_wherever_the_customer_is_served(order, shop, sign_in, at):
    words = "Balance due ¥4,999"
    for page in ("", "selection/", "pickup/", "arrival/"):
        assert words in text_of(sign_in(shop.owner).get(at(page))), page
    assert words in text_of(sign_in(shop.owner).get(order.booking.customer.get_absolute_url()))
    for page in ("", "selection/", "pickup/"):
        assert "¥" not in text_of(sign_in(shop.artist).get(at(page))), page


def test_r9_9_the_screen_that_is_turned_round_shows_no_balance(order, shop, sign_in, at):
    assert "4,999" not in text_of(sign_in(shop.owner).get(at("selection/signature/")))


def test_the_panels_questions_do_not_grow_with_the_payments(order, shop, sign_in, at):
    owner, given = sign_in(shop.owner), {"by": shop.manager, "now": timezone.now()}
    owner.get(at(""))
    with CaptureQueriesContext(connection) as few:
        owner.get(at(""))
    for _ in range(3):
        row = till.take(order.booking, [Money("balance", "cash", Decimal(100))], **given).payments.get()
        till.refund(row, amount=Decimal(50), why="x", **given)
        till.take(order.booking, [Money("security", "card", Decimal(100))], **given)
    with CaptureQueriesContext(connection) as many:
        owner.get(at(""))
    assert len(many) <= len(few) + 1
