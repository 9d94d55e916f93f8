"""Where everybody starts, and where everything is found."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from bookings.almanac import lunar_date
from studio.desk.digest import digest_of, mark_read
from studio.desk.finding import find
from studio.desk.today import today as gathered
from studio.foundation.access import has_role, roles, signed_in
from studio.foundation.request import StudioRequest
from studio.staff.models import Leave, LeaveState
from studio.staff.models.membership import ALL_ROLES, CONFIGURES, FRONT, SERVING, Role


def today_context(request: StudioRequest) -> dict[str, Any]:
    now = timezone.now()
    day = request.branch.today(now)
    return {
        "today": gathered(actor=request.actor, role=request.membership.role, branch=request.branch, now=now),
        "day": day,
        "lunar": lunar_date(day),
        "now": now,
        "is_front": has_role(request, FRONT),
        "configures": has_role(request, CONFIGURES),
        "is_administrator": request.membership.role == Role.ADMINISTRATOR,
    }


@signed_in
@require_safe
def today(request: StudioRequest) -> HttpResponse:
    """Who has no place in a branch yet is told so on their own page."""
    if request.membership is None:
        return redirect("staff:me")
    return render(request, "desk/today.html", today_context(request))


@roles(ALL_ROLES)
@require_safe
def duties(request: StudioRequest) -> HttpResponse:
    """The living part of Today, alone."""
    return render(request, "desk/_duties.html", today_context(request))


@roles(SERVING)
@require_safe
def search(request: StudioRequest) -> HttpResponse:
    """One hit: go there. None: offer to create a file with what was typed."""
    found = find(request.GET.get("q", ""), branch=request.branch)
    if found.only:
        return redirect(found.only)
    context = {"found": found, "q": found.query, "is_front": has_role(request, FRONT)}
    return render(request, "desk/search.html", context)


@roles(FRONT)
@require_http_methods(["GET", "POST"])
def digest(request: StudioRequest, pk: int) -> HttpResponse:
    """What happened to one's customers during one's days off (R8.1), until it was read."""
    rows = Leave.objects.filter(branch=request.branch, user=request.actor, state=LeaveState.GRANTED)
    leave = get_object_or_404(rows.select_related("branch"), pk=pk)
    if request.method == "POST":
        mark_read(leave, now=timezone.now())
        return redirect("desk:today")
    context = {"leave": leave, "digest": digest_of(leave, now=timezone.now())}
    return render(request, "desk/digest.html", context)
