"""Tax invoices (发票) are issued elsewhere; here stand their numbers, and the voids of wrong ones."""

from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db import IntegrityError, transaction
from django.db.models import Sum
from django.utils.translation import gettext_lazy as _

from bookings.amounts import NOTHING, NotPayable, check_amount, reason
from bookings.models import Booking, Fapiao
from bookings.papers import record as enter
from bookings.retry import retried
from studio.foundation.audit import acting
from studio.foundation.templatetags.studio import money
from studio.staff.models import User

OLDEST = timedelta(days=366)


@retried
def record(
    booking: Booking,
    *,
    number: str,
    buyer: str,
    amount: Decimal,
    issued_on: date,
    tax_number: str = "",
    by: User,
    now: datetime,
) -> Fapiao:
    """Note the number of an invoice for this order. All of its invoices together never exceed its price."""
    check_amount(amount)
    number, buyer = "".join(number.split())[:30], buyer.strip()[:100]
    if not number:
        raise NotPayable(_("Enter the number of the invoice."), "number")
    if not buyer:
        raise NotPayable(_("Enter who it is made out to."), "buyer")
    today = booking.branch.today(now)
    if issued_on > today or issued_on < today - OLDEST:
        raise NotPayable(_("It was issued today or in the year before. Check the date."), "issued_on")
    with transaction.atomic(), acting(by):
        booking = Booking.locked(booking.pk)
        left = left_for(booking)
        if amount > left:
            raise NotPayable(
                _("Invoices never exceed the price: at most %(left)s here."),
                "amount",
                {"left": money(left, booking.branch.currency)},
            )
        row = Fapiao(
            branch=booking.branch,
            booking=booking,
            number=number,
            buyer=buyer,
            tax_number="".join(tax_number.split())[:30],
            amount=amount,
            issued_on=issued_on,
            by=by,
            at=now,
        )
        save_once(row)
        enter(booking, "fapiao", by=by, now=now, fapiao=row.pk)
        return row


def save_once(row: Fapiao) -> None:
    """One number, one invoice: the unique constraint decides."""
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as error:
        if "fapiao_number_once" not in str(error):
            raise
        raise NotPayable(_("This number is recorded already."), "number") from error


@retried
def void(fapiao: Fapiao, *, why: str, by: User, now: datetime) -> Fapiao:
    """A wrong invoice is voided by a row of its own, with a reason. A repeat does nothing."""
    why = reason(why, _("Say why it is voided."))
    with transaction.atomic(), acting(by):
        booking = Booking.locked(fapiao.booking_id)
        if fapiao.voids_id is not None:
            raise NotPayable(_("This is the void of an invoice already."))
        done = Fapiao.objects.filter(voids=fapiao).first()
        if done is not None:
            return done
        row = Fapiao.objects.create(
            branch=booking.branch,
            booking=booking,
            number=fapiao.number,
            buyer=fapiao.buyer,
            tax_number=fapiao.tax_number,
            amount=-fapiao.amount,
            issued_on=booking.branch.today(now),
            voids=fapiao,
            why=why,
            by=by,
            at=now,
        )
        enter(booking, "fapiao_voided", by=by, now=now, fapiao=fapiao.pk)
        return row


def left_for(booking: Booking) -> Decimal:
    """What of the price has no invoice yet."""
    total = Booking.objects.with_money().get(pk=booking.pk).total
    return max(NOTHING, total - (booking.fapiao.aggregate(sum=Sum("amount"))["sum"] or NOTHING))
