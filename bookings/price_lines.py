"""The lines of a price: written once, reversed by a line of their own, and added up."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db.models import Sum
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from bookings.amounts import CENT, HIGHEST
from bookings.models import AddOn, Booking, BookingEvent, CreditNote, LineKind, PriceLine
from studio.staff.models import User


class NotSellable(ValidationError):
    """Something that can't be sold, taken back or lowered, and why; `field`: where it was typed, or ""."""

    def __init__(self, message: Any, field: str = "", params: dict[str, Any] | None = None) -> None:
        super().__init__(message, params=params)
        self.field = field


def write(
    booking: Booking,
    kind: str,
    label: dict[str, str],
    amount: Decimal,
    *,
    by: User | None,
    now: datetime,
    quantity: int = 1,
    add_on: AddOn | None = None,
    why: str = "",
) -> PriceLine:
    """One more line of a locked booking."""
    return PriceLine.objects.create(
        booking=booking,
        kind=kind,
        label=label,
        amount=amount,
        quantity=quantity,
        add_on=add_on,
        why=why,
        by=by,
        at=now,
    )


def reverse(
    line: PriceLine, *, why: str, by: User | None, now: datetime, credit_note: CreditNote | None = None
) -> PriceLine:
    """The line that undoes `line`, whole, in a locked booking; what it said stays in the books."""
    return PriceLine.objects.create(
        booking=line.booking,
        kind=LineKind.REVERSAL,
        label=line.label,
        amount=-line.amount,
        quantity=line.quantity,
        add_on=line.add_on,
        reverses=line,
        credit_note=credit_note,
        why=why[:200],
        by=by,
        at=now,
    )


def total_of(booking: Booking) -> Decimal:
    """What the order costs now, as the database adds it up."""
    return booking.price_lines.aggregate(sum=Sum("amount"))["sum"] or Decimal("0.00")


def check_amount(amount: Decimal, field: str = "amount") -> None:
    """`NotSellable` for what is no amount of money; `TypeError` for anything but a Decimal."""
    if not isinstance(amount, Decimal):
        raise TypeError(f"Money is a Decimal, not {type(amount).__name__}.")
    if not amount.is_finite():
        raise NotSellable(_("Enter an amount in figures, like 500 or 1200.50."), field)
    if amount <= 0:
        raise NotSellable(_("The amount must be more than nothing."), field)
    if amount > HIGHEST:
        raise NotSellable(_("That is more than any order costs. Check the figures."), field)
    if amount != amount.quantize(CENT):
        raise NotSellable(_("Two decimals at most: there is nothing smaller than a cent."), field)


def check_open(booking: Booking) -> None:
    if not booking.is_open:
        raise NotSellable(_("This order is not open any more; its price stays as it is."))


def check_why(why: str, field: str = "why") -> str:
    why = why.strip()
    if not why:
        raise NotSellable(_("Say why; a few words are enough."), field)
    return why[:200]


def in_every_language(words: Any) -> dict[str, str]:
    """A lazy translation as the label of a line: in all languages, for the paper is read in any of them."""
    label = {}
    for code, _name in settings.LANGUAGES:
        with translation.override(code):
            label[code] = str(words)
    return label


def record(booking: Booking, kind: str, *, by: User | None, now: datetime, **parameters: Any) -> None:
    """The event beside the fact; no amounts, for departments read the timeline too (R9.9)."""
    BookingEvent.objects.create(booking=booking, actor=by, at=now, kind=kind, parameters=parameters)
