"""Money: taken, receipted, reversed; never edited, never deleted, never a float (F6)."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import F, Sum
from django.utils.translation import gettext_lazy as _

from bookings import registries
from bookings.models import Booking, BookingEvent, Payment, PaymentKind, Receipt
from bookings.models.money import Counter
from bookings.models.money_kinds import RECORDED
from bookings.models.package import AMOUNT, earnest_limit
from bookings.retry import retried
from studio.foundation.audit import acting
from studio.foundation.templatetags.studio import money
from studio.staff.models import Branch, User

CENT = Decimal("0.01")
HIGHEST = Decimal(10) ** (AMOUNT["max_digits"] - AMOUNT["decimal_places"]) - CENT
TAKEN = (PaymentKind.EARNEST, PaymentKind.PREPAYMENT, PaymentKind.BALANCE)


@dataclass(frozen=True)
class Money:
    """What a customer pays: as what (定金, 订金, 尾款), how, and how much."""

    kind: str
    method: str
    amount: Decimal


class NotPayable(ValidationError):
    """Money that can't be taken or given back, and why; `field`: "kind", "method", "amount", "why" or ""."""

    def __init__(self, message: Any, field: str = "", params: dict[str, Any] | None = None) -> None:
        super().__init__(message, params=params)
        self.field = field


@retried
def take_payment(
    booking: Booking, *, kind: str, method: str, amount: Decimal, by: User, now: datetime
) -> Payment:
    """Take money for an order, with the next receipt number of the branch. Raises `NotPayable`."""
    check_amount(amount)
    if kind not in TAKEN:
        raise NotPayable(_("Say what the money is for."), "kind")
    if method not in RECORDED:
        raise NotPayable(_("Say how it was paid."), "method")
    with transaction.atomic(), acting(by):
        booking = Booking.locked(booking.pk)
        if not booking.is_open:
            raise NotPayable(_("This order is not open any more; no money is taken for it."))
        due = balance(booking)
        if amount > due:
            raise NotPayable(
                _("That is more than is due. At most %(due)s can be taken."),
                "amount",
                {"due": money(due, booking.branch.currency)},
            )
        if kind == PaymentKind.EARNEST:
            check_earnest(booking, amount)
        payment = Payment.objects.create(
            booking=booking,
            receipt=next_receipt(booking, by=by, now=now),
            kind=kind,
            method=method,
            amount=amount,
            by=by,
            at=now,
        )
        enter(payment, "paid", by=by, now=now)
        return payment


@retried
def reverse(payment: Payment, *, why: str, by: User, now: datetime) -> Payment:
    """Give a payment back or undo a wrong entry: a row of its own with a reason. A repeat does nothing."""
    why = why.strip()
    if not why:
        raise NotPayable(_("Say why it is reversed."), "why")
    with transaction.atomic(), acting(by):
        booking = Booking.locked(payment.booking_id)
        if payment.kind == PaymentKind.REVERSAL:
            raise NotPayable(_("A reversal is not reversed; take the payment anew."))
        if booking.state == Booking.State.CLOSED:
            raise NotPayable(_("This order is closed; its money stays as it is."))
        done = Payment.objects.filter(reverses=payment).first()
        if done is not None:
            return done
        reversal = Payment.objects.create(
            booking=booking,
            receipt=next_receipt(booking, by=by, now=now),
            account=payment.account,
            payer=payment.payer,
            kind=PaymentKind.REVERSAL,
            method=payment.method,
            amount=-payment.amount,
            reverses=payment,
            why=why,
            by=by,
            at=now,
        )
        enter(reversal, "reversed", by=by, now=now)
        return reversal


def balance(booking: Booking) -> Decimal:
    """What is still due: price lines less payments, as the database counts."""
    return Booking.objects.with_money().get(pk=booking.pk).balance


def earnest_taken(booking: Booking) -> Decimal:
    """Earnest money held for this order, reversed ones not counted."""
    held = booking.payments.filter(kind=PaymentKind.EARNEST, reversed_by__isnull=True)
    return held.aggregate(sum=Sum("amount"))["sum"] or Decimal("0")


def earnest_left(booking: Booking) -> Decimal:
    """How much earnest money may still be taken: a fifth of the price binds, no more (F6)."""
    total = Booking.objects.with_money().get(pk=booking.pk).total
    return max(Decimal("0.00"), earnest_limit(total, booking.branch) - earnest_taken(booking))


def check_amount(amount: Decimal) -> None:
    """`NotPayable` for what is no amount of money; `TypeError` for anything but a Decimal."""
    if not isinstance(amount, Decimal):
        raise TypeError(f"Money is a Decimal, not {type(amount).__name__}.")
    if not amount.is_finite():
        raise NotPayable(_("Enter an amount in figures, like 500 or 1200.50."), "amount")
    if amount <= 0:
        raise NotPayable(_("The amount must be more than nothing."), "amount")
    if amount > HIGHEST:
        raise NotPayable(_("That is more than any order costs. Check the figures."), "amount")
    if amount != amount.quantize(CENT):
        raise NotPayable(_("Two decimals at most: there is nothing smaller than a cent."), "amount")


def check_earnest(booking: Booking, amount: Decimal) -> None:
    left = earnest_left(booking)
    if amount > left:
        raise NotPayable(
            _(
                "Earnest money binds up to %(percent)s%% of the price: at most %(left)s here. "
                "Take the rest as a prepayment."
            ),
            "amount",
            {
                "percent": booking.branch.earnest_limit_percent,
                "left": money(left, booking.branch.currency),
            },
        )


def next_receipt(booking: Booking, *, by: User, now: datetime) -> Receipt:
    """The paper with the next number of the branch's year."""
    year = booking.branch.today(now).year
    number = next_number(booking.branch, f"receipt-{year}")
    return Receipt.objects.create(
        branch=booking.branch, booking=booking, year=year, number=number, by=by, at=now
    )


def enter(payment: Payment, kind: str, *, by: User, now: datetime) -> None:
    """The event of a movement of money."""
    booking, receipt = payment.booking, payment.receipt
    BookingEvent.objects.create(
        booking=booking,
        actor=by,
        at=now,
        kind=kind,
        parameters={"payment": payment.pk, "receipt": str(receipt), "of": payment.kind},
    )
    registries.tell(booking, by=by, now=now)


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
