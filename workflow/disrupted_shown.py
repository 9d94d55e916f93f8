"""A broken day as its page shows it: each date with where its party is, the proposal, who was told how; the
same number of questions for one date and for fifty."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Count, Prefetch, Q, QuerySet

from bookings.models import Allocation, Resource
from studio.outbox.models import Message, State
from studio.staff.models import Branch
from workflow.disrupted_states import PURPOSE
from workflow.disrupted_touched import RELATED, Where, in_house, where_is
from workflow.models import DisruptedDate, DisruptedState, Disruption

SHOWN_CLOSED = 30


@dataclass
class DateRow:
    """One date. `joining` are those who are proposed and not held for it now; `refused` is what stood in the
    way of the press that led here (the sentence, other times, a price, overtime)."""

    row: DisruptedDate
    where: str
    joining: list[Resource]
    written: Message | None
    refused: dict[str, Any] = field(default_factory=dict)

    @property
    def same_time(self) -> bool:
        return self.row.proposed_at == self.row.appointment.starts_at

    @property
    def can_agree(self) -> bool:
        return self.row.proposed_at is not None and self.row.appointment.is_planned

    @property
    def has_agreed(self) -> bool:
        """In a chain that is late: they come later, and wait for the one behind them to be shifted."""
        return (
            self.row.disruption.is_late
            and self.row.state == DisruptedState.TOLD
            and self.row.proposed_at is not None
        )

    @property
    def light(self) -> str:
        if self.row.is_settled:
            return "ok"
        return {DisruptedState.TOUCHED: "bad", DisruptedState.TOLD: "warn"}.get(
            DisruptedState(self.row.state), "info"
        )

    @property
    def is_written(self) -> bool:
        return self.written is not None and self.written.state != State.CANCELLED

    @property
    def order(self) -> Any:
        booking = self.row.appointment.booking
        return getattr(booking, "work_order", None) if booking is not None else None


@dataclass
class Group:
    """The dates whose parties are at the same place now."""

    where: str
    rows: list[DateRow]

    @property
    def title(self) -> str:
        return str(Where(self.where).label)


@dataclass
class Shown:
    disruption: Disruption
    rows: list[DateRow]

    @property
    def groups(self) -> list[Group]:
        open_ones = [one for one in self.rows if not one.row.is_settled]
        found = [Group(where, [one for one in open_ones if one.where == where]) for where in Where.values]
        return [group for group in found if group.rows]

    @property
    def settled(self) -> list[DateRow]:
        return [one for one in self.rows if one.row.is_settled]

    @property
    def total(self) -> int:
        return len(self.rows)

    @property
    def done(self) -> int:
        return len(self.settled)

    @property
    def agreed(self) -> int:
        return sum(one.has_agreed and not one.row.is_settled for one in self.rows)

    @property
    def unknowing(self) -> int:
        """How many of the customers know nothing yet."""
        return sum(one.row.state == DisruptedState.TOUCHED for one in self.rows)


def shown(
    disruption: Disruption, *, now: datetime, refused: dict[int, dict[str, Any]] | None = None
) -> Shown:
    held = Allocation.objects.active().select_related("resource").order_by("resource__kind", "id")
    related = [f"appointment__{name}" for name in RELATED]
    rows = list(
        disruption.dates.select_related("disruption", "call", "promise", "by", *related).prefetch_related(
            Prefetch("appointment__allocations", queryset=held, to_attr="held")
        )
    )
    known = Resource.objects.in_bulk({hold[0] for row in rows for hold in row.proposed_holds})
    present, written = in_house(disruption.branch), messages_about(rows)
    return Shown(
        disruption,
        [
            DateRow(
                row,
                where_is(row.appointment, present, now),
                joining(row, known),
                written.get(row.appointment_id),
                (refused or {}).get(row.pk, {}),
            )
            for row in rows
        ],
    )


def joining(row: DisruptedDate, known: dict[int, Resource]) -> list[Resource]:
    held = {one.resource_id for one in row.appointment.held}
    ids = dict.fromkeys(hold[0] for hold in row.proposed_holds)
    return [known[pk] for pk in ids if pk in known and pk not in held]


def messages_about(rows: Iterable[DisruptedDate]) -> dict[int, Message]:
    about = {row.appointment_id for row in rows}
    found = Message.objects.filter(purpose=PURPOSE, subject_id__in=about).order_by("pk")
    return {message.subject_id: message for message in found}


# --- The list -------------------------------------------------------------------------------------
def counted(branch: Branch) -> QuerySet[Disruption]:
    """Each with `total` and `settled`, for the words "5 of 8"; one question."""
    rows = Disruption.objects.filter(branch=branch).select_related("resource", "by")
    return rows.annotate(
        total=Count("dates"), settled=Count("dates", filter=Q(dates__settled_at__isnull=False))
    )


def open_ones(branch: Branch, now: datetime) -> list[Disruption]:
    """Those with something to see to, and those whose time is not over, the next one first."""
    going_on = Q(ended_at=None) | Q(ends_at__gt=now, closures__isnull=False, closures__lifted_at=None)
    pks = Disruption.objects.filter(going_on, branch=branch).values("pk")
    return list(counted(branch).filter(pk__in=pks).order_by("starts_at", "pk"))


def closed_ones(branch: Branch, besides: Iterable[Disruption]) -> list[Disruption]:
    rows = counted(branch).exclude(pk__in=[row.pk for row in besides])
    return list(rows.order_by("-starts_at", "-pk")[:SHOWN_CLOSED])
