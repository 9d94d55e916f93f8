"""Badges: one's own, and for managers those of the branch (R5.1). A code is shown once, where it is
printed."""

from typing import Any

import segno
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from studio.foundation.access import roles
from studio.foundation.request import StudioRequest
from studio.staff import badges
from studio.staff.models import Badge, Membership
from studio.staff.models.membership import MANAGERS, SERVING
from studio.staff.views.who import asks_itself


@asks_itself
@roles(SERVING)
@require_http_methods(["GET", "POST"])
def mine(request: StudioRequest) -> HttpResponse:
    """One's own badge; at a shared screen nobody's."""
    if request.screen is not None:
        return redirect("staff:actor")
    return badge_page(request, request.membership)


@asks_itself
@roles(MANAGERS)
@require_http_methods(["GET", "POST"])
def of_colleague(request: StudioRequest, pk: int) -> HttpResponse:
    """For a colleague who has none, or lost it."""
    places = Membership.objects.active().filter(branch=request.branch, role__in=SERVING)
    place = get_object_or_404(places.select_related("user", "department", "branch"), user=pk)
    if request.screen is not None:
        return redirect("staff:actor")
    return badge_page(request, place)


@roles(MANAGERS)
@require_safe
def everybody(request: StudioRequest) -> HttpResponse:
    """Who has a badge, and since when."""
    places = Membership.objects.active().filter(branch=request.branch, role__in=SERVING)
    rows = list(
        places.select_related("user", "department").order_by("department_id", "user__display_name", "pk")
    )
    standing = Badge.standing().filter(user__in=[row.user_id for row in rows], expires_at__gt=timezone.now())
    of = {badge.user_id: badge for badge in standing}
    return render(request, "staff/badges.html", {"rows": [(row, of.get(row.user_id)) for row in rows]})


def badge_page(request: StudioRequest, place: Membership) -> HttpResponse:
    now = timezone.now()
    context: dict[str, Any] = {"place": place, "colleague": place.user, "code": ""}
    if request.method == "POST" and "end" in request.POST:
        badges.end_badge(place.user, by=request.actor, now=now)
        messages.success(request, _("The badge is good for nothing any more."))
        return redirect(request.path)
    if request.method == "POST":
        _badge, code = badges.new_badge(place.user, by=request.actor, now=now)
        context |= {"code": code, "drawing": drawing_of(code)}
    context["badge"] = badges.badge_of(place.user, now=now)
    response = render(request, "staff/badge.html", context)
    response["Cache-Control"] = "no-store"  # the code is shown once, not again by "back"
    return response


def drawing_of(code: str) -> SafeString:
    """The QR code as SVG, drawn by attributes only: the policy forbids styles."""
    drawing = segno.make(badges.address_of(code), error="m", micro=False)
    return mark_safe(drawing.svg_inline(border=2, omitsize=True, svgclass=None, lineclass=None))
