"""What an add-on means for the work: a look to shoot, a thing to make; taken off again unless it is done."""

from decimal import Decimal

import pytest

from bookings import add_ons
from bookings.price_lines import NotSellable, total_of
from tests.bookings.selling import add_on
from tests.bookings.together import together
from tests.workflow import orders
from workflow import pickup
from workflow.models import Look, LookState

pytestmark = pytest.mark.django_db


@pytest.fixture
def look(shop):
    return add_on(shop.branch, kind="look", price="800", name="Red gown", extra_minutes=60)


@pytest.fixture
def album(shop):
    return add_on(shop.branch, kind="item", price="300", name="Small album")


def sell(order, what, shop, now, quantity=1):
    return add_ons.sell(order.booking, what, quantity=quantity, by=shop.owner, now=now)


def back(line, shop, now):
    return add_ons.take_back(line, why="改主意", by=shop.owner, now=now)


def looks(order):
    return [(look.position, look.name, look.price_line_id) for look in order.looks.all()]


def items(order):
    return [(item.position, item.name, item.quantity) for item in order.items.all()]


def test_at_the_sale_the_order_opens_with_its_looks_and_things(shop, now, look, album):
    car = add_on(shop.branch, kind="service", price="100", name="Car")
    order = orders.sold(shop, now, add_ons=[(look, 2), (album, 3), (car, 1)])
    lines = {line.add_on_id: line.pk for line in add_ons.lines_of(order.booking)}
    assert looks(order) == [
        (1, "White gown", None),
        (2, "Evening dress", None),
        (3, "Red gown", lines[look.pk]),
        (4, "Red gown", lines[look.pk]),
    ]
    assert items(order) == [(1, "Album", 1), (2, "Frame", 1), (3, "Small album", 3)]
    assert total_of(order.booking) == Decimal("8599.00")


def test_later_a_look_is_one_more_to_shoot_and_the_shoot_waits_for_it(shop, now, look):
    order = orders.in_shoot(shop, now)
    line = sell(order, look, shop, now)
    assert looks(order)[-1] == (3, "Red gown", line.pk)
    order.looks.filter(position__lt=3).update(state=LookState.SHOT, by=shop.photographer, at=now)
    assert any("look" in code for code in orders.codes(order, now))
    back(line, shop, now)
    assert len(looks(order)) == 2


def test_positions_that_became_free_do_not_clash(shop, now, look):
    order = orders.sold(shop, now)
    first, _second = sell(order, look, shop, now), sell(order, look, shop, now)
    back(first, shop, now)
    sell(order, look, shop, now, quantity=2)
    assert [position for position, _name, _line in looks(order)] == [1, 2, 4, 5, 6]


def test_after_the_shoot_no_look_is_sold_and_says_what_to_do_instead(shop, now, look):
    order = orders.in_selection(shop, now)
    with pytest.raises(NotSellable, match="The shoot is over") as refused:
        sell(order, look, shop, now)
    assert refused.value.field == "add_on"
    assert len(looks(order)) == 2
    assert total_of(order.booking) == Decimal("5999.00")


@pytest.mark.parametrize("state", [LookState.SHOT, LookState.UNDONE])
def test_a_look_that_was_begun_is_not_taken_back(shop, now, look, state):
    order = orders.in_shoot(shop, now)
    line = sell(order, look, shop, now, quantity=2)
    Look.objects.filter(work_order=order, position=4).update(state=state, why="下雨", by=shop.artist, at=now)
    with pytest.raises(NotSellable, match="begun already"):
        back(line, shop, now)
    assert len(looks(order)) == 4
    assert total_of(order.booking) == Decimal("7599.00")


def test_things_are_sold_at_the_selection_and_made_with_the_rest(shop, now, album):
    order = orders.in_selection(shop, now)
    sell(order, album, shop, now, quantity=2)
    assert items(order)[-1] == (3, "Small album", 2)
    retouched = add_on(shop.branch, kind="retouch", price="30", name="Retouched picture")
    sell(order, retouched, shop, now, quantity=10)
    assert len(items(order)) == 3
    assert total_of(order.booking) == Decimal("6899.00")


def test_what_is_made_stays_sold(shop, now, album):
    order = orders.in_pickup(shop, now)
    line = sell(order, album, shop, now)
    pickup.make_item(order.items.get(price_line=line), by=shop.producer, now=now)
    with pytest.raises(NotSellable, match="made already"):
        back(line, shop, now)
    assert len(items(order)) == 3


def test_f3_when_the_set_is_at_the_front_desk_nothing_is_added_to_it(shop, now, album):
    order = orders.at_desk(shop, now)
    with pytest.raises(NotSellable, match="whole set"):
        sell(order, album, shop, now)
    assert len(items(order)) == 2
    sell(order, add_on(shop.branch, kind="service", name="Delivery"), shop, now)


def test_an_order_moves_on_when_the_last_open_look_is_taken_back(shop, now, look):
    order = orders.in_shoot(shop, now)
    line = sell(order, look, shop, now)
    order.looks.exclude(price_line=line).update(state=LookState.SHOT, by=shop.photographer, at=now)
    type(order).objects.filter(pk=order.pk).update(arrived_at=now)
    assert orders.fresh(order).stage == "shoot"
    back(line, shop, now)
    assert orders.fresh(order).stage == "selection"


@pytest.mark.django_db(transaction=True)
def test_made_and_taken_back_in_the_same_second_never_both(shop, now, album):
    order = orders.in_pickup(shop, now)
    line = sell(order, album, shop, now)
    item = order.items.get(price_line=line)
    answers = together(
        [lambda: pickup.make_item(item, by=shop.producer, now=now), lambda: back(line, shop, now)]
    )
    failed = [answer for answer in answers if isinstance(answer, Exception)]
    assert len(failed) == 1, answers
    left = order.items.filter(price_line=line)
    assert left.exists() == (total_of(order.booking) == Decimal("6299.00"))
    assert all(one.made_at for one in left)


@pytest.mark.django_db(transaction=True)
def test_eight_looks_sold_at_once_have_eight_places(shop, now, look):
    order = orders.sold(shop, now)
    answers = together([lambda: sell(order, look, shop, now)] * 8)
    assert not [answer for answer in answers if isinstance(answer, Exception)], answers
    assert [position for position, _name, _line in looks(order)] == list(range(1, 11))
