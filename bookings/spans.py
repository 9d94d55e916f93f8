"""Times in which something is wanted: a slot, its holds, and the minutes kept free around them."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from bookings.models import Resource


def count_in_utc(span: Any) -> None:
    """Lengths are minutes that really pass: hours added to a local time are wrong when the clocks change."""
    for name in ("starts_at", "ends_at"):
        object.__setattr__(span, name, getattr(span, name).astimezone(UTC))


@dataclass(frozen=True)
class Hold:
    """A resource wanted from when to when, perhaps for one look only. Buffers in minutes; None: its own."""

    resource: Resource
    starts_at: datetime
    ends_at: datetime
    look: int | None = None
    buffer_before: int | None = None
    buffer_after: int | None = None

    def __post_init__(self) -> None:
        count_in_utc(self)

    @property
    def minutes_before(self) -> int:
        return self.resource.buffer_before if self.buffer_before is None else self.buffer_before

    @property
    def minutes_after(self) -> int:
        return self.resource.buffer_after if self.buffer_after is None else self.buffer_after

    def moved(self, by: timedelta) -> "Hold":
        return replace(self, starts_at=self.starts_at + by, ends_at=self.ends_at + by)


@dataclass(frozen=True)
class Slot:
    """A time, and who and what it is wanted with: `resources` for all of it, `holds` for spans of it.

    `overtime`: whoever works outside their hours then has agreed to it.
    """

    starts_at: datetime
    ends_at: datetime
    resources: Iterable[Resource] = ()
    holds: Iterable[Hold] = ()
    overtime: bool = False

    def __post_init__(self) -> None:
        count_in_utc(self)

    def all_holds(self) -> list[Hold]:
        """The holds, with one over the whole time for each of `resources`."""
        whole = [Hold(resource, self.starts_at, self.ends_at) for resource in self.resources]
        return [*whole, *self.holds]

    def wanted(self) -> list[Resource]:
        """Each resource once."""
        return list({hold.resource.pk: hold.resource for hold in self.all_holds()}.values())


@dataclass(frozen=True)
class Span:
    """A hold as it is written down: in use from `starts_at` to `ends_at`, nobody else's from `lower` to
    `upper`."""

    resource: Resource
    starts_at: datetime
    ends_at: datetime
    lower: datetime
    upper: datetime
    look: int | None = None

    def moved(self, by: timedelta) -> "Span":
        return replace(
            self,
            starts_at=self.starts_at + by,
            ends_at=self.ends_at + by,
            lower=self.lower + by,
            upper=self.upper + by,
        )


def laid_out(holds: Iterable[Hold]) -> list[Span]:
    """The spans of one appointment with their buffers, by resource (the order of ids) and time.

    Neighbours don't fight: holds of a resource that overlap become one, and between two of them the
    time is kept free once, not twice.
    """
    spans: list[Span] = []
    for hold in merged(holds):
        span = Span(
            hold.resource,
            hold.starts_at,
            hold.ends_at,
            hold.starts_at - timedelta(minutes=hold.minutes_before),
            hold.ends_at + timedelta(minutes=hold.minutes_after),
            hold.look,
        )
        last = spans[-1] if spans else None
        if last is not None and last.resource == span.resource:
            spans[-1] = last = replace(last, upper=min(last.upper, span.starts_at))
            span = replace(span, lower=max(span.lower, last.upper))
        spans.append(span)
    return spans


def merged(holds: Iterable[Hold]) -> list[Hold]:
    rows: list[Hold] = []
    for hold in sorted(holds, key=lambda h: (h.resource.pk, h.starts_at, h.ends_at)):
        last = rows[-1] if rows else None
        if last is None or last.resource != hold.resource or hold.starts_at >= last.ends_at:
            rows.append(hold)
            continue
        rows[-1] = replace(
            last,
            ends_at=max(last.ends_at, hold.ends_at),
            look=last.look if last.look == hold.look else None,
            buffer_before=max(last.minutes_before, hold.minutes_before),
            buffer_after=max(last.minutes_after, hold.minutes_after),
        )
    return rows


def at_once(spans: Iterable[tuple[datetime, datetime]]) -> int:
    """How many of these half-open spans there are at the busiest moment."""
    steps = sorted(step for start, end in spans for step in ((start, 1), (end, -1)))
    busiest = now = 0
    for _moment, change in steps:
        now += change
        busiest = max(busiest, now)
    return busiest
