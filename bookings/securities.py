"""Security for gowns (押金): taken apart from the price, returned whole, or less the damage (F6)."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from bookings import registries
from bookings.amounts import NotPayable, check_amount, reason
from bookings.held import held
from bookings.models import (
    Account,
    Booking,
    BookingEvent,
    LineKind,
    Outing,
    Payment,
    PaymentKind,
    PaymentMethod,
    PriceLine,
    Receipt,
)
from bookings.papers import Paper, record
from bookings.retry import retried
from bookings.till import give_back, is_one_of, undo
from studio.foundation.audit import acting
from studio.staff.models import User
from studio.staff.models.membership import MANAGERS, TAKES_MONEY


@retried
def charge_damage(
    booking: Booking, *, label: Mapping[str, str] | str, amount: Decimal, by: User, now: datetime
) -> PriceLine:
    """Damage to a gown becomes a line of the price; the security held pays for it as far as it reaches, and
    the rest is due. `label` says what was damaged, per language or in one sentence."""
    check_amount(amount)
    words = dict(label) if isinstance(label, Mapping) else {"en": label.strip()}
    if not any(words.values()):
        raise NotPayable(_("Say what was damaged."), "label")
    with transaction.atomic(), acting(by):
        booking = Booking.locked(booking.pk)
        if booking.state == Booking.State.CANCELLED and hasattr(booking, "settlement"):
            raise NotPayable(_("This order was called off and its security returned."))
        line = PriceLine.objects.create(
            booking=booking, kind=LineKind.DAMAGE, label=words, amount=amount, by=by, at=now
        )
        receipts = use(booking, amount, by=by, now=now)
        record(booking, "damage_charged", by=by, now=now, line=line.pk, receipts=[one.pk for one in receipts])
        registries.tell(booking, by=by, now=now)
        return line


def use(booking: Booking, amount: Decimal, *, by: User, now: datetime) -> list[Receipt]:
    """Up to `amount` of the security pays for damage: pairs of rows that cancel out, on a paper per payer."""
    open_amount, papers = amount, {}
    for one in held(booking, account=Account.SECURITY):
        part = min(one.left, open_amount)
        if part <= 0:
            break
        payer = one.payment.payer
        if payer not in papers:
            papers[payer] = Paper(booking, by=by, now=now, payer=payer)
        pair = {"kind": PaymentKind.APPLIED, "method": PaymentMethod.HELD}
        papers[payer].add(**pair, amount=-part, account=Account.SECURITY, gives_back=one.payment)
        papers[payer].add(**pair, amount=part, account=Account.PRICE)
        open_amount -= part
    return [paper.finish("security_used") for paper in papers.values()]


@retried
def lift_damage(line: PriceLine, *, why: str, by: User, now: datetime) -> PriceLine:
    """Damage that was charged wrongly is taken back by a manager: its line is reversed, and the security that
    paid for it is held again. A repeat does nothing."""
    why = reason(why, _("Say why it is taken back."))
    with transaction.atomic(), acting(by):
        booking = Booking.locked(line.booking_id)
        if line.kind != LineKind.DAMAGE:
            raise NotPayable(_("This line is no damage."))
        if not is_one_of(by, booking.branch, MANAGERS):
            raise NotPayable(_("Only a manager takes damage back."))
        if hasattr(booking, "settlement"):
            raise NotPayable(_("This order was called off and settled; its lines stay as they are."))
        done = PriceLine.objects.filter(reverses=line).first()
        if done is not None:
            return done
        reversal = PriceLine.objects.create(
            booking=booking,
            kind=LineKind.REVERSAL,
            label=line.label,
            amount=-line.amount,
            reverses=line,
            why=why,
            by=by,
            at=now,
        )
        for receipt in receipts_of(line):
            paper = Paper(booking, by=by, now=now, payer=receipt.payer)
            for row in receipt.payments.all():
                undo(paper, row, why=why)
            paper.finish("security_freed")
        record(booking, "damage_lifted", by=by, now=now, line=line.pk)
        registries.tell(booking, by=by, now=now)
        return reversal


def receipts_of(line: PriceLine) -> list[Receipt]:
    """The papers by which security paid for this damage."""
    event = BookingEvent.objects.get(booking=line.booking_id, kind="damage_charged", parameters__line=line.pk)
    return list(Receipt.objects.filter(pk__in=event.parameters["receipts"]).select_related("payer"))


@retried
def return_all(booking: Booking, *, why: str, by: User, now: datetime) -> list[Receipt]:
    """The gowns are back and well: what is held goes back to who paid it, as it came, on a paper per payer.
    Nothing held, nothing happens."""
    why = reason(why, _("Say why it is given back."))
    with transaction.atomic(), acting(by):
        booking = Booking.locked(booking.pk)
        if not is_one_of(by, booking.branch, TAKES_MONEY):
            raise NotPayable(_("Only who takes money gives it back."))
        check_gowns_are_back(booking)
        rows = held(booking, account=Account.SECURITY)
        return give_all_back([(one.payment, one.left) for one in rows], booking, why=why, by=by, now=now)


def check_gowns_are_back(booking: Booking) -> None:
    """The security answers for a gown until it is here again, or known to be lost."""
    if Outing.objects.filter(appointment__booking=booking, back_at=None).exists():
        raise NotPayable(_("The gown is out with them. Take it back first."))


def give_all_back(
    backs: list[tuple[Payment, Decimal]], booking: Booking, *, why: str, by: User, now: datetime
) -> list[Receipt]:
    """Refunds on one paper per payer and account, in the transaction of the caller's."""
    papers: dict[tuple[int | None, str], Paper] = {}
    for payment, amount in backs:
        key = payment.payer_id, payment.account
        if key not in papers:
            papers[key] = Paper(booking, by=by, now=now, payer=payment.payer)
        give_back(papers[key], payment, amount, why=why)
    return [
        paper.finish(
            "refunded", of=PaymentKind.SECURITY if account == Account.SECURITY else PaymentKind.BALANCE
        )
        for (_payer, account), paper in papers.items()
    ]
