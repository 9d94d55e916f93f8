"""Somebody else serves from here: a visit passed on, the first consultant asked for, a shared case."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from customers.models import Customer
from customers.owners import owners_of
from customers.views.files import customer_of
from customers.views.ownership import ownership_page
from studio.foundation import answers
from studio.foundation.access import roles
from studio.foundation.request import StudioRequest
from studio.staff.models.membership import FRONT, MANAGERS
from workflow import rotation, serving, shared_cases, visits
from workflow.models import SharedCase, Visit, VisitOutcome
from workflow.shared_forms import AdjustForm, HandOnForm, ShareForm


def visit_of(request: StudioRequest, pk: int) -> Visit:
    """The visit, through the branch."""
    rows = Visit.objects.filter(branch=request.branch)
    return get_object_or_404(rows.select_related("branch", "customer__owner", "consultant"), pk=pk)


def hand_on_context(visit: Visit, now: datetime) -> dict[str, Any]:
    """What `workflow/_visit_hand_on.html` reads, as `hand_on`; nothing for a visit that is over."""
    if visit.outcome != VisitOutcome.OPEN:
        return {"hand_on": None}
    candidates = owners_of(visit.branch).exclude(pk=visit.consultant_id)
    standings = rotation.roster(visit.branch, now=now)
    others = [one for one in standings if one.consultant != visit.consultant and one.is_here]
    return {
        "hand_on": {
            "form": HandOnForm(candidates=candidates, auto_id="hand_on_%s"),
            "ready": [one for one in others if one.presence == rotation.Presence.READY],
            "first": serving.asks_for_first(visit, now),
            "share": shared_cases.agreed_share(visit.branch),
        }
    }


@roles(FRONT)
@require_http_methods(["GET", "HEAD", "POST"])
def hand_on(request: StudioRequest, pk: int) -> HttpResponse:
    """Another colleague serves them from here, at once; the ownership and the turn stay as they were."""
    visit, now = visit_of(request, pk), timezone.now()
    candidates = owners_of(request.branch).exclude(pk=visit.consultant_id)
    data = request.POST if request.method == "POST" else None
    form = HandOnForm(data, candidates=candidates, auto_id="hand_on_%s")
    if form.is_bound and form.is_valid():
        to = form.cleaned_data["to"]
        try:
            visits.pass_on(visit, to=to, why=form.cleaned_data["why"], by=request.actor, now=now)
        except ValidationError as error:
            form.add_error(None, error)
        except visits.AlreadyEnded:
            form.add_error(None, _("This visit has ended already. Take its outcome back first."))
        else:
            messages.success(request, _("%(name)s serves them from here.") % {"name": to.display_name})
            return answers.done(request, visit.get_absolute_url())
    context = {"visit": visit, **hand_on_context(visit, now)}
    if context["hand_on"]:
        context["hand_on"]["form"] = form
    context["form"] = form
    return render(request, "workflow/shared_hand_on.html", context, status=422 if form.is_bound else 200)


@roles(FRONT)
@require_POST
def first_consultant(request: StudioRequest, pk: int) -> HttpResponse:
    """They ask for their first consultant half-way: the visit goes there, and the case is shared (F1)."""
    visit = visit_of(request, pk)
    try:
        case = shared_cases.agree_half_way(visit, by=request.actor, now=timezone.now())
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    except visits.AlreadyEnded:
        messages.error(request, _("This visit has ended already. Take its outcome back first."))
    else:
        if case is None:
            messages.info(request, _("Their first consultant serves them already."))
        else:
            words = {"name": case.first.display_name, "percent": case.first_percent}
            messages.success(request, _("Shared case: %(percent)d %% for %(name)s.") % words)
    return answers.done(request, visit.get_absolute_url())


@roles(MANAGERS)
@require_POST
def shared_case(request: StudioRequest, pk: int) -> HttpResponse:
    """A manager agrees a shared case, another split, or its end."""
    customer = customer_of(request, pk)
    case = shared_cases.open_case(customer)
    refused = adjusted(request, case) if case else agreed(request, customer)
    if refused:
        return ownership_page(request, customer, status=422, **refused)
    messages.success(request, _("Saved."))
    return answers.done(request, reverse("customers:ownership", args=[customer.pk]))


def agreed(request: StudioRequest, customer: Customer) -> dict[str, Any]:
    """Share it from now on; the refused form where that cannot be."""
    candidates = owners_of(request.branch).exclude(pk=customer.owner_id or 0)
    form = ShareForm(request.POST, candidates=candidates)
    if form.is_valid():
        try:
            shared_cases.share(customer, by=request.actor, now=timezone.now(), **form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, error)
    return {"share_form": form} if form.errors else {}


def adjusted(request: StudioRequest, case: SharedCase) -> dict[str, Any]:
    """Another split, or the end; the refused form where that cannot be."""
    if "end" in request.POST:
        shared_cases.end_share(case, by=request.actor, now=timezone.now())
        return {}
    form = AdjustForm(request.POST)
    if form.is_valid():
        percent = form.cleaned_data["first_percent"]
        try:
            shared_cases.adjust(case, first_percent=percent, by=request.actor, now=timezone.now())
        except ValidationError as error:
            form.add_error(None, error)
    return {"adjust_form": form} if form.errors else {}
