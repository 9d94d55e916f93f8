"""F7: somebody is late; the chain of their day shifts, gaps take up what they can, who is at home is called first."""

from datetime import timedelta
from itertools import pairwise

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given, settings
from hypothesis import strategies as st

from bookings import schedule
from bookings.models import Allocation
from studio.foundation.models import StaleEdit
from tests.conftest import NOON
from tests.workflow.broken import BrokenDay, row_of, rows, states
from workflow import call_agreements, disruptions, running_late
from workflow.models import CallTask

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


@pytest.fixture
def day(shop, now):
    """Today, noon; each party on a floor and with an artist of its own, so that only the photographer is late."""
    return BrokenDay(shop, now, days=0)


def alone(day):
    return [day.shop.photographer_resource]


def shifts(day, minutes=40):
    links = running_late.chain(day.shop.photographer_resource, minutes=minutes, now=day.now)
    return {link.appointment.pk: link.minutes for link in links}


def late(day, minutes=40):
    return running_late.open_late(
        day.shop.photographer_resource, minutes=minutes, why="路上堵车", by=day.shop.manager, now=day.now
    )


def agree(day, date, **fields):
    row = row_of(date)
    given = {"version": row.version, "by": day.shop.owner, "now": day.now}
    return running_late.agree(row, **given | fields)


# --- The chain ---------------------------------------------------------------------------------------
def test_f7_forty_minutes_late_shift_what_follows_without_a_gap(day):
    first, second = day.date("13:00", held=alone(day)), day.date("15:00", held=alone(day))
    assert shifts(day) == {first.pk: 40, second.pk: 40}


def test_f7_a_gap_takes_up_what_it_can(day):
    dates = [day.date(clock, held=alone(day), hours=1) for clock in ("13:00", "14:15", "15:30", "17:00")]
    assert [shifts(day).get(date.pk, 0) for date in dates] == [40, 25, 10, 0]


def test_f7_the_minutes_kept_free_around_are_kept(day):
    day.shop.photographer_resource.buffer_after = 15
    day.shop.photographer_resource.save()
    dates = [day.date(clock, held=alone(day), hours=1) for clock in ("13:00", "14:15")]
    assert [shifts(day)[date.pk] for date in dates] == [40, 40]


def test_f7_who_is_served_now_is_done_later_and_does_not_move(day):
    going_on = day.date("12:00", held=alone(day))
    after = day.date("14:00", held=alone(day))
    day.now += 30 * MINUTE
    found = late(day)
    assert {row.proposed_at for row in rows(found)} == {None, after.starts_at + 40 * MINUTE}
    assert row_of(going_on).proposed_at is None


def test_f7_tomorrow_is_another_day(day):
    day.date("10:00", days=1, held=alone(day))
    assert shifts(day) == {}


def test_f7_nothing_comes_after_it(day):
    assert shifts(day) == {}
    assert rows(late(day)) == []


@pytest.mark.parametrize("minutes", [0, 4, 241, -40])
def test_minutes_that_can_t_be_meant(day, minutes):
    with pytest.raises(ValidationError) as refused:
        late(day, minutes)
    assert "minutes" in refused.value.message_dict


@settings(max_examples=60, deadline=None)
@given(
    spans=st.lists(
        st.tuples(st.integers(0, 90), st.integers(10, 120), st.integers(0, 3)), min_size=1, max_size=8
    ),
    late_by=st.integers(5, 240),
)
def test_f7_property_nobody_is_in_two_places_and_nobody_waits_longer_than_needed(spans, late_by):
    """Kept against the rule itself: after the shift no two parties overlap that did not before, the greatest
    shift is the lateness, and no shift could be smaller."""
    moment, held = 0, []
    for gap, length, party in spans:
        start = moment + gap
        moment = start + length
        held.append((start, moment, party))
    fakes = [
        Allocation(appointment_id=party, during=(at(start), at(end)))  # type: ignore[arg-type]
        for start, end, party in held
    ]
    for fake, (start, end, _party) in zip(fakes, held, strict=True):
        fake.during = Range(at(start), at(end))  # type: ignore[assignment]
    shift = running_late.shifted(fakes, late_by * MINUTE)
    first = held[0][2]
    assert shift[first] == late_by * MINUTE
    for (_s, end, one), (start, _e, other) in pairwise(held):
        if one != other:
            assert at(end) + shift[one] <= at(start) + shift[other]
    for party, by in shift.items():
        assert timedelta() <= by <= late_by * MINUTE
        if by and party != first:
            assert any(
                other == party and one != party and at(end) + shift[one] == at(start) + by
                for (_s, end, one), (start, _e, other) in pairwise(held)
            )


class Range:
    def __init__(self, lower, upper):
        self.lower, self.upper = lower, upper


def at(minute):
    return NOON + minute * MINUTE


# --- Agreed, and shifted ---------------------------------------------------------------------------------
def test_f7_nothing_moves_before_its_customer_agrees(day):
    first = day.date("13:00", held=alone(day))
    found = late(day)
    first.refresh_from_db()
    assert (first.starts_at, states(found)) == (day.at("13:00"), ["touched"])
    assert not found.closures.exists()


def test_f7_who_agrees_first_waits_for_who_is_behind_them_and_both_are_shifted(day):
    first, second = day.date("14:00", held=alone(day)), day.date("16:00", held=alone(day))
    found = late(day)
    waiting = agree(day, first)
    assert [row.appointment for row, _why in waiting.waiting] == [first]
    assert row_of(first).state == "told"
    done = agree(day, second)
    assert {row.appointment for row in done.moved} == {first, second}
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.starts_at, second.starts_at) == (day.at("14:40"), day.at("16:40"))
    found.refresh_from_db()
    assert (states(found), found.ended_at) == (["moved", "moved"], day.now)


def test_f7_all_shifted_in_one_press(day):
    dates = [day.date(clock, held=alone(day)) for clock in ("13:00", "15:00", "17:00")]
    found = late(day)
    for date in dates:
        disruptions.tell(row_of(date), version=None, by=day.shop.owner, now=day.now)
    done = running_late.shift(found, by=day.shop.owner, now=day.now, overtime=True)
    assert len(done.moved) == 3
    assert set(states(found)) == {"moved"}
    again = running_late.shift(found, by=day.shop.owner, now=day.now)
    assert (again.moved, again.waiting) == ([], [])


def test_f7_overtime_is_not_agreed_by_itself(day):
    last = day.date("18:30", held=alone(day))
    late(day, 120)
    done = agree(day, last)
    assert [row.appointment for row, _why in done.waiting] == [last]
    assert row_of(last).state == "told"
    done = running_late.shift(row_of(last).disruption, by=day.shop.manager, now=day.now, overtime=True)
    assert [row.appointment for row in done.moved] == [last]


def test_f7_pressed_twice_is_shifted_once(day):
    date = day.date("14:00", held=alone(day))
    late(day)
    row = row_of(date)
    running_late.agree(row, version=row.version, by=day.shop.owner, now=day.now)
    running_late.agree(row, version=row.version, by=day.shop.owner, now=day.now)
    assert date.events.filter(kind="moved").count() == 1


def test_f7_somebody_elses_press_in_between_is_said(day):
    date = day.date("14:00", held=alone(day))
    late(day)
    row = row_of(date)
    disruptions.tell(row, version=row.version, by=day.shop.colleague, now=day.now)
    with pytest.raises(StaleEdit):
        running_late.agree(row, version=row.version, by=day.shop.owner, now=day.now)


def test_f7_agreed_in_the_call_it_is_shifted_with_the_others(day):
    first, second = day.date("14:00", held=alone(day)), day.date("16:00", held=alone(day))
    found = late(day)
    day.call(found)
    for date in (first, second):
        call = CallTask.objects.get(appointment=date)
        call_agreements.agree(
            call, starts_at=row_of(date).proposed_at, version=call.version, by=day.shop.owner, now=day.now
        )
    assert states(found) == ["moved", "moved"]
    assert not CallTask.objects.open().exists()


def test_f7_another_time_of_their_own_choice_ends_it_too(day):
    date = day.date("14:00", held=alone(day))
    found = late(day)
    slot = schedule.slot_at(date, day.at("14:00", 3), day.at("16:00", 3))
    schedule.move(date, slot=slot, version=None, by=day.shop.owner, now=day.now)
    assert states(found) == ["moved"]
