"""Voices (顾客之声): for now the customers who left unhappy, and the manager's word."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from complaints import recovery
from complaints.forms import WordForm
from studio.foundation.access import roles
from studio.foundation.answers import done, invalid
from studio.foundation.request import StudioRequest
from studio.staff.models.membership import MANAGERS

RECENT = 20


@roles(MANAGERS)
@require_safe
def voices(request: StudioRequest) -> HttpResponse:
    """Who left unhappy and waits for a manager's word; below, the last ones that were dealt with."""
    settled = recovery.unhappy(request.branch).filter(recovery__at__isnull=False).order_by("-recovery__at")
    context = {"waiting": recovery.waiting(request.branch), "settled": settled[:RECENT]}
    return render(request, "complaints/voices.html", context)


@roles(MANAGERS)
@require_http_methods(["GET", "POST"])
def word(request: StudioRequest, pk: int) -> HttpResponse:
    """The manager's word on one unhappy departure."""
    departure = get_object_or_404(recovery.unhappy(request.branch), pk=pk)
    form = WordForm(request.POST or None)
    context = {"departure": departure, "order": departure.work_order, "form": form}
    if request.method == "POST" and form.is_valid():
        recovery.give_word(departure, word=form.cleaned_data["word"], by=request.actor, now=timezone.now())
        return done(request, reverse("complaints:list"), trigger="voices-changed")
    if form.is_bound:
        return invalid(request, "complaints/word.html", context)
    return render(request, "complaints/word.html", context)
