"""Wishes from the booking page: who asked, taking one up, and what the call brought."""

from datetime import date, datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from bookings import day as days
from bookings.models import BookingRequest, RequestState
from studio.foundation.access import roles
from studio.foundation.answers import invalid, stale
from studio.foundation.models import StaleEdit
from studio.foundation.request import StudioRequest
from studio.staff.duties import stands_in_for
from studio.staff.models.membership import FRONT
from workflow import online_requests
from workflow.models import LossReason
from workflow.online_requests import AGREED, NO_ANSWER, NOT_WANTED, NotAnswered
from workflow.rotation import NobodyThere

PER_PAGE = 40
RELATED = (
    "branch",
    "customer",
    "appointment",
    "answered_by",
    "package_version__package",
    "visit__consultant",
    "visit__customer",
)


class AnswerForm(forms.Form):
    """What the call brought; a time only where one was agreed, a reason only where they don't want it."""

    outcome = forms.ChoiceField(
        choices=[(AGREED, AGREED), (NO_ANSWER, NO_ANSWER), (NOT_WANTED, NOT_WANTED)],
        error_messages=dict.fromkeys(
            ("required", "invalid_choice"), gettext_lazy("Say what the call brought.")
        ),
    )
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    day = forms.DateField(
        label=gettext_lazy("Agreed day"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    time = forms.TimeField(
        label=gettext_lazy("Agreed time"), required=False, widget=forms.TimeInput(attrs={"type": "time"})
    )
    reason = forms.ChoiceField(
        label=gettext_lazy("Why not"),
        required=False,
        choices=[("", "–"), *LossReason.choices],
    )
    why = forms.CharField(
        label=gettext_lazy("In their words"),
        required=False,
        max_length=150,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def clean_day(self) -> date | None:
        day: date | None = self.cleaned_data["day"]
        if day is not None and days.named(day) is None:
            raise ValidationError(_("This day can't be meant. Check the year."))
        return day

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if self.errors:
            return data
        if data.get("outcome") == AGREED and (data.get("day") is None) != (data.get("time") is None):
            self.add_error("time" if data.get("day") else "day", _("Day and time, or neither."))
        if data.get("outcome") == NOT_WANTED and not data.get("reason"):
            self.add_error("reason", _("Say why they don't want it."))
        return data


def request_or_404(request: StudioRequest, pk: int) -> BookingRequest:
    rows = BookingRequest.objects.in_branch(request.branch).exclude(verified_at=None)
    return get_object_or_404(rows.select_related(*RELATED), pk=pk)


@roles(FRONT)
@require_safe
def requests(request: StudioRequest) -> HttpResponse:
    """Mine and those of whom I stand in for; then everything that came in, the newest first."""
    now = timezone.now()
    people = stands_in_for(request.actor, branch=request.branch, day=request.branch.today(now))
    rows = BookingRequest.objects.in_branch(request.branch).exclude(verified_at=None)
    rows = rows.select_related(*RELATED).order_by("-verified_at", "-pk")
    context = {
        "items": online_requests.asked_for(people or [request.actor], request.branch, now),
        "page": Paginator(rows, PER_PAGE).get_page(request.GET.get("page")),
        "now": now,
    }
    return render(request, "workflow/online_requests.html", context)


@roles(FRONT)
@require_safe
def request_page(request: StudioRequest, pk: int) -> HttpResponse:
    """One wish: who, what, when, the number to call, and the next step."""
    wish = request_or_404(request, pk)
    return render(
        request, "workflow/online_request.html", page_context(wish, AnswerForm(initial=likely(wish)))
    )


def likely(wish: BookingRequest) -> dict[str, Any]:
    """The wished time, where it is not held yet: it only has to be agreed to."""
    if wish.appointment is not None or wish.starts_at is None:
        return {}
    local = timezone.localtime(wish.starts_at, wish.branch.zone)
    return {"day": local.date(), "time": local.time()}


def page_context(wish: BookingRequest, form: AnswerForm) -> dict[str, Any]:
    visit = getattr(wish, "visit", None)
    tries, tried_at = online_requests.tries_of([wish]).get(visit.pk, (0, None)) if visit else (0, None)
    return {
        "wish": wish,
        "visit": visit,
        "form": form,
        "tries": tries,
        "tried_at": tried_at,
        "is_new": wish.state == RequestState.NEW,
        "is_taken": wish.state == RequestState.TAKEN,
        "agreed": wish.state == RequestState.DONE and wish.answer.startswith(AGREED),
    }


@roles(FRONT)
@require_POST
def taking_up(request: StudioRequest, pk: int) -> HttpResponse:
    """“I call them.” The file is open from now on."""
    wish = request_or_404(request, pk)
    try:
        online_requests.take_up(wish, by=request.actor, now=timezone.now())
    except NobodyThere:
        messages.error(request, _("Nobody is on the roster now. Somebody must come back first."))
    return redirect("workflow:online_request", wish.pk)


@roles(FRONT)
@require_POST
def answer(request: StudioRequest, pk: int) -> HttpResponse:
    """What the call brought."""
    wish, form = request_or_404(request, pk), AnswerForm(request.POST)
    if form.is_valid():
        try:
            give_answer(request, wish, form, timezone.now())
        except StaleEdit as error:
            return stale(request, error)
        except NotAnswered as refusal:
            form.add_error("time" if form.cleaned_data["outcome"] == AGREED else None, str(refusal))
        else:
            return redirect("workflow:online_request", wish.pk)
    return invalid(request, "workflow/online_request.html", page_context(wish, form))


def give_answer(request: StudioRequest, wish: BookingRequest, form: AnswerForm, now: datetime) -> None:
    data = form.cleaned_data
    starts_at = None
    if data["outcome"] == AGREED and data["day"] and data["time"]:
        starts_at = wish.branch.at(data["day"], data["time"])
    online_requests.answer(
        wish,
        outcome=data["outcome"],
        version=data["version"],
        reason=data["reason"],
        why=data["why"],
        starts_at=starts_at,
        by=request.actor,
        now=now,
    )
