"""Days on which one does not call (R2.1): public holidays, and the customer's own days."""

from collections.abc import Iterable
from datetime import date, timedelta
from functools import lru_cache

import holidays
from lunar_python import Lunar, Solar

from customers.models import Customer
from workflow.models import Occasion, OccasionCalendar

DAY = timedelta(days=1)
BEFORE_THE_WEDDING = 7
"""Days before the wedding day on which a family has other things to do."""
BIRTHDAY_AHEAD = 3
"""A birthday is a reason to call on the day itself, or up to so many days before."""
LUNAR_SINCE = 1900
"""Nobody who comes in was born before; the lunar calendar is not asked about such days."""


@lru_cache(maxsize=64)
def public_holidays(region: str, year: int) -> frozenset[date]:
    """The public holidays of a region; none where the calendar does not know it."""
    try:
        return frozenset(holidays.country_holidays(region, years=year))
    except (NotImplementedError, KeyError):
        return frozenset()


def is_public_holiday(region: str, day: date) -> bool:
    return day in public_holidays(region, day.year)


def solar_day(year: int, month: int, day: int) -> date | None:
    """The day in that year; 29 February is kept on the 28th where there is none."""
    if (month, day) == (2, 29):
        return date(year, 3, 1) - DAY
    try:
        return date(year, month, day)
    except ValueError:
        return None


@lru_cache(maxsize=2048)
def lunar_day(year: int, month: int, day: int) -> date | None:
    """The day of a lunar year as the solar calendar has it; a month of 29 days ends with its 29th."""
    for number in (day, day - 1):
        try:
            solar = Lunar.fromYmd(year, month, number).getSolar()
            return date(solar.getYear(), solar.getMonth(), solar.getDay())
        except Exception:  # what lunar_python raises for a day that does not exist
            continue
    return None


def falling(month: int, day: int, *, lunar: bool, first: date, last: date) -> list[date]:
    """When this day of the year falls between two days; a lunar year reaches into the next solar one."""
    found = (
        lunar_day(year, month, day) if lunar else solar_day(year, month, day)
        for year in range(max(first.year - 1, 1), last.year + 1)
    )
    return [one for one in found if one is not None and first <= one <= last]


def festival_days(occasion: Occasion, first: date, last: date) -> list[date]:
    """When the festival falls between two days."""
    if occasion.month is None or occasion.day is None:
        return []
    lunar = occasion.calendar == OccasionCalendar.LUNAR
    return falling(occasion.month, occasion.day, lunar=lunar, first=first, last=last)


@lru_cache(maxsize=2048)
def born_on(birthday: date) -> tuple[int, int]:
    """Month and day of the lunar calendar; a leap month counts as its month."""
    lunar = Solar.fromYmd(birthday.year, birthday.month, birthday.day).getLunar()
    return abs(lunar.getMonth()), lunar.getDay()


class Calendar:
    """The calendar of one customer: on which days nobody calls them, and when there is a birthday.

    Birthdays count by the solar and by the lunar calendar (R11.2); `wedding` is the day before which every
    contact lies, None where there is none ahead.
    """

    def __init__(self, region: str, birthdays: Iterable[date] = (), wedding: date | None = None) -> None:
        self.region = region
        self.birthdays = list(birthdays)
        self.wedding = wedding

    @classmethod
    def of(cls, customer: Customer, *, after: date) -> "Calendar":
        """As the file has it. A wedding day that is over by `after` bounds nothing any more."""
        wedding = customer.wedding_day
        born = [member.birthday for member in customer.members.all() if member.birthday]
        ahead = wedding if wedding is not None and wedding > after else None
        return cls(customer.branch.region, born, ahead)

    def birthdays_between(self, first: date, last: date) -> list[date]:
        """Every birthday of the family from `first` to `last`, by both calendars."""
        days: set[date] = set()
        for birthday in self.birthdays:
            days.update(falling(birthday.month, birthday.day, lunar=False, first=first, last=last))
            if birthday.year >= LUNAR_SINCE:
                days.update(falling(*born_on(birthday), lunar=True, first=first, last=last))
        return sorted(days)

    def is_open(self, day: date, *, birthday: bool = False) -> bool:
        """Whether one may call on this day; with `birthday` also on a birthday of the family."""
        if is_public_holiday(self.region, day) or not self.is_before_the_wedding(day):
            return False
        if self.wedding is not None and day >= self.wedding - BEFORE_THE_WEDDING * DAY:
            return False
        return birthday or not self.birthdays_between(day, day)

    def is_before_the_wedding(self, day: date) -> bool:
        return self.wedding is None or day < self.wedding
