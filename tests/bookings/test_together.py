"""Two desks, or sixteen, at the same moment: each slot and each number goes to exactly one."""

from datetime import timedelta

import pytest
from django.db import OperationalError
from psycopg import errors

from bookings import retry
from bookings.allocation import at_once
from bookings.closures import close
from bookings.models import Allocation, Appointment, Booking, Closure, Receipt, Resource
from bookings.schedule import NotBookable, SlotTaken, cancel, make_appointment, move
from bookings.till import NotPayable, balance, take_payment
from tests.bookings.resources import make
from tests.bookings.together import together

MANY = 16
CROWD = 32


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("count", [2, CROWD])
def test_of_many_who_want_the_same_team_exactly_one_gets_it(sale, count):
    """Each names the three resources in another order, and no deadlock comes to the surface."""
    customers = [sale.customer() for _ in range(count)]
    teams = [sale.team[place % 3 :] + sale.team[: place % 3] for place in range(count)]

    def book(place):
        return make_appointment(
            branch=sale.shop.branch,
            customer=customers[place],
            booking=None,
            kind="shoot",
            slot=sale.slot(resources=teams[place]),
            by=sale.shop.owner,
            now=sale.now,
        )

    answers = together([lambda place=place: book(place) for place in range(count)])
    won = [a for a in answers if isinstance(a, Appointment)]
    lost = [a for a in answers if isinstance(a, SlotTaken)]
    assert (len(won), len(lost)) == (1, count - 1), answers
    assert all(taken.conflicts[0].customer_name == won[0].customer.name for taken in lost)
    assert Allocation.objects.active().count() == 3
    assert Appointment.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_sales_moves_and_dates_crossing_each_other_never_overlap(sale):
    """Everybody wants everybody's place: what is left stands apart, and nobody met an error but "taken"."""
    bookings = [sale.sell(shoot=sale.slot(days=day)) for day in range(1, 7)]
    dates = [booking.appointments.get() for booking in bookings]
    days = [2, 3, 4, 5, 6, 1]
    moves = [
        lambda date=date, day=day: move(
            date, slot=sale.slot(days=day), version=1, by=sale.shop.owner, now=sale.now
        )
        for date, day in zip(dates, days, strict=True)
    ]
    calls_off = [
        lambda date=dates[0]: cancel(date, why="x", by=sale.shop.owner, now=sale.now),
        lambda date=dates[3]: cancel(date, why="x", by=sale.shop.owner, now=sale.now),
    ]
    customers = [sale.customer() for _ in range(4)]
    sales = [
        lambda customer=customer, day=day: sale.sell(customer, shoot=sale.slot(days=day))
        for day, customer in enumerate(customers, start=3)
    ]
    answers = together([*moves, *calls_off, *sales])
    wrong = [a for a in answers if not isinstance(a, Appointment | Booking | SlotTaken | NotBookable)]
    assert not [a for a in wrong if type(a).__name__ != "StaleEdit"], wrong
    assert_nothing_overlaps()
    for date in Appointment.objects.planned():
        assert date.allocations.active().count() == 3


@pytest.mark.django_db(transaction=True)
def test_bookings_moves_cancellations_and_closures_in_one_second(sale, shop):
    """Twenty-four hands on four resources, one of which takes two at once: nobody meets anything but "taken",
    a room that is kept free is nobody's, and what was given back stays given back."""
    room = make(shop, "selection_room", "Computers", units=2)
    pool = [*sale.team, room]
    rows = [sale.make(sale.slot(days=day, hours=2, resources=pool)) for day in (1, 2, 3, 4)]
    customers = [sale.customer() for _ in range(10)]

    def book(place):
        turned = pool[place % 4 :] + pool[: place % 4]
        slot = sale.slot(days=5 + place % 2, hours=2, resources=turned[: 2 + place % 3])
        return make_appointment(
            branch=shop.branch, customer=customers[place], booking=None, kind="fitting", slot=slot,
            by=shop.owner, now=sale.now,
        )  # fmt: skip

    def shift(place):
        slot = sale.slot(days=5 + place % 2, hours=2, resources=pool[::-1])
        return move(rows[place % 4], slot=slot, version=None, by=shop.owner, now=sale.now)

    def shut(place):
        start = sale.slot(days=5 + place % 2).starts_at
        until = start + timedelta(hours=1)
        return close(pool[place % 4], starts_at=start, ends_at=until, why="x", by=shop.manager, now=sale.now)

    answers = together(
        [lambda place=place: book(place) for place in range(10)]
        + [lambda place=place: shift(place) for place in range(6)]
        + [lambda place=place: shut(place) for place in range(4)]
        + [
            lambda place=place: cancel(rows[place], why="x", by=shop.owner, now=sale.now)
            for place in (0, 1, 2, 3)
        ]
    )
    wrong = [a for a in answers if not isinstance(a, Appointment | Closure | SlotTaken | NotBookable)]
    assert wrong == []
    assert_nothing_overlaps()
    for row in Appointment.objects.exclude(state="planned"):
        assert not row.allocations.active().exists()
    for closure in Closure.objects.all():
        assert closure.allocations.active().count() == closure.resource.units
    units = Allocation.objects.active().values_list("resource", "unit", "during")
    assert len(set(units)) == len(units)


@pytest.mark.django_db(transaction=True)
def test_order_numbers_and_receipts_have_no_gap_under_many_hands(sale):
    customers = [sale.customer() for _ in range(MANY)]

    def sell(place):
        if place % 4 == 3:  # every fourth one fails at the till, after it drew an order number
            return sale.sell(customers[place], payment=sale.money("5000", "earnest"))
        return sale.sell(customers[place], payment=sale.money("100"))

    answers = together([lambda place=place: sell(place) for place in range(MANY)])
    sold = [a for a in answers if isinstance(a, Booking)]
    assert len(sold) == 12, answers
    assert all(isinstance(a, Booking | NotPayable) for a in answers)
    numbers = sorted(Booking.objects.values_list("number", flat=True))
    assert numbers == [f"SH-260516-{n:03d}" for n in range(1, 13)]
    receipts = sorted(Receipt.objects.values_list("number", flat=True))
    assert receipts == list(range(1, 13))


@pytest.mark.django_db(transaction=True)
def test_the_balance_is_not_paid_twice_at_two_desks(sale):
    booking = sale.sell()

    def pay():
        return take_payment(
            booking,
            kind="balance",
            method="cash",
            amount=balance(booking),
            by=sale.shop.cashier,
            now=sale.now,
        )

    answers = together([pay] * 4)
    assert sum(isinstance(a, NotPayable) for a in answers) == 3, answers
    assert balance(booking) == 0


@pytest.mark.django_db(transaction=True)
def test_one_date_of_a_kind_for_an_order_at_two_desks(sale):
    booking = sale.sell()
    answers = together(
        [lambda day=day: sale.make(sale.slot(days=day), "shoot", booking) for day in (1, 2, 3, 4)]
    )
    assert sum(isinstance(a, Appointment) for a in answers) == 1, answers
    assert sum(isinstance(a, NotBookable) for a in answers) == 3


@pytest.mark.django_db(transaction=True)
def test_a_deadlock_is_tried_again_and_any_other_error_is_not():
    def fails(error, times):
        left = [times]

        def action():
            if left[0]:
                left[0] -= 1
                raise OperationalError from error()
            return "done"

        return action

    assert retry.again(fails(errors.DeadlockDetected, 2)) == "done"
    assert retry.again(fails(errors.SerializationFailure, 1)) == "done"
    with pytest.raises(OperationalError):
        retry.again(fails(errors.DeadlockDetected, 99))
    with pytest.raises(OperationalError):
        retry.again(fails(errors.LockNotAvailable, 1))


def assert_nothing_overlaps():
    for resource in Resource.objects.all():
        held = [(a.during.lower, a.during.upper) for a in resource.allocations.active()]
        assert at_once(held) <= resource.units
