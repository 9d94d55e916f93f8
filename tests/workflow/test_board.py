"""The board: open orders by stage, each with what it lacks; and the closed ones."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from bookings.models import Appointment, Booking
from customers.files import index
from tests.factories import LeaveFactory, make_package
from tests.workflow import orders
from workflow import board
from workflow.models import Stage

pytestmark = pytest.mark.django_db


def columns(shop, now, **filters):
    stage = filters.pop("stage", None)
    return board.columns(board.orders_of(shop.branch, **filters), branch=shop.branch, now=now, stage=stage)


def cards(shop, now, **filters):
    return [card for column in columns(shop, now, **filters) for card in column.cards]


def closed_order(shop, now, **sale):
    order = orders.at_desk(shop, now, **sale)
    orders.settle(order, by=shop.cashier, now=now)
    orders.sign_for_all(order, by=shop.owner, now=now)
    return order


# --- What stands where ----------------------------------------------------------------------------------
def test_each_open_order_stands_in_the_column_of_its_stage(shop, now):
    made = [
        orders.sold(shop, now, earnest=False),
        orders.sold(shop, now),
        orders.in_shoot(shop, now),
        orders.in_selection(shop, now),
        orders.in_pickup(shop, now),
    ]
    found = columns(shop, now)
    assert [column.stage for column in found] == ["consult", "confirm", "shoot", "selection", "pickup"]
    assert [[card.order for card in column.cards] for column in found] == [[order] for order in made]
    assert [column.count for column in found] == [1, 1, 1, 1, 1]


def test_closed_and_cancelled_orders_are_not_on_the_board(shop, now):
    closed_order(shop, now)
    cancelled = orders.sold(shop, now)
    Booking.objects.filter(pk=cancelled.booking_id).update(state=Booking.State.CANCELLED)
    assert cards(shop, now) == []


def test_a_card_says_what_is_missing_first_the_next_date_and_the_days_to_the_wedding(shop, now, tomorrow):
    customer = orders.client_of(shop, wedding_day=shop.branch.today(now) + timedelta(days=12))
    order = orders.sold(shop, now, customer=customer)
    shoot = orders.dated(order, "shoot", tomorrow, now=now)
    (card,) = cards(shop, now)
    assert card.first.code == "shoot_confirmed"
    assert (card.appointment, card.is_late, card.wedding_in) == (shoot, False, 12)
    (card,) = cards(shop, now + timedelta(days=2))
    assert card.is_late
    (card,) = cards(shop, now + timedelta(days=13))
    assert card.wedding_in is None


def test_the_soonest_date_stands_first_and_undated_orders_last(shop, now):
    undated = orders.sold(shop, now)
    later, sooner = orders.sold(shop, now), orders.sold(shop, now)
    orders.dated(later, "shoot", now + timedelta(days=9), now=now)
    orders.dated(sooner, "shoot", now + timedelta(days=2), now=now)
    assert [card.order for card in cards(shop, now)] == [sooner, later, undated]


def test_a_column_shows_the_first_cards_and_says_how_many_more(shop, now, monkeypatch):
    monkeypatch.setattr(board, "CARDS", 2)
    made = [orders.sold(shop, now) for _n in range(3)]
    confirm = columns(shop, now)[1]
    assert (len(confirm.cards), confirm.count, confirm.more) == (2, 3, 1)
    alone = columns(shop, now, stage=Stage.CONFIRM)
    assert len(alone[1].cards) == len(made)
    assert [column.count for column in alone] == [0, 3, 0, 0, 0]


def test_mine_are_my_customers_and_those_of_whom_i_stand_in_for(shop, now, sign_in):
    now = timezone.now()
    mine, theirs = (
        orders.sold(shop, now),
        orders.sold(shop, now, customer=orders.client_of(shop, owner=shop.colleague)),
    )
    page = sign_in(shop.owner).get(reverse("workflow:board"), {"whose": "mine"}).content.decode()
    assert mine.booking.number in page
    assert theirs.booking.number not in page
    today = shop.branch.today(now)
    LeaveFactory(branch=shop.branch, user=shop.colleague, deputy=shop.owner, starts_on=today, ends_on=today)
    page = sign_in(shop.owner).get(reverse("workflow:board"), {"whose": "mine"}).content.decode()
    assert theirs.booking.number in page


@pytest.mark.parametrize("text", ["王小明", "wangxiaoming", "小明", "7788", "138-0013-7788"])
def test_an_order_is_found_by_name_pinyin_and_telephone(shop, now, text):
    customer = orders.client_of(shop, name="王小明", phone="+8613800137788")
    index(customer)
    order = orders.sold(shop, now, customer=customer)
    orders.sold(shop, now)
    assert [card.order for card in cards(shop, now, text=text)] == [order]


def test_an_order_is_found_by_its_number(shop, now):
    order, _other = orders.sold(shop, now), orders.sold(shop, now)
    assert [card.order for card in cards(shop, now, text=order.booking.number.lower())] == [order]


@pytest.mark.parametrize("text", ["%", "_", "'; DROP TABLE x; --", "\\", "\x00", "x" * 5000, "‮abc", "=1+1"])
def test_any_text_can_be_searched_for(shop, now, sign_in, text):
    orders.sold(shop, now)
    answer = sign_in(shop.owner).get(reverse("workflow:board"), {"q": text, "stage": text, "whose": text})
    assert answer.status_code == 200
    answer = sign_in(shop.owner).get(reverse("workflow:closed"), {"q": text, "page": text})
    assert answer.status_code == 200


def test_wildcards_find_nothing_by_themselves(shop, now):
    orders.sold(shop, now)
    assert cards(shop, now, text="%") == []


# --- How much it asks -------------------------------------------------------------------------------------
def test_the_number_of_queries_does_not_grow_with_the_orders(shop, now, sign_in):
    client = sign_in(shop.manager)

    def fill(number):
        for n in range(number):
            makers = [orders.in_pickup, orders.in_selection, orders.in_shoot] if n < 6 else [orders.sold]
            make = makers[n % len(makers)]
            order = make(shop, now, customer=orders.client_of(shop, owner=shop.colleague))
            orders.leave(order, mood="unhappy", by=shop.owner, now=now)

    def asked():
        client.get(reverse("workflow:board"))
        with CaptureQueriesContext(
            connection,
        ) as queries:
            client.get(reverse("workflow:board"))
        return len(queries)

    fill(3)
    few = asked()
    fill(57)
    assert asked() == few
    assert few < 25


# --- The pages --------------------------------------------------------------------------------------------
def test_everybody_who_serves_sees_the_board_and_only_their_own_branch(shop, now, sign_in):
    order = orders.sold(shop, now)
    address = reverse("workflow:board")
    for person in (shop.owner, shop.artist, shop.head, shop.cashier, shop.manager, shop.general_manager):
        assert order.booking.number in sign_in(person).get(address).content.decode()
    assert order.booking.number not in sign_in(shop.neighbour).get(address).content.decode()
    assert sign_in(shop.administrator).get(address).status_code == 403


def test_the_board_reloads_as_a_fragment_with_the_same_filter(shop, now, sign_in):
    order = orders.sold(shop, now)
    address = reverse("workflow:board") + "?stage=confirm"
    answer = sign_in(shop.owner).get(address, headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in answer
    assert order.booking.number in answer
    assert f'hx-get="{address}"' in answer


def test_a_name_with_markup_stays_a_name(shop, now, sign_in):
    customer = orders.client_of(shop, name="<script>alert(1)</script>")
    order = orders.sold(shop, now, customer=customer)
    for address in (reverse("workflow:board"), order.get_absolute_url()):
        assert "<script>alert(1)" not in sign_in(shop.owner).get(address).content.decode()


def test_closed_orders_have_a_list_of_their_own_the_last_first(shop, now, sign_in):
    first = closed_order(shop, now)
    second = closed_order(shop, now + timedelta(hours=3))
    page = sign_in(shop.owner).get(reverse("workflow:closed")).content.decode()
    assert page.index(second.booking.number) < page.index(first.booking.number)
    assert (
        first.booking.number not in sign_in(shop.neighbour).get(reverse("workflow:closed")).content.decode()
    )


def test_the_number_of_queries_of_the_closed_list_does_not_grow(shop, now, sign_in):
    client = sign_in(shop.owner)

    def asked():
        client.get(reverse("workflow:closed"))
        with CaptureQueriesContext(connection) as queries:
            client.get(reverse("workflow:closed"))
        return len(queries)

    closed_order(shop, now)
    few = asked()
    for _n in range(3):
        closed_order(shop, now)
    assert asked() == few


def test_a_board_without_orders_says_how_one_opens(shop, sign_in):
    make_package(shop.branch)
    assert Appointment.objects.count() == 0
    assert (
        "An order opens when a package is chosen."
        in sign_in(shop.owner).get(reverse("workflow:board")).content.decode()
    )
