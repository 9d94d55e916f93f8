"""Add-ons: sold at the price of the day while the order is open, taken back whole, never half."""

from decimal import Decimal

import pytest

from bookings import add_ons, discounts, registries
from bookings.models import AddOn, Booking, CreditNote, PriceLine
from bookings.price_lines import NotSellable, total_of
from bookings.sales import charge_rush, waive_rush
from tests.bookings.selling import add_on, limit
from tests.bookings.together import together

pytestmark = pytest.mark.django_db


@pytest.fixture
def frame(shop):
    return add_on(shop.branch, price="300", name="Frame")


@pytest.fixture
def sell(booking, shop, now):
    def sold(what: AddOn, quantity: int = 1) -> PriceLine:
        return add_ons.sell(booking, what, quantity=quantity, by=shop.owner, now=now)

    return sold


def test_an_add_on_is_a_line_with_its_words_as_they_were_when_sold(sell, frame, booking):
    line = sell(frame, 2)
    frame.price, frame.name_en = Decimal("999"), "Golden frame"
    frame.save()
    line.refresh_from_db()
    assert (line.kind, line.name, line.quantity, line.amount, line.add_on) == (
        "add_on",
        "Frame",
        2,
        Decimal("600.00"),
        frame,
    )
    assert total_of(booking) == Decimal("6599.00")
    assert "Sold as well: Frame × 2" in [event.sentence for event in booking.events.all()]


@pytest.mark.parametrize("quantity", [0, -1, 100, 10**9])
def test_how_many_is_between_one_and_ninety_nine(sell, frame, quantity):
    with pytest.raises(NotSellable) as refused:
        sell(frame, quantity)
    assert refused.value.field == "quantity"


def test_what_is_not_on_sale_here_is_refused(sell, shop):
    gone = add_on(shop.branch, is_active=False)
    theirs = add_on(shop.other_branch)
    for what in (gone, theirs):
        with pytest.raises(NotSellable, match="not on sale here"):
            sell(what)


def test_more_than_any_order_costs_is_refused_in_words(sell, shop):
    dear = add_on(shop.branch, price="99999999.99")
    with pytest.raises(NotSellable, match="more than any order costs"):
        sell(dear)


@pytest.mark.parametrize("state", ["closed", "cancelled"])
def test_nothing_is_sold_or_taken_back_on_an_order_that_is_over(sell, frame, booking, shop, now, state):
    line = sell(frame)
    Booking.objects.filter(pk=booking.pk).update(state=state)
    with pytest.raises(NotSellable, match="not open any more"):
        sell(frame)
    with pytest.raises(NotSellable, match="not open any more"):
        add_ons.take_back(line, why="改主意", by=shop.owner, now=now)
    with pytest.raises(NotSellable, match="not open any more"):
        charge_rush(booking, amount=Decimal("100"), by=shop.owner, now=now)


def test_taken_back_it_is_reversed_on_a_credit_note_and_a_repeat_does_nothing(
    sell, frame, booking, shop, now
):
    line = sell(frame, 2)
    first = add_ons.take_back(line, why="改主意", by=shop.owner, now=now)
    second = add_ons.take_back(line, why="改主意", by=shop.owner, now=now)
    assert first == second
    assert (first.amount, first.reverses, first.why) == (Decimal("-600.00"), line, "改主意")
    assert first.credit_note == CreditNote.objects.get()
    assert total_of(booking) == Decimal("5999.00")
    assert not add_ons.lines_of(booking).exists()


def test_before_the_terms_are_accepted_there_is_no_paper(sale, frame, shop, now):
    booking = sale.sell(terms_accepted=False)
    line = add_ons.sell(booking, frame, by=shop.owner, now=now)
    assert add_ons.take_back(line, why="改主意", by=shop.owner, now=now).credit_note is None
    assert not CreditNote.objects.exists()


def test_a_reason_is_asked_for(sell, frame, shop, now):
    line = sell(frame)
    with pytest.raises(NotSellable) as refused:
        add_ons.take_back(line, why="  ", by=shop.owner, now=now)
    assert refused.value.field == "why"


def test_only_add_ons_are_taken_back(booking, shop, now):
    with pytest.raises(NotSellable, match="Only an add-on"):
        add_ons.take_back(booking.price_lines.get(), why="x", by=shop.owner, now=now)


def test_a_discount_is_not_left_over_when_what_it_was_given_on_goes(sale, sell, frame, booking, shop, now):
    line = sell(frame)
    whole = discounts.give(booking, amount=Decimal("6299"), why="礼物", by=shop.manager, now=now)
    with pytest.raises(NotSellable, match="Take the discount back first"):
        add_ons.take_back(line, why="改主意", by=shop.manager, now=now)
    discounts.take_back(whole, why="错了", by=shop.manager, now=now)
    add_ons.take_back(line, why="改主意", by=shop.manager, now=now)
    assert total_of(booking) == Decimal("5999.00")


def test_a_limit_is_not_stretched_by_selling_giving_and_taking_back(sell, booking, shop, now):
    limit(shop.branch, "consultant", "10")
    album = add_on(shop.branch, price="4001")
    line = sell(album)
    discounts.give(booking, amount=Decimal("1000"), why="老顾客", by=shop.owner, now=now)  # 10 % of 10,000
    with pytest.raises(NotSellable, match="beyond your limit"):
        add_ons.take_back(line, why="改主意", by=shop.owner, now=now)
    add_ons.take_back(line, why="改主意", by=shop.manager, now=now)  # a manager may


def test_several_at_the_sale_bind_the_earnest_money(sale, frame, shop):
    lamp = add_on(shop.branch, kind="service", price="101", name="Car")
    booking = sale.sell(add_ons=[(frame, 2), (lamp, 1)], payment=sale.money("1340", "earnest"))
    assert total_of(booking) == Decimal("6700.00")
    assert [line.name for line in add_ons.lines_of(booking)] == ["Frame", "Car"]


def test_whoever_listens_hears_of_the_line_and_of_its_reversal(sell, frame, shop, now, monkeypatch):
    heard = []

    def listen(line, by, at):
        heard.append((line.kind, line.amount, by, at))

    monkeypatch.setitem(registries.line_changes._entries, "test", listen)
    line = sell(frame)
    add_ons.take_back(line, why="改主意", by=shop.manager, now=now)
    assert heard == [
        ("add_on", Decimal("300.00"), shop.owner, now),
        ("reversal", Decimal("-300.00"), shop.manager, now),
    ]


def test_a_listener_that_refuses_undoes_the_sale(sell, frame, booking, monkeypatch):
    def refuse(line, by, at):
        raise NotSellable("No more of it.")

    monkeypatch.setitem(registries.line_changes._entries, "test", refuse)
    with pytest.raises(NotSellable, match="No more of it"):
        sell(frame)
    assert total_of(booking) == Decimal("5999.00")
    assert not booking.events.filter(kind="add_on_sold").exists()


# --- The fee for a rush (F5) --------------------------------------------------------------------------
def test_f5_the_rush_has_one_fee_and_a_manager_takes_it_off(booking, shop, now):
    line = charge_rush(booking, amount=Decimal("500"), by=shop.owner, now=now)
    assert (line.kind, line.label["en"], total_of(booking)) == ("rush", "Rush fee", Decimal("6499.00"))
    with pytest.raises(NotSellable, match="rush fee on this order already"):
        charge_rush(booking, amount=Decimal("1"), by=shop.owner, now=now)
    first = waive_rush(line, why="赶上了", by=shop.manager, now=now)
    assert waive_rush(line, why="赶上了", by=shop.manager, now=now) == first
    assert total_of(booking) == Decimal("5999.00")
    charge_rush(booking, amount=Decimal("200"), by=shop.owner, now=now)


@pytest.mark.parametrize("amount", ["0", "-1", "0.001", "NaN", "100000000"])
def test_a_fee_is_an_amount_of_money(booking, shop, now, amount):
    with pytest.raises(NotSellable) as refused:
        charge_rush(booking, amount=Decimal(amount), by=shop.owner, now=now)
    assert refused.value.field == "rush"


# --- At the same moment -----------------------------------------------------------------------------------
@pytest.mark.django_db(transaction=True)
def test_eight_desks_take_one_add_on_back_and_it_is_taken_back_once(sale, shop, now):
    booking = sale.sell()
    line = add_ons.sell(booking, add_on(shop.branch), by=shop.owner, now=now)
    answers = together([lambda: add_ons.take_back(line, why="x", by=shop.owner, now=now)] * 8)
    assert {answer.pk for answer in answers} == {PriceLine.objects.get(reverses=line).pk}
    assert CreditNote.objects.count() == 1
