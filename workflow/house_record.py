"""How the house looked after who was in it: measured from the stays, and nothing but the stays (R5.1, R5.4,
R12.1).

Nothing is stored: each figure is counted from its rows, and `rows` answers the very rows. Colleagues stand by
department and name with what they had to do, not in an order of merit (R12.2); a gap is nobody's.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property
from statistics import median

from django.db.models import Q

from studio.staff.models import Branch, Department, User
from workflow import house_rules
from workflow.models import (
    HandOff,
    HandOffState,
    HandOffWay,
    HouseRules,
    LateRecord,
    Stay,
    StayKind,
    WorkOrder,
)

HOUR = timedelta(hours=1)
LONGEST_SPAN = 92


@dataclass(frozen=True)
class Piece:
    """A stay, as far as it lies in the span."""

    stay: Stay
    since: datetime
    until: datetime

    @property
    def seconds(self) -> float:
        return (self.until - self.since).total_seconds()

    @property
    def is_gap(self) -> bool:
        return self.stay.kind == StayKind.ALONE


@dataclass(frozen=True)
class Wait:
    """One way from here to there, and how long it took."""

    order: WorkOrder
    since: datetime
    until: datetime
    too_long: bool
    hand_off: HandOff | None = None

    @property
    def seconds(self) -> float:
        return (self.until - self.since).total_seconds()


@dataclass
class Work:
    """What one colleague had to do: time with customers, parties, and how often they took over."""

    user: User
    department: Department
    seconds: float = 0.0
    orders: set[int] = field(default_factory=set)
    taken: int = 0


@dataclass(frozen=True)
class Record:
    """One span of days (inclusive) of one branch, up to now."""

    branch: Branch
    first: date
    last: date
    start: datetime
    end: datetime
    rules: HouseRules

    # --- Time in the house ------------------------------------------------------------------------
    @cached_property
    def pieces(self) -> list[Piece]:
        stays = (
            Stay.objects.standing()
            .filter(presence__work_order__branch=self.branch, since__lt=self.end)
            .filter(Q(until=None) | Q(until__gt=self.start))
            .select_related(
                "presence__member", "presence__work_order__booking__customer", "user", "department"
            )
            .order_by("since", "pk")
        )
        return [
            Piece(stay, max(stay.since, self.start), min(stay.until or self.end, self.end)) for stay in stays
        ]

    @property
    def people(self) -> int:
        return len({piece.stay.presence_id for piece in self.pieces})

    @property
    def parties(self) -> int:
        return len({piece.stay.presence.work_order_id for piece in self.pieces})

    def of_kind(self, *kinds: str) -> list[Piece]:
        return [piece for piece in self.pieces if piece.stay.kind in kinds]

    @property
    def in_house(self) -> float:
        return total(self.pieces)

    @property
    def with_people(self) -> float:
        """With a colleague in a department, out with somebody, or on location."""
        return total(piece for piece in self.pieces if not piece.is_gap)

    @property
    def gaps(self) -> list[Piece]:
        return self.of_kind(StayKind.ALONE)

    @property
    def gap_seconds(self) -> float:
        return total(self.gaps)

    @property
    def longest_gap(self) -> float | None:
        return max((piece.seconds for piece in self.gaps), default=None)

    @property
    def side_trips(self) -> list[Piece]:
        return self.of_kind(StayKind.STEPPED_OUT)

    @property
    def on_location(self) -> list[Piece]:
        return self.of_kind(StayKind.ON_LOCATION)

    def gaps_by_department(self) -> list[tuple[Department, int, float]]:
        """Where they stood alone: how often, how long."""
        found: dict[int, list[Piece]] = {}
        for piece in self.gaps:
            found.setdefault(piece.stay.department_id, []).append(piece)
        rows = [(group[0].stay.department, len(group), total(group)) for group in found.values()]
        return sorted(rows, key=lambda row: (-row[2], row[0].pk))

    def gaps_by_hour(self) -> list[tuple[int, float]]:
        """Seconds alone in each hour of the day, from the first hour with anybody here to the last."""
        hours = [0.0] * 24
        for piece in self.gaps:
            for hour, seconds in by_hour(piece, self.branch):
                hours[hour] += seconds
        open_hours = {hour for piece in self.pieces for hour, _seconds in by_hour(piece, self.branch)}
        if not open_hours:
            return []
        return [(hour, hours[hour]) for hour in range(min(open_hours), max(open_hours) + 1)]

    # --- From the door to styling (R4.4) ------------------------------------------------------------
    @cached_property
    def styling(self) -> list[Wait]:
        within = timedelta(minutes=self.rules.styling_within_minutes)
        orders = WorkOrder.objects.filter(
            branch=self.branch,
            arrived_at__gte=self.start,
            arrived_at__lt=self.end,
            styling_since__isnull=False,
        ).select_related("booking__customer")
        rows = [
            (order, order.arrived_at, order.styling_since)
            for order in orders.order_by("arrived_at")
            if order.arrived_at and order.styling_since and order.styling_since >= order.arrived_at
        ]
        return [Wait(order, since, until, until - since > within) for order, since, until in rows]

    # --- Offers that wait, and returns (R5.1, R5.4) ---------------------------------------------------
    @cached_property
    def offers(self) -> list[Wait]:
        """Offers made in these days, without those given and taken at once or entered from paper."""
        rows = (
            HandOff.objects.filter(
                work_order__branch=self.branch, offered_at__gte=self.start, offered_at__lt=self.end
            )
            .exclude(way__in=[HandOffWay.TOGETHER, HandOffWay.PAPER])
            .select_related("work_order__booking__customer", "to_department", "member", "receiver", "giver")
            .order_by("offered_at", "pk")
        )
        patience = house_rules.patience(self.rules)
        found = [(row, row.offered_at, row.ended_at or self.end) for row in rows]
        return [
            Wait(row.work_order, since, until, until - since >= patience, row) for row, since, until in found
        ]

    @cached_property
    def returns(self) -> list[HandOff]:
        rows = HandOff.objects.filter(
            work_order__branch=self.branch,
            state=HandOffState.RETURNED,
            ended_at__gte=self.start,
            ended_at__lt=self.end,
        ).select_related(
            "work_order__booking__customer", "from_department", "to_department", "member", "giver", "receiver"
        )
        return list(rows.order_by("ended_at", "pk"))

    def returns_by_department(self) -> list[tuple[Department, list[HandOff]]]:
        """Who refused, and why each time: the next process is the customer of the one before it."""
        found: dict[int, list[HandOff]] = {}
        for row in self.returns:
            found.setdefault(row.to_department_id, []).append(row)
        return sorted(
            ((group[0].to_department, group) for group in found.values()),
            key=lambda row: (-len(row[1]), row[0].pk),
        )

    # --- Who had what to do (R12.2) -------------------------------------------------------------------
    def workload(self) -> list[Work]:
        found: dict[tuple[int, int], Work] = {}
        for piece in self.pieces:
            user = piece.stay.user
            if user is None:
                continue
            work = found.setdefault((piece.stay.department_id, user.pk), Work(user, piece.stay.department))
            work.seconds += piece.seconds
            work.orders.add(piece.stay.presence.work_order_id)
            if piece.stay.hand_off_id and piece.stay.since >= self.start:
                work.taken += 1
        return sorted(
            found.values(), key=lambda work: (work.department.pk, work.user.display_name, work.user.pk)
        )

    # --- Afterwards (F9) ------------------------------------------------------------------------------
    @cached_property
    def late(self) -> list[LateRecord]:
        rows = LateRecord.objects.filter(
            branch=self.branch, happened_at__gte=self.start, happened_at__lt=self.end
        )
        return list(
            rows.select_related("actor", "work_order__booking__customer").order_by("happened_at", "pk")
        )


def of(branch: Branch, first: date, last: date, *, now: datetime) -> Record:
    start, end = branch.day_bounds(first)[0], branch.day_bounds(last)[1]
    return Record(branch, first, last, start, max(start, min(end, now)), house_rules.of(branch))


def total(pieces: Iterable[Piece]) -> float:
    return sum(((piece.until - piece.since) for piece in pieces), timedelta()).total_seconds()


def middle(waits: Iterable[Wait]) -> float | None:
    """The median, in seconds; None where nothing was measured."""
    lengths = [wait.seconds for wait in waits]
    return median(lengths) if lengths else None


def longest(waits: Iterable[Wait]) -> float | None:
    return max((wait.seconds for wait in waits), default=None)


def by_hour(piece: Piece, branch: Branch) -> list[tuple[int, float]]:
    """The piece, cut at the full hours of the branch's clock."""
    found, at = [], piece.since.astimezone(branch.zone)
    end = piece.until.astimezone(branch.zone)
    while at < end:
        full = at.replace(minute=0, second=0, microsecond=0).timestamp() + HOUR.total_seconds()
        step = min(datetime.fromtimestamp(full, tz=branch.zone), end)
        found.append((at.hour, (step - at.astimezone(step.tzinfo)).total_seconds()))
        at = step
    return found
