"""The balances of many orders at once, so that a list asks once however long it is (R4.3)."""

from collections.abc import Iterable
from decimal import Decimal

from bookings.models import Booking


def count(bookings: Iterable[Booking | None]) -> None:
    """Put `total`, `paid`, `secured` and `balance` on these orders, by one query."""
    rows = [booking for booking in bookings if booking is not None]
    if not rows:
        return
    sums = {one.pk: one for one in Booking.objects.with_money().filter(pk__in={row.pk for row in rows})}
    for row in rows:
        counted = sums[row.pk]
        row.total, row.paid = counted.total, counted.paid
        row.secured, row.balance = counted.secured, counted.balance


def balance_of(booking: Booking) -> Decimal:
    """The balance, counted where nobody has counted it yet."""
    if not hasattr(booking, "balance"):
        count([booking])
    return booking.balance
