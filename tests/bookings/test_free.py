"""What is free instead, and chairs that change places."""

from datetime import time, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bookings.models import Resource
from bookings.schedule import Slot, SlotTaken, nearest_free

HOUR = timedelta(hours=1)


def free(sale, hours=6, resources=None, **given):
    asked = {"around": sale.slot(days=3).starts_at, "now": sale.now, "kind": "shoot"}
    return nearest_free(
        branch=sale.shop.branch,
        duration=timedelta(hours=hours),
        resources=sale.team if resources is None else resources,
        **asked | given,
    )


def local(sale, slot):
    return timezone.localtime(slot.starts_at, sale.shop.branch.zone)


def test_the_nearest_days_come_first_at_the_time_that_was_asked(sale):
    sale.make(sale.slot(days=3, hours=6))
    found = [local(sale, slot) for slot in free(sale)]
    assert [(at.day, at.time()) for at in found] == [(20, time(12, 0)), (18, time(12, 0)), (21, time(12, 0))]


def test_on_the_day_itself_first_before_and_after(sale):
    sale.make(sale.slot(days=3, hours=2))
    found = [local(sale, slot) for slot in free(sale, hours=2)]
    assert [(at.day, at.time()) for at in found] == [(19, time(10, 0)), (19, time(14, 0)), (20, time(12, 0))]


def test_nothing_before_now_and_nothing_outside_the_opening_hours(sale):
    for day in range(8):
        sale.make(sale.slot(days=day + 0.1, hours=5))
    found = free(sale, around=sale.now)
    assert len(found) == 3
    for slot in found:
        assert slot.starts_at >= sale.now
        assert local(sale, slot).time() >= time(9, 30)
        assert timezone.localtime(slot.ends_at, sale.shop.branch.zone).time() <= time(21, 0)


def test_the_wedding_day_itself_begins_before_the_shop_opens(sale):
    early = sale.shop.branch.at(local(sale, sale.slot(days=3)).date(), time(6, 0))
    assert local(sale, free(sale, around=early, kind="wedding")[0]).time() == time(6, 0)
    assert local(sale, free(sale, around=early)[0]).time() == time(9, 30)


def test_a_shoot_that_no_day_has_room_for_gets_no_answer(sale):
    assert free(sale, hours=13) == []


def test_asking_costs_as_many_looks_at_the_database_however_much_there_is(sale):
    with CaptureQueriesContext(connection) as little:
        free(sale)
    for days in range(1, 9):
        sale.make(sale.slot(days=days))
    with CaptureQueriesContext(connection) as much:
        free(sale)
    assert len(much) == len(little) <= 8


@pytest.fixture
def room(shop):
    """Two computers to choose pictures at."""
    return Resource.objects.create(
        branch=shop.branch,
        kind="selection_room",
        units=2,
        name_en="Room",
        name_zh_hans="选片区",
        name_zh_hant="挑片區",
    )


def test_a_room_for_two_takes_two_and_not_three(sale, room):
    slot = sale.slot(hours=2, resources=[room])
    assert sale.make(slot).allocations.get().unit != sale.make(slot).allocations.get().unit
    with pytest.raises(SlotTaken) as refused:
        sale.make(slot)
    assert len(refused.value.conflicts) == 2


def test_who_sits_there_changes_places_where_that_makes_room(sale, room):
    """12–13 sits at the first computer, 13–14 at the second; 12–14 still finds a place."""
    noon = sale.now + timedelta(days=3)
    sale.make(Slot(noon - HOUR, noon + 2 * HOUR, [room]))
    first = sale.make(Slot(noon, noon + HOUR, [room]))
    second = sale.make(Slot(noon + 2 * HOUR, noon + 3 * HOUR, [room]))
    assert (first.allocations.get().unit, second.allocations.get().unit) == (1, 0)
    third = sale.make(Slot(noon + HOUR, noon + 3 * HOUR, [room]))
    assert third.allocations.get().unit == 1
    fourth = sale.make(Slot(noon + 3 * HOUR, noon + 4 * HOUR, [room]))
    sale.make(Slot(noon + 3 * HOUR, noon + 5 * HOUR, [room]))
    with pytest.raises(SlotTaken):
        sale.make(Slot(noon + 3.5 * HOUR, noon + 6 * HOUR, [room]))
    assert fourth.allocations.get().is_active


def test_a_room_that_lost_a_computer_refuses_instead_of_failing(sale, room):
    slot = sale.slot(hours=2, resources=[room])
    sale.make(slot)
    sale.make(slot)
    room.units = 1
    room.save()
    with pytest.raises(SlotTaken):
        sale.make(Slot(slot.starts_at + HOUR, slot.ends_at + HOUR, [room]))
