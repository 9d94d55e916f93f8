"""Holds by span or look, the minutes kept free around them, several units, and who is in the way."""

import pytest
from django.utils import timezone

from bookings.allocation import SlotTaken
from bookings.models import Allocation
from bookings.schedule import NotBookable, cancel, move, slot_at
from bookings.spans import Hold, Slot, laid_out
from tests.bookings.resources import Day, make


@pytest.fixture
def day(shop, now):
    return Day(shop, now)


def spans(row):
    return [(a.used.lower, a.used.upper, a.look) for a in row.allocations.active().order_by("used")]


# --- Two couples, one artist ----------------------------------------------------------------------
def test_one_artist_alternates_between_two_couples(sale, shop, day):
    artist = shop.artist_resource
    first = sale.make(
        day.slot(
            "10:00", "15:00",
            holds=[day.hold(artist, "10:00", "11:30", look=1), day.hold(artist, "13:00", "13:45", look=2)],
        ),
        "shoot",
    )  # fmt: skip
    second = sale.make(
        day.slot("11:30", "15:00", holds=[day.hold(artist, "11:30", "13:00", look=1)]), "shoot"
    )
    assert spans(first) == [
        (day.at("10:00"), day.at("11:30"), 1),
        (day.at("13:00"), day.at("13:45"), 2),
    ]
    assert spans(second) == [(day.at("11:30"), day.at("13:00"), 1)]
    with pytest.raises(SlotTaken) as refused:  # a third couple finds no gap
        sale.make(day.slot("13:30", "15:00", holds=[day.hold(artist, "13:30", "15:00")]), "shoot")
    (conflict,) = refused.value.conflicts
    assert (conflict.starts_at, conflict.ends_at) == (day.at("13:00"), day.at("13:45"))
    assert conflict.customer_name == first.customer.name


def test_a_span_outside_of_the_appointment_is_only_for_things(sale, shop, day):
    gown = make(shop, "gown", "A1")
    for resource in (shop.artist_resource, shop.floor):
        with pytest.raises(NotBookable, match="outside the time"):
            sale.make(day.slot("10:00", "12:00", holds=[day.hold(resource, "9:30", "11:00")]), "shoot")
    sale.make(day.slot("10:00", "12:00", holds=[day.hold(gown, "8:00", "44:00")]), "shoot")
    with pytest.raises(SlotTaken):
        sale.make(day.slot("20:00", "21:00", [gown]))
    with pytest.raises(NotBookable, match="two months"):
        far = Hold(gown, day.at("10:00"), day.at("2000:00"))
        sale.make(Slot(day.at("10:00"), day.at("12:00"), (), [far]))
    with pytest.raises(NotBookable, match="before the beginning"):
        sale.make(day.slot("10:00", "12:00", holds=[day.hold(gown, "11:00", "11:00")]))


# --- The minutes kept free ------------------------------------------------------------------------
def test_cleaning_keeps_a_gown_free_and_the_sentence_says_until_when(sale, shop, day):
    gown = make(shop, "gown", "A1", buffer_before=15, buffer_after=120)
    first = sale.make(day.slot("10:00", "12:00", [gown]))
    (row,) = first.allocations.active()
    assert (row.used.lower, row.used.upper) == (day.at("10:00"), day.at("12:00"))
    assert (row.during.lower, row.during.upper) == (day.at("9:45"), day.at("14:00"))
    with pytest.raises(SlotTaken) as refused:
        sale.make(day.slot("13:00", "14:00", [gown]))
    (conflict,) = refused.value.conflicts
    assert (conflict.kind, conflict.limit) == ("after", day.at("14:15"))  # cleaned at 14:00, then laid out
    assert "free again at" in str(refused.value)
    assert "14:15" in str(refused.value)
    sale.make(day.slot("14:15", "15:00", [gown]))


def test_who_must_be_done_before_the_next_one_hears_by_when(sale, shop, day):
    floor = make(shop, "floor", "Floor 9", buffer_before=30, buffer_after=10)
    sale.make(day.slot("15:00", "16:00", [floor]))
    with pytest.raises(SlotTaken) as refused:
        sale.make(day.slot("13:00", "14:30", [floor]))
    (conflict,) = refused.value.conflicts
    assert (conflict.kind, conflict.limit) == ("before", day.at("14:20"))
    assert "be done by" in str(refused.value)
    sale.make(day.slot("13:00", "14:20", [floor]))


def test_a_buffer_of_the_hold_stands_instead_of_the_resource_s_own(sale, shop, day):
    floor = make(shop, "floor", "Floor 9", buffer_after=60)
    sale.make(day.slot("10:00", "11:00", holds=[day.hold(floor, "10:00", "11:00", buffer_after=0)]))
    sale.make(day.slot("11:00", "12:00", [floor]))


def test_own_spans_do_not_fight_about_the_time_between_them(sale, shop, day):
    gown = make(shop, "gown", "A1", buffer_before=30, buffer_after=60)
    row = sale.make(
        day.slot(
            "10:00", "15:00",
            holds=[day.hold(gown, "10:00", "11:00", look=1), day.hold(gown, "11:15", "12:00", look=3)],
        ),
        "shoot",
    )  # fmt: skip
    first, second = row.allocations.active().order_by("used")
    assert first.during.upper == second.during.lower == day.at("11:15")
    assert (first.during.lower, second.during.upper) == (day.at("9:30"), day.at("13:00"))


def test_spans_that_overlap_are_one(shop, day):
    artist = shop.artist_resource
    (one,) = laid_out(
        [day.hold(artist, "10:00", "12:00", look=1), day.hold(artist, "11:00", "13:00", look=2)]
    )
    assert (one.starts_at, one.ends_at, one.look) == (day.at("10:00"), day.at("13:00"), None)
    assert len(laid_out([day.hold(artist, "10:00", "11:00"), day.hold(artist, "11:00", "12:00")])) == 2


def test_a_resource_that_is_named_twice_is_held_once(sale, shop, day):
    slot = day.slot("10:00", "12:00", [shop.floor, shop.floor], [day.hold(shop.floor, "10:00", "11:00")])
    assert sale.make(slot).allocations.active().count() == 1


# --- Several units --------------------------------------------------------------------------------
def test_all_spans_of_one_party_sit_at_the_same_table_where_they_can(sale, shop, day):
    room = make(shop, "selection_room", "Computers", units=2)
    sale.make(day.slot("10:00", "11:00", [room]))  # the first computer
    row = sale.make(
        day.slot("10:30", "15:00", holds=[day.hold(room, "10:30", "11:30"), day.hold(room, "13:00", "14:00")])
    )
    assert {a.unit for a in row.allocations.active()} == {1}


def test_spans_at_different_tables_are_better_than_no_place(sale, shop, day):
    room = make(shop, "selection_room", "Computers", units=2)
    sale.make(day.slot("10:00", "11:00", [room]))
    sale.make(day.slot("10:30", "14:00", [room]))  # the second one
    sale.make(day.slot("13:00", "14:00", [room]))  # the first one again
    sale.make(
        day.slot("11:00", "15:00", holds=[day.hold(room, "11:00", "13:00"), day.hold(room, "14:00", "15:00")])
    )
    with pytest.raises(SlotTaken):
        sale.make(day.slot("12:00", "13:30", [room]))


def test_several_spans_make_others_change_places(sale, shop, day):
    room = make(shop, "selection_room", "Computers", units=2)
    sale.make(day.slot("10:00", "12:00", [room]))
    short = sale.make(day.slot("10:00", "11:00", [room]))
    late = sale.make(day.slot("12:00", "13:00", [room]))
    cancel(short, why="x", by=None, now=sale.now)
    assert late.allocations.get().unit == 0
    row = sale.make(day.slot("11:00", "13:00", [room]))
    move(late, slot=day.slot("12:30", "14:00", [room]), version=None, by=None, now=sale.now)
    assert row.allocations.active().count() == 1
    busy = Allocation.objects.active().filter(resource=room)
    assert {a.unit for a in busy} <= {0, 1}


def test_what_was_given_back_does_not_come_to_life_when_others_change_places(sale, shop, day):
    room = make(shop, "selection_room", "Computers", units=2)
    gone = sale.make(day.slot("10:00", "12:00", [room]))
    sale.make(day.slot("10:00", "11:00", [room]))
    cancel(gone, why="x", by=None, now=sale.now)
    sale.make(day.slot("11:00", "13:00", [room]))
    sale.make(day.slot("10:00", "13:00", [room]))
    assert not gone.allocations.active().exists()


# --- Moving what is held by span ------------------------------------------------------------------
def test_spans_move_along_and_what_was_held_to_the_end_is_held_to_the_new_end(sale, shop, day):
    artist, floor, gown = shop.artist_resource, shop.floor, make(shop, "gown", "A1")
    row = sale.make(
        day.slot(
            "10:00", "14:00", [floor],
            [day.hold(artist, "10:00", "11:30", look=1), day.hold(gown, "9:00", "38:00")],
        ),
        "shoot",
    )  # fmt: skip
    later = slot_at(row, day.at("12:00"), day.at("17:00"))
    moved = move(row, slot=later, version=None, by=shop.owner, now=sale.now)
    held = {a.resource: a for a in moved.allocations.active().select_related("resource")}
    assert (held[artist].used.lower, held[artist].used.upper) == (day.at("12:00"), day.at("13:30"))
    assert held[artist].look == 1
    assert (held[floor].used.lower, held[floor].used.upper) == (day.at("12:00"), day.at("17:00"))
    assert (held[gown].used.lower, held[gown].used.upper) == (day.at("11:00"), day.at("40:00"))


def test_a_span_that_no_longer_fits_is_held_for_all_of_it(sale, shop, day):
    row = sale.make(
        day.slot("10:00", "14:00", holds=[day.hold(shop.artist_resource, "13:00", "13:30")]), "shoot"
    )
    (hold,) = slot_at(row, day.at("10:00"), day.at("11:00")).holds
    assert (hold.starts_at, hold.ends_at) == (day.at("10:00"), day.at("11:00"))


def test_another_in_the_place_of_one_keeps_the_span(sale, shop, day):
    other = make(shop, "artist", "Li Qian", buffer_after=20)
    row = sale.make(
        day.slot("10:00", "14:00", holds=[day.hold(shop.artist_resource, "10:00", "11:30", look=1)]), "shoot"
    )
    slot = slot_at(row, row.starts_at, row.ends_at, instead={shop.artist_resource.pk: other})
    moved = move(row, slot=slot, version=None, by=shop.owner, now=sale.now)
    (held,) = moved.allocations.active()
    assert (held.resource, held.look, held.during.upper) == (other, 1, day.at("11:50"))
    assert (moved.schedule_version, moved.version) == (1, 2)  # the customer's time stands


def test_moving_to_where_it_is_with_the_same_spans_does_nothing(sale, shop, day):
    row = sale.make(
        day.slot("10:00", "14:00", [shop.floor], [day.hold(shop.artist_resource, "10:00", "11:30", look=1)]),
        "shoot",
    )
    same = move(row, slot=slot_at(row, row.starts_at, row.ends_at), version=1, by=None, now=sale.now)
    assert same.version == 1


def test_the_sentence_of_a_conflict_over_midnight_names_both_days(sale, shop, day):
    sale.make(day.slot("22:00", "26:00", [shop.floor], overtime=True), "shoot")
    with pytest.raises(SlotTaken) as refused:
        sale.make(day.slot("25:00", "27:00", [shop.floor], overtime=True), "shoot")
    with timezone.override(shop.branch.zone):
        assert "22:00" in str(refused.value)
        assert "20 May 02:00" in str(refused.value)


def test_asking_for_many_costs_as_much_as_asking_for_one(sale, shop, day, django_assert_num_queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as one:
        sale.make(day.slot("10:00", "11:00", [shop.floor]))
    people = [make(shop, "assistant", f"A{number}") for number in range(8)]
    with CaptureQueriesContext(connection) as many:
        sale.make(day.slot("10:00", "11:00", people))
    assert len(many) == len(one)
