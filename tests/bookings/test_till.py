"""Money: taken, receipted, reversed (F6)."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from django.db.utils import ProgrammingError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bookings.models import Booking, Payment, PriceLine, Receipt
from bookings.till import NotPayable, balance, next_number, reverse, take_payment


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


amounts = st.decimals(min_value=Decimal("0.01"), max_value=Decimal("3000"), places=2)
steps = st.lists(
    st.one_of(
        st.tuples(st.just("pay"), amounts),
        st.tuples(st.just("line"), st.decimals(min_value=-500, max_value=3000, places=2)),
        st.tuples(st.just("reverse"), st.integers(0, 20)),
    ),
    max_size=12,
)


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    derandomize=True,
)
@given(steps=steps)
def test_lines_less_payments_is_the_balance_whatever_happens(sale, steps):
    booking = sale.sell()
    lines, paid, taken = [Decimal("5999.00")], [], []
    for what, value in steps:
        if what == "line":
            PriceLine.objects.create(booking=booking, label={"en": "Extra"}, amount=value)
            lines.append(value)
        elif what == "pay":
            try:
                taken.append(pay(booking, value))
                paid.append(value)
            except NotPayable:
                assert value > sum(lines) - sum(paid)
        elif taken:
            payment = taken.pop(value % len(taken))
            reverse(payment, why="x", by=booking.sold_by, now=booking.created_at)
            paid.append(-payment.amount)
    left = balance(booking)
    assert isinstance(left, Decimal)
    assert left == sum(lines) - sum(paid)
    row = Booking.objects.with_money().get(pk=booking.pk)
    assert (row.total, row.paid, row.balance) == (sum(lines), sum(paid, Decimal(0)), left)
    numbers = list(
        Receipt.objects.filter(branch=booking.branch).order_by("number").values_list("number", flat=True)
    )
    assert numbers == list(range(1, len(numbers) + 1))
