"""Dashboards for managers (R12.1)."""

from datetime import date
from typing import Any

from babel.dates import format_skeleton
from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from studio.dashboards import month, overdue, today, won_by_contact
from studio.foundation import answers
from studio.foundation.access import roles
from studio.foundation.request import StudioRequest
from studio.foundation.templatetags.studio import active_locale
from studio.staff.models.membership import MANAGERS

CHARTED = 14
"""Days that are drawn: as many as a phone shows with words below them."""


@roles(MANAGERS)
@require_safe
def pulse(request: StudioRequest) -> HttpResponse:
    """The pulse of today, thirty days of won and lost, orders by stage, and what is late."""
    now, branch = timezone.now(), request.branch
    context: dict[str, Any] = {"today": today.today(branch, now), "now": now}
    if request.htmx and not request.htmx.boosted and not request.htmx.history_restore_request:
        return answers.page(request, "dashboards/pulse.html", context, fragment="dashboards/_today.html")
    figures = month.month(branch, now)
    piles = overdue.piles(branch, now)
    stages = month.stages(branch)
    followed = won_by_contact.won_by_contact(branch, now)
    context |= {
        "month": figures,
        "shares": [(_("Won"), figures.won), (_("Undecided"), figures.undecided), (_("Lost"), figures.lost)],
        "days": [(short(day), count) for day, count in figures.by_day[-CHARTED:]],
        "stages": stages,
        "fullest": max(count for _stage, count in stages),
        "open_orders": sum(count for _stage, count in stages),
        "piles": piles,
        "late": overdue.total(piles),
        "followed": followed,
        "contacts": [(str(number), count) for number, count in followed.by_number],
    }
    return answers.page(request, "dashboards/pulse.html", context)


def short(day: date) -> str:
    """22/11, 11/22: as the reader writes a day below a chart."""
    return format_skeleton("Md", day, locale=active_locale())
