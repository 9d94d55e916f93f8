"""The pulse of today: what happened since midnight and how it stands this minute (R12.1, R1.5, R4.4).

Nothing is stored or carried on: each figure is counted from the rows themselves, in a fixed number of
questions.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from typing import Any

from django.db.models import Count, Q

from bookings.models import Appointment, AppointmentKind, AppointmentState
from studio.outbox.models import Message, State
from studio.outbox.models.message import DONE_STATES
from studio.staff.models import Branch
from workflow import calls, late_messages
from workflow.models import CallTask, Presence, StayKind, Visit, VisitOutcome, WorkOrder


@dataclass(frozen=True)
class Waits:
    """Median waits of today and of seven days, today among them; None: nothing was measured."""

    today: timedelta | None
    week: timedelta | None
    longest_today: timedelta | None


@dataclass(frozen=True)
class Today:
    visits: int
    waiting: int
    won: int
    parties_in_house: int
    people_in_house: int
    people_alone: int
    shoots: int
    shoots_begun: int
    calls_due: int
    calls_overdue: int
    sent: int
    failed: int
    unknown: int
    late: int
    to_greeting: Waits
    to_styling: Waits

    @property
    def trouble(self) -> int:
        """Messages that somebody should look at."""
        return self.failed + self.unknown + self.late


def today(branch: Branch, now: datetime) -> Today:
    day = branch.today(now)
    start, end = branch.day_bounds(day)
    week = branch.day_bounds(day - timedelta(days=6))[0]
    return Today(
        **visits(branch, week, start, end),
        **in_the_house(branch),
        **shoots(branch, start, end),
        **calls_now(branch, now),
        **messages(branch, start, end, now),
        to_styling=styling(branch, week, start, end),
    )


def waits(measured: Iterable[tuple[datetime, datetime]], start: datetime) -> Waits:
    """From pairs of (began waiting, stopped waiting)."""
    pairs = list(measured)
    week = [after - before for before, after in pairs]
    today = [after - before for before, after in pairs if before >= start]
    return Waits(middle(today), middle(week), max(today, default=None))


def middle(lengths: list[timedelta]) -> timedelta | None:
    """The median, to the microsecond."""
    tick = timedelta(microseconds=1)
    return timedelta(microseconds=median(length // tick for length in lengths)) if lengths else None


def visits(branch: Branch, week: datetime, start: datetime, end: datetime) -> dict[str, Any]:
    rows = list(
        Visit.objects.filter(branch=branch, arrived_at__gte=week, arrived_at__lt=end, request__isnull=True)
        .values_list("arrived_at", "greeted_at", "outcome")
        .order_by("arrived_at")
    )
    today = [row for row in rows if row[0] >= start]
    return {
        "visits": len(today),
        "waiting": sum(1 for _at, greeted, outcome in today if not greeted and outcome == VisitOutcome.OPEN),
        "won": sum(1 for _at, _greeted, outcome in today if outcome == VisitOutcome.WON),
        "to_greeting": waits(((at, greeted) for at, greeted, _outcome in rows if greeted), start),
    }


def styling(branch: Branch, week: datetime, start: datetime, end: datetime) -> Waits:
    """From the door to the makeup artist's chair (R4.4)."""
    rows = WorkOrder.objects.filter(
        branch=branch, arrived_at__gte=week, arrived_at__lt=end, styling_since__isnull=False
    ).values_list("arrived_at", "styling_since")
    return waits(((here, styled) for here, styled in rows if here and styled), start)


def in_the_house(branch: Branch) -> dict[str, Any]:
    return Presence.objects.filter(work_order__branch=branch, left_at__isnull=True).aggregate(
        parties_in_house=Count("work_order", distinct=True),
        people_in_house=Count("pk"),
        people_alone=Count("pk", filter=Q(kind=StayKind.ALONE)),
    )


def shoots(branch: Branch, start: datetime, end: datetime) -> dict[str, Any]:
    rows = Appointment.objects.filter(branch=branch, kind=AppointmentKind.SHOOT).between(start, end)
    return rows.filter(state__in=[AppointmentState.PLANNED, AppointmentState.HELD]).aggregate(
        shoots=Count("pk"), shoots_begun=Count("pk", filter=Q(state=AppointmentState.HELD))
    )


def calls_now(branch: Branch, now: datetime) -> dict[str, Any]:
    return (
        CallTask.objects.to_make()
        .filter(branch=branch, due_at__lte=now)
        .aggregate(
            calls_due=Count("pk"),
            calls_overdue=Count("pk", filter=Q(due_at__lte=now - calls.OVERDUE_AFTER)),
        )
    )


def messages(branch: Branch, start: datetime, end: datetime, now: datetime) -> dict[str, Any]:
    """What ended today, and what is late this minute."""
    ended = Q(finished_at__gte=start, finished_at__lt=end)
    return (
        Message.objects.filter(branch=branch)
        .filter(ended | late_messages.late(now))
        .aggregate(
            sent=Count("pk", filter=ended & Q(state__in=DONE_STATES)),
            failed=Count("pk", filter=ended & Q(state__in=[State.FAILED, State.EXPIRED])),
            unknown=Count("pk", filter=ended & Q(state=State.UNKNOWN)),
            late=Count("pk", filter=late_messages.late(now)),
        )
    )
