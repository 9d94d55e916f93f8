"""The waiting list as people see it: who waits for what, what is free for them, and who asked before them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bookings import waiting
from bookings.models import WaitingEntry, WaitingState
from bookings.spans import Slot
from customers.models import Customer
from customers.registries import Panel
from studio.staff.duties import Case, Duty
from studio.staff.models import Branch, User
from studio.staff.models.membership import FRONT


@dataclass(frozen=True)
class Row:
    """One entry with its free times. `before`: who asked for the same days earlier and is called first."""

    entry: WaitingEntry
    slots: list[Slot]
    before: list[WaitingEntry]

    @property
    def is_free(self) -> bool:
        return bool(self.slots)

    @property
    def phones(self) -> list[Any]:
        points = self.entry.customer.contact_points.all()
        return [point for point in points if point.kind == "phone" and not point.is_wrong]


def rows_of(entries: Any, *, branch: Branch, now: datetime) -> list[Row]:
    """The number of questions does not depend on how many entries there are."""
    rows = waiting.with_wishes(entries.prefetch_related("customer__contact_points"))
    alive = [row for row in rows if row.state == WaitingState.WAITING]
    free = waiting.places_for([row for row in alive if row.free_at], now=now)
    rivals = list(
        WaitingEntry.objects.open()
        .filter(branch=branch, free_at__isnull=False)
        .select_related("customer__owner")
        .order_by("created_at", "pk")
    )
    return [Row(row, free.get(row.pk, []), before(row, rivals)) for row in rows]


def before(entry: WaitingEntry, rivals: Iterable[WaitingEntry]) -> list[WaitingEntry]:
    return [
        other
        for other in rivals
        if other.kind == entry.kind
        and other.customer_id != entry.customer_id
        and (other.created_at, other.pk) < (entry.created_at, entry.pk)
        and other.first_day <= entry.last_day
        and entry.first_day <= other.last_day
    ]


def shown(branch: Branch, *, show: str = "", kind: str = "", day: date | None = None) -> Any:
    """The entries of the list, by the day and then by who asked first."""
    rows = WaitingEntry.objects.in_branch(branch)
    if show != "all":
        rows = rows.open()
    if show == "free":
        rows = rows.filter(free_at__isnull=False)
    if kind:
        rows = rows.filter(kind=kind)
    if day:
        rows = rows.filter(first_day__lte=day, last_day__gte=day)
    return rows.order_by("first_day", "created_at", "pk")


# --- On Today -----------------------------------------------------------------------------------
def came_free(users: Iterable[User], branch: Branch, now: datetime) -> list[Row]:
    """For the customers of these owners: a place came free, the first who asked first. Who has asked not to
    be called is not."""
    mine = WaitingEntry.objects.open().filter(
        Q(last_day__gte=branch.today(now)),
        branch=branch,
        free_at__isnull=False,
        customer__owner__in=list(users),
        customer__do_not_contact=False,
        customer__is_active=True,
    )
    if not mine.exists():
        return []
    found = rows_of(mine.order_by("created_at", "pk"), branch=branch, now=now)
    return [row for row in found if row.is_free]


def cases(user: User, branch: Branch, day: date, now: datetime) -> list[Case]:
    if day != branch.today(now):
        return []
    return [
        Case(
            key=f"waiting:{row.entry.pk}",
            title=_("A place came free: call them"),
            detail=str(row.entry.get_kind_display()),
            link=reverse("bookings:waiting"),
            customer=row.entry.customer,
        )
        for row in came_free([user], branch, now)
    ]


def of_customer(customer: Customer, now: datetime) -> dict[str, Any]:
    rows = WaitingEntry.objects.open().filter(customer=customer).prefetch_related("resources")
    return {"customer": customer, "waiting": list(rows.order_by("first_day", "pk"))}


PANEL = Panel(
    title=gettext_lazy("Waiting list"),
    template="bookings/_waiting_panel.html",
    context=of_customer,
    roles=frozenset(FRONT),
    order=45,
)
PLACE_FREE = Duty(
    title=gettext_lazy("A place came free"),
    template="bookings/_waiting_duty.html",
    roles=frozenset(FRONT),
    items=came_free,
    icon="calendar-heart",
    order=24,
    link="bookings:waiting",
    cases=cases,
)
