"""The plan on paper (R2.1): on which day each contact falls, and about what. Nothing is stored here.

The first contact comes some days after the visit, each further one two to three weeks after the one before,
all by the branch's rules; off public holidays and the customer's own days, and all before the wedding day.
How far apart within the rules is drawn by customer and number, so that the same question gets the same
answer, and not everybody who came on one day is called on one day.
"""

import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from workflow.follow_up_days import BIRTHDAY_AHEAD, Calendar, festival_days
from workflow.models import FollowUpRules, Occasion, OccasionKind

DAY = timedelta(days=1)
FESTIVAL_AHEAD = 5
"""A festival is wished for up to so many days before it."""
FURTHER = 60
"""Where every day within the rules is taken (New Year, the week before the wedding), how far to look on."""


@dataclass(frozen=True)
class Slot:
    """One contact on paper."""

    number: int
    due_on: date
    occasion: Occasion | None = None


@dataclass(frozen=True)
class Window:
    """The days within the rules for one contact, and the one that was drawn."""

    first: date
    last: date
    drawn: date

    def nearest_open(
        self, calendar: Calendar, first: date | None = None, last: date | None = None
    ) -> date | None:
        """The open day nearest to the drawn one, between `first` and `last` where they are narrower."""
        first, last = max(self.first, first or self.first), min(self.last, last or self.last)
        days = (first + n * DAY for n in range((last - first).days + 1))
        near = sorted(days, key=lambda day: (abs((day - self.drawn).days), day))
        return next((day for day in near if calendar.is_open(day)), None)

    def latest_open(
        self, calendar: Calendar, until: date, ahead: int, *, birthday: bool = False
    ) -> date | None:
        """The last open day up to `until`, at most `ahead` days before it."""
        day = min(until, self.last)
        while day >= max(self.first, until - ahead * DAY):
            if calendar.is_open(day, birthday=birthday):
                return day
            day -= DAY
        return None


def slots(
    numbers: Iterable[int],
    *,
    after: date,
    rules: FollowUpRules,
    calendar: Calendar,
    occasions: Iterable[Occasion],
    customer: int,
    fresh: bool,
    keep: Mapping[int, Occasion] | None = None,
) -> list[Slot]:
    """The contacts of these numbers, as many as fit before the wedding day.

    `after` is the day from which on is counted: of the visit where `fresh`, else of the contact before.
    `occasions` are those that this customer has not had; `keep` are some of them that a number has
    already, and keeps where its day allows.
    """
    shelf, keep = list(occasions), dict(keep or {})
    found: list[Slot] = []
    for number in numbers:
        window = window_of(number, after, rules=rules, customer=customer, fresh=fresh)
        spoken_for = {occasion.pk for other, occasion in keep.items() if other > number}
        slot = place(
            number, window, calendar, [one for one in shelf if one.pk not in spoken_for], keep.get(number)
        )
        if slot is None:
            break
        found.append(slot)
        shelf = [occasion for occasion in shelf if slot.occasion is None or occasion.pk != slot.occasion.pk]
        after, fresh = slot.due_on, False
    return found


def window_of(number: int, after: date, *, rules: FollowUpRules, customer: int, fresh: bool) -> Window:
    if fresh:
        day = after + rules.first_after * DAY
        return Window(day, day, day)
    days = random.Random(f"{customer}:{number}").randint(rules.apart_from, rules.apart_to)
    return Window(after + rules.apart_from * DAY, after + rules.apart_to * DAY, after + days * DAY)


def place(
    number: int, window: Window, calendar: Calendar, shelf: list[Occasion], kept: Occasion | None
) -> Slot | None:
    """A day with its occasion: a festival or a birthday that falls into the window, the season, any other."""
    preferred = [kept] if kept else []
    for kind in (OccasionKind.FESTIVAL, OccasionKind.BIRTHDAY, OccasionKind.SEASON, OccasionKind.ANY):
        preferred += [occasion for occasion in shelf if occasion.kind == kind]
    for occasion in preferred:
        day = day_for(occasion, window, calendar)
        if day is not None:
            return Slot(number, day, occasion)
    day = window.nearest_open(calendar) or next_open(calendar, window.last)
    if day is None:
        return None
    # Beyond the window: what needs no day of its own can still be talked about.
    fitting = (occasion for occasion in preferred if is_timeless(occasion, day))
    return Slot(number, day, next(fitting, None))


def day_for(occasion: Occasion, window: Window, calendar: Calendar) -> date | None:
    """A day of the window on which this occasion fits, or none."""
    if occasion.kind == OccasionKind.FESTIVAL:
        ahead = festival_days(occasion, window.first, window.last + FESTIVAL_AHEAD * DAY)
        days = (window.latest_open(calendar, day, FESTIVAL_AHEAD) for day in ahead)
        return next((day for day in days if day is not None), None)
    if occasion.kind == OccasionKind.BIRTHDAY:
        ahead = calendar.birthdays_between(window.first, window.last + BIRTHDAY_AHEAD * DAY)
        days = (window.latest_open(calendar, day, BIRTHDAY_AHEAD, birthday=True) for day in ahead)
        return next((day for day in days if day is not None), None)
    return window.nearest_open(calendar, occasion.starts_on, occasion.ends_on)


def is_timeless(occasion: Occasion, day: date) -> bool:
    """Whether it fits on this day without being about a day: any time, or a season that has it."""
    if occasion.kind not in {OccasionKind.SEASON, OccasionKind.ANY}:
        return False
    return (occasion.starts_on or day) <= day <= (occasion.ends_on or day)


def next_open(calendar: Calendar, last: date) -> date | None:
    """The first open day after the window, still before the wedding."""
    days = (last + n * DAY for n in range(1, FURTHER + 1))
    return next((day for day in days if calendar.is_open(day)), None)
