"""Money: taken, receipted, given back, reversed; never edited, never deleted, never a float (F6)."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from bookings.amounts import CENT, HIGHEST, NOTHING, Money, NotPayable, check_amount, reason
from bookings.counters import next_number
from bookings.held import RECEIVED, earnest_held, left_of
from bookings.models import Account, Booking, Payer, Payment, PaymentKind, Receipt
from bookings.models.money_kinds import RECORDED
from bookings.models.package import earnest_limit
from bookings.papers import Paper
from bookings.retry import retried
from studio.foundation.audit import acting
from studio.foundation.templatetags.studio import money
from studio.staff.models import Branch, Membership, User
from studio.staff.models.membership import MANAGERS, TAKES_MONEY

__all__ = [
    "CENT",
    "HIGHEST",
    "Money",
    "NotPayable",
    "balance",
    "check_amount",
    "earnest_left",
    "next_number",
    "refund",
    "reverse",
    "take",
    "take_payment",
]

TAKEN = (PaymentKind.EARNEST, PaymentKind.PREPAYMENT, PaymentKind.BALANCE)
"""What pays for the price; security for gowns does not (F6)."""
MOST_PARTS = 6


@retried
def take(
    booking: Booking, parts: Sequence[Money], *, payer: Payer | None = None, by: User, now: datetime
) -> Receipt:
    """Take money for an order: all parts or none, on one receipt with the branch's next number.

    Parts for the price and security for gowns never stand on one paper. Raises `NotPayable`.
    """
    check_parts(parts)
    with transaction.atomic(), acting(by):
        booking = Booking.locked(booking.pk)
        check_payer(booking, payer)
        check_takable(booking, parts)
        paper = Paper(booking, by=by, now=now, payer=payer)
        for part in parts:
            paper.add(kind=part.kind, method=part.method, amount=part.amount, account=account_of(part.kind))
        return paper.finish("paid")


def take_payment(
    booking: Booking, *, kind: str, method: str, amount: Decimal, by: User, now: datetime
) -> Payment:
    """`take` for one amount by one method."""
    return take(booking, [Money(kind, method, amount)], by=by, now=now).payments.get()


@retried
def refund(
    payment: Payment, *, amount: Decimal, why: str, method: str | None = None, by: User, now: datetime
) -> Payment:
    """Give back a payment or a part of it: to who paid it, by the method by which it came.

    Another method, and money paid for the price, are a manager's to decide; security for gowns may be
    returned by whoever takes money. Never more than came: the database says no first.
    """
    check_amount(amount)
    why = reason(why, _("Say why it is given back."))
    method = method or payment.method
    with transaction.atomic(), acting(by):
        booking = Booking.locked(payment.booking_id)
        check_refundable(booking, payment, amount, method, by=by)
        paper = Paper(booking, by=by, now=now, payer=payment.payer)
        row = give_back(paper, payment, amount, method=method, why=why)
        paper.finish("refunded", of=payment.kind)
        return row


def give_back(paper: Paper, payment: Payment, amount: Decimal, *, why: str, method: str = "") -> Payment:
    """The row of a refund on a paper that is being written."""
    return paper.add(
        kind=PaymentKind.REFUND,
        method=method or payment.method,
        amount=-amount,
        account=payment.account,
        payer=payment.payer,
        gives_back=payment,
        why=why,
    )


@retried
def reverse(payment: Payment, *, why: str, by: User, now: datetime) -> Payment:
    """Undo a wrong entry: a row of its own with a reason. A repeat does nothing."""
    why = reason(why, _("Say why it is reversed."))
    with transaction.atomic(), acting(by):
        booking = Booking.locked(payment.booking_id)
        if payment.kind == PaymentKind.REVERSAL:
            raise NotPayable(_("A reversal is not reversed; take the payment anew."))
        if payment.kind == PaymentKind.APPLIED:
            raise NotPayable(_("Damage that was charged is taken back at its own line."))
        if booking.state == Booking.State.CLOSED:
            raise NotPayable(_("This order is closed; its money stays as it is."))
        done = Payment.objects.filter(reverses=payment).first()
        if done is not None:
            return done
        check_reversible(booking, payment)
        paper = Paper(booking, by=by, now=now, payer=payment.payer)
        row = undo(paper, payment, why=why)
        paper.finish("reversed")
        return row


def undo(paper: Paper, payment: Payment, *, why: str) -> Payment:
    """The row of a reversal on a paper that is being written."""
    return paper.add(
        kind=PaymentKind.REVERSAL,
        method=payment.method,
        amount=-payment.amount,
        account=payment.account,
        payer=payment.payer,
        reverses=payment,
        why=why,
    )


# --- What an order owes --------------------------------------------------------------------------
def balance(booking: Booking) -> Decimal:
    """What is still due: price lines less payments, as the database counts. Below nothing: owed to them."""
    return Booking.objects.with_money().get(pk=booking.pk).balance


def earnest_left(booking: Booking) -> Decimal:
    """How much earnest money may still be taken: a fifth of the price binds, no more (F6)."""
    total = Booking.objects.with_money().get(pk=booking.pk).total
    return max(NOTHING, earnest_limit(total, booking.branch) - earnest_held(booking))


def account_of(kind: str) -> str:
    return Account.SECURITY if kind == PaymentKind.SECURITY else Account.PRICE


# --- Refusals ------------------------------------------------------------------------------------
def check_parts(parts: Sequence[Money]) -> None:
    if not parts:
        raise NotPayable(_("Enter the amount."), "amount")
    if len(parts) > MOST_PARTS:
        raise NotPayable(_("That is too much for one receipt; write a second one."), "amount")
    for part in parts:
        check_amount(part.amount)
        if part.kind not in RECEIVED:
            raise NotPayable(_("Say what the money is for."), "kind")
        if part.method not in RECORDED:
            raise NotPayable(_("Say how it was paid."), "method")
    if len({account_of(part.kind) for part in parts}) > 1:
        raise NotPayable(_("Security for gowns has a receipt of its own."), "kind")
    check_amount(sum((part.amount for part in parts), NOTHING))


def check_payer(booking: Booking, payer: Payer | None) -> None:
    if payer is not None and payer.booking_id != booking.pk:
        raise NotPayable(_("This person does not pay for this order."), "payer")


def check_takable(booking: Booking, parts: Sequence[Money]) -> None:
    """An open order takes what is due and security; a closed one only what fell due afterwards (damage)."""
    security = parts[0].kind == PaymentKind.SECURITY
    due = balance(booking)
    owes_after_all = booking.state == Booking.State.CLOSED and due > 0 and not security
    if not booking.is_open and not owes_after_all:
        raise NotPayable(_("This order is not open any more; no money is taken for it."))
    if security:
        return
    if sum((part.amount for part in parts), NOTHING) > due:
        raise NotPayable(
            _("That is more than is due. At most %(due)s can be taken."),
            "amount",
            {"due": money(max(due, NOTHING), booking.branch.currency)},
        )
    earnest = sum((part.amount for part in parts if part.kind == PaymentKind.EARNEST), NOTHING)
    if earnest:
        check_earnest(booking, earnest)


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


def check_refundable(booking: Booking, payment: Payment, amount: Decimal, method: str, *, by: User) -> None:
    if payment.kind not in RECEIVED:
        raise NotPayable(_("Only money that came in can be given back."))
    if method not in RECORDED:
        raise NotPayable(_("Say how it is given back."), "method")
    manager = is_one_of(by, booking.branch, MANAGERS)
    if payment.account == Account.PRICE and not manager:
        raise NotPayable(_("Only a manager gives back what was paid for the price."))
    if not is_one_of(by, booking.branch, TAKES_MONEY):
        raise NotPayable(_("Only who takes money gives it back."))
    if method != payment.method and not manager:
        raise NotPayable(_("Only a manager gives money back by another way than it came."), "method")
    left = next(one.left for one in left_of(booking.payments.all()) if one.payment.pk == payment.pk)
    if amount > left:
        raise NotPayable(
            _("That is more than is left of this payment. At most %(left)s can be given back."),
            "amount",
            {"left": money(left, booking.branch.currency)},
        )
    overpaid = -balance(booking)
    if payment.account != Account.PRICE or amount <= overpaid:
        return
    if booking.state == Booking.State.CLOSED:
        raise NotPayable(_("This order is closed: only what was credited can be given back."), "amount")
    if hasattr(booking, "settlement"):
        raise NotPayable(_("This order was called off and settled; what came in stays as it is."), "amount")


def check_reversible(booking: Booking, payment: Payment) -> None:
    """What a settlement gave back may have gone the wrong way: that is reversed and given back anew. What it
    paid on top can't be paid anew."""
    if hasattr(booking, "settlement") and payment.kind != PaymentKind.REFUND:
        raise NotPayable(_("This order was called off and settled; what came in stays as it is."))
    if payment.kind not in RECEIVED:
        return
    left = next(one for one in left_of(booking.payments.all()) if one.payment.pk == payment.pk)
    if not left.is_whole:
        raise NotPayable(_("A part of it was given back or used. Reverse that first."))


def is_one_of(user: User, branch: Branch, roles: frozenset[str]) -> bool:
    return Membership.objects.active().filter(user=user, branch=branch, role__in=roles).exists()
