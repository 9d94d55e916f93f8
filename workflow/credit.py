"""Whose sale it was: the owner's, or split where the case was shared when it was sold (F1, R12.3)."""

from bookings.models import Booking
from customers.models import OwnershipChange
from studio.staff.models import User
from workflow.models import SharedCase


def of_booking(booking: Booking) -> list[tuple[User, int]]:
    """Each consultant with their share in per cent, the first one first; together always 100.

    What counts is how it stood at the sale: a later owner, or an end of the shared case, takes nothing away.
    """
    sold_at = booking.created_at
    cases = SharedCase.objects.filter(customer=booking.customer_id, agreed_at__lte=sold_at)
    case = cases.select_related("first", "second").order_by("-agreed_at", "-pk").first()
    if case is not None and (case.ended_at is None or case.ended_at > sold_at):
        return [(case.first, case.first_percent), (case.second, 100 - case.first_percent)]
    changes = OwnershipChange.objects.filter(customer=booking.customer_id, at__lte=sold_at)
    change = changes.select_related("to_owner").order_by("-at", "-pk").first()
    owner = change.to_owner if change else booking.customer.owner
    return [(owner or booking.sold_by, 100)]
