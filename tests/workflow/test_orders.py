"""A sale becomes a work order; won is won in one transaction, also when many sell at once."""

from datetime import date

import pytest

from bookings.models import Booking
from bookings.schedule import NotBookable, SlotTaken, confirm, move
from bookings.till import NotPayable, reverse, take_payment
from studio.foundation.models import StaleEdit
from tests.bookings.conftest import Sale
from tests.bookings.together import together
from workflow import visits
from workflow.models import Visit, WorkOrder
from workflow.orders import open_order, sell_and_open


@pytest.fixture
def sale(shop, now):
    return Sale(shop, now)


def won(sale, customer=None, **more):
    given = {"package_version": sale.shop.package, "terms_accepted": True, "payment": sale.money("1000")}
    return sell_and_open(
        customer=customer or sale.customer(), by=sale.shop.owner, now=sale.now, **given | more
    )


def test_an_order_gets_looks_and_items_of_its_own(sale):
    order = won(sale)
    assert [look.label["zh-hans"] for look in order.looks.all()] == ["白纱", "晚装"]
    assert [(item.label["en"], item.quantity) for item in order.items.all()] == [("Album", 1), ("Frame", 1)]
    assert list(order.events.values_list("kind", flat=True)) == ["opened", "stage"]
    assert order.stage == "confirm"


def test_opening_twice_is_opening_once(sale):
    booking = sale.sell()
    first = open_order(booking, by=sale.shop.owner, now=sale.now)
    assert open_order(booking, by=sale.shop.colleague, now=sale.now) == first
    assert WorkOrder.objects.count() == 1


def test_without_terms_or_money_the_order_waits_and_moves_on_by_itself_when_they_come(sale):
    order = won(sale, payment=None)
    assert order.stage == "consult"
    take_payment(
        order.booking,
        kind="earnest",
        method="cash",
        amount=sale.money("1").amount,
        by=sale.shop.cashier,
        now=sale.now,
    )
    order.refresh_from_db()
    assert order.stage == "confirm"


def test_a_confirmed_shoot_moves_the_order_and_a_reversal_never_moves_it_back(sale):
    order = won(sale, shoot=sale.slot())
    shoot = order.booking.appointments.get()
    confirm(shoot, via="desk", by=sale.shop.owner, now=sale.now)
    order.refresh_from_db()
    assert order.stage == "shoot"
    reverse(order.booking.payments.get(), why="x", by=sale.shop.manager, now=sale.now)
    order.refresh_from_db()
    assert order.stage == "shoot"


def test_r1_3_the_visit_ends_as_won_with_its_customer(sale):
    visit = visits.receive(branch=sale.shop.branch, by=sale.shop.owner, now=sale.now)
    customer = sale.customer()
    won(sale, customer, visit=visit)
    visit.refresh_from_db()
    assert (visit.outcome, visit.customer) == ("won", customer)


def test_r1_3_who_was_undecided_can_still_be_won(sale):
    visit = visits.receive(branch=sale.shop.branch, by=sale.shop.owner, now=sale.now)
    visits.end(visit, outcome="undecided", by=sale.shop.owner, now=sale.now)
    visit.refresh_from_db()
    won(sale, visit=visit)
    assert Visit.objects.get().outcome == "won"


def test_a_sale_that_fails_changes_nothing_at_all(sale):
    visit = visits.receive(branch=sale.shop.branch, by=sale.shop.owner, now=sale.now)
    customer = sale.customer()
    with pytest.raises(NotPayable):
        won(sale, customer, visit=visit, wedding_day=date(2027, 5, 1), payment=sale.money("5000", "earnest"))
    visit.refresh_from_db()
    customer.refresh_from_db()
    assert (visit.outcome, visit.customer, customer.wedding_day) == ("open", None, date(2026, 10, 1))
    assert not Booking.objects.exists()


def test_a_new_wedding_day_goes_to_the_file(sale):
    customer = sale.customer()
    won(sale, customer, wedding_day=date(2027, 5, 1))
    customer.refresh_from_db()
    assert customer.wedding_day == date(2027, 5, 1)


@pytest.mark.django_db(transaction=True)
def test_eight_sales_of_one_slot_with_moves_between_them(sale):
    """Sales, moves and confirmations of whole orders at once: one holder per slot, nothing but clear answers."""
    orders = [won(sale, shoot=sale.slot(days=day)) for day in (2, 3)]
    dates = [order.booking.appointments.get() for order in orders]
    customers = [sale.customer() for _ in range(6)]
    acts = [lambda one=one: won(sale, one, shoot=sale.slot(days=5)) for one in customers]
    acts += [
        lambda one=one: move(one, slot=sale.slot(days=5), version=None, by=sale.shop.owner, now=sale.now)
        for one in dates
    ]
    acts += [lambda one=one: confirm(one, via="call", by=sale.shop.owner, now=sale.now) for one in dates]
    acts += [
        lambda order=order: take_payment(
            order.booking,
            kind="balance",
            method="card",
            amount=sale.money("10").amount,
            by=sale.shop.cashier,
            now=sale.now,
        )
        for order in orders
    ]
    answers = together(acts)
    wrong = [
        answer
        for answer in answers
        if isinstance(answer, Exception) and not isinstance(answer, SlotTaken | NotBookable | StaleEdit)
    ]
    assert not wrong, wrong
    holders = sale.shop.floor.allocations.active().overlapping(
        sale.slot(days=5).starts_at, sale.slot(days=5).ends_at
    )
    assert holders.count() == 1
    numbers = sorted(Booking.objects.values_list("number", flat=True))
    assert numbers == [f"SH-260516-{place:03d}" for place in range(1, len(numbers) + 1)]
