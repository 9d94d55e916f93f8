"""A move that changes the price is done once the difference is known: no surprise on the bill."""

from datetime import datetime
from decimal import Decimal, InvalidOperation

from django.db import transaction
from django.utils.translation import gettext as _

from bookings import schedule
from bookings.amounts import NOTHING
from bookings.models import Appointment
from bookings.price_lines import total_of
from bookings.retry import retried
from bookings.spans import Slot
from studio.foundation.templatetags.studio import money
from studio.staff.models import User


class PriceChanges(Exception):
    """The move is possible, and the order would cost `difference` more than it does (negative: less), which
    nobody has agreed to. Nothing was moved."""

    def __init__(self, difference: Decimal, currency: str) -> None:
        self.difference, self.currency = difference, currency
        super().__init__(str(difference))

    @property
    def sentence(self) -> str:
        return said(self.difference, self.currency)


def said(difference: Decimal, currency: str) -> str:
    amount = money(abs(difference), currency)
    if difference > 0:
        return _("The order then costs %(amount)s more: the season of the shoot changes.") % {
            "amount": amount
        }
    return _("The order then costs %(amount)s less: the season of the shoot changes.") % {"amount": amount}


@retried
def move(
    appointment: Appointment,
    *,
    slot: Slot,
    version: int | None,
    agreed: Decimal | None,
    by: User | None,
    now: datetime,
    overtime: bool = False,
    knows: bool = False,
) -> Appointment:
    """`schedule.move`, with the difference that was read before: what is `agreed` is what happens, to the
    cent. Raises `PriceChanges` where it is another one by now, and what `schedule.move` raises."""
    with transaction.atomic():
        booking = schedule.locked(appointment).booking
        before = total_of(booking) if booking is not None else NOTHING
        moved = schedule.move(
            appointment, slot=slot, version=version, by=by, now=now, overtime=overtime, knows=knows
        )
        after = total_of(booking) if booking is not None else NOTHING
        if booking is not None and after - before not in (NOTHING, agreed):
            raise PriceChanges(after - before, booking.branch.currency)
        return moved


def read(text: str | None) -> Decimal | None:
    """The difference that a form sends along; anything else is none."""
    try:
        amount = Decimal(text or "")
    except InvalidOperation:
        return None
    return amount if amount.is_finite() else None
