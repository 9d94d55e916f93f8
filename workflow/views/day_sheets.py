"""The sheets of a day to print, or to have on one's own telephone (F9)."""

import uuid
from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from studio.foundation.access import roles
from studio.foundation.request import StudioRequest
from studio.foundation.submissions import submission_key
from studio.staff.models.branch import DepartmentKind
from studio.staff.models.membership import SERVING
from workflow import day_sheet_message as letter
from workflow import day_sheets as sheets
from workflow.day_sheets import Wanted


@roles(SERVING)
@require_safe
def day_sheets(request: StudioRequest) -> HttpResponse:
    """Tomorrow's, unless the address names another day."""
    now, branch = timezone.now(), request.branch
    day, wanted = read(request, request.GET)
    everybody = sheets.of_day(branch, day, now=now)
    context: dict[str, Any] = {
        "day": day,
        "today": branch.today(now),
        "tomorrow": sheets.tomorrow(branch, now),
        "rows": sheets.narrowed(everybody, wanted),
        "wanted": wanted,
        "people": sheets.people_of(everybody),
        "departments": [(kind, DepartmentKind(kind).label) for kind in sheets.OF_DEPARTMENT],
        "now": now,
    }
    return render(request, "workflow/day_sheets.html", context)


@roles(SERVING)
@require_POST
def day_sheets_message(request: StudioRequest) -> HttpResponse:
    """Send the day to my own address."""
    now, (day, wanted) = timezone.now(), read(request, request.POST)
    key = uuid.uuid5(uuid.NAMESPACE_URL, submission_key(request) or uuid.uuid4().hex)
    try:
        letter.send(request.actor, request.branch, day, wanted=wanted, key=key, now=now)
    except letter.NoAddress:
        messages.error(request, _("You have no e-mail address here yet. A manager adds it in the settings."))
    else:
        messages.success(request, _("On its way to your own address."))
    query = QueryDict(mutable=True)
    query.update(
        {"day": day.isoformat(), "department": wanted.department, "person": str(wanted.person or "")}
    )
    return redirect(f"{reverse('workflow:day_sheets')}?{query.urlencode()}")


def read(request: StudioRequest, given: Any) -> tuple[date, Wanted]:
    """What the address asks for; what makes no sense counts as not asked."""
    try:
        day = parse_date(given.get("day", ""))
    except ValueError:
        day = None
    tomorrow = sheets.tomorrow(request.branch, timezone.now())
    if day is None or abs((day - tomorrow).days) > 800:
        day = tomorrow
    department, person = given.get("department", ""), given.get("person", "")
    is_number = person.isascii() and person.isdigit() and len(person) < 10
    known = department if department in sheets.OF_DEPARTMENT else ""
    return day, Wanted(known, int(person) if is_number else 0)
