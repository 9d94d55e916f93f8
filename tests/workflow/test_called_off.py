"""An order that was called off falls silent everywhere (F10, F6)."""

from datetime import timedelta

import pytest

from bookings.models import Appointment, Booking
from bookings.settlement import call_off
from tests.bookings.conftest import Sale
from workflow import arrivals, calls, deliveries, readiness, stages, undated, undone
from workflow.models import CallKind, CallTask, WorkOrder
from workflow.orders import sell_and_open
from workflow.outdated import is_outdated


@pytest.fixture
def order(shop, now):
    """An order with a shoot tomorrow, a call to confirm it, and what must be ready."""
    sale = Sale(shop, now)
    order = sell_and_open(
        customer=sale.customer(),
        package_version=shop.package,
        by=shop.owner,
        now=now,
        payment=sale.money("1000"),
        terms_accepted=True,
        shoot=sale.slot(days=1),
    )
    shoot = order.booking.appointments.get()
    calls.bring_up(shoot, kind=CallKind.CONFIRM, reason="test", now=now)
    return order


def end(order, shop, now):
    call_off(order.booking, fault="customer", why="婚约取消", by=shop.manager, now=now)
    return WorkOrder.objects.select_related("booking").get(pk=order.pk)


def test_nobody_is_expected_called_or_made_ready_for(order, shop, now):
    people, tomorrow = [shop.owner], now + timedelta(days=1)
    assert arrivals.arrivals(people, shop.branch, tomorrow)
    end(order, shop, now)
    assert arrivals.arrivals(people, shop.branch, tomorrow) == []
    assert undone.of_owners(people, shop.branch, tomorrow) == []
    assert readiness.not_ready(people, shop.branch, now) == []
    departments = [shop.styling, shop.shooting, shop.production, shop.selection]
    assert deliveries.of_departments(shop.branch, departments, now=tomorrow) == []
    assert list(undated.waiting(now + timedelta(days=30))) == []
    open_calls = CallTask.objects.open().exclude(is_outdated(now))
    assert not open_calls.exists()


def test_the_order_stands_still_and_says_why(order, shop, now):
    ended = end(order, shop, now)
    stage = ended.stage
    assert [one.code for one in stages.missing(ended, now=now)] == ["cancelled"]
    assert not stages.try_advance(ended, shop.owner, now)
    assert ended.stage == stage
    assert not WorkOrder.objects.open().filter(pk=order.pk).exists()


def test_its_dates_are_gone_and_its_history_tells_who_and_why(order, shop, now):
    end(order, shop, now)
    assert not Appointment.objects.planned().exists()
    event = Booking.objects.get().events.get(kind="called_off")
    assert (event.actor, event.parameters) == (shop.manager, {"fault": "customer"})
    assert event.sentence == "The order was called off: the customer withdraws"
    assert "婚约" not in str(list(Booking.objects.get().events.values()))
