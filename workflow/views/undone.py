"""What was not done on the day (F2): written down and settled in one form, or settled afterwards."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from bookings.models import Appointment
from studio.foundation import submissions
from studio.foundation.access import roles
from studio.foundation.answers import invalid
from studio.foundation.request import StudioRequest
from studio.staff.models.membership import DEPARTMENTS, FRONT
from studio.staff.views.who import signs
from workflow import undone, undone_times
from workflow.models import Look, ReshootCause, Undone, WorkOrder
from workflow.refusals import Refused
from workflow.views.day import look_or_404, order_or_404, way_back
from workflow.views.undone_forms import DATE, LET_GO, PROMISE, SettleForm, UndoneForm, kind_asked

FIELDS = {"what": "promised"}
"""Where a promise's own fields are called differently here."""


# --- Pages --------------------------------------------------------------------------------------
@signs
@roles(FRONT, DEPARTMENTS)
@require_http_methods(["GET", "POST"])
def look_undone(request: StudioRequest, pk: int) -> HttpResponse:
    """Not shot today, and why; on the spot a date, a promise or the customer's word (F2)."""
    look = look_or_404(request, pk)
    return written_down(request, look.work_order, look)


@signs
@roles(FRONT, DEPARTMENTS)
@require_http_methods(["GET", "POST"])
def new(request: StudioRequest, pk: int) -> HttpResponse:
    """Something else was not done."""
    return written_down(request, order_or_404(request, pk), None)


@roles(FRONT)
@require_http_methods(["GET", "POST"])
def settle(request: StudioRequest, pk: int) -> HttpResponse:
    """What becomes of something that was written down before."""
    rows = Undone.objects.filter(branch=request.branch)
    row = get_object_or_404(
        rows.select_related("look", "by", "work_order__booking__customer", "branch"), pk=pk
    )
    order, now = row.work_order, timezone.now()
    page = {"order": order, "undone": row, "look": row.look, "back": came_from(request)}
    form = SettleForm(**form_options(request, order, row.look, now))

    def act() -> str:
        carry_out(row, form, by=request.actor, now=now)
        messages.success(request, _("Settled. The history tells how."))
        return way_back(request, order)

    return answer(request, form, page, act, template="workflow/undone_settle.html")


# --- Parts --------------------------------------------------------------------------------------
def written_down(request: StudioRequest, order: WorkOrder, look: Look | None) -> HttpResponse:
    now = timezone.now()
    page = {"order": order, "look": look, "back": came_from(request)}
    form = UndoneForm(**form_options(request, order, look, now, initial={"why": look.why if look else ""}))

    def act() -> str:
        given, there = form.cleaned_data, form.times.there
        if given.get("way") == DATE and there is not None:
            Appointment.locked(there.pk)  # before the order, as everybody locks them
        row = undone.write_down(
            order, look=look, what=given.get("what", ""), why=given["why"], by=request.actor, now=now
        )
        if row.settled_at is None:
            carry_out(row, form, by=request.actor, now=now)
        row.refresh_from_db()
        told = _("Written down. The owner sees to it.")
        messages.success(request, _("Written down, and settled.") if row.settled_at else told)
        return way_back(request, order)

    return answer(request, form, page, act, template="workflow/undone.html")


def form_options(
    request: StudioRequest, order: WorkOrder, look: Look | None, now: datetime, **more: Any
) -> dict[str, Any]:
    """What the form needs. Another kind of date (`other`) shows its free times, and what was typed stays."""
    asked = kind_asked(request.POST.get("other") or request.POST.get("kind") or request.GET.get("kind", ""))
    options = {
        "times": undone_times.offered(order, asked, now=now),
        "for_look": look is not None,
        "may_settle": request.membership.role in FRONT,
        **more,
    }
    if request.method == "GET":
        return options
    if "other" in request.POST:
        typed = {name: value for name, value in request.POST.items() if name not in {"kind", "slot"}}
        return options | {"initial": typed | {"way": DATE}}
    return options | {"data": request.POST}


def carry_out(row: Undone, form: SettleForm, *, by: Any, now: datetime) -> None:
    """What was chosen; nothing, where the owner sees to it."""
    given = form.cleaned_data
    way = given.get("way")
    if way == DATE:
        order, kind = row.work_order, form.times.kind
        if form.times.there is not None and form.start is not None:
            raise Refused(_("A date was agreed in the meantime. Choose again."))
        date = form.times.there or undone_times.agree(order, kind, form.start or now, by=by, now=now)
        cause = given.get("cause") or ReshootCause.NOBODY
        undone.settle_by_date(row, appointment=date, cause=cause, by=by, now=now)
    elif way == PROMISE:
        undone.settle_by_promise(row, what=given["promised"], by_when=given["by_when"], by=by, now=now)
    elif way == LET_GO:
        undone.let_go(row, why=given["let_go"], by=by, now=now)


def answer(
    request: StudioRequest, form: SettleForm, page: dict[str, Any], act: Any, *, template: str
) -> HttpResponse:
    """The page; or what was pressed, all of it or nothing, with a sentence at the field that is in its
    way."""
    context = {
        **page,
        "form": form,
        "kinds": [kind for kind in undone_times.KINDS if kind != form.times.kind],
    }
    if not form.is_bound:
        return render(request, template, context)
    if form.is_valid():
        try:
            return submissions.once(request, act)
        except ValidationError as wrong:
            for name, sentences in wrong.message_dict.items():
                name = FIELDS.get(name, name)
                form.add_error(name if name in form.fields else None, sentences)
        except Refused as refusal:
            field = "slot" if form.cleaned_data.get("way") == DATE else None
            form.add_error(field, str(refusal))
            if refusal.status != 422:
                return render(request, template, context, status=refusal.status)
    return invalid(request, template, context)


def came_from(request: StudioRequest) -> str:
    return request.POST.get("back") or request.GET.get("back", "")
