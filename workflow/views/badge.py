"""The badge of a colleague, opened by a phone's camera: I give whom I have to who stands beside me (R5.1)."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from studio.foundation import answers
from studio.foundation.access import roles
from studio.foundation.request import StudioRequest
from studio.staff import badges
from studio.staff.models import Department, Membership
from studio.staff.models.membership import SERVING
from studio.staff.views.who import signs
from workflow import handoffs, house
from workflow.lines import Line
from workflow.models import WorkOrder
from workflow.refusals import Refused
from workflow.views.badge_forms import GiveForm


@signs
@roles(SERVING)
@require_http_methods(["GET", "POST"])
def badge(request: StudioRequest, code: str) -> HttpResponse:
    """GET shows whom I have here; one press gives them to the bearer, who stands there with the badge."""
    now = timezone.now()
    place = badges.bearer(code, branch=request.branch, now=now)
    if place is None:
        raise Http404
    rows = house.with_people([request.actor], request.branch, now=now)
    rows = [row for row in rows if not row.is_unattended and place.user_id != request.actor.pk]
    gives = [(row, line_to(place, row)) for row in rows]
    context: dict[str, Any] = {"place": place, "rows": rows, "gives": gives, "code": code}
    if request.method == "GET":
        return render(request, "workflow/badge.html", context)
    return give(request, place, context)


def line_to(place: Membership, row: house.Care) -> Line | None:
    """What the giver says to the bearer (R5.3)."""
    department = place.department or row.next_department
    return row.line_to(department, receiver=place.user) if department else None


def give(request: StudioRequest, place: Membership, context: dict[str, Any]) -> HttpResponse:
    form = GiveForm(request.POST, branch=request.branch)
    context["form"] = form
    if form.is_valid():
        order: WorkOrder = form.cleaned_data["order"]
        try:
            handoffs.together(
                order,
                members=list(form.cleaned_data["members"]),
                to=to_where(place, context["rows"], order),
                receiver=place.user,
                by=request.actor,
                why=form.cleaned_data["why"],
                now=timezone.now(),
            )
        except Refused as refusal:
            form.add_error("why" if refusal.status == 422 else None, str(refusal))
            context["asks_why"] = refusal.status == 422
            page = render(request, "workflow/badge.html", context, status=refusal.status)
            page["Vary"] = "HX-Request"
            return page
        messages.success(request, _("%(name)s has them now.") % {"name": place.user.spoken_name})
        return redirect("desk:today")
    return answers.invalid(request, "workflow/badge.html", context)


def to_where(place: Membership, rows: list[house.Care], order: WorkOrder) -> Department:
    """The bearer's own department; who has none, or stands in for a colleague, takes over where they go."""
    row = next((row for row in rows if row.order.pk == order.pk), None)
    offered = row.hand_off.to_department if row and row.hand_off else None
    coming = offered or (row.next_department if row else None)
    if place.department is not None:
        return place.department
    if coming is None:
        raise Refused(_("%(name)s works in no department here.") % {"name": place.user.spoken_name})
    return coming
