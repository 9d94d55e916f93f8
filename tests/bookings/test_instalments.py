"""Paying in parts: agreed, met in order, asked for politely when due."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone
from hypothesis import given as strategies
from hypothesis import strategies as st

from bookings import instalments
from bookings.duties_money import INSTALMENTS
from bookings.instalments import agree, behind, months_after, parts_of, suggest
from bookings.models import Booking, Instalment, PriceLine
from bookings.till import NotPayable, take_payment
from studio.foundation.models import StaleEdit
from tests.factories import LeaveFactory

DAY = timedelta(days=1)


@pytest.fixture
def given(shop, now):
    return {"by": shop.owner, "now": now, "version": None}


@pytest.fixture
def today(shop, now):
    return shop.branch.today(now)


def thirds(today, *amounts):
    return [(today + 30 * place * DAY, Decimal(amount)) for place, amount in enumerate(amounts)]


def pay(booking, amount, now):
    take_payment(booking, kind="balance", method="cash", amount=Decimal(amount), by=booking.sold_by, now=now)


def test_a_plan_comes_to_what_the_order_costs(booking, given, today):
    agree(booking, thirds(today, "2000", "2000", "1999"), **given)
    assert booking.instalments.count() == 3
    with pytest.raises(NotPayable, match=r"5,998.*5,999") as refused:
        agree(booking, thirds(today, "2000", "2000", "1998"), **given)
    assert refused.value.field == ""
    assert booking.instalments.count() == 3


@pytest.mark.parametrize(
    ("days", "amounts", "field"),
    [
        ([0], ["5999"], ""),
        ([0, 0], ["3000", "2999"], "part-2"),
        ([5, 0], ["3000", "2999"], "part-2"),
        ([0, 9], ["5999.01", "-0.01"], "part-2"),
        ([0, 9], ["5999", "0"], "part-2"),
        ([0, 4000], ["3000", "2999"], "part-2"),
        (range(13), ["461.46"] * 13, ""),
    ],
)
def test_what_is_no_plan_is_refused_at_its_part(booking, given, today, days, amounts, field):
    parts = [(today + day * DAY, Decimal(amount)) for day, amount in zip(days, amounts, strict=True)]
    with pytest.raises(NotPayable) as refused:
        agree(booking, parts, **given)
    assert refused.value.field == field
    assert not booking.instalments.exists()


def test_parts_are_met_in_their_order_by_what_was_paid(booking, given, today, now):
    agree(booking, thirds(today, "2000", "2000", "1999"), **given)
    pay(booking, "2500", now)
    assert [part.left for part in parts_of(booking, now=now)] == [0, Decimal("1500.00"), Decimal("1999.00")]
    assert instalments.next_part(parts_of(booking, now=now)).position == 2


def test_what_is_sold_later_falls_due_with_the_last_part_and_a_credit_lowers_it(booking, given, today, now):
    agree(booking, thirds(today, "2000", "2000", "1999"), **given)
    label = {"en": "Extra"}
    PriceLine.objects.create(booking=booking, kind="add_on", label=label, amount=Decimal("500"))
    assert [part.left for part in parts_of(booking, now=now)][-1] == Decimal("2499.00")
    PriceLine.objects.create(booking=booking, kind="credit", label=label, amount=Decimal("-4000"), why="x")
    assert [part.left for part in parts_of(booking, now=now)] == [Decimal("2000"), Decimal("499"), 0]


def test_a_plan_is_changed_by_who_has_seen_it_last(booking, given, today):
    version = Booking.objects.get(pk=booking.pk).version
    agree(booking, thirds(today, "3000", "2999"), **given | {"version": version})
    with pytest.raises(StaleEdit):
        agree(booking, thirds(today, "2000", "3999"), **given | {"version": version})
    agree(booking, [], **given | {"version": version + 1})
    assert not booking.instalments.exists()
    kinds = list(booking.events.filter(kind__startswith="instalments").values_list("kind", flat=True))
    assert kinds == ["instalments_agreed", "instalments_ended"]


def test_an_order_that_is_not_open_has_no_new_plan(booking, given, today):
    Booking.objects.filter(pk=booking.pk).update(state="cancelled")
    with pytest.raises(NotPayable):
        agree(booking, thirds(today, "3000", "2999"), **given)


@pytest.mark.parametrize("count", [2, 3, 6, 12])
def test_the_proposal_is_a_plan_that_can_be_agreed(booking, given, now, count):
    parts = suggest(booking, count=count, now=now)
    assert len(parts) == count
    agree(booking, parts, **given)


@strategies(day=st.dates(min_value=date(2000, 1, 1), max_value=date(2090, 1, 1)), months=st.integers(0, 36))
def test_months_later_is_the_same_day_or_the_last_of_its_month(day, months):
    later = months_after(day, months)
    assert (later.year * 12 + later.month) - (day.year * 12 + day.month) == months
    assert later.day == day.day or (later.day < day.day and (later + DAY).day == 1)


# --- Whose it is -----------------------------------------------------------------------------------
def test_an_owner_is_reminded_from_the_day_it_is_due_until_it_is_paid(booking, shop, given, today, now):
    agree(booking, [(today + 2 * DAY, Decimal(2000)), (today + 40 * DAY, Decimal(3999))], **given)
    assert behind(shop.branch, owners=[shop.owner], now=now + DAY) == []
    [row] = behind(shop.branch, owners=[shop.owner], now=now + 2 * DAY)
    assert (row.due_now, row.due_since) == (Decimal("2000.00"), today + 2 * DAY)
    assert behind(shop.branch, owners=[shop.colleague], now=now + 2 * DAY) == []
    pay(booking, "1500", now)
    [row] = behind(shop.branch, owners=[shop.owner], now=now + 2 * DAY)
    assert row.due_now == Decimal("500.00")
    pay(booking, "500", now)
    assert behind(shop.branch, owners=[shop.owner], now=now + 2 * DAY) == []


def test_an_order_called_off_or_credited_asks_for_nothing(booking, shop, given, today, now):
    agree(booking, [(today, Decimal(2000)), (today + DAY, Decimal(3999))], **given)
    label = {"en": "Credit"}
    PriceLine.objects.create(booking=booking, kind="credit", label=label, amount=Decimal(-5999), why="x")
    assert behind(shop.branch, owners=[shop.owner], now=now + 9 * DAY) == []


def test_r8_1_a_deputy_finds_it_in_the_hand_over(booking, shop, given, today, now):
    agree(booking, [(today, Decimal(2000)), (today + DAY, Decimal(3999))], **given)
    [case] = INSTALMENTS.cases(shop.owner, shop.branch, today, now)
    assert case.customer == booking.customer
    assert "2,000" in case.detail


def test_the_questions_do_not_grow_with_the_orders(sale, shop, given, today, now, django_assert_num_queries):
    for _ in range(3):
        agree(sale.sell(), [(today, Decimal(2000)), (today + DAY, Decimal(3999))], **given)
    with django_assert_num_queries(2):
        assert len(behind(shop.branch, owners=[shop.owner], now=now)) == 3


def test_today_shows_it_to_the_owner_and_to_who_stands_in(booking, shop, given, sign_in):
    real = shop.branch.today(timezone.now())
    Instalment.objects.bulk_create(
        Instalment(booking=booking, position=place, due_on=real - (9 - place) * DAY, amount=Decimal(amount))
        for place, amount in enumerate(["2000", "3999"], start=1)
    )
    assert booking.number in sign_in(shop.owner).get("/").content.decode()
    assert booking.number not in sign_in(shop.colleague).get("/").content.decode()
    LeaveFactory(user=shop.owner, branch=shop.branch, starts_on=real, ends_on=real, deputy=shop.colleague)
    text = sign_in(shop.colleague).get("/").content.decode()
    assert booking.number in text
    assert "May I help you with it today" in text
