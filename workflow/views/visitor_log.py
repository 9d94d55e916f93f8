"""The visitor log: filtered, printed, taken along as a spreadsheet (R1.3, R12.1)."""

from datetime import datetime
from typing import Any

import structlog
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_http_methods, require_safe

from studio.foundation import spreadsheets
from studio.foundation.access import has_role, roles
from studio.foundation.request import StudioRequest
from studio.staff.models.membership import FRONT, MANAGERS
from workflow import visitor_log
from workflow.log_columns import COLUMNS
from workflow.models.visit import VisitQuerySet
from workflow.views import visits
from workflow.views.visitor_log_forms import LogFilter, neighbours, period_words, periods

PER_PAGE = 40
audit = structlog.get_logger(__name__)


@roles(FRONT)
@require_http_methods(["GET", "HEAD", "POST"])
def log(request: StudioRequest) -> HttpResponse:
    """GET: the visitor log, today's unless told otherwise. POST: somebody came in; one press (R1.1)."""
    if request.method == "POST":
        return visits.receive(request)
    form, rows, context = asked(request, timezone.now())
    sort = request.GET.get("sort", "")
    context |= {
        "figures": visitor_log.figures(rows),
        "reasons": [entry for entry in visitor_log.reasons(rows) if entry[2]],
        "sort": sort if sort in visitor_log.SORTS else "",
        "page": Paginator(visitor_log.listed(rows, sort), PER_PAGE).get_page(request.GET.get("page")),
        "manages": has_role(request, MANAGERS),
        **when(form),
    }
    if context["manages"]:
        context["colleagues"] = visitor_log.by_consultant(rows)
    return render(request, "workflow/visits.html", context)


def asked(request: StudioRequest, now: datetime) -> tuple[LogFilter, VisitQuerySet, dict[str, Any]]:
    """The filter of the address, the visits that it leaves, and what every view of them is drawn with."""
    branch = request.branch
    form = LogFilter(request.GET, branch=branch, today=branch.today(now))
    rows = visitor_log.found(branch, form.chosen)
    query = request.GET.copy()
    query.pop("page", None)
    return form, rows, {"form": form, "chosen": form.chosen, "query": query.urlencode(), "now": now}


def when(form: LogFilter) -> dict[str, Any]:
    """The stretch of days in words and links: the usual ones, the one before, the one after."""
    chosen, words = form.chosen, period_words()
    known = periods(form.today)
    before, after = neighbours(chosen.first, chosen.last, form.today)
    asked_for = [name for name, days in known.items() if days == (chosen.first, chosen.last)]
    period = form.period if form.period in asked_for else next(iter(asked_for), "")
    return {
        "periods": [(name, words[name]) for name in known],
        "period": period,
        "before": before,
        "after": after,
    }


@roles(FRONT)
@require_safe
def paper(request: StudioRequest) -> HttpResponse:
    """The filtered log as the sheet that managers sign: A4, landscape, a line for each party."""
    _form, rows, context = asked(request, timezone.now())
    count = rows.count()
    if count > visitor_log.MOST_PRINTED:
        sentence = _("%(count)d visits are too many for paper; choose fewer days, up to %(most)d visits.")
        return back_to_log(request, sentence % {"count": count, "most": visitor_log.MOST_PRINTED})
    context["visits"] = visitor_log.with_numbers(visitor_log.listed(rows, "oldest"))
    context["figures"] = visitor_log.figures(rows)
    context["headings"] = paper_headings()
    return render(request, "workflow/visits_paper.html", context)


def paper_headings() -> list[str]:
    """As on the sheet that managers know, with a place to sign at the end of each line."""
    return [
        _("No."),
        pgettext("visitor log", "Came"),
        pgettext("visitor log", "Who"),
        _("Telephone"),
        pgettext("visitor log", "What for"),
        _("Heard of us from"),
        _("How far they had come"),
        _("Consultant"),
        _("To the greeting"),
        _("Outcome"),
        _("Notes"),
        _("Signature"),
    ]


@roles(MANAGERS)
@require_safe
def export(request: StudioRequest) -> HttpResponse:
    """The filtered log as a spreadsheet, with the headings in the reader's language."""
    form, rows, _context = asked(request, timezone.now())
    count = rows.count()
    if count > visitor_log.MOST_EXPORTED:
        sentence = _("%(count)d visits are too many for one file; choose fewer days, up to %(most)d visits.")
        return back_to_log(request, sentence % {"count": count, "most": visitor_log.MOST_EXPORTED})
    chosen, branch = form.chosen, request.branch
    content = spreadsheets.write(
        _("Visitor log"),
        [str(column.title) for column in COLUMNS],
        visitor_log.cells(visitor_log.listed(rows, "oldest"), branch),
        [column.width for column in COLUMNS],
    )
    audit.info(
        "visitor log exported",
        user=request.actor.pk,
        branch=branch.code,
        first=chosen.first.isoformat(),
        last=chosen.last.isoformat(),
        visits=count,
    )
    return spreadsheets.download(content, f"visits-{branch.code}-{chosen.first}-{chosen.last}.xlsx")


def back_to_log(request: StudioRequest, sentence: str) -> HttpResponse:
    messages.error(request, sentence)
    return redirect(f"{reverse('workflow:visits')}?{request.GET.urlencode()}")
