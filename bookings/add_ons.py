"""Things sold beside the package: more looks, albums, services. What is sold keeps its line and its price."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from bookings import credit_notes, discounts, price_lines, registries
from bookings.amounts import HIGHEST
from bookings.models import AddOn, Booking, LineKind, PriceLine
from bookings.price_lines import NotSellable, check_open, check_why, record
from bookings.retry import retried
from studio.foundation.audit import acting
from studio.staff.models import Branch, User

MOST = 99
"""Of one thing in one line."""


def on_sale(branch: Branch) -> QuerySet[AddOn]:
    """What the branch sells beside its packages, in the order of its price list."""
    return AddOn.objects.filter(branch=branch, is_active=True)


def lines_of(booking: Booking) -> QuerySet[PriceLine]:
    """The add-ons of an order that were not taken back."""
    return booking.price_lines.filter(kind=LineKind.ADD_ON, reversed_by__isnull=True).select_related("add_on")


@retried
def sell(booking: Booking, add_on: AddOn, *, quantity: int = 1, by: User, now: datetime) -> PriceLine:
    """Sell so many of an add-on at today's price, while the order is open. Raises `NotSellable`.

    Whoever makes looks or things of it hears it in the same transaction and may refuse.
    """
    if not 1 <= quantity <= MOST:
        raise NotSellable(_("Between 1 and %(most)d of it."), "quantity", {"most": MOST})
    with transaction.atomic(), acting(by):
        booking = Booking.locked(booking.pk)
        check_open(booking)
        # Locked for reading: its price does not change while it is sold.
        offered = AddOn.objects.select_for_update(no_key=True).get(pk=add_on.pk)
        if offered.branch_id != booking.branch_id or not offered.is_active:
            raise NotSellable(_("“%(name)s” is not on sale here."), "add_on", {"name": offered})
        amount = offered.price * quantity
        if amount + price_lines.total_of(booking) > HIGHEST:
            raise NotSellable(_("That is more than any order costs. Check the figures."), "quantity")
        line = price_lines.write(
            booking,
            LineKind.ADD_ON,
            offered.names,
            amount,
            quantity=quantity,
            add_on=offered,
            by=by,
            now=now,
        )
        record(booking, "add_on_sold", by=by, now=now, line=line.pk, names=line.label, quantity=quantity)
        tell(line, by=by, now=now)
        return line


@retried
def take_back(line: PriceLine, *, why: str, by: User, now: datetime) -> PriceLine:
    """Undo the sale of an add-on, whole: a reversal beside its line. A repeat answers the same reversal.

    Refused (`NotSellable`) once it is made or shot, and where a discount would be left over on its own.
    """
    why = check_why(why)
    with transaction.atomic(), acting(by):
        booking = Booking.locked(line.booking_id)
        done = PriceLine.objects.filter(reverses=line.pk).first()
        if done is not None:
            return done
        check_open(booking)
        sold = PriceLine.objects.select_related("add_on").get(pk=line.pk)
        sold.booking = booking
        if sold.kind != LineKind.ADD_ON:
            raise NotSellable(_("Only an add-on is taken back here."))
        discounts.check_take_back(booking, sold.amount, by=by)
        # What was confirmed goes off the bill with a paper of its own.
        note = credit_notes.draw(booking, why=why, by=by, now=now) if booking.terms_accepted_at else None
        reversal = price_lines.reverse(sold, why=why, by=by, now=now, credit_note=note)
        record(
            booking,
            "add_on_taken_back",
            by=by,
            now=now,
            line=reversal.pk,
            names=sold.label,
            quantity=sold.quantity,
        )
        tell(reversal, by=by, now=now)
        return reversal


def tell(line: PriceLine, *, by: User, now: datetime) -> None:
    for listener in registries.line_changes:
        listener(line, by, now)
    registries.tell(line.booking, by=by, now=now)


def sell_all(booking: Booking, wanted: Iterable[tuple[AddOn, int]], *, by: User, now: datetime) -> None:
    """Several at once, in the order in which everybody locks them."""
    for add_on, quantity in sorted(wanted, key=lambda one: one[0].pk):
        sell(booking, add_on, quantity=quantity, by=by, now=now)
