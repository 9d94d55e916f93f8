"""Who helps the artist or the photographer at a shoot; they are introduced together (R5.1)."""

from collections.abc import Iterable

from bookings.models import Allocation, AppointmentKind, AppointmentState, ResourceKind
from studio.staff.models import Membership, User
from workflow.models import WorkOrder

Found = dict[tuple[int, str], User]
"""The assistant by order and kind of department."""


def of(order: WorkOrder, department_kind: str) -> User | None:
    """The assistant booked for the order's shoot whose own department is of this kind."""
    return on([order]).get((order.pk, department_kind))


def on(orders: Iterable[WorkOrder]) -> Found:
    """The same for many orders; two questions. Was the shoot agreed anew, the last date counts."""
    orders = list(orders)
    bookings = {order.booking_id: order.pk for order in orders}
    held = (
        Allocation.objects.active()
        .filter(
            appointment__booking__in=bookings,
            appointment__kind=AppointmentKind.SHOOT,
            appointment__state__in=[AppointmentState.PLANNED, AppointmentState.HELD],
            resource__kind=ResourceKind.ASSISTANT,
            resource__user__isnull=False,
        )
        .select_related("appointment", "resource__user")
        .order_by("-appointment__starts_at", "pk")
    )
    rows = list(held)
    if not rows:
        return {}
    places = Membership.objects.active().filter(
        user__in=[row.resource.user_id for row in rows],
        branch__in={order.branch_id for order in orders},
        department__isnull=False,
    )
    kinds = dict(places.values_list("user_id", "department__kind"))
    found: Found = {}
    for row in rows:
        user, shoot = row.resource.user, row.appointment
        if user is not None and user.pk in kinds and shoot is not None and shoot.booking_id is not None:
            found.setdefault((bookings[shoot.booking_id], kinds[user.pk]), user)
    return found
