"""Dates of a customer: what is held, what is refused, what moving and cancelling leave behind."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from bookings import allocation
from bookings.models import Allocation, Appointment, Resource
from bookings.schedule import (
    NotBookable,
    Slot,
    SlotTaken,
    ask_another_time,
    cancel,
    confirm,
    hold,
    make_appointment,
    move,
    nearest_free,
)
from studio.foundation.models import StaleEdit
from tests.factories import BranchFactory, CustomerFactory

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def kinds(booking):
    return list(booking.events.values_list("kind", flat=True))


def test_an_appointment_holds_its_people_and_rooms(sale, booking):
    row = sale.make(sale.slot(), "shoot", booking)
    assert {a.resource for a in row.allocations.active()} == set(sale.team)
    event = booking.events.get(kind="dated")
    assert event.parameters["appointment"] == row.pk
    assert event.parameters["of"] == "shoot"
    assert event.actor == sale.shop.owner


def test_a_taken_slot_says_who_has_it_and_three_free_times(sale):
    theirs = sale.make(sale.slot(days=3))
    with pytest.raises(SlotTaken) as refused:
        sale.make(sale.slot(days=3.1))
    taken = refused.value
    assert {c.resource for c in taken.conflicts} == set(sale.team)
    assert {c.customer_name for c in taken.conflicts} == {theirs.customer.name}
    assert "赵明" in str(taken) or "Zhao Ming" in str(taken)
    assert "12:00–18:00" in str(taken)
    assert len(taken.free) == 3
    for slot in taken.free:  # each answer holds; only one of them is chosen
        cancel(sale.make(slot), why="x", by=sale.shop.owner, now=sale.now)


def test_a_refused_appointment_leaves_nothing_behind(sale, booking):
    sale.make(sale.slot(days=3))
    before = Appointment.objects.count(), Allocation.objects.count(), booking.events.count()
    with pytest.raises(SlotTaken):
        sale.make(sale.slot(days=3), "shoot", booking)
    assert (Appointment.objects.count(), Allocation.objects.count(), booking.events.count()) == before


def test_one_taken_resource_is_enough_and_a_free_colleague_is_named(sale, shop):
    other = Resource.objects.create(
        branch=shop.branch, kind="photographer", name_en="Li Qiang", name_zh_hans="李强", name_zh_hant="李強"
    )
    sale.make(sale.slot(resources=[shop.photographer_resource]))
    with pytest.raises(SlotTaken) as refused:
        sale.make(sale.slot())
    assert [c.resource for c in refused.value.conflicts] == [shop.photographer_resource]
    assert refused.value.instead == {shop.photographer_resource.pk: [other]}


def test_a_name_from_another_branch_is_not_shown(sale, shop):
    guest = CustomerFactory(branch=shop.other_branch, owner=shop.neighbour, name="黃家")
    make_appointment(
        branch=shop.branch,
        customer=guest,
        booking=None,
        kind="fitting",
        slot=sale.slot(),
        by=shop.owner,
        now=sale.now,
    )
    with pytest.raises(SlotTaken) as refused:
        sale.make(sale.slot())
    assert "黃家" not in str(refused.value)


def test_one_after_the_other_without_a_break_is_free(sale):
    sale.make(sale.slot(days=3, hours=2))
    after = sale.slot(days=3, hours=2)
    sale.make(Slot(after.ends_at, after.ends_at + HOUR, sale.team))
    sale.make(Slot(after.starts_at - HOUR, after.starts_at, sale.team))


def test_the_constraint_has_the_last_word(sale, monkeypatch):
    """Where the look before the booking is deceived, the database still says no, in the same words."""
    sale.make(sale.slot())
    monkeypatch.setattr(allocation, "crowd", lambda *args: 0)
    monkeypatch.setattr(allocation, "seats", lambda *args: [0])
    with pytest.raises(SlotTaken) as refused:
        sale.make(sale.slot())
    assert len(refused.value.conflicts) == 3


@pytest.mark.parametrize("during", ["empty", "[2026-06-01,)", "(,2026-06-01]"])
def test_an_empty_or_endless_range_slips_past_nobody(sale, during):
    row = sale.make(sale.slot())
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO bookings_allocation (appointment_id, resource_id, unit, during, is_active)"
            " VALUES (%s, %s, 0, %s, true)",
            [row.pk, sale.shop.floor.pk, during],
        )


@pytest.mark.parametrize(
    ("start", "hours", "field"),
    [
        (timedelta(minutes=-2), 1, "day"),
        (-400 * DAY, 1, "day"),
        (4 * 366 * DAY, 1, "day"),
        (DAY, -1, "time"),
        (DAY, 0, "time"),
        (DAY + 11 * HOUR, 2, "time"),  # from 23:00 into the night
        (DAY - 8 * HOUR, 1, "time"),  # at four in the morning
        (DAY, 40, "time"),
    ],
)
def test_a_time_that_nobody_means_is_refused_with_a_sentence(sale, start, hours, field):
    begin = sale.now + start
    with pytest.raises(NotBookable) as refused:
        sale.make(Slot(begin, begin + timedelta(hours=hours), sale.team))
    assert refused.value.field == field
    assert refused.value.messages[0].endswith(".") or "." in refused.value.messages[0]


@pytest.mark.parametrize("kind", ["shoot", "wedding"])
@pytest.mark.parametrize("start", [DAY + 10 * HOUR, DAY - 8 * HOUR], ids=["over midnight", "before dawn"])
def test_a_shoot_may_reach_past_midnight_or_begin_before_dawn(sale, kind, start):
    row = sale.make(Slot(sale.now + start, sale.now + start + 4 * HOUR, sale.team), kind=kind, overtime=True)
    assert row.ends_at - row.starts_at == 4 * HOUR


def test_a_night_has_an_end(sale):
    with pytest.raises(NotBookable) as refused:
        sale.make(Slot(sale.now + DAY, sale.now + DAY + 19 * HOUR, sale.team), kind="shoot")
    assert refused.value.field == "time"


@pytest.mark.parametrize("year", [1, 9999])
def test_the_first_and_the_last_year_are_harmless(sale, year):
    start = datetime(year, 1, 2, 3, 0, tzinfo=UTC)
    with pytest.raises(NotBookable):
        sale.make(Slot(start, start + HOUR, sale.team))


def test_the_hour_that_summer_time_skips_is_harmless(sale, shop):
    lisbon = BranchFactory(code="lx", time_zone="Europe/Lisbon")
    room = Resource.objects.create(
        branch=lisbon, kind="floor", name_en="A", name_zh_hans="A", name_zh_hant="A"
    )
    start = lisbon.at(datetime(2027, 3, 28, tzinfo=UTC).date(), datetime(2027, 1, 1, 1, 30).time())  # noqa: DTZ001
    with pytest.raises(NotBookable):  # it exists, an hour later, and is in the night
        sale.make(Slot(start, start + HOUR, [room]), branch=lisbon)
    free = nearest_free(
        branch=lisbon, kind="shoot", duration=6 * HOUR, resources=[room], around=start, now=sale.now
    )
    assert [(s.ends_at - s.starts_at) for s in free] == [6 * HOUR] * 3


def test_a_resource_of_the_neighbour_or_one_that_left_is_refused(sale, shop):
    foreign = Resource.objects.create(
        branch=shop.other_branch, kind="floor", name_en="X", name_zh_hans="X", name_zh_hant="X"
    )
    with pytest.raises(NotBookable):
        sale.make(sale.slot(resources=[foreign]))
    shop.floor.is_active = False
    shop.floor.save()
    with pytest.raises(NotBookable):
        sale.make(sale.slot(resources=[shop.floor]))


def test_a_second_planned_shoot_of_an_order_is_refused(sale, booking):
    sale.make(sale.slot(), "shoot", booking)
    with pytest.raises(NotBookable, match="move it instead"):
        sale.make(sale.slot(days=9), "shoot", booking)
    sale.make(sale.slot(days=9), "fitting", booking)
    sale.make(sale.slot(days=10), "fitting", booking)


def test_an_order_that_is_not_open_gets_no_dates(sale, booking):
    booking.state = "cancelled"
    booking.save()
    with pytest.raises(NotBookable):
        sale.make(sale.slot(), "shoot", booking)


def test_moving_raises_both_versions_and_asks_for_confirmation_anew(sale, booking, shop):
    row = sale.make(sale.slot(), "shoot", booking)
    confirm(row, via="call", by=shop.owner, now=sale.now)
    row.refresh_from_db()
    assert (row.schedule_version, row.confirmation) == (1, "confirmed")
    moved = move(row, slot=sale.slot(days=8), version=row.version, by=shop.owner, now=sale.now)
    moved.refresh_from_db()
    assert (moved.schedule_version, moved.version) == (2, row.version + 1)
    assert (moved.confirmation, moved.confirmed_at) == ("none", None)
    assert moved.starts_at == sale.slot(days=8).starts_at
    assert kinds(booking)[-1] == "moved"
    sale.make(sale.slot())  # the old time is free again


def test_moving_onto_its_own_time_is_no_conflict(sale, shop):
    row = sale.make(sale.slot())
    later = Slot(row.starts_at + HOUR, row.ends_at + HOUR, sale.team)
    assert move(row, slot=later, version=row.version, by=shop.owner, now=sale.now).schedule_version == 2


def test_moving_to_where_it_is_does_nothing(sale, shop, booking):
    row = sale.make(sale.slot(), "shoot", booking)
    move(row, slot=sale.slot(), version=row.version, by=shop.owner, now=sale.now)
    row.refresh_from_db()
    assert (row.version, row.schedule_version) == (1, 1)
    assert "moved" not in kinds(booking)


def test_a_move_from_a_stale_page_is_refused(sale, shop):
    row = sale.make(sale.slot())
    move(row, slot=sale.slot(days=8), version=1, by=shop.owner, now=sale.now)
    with pytest.raises(StaleEdit):
        move(row, slot=sale.slot(days=9), version=1, by=shop.colleague, now=sale.now)


def test_a_move_that_fails_keeps_the_old_time(sale, shop):
    row = sale.make(sale.slot())
    sale.make(sale.slot(days=8))
    with pytest.raises(SlotTaken) as refused:
        move(row, slot=sale.slot(days=8), version=1, by=shop.owner, now=sale.now)
    assert refused.value.free
    row.refresh_from_db()
    assert row.starts_at == sale.slot().starts_at
    assert row.allocations.active().count() == 3
    with pytest.raises(SlotTaken):
        sale.make(sale.slot())


def test_cancelling_frees_and_needs_a_reason_and_a_repeat_does_nothing(sale, shop, booking):
    row = sale.make(sale.slot(), "shoot", booking)
    with pytest.raises(NotBookable):
        cancel(row, why="  ", by=shop.owner, now=sale.now)
    done = cancel(row, why="新娘感冒", by=shop.owner, now=sale.now)
    assert (done.state, done.schedule_version, done.cancelled_why) == ("cancelled", 2, "新娘感冒")
    cancel(row, why="again", by=shop.owner, now=sale.now)
    assert kinds(booking).count("cancelled") == 1
    assert "新娘感冒" not in str(booking.events.values())  # events hold no sentences
    sale.make(sale.slot(), "shoot", booking)
    for change in (confirm, ask_another_time, hold):
        extra = {"via": "desk"} if change is not hold else {}
        extra |= {"wish": "x"} if change is ask_another_time else {}
        with pytest.raises(NotBookable, match="called off"):
            change(row, by=shop.owner, now=sale.now, **extra)


def test_r3_1_confirming_twice_is_confirming_once(sale, shop, booking):
    row = sale.make(sale.slot(), "shoot", booking)
    first = confirm(row, via="link", by=None, now=sale.now)
    second = confirm(row, via="call", by=shop.owner, now=sale.now + HOUR)
    assert first.version == second.version
    assert second.confirmed_at == sale.now
    assert [e.parameters["via"] for e in booking.events.filter(kind="confirmed")] == ["link"]


def test_r3_2_a_confirmation_of_a_time_that_has_moved_is_refused(sale, shop):
    row = sale.make(sale.slot())
    move(row, slot=sale.slot(days=8), version=1, by=shop.owner, now=sale.now)
    with pytest.raises(StaleEdit):
        confirm(row, via="link", by=None, now=sale.now, schedule_version=1)
    with pytest.raises(StaleEdit):
        ask_another_time(row, wish="周日", via="link", by=None, now=sale.now, schedule_version=1)


def test_r3_2_another_time_keeps_the_old_one_held(sale, shop, booking):
    row = sale.make(sale.slot(), "shoot", booking)
    ask_another_time(row, wish="下周日可以吗", via="link", by=None, now=sale.now)
    again = ask_another_time(row, wish="下周日可以吗", via="link", by=None, now=sale.now)
    assert (again.confirmation, again.wish) == ("another_time", "下周日可以吗")
    assert kinds(booking).count("another_time") == 1
    assert "下周日" not in str(booking.events.values())
    with pytest.raises(SlotTaken):
        sale.make(sale.slot())
    assert confirm(row, via="call", by=shop.owner, now=sale.now).wish == ""


def test_who_is_here_holds_it_once(sale, shop, booking):
    row = sale.make(sale.slot(), "shoot", booking)
    hold(row, by=shop.owner, now=sale.now)
    hold(row, by=shop.owner, now=sale.now)
    assert kinds(booking).count("held") == 1
    with pytest.raises(NotBookable):
        move(row, slot=sale.slot(days=8), version=None, by=shop.owner, now=sale.now)
    with pytest.raises(NotBookable):
        cancel(row, why="x", by=shop.owner, now=sale.now)


def test_the_audit_knows_who_moved_it(sale, shop):
    row = sale.make(sale.slot())
    move(row, slot=sale.slot(days=8), version=1, by=shop.colleague, now=sale.now)
    trace = row.audit_rows.order_by("pgh_id").last()
    assert trace.pgh_context.metadata == {"by": shop.colleague.pk}
