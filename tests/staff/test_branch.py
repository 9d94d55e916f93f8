"""A branch's clock: days, quiet hours, changes of summer time."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from studio.staff.models import Branch

ZONES = ["Asia/Shanghai", "Asia/Taipei", "America/New_York", "Europe/Berlin", "Australia/Lord_Howe"]


def branch(zone: str = "Asia/Shanghai", quiet: tuple[time, time] | None = None) -> Branch:
    start, end = quiet or (None, None)
    return Branch(code="x", time_zone=zone, quiet_from=start, quiet_until=end)


def test_today_is_the_branch_s_day() -> None:
    late = datetime(2026, 5, 15, 17, 0, tzinfo=UTC)
    assert branch("Asia/Shanghai").today(late) == date(2026, 5, 16)
    assert branch("America/New_York").today(late) == date(2026, 5, 15)


def test_a_clock_time_that_summer_time_skips_moves_on() -> None:
    moment = branch("America/New_York").at(date(2026, 3, 8), time(2, 30))
    assert moment.astimezone(UTC) == datetime(2026, 3, 8, 7, 30, tzinfo=UTC)
    assert moment.time() == time(3, 30)


@given(st.sampled_from(ZONES), st.dates(date(2020, 1, 1), date(2035, 1, 1)))
def test_days_follow_each_other_without_gap(zone: str, day: date) -> None:
    here = branch(zone)
    start, end = here.day_bounds(day)
    assert end == here.day_bounds(day + timedelta(days=1))[0]
    assert timedelta(hours=22) < end - start < timedelta(hours=26)


@pytest.mark.parametrize(
    ("clock", "quiet", "expected"),
    [
        ((12, 0), (time(21), time(9)), None),
        ((22, 0), (time(21), time(9)), (2026, 5, 17, 9)),
        ((3, 0), (time(21), time(9)), (2026, 5, 16, 9)),
        ((9, 0), (time(21), time(9)), None),
        ((13, 0), (time(12), time(14)), (2026, 5, 16, 14)),
        ((13, 0), None, None),
    ],
)
def test_quiet_hours_move_a_message_to_their_end(
    clock: tuple, quiet: tuple | None, expected: tuple | None
) -> None:
    here = branch(quiet=quiet)
    moment = here.at(date(2026, 5, 16), time(*clock))
    moved = here.outside_quiet_hours(moment)
    assert moved == (moment if expected is None else datetime(*expected, tzinfo=here.zone))


def test_a_time_zone_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValidationError, match="no time zone"):
        branch("Asia/Peking").clean_fields(exclude=["name_en", "name_zh_hans", "name_zh_hant"])
