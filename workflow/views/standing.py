"""What stands beside the stage, with who and why: on hold, to be shot again."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from studio.foundation import submissions
from studio.foundation.access import roles
from studio.foundation.answers import invalid
from studio.foundation.request import StudioRequest
from studio.staff.models.membership import FRONT
from workflow import reshoots, standing
from workflow.models import Reshoot, WorkOrder
from workflow.refusals import Refused
from workflow.views.day import order_or_404
from workflow.views.standing_forms import CallOffReshootForm, GoOnForm, HoldForm, ReshootForm


# --- On hold ------------------------------------------------------------------------------------
@roles(FRONT)
@require_http_methods(["GET", "POST"])
def hold(request: StudioRequest, pk: int) -> HttpResponse:
    """The order waits, and somebody looks at it again on a day; on hold already: until another day."""
    order = order_or_404(request, pk)
    there = standing.now_of(order)
    first = {"why": there.why, "look_again_on": there.look_again_on} if there else {}
    form = HoldForm(request.POST or None, initial=first)

    def act() -> None:
        standing.put_on_hold(order, **form.cleaned_data, by=request.actor, now=timezone.now())

    page = {"order": order, "on_hold": there}
    return answer(
        request, form, page, act, "workflow/standing_hold.html", _("It waits. It is looked at again.")
    )


@roles(FRONT)
@require_http_methods(["GET", "POST"])
def hold_end(request: StudioRequest, pk: int) -> HttpResponse:
    """It goes on."""
    order = order_or_404(request, pk)
    there = standing.now_of(order)
    if request.method == "GET" and there is None:
        return redirect(order.get_absolute_url())
    form = GoOnForm(request.POST if request.method == "POST" else None)

    def act() -> None:
        standing.go_on(order, why=form.cleaned_data["why"], by=request.actor, now=timezone.now())

    page = {"order": order, "on_hold": there}
    return answer(request, form, page, act, "workflow/standing_go_on.html", _("It goes on."))


# --- To be shot again -----------------------------------------------------------------------------
@roles(FRONT)
@require_http_methods(["GET", "POST"])
def reshoot(request: StudioRequest, pk: int) -> HttpResponse:
    """Which looks are shot once more, why, and whose doing it is; its date is agreed next."""
    order = order_or_404(request, pk)
    form = ReshootForm(request.POST or None, order=order)

    def act() -> None:
        reshoots.open_reshoot(order, **form.cleaned_data, by=request.actor, now=timezone.now())

    said = _("Written down. Agree a date with them now.")
    return answer(request, form, {"order": order}, act, "workflow/standing_reshoot.html", said)


@roles(FRONT)
@require_http_methods(["GET", "POST"])
def reshoot_call_off(request: StudioRequest, pk: int) -> HttpResponse:
    """It is not shot again after all; its date is called off with it."""
    rows = Reshoot.objects.filter(work_order__branch=request.branch)
    row = get_object_or_404(rows.select_related("appointment", "work_order__booking__customer"), pk=pk)
    form = CallOffReshootForm(request.POST or None)

    def act() -> None:
        reshoots.call_off(row, why=form.cleaned_data["why"], by=request.actor, now=timezone.now())

    page = {"order": row.work_order, "reshoot": row}
    said = _("Called off. Each look is again what it was.")
    return answer(request, form, page, act, "workflow/standing_reshoot_off.html", said)


# --- Parts ----------------------------------------------------------------------------------------
def answer(
    request: StudioRequest,
    form: forms.Form,
    page: dict[str, Any],
    act: Callable[[], object],
    template: str,
    said: str,
) -> HttpResponse:
    """The form; sent, it is carried out once, or shown again with a sentence and everything typed."""
    order: WorkOrder = page["order"]
    context = {**page, "form": form}
    if request.method == "GET":
        return render(request, template, context)

    def go() -> str:
        act()
        messages.success(request, said)
        return f"{order.get_absolute_url()}#standing"

    if form.is_valid():
        try:
            return submissions.once(request, go)
        except ValidationError as wrong:
            form.add_error(None, wrong)
        except Refused as refusal:
            form.add_error(None, str(refusal))
            return render(request, template, context, status=refusal.status)
    return invalid(request, template, context)
