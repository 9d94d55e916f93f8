"""Working hours and breaks, days off, leave, closures and special days: who can be had when, and who not."""

from datetime import UTC, date, time, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bookings.availability import closed, off
from bookings.closures import close
from bookings.models import Resource
from bookings.schedule import NotBookable, NotWorking, Slot, move, nearest_free
from studio.staff.models import SpecialDay
from tests.bookings.resources import Day, make, works
from tests.factories import BranchFactory, CustomerFactory, LeaveFactory

HOUR = timedelta(hours=1)


@pytest.fixture
def day(shop, now):
    """Tuesday, 19 May 2026."""
    return Day(shop, now)


def leave(shop, user, day, branch=None):
    LeaveFactory(
        branch=branch or shop.branch, user=user, starts_on=day.day, ends_on=day.day, deputy=shop.manager
    )


def special(shop, day, **fields):
    names = {"name_en": "Inventory", "name_zh_hans": "盘点", "name_zh_hant": "盤點"}
    return SpecialDay.objects.create(branch=shop.branch, day=day.day, **names | fields)


def whys(rows):
    return [(one.why, one.starts_at, one.ends_at) for one in rows]


# --- Who is off when ------------------------------------------------------------------------------
def test_without_hours_of_its_own_a_room_follows_the_branch_and_a_place_outside_is_always_there(shop, day):
    assert whys(off([shop.floor], day.at("0:00"), day.at("24:00"))) == [
        ("hours", day.at("0:00"), day.at("9:30")),
        ("hours", day.at("21:00"), day.at("24:00")),
    ]
    outside = [make(shop, kind, kind) for kind in ("location", "vehicle", "gown")]
    assert off(outside, day.at("0:00"), day.at("24:00")) == []


def test_a_break_and_a_weekday_off(shop, day):
    person = shop.photographer_resource
    works(person, {1: [("09:00", "12:00"), ("13:00", "18:00")]})
    assert whys(off([person], day.at("0:00"), day.at("48:00"))) == [
        ("hours", day.at("0:00"), day.at("9:00")),
        ("hours", day.at("12:00"), day.at("13:00")),
        ("hours", day.at("18:00"), day.at("48:00")),  # on Wednesday they never work
    ]


def test_r8_1_leave_that_was_granted_counts_in_whatever_branch_it_was_asked_for(shop, day):
    leave(shop, shop.photographer, day, branch=shop.other_branch)
    (away,) = off([shop.photographer_resource], day.at("10:00"), day.at("12:00"))
    assert (away.why, away.starts_at, away.ends_at) == ("leave", day.at("0:00"), day.at("24:00"))
    assert "is off on" in str(away)
    assert off([shop.artist_resource], day.at("10:00"), day.at("12:00")) == []


def test_leave_that_was_only_asked_for_does_not_count(shop, day):
    LeaveFactory(
        branch=shop.branch, user=shop.photographer, starts_on=day.day, ends_on=day.day, deputy=shop.manager,
        state="asked",
    )  # fmt: skip
    assert off([shop.photographer_resource], day.at("10:00"), day.at("12:00")) == []


def test_a_closed_day_a_day_with_its_own_hours_and_one_that_is_as_usual(shop, day):
    row = special(shop, day)
    (away,) = off([shop.floor], day.at("10:00"), day.at("12:00"))
    assert (away.why, away.note) == ("special_day", "Inventory")
    assert [one.why for one in closed(shop.branch, day.at("10:00"), day.at("12:00"))] == ["special_day"]
    row.is_open, row.opens_at, row.closes_at = True, time(12, 0), time(16, 0)
    row.save()
    works(shop.artist_resource, {1: [("10:00", "14:00")]})
    assert whys(off([shop.floor], day.at("10:00"), day.at("18:00"))) == [
        ("hours", day.at("10:00"), day.at("12:00")),
        ("hours", day.at("16:00"), day.at("18:00")),
    ]
    assert whys(off([shop.artist_resource], day.at("10:00"), day.at("18:00"))) == [
        ("hours", day.at("10:00"), day.at("12:00")),
        ("hours", day.at("14:00"), day.at("18:00")),
    ]
    row.opens_at = row.closes_at = None
    row.save()
    assert off([shop.floor], day.at("10:00"), day.at("18:00")) == []


def test_a_branch_that_closes_after_midnight(shop, day):
    shop.branch.opens_at, shop.branch.closes_at = time(16, 0), time(2, 0)
    shop.branch.save()
    assert whys(closed(shop.branch, day.at("0:00"), day.at("24:00"))) == [
        ("hours", day.at("2:00"), day.at("16:00"))
    ]


def test_the_number_of_questions_does_not_grow(shop, day):
    people = [make(shop, "assistant", f"A{number}") for number in range(12)]
    with CaptureQueriesContext(connection) as one:
        off(people[:1], day.at("0:00"), day.at("24:00"))
    with CaptureQueriesContext(connection) as all_of_them:
        off(people, day.at("0:00"), day.at("24:00") + timedelta(days=90))
    assert len(one) == len(all_of_them) <= 5


# --- What is refused ------------------------------------------------------------------------------
def test_outside_the_hours_is_refused_and_overtime_is_an_answer(sale, shop, day):
    slot = day.slot("20:00", "22:00", sale.team)
    with pytest.raises(NotWorking) as refused:
        sale.make(slot, "shoot")
    assert refused.value.is_hours
    assert {one.resource for one in refused.value.off} == set(sale.team)
    assert "does not work" in refused.value.messages[0]
    assert len(refused.value.free) == 3
    row = sale.make(slot, "shoot", overtime=True)
    assert row.events.get().parameters["overtime"] is True
    late = day.slot("19:00", "22:30", sale.team)
    with pytest.raises(NotWorking):
        move(row, slot=late, version=None, by=None, now=sale.now)
    moved = move(row, slot=late, version=None, by=None, now=sale.now, overtime=True)
    assert moved.events.get(kind="moved").parameters["overtime"] is True
    plain = sale.make(day.slot("12:00", "13:00", sale.team), "shoot", overtime=True)
    assert "overtime" not in plain.events.get().parameters  # nobody worked longer for it


def test_a_break_in_the_middle_is_refused_too(sale, shop, day):
    works(shop.artist_resource, {1: [("09:30", "12:00"), ("13:00", "18:00")]})
    with pytest.raises(NotWorking) as refused:
        sale.make(day.slot("11:00", "14:00", sale.team), "shoot")
    assert [one.resource for one in refused.value.off] == [shop.artist_resource]
    held = [
        day.hold(shop.artist_resource, "11:00", "12:00"),
        day.hold(shop.artist_resource, "13:00", "14:00"),
    ]
    sale.make(day.slot("11:00", "14:00", [shop.photographer_resource], held), "shoot")


@pytest.mark.parametrize("what", ["leave", "closed day", "closure"])
def test_leave_closed_days_and_closures_are_refused_whatever_was_agreed(sale, shop, day, what):
    if what == "leave":
        leave(shop, shop.photographer, day)
    elif what == "closed day":
        special(shop, day)
    else:
        close(
            shop.floor, starts_at=day.at("0:00"), ends_at=day.at("24:00"), why="Painting", by=shop.manager,
            now=sale.now,
        )  # fmt: skip
    with pytest.raises(NotWorking) as refused:
        sale.make(day.slot("12:00", "14:00", sale.team), "shoot", overtime=True)
    assert not refused.value.is_hours
    for slot in refused.value.free:
        assert timezone.localtime(slot.starts_at, shop.branch.zone).date() != day.day


def test_a_colleague_who_is_there_is_proposed_for_one_who_is_off(sale, shop, day):
    there, away = make(shop, "photographer", "Li Qiang"), make(shop, "photographer", "Sun")
    works(away, {0: [("10:00", "18:00")]})
    leave(shop, shop.photographer, day)
    with pytest.raises(NotWorking) as refused:
        sale.make(day.slot("12:00", "14:00", sale.team), "shoot")
    assert refused.value.instead == {shop.photographer_resource.pk: [there]}


def test_who_gets_leave_afterwards_does_not_stop_other_changes_of_the_same_time(sale, shop, day):
    row = sale.make(day.slot("12:00", "14:00", sale.team), "shoot")
    leave(shop, shop.photographer, day)
    assistant = make(shop, "assistant", "An")
    more = day.slot("12:00", "14:00", [*sale.team, assistant])
    assert move(row, slot=more, version=None, by=None, now=sale.now).allocations.active().count() == 4
    with pytest.raises(NotWorking):
        move(row, slot=day.slot("13:00", "15:00", sale.team), version=None, by=None, now=sale.now)


def test_a_consultation_without_anybody_keeps_the_opening_hours(sale, day):
    with pytest.raises(NotWorking) as refused:
        sale.make(day.slot("8:00", "9:00"), "consult")
    assert refused.value.field == "time"
    assert "not open" in refused.value.messages[0]
    sale.make(day.slot("8:00", "9:00"), "consult", overtime=True)
    sale.make(day.slot("9:30", "10:30"), "pickup")


def test_the_wedding_day_itself_knows_leave_but_no_hours(sale, shop, day):
    special(shop, day)
    sale.make(day.slot("5:00", "11:00", sale.team), "wedding")
    leave(shop, shop.artist, day)
    with pytest.raises(NotWorking):
        sale.make(day.slot("12:00", "14:00", [shop.artist_resource]), "wedding")


def test_a_shoot_at_dawn_outside_counts_people_but_not_the_place(sale, shop, day):
    lake = make(shop, "location", "Lake")
    works(shop.photographer_resource, {1: [("05:00", "12:00")]})
    sale.make(day.slot("5:30", "8:00", [shop.photographer_resource, lake]), "shoot")
    with pytest.raises(NotWorking):
        sale.make(day.slot("5:30", "8:00", [shop.artist_resource]), "shoot")


def test_over_midnight_into_a_day_off_is_refused(sale, shop, day):
    after = Day(shop, sale.now, days=4)
    leave(shop, shop.photographer, after)
    with pytest.raises(NotWorking):
        sale.make(day.slot("22:00", "26:00", [shop.photographer_resource]), "shoot", overtime=True)
    sale.make(day.slot("22:00", "24:00", [shop.photographer_resource]), "shoot", overtime=True)


# --- Free answers ---------------------------------------------------------------------------------
def test_the_nearest_free_times_know_hours_breaks_leave_and_closed_days(sale, shop, day):
    works(shop.artist_resource, {weekday: [("10:00", "13:00"), ("15:00", "19:00")] for weekday in range(6)})
    leave(shop, shop.photographer, Day(shop, sale.now, days=4))
    special(shop, Day(shop, sale.now, days=2))
    sale.make(day.slot("10:00", "19:00", [shop.floor]))
    free = nearest_free(
        branch=shop.branch, kind="shoot", duration=3 * HOUR, resources=sale.team, around=day.at("14:00"),
        now=sale.now,
    )  # fmt: skip
    found = [timezone.localtime(slot.starts_at, shop.branch.zone) for slot in free]
    # Tuesday the floor is taken, Wednesday the photographer is off, Monday is closed, Sunday nobody works.
    assert [(at.day, at.hour) for at in found] == [(21, 15), (22, 15), (16, 15)]


def test_a_free_time_carries_its_spans_along(sale, shop, day):
    held = [day.hold(shop.artist_resource, "12:00", "13:30", look=1)]
    sale.make(day.slot("12:00", "13:00", [shop.artist_resource]))
    (slot,) = nearest_free(
        branch=shop.branch, kind="shoot", duration=4 * HOUR, holds=held, around=day.at("12:00"),
        now=sale.now, count=1,
    )  # fmt: skip
    (hold,) = slot.holds
    assert slot.starts_at == day.at("13:00")
    assert (hold.starts_at, hold.ends_at, hold.look) == (day.at("13:00"), day.at("14:30"), 1)
    sale.make(slot, "shoot")


def test_with_overtime_agreed_the_answers_lie_near_the_wish_too(sale, shop, day):
    sale.make(day.slot("6:00", "8:00", sale.team, overtime=True), "shoot")
    free = nearest_free(
        branch=shop.branch, kind="shoot", duration=2 * HOUR, resources=sale.team, around=day.at("6:00"),
        now=sale.now, overtime=True,
    )  # fmt: skip
    hours = [timezone.localtime(slot.starts_at, shop.branch.zone).hour for slot in free]
    assert hours == [8, 9, 6]


# --- Other clocks ---------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("zone", "changes", "length"),
    [
        ("Europe/Lisbon", date(2027, 3, 28), 23),
        ("Europe/Lisbon", date(2026, 10, 25), 25),
        ("America/New_York", date(2027, 3, 14), 23),
        ("America/New_York", date(2026, 11, 1), 25),
    ],
)
def test_on_the_day_when_the_clocks_change_lengths_are_real_and_hours_are_the_clock_s(
    shop, now, zone, changes, length
):
    branch = BranchFactory(time_zone=zone)
    room = Resource.objects.create(
        branch=branch, kind="floor", name_en="A", name_zh_hans="A", name_zh_hant="A"
    )
    start, end = branch.day_bounds(changes)
    assert end.astimezone(UTC) - start.astimezone(UTC) == length * HOUR
    rows = off([room], start, end)
    assert whys(rows) == [
        ("hours", start, branch.at(changes, time(9, 30))),
        ("hours", branch.at(changes, time(21, 0)), end),
    ]
    slot = Slot(branch.at(changes, time(10, 0)), branch.at(changes, time(10, 0)) + 6 * HOUR, [room])
    assert slot.ends_at - slot.starts_at == 6 * HOUR
    free = nearest_free(
        branch=branch, kind="shoot", duration=6 * HOUR, resources=[room], around=slot.starts_at, now=now
    )
    assert [s.ends_at - s.starts_at for s in free] == [6 * HOUR] * 3
    assert free[0].starts_at == branch.at(changes, time(10, 0))


def test_a_night_in_which_the_clocks_change_is_as_long_as_it_is(shop, now):
    from bookings.schedule import make_appointment

    branch = BranchFactory(time_zone="Europe/Lisbon")
    room = Resource.objects.create(
        branch=branch, kind="floor", name_en="A", name_zh_hans="A", name_zh_hant="A"
    )
    evening = branch.at(date(2026, 10, 24), time(22, 0))
    slot = Slot(evening, branch.at(date(2026, 10, 25), time(2, 0)), [room], overtime=True)
    row = make_appointment(
        branch=branch, customer=CustomerFactory(branch=branch, owner=shop.owner), booking=None, kind="shoot",
        slot=slot, by=None, now=now,
    )  # fmt: skip
    assert row.ends_at - row.starts_at == 5 * HOUR  # from 22:00 to 2:00, with one hour twice


def test_bad_times_are_refused_as_before(sale, shop, day):
    with pytest.raises(NotBookable):
        sale.make(day.slot("12:00", "12:00", sale.team))
