"""The price list: looked at by everybody who serves, turned round to a customer, printed."""

from datetime import timedelta
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from bookings import day as days
from bookings import price_list
from bookings.models import PackageKind
from studio.foundation.access import has_role, roles
from studio.foundation.request import StudioRequest
from studio.staff.models.membership import MANAGERS, SERVING

FURTHEST = timedelta(days=3 * 366)


@roles(SERVING)
@require_safe
def prices(request: StudioRequest) -> HttpResponse:
    """What is on sale on a day. No costs, no limits: a customer may read along (R9.9)."""
    return render(request, "bookings/price_list.html", context(request))


def context(request: StudioRequest) -> dict[str, Any]:
    today = request.branch.today(timezone.now())
    day = days.named(request.GET.get("day")) or today
    day = min(max(day, today), today + FURTHEST)
    kind = request.GET.get("kind", "")
    kind = kind if kind in PackageKind.values else ""
    manages = has_role(request, MANAGERS)
    return {
        "day": day,
        "today": today,
        "kind": kind,
        "kinds": PackageKind.choices,
        "offers": price_list.offers(request.branch, on=day, kind=kind),
        "prepared": price_list.prepared(request.branch, after=day, kind=kind) if manages else [],
        "extras": price_list.extras(request.branch),
        "currency": request.branch.currency,
    }
