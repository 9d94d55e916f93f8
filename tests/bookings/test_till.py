"""Money: taken, receipted, reversed (F6)."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from django.db.utils import ProgrammingError

from bookings import credit_notes
from bookings.models import Booking, CashShift, Payment, Receipt
from bookings.payers import payer_of
from bookings.till import Money, NotPayable, balance, next_number, refund, reverse, take, take_payment


def pay(booking, amount, kind="prepayment", method="cash", **given):
    by, now = booking.sold_by, given.pop("now", booking.created_at)
    return take_payment(booking, kind=kind, method=method, amount=Decimal(amount), by=by, now=now)


def test_a_payment_lowers_the_balance_and_has_a_receipt(booking):
    payment = pay(booking, "1000")
    assert balance(booking) == Decimal("4999.00")
    assert str(payment.receipt) == "2026-000001"
    event = booking.events.get(kind="paid")
    assert event.parameters == {"payment": payment.pk, "receipt": "2026-000001", "of": "prepayment"}


def test_r4_3_the_balance_can_be_paid_to_the_cent_and_no_further(booking):
    pay(booking, "5998.99", kind="balance")
    with pytest.raises(NotPayable, match=r"0\.01"):
        pay(booking, "0.02", kind="balance")
    pay(booking, "0.01", kind="balance")
    assert balance(booking) == 0
    with pytest.raises(NotPayable):
        pay(booking, "0.01", kind="balance")


def test_f6_earnest_money_binds_up_to_a_fifth_of_the_price(booking):
    with pytest.raises(NotPayable, match=r"20%.*1,199\.80") as refused:
        pay(booking, "1199.81", kind="earnest")
    assert refused.value.field == "amount"
    pay(booking, "1199.80", kind="earnest")
    with pytest.raises(NotPayable):
        pay(booking, "0.01", kind="earnest")  # in two parts it is the same money
    pay(booking, "3000", kind="prepayment")


def test_f6_a_branch_may_keep_its_limit_lower_and_never_higher(booking):
    booking.branch.earnest_limit_percent = 10
    booking.branch.save()
    with pytest.raises(NotPayable):
        pay(booking, "600", kind="earnest")
    booking.branch.earnest_limit_percent = 21
    with pytest.raises(IntegrityError), transaction.atomic():
        booking.branch.save()


def test_f6_reversed_earnest_money_may_be_taken_again(booking, shop):
    first = pay(booking, "1199.80", kind="earnest", method="card")
    reverse(first, why="刷错卡", by=shop.manager, now=booking.created_at)
    pay(booking, "1199.80", kind="earnest")


@pytest.mark.parametrize(
    "amount",
    ["NaN", "sNaN", "Infinity", "-Infinity", "-1", "0", "-0", "0.001", "1.999", "1e9", "1e999", "1e-9"],
)
def test_what_is_no_amount_is_refused_with_a_sentence(booking, amount):
    with pytest.raises(NotPayable) as refused:
        pay(booking, amount)
    assert refused.value.field == "amount"
    assert refused.value.messages[0]
    assert not booking.payments.exists()


def test_money_is_never_a_float(booking):
    with pytest.raises(TypeError):
        take_payment(
            booking, kind="balance", method="cash", amount=0.1, by=booking.sold_by, now=booking.created_at
        )


def test_an_unknown_kind_or_method_is_refused(booking):
    for wrong in ({"kind": "reversal"}, {"kind": "gift"}, {"method": "cheque"}):
        with pytest.raises(NotPayable):
            pay(booking, "10", **wrong)


def test_no_money_for_an_order_that_is_not_open(booking):
    Booking.objects.filter(pk=booking.pk).update(state="cancelled")
    with pytest.raises(NotPayable):
        pay(booking, "10")


def test_money_is_neither_edited_nor_deleted(booking):
    payment = pay(booking, "100")
    for change in (
        lambda: Payment.objects.filter(pk=payment.pk).update(amount=1),
        lambda: Payment.objects.filter(pk=payment.pk)._raw_delete("default"),
        lambda: Receipt.objects.filter(payments=payment).update(number=77),
    ):
        with pytest.raises(ProgrammingError, match="Cannot update or delete"), transaction.atomic():
            change()


def test_a_reversal_is_a_row_of_its_own_with_a_reason(booking, shop):
    payment = pay(booking, "100")
    with pytest.raises(NotPayable):
        reverse(payment, why=" ", by=shop.manager, now=booking.created_at)
    back = reverse(payment, why="客人改用转账", by=shop.manager, now=booking.created_at)
    assert (back.amount, back.reverses, str(back.receipt)) == (Decimal("-100.00"), payment, "2026-000002")
    assert balance(booking) == Decimal("5999.00")
    assert reverse(payment, why="again", by=shop.manager, now=booking.created_at) == back
    with pytest.raises(NotPayable):
        reverse(back, why="x", by=shop.manager, now=booking.created_at)
    assert "客人" not in str(booking.events.values())


def test_the_money_of_a_cancelled_order_can_be_given_back_and_of_a_closed_one_not(booking, shop):
    payment = pay(booking, "100")
    Booking.objects.filter(pk=booking.pk).update(state="closed")
    with pytest.raises(NotPayable):
        reverse(payment, why="x", by=shop.manager, now=booking.created_at)
    Booking.objects.filter(pk=booking.pk).update(state="cancelled")
    reverse(payment, why="x", by=shop.manager, now=booking.created_at)


def test_receipts_begin_anew_with_the_branchs_own_year(sale):
    """At 16:30 UTC on the last day of the year it is next year in Shanghai."""
    booking = sale.sell()
    late = datetime(2026, 12, 31, 15, 30, tzinfo=UTC)
    assert str(pay(booking, "1", now=late).receipt) == "2026-000001"
    assert str(pay(booking, "1", now=late + timedelta(hours=1)).receipt) == "2027-000001"


def test_a_number_is_only_drawn_inside_the_transaction_that_uses_it(booking, monkeypatch):
    from bookings import counters

    class Outside:
        in_atomic_block = False

    monkeypatch.setattr(counters, "connection", Outside)
    with pytest.raises(transaction.TransactionManagementError):
        next_number(booking.branch, "receipt-2026")


def test_a_payment_that_fails_gives_its_number_back(booking):
    pay(booking, "1")
    with pytest.raises(RuntimeError), transaction.atomic():
        pay(booking, "1")
        raise RuntimeError
    assert str(pay(booking, "1").receipt) == "2026-000002"


# --- Several parts, several payers ---------------------------------------------------------------------
def together(booking, *parts, **more):
    money = [Money(kind, method, Decimal(amount)) for kind, method, amount in parts]
    return take(booking, money, by=booking.sold_by, now=booking.created_at, **more)


def test_one_sum_by_several_methods_is_one_receipt_in_one_shift(booking):
    receipt = together(booking, ("balance", "cash", "3000"), ("balance", "card", "2999"))
    assert str(receipt) == "2026-000001"
    assert [row.method for row in receipt.payments.order_by("id")] == ["cash", "card"]
    assert {row.shift for row in receipt.payments.all()} == {CashShift.objects.get()}
    assert balance(booking) == 0
    assert booking.events.filter(kind="paid").count() == 1


def test_parts_together_never_exceed_what_is_due_and_none_is_taken_then(booking):
    with pytest.raises(NotPayable, match=r"5,999"):
        together(booking, ("balance", "cash", "3000"), ("balance", "card", "2999.01"))
    assert not Payment.objects.exists()
    assert not Receipt.objects.exists()
    assert str(together(booking, ("balance", "cash", "1"))) == "2026-000001"


def test_f6_earnest_money_in_parts_is_the_same_money(booking):
    with pytest.raises(NotPayable):
        together(booking, ("earnest", "cash", "1000"), ("earnest", "card", "199.81"))
    together(booking, ("earnest", "cash", "1199.80"), ("prepayment", "card", "500"))


@pytest.mark.parametrize("parts", [[], [("balance", "cash", "1")] * 7])
def test_a_receipt_has_a_few_parts(booking, parts):
    with pytest.raises(NotPayable):
        together(booking, *parts)


def test_who_pays_is_of_this_order(booking, sale):
    father = payer_of(booking, name=" 张建国 ")
    assert payer_of(booking, name="张建国") == father
    member = booking.customer.members.get(name="李娜")
    assert payer_of(booking, member=member).member == member
    assert payer_of(booking) is None
    assert together(booking, ("balance", "cash", "5"), payer=father).payments.get().payer == father
    with pytest.raises(NotPayable):
        together(sale.sell(), ("balance", "cash", "5"), payer=father)


def test_a_stranger_is_no_member_of_the_party(booking, sale):
    stranger = sale.customer(name="别人").members.first()
    assert payer_of(booking, member=stranger) is None


# --- Given back --------------------------------------------------------------------------------------------
def back(payment, amount, by, **more):
    given = {"amount": Decimal(amount), "why": "多收", "by": by, "now": payment.at}
    return refund(payment, **given | more)


def test_it_goes_back_in_parts_to_who_paid_and_never_more_than_came(booking, shop):
    father = payer_of(booking, name="张建国")
    came = together(booking, ("prepayment", "card", "1000"), payer=father).payments.get()
    first = back(came, "400", shop.manager)
    assert (first.method, first.payer, first.receipt.payer) == ("card", father, father)
    with pytest.raises(NotPayable, match="600"):
        back(came, "600.01", shop.manager)
    back(came, "600", shop.manager)
    assert balance(booking) == Decimal("5999.00")
    with pytest.raises(NotPayable):
        back(came, "0.01", shop.manager)


def test_who_gives_back_what(booking, shop):
    price = pay(booking, "100")
    gown = pay(booking, "100", kind="security")
    for person in (shop.owner, shop.cashier, shop.artist, shop.neighbour):
        with pytest.raises(NotPayable):
            back(price, "1", person)
    for person in (shop.artist, shop.neighbour, shop.administrator):
        with pytest.raises(NotPayable):
            back(gown, "1", person)
    back(gown, "1", shop.cashier)
    with pytest.raises(NotPayable) as refused:
        back(gown, "1", shop.cashier, method="card")
    assert refused.value.field == "method"
    back(gown, "1", shop.manager, method="card")


@pytest.mark.parametrize("wrong", [{"why": " "}, {"method": "held"}, {"method": "cheque"}])
def test_a_refund_has_a_reason_a_way_and_an_amount(booking, shop, wrong):
    payment = pay(booking, "100")
    with pytest.raises(NotPayable):
        back(payment, "1", shop.manager, **wrong)
    with pytest.raises(NotPayable):
        back(payment, "-1", shop.manager)
    assert Payment.objects.count() == 1


def test_what_went_back_is_not_given_back_or_reversed_with_its_payment(booking, shop):
    payment = pay(booking, "100")
    given = back(payment, "40", shop.manager)
    with pytest.raises(NotPayable):
        back(given, "1", shop.manager)
    with pytest.raises(NotPayable):
        reverse(payment, why="x", by=shop.manager, now=payment.at)
    reverse(given, why="退错人", by=shop.manager, now=payment.at)
    assert balance(booking) == Decimal("5899.00")
    reverse(payment, why="x", by=shop.manager, now=payment.at)
    assert balance(booking) == Decimal("5999.00")


def test_f6_earnest_money_given_back_may_be_taken_again(booking, shop):
    came = pay(booking, "1199.80", kind="earnest")
    back(came, "199.80", shop.manager)
    with pytest.raises(NotPayable):
        pay(booking, "199.81", kind="earnest")
    pay(booking, "199.80", kind="earnest")


def test_a_closed_order_gives_back_only_what_was_credited(booking, shop):
    payment = pay(booking, "5999", kind="balance")
    Booking.objects.filter(pk=booking.pk).update(state="closed")
    with pytest.raises(NotPayable):
        back(payment, "1", shop.manager)
    lines = [("credit", {"en": "Credit"}, Decimal("-200"))]
    credit_notes.issue(booking, lines=lines, why="相册换货", by=shop.manager, now=payment.at)
    with pytest.raises(NotPayable):
        back(payment, "200.01", shop.manager)
    back(payment, "200", shop.manager)
    assert balance(booking) == 0
