"""Hand-to-hand: offer, take over, return with a reason, take back (R5)."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from studio.foundation import answers, submissions
from studio.foundation.access import roles
from studio.foundation.request import StudioRequest
from studio.staff.models import Department
from studio.staff.models.membership import SERVING
from workflow import handoffs, house
from workflow.lines import Line
from workflow.models import WorkOrder
from workflow.refusals import Refused
from workflow.views.day import order_or_404, press, refused, way_back, wrong
from workflow.views.day_forms import HandOffsForm, OfferForm, ReturnForm


@roles(SERVING)
@require_http_methods(["GET", "POST"])
def hand_offs(request: StudioRequest, pk: int) -> HttpResponse:
    """Bring somebody along; the next stop of the route is chosen already."""
    order, now = order_or_404(request, pk), timezone.now()
    rows = house.of_order(order, now=now)
    mine = next((row for row in rows if row.with_user.pk == request.actor.pk), rows[0] if rows else None)
    form = OfferForm(request.POST or None, order=order, initial=first_choice(request, mine))
    context = {"order": order, "form": form, "rows": rows, "line": line_of(form, rows), "mine": mine}
    if request.method == "GET":
        return answers.page(
            request, "workflow/hand_off.html", context, fragment="workflow/hand_off_line.html"
        )
    if form.is_valid():
        try:
            return submissions.once(request, lambda: offer(request, order, form))
        except Refused as refusal:
            form.add_error("why" if refusal.status == 422 else None, str(refusal))
    return answers.invalid(request, "workflow/hand_off.html", context)


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


def offer(request: StudioRequest, order: WorkOrder, form: OfferForm) -> str:
    chosen = form.cleaned_data
    handoffs.offer(
        order,
        members=list(chosen["members"]),
        to=chosen["to"],
        why=chosen["why"],
        by=request.actor,
        now=timezone.now(),
    )
    return way_back(request, order)


@roles(SERVING)
@require_POST
def acceptance(request: StudioRequest, pk: int) -> HttpResponse:
    """ "I take over"."""
    order = order_or_404(request, pk)
    form = HandOffsForm(request.POST, order=order)
    if not form.is_valid():
        return wrong(request, order)
    rows = form.cleaned_data["hand_off"]
    said = _("They are with you now. Introduce yourself and your assistant.")
    return press(request, order, lambda: handoffs.accept(rows, by=request.actor, now=timezone.now()), said)


@roles(SERVING)
@require_http_methods(["GET", "POST"])
def hand_off_return(request: StudioRequest, pk: int) -> HttpResponse:
    """ "Return, with reason" (R5.4)."""
    order = order_or_404(request, pk)
    if request.method == "GET":
        form = ReturnForm(order=order, initial={"hand_off": request.GET.getlist("hand_off")})
        return render(request, "workflow/hand_off_return.html", {"order": order, "form": form})
    form = ReturnForm(request.POST, order=order)
    if form.is_valid():
        chosen = form.cleaned_data
        try:
            handoffs.send_back(chosen["hand_off"], why=chosen["why"], by=request.actor, now=timezone.now())
        except Refused as refusal:
            return refused(request, refusal, order)
        return answers.done(request, way_back(request, order))
    if "hand_off" in form.errors:
        return wrong(request, order)
    return answers.invalid(request, "workflow/hand_off_return.html", {"order": order, "form": form})


@roles(SERVING)
@require_POST
def withdrawal(request: StudioRequest, pk: int) -> HttpResponse:
    """The giver takes the offer back."""
    order = order_or_404(request, pk)
    form = HandOffsForm(request.POST, order=order)
    if not form.is_valid():
        return wrong(request, order)
    rows = form.cleaned_data["hand_off"]
    said = _("Taken back. They are with you as before.")
    return press(request, order, lambda: handoffs.withdraw(rows, by=request.actor, now=timezone.now()), said)
