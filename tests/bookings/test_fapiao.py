"""Tax invoices and credit notes: numbers kept, voids beside them, nothing beyond the price."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import transaction
from django.db.utils import ProgrammingError

from bookings import credit_notes, fapiao
from bookings.models import CreditNote, Fapiao
from bookings.securities import charge_damage
from bookings.till import NotPayable, balance
from tests.bookings.together import together

OFF = {"en": "Credit", "zh-hans": "减免", "zh-hant": "減免"}


@pytest.fixture
def given(shop, now):
    return {"by": shop.manager, "now": now}


def note(booking, given, **fields):
    first = {"number": "2411 7000", "buyer": "张伟", "amount": Decimal("1000")}
    today = booking.branch.today(given["now"])
    return fapiao.record(booking, **first | {"issued_on": today} | fields, **given)


def test_a_number_is_noted_once(booking, sale, given):
    row = note(booking, given)
    assert (row.number, row.amount) == ("24117000", Decimal("1000"))
    with pytest.raises(NotPayable) as refused:
        note(sale.sell(), given, number="24117000")
    assert refused.value.field == "number"


def test_invoices_together_never_exceed_the_price(booking, given):
    note(booking, given, amount=Decimal("5000"))
    with pytest.raises(NotPayable, match="999"):
        note(booking, given, number="2", amount=Decimal("999.01"))
    note(booking, given, number="2", amount=Decimal("999"))


def test_a_void_stands_beside_it_and_frees_the_sum(booking, given):
    row = note(booking, given, amount=Decimal("5999"))
    with pytest.raises(NotPayable):
        fapiao.void(row, why=" ", **given)
    void = fapiao.void(row, why="抬头有误", **given)
    assert (void.amount, void.voids) == (Decimal("-5999.00"), row)
    assert fapiao.void(row, why="again", **given) == void
    with pytest.raises(NotPayable):
        fapiao.void(void, why="x", **given)
    note(booking, given, number="3", amount=Decimal("5999"))


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"number": "  "}, "number"),
        ({"buyer": " "}, "buyer"),
        ({"amount": Decimal("0")}, "amount"),
        ({"days": 1}, "issued_on"),
        ({"days": -400}, "issued_on"),
    ],
)
def test_what_can_not_be_noted_is_refused_at_its_field(booking, given, fields, field):
    if "days" in fields:
        day = booking.branch.today(given["now"]) + timedelta(days=fields["days"])
        fields = {"issued_on": day}
    with pytest.raises(NotPayable) as refused:
        note(booking, given, **fields)
    assert refused.value.field == field
    assert not Fapiao.objects.exists()


def test_an_invoice_is_neither_edited_nor_deleted(booking, given):
    row = note(booking, given)
    with pytest.raises(ProgrammingError), transaction.atomic():
        Fapiao.objects.filter(pk=row.pk).update(amount=1)


# --- Credit notes ------------------------------------------------------------------------------------
def credit(booking, amount, given, **more):
    lines = [("credit", OFF, -Decimal(amount))]
    return credit_notes.issue(booking, lines=lines, **{"why": "相框有瑕疵"} | given | more)


def test_a_credit_note_lowers_what_is_due_and_has_a_number(booking, given):
    assert str(credit(booking, "500", given)) == "C2026-00001"
    assert str(credit(booking, "99", given)) == "C2026-00002"
    assert balance(booking) == Decimal("5400.00")


def test_it_never_takes_off_more_than_the_order_costs(booking, given):
    with pytest.raises(NotPayable, match="5,999"):
        credit(booking, "5999.01", given)
    charge_damage(booking, label="头纱", amount=Decimal("100"), **given)
    with pytest.raises(NotPayable, match="5,999"):
        credit(booking, "6000", given)  # damage stays owed
    credit(booking, "5999", given)
    assert balance(booking) == Decimal("100.00")


@pytest.mark.parametrize("wrong", ["0", "-5", "0.001"])
def test_it_credits_something(booking, given, wrong):
    with pytest.raises(NotPayable):
        credit(booking, wrong, given)
    with pytest.raises(NotPayable):
        credit(booking, "5", given, why=" ")
    assert not CreditNote.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_the_numbers_have_no_gap_under_many_hands(booking, given):
    """Twelve write notes of 1,000 on an order of 5,999: five are written, seven refused, none is missing."""
    answers = together([lambda: credit(booking, "1000", given) for _ in range(12)])
    assert sum(isinstance(one, CreditNote) for one in answers) == 5, answers
    assert all(isinstance(one, CreditNote | NotPayable) for one in answers)
    numbers = sorted(CreditNote.objects.values_list("number", flat=True))
    assert numbers == [1, 2, 3, 4, 5]
    assert credit_notes.price_of(booking) == Decimal("999.00")
