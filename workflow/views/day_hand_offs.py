"""Hand-to-hand: offer, take over, return with a reason, take back (R5)."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from studio.foundation import answers, submissions
from studio.foundation.access import roles
from studio.foundation.request import StudioRequest
from studio.staff.models import Department
from studio.staff.models.membership import SERVING
from studio.staff.views.who import signs
from workflow import handoffs, house, presses
from workflow.lines import Line
from workflow.models import WorkOrder
from workflow.refusals import Refused
from workflow.views.day import order_or_404, refused, way_back, wrong
from workflow.views.day_forms import HandOffsForm, ReturnForm
from workflow.views.day_hands import say
from workflow.views.hand_off_forms import BesideForm, OfferForm


# --- Hand over ------------------------------------------------------------------------------------
@signs
@roles(SERVING)
@require_http_methods(["GET", "POST"])
def hand_offs(request: StudioRequest, pk: int) -> HttpResponse:
    """Bring somebody along; the next stop of the route is chosen already. Does the receiver stand there too,
    their PIN or badge gives and takes at once."""
    order, now = order_or_404(request, pk), timezone.now()
    rows = house.of_order(order, now=now)
    mine = next((row for row in rows if row.with_user.pk == request.actor.pk), rows[0] if rows else None)
    form = OfferForm(request.POST or None, order=order, now=now, initial=first_choice(request, mine))
    beside = beside_form(request, now)
    context = {"order": order, "form": form, "beside": beside, "rows": rows, "mine": mine}
    context |= {"line": line_of(form, rows), "back": request.POST.get("back") or request.GET.get("back", "")}
    if request.method == "GET":
        return answers.page(
            request, "workflow/hand_off.html", context, fragment="workflow/hand_off_line.html"
        )
    is_said = beside is None or not beside.is_asked or beside.is_valid()
    if form.is_valid() and is_said:
        try:
            return submissions.once(request, lambda: give(request, order, form, beside))
        except Refused as refusal:
            form.add_error("why" if refusal.status == 422 else None, str(refusal))
    return answers.invalid(request, "workflow/hand_off.html", context)


def beside_form(request: StudioRequest, now: Any) -> BesideForm | None:
    """At a screen that several share the receiver presses there: no second PIN in one press."""
    if request.screen is not None:
        return None
    return BesideForm.of(request.POST or None, branch=request.branch, actor=request.actor, now=now)


def give(request: StudioRequest, order: WorkOrder, form: OfferForm, beside: BesideForm | None) -> str:
    """Offered, or given to who stands beside and said so."""
    chosen, now = form.cleaned_data, timezone.now()
    members, to, why = list(chosen["members"]), chosen["to"], chosen["why"]
    if beside is not None and beside.place is not None:
        receiver = beside.place.user
        handoffs.together(
            order, members=members, to=to, receiver=receiver, by=request.actor, now=now, why=why
        )
        messages.success(request, _("%(name)s has them now.") % {"name": receiver.spoken_name})
    else:
        pressed = presses.Pressed(order, members, to=to, meant_for=chosen["meant_for"], why=why)
        presses.press("offer", pressed, by=request.actor, now=now)
    return way_back(request, order)


def first_choice(request: StudioRequest, row: house.Care | None) -> dict[str, object]:
    """Who is with the actor, to where the route leads; htmx asks again when the choice changes."""
    asked = {key: request.GET.getlist(key) for key in ("members", "to") if key in request.GET}
    chosen: dict[str, object] = {"members": asked.get("members", []), "to": (asked.get("to") or [""])[0]}
    if row is not None and not asked:
        chosen = {"members": [member.pk for member in row.members], "to": None}
        if row.next_department:
            chosen["to"] = row.next_department.pk
    return chosen


def line_of(form: OfferForm, rows: list[house.Care]) -> Line | None:
    """What to say for the choice that the form shows."""
    ids = {str(pk) for pk in form["members"].value() or []}
    department = Department.objects.filter(pk=number(form["to"].value())).first()
    for row in rows:
        members = [member for member in row.members if str(member.pk) in ids]
        if members and department and department.branch_id == row.order.branch_id:
            row.members = members
            return row.line_to(department)
    return None


def number(value: object) -> int:
    text = str(value or "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 15 else 0


# --- Take over, return, take back -----------------------------------------------------------------
@signs
@roles(SERVING)
@require_POST
def acceptance(request: StudioRequest, pk: int) -> HttpResponse:
    """ "I take over"."""
    return pressed(request, pk, "accept")


@signs
@roles(SERVING)
@require_POST
def withdrawal(request: StudioRequest, pk: int) -> HttpResponse:
    """The giver takes the offer back."""
    return pressed(request, pk, "withdraw")


def pressed(request: StudioRequest, pk: int, act: str) -> HttpResponse:
    order = order_or_404(request, pk)
    form = HandOffsForm(request.POST, order=order)
    if not form.is_valid():
        return wrong(request, order)
    rows = presses.Pressed(order, hand_offs=list(form.cleaned_data["hand_off"]))
    try:
        taken = presses.press(act, rows, by=request.actor, now=timezone.now())
    except Refused as refusal:
        return refused(request, refusal, order)
    return say(request, order, act, taken)


@signs
@roles(SERVING)
@require_http_methods(["GET", "POST"])
def hand_off_return(request: StudioRequest, pk: int) -> HttpResponse:
    """ "Return, with reason" (R5.4)."""
    order = order_or_404(request, pk)
    asked = {"hand_off": request.GET.getlist("hand_off")}
    form = ReturnForm(request.POST or None, order=order, initial=asked)
    back = request.POST.get("back") or request.GET.get("back") or "today"
    context = {"order": order, "form": form, "back": back}
    if request.method == "GET":
        return render(request, "workflow/hand_off_return.html", context)
    if form.is_valid():
        chosen = form.cleaned_data
        try:
            handoffs.send_back(chosen["hand_off"], why=chosen["why"], by=request.actor, now=timezone.now())
        except Refused as refusal:
            return refused(request, refusal, order)
        return redirect(way_back(request, order))
    if "hand_off" in form.errors:
        return wrong(request, order)
    return answers.invalid(request, "workflow/hand_off_return.html", context)
