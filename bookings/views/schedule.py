"""The schedule of a day (档期), and the printed receipt."""

from datetime import timedelta

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from bookings import almanac, day
from bookings.capitals import capitals
from bookings.models import Receipt
from studio.foundation.access import roles
from studio.foundation.answers import page
from studio.foundation.request import StudioRequest
from studio.staff.models.membership import SERVING, TAKES_MONEY


@roles(SERVING)
@require_safe
def schedule(request: StudioRequest) -> HttpResponse:
    """One day of the branch, today unless the address names another. Forms ask for the plan alone."""
    now = timezone.now()
    today = request.branch.today(now)
    shown = day.named(request.GET.get("day", "")) or today
    context = {
        "plan": day.plan_of(request.branch, shown, now=now),
        "today": today,
        "before": shown - timedelta(days=1),
        "after": shown + timedelta(days=1),
        "lunar": almanac.lunar_date(shown),
        "term": almanac.solar_term(shown),
    }
    return page(request, "bookings/schedule.html", context, fragment="bookings/_day.html")


@roles(TAKES_MONEY)
@require_safe
def receipt(request: StudioRequest, pk: int) -> HttpResponse:
    """A receipt to print, in the customer's language unless another is asked for. It tells what was received
    and nothing of what is still due (R9.9)."""
    related = "payment__booking__customer", "payment__booking__package_version__package", "payment__by"
    found = get_object_or_404(
        Receipt.objects.filter(branch=request.branch).select_related(
            *related, "branch", "payment__reverses__receipt"
        ),
        pk=pk,
    )
    asked = request.GET.get("language", "")
    known = dict(settings.LANGUAGES)
    language = asked if asked in known else found.payment.booking.customer.language
    amount = abs(found.payment.amount)
    context = {
        "amount": amount,
        "capitals": capitals(amount, language),
        "receipt": found,
        "payment": found.payment,
        "booking": found.payment.booking,
        "receipt_language": language,
        "languages": settings.LANGUAGES,
    }
    return render(request, "bookings/receipt.html", context)
