"""Discounts on Today: what managers are asked for, and the answers for whoever asked."""

from collections.abc import Iterable
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from bookings.models import Booking, DiscountRequest, DiscountState
from studio.staff.duties import Duty
from studio.staff.models import Branch, User
from studio.staff.models.membership import FRONT, MANAGERS

MOST = 50
SHOWN = (
    "asked_by",
    "decided_by",
    "booking__branch",
    "booking__customer",
    "booking__work_order",
    "booking__package_version__package",
)


def asked_for(users: Iterable[User], branch: Branch, now: datetime) -> list[DiscountRequest]:
    """Open questions of the branch, the oldest first; what was asked for an order that is over is no question
    any more. Each with what the order costs now (`booking.total`)."""
    rows = list(
        DiscountRequest.objects.open()
        .filter(booking__branch=branch, booking__state=Booking.State.OPEN)
        .select_related(*SHOWN)[:MOST]
    )
    priced = Booking.objects.filter(pk__in=[row.booking_id for row in rows]).with_money()
    totals = {booking.pk: booking.total for booking in priced}
    for row in rows:
        row.booking.total = totals[row.booking_id]
    return rows


def answered(users: Iterable[User], branch: Branch, now: datetime) -> list[DiscountRequest]:
    """What managers said to these people and nobody has read yet."""
    rows = DiscountRequest.objects.filter(
        booking__branch=branch,
        asked_by__in=list(users),
        state__in=[DiscountState.APPROVED, DiscountState.REFUSED],
        seen_at__isnull=True,
    )
    return list(rows.select_related(*SHOWN).order_by("decided_at", "pk")[:MOST])


ASKED = Duty(
    title=_("Discounts asked for"),
    template="workflow/_discounts_asked.html",
    roles=frozenset(MANAGERS),
    items=asked_for,
    icon="badge-percent",
    order=15,
)
ANSWERED = Duty(
    title=_("Answers about discounts"),
    template="workflow/_discounts_answered.html",
    roles=frozenset(FRONT),
    items=answered,
    icon="badge-check",
    order=16,
)
