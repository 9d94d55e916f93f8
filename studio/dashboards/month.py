"""Won, undecided and lost over thirty days, and why; open orders by stage (R11.4, R12.1)."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Count
from django.db.models.functions import TruncDate

from studio.staff.models import Branch
from workflow.models import LossReason, Stage, Visit, VisitOutcome, WorkOrder
from workflow.models.work_order import OPEN_STAGES

DAYS = 30


@dataclass(frozen=True)
class Month:
    """`by_day`: (day, visits won), each day once, today last; `reasons`: (label, count), most first."""

    won: int
    undecided: int
    lost: int
    by_day: list[tuple[date, int]]
    reasons: list[tuple[str, int]]

    @property
    def ended(self) -> int:
        return self.won + self.undecided + self.lost

    @property
    def won_percent(self) -> int:
        return round(self.won / self.ended * 100) if self.ended else 0

    @property
    def most_frequent(self) -> int:
        return max((count for _label, count in self.reasons), default=0)


def month(branch: Branch, now: datetime) -> Month:
    """Visits of the last thirty days of the branch's calendar, by the day on which they came in."""
    last = branch.today(now)
    first = last - timedelta(days=DAYS - 1)
    rows = (
        Visit.objects.filter(
            branch=branch,
            arrived_at__gte=branch.day_bounds(first)[0],
            arrived_at__lt=branch.day_bounds(last)[1],
        )
        .order_by()
        .annotate(day=TruncDate("arrived_at", tzinfo=branch.zone))
        .values_list("day", "outcome", "loss_reason")
        .annotate(Count("pk"))
    )
    outcomes: Counter[str] = Counter()
    won: Counter[date] = Counter()
    reasons: Counter[str] = Counter()
    for day, outcome, reason, count in rows:
        outcomes[outcome] += count
        if outcome == VisitOutcome.WON:
            won[day] += count
        elif reason and outcome != VisitOutcome.OPEN:
            reasons[reason] += count
    return Month(
        won=outcomes[VisitOutcome.WON],
        undecided=outcomes[VisitOutcome.UNDECIDED],
        lost=outcomes[VisitOutcome.LOST],
        by_day=[(first + timedelta(days=n), won[first + timedelta(days=n)]) for n in range(DAYS)],
        reasons=[(str(LossReason(reason).label), count) for reason, count in reasons.most_common()],
    )


def stages(branch: Branch) -> list[tuple[Stage, int]]:
    """Open orders by stage, every open stage once."""
    rows = WorkOrder.objects.open().filter(branch=branch).order_by()
    counts = dict(rows.values_list("stage").annotate(Count("pk")))
    return [(stage, counts.get(stage, 0)) for stage in OPEN_STAGES]
