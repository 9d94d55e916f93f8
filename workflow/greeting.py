"""Nobody who comes in is left standing (R1.5): how long a party has waited for the greeting."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from workflow.models import RotationRules, Visit


@dataclass(frozen=True)
class Greeting:
    """`waited` from the door, to the greeting or until now; `within` is what the branch wants (minutes)."""

    is_greeted: bool
    waited: timedelta
    within: int

    @property
    def seconds(self) -> int:
        return int(self.waited.total_seconds())

    @property
    def limit(self) -> int:
        """The first second that is too late."""
        return self.within * 60 + 1

    @property
    def level(self) -> str:
        """“ok” up to half of the time, “warn” up to all of it, then “bad”; greeted in time is “ok”."""
        target = timedelta(minutes=self.within)
        if self.waited > target:
            return "bad"
        return "ok" if self.is_greeted or self.waited <= target / 2 else "warn"


def greeting_of(visit: Visit, rules: RotationRules, *, now: datetime) -> Greeting:
    if visit.request_id:  # called back, not left standing at the door
        return Greeting(True, timedelta(0), rules.greet_within)
    until = visit.greeted_at or now
    waited = max(until - visit.arrived_at, timedelta(0))
    return Greeting(visit.greeted_at is not None, waited, rules.greet_within)
