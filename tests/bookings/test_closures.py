"""A resource is kept free: nobody books over it, it never covers a booking, and it can be lifted."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from bookings.allocation import SlotTaken
from bookings.closures import close, lift
from bookings.models import Allocation, Closure
from bookings.schedule import NotBookable, NotWorking
from tests.bookings.resources import Day, make

DAY = timedelta(days=1)


@pytest.fixture
def day(shop, now):
    return Day(shop, now)


@pytest.fixture
def shut(shop, now, day):
    def close_it(resource, start="10:00", end="18:00", **fields):
        given = {"starts_at": day.at(start), "ends_at": day.at(end), "why": "Painting"}
        return close(resource, **given | fields, by=shop.manager, now=now)

    return close_it


def test_every_unit_is_kept_free(shut, shop, sale, day):
    room = make(shop, "selection_room", "Computers", units=3)
    closure = shut(room)
    assert sorted(closure.allocations.values_list("unit", flat=True)) == [0, 1, 2]
    with pytest.raises(NotWorking, match="Painting"):
        sale.make(day.slot("12:00", "13:00", [room]))


def test_over_a_booking_it_is_refused_and_says_whose(shut, shop, sale, day):
    row = sale.make(day.slot("12:00", "13:00", sale.team))
    with pytest.raises(SlotTaken) as refused:
        shut(shop.floor)
    assert refused.value.conflicts[0].customer_name == row.customer.name
    assert not Closure.objects.exists()
    shut(shop.floor, "13:00", "14:00")


def test_over_another_closure_it_is_refused_with_its_reason(shut, shop):
    shut(shop.floor, why="New lamps")
    with pytest.raises(SlotTaken, match="New lamps"):
        shut(shop.floor, "17:00", "19:00")


def test_the_database_says_no_too(shut, shop, sale, day, monkeypatch):
    """Where the look before it is deceived."""
    shut(shop.floor)
    monkeypatch.setattr("bookings.schedule.check_slot", lambda *args, **options: False)
    monkeypatch.setattr("bookings.allocation.crowd", lambda *args: 0)
    monkeypatch.setattr("bookings.allocation.seats", lambda *args: [0])
    with pytest.raises(SlotTaken, match="Painting"):
        sale.make(day.slot("12:00", "13:00", [shop.floor]))
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE bookings_allocation SET during = 'empty' WHERE closure_id IS NOT NULL")


def test_lifting_frees_it_at_once_and_twice_is_once(shut, shop, sale, day, now):
    closure = shut(shop.floor)
    first = lift(closure, by=shop.manager, now=now)
    second = lift(closure, by=shop.manager, now=now + DAY)
    assert first.lifted_at == second.lifted_at == now
    assert not Allocation.objects.active().filter(closure=closure).exists()
    sale.make(day.slot("12:00", "13:00", [shop.floor]))


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"start": "18:00", "end": "10:00"}, "until"),
        ({"start": "10:00", "end": "10:00"}, "until"),
        ({"why": "   "}, "why"),
        ({"end": "9000:00"}, "until"),
        ({"start": "40000:00", "end": "40001:00"}, "from"),
    ],
)
def test_what_nobody_means_is_refused(shut, shop, fields, field):
    with pytest.raises(NotBookable) as refused:
        shut(shop.floor, **fields)
    assert refused.value.field == field
    assert not Closure.objects.exists()


def test_it_may_have_begun_already_but_not_be_over(shut, shop, now, day):
    shut(shop.floor, starts_at=now - DAY, ends_at=now + DAY)
    with pytest.raises(NotBookable):
        shut(shop.floor, starts_at=now - 2 * DAY, ends_at=now - DAY)
