"""The money panel of an order: owed, paid by whom, held, due, what is next; each row leads to its paper."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from bookings import instalments
from bookings.amounts import NOTHING
from bookings.held import Held, left_of, sum_of
from bookings.models import Account, Booking, LineKind, Payment, PaymentKind, PriceLine
from studio.staff.models.membership import FRONT, MANAGERS, TAKES_MONEY
from workflow.models import WorkOrder


@dataclass(frozen=True)
class Row:
    """A movement of money on the panel, and what can be done about it."""

    payment: Payment
    left: Decimal
    is_settled: bool = False
    """The order was called off: what came in for its price stays as the settlement left it."""

    @property
    def refundable(self) -> bool:
        return self.left > 0 and not (self.is_settled and self.payment.account == Account.PRICE)

    @property
    def reversible(self) -> bool:
        """Entered wrongly: all of it is still here, or it is itself something that went out."""
        payment = self.payment
        if payment.kind in {PaymentKind.REVERSAL, PaymentKind.APPLIED} or hasattr(payment, "reversed_by"):
            return False
        if self.is_settled:
            return payment.kind == PaymentKind.REFUND
        return payment.amount < 0 or self.left == payment.amount


def rows_of(payments: list[Payment], account: str, *, is_settled: bool) -> list[Row]:
    left = {one.payment.pk: one.left for one in left_of(payments)}
    return [Row(row, left.get(row.pk, NOTHING), is_settled) for row in payments if row.account == account]


def to_give_back(booking: Booking, held: list[Held]) -> Held | None:
    """The payment from which what we owe goes back: the last one that covers it, or simply the last."""
    if booking.balance >= 0 or not held:
        return None
    covering = [one for one in held if one.left >= -booking.balance]
    return (covering or held)[-1]


def money_context(order: WorkOrder, *, now: datetime) -> dict[str, Any]:
    """For `workflow/_money.html`. The number of queries does not depend on how much was paid and when."""
    related = "branch", "earnest_waived_by", "settlement__by"
    booking = Booking.objects.with_money().select_related(*related).get(pk=order.booking_id)
    rows = booking.payments.select_related(
        "by", "payer", "receipt", "reversed_by", "reverses__receipt", "gives_back__receipt"
    )
    payments = list(rows)
    lines: list[PriceLine] = list(booking.price_lines.select_related("credit_note", "reversed_by"))
    held = [one for one in left_of(payments) if one.left > 0]
    for_price = [one for one in held if one.payment.account == Account.PRICE]
    parts = instalments.parts_of(booking, now=now)
    settlement = getattr(booking, "settlement", None)
    is_settled = settlement is not None
    return {
        "money": {
            "booking": booking,
            "settlement": settlement,
            "currency": booking.branch.currency,
            "lines": lines,
            "payments": rows_of(payments, Account.PRICE, is_settled=is_settled),
            "securities": rows_of(payments, Account.SECURITY, is_settled=is_settled),
            "secured": sum_of(one for one in held if one.payment.account == Account.SECURITY),
            "give_back": to_give_back(booking, for_price),
            "parts": parts,
            "next_part": instalments.next_part(parts),
            "fapiao": list(booking.fapiao.select_related("voided_by").filter(voids=None)),
            "is_bound": bool(booking.earnest_waived_by_id) or booking.paid > 0,
            "has_payers": len({row.payer_id for row in payments}) > 1,
            "damage": LineKind.DAMAGE,
            "takes": TAKES_MONEY,
            "sells": FRONT,
            "manages": MANAGERS,
        }
    }
