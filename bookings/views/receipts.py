"""The printed papers: receipts and credit notes. They tell what was received, returned or credited, and
nothing of what is still due (R9.9)."""

from decimal import Decimal
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from bookings.capitals import capitals
from bookings.models import Booking, CreditNote, Payment, PaymentKind, Receipt
from studio.foundation.access import roles
from studio.foundation.request import StudioRequest
from studio.staff.models.membership import TAKES_MONEY

RELATED = "booking__customer", "booking__package_version__package", "by", "branch"


@roles(TAKES_MONEY)
@require_safe
def receipt(request: StudioRequest, pk: int) -> HttpResponse:
    """A receipt to print, in the customer's language unless another is asked for."""
    papers = Receipt.objects.filter(branch=request.branch).select_related(*RELATED, "payer")
    found = get_object_or_404(papers, pk=pk)
    payments = list(found.payments.select_related("by", "reverses__receipt", "gives_back__receipt"))
    amount = amount_of(payments)
    context = {
        "receipt": found,
        "payment": payments[0],
        "payments": payments,
        "what": what_it_is(payments),
        "kinds": kinds_of(payments),
        **paper(request, found.booking, amount),
    }
    return render(request, "bookings/receipt.html", context)


@roles(TAKES_MONEY)
@require_safe
def credit_note(request: StudioRequest, pk: int) -> HttpResponse:
    """A credit note to print: what is no longer owed, and why."""
    found = get_object_or_404(
        CreditNote.objects.filter(branch=request.branch).select_related(*RELATED), pk=pk
    )
    lines = list(found.lines.all())
    amount = sum((line.amount for line in lines), Decimal("0"))
    context = {"note": found, "lines": lines, "change": amount, **paper(request, found.booking, abs(amount))}
    return render(request, "bookings/credit_note.html", context)


def paper(request: StudioRequest, booking: Booking, amount: Decimal) -> dict[str, Any]:
    """The language of a paper, and its sum in figures and capital figures."""
    asked = request.GET.get("language", "")
    language = asked if asked in dict(settings.LANGUAGES) else booking.customer.language
    return {
        "amount": amount,
        "capitals": capitals(amount, language),
        "booking": booking,
        "paper_language": language,
        "languages": settings.LANGUAGES,
    }


def what_it_is(payments: list[Payment]) -> str:
    """The sort of paper: "received", "refund", "reversal", "compensation", or "applied" (for damage)."""
    kind = payments[0].kind
    others = {
        PaymentKind.REFUND: "refund",
        PaymentKind.REVERSAL: "reversal",
        PaymentKind.COMPENSATION: "compensation",
        PaymentKind.APPLIED: "applied",
    }
    return others.get(kind, "received")  # type: ignore[call-overload]


def amount_of(payments: list[Payment]) -> Decimal:
    """The sum on the paper; the halves of a pair that moves security to the price are counted once."""
    if any(is_pair(row) for row in payments):
        return sum((abs(row.amount) for row in payments if row.account == "price"), Decimal("0"))
    return abs(sum((row.amount for row in payments), Decimal("0")))


def is_pair(row: Payment) -> bool:
    undone = row.reverses
    return row.kind == PaymentKind.APPLIED or (undone is not None and undone.kind == PaymentKind.APPLIED)


def kinds_of(payments: list[Payment]) -> list[tuple[Any, Decimal]]:
    """What for, each with its sum: earnest money and a prepayment may stand on one paper. The words are read
    in the language of the paper."""
    sums: dict[str, Decimal] = {}
    for row in payments:
        if row.kind == PaymentKind.APPLIED and row.account == "security":
            continue
        kind = (row.gives_back or row).kind
        sums[kind] = sums.get(kind, Decimal("0")) + abs(row.amount)
    return [(PaymentKind(kind).label, amount) for kind, amount in sums.items()]
