"""People, rooms and things: when they work, when they are kept free, and whom it concerns."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from bookings import closures, hours, resource_page, schedule
from bookings.allocation import SlotTaken
from bookings.bookable import NotBookable
from bookings.clashes import Clash, clashes
from bookings.date_forms import say_not_bookable
from bookings.models import Appointment, Closure, Resource
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


@roles(FRONT)
@require_POST
def overtime(request: StudioRequest, pk: int) -> HttpResponse:
    """The hours changed after the date was agreed; whoever is booked comes all the same."""
    row = get_object_or_404(Appointment.objects.in_branch(request.branch), pk=pk)
    try:
        schedule.agree_overtime(row, by=request.actor, now=timezone.now())
    except NotBookable as refusal:
        messages.error(request, " ".join(refusal.messages))
    else:
        messages.success(request, _("The overtime is noted; the date stays."))
    return redirect("bookings:resource_conflicts")


@roles(ARRANGES)
@require_POST
def working_hours(request: StudioRequest, pk: int) -> HttpResponse:
    row = resource_or_404(request, pk)
    form = HoursForm(request.POST, week=hours.week_of(row))
    if form.is_valid():
        hours.set_week(row, form.result(), by=request.actor)
        messages.success(request, _("The hours are kept. Dates that stand stay where they are."))
        outside = len(booked_while_off(row, timezone.now()))
        if outside:
            messages.warning(request, outside_words(outside))
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


def booked_while_off(row: Resource, now: datetime) -> list[Clash]:
    """The coming dates for which this resource is off by now."""
    found = clashes(row.branch, now=now)
    return [clash for clash in found if any(one.resource == row for one in clash.off)]


def outside_words(count: int) -> str:
    return ngettext(
        "%(count)s date lies where it is off now; see below.",
        "%(count)s dates lie where it is off now; see below.",
        count,
    ) % {"count": count}


def context_of(request: StudioRequest, row: Resource, **forms: Any) -> dict[str, Any]:
    now = timezone.now()
    standing = Closure.objects.filter(resource=row, lifted_at=None, ends_at__gt=now)
    return {
        "resource": row,
        "days": resource_page.weeks(row, now=now),
        "today": request.branch.today(now),
        "closures": standing.select_related("by").order_by("starts_at"),
        "clashes": booked_while_off(row, now),
        "looks": not has_role(request, FRONT),
        "arranges": has_role(request, ARRANGES),
        "hours_form": HoursForm(week=hours.week_of(row)),
        "closure_form": ClosureForm(initial=resource_page.proposed_closure(request.branch, now)),
        "submission": request.POST.get("submission", ""),
        **forms,
    }
