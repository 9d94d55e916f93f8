"""The board: open work orders by stage, each with what it lacks first, in a fixed number of queries."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, F, OuterRef, Q, Subquery, Window
from django.db.models.functions import RowNumber

from bookings.models import Appointment, AppointmentState
from customers.finding import matching, query_of
from studio.staff.models import Branch, User
from workflow import stages
from workflow.gates import Missing
from workflow.models import Stage, WorkOrder
from workflow.models.work_order import OPEN_STAGES, WorkOrderQuerySet

CARDS = 12
"""Cards of a column before “more”."""
LIST = 60
"""Cards of one stage on its own."""
COUNTDOWN_DAYS = 120
"""From how many days before the wedding day on a card counts down."""


@dataclass(frozen=True)
class Card:
    order: WorkOrder
    lacks: list[Missing]
    appointment: Appointment | None
    is_late: bool
    wedding_in: int | None

    @property
    def first(self) -> Missing | None:
        return self.lacks[0] if self.lacks else None


@dataclass(frozen=True)
class Column:
    stage: Stage
    count: int
    cards: list[Card]

    @property
    def more(self) -> int:
        return self.count - len(self.cards)


def orders_of(branch: Branch, *, owners: Iterable[User] | None = None, text: str = "") -> WorkOrderQuerySet:
    """Open orders of a branch: of these owners' customers, found by number, name or telephone."""
    orders = WorkOrder.objects.open().filter(branch=branch)
    if owners is not None:
        orders = orders.filter(booking__customer__owner__in=list(owners))
    return found(orders, text, branch)


def found(orders: WorkOrderQuerySet, text: str, branch: Branch) -> WorkOrderQuerySet:
    query = query_of(text)
    if not query:
        return orders
    return orders.filter(
        Q(booking__number__icontains=query) | Q(booking__customer__in=matching(query, branch=branch))
    )


def columns(
    orders: WorkOrderQuerySet, *, branch: Branch, now: datetime, stage: Stage | None = None
) -> list[Column]:
    """The columns with their counts and first cards: soonest date first, undated ones last.

    With `stage` only that one, with more cards; the counts of all stages are there in any case.
    """
    counts = {
        row["stage"]: row["number"] for row in orders.values("stage").annotate(number=Count("pk")).order_by()
    }
    shown = orders.filter(stage=stage) if stage else orders
    cards: dict[str, list[Card]] = {}
    for order in first_of_each(shown, LIST if stage else CARDS):
        cards.setdefault(order.stage, []).append(card(order, branch=branch, now=now))
    return [Column(one, counts.get(one, 0), cards.get(one, [])) for one in OPEN_STAGES]


def first_of_each(orders: WorkOrderQuerySet, number: int) -> WorkOrderQuerySet:
    """The first `number` orders of each stage, in one query and its prefetches."""
    dates = (
        Appointment.objects.filter(booking=OuterRef("booking"), state=AppointmentState.PLANNED)
        .order_by("starts_at")
        .values("starts_at")[:1]
    )
    place = Window(
        RowNumber(),
        partition_by="stage",
        order_by=[F("next_at").asc(nulls_last=True), F("stage_since").asc(), F("pk").asc()],
    )
    return (
        orders.annotate(next_at=Subquery(dates))
        .annotate(place=place)
        .filter(place__lte=number)
        .order_by("place")
        .for_board()
        .prefetch_related(*stages.prefetch())
    )


def card(order: WorkOrder, *, branch: Branch, now: datetime) -> Card:
    planned = [a for a in order.booking.appointments.all() if a.state == AppointmentState.PLANNED]
    appointment = min(planned, key=lambda a: a.starts_at, default=None)
    day = order.booking.customer.wedding_day
    days = (day - branch.today(now)).days if day else -1
    return Card(
        order=order,
        lacks=stages.missing(order, now=now),
        appointment=appointment,
        is_late=appointment is not None and appointment.ends_at < now,
        wedding_in=days if 0 <= days <= COUNTDOWN_DAYS else None,
    )


def closed(branch: Branch, *, owners: Iterable[User] | None = None, text: str = "") -> Any:
    """Closed orders, the last one first."""
    orders = WorkOrder.objects.filter(branch=branch, stage=Stage.CLOSED)
    if owners is not None:
        orders = orders.filter(booking__customer__owner__in=list(owners))
    return found(orders, text, branch).for_board().order_by("-closed_at", "-pk")
