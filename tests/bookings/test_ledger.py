"""Whatever is done in whatever order, the books add up: beside plain Python, and under many hands."""

from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bookings import credit_notes, ledger, securities, settlement, till
from bookings.models import Booking, CreditNote, LineKind, Payment, PriceLine, Receipt
from bookings.models.money import Counter
from bookings.till import Money, NotPayable
from tests.bookings.books import Books, Refused
from tests.bookings.together import together

LABEL = {"en": "Extra", "zh-hans": "加选", "zh-hant": "加選"}
amounts = st.decimals(min_value=Decimal("0.01"), max_value=Decimal("3000"), places=2)
parts = st.lists(
    st.tuples(
        st.sampled_from(["earnest", "prepayment", "balance", "balance"]),
        st.sampled_from(["cash", "card", "wechat"]),
        amounts,
    ),
    min_size=1,
    max_size=3,
)
steps = st.lists(
    st.one_of(
        st.tuples(st.just("pay"), parts),
        st.tuples(
            st.just("pay"),
            st.lists(st.tuples(st.just("security"), st.just("cash"), amounts), min_size=1, max_size=2),
        ),
        st.tuples(st.just("line"), amounts),
        st.tuples(st.just("refund"), st.integers(0, 9), amounts),
        st.tuples(st.just("reverse"), st.integers(0, 9)),
        st.tuples(st.just("damage"), amounts),
        st.tuples(st.just("lift"), st.integers(0, 9)),
        st.tuples(st.just("credit"), amounts),
        st.tuples(st.just("return")),
        st.tuples(
            st.just("call_off"),
            st.sampled_from(["customer", "house", "neither"]),
            amounts | st.just(Decimal(0)),
        ),
    ),
    max_size=14,
)


class Desk:
    """Does each step twice: in the books of the studio, and in those of plain Python."""

    def __init__(self, sale):
        self.sale, self.by, self.now = sale, sale.shop.manager, sale.now
        self.booking = sale.sell()
        self.books = Books(Decimal("5999.00"))
        self.coins, self.damages = [], []

    @property
    def given(self):
        return {"by": self.by, "now": self.now}

    def do(self, step):
        what, *rest = step
        theirs, ours = getattr(self, what)(*rest) or (None, None)
        if theirs is None:
            return
        try:
            done = ours()
        except NotPayable:
            with pytest.raises(Refused):
                theirs()
        else:
            try:
                theirs()
            except Refused as error:
                raise AssertionError(f"{step} was done and can't be") from error
            self.keep(what, done)

    def keep(self, what, done):
        if what == "pay":
            coins = self.books.coins[-done.payments.count() :]
            self.coins += zip(done.payments.order_by("id"), coins, strict=True)
        elif what == "damage":
            self.damages.append((done, self.books.damages[-1]))

    def pay(self, parts):
        money = [Money(*part) for part in parts]
        return (
            lambda: self.books.pay([(kind, amount) for kind, _method, amount in parts]),
            lambda: till.take(self.booking, money, **self.given),
        )

    def line(self, amount):
        if self.books.is_open:
            PriceLine.objects.create(booking=self.booking, kind="add_on", label=LABEL, amount=amount)
            self.books.line(amount)

    def refund(self, place, amount):
        if not self.coins:
            return None
        payment, coin = self.coins[place % len(self.coins)]
        return (
            lambda: self.books.refund(coin, amount),
            lambda: till.refund(payment, amount=amount, why="x", **self.given),
        )

    def reverse(self, place):
        if not self.coins:
            return None
        payment, coin = self.coins[place % len(self.coins)]
        return (lambda: self.books.reverse(coin), lambda: till.reverse(payment, why="x", **self.given))

    def damage(self, amount):
        return (
            lambda: self.books.charge(amount),
            lambda: securities.charge_damage(self.booking, label=LABEL, amount=amount, **self.given),
        )

    def lift(self, place):
        if not self.damages:
            return None
        line, damage = self.damages[place % len(self.damages)]
        return (
            lambda: self.books.lift(damage),
            lambda: securities.lift_damage(line, why="x", **self.given),
        )

    def credit(self, amount):
        lines = [(LineKind.CREDIT, LABEL, -amount)]
        return (
            lambda: self.books.credit(amount),
            lambda: credit_notes.issue(self.booking, lines=lines, why="x", **self.given),
        )

    def call_off(self, fault, kept):
        if not self.books.is_open:
            return None
        return (
            lambda: self.books.call_off(fault, kept),
            lambda: settlement.call_off(self.booking, fault=fault, why="x", kept=kept, **self.given),
        )

    def check(self):
        row = Booking.objects.with_money().get(pk=self.booking.pk)
        books = self.books
        assert (row.total, row.paid, row.secured) == (books.total, books.paid, books.secured)
        assert row.balance == books.balance
        entries = ledger.statement(self.booking)
        assert (entries[-1].balance, entries[-1].secured) == (books.balance, books.secured)
        assert ledger.check(self.sale.shop.branch) == []
        for model, count in ((Receipt, books.receipts), (CreditNote, books.notes)):
            numbers = model.objects.filter(booking=self.booking).count()
            assert numbers == count, model
        if not books.is_open:
            assert row.balance == 0
            assert row.state == Booking.State.CANCELLED


setattr(
    Desk,
    "return",
    lambda self: (
        self.books.return_security,
        lambda: securities.return_all(self.booking, why="x", **self.given),
    ),
)


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    derandomize=True,
)
@given(steps=steps)
def test_the_books_are_those_of_plain_python_whatever_happens(sale, steps):
    desk = Desk(sale)
    for step in steps:
        desk.do(step)
    desk.check()


# --- Under many hands ----------------------------------------------------------------------------------
@pytest.mark.django_db(transaction=True)
def test_twelve_hands_at_one_till_leave_no_gap_and_no_cent(sale):
    """Payments, refunds, reversals, security, damage, credit and an order called off, all at once on three
    orders: who is refused leaves no trace."""
    given = {"by": sale.shop.manager, "now": sale.now}
    first, second, third = (sale.sell() for _ in range(3))
    came = till.take(first, [Money("balance", "cash", Decimal("3000"))], **given).payments.get()
    till.take(second, [Money("security", "card", Decimal("500"))], **given)
    till.take(third, [Money("earnest", "wechat", Decimal("1000"))], **given)

    def pay(booking, amount):
        half = Decimal(amount) / 2
        return till.take(booking, [Money("balance", "cash", half), Money("balance", "card", half)], **given)

    def credit(booking, amount):
        lines = [(LineKind.CREDIT, LABEL, -Decimal(amount))]
        return credit_notes.issue(booking, lines=lines, why="x", **given)

    answers = together(
        [
            lambda: pay(first, "2000"),
            lambda: pay(first, "2000"),
            lambda: till.refund(came, amount=Decimal("2000"), why="x", **given),
            lambda: till.refund(came, amount=Decimal("2000"), why="x", **given),
            lambda: till.reverse(came, why="x", **given),
            lambda: credit(first, "500"),
            lambda: securities.charge_damage(second, label=LABEL, amount=Decimal("300"), **given),
            lambda: securities.charge_damage(second, label=LABEL, amount=Decimal("300"), **given),
            lambda: securities.return_all(second, why="x", **given),
            lambda: pay(third, "4000"),
            lambda: settlement.call_off(third, fault="house", why="x", **given),
            lambda: credit(third, "100"),
        ]
    )
    errors = [one for one in answers if isinstance(one, Exception)]
    assert all(isinstance(one, NotPayable) for one in errors), answers
    assert ledger.check(sale.shop.branch) == []
    numbers = sorted(Receipt.objects.values_list("number", flat=True))
    assert numbers == list(range(1, len(numbers) + 1))
    assert till.balance(third) == 0
    assert not Payment.objects.filter(shift=None).exists()


@pytest.mark.django_db(transaction=True)
def test_of_twelve_refunds_of_one_payment_only_as_many_go_as_it_bears(sale):
    given = {"by": sale.shop.manager, "now": sale.now}
    came = till.take(sale.sell(), [Money("balance", "cash", Decimal("1000"))], **given).payments.get()
    answers = together(
        [lambda: till.refund(came, amount=Decimal("300"), why="x", **given) for _ in range(12)]
    )
    assert sum(isinstance(one, Payment) for one in answers) == 3, answers
    assert all(isinstance(one, Payment | NotPayable) for one in answers)
    assert sum(row.amount for row in Payment.objects.all()) == Decimal("100.00")
    assert ledger.check(sale.shop.branch) == []


# --- The recount finds what is wrong ---------------------------------------------------------------------
def test_the_recount_answers_nothing_where_everything_adds_up(booking):
    out = StringIO()
    call_command("check_money", stdout=out)
    assert "Everything adds up" in out.getvalue()
    call_command("check_money", "sh", stdout=out)
    with pytest.raises(CommandError, match="no such branch"):
        call_command("check_money", "nowhere")


def test_the_recount_finds_a_gap_in_the_numbers(booking, sale):
    till.take(booking, [sale.money("10")], by=sale.shop.owner, now=sale.now)
    Counter.objects.filter(series="receipt-2026").update(last=7)
    till.take(booking, [sale.money("10")], by=sale.shop.owner, now=sale.now)
    errors = StringIO()
    with pytest.raises(CommandError):
        call_command("check_money", stderr=errors)
    assert "receipt 2026 have a gap" in errors.getvalue()


def test_the_recount_finds_a_settled_order_that_still_owes(booking, sale):
    settlement.call_off(booking, fault="neither", why="x", by=sale.shop.manager, now=sale.now)
    PriceLine.objects.create(booking=booking, kind="add_on", label=LABEL, amount=Decimal("1"))
    assert [one.booking for one in ledger.check(sale.shop.branch)] == [booking]


def test_the_database_says_no_first(booking, sale):
    """Whatever a program does: no more goes back than came, and security is not the price."""
    came = till.take(booking, [sale.money("100")], by=sale.shop.manager, now=sale.now).payments.get()
    row = {"booking": booking, "receipt": came.receipt, "method": "cash", "why": "x", "by": sale.shop.manager}
    for wrong in (
        {"kind": "refund", "amount": Decimal("-100.01"), "gives_back": came},
        {"kind": "refund", "amount": Decimal("-1")},
        {"kind": "security", "amount": Decimal("5")},
        {"kind": "prepayment", "amount": Decimal("5"), "account": "security"},
        {"kind": "reversal", "amount": Decimal("-100"), "reverses": came, "why": ""},
        {"kind": "compensation", "amount": Decimal("-1")},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            Payment.objects.create(**row | wrong)


def test_a_statement_runs_in_the_order_of_time(booking, sale):
    given = {"by": sale.shop.manager, "now": sale.now}
    till.take(booking, [Money("security", "cash", Decimal("500"))], **given)
    till.take(booking, [sale.money("1000")], **given)
    securities.charge_damage(booking, label=LABEL, amount=Decimal("200"), **given)
    rows = [(str(entry.balance), str(entry.secured)) for entry in ledger.statement(booking)]
    assert rows[0] == ("5999.00", "0.00")
    assert rows[-1] == ("4999.00", "300.00")
