"""A colleague leaves: what they have, who gets what, one press (R1.4)."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from customers import leaving
from studio.foundation import answers
from studio.foundation.access import roles
from studio.foundation.request import StudioRequest
from studio.staff.leaving import in_order
from studio.staff.models import Membership, User
from studio.staff.models.membership import MANAGERS

MOST_SINGLY = 500
"""So many customers stand on the page one by one; whoever has more, the rest goes by the proposal."""


@roles(MANAGERS)
@require_safe
def colleagues(request: StudioRequest) -> HttpResponse:
    """Who leaves?"""
    context = {"colleagues": leaving.colleagues_of(request.branch)}
    return render(request, "customers/leaving.html", context)


@roles(MANAGERS)
@require_http_methods(["GET", "HEAD", "POST"])
def leaver(request: StudioRequest, pk: int) -> HttpResponse:
    """What they have and who gets it. “Move all of these” changes the proposal; the last button does it."""
    places = Membership.objects.filter(branch=request.branch).select_related("user")
    place = get_object_or_404(places, user_id=pk)
    chosen = chosen_in(request)
    if request.method == "POST" and "leave" in request.POST:
        try:
            return carried_out(request, place.user, chosen)
        except ValidationError as error:
            return leaver_page(request, place, chosen, errors=error.messages)
    return leaver_page(request, place, chosen)


def carried_out(request: StudioRequest, user: User, chosen: dict[int, int]) -> HttpResponse:
    done = leaving.let_go(user, request.branch, chosen=chosen, by=request.actor, now=timezone.now())
    number = len(done.shares) if done else 0
    text = ngettext(
        "%(name)s has left; %(number)d customer has a new owner.",
        "%(name)s has left; %(number)d customers have new owners.",
        number,
    )
    if done:
        messages.success(request, text % {"name": user.display_name, "number": number})
    else:
        messages.info(request, _("%(name)s has left already.") % {"name": user.display_name})
    return answers.done(request, reverse("customers:leaving"))


def leaver_page(
    request: StudioRequest, place: Membership, chosen: dict[int, int], *, errors: Any = ()
) -> HttpResponse:
    now = timezone.now()
    problems = [*errors]
    proposal = None
    try:
        proposal = leaving.propose(place.user, request.branch, chosen=chosen)
    except ValidationError as error:
        problems += [message for message in error.messages if message not in problems]
    blocks = leaving.in_the_way(place.user, request.branch, now)
    context = {
        "leaver": place.user,
        "place": place,
        "estates": [(one.title, one.count(place.user, request.branch, now)) for one in in_order()],
        "proposal": proposal,
        "groups": groups_of(proposal),
        "beyond": max(0, len(proposal.shares) - MOST_SINGLY) if proposal else 0,
        "is_me": place.user == request.actor,
        "problems": [*problems, *(words for words in blocks if words not in problems)],
    }
    return render(request, "customers/leaver.html", context, status=422 if errors else 200)


def groups_of(proposal: leaving.Proposal | None) -> list[tuple[leaving.Load, list[leaving.Share]]]:
    """The customers by who gets them; those beyond the most are left out, and go by the proposal."""
    if proposal is None:
        return []
    shown = proposal.shares[:MOST_SINGLY]
    groups = [(load, [one for one in shown if one.heir == load.colleague]) for load in proposal.loads]
    return [(load, shares) for load, shares in groups if shares]


def chosen_in(request: StudioRequest) -> dict[int, int]:
    """The choices on the page: `to-<customer>`; with `bulk`, everybody of one group to `all-<colleague>`."""
    chosen = {
        int(customer): int(str(heir))
        for name, heir in request.POST.items()
        if name.startswith("to-") and number(customer := name.removeprefix("to-")) and number(str(heir))
    }
    group = request.POST.get("bulk", "")
    heir = request.POST.get(f"all-{group}", "")
    if number(group) and number(heir):
        chosen = {one: int(heir) if to == int(group) else to for one, to in chosen.items()}
    return chosen


def number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 19
