"""Broken days (R9.7): the list, a new one with all that it touches, and the page on which each date is seen
to."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from bookings.retry import again
from studio.foundation import answers
from studio.foundation.access import has_role, roles
from studio.foundation.request import StudioRequest
from studio.foundation.submissions import once
from studio.staff.models.membership import FRONT, MANAGERS
from workflow import (
    disrupted_calls,
    disrupted_message,
    disrupted_proposals,
    disrupted_shown,
    disruptions,
    running_late,
)
from workflow.disrupted_touched import touched
from workflow.models import Disruption
from workflow.views.disruption_forms import DisruptionForm, LateForm, say

PAGE, PART = "workflow/disruption.html", "workflow/_disruption.html"
NEW, LATE = "workflow/disruption_new.html", "workflow/disruption_late.html"


def disruption_or_404(request: StudioRequest, pk: int) -> Disruption:
    """A broken day of the actor's branch; the neighbour's does not exist."""
    rows = Disruption.objects.filter(branch=request.branch)
    return get_object_or_404(rows.select_related("branch", "resource", "by", "ended_by"), pk=pk)


def page_context(request: StudioRequest, found: Disruption, **more: Any) -> dict[str, Any]:
    now = timezone.now()
    return {
        "disruption": found,
        "shown": disrupted_shown.shown(found, now=now, refused=more.pop("refused", None)),
        "standing": disruptions.is_standing(found, now),
        "manages": has_role(request, MANAGERS),
        "now": now,
        **more,
    }


@roles(FRONT)
@require_GET
def index(request: StudioRequest) -> HttpResponse:
    now = timezone.now()
    rows = disrupted_shown.open_ones(request.branch, now)
    closed = disrupted_shown.closed_ones(request.branch, rows)
    return render(request, "workflow/disruptions.html", {"rows": rows, "closed": closed, "now": now})


@roles(FRONT)
@require_GET
def disruption(request: StudioRequest, pk: int) -> HttpResponse:
    context = page_context(request, disruption_or_404(request, pk))
    return answers.page(request, PAGE, context, fragment=PART)


# --- Opened -----------------------------------------------------------------------------------------
@roles(FRONT)
@require_http_methods(["GET", "POST"])
def new(request: StudioRequest) -> HttpResponse:
    """First what it touches, then the word that it is so."""
    now = timezone.now()
    options: dict[str, Any] = {"branch": request.branch, "now": now}
    if request.method == "GET" and "why" not in request.GET:
        today = request.branch.today(now)
        initial = {"from_day": today, "until_day": today, **request.GET.dict()}
        return render(request, NEW, {"form": DisruptionForm(initial=initial, **options)})
    given = request.POST if request.method == "POST" else request.GET
    form = DisruptionForm(given, **options)
    made: list[Disruption] = []
    if form.is_valid():
        start, end = form.span()
        what = {"resource": form.cleaned_data["resource"], "starts_at": start, "ends_at": end}
        try:
            disruptions.check_span(request.branch, what["resource"], start, end, now)
            if request.method == "GET":
                found = touched(request.branch, **what, now=now)
                return render(request, NEW, {"form": form, "found": found, "looked": True, **what})
            kind, why = form.cleaned_data["kind"], form.cleaned_data["why"]
            response = open_once(
                request,
                made,
                lambda: disruptions.open_disruption(
                    request.branch, kind=kind, why=why, by=request.actor, now=now, **what
                ),
            )
        except ValidationError as refusal:
            say(form, refusal)
        else:
            return response
    return answers.invalid(request, NEW, {"form": form, "submission": request.POST.get("submission", "")})


def open_once(request: StudioRequest, made: list[Disruption], make: Callable[[], Disruption]) -> HttpResponse:
    """Opened by the first press; then, without its locks, what follows: proposals and calls."""

    def create() -> str:
        made.append(make())
        return made[-1].get_absolute_url()

    response = again(lambda: once(request, create))
    for row in made[-1:]:
        disruptions.set_going(row, by=request.actor, now=timezone.now())
        messages.success(request, opened_words(row.dates.count()))
    return response


def opened_words(count: int) -> str:
    if not count:
        return _("Opened. It touches no date; nothing can be booked into it.")
    return ngettext(
        "Opened: %(count)d date to see to. Its call is on the list.",
        "Opened: %(count)d dates to see to. Their calls are on the lists.",
        count,
    ) % {"count": count}  # fmt: skip


@roles(FRONT)
@require_http_methods(["GET", "POST"])
def late(request: StudioRequest) -> HttpResponse:
    """ "Running late" (F7): the chain of the day with its new times, then the word that it is so."""
    now = timezone.now()
    if request.method == "GET" and "minutes" not in request.GET:
        form = LateForm(initial=request.GET.dict(), branch=request.branch)
        return render(request, LATE, {"form": form})
    form = LateForm(request.POST if request.method == "POST" else request.GET, branch=request.branch)
    made: list[Disruption] = []
    if form.is_valid():
        resource, minutes = form.cleaned_data["resource"], form.cleaned_data["minutes"]
        if request.method == "GET":
            links = running_late.chain(resource, minutes=minutes, now=now)
            return render(request, LATE, {"form": form, "links": links, "looked": True})
        why = form.cleaned_data["why"]
        try:
            return open_once(
                request,
                made,
                lambda: running_late.open_late(resource, minutes=minutes, why=why, by=request.actor, now=now),
            )
        except ValidationError as refusal:
            say(form, refusal)
    return answers.invalid(request, LATE, {"form": form, "submission": request.POST.get("submission", "")})


# --- For all of its dates -----------------------------------------------------------------------------
@roles(FRONT)
@require_POST
def proposals(request: StudioRequest, pk: int) -> HttpResponse:
    """What is free by now, for each date that is not settled."""
    found = disruption_or_404(request, pk)
    count = disrupted_proposals.propose(found, now=timezone.now())
    messages.success(
        request,
        ngettext("%(count)d proposal.", "%(count)d proposals, none of them twice.", count) % {"count": count},
    )
    return back(request, found)


@roles(FRONT)
@require_POST
def to_call(request: StudioRequest, pk: int) -> HttpResponse:
    """Onto the lists of the owners, in the order in which they are called."""
    found = disruption_or_404(request, pk)
    count = disrupted_calls.bring_up(found, by=request.actor, now=timezone.now())
    messages.success(
        request,
        ngettext("%(count)d call is on the list.", "%(count)d calls are on the lists.", count)
        % {"count": count}
        if count
        else _("All calls are on the lists already."),
    )
    return back(request, found)


@roles(FRONT)
@require_POST
def to_write(request: StudioRequest, pk: int) -> HttpResponse:
    """A message to those who allow it and know nothing yet."""
    found = disruption_or_404(request, pk)
    count = disrupted_message.write_all(found, now=timezone.now())
    messages.success(
        request,
        ngettext("%(count)d customer is written to.", "%(count)d customers are written to.", count)
        % {"count": count}
        if count
        else _("Everybody who may be written to has been already. Call the others."),
    )
    return back(request, found)


@roles(FRONT)
@require_POST
def end(request: StudioRequest, pk: int) -> HttpResponse:
    """It is over before its time."""
    found = disruption_or_404(request, pk)
    again(lambda: disruptions.over(found, by=request.actor, now=timezone.now()))
    messages.success(
        request, _("It is over: it can be booked again. Who was told already is still to be seen to.")
    )
    return back(request, found)


@roles(FRONT)
@require_POST
def shift(request: StudioRequest, pk: int) -> HttpResponse:
    """All who agreed, the last one first. Overtime is for a manager to agree."""
    found = disruption_or_404(request, pk)
    overtime = "overtime" in request.POST and has_role(request, MANAGERS)
    done = running_late.shift(found, by=request.actor, now=timezone.now(), overtime=overtime)
    say_shifted(request, done)
    return back(request, found)


def say_shifted(request: StudioRequest, done: running_late.Shifted) -> None:
    count = len(done.moved)
    if count:
        messages.success(
            request, ngettext("%(count)d date shifted.", "%(count)d dates shifted.", count) % {"count": count}
        )
    for row, why in done.waiting:
        messages.warning(
            request,
            _("%(name)s agreed and waits: %(why)s") % {"name": row.appointment.customer.name, "why": why},
        )


def back(request: StudioRequest, found: Disruption) -> HttpResponse:
    return answers.done(request, found.get_absolute_url(), trigger="broken-changed")
