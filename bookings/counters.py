"""Numbers without a gap: orders, receipts, credit notes."""

from django.db import connection, transaction
from django.db.models import F

from bookings.models.money import Counter
from studio.staff.models import Branch


def next_number(branch: Branch, series: str) -> int:
    """The next number of a series, without a gap: the counter's row stays locked until the transaction that
    uses the number is written, and a transaction that fails gives it back."""
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError(
            "A number is only drawn inside the transaction using it."
        )
    counter = Counter.objects.filter(branch=branch, series=series)
    if not counter.update(last=F("last") + 1):
        Counter.objects.get_or_create(branch=branch, series=series)
        counter.update(last=F("last") + 1)
    return counter.values_list("last", flat=True).get()
