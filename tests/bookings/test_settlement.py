"""An order that is called off: what becomes of each kind of money held (F6)."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from bookings import ledger, securities, settlement
from bookings.models import Appointment, Booking, Payment, PriceLine, Settlement, WaitingEntry
from bookings.payers import payer_of
from bookings.till import Money, NotPayable, balance, refund, reverse, take
from tests.bookings.together import together


@pytest.fixture
def till(sale):
    """Short ways: pay, call off, and what went back as (payer, method, amount)."""
    return Till(sale)


class Till:
    def __init__(self, sale):
        self.sale, self.booking = sale, sale.sell(shoot=sale.slot())
        self.given = {"by": sale.shop.manager, "now": sale.now}

    def pay(self, kind, amount, method="cash", payer=""):
        name = payer_of(self.booking, name=payer)
        return take(self.booking, [Money(kind, method, Decimal(amount))], payer=name, **self.given)

    def call_off(self, fault="customer", kept="0", **more):
        given = {"fault": fault, "why": "婚期取消", "kept": Decimal(kept)} | self.given | more
        return settlement.call_off(self.booking, **given)

    @property
    def went_back(self):
        rows = self.booking.payments.filter(amount__lt=0, method__in=["cash", "card", "wechat"]).order_by(
            "id"
        )
        return [(str(row.payer or ""), row.method, row.amount) for row in rows]

    @property
    def lines(self):
        return {line.kind: line.amount for line in self.booking.price_lines.exclude(kind="package")}


def test_f6_the_customer_withdraws_and_the_earnest_money_stays(till):
    till.pay("earnest", "1000", "wechat", payer="张伟")
    till.pay("prepayment", "2000", "card", payer="张父")
    till.call_off("customer")
    assert till.went_back == [("张父", "card", Decimal("-2000.00"))]
    assert till.lines == {"credit": Decimal("-5999.00"), "forfeit": Decimal("1000.00")}
    assert balance(till.booking) == 0


def test_f6_the_house_defaults_and_returns_the_earnest_money_double(till):
    till.pay("earnest", "1000", "wechat", payer="张伟")
    till.pay("prepayment", "2000", "card")
    till.call_off("house")
    assert sorted(till.went_back) == [
        ("", "card", Decimal("-2000.00")),
        ("张伟", "wechat", Decimal("-1000.00")),
        ("张伟", "wechat", Decimal("-1000.00")),
    ]
    assert till.lines == {"credit": Decimal("-5999.00"), "compensation": Decimal("-1000.00")}
    assert balance(till.booking) == 0
    assert ledger.check(till.booking.branch) == []


def test_f6_nobodys_fault_and_everything_goes_back(till):
    till.pay("earnest", "1000", "wechat")
    till.pay("balance", "4999", "cash")
    till.call_off("neither")
    assert sorted(till.went_back) == [("", "cash", Decimal("-4999.00")), ("", "wechat", Decimal("-1000.00"))]
    assert (balance(till.booking), till.lines) == (0, {"credit": Decimal("-5999.00")})


@pytest.mark.parametrize("fault", ["customer", "house", "neither"])
def test_f6_security_is_always_returned(till, fault):
    till.pay("security", "800", "cash")
    till.call_off(fault)
    assert till.went_back == [("", "cash", Decimal("-800.00"))]
    assert Booking.objects.with_money().get(pk=till.booking.pk).secured == 0


def test_f6_damage_is_kept_from_security_and_the_rest_of_it_from_what_was_paid(till):
    till.pay("prepayment", "2000", "card")
    till.pay("security", "300", "cash")
    securities.charge_damage(till.booking, label="头纱", amount=Decimal("500"), **till.given)
    till.call_off("neither")
    assert till.went_back == [("", "card", Decimal("-1800.00"))]
    assert balance(till.booking) == 0


def test_damage_that_nothing_covers_is_shown_before_it_is_let_go(till):
    till.pay("security", "300")
    securities.charge_damage(till.booking, label="头纱", amount=Decimal("500"), **till.given)
    assert settlement.preview(till.booking, fault="neither").uncovered == Decimal("200.00")
    till.call_off("neither")
    assert (till.went_back, balance(till.booking)) == ([], 0)


def test_what_was_done_already_is_paid_from_what_is_held_and_no_further(till):
    till.pay("earnest", "1000", "wechat")
    till.pay("prepayment", "2000", "card")
    with pytest.raises(NotPayable, match=r"2,000") as refused:
        till.call_off("customer", kept="2000.01")
    assert refused.value.field == "kept"
    till.call_off("customer", kept="1500")
    assert till.went_back == [("", "card", Decimal("-500.00"))]
    assert till.lines["kept"] == Decimal("1500.00")


def test_the_house_keeps_nothing_of_the_earnest_money(till):
    till.pay("earnest", "1000")
    with pytest.raises(NotPayable):
        till.call_off("house", kept="0.01")


def test_an_order_without_money_is_called_off_too(till):
    till.call_off()
    assert (till.went_back, balance(till.booking), till.lines) == ([], 0, {"credit": Decimal("-5999.00")})


def test_everything_that_is_shown_before_is_what_happens(till):
    till.pay("earnest", "1000", "wechat")
    till.pay("prepayment", "2000", "card")
    till.pay("security", "300", "cash")
    plan = settlement.preview(till.booking, fault="house")
    assert not Payment.objects.filter(amount__lt=0).exists(), "a look changes nothing"
    till.call_off("house", seen=plan.seen)
    assert sum(amount for _payer, _method, amount in till.went_back) == -plan.gives_back
    row = Booking.objects.with_money().get(pk=till.booking.pk)
    assert (row.total, row.balance) == (plan.price_after, 0)


def test_what_was_paid_since_the_look_makes_them_look_again(till):
    plan = settlement.preview(till.booking, fault="customer")
    till.pay("prepayment", "100")
    with pytest.raises(NotPayable) as refused:
        till.call_off(seen=plan.seen)
    assert refused.value.field == "seen"
    assert not Settlement.objects.exists()


def test_its_dates_are_called_off_and_what_was_held_is_free(till, sale):
    till.call_off()
    assert [row.state for row in till.booking.appointments.all()] == ["cancelled"]
    sale.make(sale.slot(), kind="shoot")  # the same team at the same time


def test_only_a_manager_and_only_with_a_reason(till, sale):
    for change in ({"by": sale.shop.owner}, {"by": sale.shop.neighbour}, {"why": "  "}, {"fault": "weather"}):
        with pytest.raises(NotPayable):
            till.call_off(**change)
    assert Booking.objects.get(pk=till.booking.pk).is_open
    assert Appointment.objects.planned().exists()


def test_a_second_press_changes_nothing(till):
    till.pay("prepayment", "100")
    first = till.call_off()
    papers = Payment.objects.count(), PriceLine.objects.count()
    assert till.call_off("house") == first
    assert (Payment.objects.count(), PriceLine.objects.count()) == papers


def test_nothing_more_is_taken_charged_or_undone_afterwards(till):
    receipt = till.pay("earnest", "1000")
    till.call_off()
    for act in (
        lambda: till.pay("prepayment", "1"),
        lambda: reverse(receipt.payments.get(), why="x", **till.given),
        lambda: securities.charge_damage(till.booking, label="x", amount=Decimal(1), **till.given),
    ):
        with pytest.raises(NotPayable):
            act()


def test_a_refund_by_the_wrong_method_is_put_right_afterwards(till):
    came = till.pay("prepayment", "100", "card").payments.get()
    till.call_off()
    back = till.booking.payments.get(kind="refund")
    reverse(back, why="卡已注销", **till.given)
    assert balance(till.booking) == -100
    assert "not nothing" in str(ledger.check(till.booking.branch)[0].what)
    refund(came, amount=Decimal("100"), method="cash", why="卡已注销", **till.given)
    assert balance(till.booking) == 0
    assert ledger.check(till.booking.branch) == []


def test_a_closed_order_is_not_called_off(till):
    Booking.objects.filter(pk=till.booking.pk).update(state="closed")
    with pytest.raises(NotPayable):
        till.call_off()


def test_f6_the_database_returns_no_more_than_double(till):
    receipt = till.pay("earnest", "100")
    row = {"booking": till.booking, "receipt": receipt, "kind": "compensation", "method": "cash", "why": "x"}
    with pytest.raises(IntegrityError, match="double"), transaction.atomic():
        Payment.objects.create(**row, amount=Decimal("-100.01"), by=till.sale.shop.manager)


def test_who_waits_for_a_day_waits_no_longer(till):
    day = till.booking.branch.today(till.sale.now) + timedelta(days=3)
    entry = WaitingEntry.objects.create(
        branch=till.booking.branch, customer=till.booking.customer, booking=till.booking, kind="fitting",
        first_day=day, last_day=day, minutes=60,
    )  # fmt: skip
    till.call_off()
    entry.refresh_from_db()
    assert entry.state == "withdrawn"


@pytest.mark.django_db(transaction=True)
def test_two_managers_and_a_cashier_at_the_same_moment(till, sale):
    till.pay("earnest", "1000")
    answers = together(
        [
            lambda: till.call_off("customer"),
            lambda: till.call_off("house", by=sale.shop.general_manager),
            lambda: till.pay("prepayment", "500"),
            lambda: till.call_off("neither"),
        ]
    )
    settled = [one for one in answers if isinstance(one, Settlement)]
    assert len({one.pk for one in settled}) == 1, answers
    assert Settlement.objects.count() == 1
    assert balance(till.booking) == 0
    assert ledger.check(sale.shop.branch) == []
