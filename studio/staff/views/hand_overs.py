"""The hand-over of one day off (R8.1): its cases, the owner's notes, and the deputy's “I take over”."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from studio.foundation import answers
from studio.foundation.access import has_role, roles
from studio.foundation.request import StudioRequest
from studio.staff import absence, handover, leaves
from studio.staff.leave_forms import DeputyForm
from studio.staff.models import LeaveDay, LeaveState
from studio.staff.models.membership import ALL_ROLES, MANAGERS

PREFIX = "note-"
MOST_NOTES = 500


def day_of(request: StudioRequest, pk: int) -> LeaveDay:
    """Through the branch, and only for who has to do with it; what was refused is no day off."""
    rows = LeaveDay.objects.filter(
        branch=request.branch, leave__state__in=[LeaveState.ASKED, LeaveState.GRANTED]
    ).select_related("user", "deputy", "leave", "branch")
    off = get_object_or_404(rows, pk=pk)
    if not handover.may_see(off, request.membership):
        raise Http404
    return off


@roles(ALL_ROLES)
@require_http_methods(["GET", "POST"])
def hand_over(request: StudioRequest, pk: int) -> HttpResponse:
    """Every case of the day, grouped by customer; the owner writes notes, and all are kept in one press."""
    off = day_of(request, pk)
    if request.method == "GET":
        return render(request, "staff/hand_over.html", hand_over_context(request, off))
    typed = {
        key.removeprefix(PREFIX): str(text)
        for key, text in list(request.POST.items())[:MOST_NOTES]
        if key.startswith(PREFIX)
    }
    try:
        lost = handover.write_notes(off, typed, by=request.actor, now=timezone.now())
    except leaves.NotYours:
        raise Http404 from None
    except ValidationError as error:
        context = hand_over_context(request, off, typed=typed, errors=error.message_dict)
        return answers.invalid(request, "staff/hand_over.html", context)
    for text in lost:
        messages.error(request, _("This is no longer to be done that day: “%(note)s”") % {"note": text})
    messages.success(request, _("Your notes are kept."))
    return answers.done(request, off.get_absolute_url())


def hand_over_context(
    request: StudioRequest, off: LeaveDay, *, typed: dict[str, str] | None = None, errors: Any = None
) -> dict[str, Any]:
    now = timezone.now()
    notes = {note.case: note for note in off.notes.select_related("by")}
    acting = handover.acting_on(off)
    cases = handover.cases_on(off.user, branch=off.branch, day=off.day, now=now)
    siblings = list(off.leave.days.select_related("user"))
    today = off.branch.today(now)
    return {
        "off": off,
        "acting": acting,
        "groups": handover.by_customer(cases),
        "count": len(cases),
        "texts": {key: note.text for key, note in notes.items()} | (typed or {}),
        "notes": notes,
        "errors": errors or {},
        "writes": request.actor.pk == off.user_id or has_role(request, MANAGERS),
        "accepts": off.is_granted and acting == request.actor and not off.accepted_at and off.day >= today,
        "changes": off.day >= today
        and (request.actor.pk == off.user_id or leaves.may_decide(request.membership, off.leave)),
        "siblings": siblings if len(siblings) > 1 else [],
        "open_days": sum(day.accepted_at is None and day.day >= today for day in siblings),
        "is_today": off.day == today,
        "now": now,
    }


@roles(ALL_ROLES)
@require_POST
def acceptance(request: StudioRequest, pk: int) -> HttpResponse:
    """“I take over”: this day, or every day of the leave that is mine."""
    off = day_of(request, pk)
    try:
        mine = handover.accept(off, by=request.actor, now=timezone.now(), whole="whole" in request.POST)
    except leaves.NotYours:
        messages.error(request, _("Somebody else stands in by now."))
    else:
        said = ngettext(
            "You have taken over for %(name)s. Thank you!",
            "You have taken over %(count)d days for %(name)s. Thank you!",
            len(mine),
        )
        messages.success(request, said % {"name": off.user.spoken_name, "count": len(mine)})
    return answers.done(request, off.get_absolute_url())


@roles(ALL_ROLES)
@require_http_methods(["GET", "POST"])
def deputy(request: StudioRequest, pk: int) -> HttpResponse:
    """Somebody else stands in on this day."""
    off, now = day_of(request, pk), timezone.now()
    form = DeputyForm(request.POST or None, off=off, now=now)
    context = {"off": off, "form": form}
    if request.method == "GET":
        return render(request, "staff/deputy.html", context)
    if form.is_valid():
        try:
            absence.change_deputy(off, to=form.cleaned_data["deputy"], by=request.actor, now=now)
        except leaves.NotYours:
            form.add_error(None, _("This is not yours to decide: ask a manager."))
        except ValidationError as error:
            form.add_error(None, error.messages)
        else:
            messages.success(request, _("Saved."))
            return answers.done(request, off.get_absolute_url())
    return answers.invalid(request, "staff/deputy.html", context)
