"""People, rooms and things: when they work, when they are kept free, and whom it concerns."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from bookings import closures, hours, resource_page
from bookings.allocation import SlotTaken
from bookings.bookable import NotBookable
from bookings.clashes import clashes
from bookings.date_forms import say_not_bookable
from bookings.models import Closure, Resource
from bookings.resource_forms import CLOSURE_FIELDS, ClosureForm, HoursForm
from bookings.retry import again
from studio.foundation.access import has_role, roles
from studio.foundation.answers import invalid
from studio.foundation.request import StudioRequest
from studio.foundation.submissions import once
from studio.staff.models import Role
from studio.staff.models.membership import FRONT, MANAGERS, SERVING

ARRANGES = MANAGERS | {Role.DEPARTMENT_HEAD}
"""Who changes working hours and keeps resources free."""
PAGE = "bookings/resource.html"


def resource_or_404(request: StudioRequest, pk: int) -> Resource:
    """A resource of the actor's branch; the neighbour's does not exist."""
    rows = Resource.objects.filter(branch=request.branch).select_related("branch", "user")
    return get_object_or_404(rows.prefetch_related("skills", "working_hours"), pk=pk)


@roles(SERVING)
@require_safe
def resources(request: StudioRequest) -> HttpResponse:
    """All of the branch, by kind, each with its hours of today."""
    groups = resource_page.groups(request.branch, now=timezone.now())
    return render(request, "bookings/resources.html", {"groups": groups, "front": has_role(request, FRONT)})


@roles(SERVING)
@require_safe
def resource(request: StudioRequest, pk: int) -> HttpResponse:
    row = resource_or_404(request, pk)
    return render(request, PAGE, context_of(request, row))


@roles(FRONT)
@require_safe
def conflicts(request: StudioRequest) -> HttpResponse:
    """Dates for which somebody is off by now."""
    items = clashes(request.branch, now=timezone.now())
    return render(request, "bookings/resource_conflicts.html", {"items": items})


@roles(ARRANGES)
@require_POST
def working_hours(request: StudioRequest, pk: int) -> HttpResponse:
    row = resource_or_404(request, pk)
    form = HoursForm(request.POST, week=hours.week_of(row))
    if form.is_valid():
        hours.set_week(row, form.result(), by=request.actor)
        messages.success(request, _("The hours are kept. Dates that stand stay where they are."))
        return redirect("bookings:resource", row.pk)
    return invalid(request, PAGE, context_of(request, row, hours_form=form))


@roles(ARRANGES)
@require_POST
def closing(request: StudioRequest, pk: int) -> HttpResponse:
    """Keep it free for a while; over a booking it is refused, and says whose."""
    row, now = resource_or_404(request, pk), timezone.now()
    form = ClosureForm(request.POST)

    def create() -> str:
        start, end = form.span(request.branch)
        why = form.cleaned_data["why"]
        closures.close(row, starts_at=start, ends_at=end, why=why, by=request.actor, now=now)
        messages.success(request, _("Kept free."))
        return reverse("bookings:resource", args=[row.pk])

    if form.is_valid():
        try:
            return again(lambda: once(request, create))
        except SlotTaken as taken:
            for conflict in taken.conflicts:
                form.add_error("from_day", str(conflict))
        except NotBookable as refusal:
            say_not_bookable(form, refusal, CLOSURE_FIELDS)
    return invalid(request, PAGE, context_of(request, row, closure_form=form))


@roles(ARRANGES)
@require_POST
def lifting(request: StudioRequest, pk: int, closure: int) -> HttpResponse:
    row = resource_or_404(request, pk)
    closures.lift(get_object_or_404(row.closures, pk=closure), by=request.actor, now=timezone.now())
    messages.success(request, _("It can be booked again."))
    return redirect("bookings:resource", row.pk)


def context_of(request: StudioRequest, row: Resource, **forms: Any) -> dict[str, Any]:
    now = timezone.now()
    standing = Closure.objects.filter(resource=row, lifted_at=None, ends_at__gt=now)
    return {
        "resource": row,
        "days": resource_page.weeks(row, now=now),
        "today": request.branch.today(now),
        "closures": standing.select_related("by").order_by("starts_at"),
        "arranges": has_role(request, ARRANGES),
        "hours_form": HoursForm(week=hours.week_of(row)),
        "closure_form": ClosureForm(initial=resource_page.proposed_closure(request.branch, now)),
        "submission": request.POST.get("submission", ""),
        **forms,
    }
