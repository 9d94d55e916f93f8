"""Credit notes: the numbered papers for what is no longer owed, gap-free per branch and year."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Sum
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from bookings import registries
from bookings.amounts import NOTHING, NotPayable, check_amount, reason
from bookings.counters import next_number
from bookings.models import Booking, CreditNote, LineKind, PriceLine
from bookings.papers import record
from bookings.retry import retried
from studio.foundation.audit import acting
from studio.foundation.templatetags.studio import money
from studio.staff.models import User

Label = Mapping[str, str]
NewLine = tuple[str, Label, Decimal]
"""Kind, words per language, and what it adds to the price (below nothing: what it takes off)."""


@retried
def issue(booking: Booking, *, lines: Iterable[NewLine], why: str, by: User, now: datetime) -> CreditNote:
    """A credit note with these price lines, in one transaction. Raises `NotPayable`.

    It can't take off more than the order costs; damage to gowns stays owed (F6).
    """
    why = reason(why, _("Say why it is credited."))
    lines = list(lines)
    with transaction.atomic(), acting(by):
        booking = Booking.locked(booking.pk)
        if booking.state == Booking.State.CANCELLED:
            raise NotPayable(_("This order was called off; its money is settled."))
        off = -sum((amount for _kind, _label, amount in lines), NOTHING)
        check_amount(off)
        most = most_off(booking)
        if off > most:
            raise NotPayable(
                _("That is more than the order costs. At most %(most)s can be credited."),
                "amount",
                {"most": money(most, booking.branch.currency)},
            )
        note = draw(booking, why=why, by=by, now=now)
        write(note, lines)
        record(booking, "credited", by=by, now=now, note=note.pk, number=str(note))
        registries.tell(booking, by=by, now=now)
        return note


def draw(booking: Booking, *, why: str, by: User, now: datetime) -> CreditNote:
    """The paper alone, with the next number, for lines that the caller writes (`credit_note=`) in the same
    transaction, in which the booking is locked."""
    year = booking.branch.today(now).year
    return CreditNote.objects.create(
        branch=booking.branch,
        booking=booking,
        year=year,
        number=next_number(booking.branch, f"credit-{year}"),
        why=reason(why, _("Say why it is credited.")),
        by=by,
        at=now,
    )


def write(note: CreditNote, lines: Iterable[NewLine]) -> None:
    for kind, label, amount in lines:
        PriceLine.objects.create(
            booking=note.booking,
            kind=kind,
            label=dict(label),
            amount=amount,
            why=note.why,
            credit_note=note,
            by=note.by,
            at=note.at,
        )


def most_off(booking: Booking) -> Decimal:
    """The price as it stands, without damage to gowns: the most that can still be credited or discounted."""
    return max(NOTHING, price_of(booking) - damage_of(booking))


def price_of(booking: Booking) -> Decimal:
    return booking.price_lines.aggregate(sum=Sum("amount"))["sum"] or NOTHING


def damage_of(booking: Booking) -> Decimal:
    """Damage charged and not taken back."""
    lines = booking.price_lines.filter(kind=LineKind.DAMAGE, reversed_by__isnull=True)
    return lines.aggregate(sum=Sum("amount"))["sum"] or NOTHING


def label_of(kind: Any) -> Label:
    """The words of a kind of line, in every language, as a line keeps them."""
    words = {}
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            words[language] = str(LineKind(kind).label).capitalize()
    return words
