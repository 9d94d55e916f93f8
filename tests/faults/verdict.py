"""What a scenario proved. Pure: from what was due, what the gateway counted and what the rows say to a verdict.

The gateway's counts decide whether a message went out; the rows only say whether the program knows it.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import quantiles

DONE = {"sent", "delivered"}
GIVEN_UP = {"failed", "unknown", "expired"}


@dataclass(frozen=True)
class Due:
    """One message that must reach one customer once: about an appointment, from `at` on, before `deadline`.

    `must` narrows what may become of it: "sent" where nothing excuses its failing, "call" where nothing may
    go out any more, "" where both are right. Times are seconds of the wall clock.
    """

    appointment: int
    recipient: str
    at: float
    deadline: float
    must: str = ""
    times: int = 1


@dataclass(frozen=True)
class Row:
    """A message as the database has it when all is over."""

    appointment: int
    recipient: str
    key: str
    state: str


@dataclass(frozen=True)
class Arrival:
    """One delivery that the gateway counted."""

    key: str
    recipient: str
    at: float


@dataclass
class Verdict:
    due: int = 0
    sent: int = 0
    lost: int = 0
    doubled: int = 0
    unknown: int = 0
    calls: int = 0
    lateness: list[float] = field(default_factory=list)
    recovery: float | None = None
    wrong: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    skipped: str = ""

    @property
    def passed(self) -> bool:
        return not (self.lost or self.doubled or self.wrong or self.skipped)

    def late(self, hundredth: int) -> float:
        """The lateness that so many of a hundred messages stay within."""
        if not self.lateness:
            return 0.0
        if len(self.lateness) == 1 or hundredth >= 100:
            return max(self.lateness)
        return quantiles(self.lateness, n=100, method="inclusive")[hundredth - 1]


def judge(
    dues: Sequence[Due],
    arrivals: Sequence[Arrival],
    rows: Sequence[Row],
    calls: Sequence[int],
    *,
    limit: float,
    fault_ended: float = 0.0,
    excused_until: float = 0.0,
) -> Verdict:
    """Lost: due, and neither delivered nor given up with a call to make. Doubled: delivered more often than due.

    `calls` holds the appointment of each call to make because a message did not arrive. A message is in time
    when it went out within `limit` of its moment, or of `excused_until`: the end of a fault in which nothing could.
    """
    verdict = Verdict(due=sum(due.times for due in dues))
    by_recipient: dict[str, list[Arrival]] = {}
    for arrival in arrivals:
        by_recipient.setdefault(arrival.recipient, []).append(arrival)
    rows_of: dict[int, list[Row]] = {}
    for row in rows:
        rows_of.setdefault(row.appointment, []).append(row)
    called = Counter(calls)
    verdict.calls = sum(called.values())
    last = 0.0
    for due in dues:
        got = sorted(by_recipient.pop(due.recipient, []), key=lambda arrival: arrival.at)
        judge_one(verdict, due, got, rows_of.pop(due.appointment, []), called[due.appointment])
        for arrival in got[: due.times]:
            verdict.lateness.append(max(0.0, arrival.at - due.at))
            last = max(last, arrival.at)
            if arrival.at > max(due.at, excused_until) + limit:
                late = arrival.at - max(due.at, excused_until)
                verdict.wrong.append(f"{due.recipient}: {late:.1f} s late, the limit is {limit:.1f} s")
    for recipient, strangers in by_recipient.items():
        verdict.doubled += len(strangers)
        verdict.wrong.append(f"{recipient}: {len(strangers)} deliveries that nobody asked for")
    if fault_ended and last:
        verdict.recovery = max(0.0, last - fault_ended)
    return verdict


def judge_one(verdict: Verdict, due: Due, got: list[Arrival], rows: list[Row], calls: int) -> None:
    verdict.sent += min(len(got), due.times)
    if len(got) > due.times:
        verdict.doubled += len(got) - due.times
    states = Counter(row.state for row in rows)
    verdict.unknown += states["unknown"]
    given_up = sum(states[state] for state in GIVEN_UP)
    missing = due.times - len(got)
    if missing > 0 and (given_up < missing or not calls) and not (due.must == "call" and calls):
        verdict.lost += missing
        verdict.wrong.append(f"{due.recipient}: {missing} not delivered, rows {dict(states)}, calls {calls}")
    if calls > 1:
        verdict.wrong.append(f"{due.recipient}: to be called {calls} times for one message")
    if got and due.must == "call":
        verdict.wrong.append(f"{due.recipient}: delivered, though it was too late for that")
    if not got and due.must == "sent":
        verdict.wrong.append(f"{due.recipient}: given up without need, rows {dict(states)}")
    if states["queued"] + states["leased"]:
        verdict.wrong.append(f"{due.recipient}: still open at the end, rows {dict(states)}")
    contradict(verdict, due, got, rows)
    if any(arrival.at > due.deadline + 1 for arrival in got):
        verdict.wrong.append(f"{due.recipient}: delivered after its deadline")
    if any(arrival.at < due.at - 0.05 for arrival in got):
        verdict.wrong.append(f"{due.recipient}: delivered before it was due")


def contradict(verdict: Verdict, due: Due, got: list[Arrival], rows: list[Row]) -> None:
    """Where the rows say something else than the gateway counted."""
    delivered = {arrival.key for arrival in got}
    for row in rows:
        if row.key in delivered and row.state in {"failed", "expired", "cancelled"}:
            verdict.wrong.append(f"{due.recipient}: delivered, and the row says {row.state}")
        if row.key not in delivered and row.state in DONE:
            verdict.wrong.append(f"{due.recipient}: the row says {row.state}, and nothing was delivered")
