"""The printed receipt."""

from decimal import Decimal

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from bookings.capitals import capitals
from bookings.models import Receipt
from studio.foundation.access import roles
from studio.foundation.request import StudioRequest
from studio.staff.models.membership import TAKES_MONEY


@roles(TAKES_MONEY)
@require_safe
def receipt(request: StudioRequest, pk: int) -> HttpResponse:
    """A receipt to print, in the customer's language unless another is asked for. It tells what was received
    and nothing of what is still due (R9.9)."""
    related = "booking__customer", "booking__package_version__package", "by", "branch", "payer"
    found = get_object_or_404(Receipt.objects.filter(branch=request.branch).select_related(*related), pk=pk)
    payments = list(found.payments.select_related("by", "reverses__receipt"))
    asked = request.GET.get("language", "")
    known = dict(settings.LANGUAGES)
    language = asked if asked in known else found.booking.customer.language
    amount = abs(sum((payment.amount for payment in payments), Decimal(0)))
    context = {
        "amount": amount,
        "capitals": capitals(amount, language),
        "receipt": found,
        "payment": payments[0],
        "payments": payments,
        "booking": found.booking,
        "receipt_language": language,
        "languages": settings.LANGUAGES,
    }
    return render(request, "bookings/receipt.html", context)
