"""The month of a branch as the leave page shows it: who is off, who stands in, what is asked for."""

import calendar
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from studio.staff.duties import Off, acting_for
from studio.staff.models import Branch, LeaveDay, LeaveState, User

EARLIEST, LATEST = date(2000, 1, 1), date(2199, 12, 1)


@dataclass(frozen=True)
class OffDay:
    """One colleague's day; `acting` is the end of the chain of deputies."""

    row: LeaveDay
    acting: User

    @property
    def is_asked(self) -> bool:
        return not self.row.is_granted


@dataclass
class CalendarDay:
    day: date
    is_of_month: bool
    off: list[OffDay] = field(default_factory=list)


def month_of(typed: str, today: date) -> date:
    """The first day of the month in the address (2026-05); of today's where there is none to understand."""
    try:
        first = date.fromisoformat(f"{typed}-01")
    except ValueError:
        return today.replace(day=1)
    return first if EARLIEST <= first <= LATEST else today.replace(day=1)


def neighbours(month: date) -> tuple[date, date]:
    """The first days of the month before and of the next."""
    before = date(month.year - (month.month == 1), (month.month - 2) % 12 + 1, 1)
    after = date(month.year + (month.month == 12), month.month % 12 + 1, 1)
    return before, after


def month_days(branch: Branch, month: date) -> list[CalendarDay]:
    """Whole weeks from Monday on; one query."""
    dates = list(calendar.Calendar().itermonthdates(month.year, month.month))
    rows = LeaveDay.objects.filter(branch=branch, day__range=(dates[0], dates[-1])).exclude(
        leave__state__in=[LeaveState.REFUSED, LeaveState.WITHDRAWN]
    )
    # A day on which somebody came back after all is a day like any other.
    rows = rows.exclude(leave__state=LeaveState.GRANTED, is_granted=False)
    by_day: dict[date, list[LeaveDay]] = {}
    for row in rows.select_related("user", "deputy", "leave").order_by("user__display_name", "pk"):
        by_day.setdefault(row.day, []).append(row)
    return [CalendarDay(day, day.month == month.month, off_days(by_day.get(day, []))) for day in dates]


def off_days(rows: Iterable[LeaveDay]) -> list[OffDay]:
    rows = list(rows)
    off: Off = {row.user_id: row for row in rows if row.is_granted}
    return [
        OffDay(row, acting_for(row.deputy, off) if row.user_id not in off else acting_for(row.user, off))
        for row in rows
    ]
