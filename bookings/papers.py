"""Receipts: the numbered papers for money that came or went, and the rows of money upon them."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from bookings import registries, shifts
from bookings.counters import next_number
from bookings.models import Account, Booking, BookingEvent, CashShift, Payer, Payment, Receipt
from studio.staff.models import User


class Paper:
    """One receipt being written: the shift is locked first, the number is drawn last and only once.

    Use it inside the transaction that has locked the booking; `finish` writes the event and tells whoever
    waits for the facts of the order.
    """

    def __init__(self, booking: Booking, *, by: User, now: datetime, payer: Payer | None = None) -> None:
        self.booking, self.by, self.now = booking, by, now
        self.shift: CashShift = shifts.current(booking.branch, by=by, now=now)
        year = booking.branch.today(now).year
        self.receipt = Receipt.objects.create(
            branch=booking.branch,
            booking=booking,
            year=year,
            number=next_number(booking.branch, f"receipt-{year}"),
            payer=payer,
            by=by,
            at=now,
        )
        self.rows: list[Payment] = []

    def add(self, *, kind: str, method: str, amount: Decimal, **more: Any) -> Payment:
        """One row of money on this paper; `payer` is the paper's unless another is given."""
        given = {"payer": self.receipt.payer, "account": Account.PRICE} | more
        row = Payment.objects.create(
            booking=self.booking,
            receipt=self.receipt,
            shift=self.shift,
            kind=kind,
            method=method,
            amount=amount,
            by=self.by,
            at=self.now,
            **given,
        )
        self.rows.append(row)
        return row

    def finish(self, event: str, **parameters: Any) -> Receipt:
        """The event of this paper: the id of its first row, its number, and what it was for."""
        first = self.rows[0]
        told = {"payment": first.pk, "receipt": str(self.receipt), "of": first.kind}
        if event == "paid":
            told["of"] = max(self.rows, key=lambda row: row.amount).kind
        record(self.booking, event, by=self.by, now=self.now, **told | parameters)
        registries.tell(self.booking, by=self.by, now=self.now)
        return self.receipt


def record(booking: Booking, kind: str, *, by: User | None, now: datetime, **parameters: Any) -> None:
    """The event beside a fact of an order's money: ids, kinds and the numbers of papers, no amounts."""
    BookingEvent.objects.create(booking=booking, actor=by, at=now, kind=kind, parameters=parameters)
