"""The rotation roster of the day: who is next, who is away, and why each turn fell as it did."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from studio.foundation import answers
from studio.foundation.access import has_role, roles
from studio.foundation.request import StudioRequest
from studio.staff.models import User
from studio.staff.models.membership import FRONT, MANAGERS
from workflow import rotation
from workflow.views.visit_forms import AwayForm


def people_of(request: StudioRequest) -> list[User]:
    """Whom one may send away or bring back: oneself, and a manager everybody."""
    people = rotation.consultants_of(request.branch)
    if has_role(request, MANAGERS):
        return people
    return [person for person in people if person == request.actor]


def roster_page(request: StudioRequest, form: AwayForm | None = None, status: int = 200) -> HttpResponse:
    now = timezone.now()
    people = people_of(request)
    candidates = User.objects.filter(pk__in=[person.pk for person in people])
    standings = rotation.roster(request.branch, now=now)
    initial = {"colleague": request.actor.pk}
    names = {one.consultant.pk: one.consultant.display_name for one in standings}
    turns = rotation.turns_of(request.branch, now=now)
    context = {
        "standings": standings,
        "turns": [(turn, rotation.in_words(turn, names)) for turn in turns],
        "form": form or AwayForm(candidates=candidates, initial=initial),
        "may_move": {person.pk for person in people},
        "now": now,
    }
    return render(request, "workflow/rotation.html", context, status=status)


@roles(FRONT)
@require_safe
def roster(request: StudioRequest) -> HttpResponse:
    return roster_page(request)


@roles(FRONT)
@require_POST
def absence(request: StudioRequest) -> HttpResponse:
    """Step away for a while, with the reason."""
    candidates = User.objects.filter(pk__in=[person.pk for person in people_of(request)])
    form = AwayForm(request.POST, candidates=candidates)
    if form.is_valid():
        values = form.cleaned_data
        try:
            rotation.step_away(
                branch=request.branch,
                consultant=values["colleague"],
                why=values["why"],
                by=request.actor,
                now=timezone.now(),
            )
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(
                request, _("%(name)s is off the roster for now.") % {"name": values["colleague"]}
            )
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
