"""Visits on the customer's timeline, and the figures of a day of the visitor log."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import median

from django.utils.translation import gettext as _

from customers.models import Customer
from customers.registries import TimelineEntry
from studio.staff.models import Branch
from workflow.models import Visit, VisitOutcome
from workflow.models.visit import VisitQuerySet


def of_customer(customer: Customer) -> Iterable[TimelineEntry]:
    """The source `visits` of the customer's timeline: one line for each visit, with how it ended."""
    return [
        TimelineEntry(
            at=visit.arrived_at,
            actor=visit.consultant,
            text=_("Was here: %(outcome)s") % {"outcome": outcome_in_words(visit)},
            icon="door-open",
            link=visit.get_absolute_url(),
        )
        for visit in customer.visits.select_related("consultant")
    ]


def outcome_in_words(visit: Visit) -> str:
    """Won, undecided, or lost with its reason."""
    if visit.outcome != VisitOutcome.LOST:
        return str(visit.get_outcome_display())
    words = {"outcome": visit.get_outcome_display(), "reason": visit.get_loss_reason_display()}
    return _("%(outcome)s (%(reason)s)") % words


def of_day(branch: Branch, day: date) -> VisitQuerySet:
    """The visitor log of one day, the last party first."""
    start, end = branch.day_bounds(day)
    visits = Visit.objects.filter(branch=branch, arrived_at__gte=start, arrived_at__lt=end)
    return visits.select_related("customer", "consultant", "turn")


@dataclass(frozen=True)
class DayFigures:
    """How many parties came, how they left, and the median time from the door to the greeting (R1.5)."""

    came: int
    won: int
    undecided: int
    lost: int
    open: int
    waited: timedelta | None

    @property
    def waited_minutes(self) -> int | None:
        return None if self.waited is None else round(self.waited.total_seconds() / 60)


def figures_of(visits: Iterable[Visit]) -> DayFigures:
    rows = list(visits)
    counts = {outcome: sum(row.outcome == outcome for row in rows) for outcome in VisitOutcome}
    waits = [row.greeted_at - row.arrived_at for row in rows if row.greeted_at]
    return DayFigures(
        came=len(rows),
        won=counts[VisitOutcome.WON],
        undecided=counts[VisitOutcome.UNDECIDED],
        lost=counts[VisitOutcome.LOST],
        open=counts[VisitOutcome.OPEN],
        waited=timedelta(seconds=median(wait.total_seconds() for wait in waits)) if waits else None,
    )
