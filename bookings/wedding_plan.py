"""From the wedding day backwards: by when pickup, selection, shoot and fitting must be, and how many days are
to spare (F5). Pure: nothing is asked of the database."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from bookings.models import AppointmentKind, PackageVersion, SchedulingRules


class Time(TextChoices):
    OK = "ok", pgettext_lazy("deadline", "in time")
    TIGHT = "tight", pgettext_lazy("deadline", "tight")
    LATE = "late", pgettext_lazy("deadline", "too late")


WORST = [Time.OK, Time.TIGHT, Time.LATE]
STEPS = [
    AppointmentKind.FITTING,
    AppointmentKind.SHOOT,
    AppointmentKind.SELECTION,
    AppointmentKind.PICKUP,
]
"""What comes before a wedding, in order. The fitting is a wish: it may be held on the day of the shoot."""


@dataclass(frozen=True)
class Step:
    """One step: the last good day for it, the day agreed (None: none yet), and the days to spare between the
    deadline and that day, or the first day on which it could be held."""

    kind: AppointmentKind
    deadline: date
    planned: date | None
    earliest: date
    is_done: bool
    is_needed: bool
    slack: int

    @property
    def spare(self) -> int:
        return (self.deadline - (self.planned or self.earliest)).days

    @property
    def state(self) -> Time:
        if self.is_done:
            return Time.OK
        if self.spare < 0:
            return Time.LATE
        return Time.TIGHT if self.spare < self.slack else Time.OK

    @property
    def word(self) -> Any:
        return _("done") if self.is_done else self.state.label


@dataclass(frozen=True)
class Plan:
    """The steps before one wedding. `state` is that of the worst step that is needed and still to come."""

    wedding_day: date
    steps: list[Step]

    @property
    def ahead(self) -> list[Step]:
        return [step for step in self.steps if step.is_needed and not step.is_done]

    @property
    def spare_days(self) -> int | None:
        """The days that may still be lost; negative: so many are missing; None: all is done."""
        return min((step.spare for step in self.ahead), default=None)

    @property
    def missing_days(self) -> int:
        return max(0, -(self.spare_days or 0))

    @property
    def state(self) -> Time:
        return max((step.state for step in self.ahead), key=WORST.index, default=Time.OK)

    @property
    def needs_rush(self) -> bool:
        """What is left can't be done in the usual time: a rush, with its fee (F5)."""
        return self.state == Time.LATE

    def step(self, kind: str) -> Step | None:
        return next((step for step in self.steps if step.kind == kind), None)


def gaps(version: PackageVersion, rules: SchedulingRules) -> dict[str, int]:
    """The days from each step to the one after it; the last one's to the wedding."""
    return {
        AppointmentKind.FITTING: rules.fitting_before_shoot,
        AppointmentKind.SHOOT: version.selection_after_days,
        AppointmentKind.SELECTION: version.pickup_after_days,
        AppointmentKind.PICKUP: rules.pickup_before_wedding,
    }


def plan(
    version: PackageVersion,
    wedding_day: date,
    *,
    today: date,
    rules: SchedulingRules,
    dates: Mapping[str, date] | None = None,
    done: Collection[str] = (),
) -> Plan:
    """The deadlines before `wedding_day`, with the `dates` agreed so far (by kind) and what is `done`.

    A date that is agreed earlier than need be draws the deadlines before it along; one that is agreed too
    late pushes nothing: the deadlines are those of the wedding.
    """
    agreed, wait = dict(dates or {}), gaps(version, rules)
    deadlines = deadlines_before(wedding_day, agreed, wait)
    steps, reached = [], today
    for kind in STEPS:
        needed, day = kind != AppointmentKind.FITTING, agreed.get(kind)
        steps.append(
            Step(
                kind=kind,
                deadline=deadlines[kind],
                planned=day,
                earliest=max(reached, today),
                is_done=kind in done,
                is_needed=needed,
                slack=rules.slack_days,
            )
        )
        if needed:
            reached = later(day or max(reached, today), wait[kind])
    return Plan(wedding_day, steps)


def deadlines_before(
    wedding_day: date, agreed: Mapping[str, date], wait: Mapping[str, int]
) -> dict[str, date]:
    deadlines: dict[str, date] = {}
    following = wedding_day
    for kind in reversed(STEPS):
        deadlines[kind] = later(following, -wait[kind])
        following = min(deadlines[kind], agreed.get(kind, deadlines[kind]))
    return deadlines


def later(day: date, days: int) -> date:
    """`days` after (or before) `day`, within what a calendar holds."""
    try:
        return day + timedelta(days=days)
    except OverflowError:
        return date.max if days > 0 else date.min
