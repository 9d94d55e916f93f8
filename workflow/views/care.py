"""What is done for a party in the house (R4.2): one press each, from wherever the button stands."""

from functools import partial
from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from studio.foundation import answers, submissions
from studio.foundation.access import roles
from studio.foundation.request import StudioRequest
from studio.staff.models.membership import SERVING
from studio.staff.views.who import signs
from workflow import care, guests, house_rules
from workflow.models import CareKind, CareNote, WorkOrder
from workflow.refusals import Refused
from workflow.views.day import order_or_404, press, way_back

RECENT = 30


class LockerForm(forms.Form):
    number = forms.CharField(
        label=gettext_lazy("Locker"),
        max_length=10,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off", "list": "free-lockers"}),
        error_messages={"required": gettext_lazy("Which number is on the locker?")},
    )


@signs
@roles(SERVING)
@require_http_methods(["GET", "POST"])
def page(request: StudioRequest, pk: int) -> HttpResponse:
    """What they have had so far, the buttons, and the free lockers."""
    order = order_or_404(request, pk)
    kind = request.POST.get("kind", "")
    if request.method == "GET":
        return render(request, "workflow/care.html", context_of(order, LockerForm()))
    if kind == CareKind.LOCKER:
        return locker(request, order)
    said = str(care.DONE.get(CareKind(kind), "")) if kind in CareKind.values else ""
    act = partial(care.give, order, kind=kind, by=request.actor, now=timezone.now())
    return press(request, order, act, said, doubles=True)


def locker(request: StudioRequest, order: WorkOrder) -> HttpResponse:
    """Their things are put away. Is it taken, the nearest free ones stand at the field."""
    form = LockerForm(request.POST)
    if form.is_valid():

        def create() -> str:
            care.give_locker(order, number=form.cleaned_data["number"], by=request.actor, now=timezone.now())
            return way_back(request, order)

        try:
            return submissions.once(request, create)
        except Refused as refusal:
            form.add_error("number", str(refusal))
    return answers.invalid(request, "workflow/care.html", context_of(order, form))


def context_of(order: WorkOrder, form: LockerForm) -> dict[str, Any]:
    now = timezone.now()
    given = order.care_notes.select_related("by", "ended_by").order_by("-at", "-pk")[:RECENT]
    free = care.free_lockers(order.branch, house_rules.of(order.branch))
    return {
        "order": order,
        "form": form,
        "guest": guests.of_order(order, now=now),
        "given": [(row, care.ICONS[CareKind(row.kind)]) for row in given],
        "free": free,
        "now": now,
    }


@signs
@roles(SERVING)
@require_POST
def locker_emptied(request: StudioRequest, pk: int) -> HttpResponse:
    """Everything is taken out of it; nothing of theirs stays behind."""
    rows = CareNote.objects.filter(branch=request.branch, kind=CareKind.LOCKER)
    row = get_object_or_404(rows.select_related("work_order__booking"), pk=pk)
    said = _("Locker %(number)s is empty.") % {"number": row.what}
    act = partial(care.empty_locker, row, by=request.actor, now=timezone.now())
    return press(request, row.work_order, act, said)
