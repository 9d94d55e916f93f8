"""The visitor log: filtered, printed, taken along as a spreadsheet (R1.3, R12.1)."""

from datetime import timedelta

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from studio.foundation.access import roles
from studio.foundation.request import StudioRequest
from studio.staff.models.membership import FRONT
from workflow.models import VisitOutcome
from workflow.views import visits
from workflow.views.visit_forms import day_from
from workflow.visit_history import figures_of, of_day

PER_PAGE = 40


@roles(FRONT)
@require_http_methods(["GET", "HEAD", "POST"])
def log(request: StudioRequest) -> HttpResponse:
    """GET: the visitor log of a day. POST: somebody came in; one press, the details come later (R1.1)."""
    if request.method == "POST":
        return visits.receive(request)
    now = timezone.now()
    today = request.branch.today(now)
    day = min(day_from(request.GET.get("day", ""), today), today)
    rows = of_day(request.branch, day)
    outcome = request.GET.get("outcome", "")
    shown = rows.filter(outcome=outcome) if outcome in VisitOutcome.values else rows
    context = {
        "day": day,
        "today": today,
        "before": day - timedelta(days=1),
        "after": day + timedelta(days=1) if day < today else None,
        "figures": figures_of(rows),
        "outcome": outcome,
        "outcomes": VisitOutcome.choices,
        "page": Paginator(shown, PER_PAGE).get_page(request.GET.get("page")),
    }
    return render(request, "workflow/visits.html", context)
