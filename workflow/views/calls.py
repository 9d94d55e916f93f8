"""The list of calls, and how a manager shares them out."""

from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from studio.foundation import answers
from studio.foundation.access import has_role, roles
from studio.foundation.request import StudioRequest
from studio.staff.duties import stands_in_for, who_acts_for
from studio.staff.models.membership import FRONT, MANAGERS
from workflow import call_giving, call_lists
from workflow.call_giving import Given
from workflow.call_lists import CallLine, CallList
from workflow.call_rules import rules_of
from workflow.views.call_forms import FilterForm, GiveForm


@roles(FRONT)
@require_GET
def call_index(request: StudioRequest) -> HttpResponse:
    """My calls and those of whom I stand in for; a manager may look at the whole branch."""
    manages = has_role(request, MANAGERS)
    everybody = manages and request.GET.get("all") == "1"
    context = index_context(request, manages=manages, everybody=everybody)
    return answers.page(request, "workflow/calls.html", context, fragment="workflow/_calls_list.html")


def index_context(request: StudioRequest, *, manages: bool, everybody: bool) -> dict[str, Any]:
    now, branch = timezone.now(), request.branch
    users = None if everybody else stands_in_for(request.actor, branch=branch, day=branch.today(now))
    acting = who_acts_for(request.actor, branch=branch, day=branch.today(now))
    found = call_lists.call_list(users, branch=branch, reader=request.actor, now=now, manages=manages)
    filters = FilterForm(request.GET, branch=branch) if everybody else None
    if filters is not None:
        narrow(found, **filters.chosen)
    return {
        "list": found,
        "everybody": everybody,
        "manages": manages,
        "filters": filters,
        "giving": GiveForm(branch=branch) if everybody and found.shown else None,
        "behind_at": rules_of(branch).behind_at if found.behind else None,
        "deputy": acting if acting != request.actor else None,
        "stands_in_for": [user for user in users or [] if user != request.actor],
        "now": now,
    }


def narrow(found: CallList, *, kind: str = "", who: Any = None, late: str = "") -> None:
    """Only what a manager looks for."""

    def fits(line: CallLine) -> bool:
        whose = line.call.assigned_to or line.call.customer.owner
        return (
            (not kind or line.call.kind == kind)
            and (who is None or whose == who)
            and (late != "late" or line.overdue)
        )

    for name in ("due", "later", "given_up", "behind"):
        setattr(found, name, [line for line in getattr(found, name) if fits(line)])
    if late == "behind":
        found.due, found.later, found.given_up = [], [], []
    if kind or who or late:
        found.made = []


@roles(MANAGERS)
@require_POST
def giving(request: StudioRequest) -> HttpResponse:
    """The ticked calls go onto a colleague's list, or back to their owners."""
    form = GiveForm(request.POST, branch=request.branch)
    back = whole_branch(request.POST.get("filters", ""))
    chosen = form.chosen()
    if not chosen:
        messages.error(request, _("Tick the calls first, then say whom they go to."))
    elif form.is_valid():
        try:
            given = call_giving.give(
                chosen,
                branch=request.branch,
                to=form.cleaned_data["to"],
                by=request.actor,
                now=timezone.now(),
            )
        except ValidationError as refusal:
            messages.error(request, " ".join(refusal.messages))
        else:
            messages.success(request, said(given, form.cleaned_data["to"]))
    else:
        messages.error(request, _("Choose a colleague of the front desk."))
    return answers.done(request, back, trigger="calls-changed")


def whole_branch(filters: str) -> str:
    """The same view as before; only what the filter knows is taken along."""
    address = f"{reverse('workflow:calls')}?all=1"
    return f"{address}&{filters}" if filters.isascii() and set(filters) <= ALLOWED else address


ALLOWED = set("abcdefghijklmnopqrstuvwxyz_0123456789=&")


def said(given: Given, to: Any) -> str:
    """How many went where, and what became of the others."""
    words = {"count": given.count, "name": to.spoken_name if to else ""}
    if to is None:
        told = ngettext(
            "%(count)d call is back with its owner.",
            "%(count)d calls are back with their owners.",
            given.count,
        ) % words  # fmt: skip
    else:
        told = ngettext(
            "%(count)d call given to %(name)s.", "%(count)d calls given to %(name)s.", given.count
        ) % words  # fmt: skip
    return " ".join([told, *remarks(given, to)])


def remarks(given: Given, to: Any) -> Iterable[str]:
    if given.left:
        yield ngettext(
            "%(left)d stays where it is: made meanwhile, or there already.",
            "%(left)d stay where they are: made meanwhile, there already, or more than two hundred.",
            given.left,
        ) % {"left": given.left}  # fmt: skip
    if given.acting is not None:
        yield _("%(name)s is off today; %(acting)s makes them.") % {
            "name": to.spoken_name,
            "acting": given.acting.spoken_name,
        }
