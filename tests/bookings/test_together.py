"""Two desks, or sixteen, at the same moment: each slot and each number goes to exactly one."""

from datetime import timedelta

import pytest
from django.db import OperationalError, connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import errors

from bookings import retry
from bookings.allocation import at_once
from bookings.models import Allocation, Appointment, Booking, Receipt, Resource
from bookings.schedule import NotBookable, Slot, SlotTaken, cancel, make_appointment, move
from bookings.till import NotPayable, balance, take_payment
from tests.bookings.together import together

MANY = 16


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("count", [2, MANY])
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


# --- Against a model that any child could check ---------------------------------------------------
class Model:
    """Who has what when, in a plain list; a wish is granted where no moment would have too many."""

    def __init__(self, units):
        self.units, self.held = units, {}

    def fits(self, start, end, names, besides=None):
        for name in names:
            others = [(s, e) for key, (s, e, n) in self.held.items() if key != besides and name in n]
            for minute in range(start, end):
                if sum(s <= minute < e for s, e in others) >= self.units[name]:
                    return False
        return True


wishes = st.tuples(
    st.integers(0, 20), st.integers(1, 8), st.sets(st.sampled_from(["one", "two"]), min_size=1)
)
acts = st.lists(
    st.one_of(
        st.tuples(st.just("make"), wishes),
        st.tuples(st.just("move"), st.tuples(st.integers(0, 30), wishes)),
        st.tuples(st.just("cancel"), st.integers(0, 30)),
    ),
    min_size=3,
    max_size=18,
)


@settings(
    max_examples=30,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(acts=acts)
def test_random_dates_are_granted_just_when_a_simple_model_grants_them(sale, acts):
    """One resource takes one party, the other two at once; never more, and never a refusal without need."""
    resources = {
        name: Resource.objects.create(
            branch=sale.shop.branch,
            kind="selection_room",
            units=units,
            name_en=name,
            name_zh_hans=name,
            name_zh_hant=name,
        )
        for name, units in {"one": 1, "two": 2}.items()
    }
    model, rows = Model({"one": 1, "two": 2}), []
    half_hour, customer = timedelta(minutes=30), sale.customer(phone=False)
    for act, value in acts:
        if act == "cancel":
            if rows:
                row = rows.pop(value % len(rows))
                cancel(row, why="x", by=None, now=sale.now)
                del model.held[row.pk]
            continue
        place, (start, length, names) = (None, value) if act == "make" else value
        if act == "move" and not rows:
            continue
        row = rows[place % len(rows)] if act == "move" else None
        begin = sale.now + start * half_hour
        begin = begin if begin < sale.now + 16 * half_hour else begin + timedelta(hours=10)
        start = int((begin - sale.now) / half_hour)
        slot = Slot(begin, begin + length * half_hour, [resources[name] for name in names])
        granted = model.fits(start, start + length, names, besides=row and row.pk)
        try:
            if row is None:
                row = make_appointment(
                    branch=sale.shop.branch,
                    customer=customer,
                    booking=None,
                    kind="layout",
                    slot=slot,
                    by=None,
                    now=sale.now,
                )
                rows.append(row)
            else:
                move(row, slot=slot, version=None, by=None, now=sale.now)
        except SlotTaken as taken:
            assert not granted
            assert taken.conflicts
            assert all(
                model.fits(
                    int((free.starts_at - sale.now) / half_hour),
                    int((free.ends_at - sale.now) / half_hour),
                    names,
                    besides=row and row.pk,
                )
                for free in taken.free
            )
        else:
            assert granted
            model.held[row.pk] = (start, start + length, names)
        assert_nothing_overlaps()
    assert connection.in_atomic_block
