"""How the house looked after who was in it (R5.1, R5.4, R12.1): figures, and the rows behind each."""

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from studio.foundation.access import roles
from studio.foundation.request import StudioRequest
from studio.staff.models.membership import MANAGERS
from workflow import house_record
from workflow.house_record import Record
from workflow.views.house_record_forms import SpanForm, spans_to_choose

PEOPLE, WAITS, RETURNS, LATE = "people", "waits", "returns", "late"


@roles(MANAGERS)
@require_safe
def record(request: StudioRequest) -> HttpResponse:
    form = SpanForm(request.GET, branch=request.branch, now=timezone.now())
    found = form.record()
    context = {
        "form": form,
        "record": found,
        "spans": spans_to_choose(form),
        "query": form.query,
        "shares": shares(found),
        "hours": [(f"{hour}:00", round(seconds / 60)) for hour, seconds in found.gaps_by_hour()],
        "styling_middle": house_record.middle(found.styling),
        "styling_longest": house_record.longest(found.styling),
        "styling_late": sum(wait.too_long for wait in found.styling),
        "offers_late": sum(wait.too_long for wait in found.offers),
        "side_trip_seconds": house_record.total(found.side_trips),
        "location_seconds": house_record.total(found.on_location),
    }
    return render(request, "workflow/house_record.html", context, status=422 if form.errors else 200)


def shares(found: Record) -> list[tuple[str, int, int | str]]:
    """How the time in the house divides, in minutes; calm colours, and red only for who stood alone."""
    out, location = house_record.total(found.side_trips), house_record.total(found.on_location)
    parts: list[tuple[str, float, int | str]] = [
        (_("with a colleague"), found.with_people - out - location, 1),
        (_("stepped out with somebody"), out, 3),
        (_("on location"), location, 4),
        (_("unattended"), found.gap_seconds, "bad"),
    ]
    return [(word, round(seconds / 60), colour) for word, seconds, colour in parts if seconds]


@roles(MANAGERS)
@require_safe
def rows(request: StudioRequest, what: str) -> HttpResponse:
    """The rows of one figure."""
    form = SpanForm(request.GET, branch=request.branch, now=timezone.now())
    found = form.record()
    if what not in ROWS:
        raise Http404
    title, shape, chosen = ROWS[what]
    context: dict[str, Any] = {
        "form": form,
        "record": found,
        "query": form.query,
        "title": title(),
        "shape": shape,
        "rows": chosen(found),
    }
    return render(request, "workflow/house_record_rows.html", context, status=422 if form.errors else 200)


ROWS: dict[str, tuple[Any, str, Any]] = {
    "house": (lambda: _("Time in the house"), PEOPLE, lambda found: found.pieces),
    "gaps": (lambda: _("Unattended"), PEOPLE, lambda found: found.gaps),
    "trips": (lambda: _("Stepped out (with someone)"), PEOPLE, lambda found: found.side_trips),
    "location": (lambda: _("On location"), PEOPLE, lambda found: found.on_location),
    "styling": (lambda: _("From arrival to styling"), WAITS, lambda found: found.styling),
    "offers": (lambda: _("From the offer to “I take over”"), WAITS, lambda found: found.offers),
    "returns": (lambda: _("Returned, with the reason"), RETURNS, lambda found: found.returns),
    "late": (lambda: _("Entered afterwards"), LATE, lambda found: found.late),
}
