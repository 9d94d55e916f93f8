"""The schedule of a day (档期)."""

from datetime import timedelta

from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from bookings import almanac, day
from studio.foundation.access import roles
from studio.foundation.answers import page
from studio.foundation.request import StudioRequest
from studio.staff.models.membership import SERVING


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
