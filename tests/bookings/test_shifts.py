"""The cash drawer by shifts: float, count, difference and reason, and the hand-over to the next."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, InternalError, transaction
from django.db.utils import ProgrammingError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bookings import shifts, takings
from bookings.models import CashMovement, CashShift, Payment, ShiftCount
from bookings.shifts import NotCounted
from bookings.till import reverse, take_payment
from tests.bookings.together import together

HOUR = timedelta(hours=1)


def D(text):
    return Decimal(text)


@pytest.fixture
def pay(sale, shop):
    booking = sale.sell()

    def pay(amount, method="cash", **fields):
        given = {"kind": "prepayment", "by": shop.cashier, "now": sale.now} | fields
        return take_payment(booking, method=method, amount=D(amount), **given)

    return pay


@pytest.fixture
def shift(shop, now):
    return shifts.open_shift(shop.branch, float_counted=D("0"), by=shop.cashier, now=now)


def opened(shop, now, counted="0", why="", by=None):
    return shifts.open_shift(shop.branch, float_counted=D(counted), why=why, by=by or shop.cashier, now=now)


def close(shift, now, cash, left="0", by=None, whys=None, counts=None, **fields):
    return shifts.close(
        shift,
        counts={"cash": D(cash)} | (counts or {}),
        whys=whys or {},
        left_in_drawer=D(left),
        by=by or shift.opened_by,
        now=now,
        **fields,
    )


def expected(shift):
    return {one.method: one.expected for one in takings.of_shift(shift)}


# --- The open one ---------------------------------------------------------------------------
def test_the_first_payment_of_a_shop_opens_its_first_shift(pay, shop):
    payment = pay("100")
    assert payment.shift.number == 1
    assert (payment.shift.opened_by, payment.shift.float_counted) == (shop.cashier, None)
    assert pay("50", "wechat").shift == payment.shift


def test_the_next_shift_opens_by_itself_with_what_the_last_one_left(pay, shop, now):
    first = pay("800").shift
    close(first, now + HOUR, "800", left="300")
    second = pay("20", now=now + 2 * HOUR).shift
    assert (second.number, second.after, second.float_expected) == (2, first, D("300.00"))
    assert expected(second)["cash"] == D("320.00")


@pytest.mark.django_db(transaction=True)
def test_a_shift_is_only_asked_for_inside_a_transaction(shop, now):
    with pytest.raises(transaction.TransactionManagementError):
        shifts.current(shop.branch, by=shop.cashier, now=now)


def test_each_branch_has_a_drawer_of_its_own(shop, now):
    here = shifts.current(shop.branch, by=shop.cashier, now=now)
    there = shifts.current(shop.other_branch, by=shop.neighbour, now=now)
    assert here != there
    assert (here.number, there.number) == (1, 1)


def test_the_database_lets_only_one_shift_be_open(shift):
    with pytest.raises(IntegrityError), transaction.atomic():
        CashShift.objects.create(branch=shift.branch, number=9, opened_by=shift.opened_by)


# --- Taking over ----------------------------------------------------------------------------
def test_who_takes_over_counts_the_float_and_a_difference_needs_a_reason(shop, now):
    first = opened(shop, now, "200", why="下午茶的零钱")
    close(first, now + HOUR, "200", left="200")
    with pytest.raises(NotCounted, match="200") as refused:
        opened(shop, now + 2 * HOUR, "180", by=shop.owner)
    assert refused.value.field == "why"
    second = opened(shop, now + 2 * HOUR, "180", why="少了两张十元", by=shop.owner)
    assert (second.float_counted, second.float_why) == (D("180"), "少了两张十元")
    assert (second.after, second.float_difference, second.opened_by) == (first, D("-20"), shop.owner)


def test_what_came_in_before_the_float_was_counted_is_not_a_difference(pay, shop, now):
    first = opened(shop, now)
    close(first, now + HOUR, "0", left="0")
    second = pay("150", now=now + 2 * HOUR).shift
    shifts.move_cash(
        second, kind="expense", amount=D("-30"), why="快递费", by=shop.cashier, now=now + 2 * HOUR
    )
    second = shifts.take_over(second, counted=D("120"), by=shop.owner, now=now + 3 * HOUR)
    assert (second.float_counted, second.float_difference, second.float_why) == (D("0"), D("0"), "")
    assert expected(second)["cash"] == D("120.00")


def test_pressing_take_over_twice_is_harmless_and_a_second_person_is_told(shop, now):
    shift = opened(shop, now)
    assert shifts.take_over(shift, counted=D("0"), by=shop.cashier, now=now) == shift
    with pytest.raises(NotCounted, match=r"郑洁"):
        shifts.take_over(shift, counted=D("0"), by=shop.owner, now=now)


def test_the_very_first_float_is_whatever_is_there(shop, now):
    first = opened(shop, now, "300")
    assert (first.float_expected, first.float_counted, first.float_difference) == (D("300"), D("300"), D("0"))


def test_a_reason_without_a_difference_is_not_kept(shop, now):
    assert opened(shop, now, "0", why="？").float_why == ""


# --- Cash that belongs to no order ----------------------------------------------------------
def test_change_banked_money_and_small_expenses_move_what_must_be_there(shift, shop, now):
    for kind, amount in [("float", "500"), ("expense", "-35.50"), ("banked", "-400"), ("other", "0.5")]:
        shifts.move_cash(shift, kind=kind, amount=D(amount), why="原因", by=shop.cashier, now=now)
    assert expected(shift)["cash"] == D("65.00")


@pytest.mark.parametrize(
    ("kind", "amount", "why", "field"),
    [
        ("banked", "100", "存行", "amount"),
        ("expense", "0", "快递", "amount"),
        ("float", "-5", "零钱", "amount"),
        ("float", "NaN", "零钱", "amount"),
        ("float", "1e20", "零钱", "amount"),
        ("float", "0.001", "零钱", "amount"),
        ("float", "5", "  ", "why"),
        ("gift", "5", "零钱", "kind"),
        ("banked", "-0.01", "存行", "amount"),  # nothing is in the drawer
    ],
)
def test_what_can_not_move_is_refused_at_its_field(shift, shop, now, kind, amount, why, field):
    with pytest.raises(NotCounted) as refused:
        shifts.move_cash(shift, kind=kind, amount=D(amount), why=why, by=shop.cashier, now=now)
    assert refused.value.field == field
    assert not CashMovement.objects.exists()


def test_money_is_never_a_float(shift, shop, now):
    with pytest.raises(TypeError):
        shifts.move_cash(shift, kind="float", amount=1.5, why="x", by=shop.cashier, now=now)


# --- Cashing up -----------------------------------------------------------------------------
def test_each_method_is_counted_beside_what_the_books_say(pay, shop, now):
    shift = pay("100").shift
    pay("250", "card")
    wrong = pay("40", "wechat")
    reverse(wrong, why="收错", by=shop.manager, now=now)
    assert expected(shift) == {
        "cash": D("100.00"),
        "card": D("250.00"),
        "wechat": D("0.00"),
        "transfer": D("0"),
        "alipay": D("0"),
    }
    close(shift, now + HOUR, "100", counts={"card": D("250"), "wechat": D("0")})
    rows = ShiftCount.objects.filter(shift=shift).values_list("method", "expected", "counted")
    assert set(rows) == {
        ("cash", D("100.00"), D("100.00")),
        ("card", D("250.00"), D("250.00")),
        ("wechat", D("0.00"), D("0.00")),
    }


def test_what_was_used_must_be_counted(pay, now):
    shift = pay("250", "card").shift
    with pytest.raises(NotCounted) as refused:
        close(shift, now, "0")
    assert refused.value.field == "counted_card"
    assert not ShiftCount.objects.exists()


def test_a_difference_needs_a_reason_and_stays(pay, now):
    shift = pay("100").shift
    with pytest.raises(NotCounted, match="100") as refused:
        close(shift, now, "90")
    assert refused.value.field == "why_cash"
    shift = close(shift, now, "90", whys={"cash": "找错零钱"})
    count = shift.counts.get()
    assert (count.difference, count.why) == (D("-10"), "找错零钱")
    assert list(takings.differing(CashShift.objects.all())) == [shift]


def test_money_that_came_in_while_somebody_counted_is_told(pay, now):
    shift = pay("100").shift
    seen = takings.entries(shift)
    pay("20")
    with pytest.raises(NotCounted, match="while you counted"):
        close(shift, now, "100", seen=seen, whys={"cash": "?"})
    assert close(shift, now, "120", seen=takings.entries(shift)).closed_at


@pytest.mark.parametrize("left", ["100.01", "-1", "NaN"])
def test_no_more_stays_in_the_drawer_than_was_counted(pay, now, left):
    with pytest.raises(NotCounted) as refused:
        close(pay("100").shift, now, "100", left=left)
    assert refused.value.field == "left_in_drawer"


def test_the_drawer_is_handed_to_somebody_who_takes_money_here(shift, shop, now):
    for nobody in (shop.artist, shop.neighbour, shop.administrator):
        with pytest.raises(NotCounted) as refused:
            close(shift, now, "0", handed_to=nobody)
        assert refused.value.field == "handed_to"
    assert close(shift, now, "0", handed_to=shop.owner).handed_to == shop.owner


def test_cashing_up_twice_is_harmless_and_a_second_person_is_told(shift, shop, now):
    closed = close(shift, now, "0")
    assert close(shift, now + HOUR, "5", whys={"cash": "x"}).closed_at == closed.closed_at
    with pytest.raises(NotCounted, match=r"郑洁"):
        close(shift, now, "0", by=shop.owner)


def test_a_closed_shift_never_changes_and_takes_nothing_more(pay, shop, now):
    payment = pay("100")
    shift = close(payment.shift, now, "100")
    for change in (
        lambda: CashShift.objects.filter(pk=shift.pk).update(note="x"),
        lambda: CashShift.objects.filter(pk=shift.pk).delete(),
        lambda: ShiftCount.objects.filter(shift=shift).update(why="x"),
    ):
        with pytest.raises((InternalError, ProgrammingError, IntegrityError)), transaction.atomic():
            change()
    with pytest.raises(NotCounted):
        shifts.move_cash(shift, kind="float", amount=D("5"), why="x", by=shop.cashier, now=now)
    with pytest.raises(NotCounted):
        shifts.take_over(shift, counted=D("0"), by=shop.cashier, now=now)
    with pytest.raises(IntegrityError, match="cash shift"), transaction.atomic():
        CashMovement.objects.create(shift=shift, kind="other", amount=1, why="x", by=shop.cashier)
    with pytest.raises(IntegrityError, match="cash shift"), transaction.atomic():
        Payment.objects.create(
            booking=payment.booking,
            receipt=payment.receipt,
            kind="balance",
            method="cash",
            amount=1,
            shift=shift,
            by=shop.cashier,
        )


def test_money_from_before_there_were_shifts_is_known(shop, sale, pay, now):
    assert not takings.before_shifts(shop.branch)
    payment = pay("10")
    Payment.objects.create(
        booking=payment.booking,
        receipt=payment.receipt,
        kind="balance",
        method="cash",
        amount=1,
        by=shop.cashier,
    )
    assert takings.before_shifts(shop.branch)
    assert not takings.before_shifts(shop.other_branch)


# --- Whose work it is -----------------------------------------------------------------------
def wanted(shop, now, *people):
    return [(what, found.number) for what, found in takings.waiting(list(people), shop.branch, now)]


def test_a_drawer_left_open_over_night_is_on_today(shift, shop, now):
    assert wanted(shop, now + 9 * HOUR, shop.owner) == []
    assert wanted(shop, now + 13 * HOUR, shop.owner) == [("old", 1)]


def test_who_was_handed_the_drawer_counts_it_and_who_left_it_hears_of_a_difference(shift, shop, now):
    close(shift, now, "0", handed_to=shop.owner)
    assert wanted(shop, now, shop.owner) == [("handed", 1)]
    assert wanted(shop, now, shop.colleague) == []
    opened(shop, now + HOUR, "1", why="多了一元", by=shop.owner)
    assert wanted(shop, now + HOUR, shop.owner) == []
    assert wanted(shop, now + HOUR, shop.cashier) == [("differs", 2)]


# --- Many hands -----------------------------------------------------------------------------
@pytest.mark.django_db(transaction=True)
def test_payments_in_the_second_of_closing_land_in_this_shift_or_the_next(sale, shop):
    bookings = [sale.sell() for _ in range(10)]
    first = opened(shop, sale.now)

    def pay(booking):
        return take_payment(
            booking, kind="prepayment", method="cash", amount=D("10"), by=shop.cashier, now=sale.now
        )

    def cash_up():
        seen = CashShift.objects.get(pk=first.pk)
        return close(seen, sale.now, "0", whys={"cash": "同时收款"})

    acts = [*(lambda booking=booking: pay(booking) for booking in bookings), cash_up]
    answers = together(acts)
    assert all(isinstance(a, Payment | CashShift) for a in answers), answers
    first.refresh_from_db()
    assert not first.is_open
    assert first.counts.get(method="cash").expected == 10 * first.payments.count()
    assert Payment.objects.filter(shift__isnull=True).count() == 0
    rest = Payment.objects.exclude(shift=first)
    assert {p.shift.number for p in rest.select_related("shift")} <= {2}
    assert first.payments.count() + rest.count() == 10


@pytest.mark.django_db(transaction=True)
def test_of_many_who_open_the_drawer_or_take_money_there_is_one_shift(sale, shop):
    bookings = [sale.sell() for _ in range(6)]

    def pay(booking):
        return take_payment(
            booking, kind="prepayment", method="cash", amount=D("10"), by=shop.cashier, now=sale.now
        )

    answers = together(
        [
            *(lambda booking=booking: pay(booking) for booking in bookings),
            *(
                lambda by=by: opened(shop, sale.now, "0", why="x", by=by)
                for by in (shop.owner, shop.colleague)
            ),
        ]
    )
    assert not [a for a in answers if not isinstance(a, Payment | CashShift | NotCounted)], answers
    shift = CashShift.objects.get()
    assert shift.payments.count() == 6


# --- Against a drawer of wood -----------------------------------------------------------------
acts = st.lists(
    st.one_of(
        st.tuples(st.just("pay"), st.sampled_from(["cash", "card"]), st.integers(1, 300)),
        st.tuples(st.just("back"), st.just(""), st.integers(0, 20)),
        st.tuples(st.just("move"), st.sampled_from(["float", "banked"]), st.integers(1, 200)),
        st.tuples(st.just("count"), st.just(""), st.integers(-30, 30)),
        st.tuples(st.just("close"), st.just(""), st.integers(-20, 20)),
    ),
    max_size=25,
)


@settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(acts=acts)
def test_any_day_at_the_till_adds_up_as_a_wooden_drawer_does(sale, shop, acts):
    """`drawer` is the cash that is really there; every difference between it and the books was counted,
    explained and kept, and nothing is lost from one shift to the next."""
    with transaction.atomic():
        a_day_at_the_till(sale, shop, acts)
        transaction.set_rollback(True)


def drawer_float(shift, drawer):
    """What the count leaves for the float once what came since the opening is taken off: the very first one
    begins with whatever is there, and only less than nothing has to be explained."""
    return drawer - (takings.cash_since(shift) if shift else D("0"))


def a_day_at_the_till(sale, shop, acts):
    booking = sale.sell(sale.customer(phone=False))
    drawer, card, taken = D("0"), D("0"), []
    explained = D("0")
    for what, how, size in acts:
        amount = D(size)
        shift = CashShift.objects.open().first()
        if what == "pay":
            if amount > 5999 - sum(p.amount for p in taken):
                continue
            paid = take_payment(
                booking, kind="prepayment", method=how, amount=amount, by=shop.cashier, now=sale.now
            )
            taken.append(paid)
            drawer, card = (drawer + amount, card) if how == "cash" else (drawer, card + amount)
        elif what == "back" and taken:
            if taken[size % len(taken)].method == "cash" and taken[size % len(taken)].amount > drawer:
                continue
            paid = taken.pop(size % len(taken))
            reverse(paid, why="x", by=shop.manager, now=sale.now)
            if paid.method == "cash":
                drawer -= paid.amount
            else:
                card -= paid.amount
        elif what == "move" and shift:
            signed = amount if how == "float" else -amount
            if takings.cash_in(shift) + signed < 0:
                with pytest.raises(NotCounted):
                    shifts.move_cash(shift, kind=how, amount=signed, why="x", by=shop.cashier, now=sale.now)
                continue
            shifts.move_cash(shift, kind=how, amount=signed, why="x", by=shop.cashier, now=sale.now)
            drawer += signed
        elif what == "count" and drawer + amount >= 0 and (shift is None or shift.float_counted is None):
            drawer += amount
            explained += (
                amount
                if CashShift.objects.exclude(closed_at=None).exists()
                else min(drawer_float(shift, drawer), D("0"))
            )
            opened(shop, sale.now, str(drawer), why="x")
        elif what == "close" and shift and drawer + amount >= 0:
            explained += amount
            drawer += amount
            left = min(drawer, D("50"))
            close(shift, sale.now, str(drawer), left=str(left), counts={"card": card}, whys={"cash": "x"})
            drawer, card = left, D("0")
    differences = sum(shift.float_difference for shift in CashShift.objects.all())
    counted = sum(count.difference for count in ShiftCount.objects.all())
    shift = CashShift.objects.open().first()
    last = shift or CashShift.objects.order_by("-number").first()
    if last:
        assert (takings.cash_in(last) if shift else last.left_in_drawer) == drawer
    assert differences + counted == explained
    numbers = list(CashShift.objects.order_by("number").values_list("number", flat=True))
    assert numbers == list(range(1, len(numbers) + 1))
