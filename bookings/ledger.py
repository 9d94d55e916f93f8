"""The books: one order in the order of time, and a recount of everything that must always hold."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from bookings.amounts import NOTHING
from bookings.held import left_of
from bookings.models import Account, Booking, CreditNote, LineKind, Payment, PaymentKind, PriceLine, Receipt
from bookings.models.money import Counter
from studio.staff.models import Branch


@dataclass(frozen=True)
class Entry:
    """One line of an order's account: what it adds to the price or pays of it, and how it stands after."""

    at: datetime
    fact: PriceLine | Payment
    charge: Decimal
    """What it adds to what is due; below nothing: takes off."""
    received: Decimal
    """What it pays; below nothing: goes back."""
    security: Decimal
    """What it does to the security held."""
    balance: Decimal
    secured: Decimal

    @property
    def is_line(self) -> bool:
        return isinstance(self.fact, PriceLine)


def statement(booking: Booking) -> list[Entry]:
    """Price lines and payments in one order of time, each with the balance after it."""
    lines = list(booking.price_lines.select_related("credit_note", "by", "reverses"))
    payments = list(booking.payments.select_related("receipt", "payer", "by", "reverses"))
    facts: list[Any] = sorted(
        [*lines, *payments], key=lambda fact: (fact.at, isinstance(fact, Payment), fact.pk)
    )
    entries, balance, secured = [], NOTHING, NOTHING
    for fact in facts:
        charge = received = security = NOTHING
        if isinstance(fact, PriceLine):
            charge = fact.amount
        elif fact.account == Account.PRICE:
            received = fact.amount
        else:
            security = fact.amount
        balance, secured = balance + charge - received, secured + security
        entries.append(Entry(fact.at, fact, charge, received, security, balance, secured))
    return entries


@dataclass(frozen=True)
class Problem:
    """Something in the books that can't be; `what` is a sentence."""

    what: str
    booking: Booking | None = None

    def __str__(self) -> str:
        return f"{self.booking.number}: {self.what}" if self.booking else self.what


def check(branch: Branch) -> list[Problem]:
    """Everything is counted anew, row by row, beside what the database adds up. Nothing found: []."""
    problems: list[Problem] = []
    bookings = Booking.objects.filter(branch=branch).with_money().order_by("pk")
    for booking in bookings.select_related("settlement").iterator(chunk_size=500):
        problems += [Problem(what, booking) for what in wrong_in(booking)]
    for papers, series in ((Receipt.objects, "receipt"), (CreditNote.objects, "credit")):
        problems += [Problem(what) for what in gaps(branch, papers.filter(branch=branch), series)]
    return problems


def wrong_in(booking: Booking) -> Iterator[str]:
    lines, payments = list(booking.price_lines.all()), list(booking.payments.all())
    total = total_of(line.amount for line in lines)
    paid = total_of(row.amount for row in payments if row.account == Account.PRICE)
    secured = total_of(row.amount for row in payments if row.account == Account.SECURITY)
    if (total, paid, secured) != (booking.total, booking.paid, booking.secured):
        yield _("the sums differ from a recount of the lines")
    if total < 0 and not hasattr(booking, "settlement"):
        yield _("the price is below nothing")
    if secured < 0:
        yield _("more security went back than was taken")
    if any(one.left < 0 for one in left_of(payments)):
        yield _("more of a payment went back than came in")
    if total_of(row.amount for row in payments if applied(row)) != 0:
        yield _("security was used for damage without paying for it")
    if not pairs_match(lines, payments):
        yield _("a reversal does not undo the line that it names")
    if hasattr(booking, "settlement") and booking.state != Booking.State.CANCELLED:
        yield _("it is settled and not called off")
    if hasattr(booking, "settlement") and total != paid:
        yield _("it was called off, and its balance is not nothing")
    if booking.state == Booking.State.CLOSED and total > paid and not damaged_after(booking, lines):
        yield _("it is closed with a balance due")


def applied(row: Payment) -> bool:
    """Security that was used for damage, or its reversal: both halves of a pair."""
    undone = row.reverses
    return row.kind == PaymentKind.APPLIED or (undone is not None and undone.kind == PaymentKind.APPLIED)


def pairs_match(lines: Iterable[PriceLine], payments: Iterable[Payment]) -> bool:
    rows: list[Any] = [*lines, *payments]
    return all(
        row.amount == -row.reverses.amount and row.booking_id == row.reverses.booking_id
        for row in rows
        if row.reverses_id
    )


def damaged_after(booking: Booking, lines: Iterable[PriceLine]) -> bool:
    """A gown may come back damaged after the order was closed; then something is due again."""
    return any(line.kind == LineKind.DAMAGE for line in lines)


def gaps(branch: Branch, papers: "QuerySet[Any]", series: str) -> Iterator[str]:
    """The numbers of each year are 1, 2, 3 … up to the counter."""
    years: dict[int, list[int]] = {}
    for year, number in papers.values_list("year", "number"):
        years.setdefault(year, []).append(number)
    counters = dict(
        Counter.objects.filter(branch=branch, series__startswith=f"{series}-").values_list("series", "last")
    )
    for year, numbers in sorted(years.items()):
        last = counters.get(f"{series}-{year}")
        if sorted(numbers) != list(range(1, len(numbers) + 1)) or last != len(numbers):
            yield _("the numbers of %(series)s %(year)s have a gap") % {"series": series, "year": year}


def total_of(amounts: Iterable[Decimal]) -> Decimal:
    return sum(amounts, NOTHING)
