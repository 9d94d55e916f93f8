"""The rotation roster of the day, and the board on the wall: who is next, who is away, and why so."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from studio.foundation import answers
from studio.foundation.access import has_role, roles
from studio.foundation.request import StudioRequest
from studio.staff.models import User
from studio.staff.models.membership import FRONT, MANAGERS
from workflow import rotation, rotation_words
from workflow.rotation_board import board_of
from workflow.views.rotation_forms import AwayForm


def people_of(request: StudioRequest) -> list[User]:
    """Whom one may send away or bring back: oneself, and a manager everybody."""
    people = rotation.consultants_of(request.branch)
    if has_role(request, MANAGERS):
        return people
    return [person for person in people if person == request.actor]


def away_form(request: StudioRequest, people: list[User], data: Any = None) -> AwayForm:
    candidates = User.objects.filter(pk__in=[person.pk for person in people])
    return AwayForm(
        data, branch=request.branch, candidates=candidates, initial={"colleague": request.actor.pk}
    )


def roster_page(request: StudioRequest, form: AwayForm | None = None, status: int = 200) -> HttpResponse:
    now, people = timezone.now(), people_of(request)
    turns = rotation_words.explained(rotation.turns_of(request.branch, now=now))
    context = {
        "standings": rotation.roster(request.branch, now=now),
        "turns": turns,
        "history": rotation_words.comings_and_goings(request.branch, now=now),
        "rules": rotation.rules_of(request.branch),
        "form": form or away_form(request, people),
        "may_move": {person.pk for person in people},
        "now": now,
    }
    part = "workflow/_rotation.html"
    return answers.page(request, "workflow/rotation.html", context, fragment=part, status=status)


@roles(FRONT)
@require_safe
def roster(request: StudioRequest) -> HttpResponse:
    return roster_page(request)


@roles(FRONT)
@require_safe
def board(request: StudioRequest) -> HttpResponse:
    """The screen on the wall, read from three metres; a visitor may see it too (R9.9)."""
    context = board_of(request.branch, now=timezone.now())
    part = "workflow/_rotation_board.html"
    return answers.page(request, "workflow/rotation_board.html", context, fragment=part)


@roles(FRONT)
@require_POST
def absence(request: StudioRequest) -> HttpResponse:
    """Step away for a while, with the reason."""
    form, now = away_form(request, people_of(request), request.POST), timezone.now()
    if form.is_valid():
        away = form.cleaned_data["colleague"]
        try:
            rotation.step_away(
                branch=request.branch,
                consultant=away,
                reason=form.cleaned_data["reason"],
                why=form.cleaned_data["why"],
                back_at=form.back_moment(now),
                by=request.actor,
                now=now,
            )
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("%(name)s is off the roster for now.") % {"name": away})
            return answers.done(request, reverse("workflow:rotation"))
    return roster_page(request, form, status=422)


@roles(FRONT)
@require_POST
def presence(request: StudioRequest, pk: int) -> HttpResponse:
    """Back on the roster."""
    person = get_object_or_404(User.objects.filter(memberships__branch=request.branch).distinct(), pk=pk)
    if person not in people_of(request):
        raise PermissionDenied
    rotation.come_back(branch=request.branch, consultant=person, by=request.actor, now=timezone.now())
    return answers.done(request, reverse("workflow:rotation"))
