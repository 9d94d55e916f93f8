"""What stands beside the stages of an owner's orders, on Today: undone things, and orders that wait."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.utils.translation import gettext_lazy as _

from bookings.models import Booking
from customers.models import Customer
from studio.staff.duties import Case, Duty
from studio.staff.models import Branch, User
from studio.staff.models.membership import FRONT
from workflow import standing, undone
from workflow.models import OnHold, Reshoot, WorkOrder


# --- Undone ---------------------------------------------------------------------------------------
def undone_cases(user: User, branch: Branch, day: date, now: datetime) -> list[Case]:
    return [
        Case(
            key=f"undone:{row.pk}",
            title=_("Not done: %(what)s") % {"what": row.name},
            detail=row.why,
            link=f"{row.work_order.get_absolute_url()}#undone",
            customer=row.work_order.booking.customer,
        )
        for row in undone.of_owners([user], branch, now)
    ]


# --- On hold, a reshoot without a date --------------------------------------------------------------
@dataclass(frozen=True)
class Waiting:
    """One order that waits for its owner: on hold, and its day to look again has come, or to be shot again
    and without a date."""

    order: WorkOrder
    on_hold: OnHold | None = None
    reshoot: Reshoot | None = None

    @property
    def customer(self) -> Customer:
        return self.order.booking.customer


def waiting(users: Iterable[User], branch: Branch, now: datetime) -> list[Waiting]:
    people = list(users)
    held = [Waiting(row.work_order, on_hold=row) for row in standing.to_look_at(people, branch, now)]
    reshoots = Reshoot.objects.filter(
        ~standing.held("work_order"),
        ended_at=None,
        appointment=None,
        work_order__branch=branch,
        work_order__booking__state=Booking.State.OPEN,
        work_order__booking__customer__owner__in=people,
    ).select_related("work_order__booking__customer__owner")
    return [*held, *(Waiting(row.work_order, reshoot=row) for row in reshoots.order_by("at", "pk"))]


def waiting_cases(user: User, branch: Branch, day: date, now: datetime) -> list[Case]:
    return [
        Case(
            key=f"on_hold:{row.on_hold.pk}"
            if row.on_hold
            else f"reshoot:{row.reshoot.pk if row.reshoot else 0}",
            title=str(_("On hold: look at it again") if row.on_hold else _("Agree a date for the reshoot")),
            detail=row.on_hold.why if row.on_hold else row.reshoot.why if row.reshoot else "",
            at=None,
            link=f"{row.order.get_absolute_url()}#standing",
            customer=row.customer,
        )
        for row in waiting([user], branch, now)
    ]


UNDONE: Duty = Duty(
    title=_("Not done: what becomes of it"),
    template="workflow/undone_duty.html",
    roles=frozenset(FRONT),
    items=undone.of_owners,
    icon="camera-off",
    order=45,
    cases=undone_cases,
)
STANDING: Duty = Duty(
    title=_("Waiting: look at it again"),
    template="workflow/standing_duty.html",
    roles=frozenset(FRONT),
    items=waiting,
    icon="circle-pause",
    order=46,
    cases=waiting_cases,
)
