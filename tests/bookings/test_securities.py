"""Security for gowns: apart from the price, returned whole or less the damage (F6)."""

from decimal import Decimal

import pytest

from bookings import ledger
from bookings.held import security_held
from bookings.models import Booking, Payment
from bookings.payers import payer_of
from bookings.securities import charge_damage, lift_damage, return_all
from bookings.till import Money, NotPayable, balance, refund, reverse, take


@pytest.fixture
def given(shop, now):
    return {"by": shop.manager, "now": now}


def secure(booking, amount, method="cash", payer="", **given):
    name = payer_of(booking, name=payer)
    return take(booking, [Money("security", method, Decimal(amount))], payer=name, **given)


def test_f6_security_pays_for_nothing(booking, given):
    secure(booking, "2000", **given)
    row = Booking.objects.with_money().get(pk=booking.pk)
    assert (row.paid, row.balance, row.secured) == (0, Decimal("5999.00"), Decimal("2000.00"))


def test_f6_security_and_price_never_stand_on_one_receipt(booking, given):
    parts = [Money("security", "cash", Decimal(1)), Money("balance", "cash", Decimal(1))]
    with pytest.raises(NotPayable):
        take(booking, parts, **given)


def test_f6_it_goes_back_to_who_paid_as_it_came(booking, given):
    secure(booking, "500", "wechat", payer="李母", **given)
    secure(booking, "300", "cash", **given)
    papers = return_all(booking, why="礼服完好", **given)
    rows = [
        (str(row.payer or ""), row.method, row.amount) for paper in papers for row in paper.payments.all()
    ]
    assert rows == [("李母", "wechat", Decimal("-500.00")), ("", "cash", Decimal("-300.00"))]
    assert security_held(booking) == 0
    assert return_all(booking, why="again", **given) == []


def test_f6_damage_is_taken_from_it_and_the_rest_returned(booking, given):
    secure(booking, "500", **given)
    line = charge_damage(
        booking, label={"en": "Veil torn", "zh-hans": "头纱破损"}, amount=Decimal("200"), **given
    )
    assert (line.kind, line.amount) == ("damage", Decimal("200.00"))
    assert (balance(booking), security_held(booking)) == (Decimal("5999.00"), Decimal("300.00"))
    [paper] = return_all(booking, why="其余退还", **given)
    assert paper.payments.get().amount == Decimal("-300.00")


def test_f6_damage_beyond_the_security_is_due(booking, given):
    secure(booking, "500", **given)
    charge_damage(booking, label="头纱", amount=Decimal("700"), **given)
    assert (balance(booking), security_held(booking)) == (Decimal("6199.00"), 0)


def test_damage_without_security_is_due_whole(booking, given):
    charge_damage(booking, label="头纱", amount=Decimal("700"), **given)
    assert balance(booking) == Decimal("6699.00")
    assert not Payment.objects.exists()


def test_damage_taken_back_frees_the_security(booking, given):
    secure(booking, "300", **given)
    secure(booking, "300", "card", **given)
    line = charge_damage(booking, label="头纱", amount=Decimal("500"), **given)
    first = lift_damage(line, why="原来就有", **given)
    assert lift_damage(line, why="again", **given) == first
    assert (balance(booking), security_held(booking)) == (Decimal("5999.00"), Decimal("600.00"))
    assert ledger.check(booking.branch) == []
    charge_damage(booking, label="头纱", amount=Decimal("600"), **given)
    assert (balance(booking), security_held(booking)) == (Decimal("5999.00"), 0)


def test_only_a_manager_takes_damage_back(booking, shop, now, given):
    line = charge_damage(booking, label="头纱", amount=Decimal("5"), **given)
    with pytest.raises(NotPayable):
        lift_damage(line, why="x", by=shop.owner, now=now)


def test_who_takes_money_returns_security_and_nobody_else(booking, shop, now, given):
    secure(booking, "100", **given)
    for person in (shop.artist, shop.neighbour, shop.administrator):
        with pytest.raises(NotPayable):
            return_all(booking, why="x", by=person, now=now)
    [paper] = return_all(booking, why="x", by=shop.cashier, now=now)
    assert paper.by == shop.cashier


def test_security_is_returned_and_damage_paid_after_the_order_is_closed(booking, given):
    """The gown for the wedding day comes back when the pictures were picked up long ago."""
    take(booking, [Money("balance", "cash", Decimal("5999"))], **given)
    secure(booking, "100", **given)
    Booking.objects.filter(pk=booking.pk).update(state="closed")
    charge_damage(booking, label="裙摆", amount=Decimal("150"), **given)
    with pytest.raises(NotPayable):
        take(booking, [Money("balance", "cash", Decimal("50.01"))], **given)
    take(booking, [Money("balance", "cash", Decimal("50"))], **given)
    assert balance(booking) == 0
    assert ledger.check(booking.branch) == []


def test_security_used_for_damage_is_not_reversed_or_returned_by_itself(booking, given):
    came = secure(booking, "300", **given).payments.get()
    charge_damage(booking, label="头纱", amount=Decimal("200"), **given)
    for act in (
        lambda: reverse(came, why="x", **given),
        lambda: refund(came, amount=Decimal("100.01"), why="x", **given),
        lambda: reverse(Payment.objects.filter(kind="applied").first(), why="x", **given),
    ):
        with pytest.raises(NotPayable):
            act()
    refund(came, amount=Decimal("100"), why="x", **given)


@pytest.mark.parametrize("wrong", ["0", "-1", "0.001", "NaN"])
def test_damage_is_an_amount_of_money(booking, given, wrong):
    with pytest.raises(NotPayable):
        charge_damage(booking, label="头纱", amount=Decimal(wrong), **given)
    with pytest.raises(NotPayable):
        charge_damage(booking, label="  ", amount=Decimal(1), **given)
