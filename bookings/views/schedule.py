"""The schedule (档期): the day and the week, by everything, by one resource, by one colleague."""

from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from bookings import almanac, day, schedule_filter, week
from bookings.schedule_filter import Filter
from studio.foundation.access import has_role, roles
from studio.foundation.answers import page
from studio.foundation.request import StudioRequest
from studio.staff.models.membership import FRONT, SERVING

PLACE_FIELDS = (
    "appointment",
    "version",
    "allocation",
    "starts",
    "ends",
    "to",
    "later",
    "swap",
    "overtime",
    "knows",
    "price",
)
"""What a drop sends. Moments are seconds since 1970; `later` minutes; `swap` "12:15", one id for another;
`price` is the difference that was agreed to."""


@roles(SERVING)
@require_safe
def schedule(request: StudioRequest) -> HttpResponse:
    """The branch's schedule, today unless the address names another day. Forms ask for the plan of a day
    alone; the page itself for all that it shows."""
    chosen = read_filter(request, request.GET)
    if request.htmx and request.htmx.target == "schedule":
        return page(
            request, "bookings/schedule.html", shown(request, chosen), fragment="bookings/_schedule.html"
        )
    if request.htmx and not request.htmx.boosted:
        plan = day.plan_of(request.branch, chosen.day, now=timezone.now(), kinds=sorted(chosen.kinds))
        return page(request, "bookings/schedule.html", {"plan": plan}, fragment="bookings/_day.html")
    context = shown(request, chosen) | {
        "choices": schedule_filter.choices(request.branch),
    }
    return page(request, "bookings/schedule.html", context)


def read_filter(request: StudioRequest, given: Any) -> Filter:
    today = request.branch.today(timezone.now())
    return schedule_filter.read(given, branch=request.branch, today=today)


def shown(request: StudioRequest, chosen: Filter) -> dict[str, Any]:
    """Everything that stands in the part of the page that is drawn anew after a change."""
    now, branch = timezone.now(), request.branch
    today = branch.today(now)
    context: dict[str, Any] = {
        "filter": chosen,
        "today": today,
        "now": now,
        "mark": almanac.marks(branch, [chosen.day])[chosen.day],
        "strip": week.strip(branch, chosen.monday, shown=chosen.day, today=today),
        "movable": has_role(request, FRONT),
        "place_fields": PLACE_FIELDS,
    }
    if chosen.view == "day":
        return context | {"plan": plan_of(request, chosen)}
    if chosen.resource is not None:
        return context | {"lines": week.of_resource(branch, chosen.monday, chosen.resource, now=now)}
    if chosen.person is not None:
        return context | {"lines": week.of_person(branch, chosen.monday, chosen.person, now=now)}
    rows = week.squares(branch, chosen.monday, kinds=chosen.kinds, today=today)
    return context | {"squares": rows}


def plan_of(request: StudioRequest, chosen: Filter) -> Any:
    now = timezone.now()
    if chosen.person is not None:
        return day.plan_of_person(request.branch, chosen.day, chosen.person, now=now)
    return day.plan_of(
        request.branch,
        chosen.day,
        now=now,
        kinds=[chosen.resource.kind] if chosen.resource else sorted(chosen.kinds),
        only=chosen.resource,
        bare=chosen.kind == "" and chosen.resource is None,
    )
