"""At which contact of the follow-up people order (R2.1, R12.1): most sales close between the fourth and the
eleventh."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count

from studio.staff.models import Branch
from workflow.models import FollowUp, StopReason
from workflow.models.follow_up import MOST_CONTACTS

DAYS = 365
FROM = 4


@dataclass(frozen=True)
class WonByContact:
    """`by_number`: (contacts made, plans won), one to eleven; `before`: won before the first contact;
    `ended`: plans that ended for any reason but a slip of the finger."""

    by_number: list[tuple[int, int]]
    before: int
    ended: int

    @property
    def won(self) -> int:
        return self.before + sum(count for _number, count in self.by_number)

    @property
    def late(self) -> int:
        """Won from the fourth contact on."""
        return sum(count for number, count in self.by_number if number >= FROM)

    @property
    def peak(self) -> int:
        """The place of the number at which most were won, the one that the chart marks."""
        counts = [count for _number, count in self.by_number]
        return counts.index(max(counts))

    @property
    def won_percent(self) -> int:
        return round(self.won / self.ended * 100) if self.ended else 0


def won_by_contact(branch: Branch, now: datetime) -> WonByContact:
    """Plans that ended within a year, by how many contacts had been made."""
    since = branch.day_bounds(branch.today(now) - timedelta(days=DAYS))[0]
    rows = (
        FollowUp.objects.filter(branch=branch, stopped_at__gte=since, stopped_at__lte=now)
        .exclude(stop_reason=StopReason.REOPENED)
        .order_by()
        .values_list("stop_reason", "made")
        .annotate(Count("pk"))
    )
    won: Counter[int] = Counter()
    ended = 0
    for reason, made, count in rows:
        ended += count
        if reason == StopReason.WON:
            won[made] += count
    by_number = [(number, won[number]) for number in range(1, MOST_CONTACTS + 1)]
    return WonByContact(by_number, before=won[0], ended=ended)
