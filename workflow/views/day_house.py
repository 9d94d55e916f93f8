"""The screen on the wall."""

from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from studio.foundation import answers
from studio.foundation.access import roles
from studio.foundation.request import StudioRequest
from studio.staff.models.membership import SERVING
from workflow import house as in_the_house


@roles(SERVING)
@require_safe
def house(request: StudioRequest) -> HttpResponse:
    """In the house: read at three metres, refreshed by itself. Shows no face to lose (R9.9)."""
    now = timezone.now()
    rows = in_the_house.in_house(request.branch, now=now)
    alarms = [row for row in rows if row.is_unattended or row.waits_too_long]
    context = {
        "rows": alarms + [row for row in rows if row not in alarms],
        "people": sum(len(row.members) for row in rows),
        "now": now,
        "is_wall": "wall" in request.GET,
    }
    return answers.page(request, "workflow/house.html", context, fragment="workflow/_house.html")
