"""Two months of days for somebody who looks for a free one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from bookings.teams import FreeTimes
from studio.foundation.templatetags.studio import active_locale

MONTHS = 2


@dataclass(frozen=True)
class Day:
    """`state`: "free", "full", or "" where it can't be chosen at all."""

    day: date
    state: str = ""
    is_chosen: bool = False


@dataclass(frozen=True)
class Month:
    first: date
    weeks: list[list[Day | None]]


def months_from(wanted: date | None, *, first: date, last: date) -> list[date]:
    """The first days of the months shown: the wanted one and the next, within what can be chosen."""
    begin = max(month_of(first), month_of(min(wanted, last)) if wanted else month_of(first))
    months = [begin]
    while len(months) < MONTHS and next_month(months[-1]) <= last:
        months.append(next_month(months[-1]))
    return months


def drawn(
    months: Sequence[date], times: FreeTimes, *, first: date, last: date, chosen: date | None
) -> list[Month]:
    """Each month in weeks from Monday to Sunday, every day with its state."""
    found = []
    for month in months:
        cells: list[Day | None] = [None] * month.weekday()
        day = month
        while day < next_month(month):
            inside = first <= day <= last
            state = ("free" if times.is_free(day) else "full") if inside else ""
            cells.append(Day(day, state, day == chosen))
            day += timedelta(days=1)
        cells += [None] * (-len(cells) % 7)
        weeks = [cells[at : at + 7] for at in range(0, len(cells), 7)]
        found.append(Month(month, [week for week in weeks if any(cell and cell.state for cell in week)]))
    return found


def middle_of(months: Sequence[date]) -> date:
    return months[0] + (next_month(months[-1]) - months[0]) // 2


def earlier(months: Sequence[date], *, first: date) -> date | None:
    """The month to go back to; None at the beginning."""
    return max(month_of(months[0] - timedelta(days=1)), first) if months[0] > first else None


def later(months: Sequence[date], *, last: date) -> date | None:
    after = next_month(months[-1])
    return after if after <= last else None


def weekdays() -> list[str]:
    """Monday to Sunday, in one letter each where the reader's language has such."""
    names = active_locale().days["stand-alone"]
    width = "narrow" if active_locale().language == "zh" else "abbreviated"
    return [names[width][number] for number in range(7)]


def month_of(day: date) -> date:
    return day.replace(day=1)


def next_month(month: date) -> date:
    return (month.replace(day=1) + timedelta(days=32)).replace(day=1)
