"""A line of hours, measured in the minutes that really pass."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

from django.utils import timezone


@dataclass(frozen=True)
class Scale:
    """From `start` to `end` (UTC: aware times of one zone would be subtracted by their clocks)."""

    start: datetime
    end: datetime
    zone: tzinfo

    @property
    def minutes(self) -> int:
        return int((self.end - self.start).total_seconds() // 60)

    @property
    def starts_ms(self) -> int:
        """For scripts: milliseconds since 1970."""
        return int(self.start.timestamp() * 1000)

    @property
    def clock(self) -> int:
        """What the branch's clock shows at the start, in minutes since midnight."""
        local = timezone.localtime(self.start, self.zone)
        return local.hour * 60 + local.minute

    @property
    def hours(self) -> list[tuple[str, int]]:
        """Each hour that passes, with what the branch's clock shows then: on the day when the clocks change
        one is missing, or comes twice."""
        moments = [self.start + timedelta(hours=n) for n in range(self.minutes // 60)]
        return [(self.at(moment), timezone.localtime(moment, self.zone).hour) for moment in moments]

    def share(self, moment: datetime) -> float:
        """How far along the line, from 0 to 1."""
        passed = (moment.astimezone(UTC) - self.start) / (self.end - self.start)
        return min(max(passed, 0.0), 1.0)

    def shows(self, start: datetime, end: datetime) -> bool:
        return start < self.end and self.start < end

    def at(self, moment: datetime, *, within: bool = False) -> str:
        """The place of a moment; with `within` nothing where it lies outside."""
        if within and not self.start <= moment <= self.end:
            return ""
        return f"{self.share(moment) * 100:.3f}%"

    def bar(self, start: datetime, end: datetime) -> tuple[str, str]:
        """The place and the width of a span, as far as it is shown."""
        first, last = self.share(start), self.share(end)
        return f"{first * 100:.3f}%", f"{(last - first) * 100:.3f}%"
