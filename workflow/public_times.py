"""Other times behind the customer's link (R3.2): real free ones, a few for each day, a week at a time.

A time chosen here is a wish: what it costs in its season, and who will be there, is agreed on the telephone.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils.dateparse import parse_date

from bookings.models import Appointment
from bookings.other_times import OtherTimes
from workflow import letters

WEEKS = timedelta(weeks=12)
"""How far ahead a customer looks by themselves."""
DAYS_SHOWN = 7
TIMES_OF_A_DAY = 4
SEARCHED = 35
"""So many days are looked through for those with a free time; then it is said that nothing was found."""
MOST = 3


@dataclass(frozen=True)
class Day:
    """A day with free times, some of them where there are many."""

    day: date
    times: list[datetime]
    words: str


@dataclass(frozen=True)
class Offered:
    """What is shown: days from `first` on; `later` is where one goes on looking, None at the end."""

    days: list[Day]
    first: date
    later: date | None
    is_first: bool


def days_of(appointment: Appointment, now: datetime) -> tuple[date, date]:
    """The first and the last day to choose from: not today, which is talked about on the telephone."""
    today = appointment.branch.today(now)
    return today + timedelta(days=1), today + WEEKS


def offered(appointment: Appointment, asked: str, language: str, *, now: datetime) -> Offered:
    """The next days with a free time, from the day that was asked for."""
    first, last = days_of(appointment, now)
    try:
        begin = parse_date(asked) or first
    except ValueError:
        begin = first
    begin = min(max(begin, first), last)
    times = OtherTimes(appointment, middle=begin + timedelta(days=SEARCHED // 2), now=now)
    found: list[Day] = []
    day = begin
    while times.is_possible and day <= last and len(found) < DAYS_SHOWN and (day - begin).days < SEARCHED:
        starts = spread(list(times.starts(day)))
        if starts:
            words = letters.day_in_words(starts[0], branch=appointment.branch, language=language)
            found.append(Day(day, starts, words))
        day += timedelta(days=1)
    return Offered(found, begin, day if times.is_possible and day <= last else None, begin == first)


def spread(times: list[datetime]) -> list[datetime]:
    """Some of many, from the first of the day to the last."""
    if len(times) <= TIMES_OF_A_DAY:
        return times
    step = (len(times) - 1) / (TIMES_OF_A_DAY - 1)
    return [times[round(place * step)] for place in range(TIMES_OF_A_DAY)]


def gone(appointment: Appointment, wished: Iterable[datetime], *, now: datetime) -> list[datetime]:
    """Those of the times that are not free (any more), or that nobody was offered."""
    first, last = days_of(appointment, now)
    lost = []
    for starts_at in wished:
        day = appointment.branch.today(starts_at)
        inside = first <= day <= last
        if not inside or OtherTimes(appointment, middle=day, now=now).slot(starts_at) is None:
            lost.append(starts_at)
    return lost
