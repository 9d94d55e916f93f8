"""What is late: calls, promises, what should be ready, sets for a pickup (R12.1, R6.1, R7.1, R9.1)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Window
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from bookings.models import AppointmentKind, AppointmentState, Booking
from customers.models import Customer
from studio.staff.models import Branch
from workflow import calls
from workflow.models import CallTask, Item, Promise, Readiness, ReadinessKind, Stage, WorkOrder

SHOWN = 5


@dataclass(frozen=True)
class Late:
    """One late thing: what, whose customer, since when, and where it is put right."""

    what: Any
    customer: Customer
    since: datetime | date
    link: str


@dataclass(frozen=True)
class Pile:
    """Everything late of one sort: how many, and the oldest of them."""

    title: Any
    icon: str
    count: int
    oldest: list[Late]
    link: str = ""


def piles(branch: Branch, now: datetime) -> list[Pile]:
    """One pile of each sort, also the empty ones: that nothing is late is worth reading."""
    return [
        late_calls(branch, now),
        late_readiness(branch, now),
        late_promises(branch, now),
        late_sets(branch, now),
    ]


def total(found: Iterable[Pile]) -> int:
    return sum(pile.count for pile in found)


def oldest(rows: QuerySet[Any]) -> tuple[list[Any], int]:
    """The first few rows and the number of all, in one question."""
    first = list(rows.annotate(all_of_them=Window(Count("pk")))[:SHOWN])
    return first, first[0].all_of_them if first else 0


def late_calls(branch: Branch, now: datetime) -> Pile:
    rows, count = oldest(
        CallTask.objects.to_make()
        .filter(branch=branch, due_at__lte=now - calls.OVERDUE_AFTER)
        .select_related("customer__owner")
        .order_by("due_at", "id")
    )
    found = [Late(row.get_kind_display(), row.customer, row.due_at, row.get_absolute_url()) for row in rows]
    return Pile(_("Calls"), "phone", count, found, reverse("workflow:calls") + "?all=1")


def late_readiness(branch: Branch, now: datetime) -> Pile:
    """What a department should have brought by now; sets for a pickup have a pile of their own."""
    rows, count = oldest(
        Readiness.objects.filter(
            appointment__branch=branch,
            appointment__state=AppointmentState.PLANNED,
            appointment__booking__state=Booking.State.OPEN,
            done_at__isnull=True,
            due_at__lt=now,
        )
        .exclude(kind=ReadinessKind.ITEMS)
        .select_related("appointment__customer__owner", "appointment__booking__work_order")
        .order_by("due_at", "id")
    )
    found = [
        Late(
            row.get_kind_display(),
            row.appointment.customer,
            row.due_at,
            row.appointment.booking.work_order.get_absolute_url(),
        )
        for row in rows
    ]
    return Pile(_("Not ready"), "package-x", count, found)


def late_promises(branch: Branch, now: datetime) -> Pile:
    rows, count = oldest(
        Promise.objects.open()
        .filter(branch=branch, by_when__lt=branch.today(now))
        .select_related("customer__owner", "work_order")
        .order_by("by_when", "id")
    )
    found = [
        Late(
            row.what,
            row.customer,
            row.by_when,
            (row.work_order or row.customer).get_absolute_url(),
        )
        for row in rows
    ]
    return Pile(_("Promises"), "handshake", count, found)


def late_sets(branch: Branch, now: datetime) -> Pile:
    """Orders whose items are not all at the front desk on the evening before the pickup (R7.1)."""
    last = branch.today(now)
    if branch.at(last, branch.closes_at) < now:
        last += timedelta(days=1)
    pickup = Q(
        booking__appointments__kind=AppointmentKind.PICKUP,
        booking__appointments__state=AppointmentState.PLANNED,
        booking__appointments__starts_at__lt=branch.day_bounds(last)[1],
    )
    waiting = Item.objects.filter(work_order=OuterRef("pk"), at_desk_at__isnull=True)
    rows, count = oldest(
        WorkOrder.objects.open()
        .filter(Exists(waiting), pickup, branch=branch, stage=Stage.PICKUP)
        .annotate(comes_at=F("booking__appointments__starts_at"))
        .select_related("booking__customer__owner")
        .order_by("comes_at", "id")
    )
    found = [
        Late(_("for the pickup"), row.booking.customer, row.comes_at, row.get_absolute_url()) for row in rows
    ]
    return Pile(_("Sets for a pickup"), "package-open", count, found)
