"""R2.1: how a plan is laid out: how many, how far apart, on which days, about what."""

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workflow.follow_up_days import Calendar, festival_days, is_public_holiday, lunar_day
from workflow.follow_up_plan import FURTHER, slots
from workflow.models import FollowUpRules, Occasion

DAY = timedelta(days=1)
MAY = date(2026, 5, 18)


def occasion(pk, kind="any", **fields):
    return Occasion(pk=pk, kind=kind, name_en=f"{kind} {pk}", line_en="Hello, %(guests)s.", **fields)


ANY = [occasion(number) for number in range(1, 21)]


def laid_out(
    *, after=MAY, rules=None, calendar=None, occasions=ANY, fresh=True, numbers=None, customer=7, keep=None
):
    rules = rules or FollowUpRules()
    return slots(
        numbers or range(1, rules.contacts + 1),
        after=after,
        rules=rules,
        calendar=calendar or Calendar("CN"),
        occasions=occasions,
        customer=customer,
        fresh=fresh,
        keep=keep,
    )


def test_r2_1_eleven_contacts_two_to_three_weeks_apart_the_first_after_some_days():
    found = laid_out(calendar=Calendar("XX"))
    assert [slot.number for slot in found] == list(range(1, 12))
    assert found[0].due_on == MAY + 3 * DAY
    for before, after in pairwise(found):
        assert 14 <= (after.due_on - before.due_on).days <= 21


def test_r2_1_the_branch_may_have_other_numbers():
    rules = FollowUpRules(contacts=4, first_after=1, apart_from=7, apart_to=7)
    days = [slot.due_on for slot in laid_out(rules=rules, calendar=Calendar("XX"))]
    assert days == [MAY + DAY, MAY + 8 * DAY, MAY + 15 * DAY, MAY + 22 * DAY]


def test_the_same_question_gets_the_same_answer_and_not_everybody_is_called_on_one_day():
    assert laid_out() == laid_out()
    second_days = {laid_out(customer=number, calendar=Calendar("XX"))[1].due_on for number in range(40)}
    assert len(second_days) > 4


def test_r2_1_nobody_is_called_on_a_public_holiday():
    # 1 October and the days after it are holidays in China.
    found = laid_out(after=date(2026, 9, 28), rules=FollowUpRules(first_after=3))
    assert found[0].due_on > date(2026, 10, 3)
    assert not is_public_holiday("CN", found[0].due_on)
    assert laid_out(after=date(2026, 9, 28), calendar=Calendar("XX"))[0].due_on == date(2026, 10, 1)


def test_r2_1_not_on_a_birthday_by_either_calendar():
    born = date(1998, 5, 21)
    assert laid_out(calendar=Calendar("XX", [born]))[0].due_on == MAY + 4 * DAY
    lunar = Calendar("XX", [date(1998, 4, 30)])  # the fifth of the fourth month: 21 May in 2026
    assert lunar.birthdays_between(MAY, MAY + 5 * DAY) == [date(2026, 5, 21)]
    assert laid_out(calendar=lunar)[0].due_on == MAY + 4 * DAY


def test_r2_1_a_birthday_is_an_occasion_on_the_day_or_just_before():
    born = date(1998, 6, 12)
    found = laid_out(calendar=Calendar("XX", [born]), occasions=[*ANY, occasion(99, "birthday")])
    (birthday,) = [slot for slot in found if slot.occasion.kind == "birthday"]
    days = Calendar("XX", [born]).birthdays_between(birthday.due_on, birthday.due_on + 3 * DAY)
    assert days


def test_r2_1_everything_lies_before_the_wedding_and_the_week_before_it_is_theirs():
    wedding = date(2026, 7, 20)
    found = laid_out(calendar=Calendar("XX", wedding=wedding))
    assert 2 <= len(found) <= 4
    assert all(slot.due_on < wedding - 7 * DAY for slot in found)
    assert laid_out(calendar=Calendar("XX", wedding=MAY + 3 * DAY)) == []


def test_r2_1_a_festival_that_falls_into_the_window_is_wished_for_some_days_before():
    mid_autumn = occasion(50, "festival", calendar="lunar", month=8, day=15)
    assert festival_days(mid_autumn, date(2026, 9, 1), date(2026, 9, 30)) == [date(2026, 9, 25)]
    found = laid_out(after=date(2026, 8, 20), occasions=[*ANY, mid_autumn])
    (slot,) = [slot for slot in found if slot.occasion == mid_autumn]
    assert date(2026, 9, 20) <= slot.due_on <= date(2026, 9, 25)
    assert not is_public_holiday("CN", slot.due_on)


def test_a_lunar_day_that_a_short_month_has_not_is_its_last():
    # The twelfth month of 2026 has 29 days.
    assert lunar_day(2026, 12, 30) == lunar_day(2026, 12, 29)


def test_r2_1_a_season_only_in_its_time():
    spring = occasion(60, "season", starts_on=date(2026, 7, 1), ends_on=date(2026, 7, 31))
    found = laid_out(occasions=[*ANY, spring])
    (slot,) = [slot for slot in found if slot.occasion == spring]
    assert date(2026, 7, 1) <= slot.due_on <= date(2026, 7, 31)
    late = occasion(61, "season", starts_on=date(2030, 1, 1))
    assert all(slot.occasion != late for slot in laid_out(occasions=[*ANY, late]))


def test_r2_1_no_occasion_twice_and_a_used_up_library_leaves_the_rest_to_the_caller():
    found = laid_out(occasions=ANY[:4])
    assert [slot.occasion.pk if slot.occasion else None for slot in found] == [1, 2, 3, 4, *[None] * 7]


def test_what_a_number_has_already_it_keeps():
    keep = {3: ANY[9], 4: ANY[0]}
    found = {slot.number: slot for slot in laid_out(numbers=[2, 3, 4], fresh=False, keep=keep)}
    assert found[3].occasion == ANY[9]
    assert found[4].occasion == ANY[0]
    assert found[2].occasion == ANY[1]


@pytest.mark.parametrize("region", ["CN", "TW", "HK", "US", "ZZ"])
def test_any_region_and_a_year_far_ahead_is_planned(region):
    assert len(laid_out(after=date(2091, 1, 5), calendar=Calendar(region))) == 11


LIBRARY = [
    *ANY[:9],
    occasion(31, "festival", month=2, day=29),
    occasion(32, "festival", calendar="lunar", month=1, day=1),
    occasion(33, "festival", calendar="lunar", month=8, day=15),
    occasion(34, "birthday"),
    occasion(35, "season", starts_on=date(2026, 3, 1), ends_on=date(2026, 5, 31)),
    occasion(36, "season"),
]
rules = st.builds(
    lambda contacts, first, apart, more: FollowUpRules(
        contacts=contacts, first_after=first, apart_from=apart, apart_to=apart + more
    ),
    st.integers(1, 11), st.integers(1, 10), st.integers(1, 40), st.integers(0, 20),
)  # fmt: skip
days = st.dates(date(2024, 1, 1), date(2034, 12, 31))


@settings(max_examples=150, deadline=None, database=None)
@given(
    rules=rules, after=days, customer=st.integers(1, 10**9), born=st.lists(st.dates(date(1940, 1, 1), date(2025, 12, 31)), max_size=4),
    wedding_in=st.none() | st.integers(1, 400), region=st.sampled_from(["CN", "TW", "ZZ"]), stock=st.sets(st.sampled_from(range(len(LIBRARY)))),
)  # fmt: skip
def test_r2_1_whatever_the_rules_and_the_family(
    rules, after, customer, born, wedding_in, region, stock
) -> None:
    wedding = after + wedding_in * DAY if wedding_in else None
    calendar = Calendar(region, born, wedding)
    found = laid_out(
        after=after,
        rules=rules,
        calendar=calendar,
        customer=customer,
        occasions=[LIBRARY[n] for n in sorted(stock)],
    )
    used = [slot.occasion.pk for slot in found if slot.occasion]
    assert len(used) == len(set(used))
    assert [slot.number for slot in found] == list(range(1, len(found) + 1))
    if wedding is None:
        assert len(found) == rules.contacts
    first, last = after + rules.first_after * DAY, after + rules.first_after * DAY
    for slot in found:
        assert slot.due_on >= first
        if slot.due_on > last:
            # Later than the rules only where every day within them is taken.
            taken = [first + n * DAY for n in range((last - first).days + 1)]
            assert not any(calendar.is_open(day) for day in taken)
            assert slot.due_on <= last + FURTHER * DAY
        assert not is_public_holiday(region, slot.due_on)
        if wedding is not None:
            assert slot.due_on < wedding
        if calendar.birthdays_between(slot.due_on, slot.due_on):
            assert slot.occasion.kind == "birthday"
        if slot.occasion and slot.occasion.kind == "festival":
            assert festival_days(slot.occasion, slot.due_on, slot.due_on + 5 * DAY)
        first, last = slot.due_on + rules.apart_from * DAY, slot.due_on + rules.apart_to * DAY
