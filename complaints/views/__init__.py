"""Voices (顾客之声): for now who left unhappy: who takes it, the first answer, the manager's word."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from complaints import recovery
from complaints.forms import WordForm
from studio.foundation.access import has_role, roles
from studio.foundation.answers import done, invalid
from studio.foundation.request import StudioRequest
from studio.staff.models.membership import FRONT, MANAGERS
from workflow.models import Departure

RECENT = 20


@roles(MANAGERS)
@require_safe
def voices(request: StudioRequest) -> HttpResponse:
    """Who left unhappy and waits for a manager's word; below, the last ones that were dealt with."""
    settled = recovery.unhappy(request.branch).filter(recovery__at__isnull=False).order_by("-recovery__at")
    waiting, now = recovery.waiting(request.branch), timezone.now()
    context = {"waiting": waiting, "settled": settled[:RECENT], "now": now}
    return render(request, "complaints/voices.html", context)


def departure_or_404(request: StudioRequest, pk: int) -> Departure:
    found: Departure = get_object_or_404(recovery.unhappy(request.branch), pk=pk)
    return found


@roles(FRONT)
@require_http_methods(["GET", "POST"])
def word(request: StudioRequest, pk: int) -> HttpResponse:
    """One unhappy departure: who has it, what was said; its end is the manager's word."""
    departure = departure_or_404(request, pk)
    if request.method == "POST" and not has_role(request, MANAGERS):
        raise PermissionDenied
    form = WordForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        recovery.give_word(departure, word=form.cleaned_data["word"], by=request.actor, now=timezone.now())
        return done(request, reverse("complaints:list"), trigger="voices-changed")
    context = context_of(request, departure, form)
    if form.is_bound:
        return invalid(request, "complaints/word.html", context)
    return render(request, "complaints/word.html", context)


def context_of(request: StudioRequest, departure: Departure, form: WordForm) -> dict[str, Any]:
    return {
        "departure": departure,
        "order": departure.work_order,
        "form": form,
        "manages": has_role(request, MANAGERS),
        "now": timezone.now(),
    }


@roles(FRONT)
@require_POST
def taken(request: StudioRequest, pk: int) -> HttpResponse:
    """ "I take it": one named person is responsible (R10.4)."""
    departure = departure_or_404(request, pk)
    try:
        recovery.take(departure, by=request.actor, now=timezone.now())
    except recovery.NotTheirs as refusal:
        return theirs(request, departure, refusal)
    messages.success(request, _("It is yours. Ring them or go to them now: the hour runs."))
    return done(request, address(departure), trigger="voices-changed")


@roles(FRONT)
@require_POST
def first_answer(request: StudioRequest, pk: int) -> HttpResponse:
    """Somebody has spoken with them; the clock stops."""
    departure = departure_or_404(request, pk)
    try:
        recovery.first_answer(departure, by=request.actor, now=timezone.now())
    except recovery.NotTheirs as refusal:
        return theirs(request, departure, refusal)
    messages.success(request, _("Noted. Stay with it until they are content."))
    return done(request, address(departure), trigger="voices-changed")


def address(departure: Departure) -> str:
    return reverse("complaints:word", args=[departure.pk])


def theirs(request: StudioRequest, departure: Departure, refusal: recovery.NotTheirs) -> HttpResponse:
    """Somebody was quicker: they stay responsible, and the page says who."""
    name = refusal.taken_by.spoken_name if refusal.taken_by else "–"
    messages.error(request, _("%(name)s has taken it already.") % {"name": name})
    return render(request, "complaints/word.html", context_of(request, departure, WordForm()), status=409)
