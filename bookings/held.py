"""The money of an order that is still here: what of each payment has not been given back, used or undone."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from bookings.amounts import NOTHING
from bookings.models import Account, Booking, Payment, PaymentKind

RECEIVED = frozenset({PaymentKind.EARNEST, PaymentKind.PREPAYMENT, PaymentKind.BALANCE, PaymentKind.SECURITY})
"""Kinds that bring money into the house."""


@dataclass(frozen=True)
class Held:
    """A payment that came in, and what of it is left."""

    payment: Payment
    left: Decimal

    @property
    def is_whole(self) -> bool:
        return self.left == self.payment.amount


def held(booking: Booking, *, account: str | None = None, kind: str | None = None) -> list[Held]:
    """What is left of each payment that came in, the first one first; those of which nothing is left are out.
    One query."""
    rows = booking.payments.select_related("payer", "receipt", "by").order_by("at", "id")
    return [
        one
        for one in left_of(rows)
        if one.left > 0
        and (account is None or one.payment.account == account)
        and (kind is None or one.payment.kind == kind)
    ]


def left_of(rows: Iterable[Payment]) -> list[Held]:
    """Each payment that came in among all `rows` of an order, with what is left of it."""
    payments = list(rows)
    root = {row.pk: row.gives_back_id or row.pk for row in payments}
    left = dict.fromkeys(root.values(), NOTHING)
    for row in payments:
        left[root[row.reverses_id] if row.reverses_id else root[row.pk]] += row.amount
    return [Held(row, left[row.pk]) for row in payments if row.kind in RECEIVED]


def sum_of(rows: Iterable[Held]) -> Decimal:
    return sum((one.left for one in rows), NOTHING)


def earnest_held(booking: Booking) -> Decimal:
    """Earnest money held for an order; what was reversed or given back is not counted."""
    return sum_of(held(booking, kind=PaymentKind.EARNEST))


def security_held(booking: Booking) -> Decimal:
    return sum_of(held(booking, account=Account.SECURITY))
