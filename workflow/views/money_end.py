"""An order is called off: every line and every refund is shown before anybody presses (F6)."""

from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from bookings import settlement
from bookings.models import Booking, Fault
from bookings.money_forms import SettlementForm
from bookings.till import NotPayable
from studio.foundation.access import roles
from studio.foundation.request import StudioRequest
from studio.staff.models.membership import MANAGERS
from workflow import schedule_news
from workflow.models import WorkOrder
from workflow.views.money_pages import again_please, basis, money_part, order_or_404, say

PAGE = "workflow/sale_end.html"


@roles(MANAGERS)
@require_http_methods(["GET", "POST"])
def call_off(request: StudioRequest, pk: int) -> HttpResponse:
    """First look: whose decision it is and what that means. Then press: all of it in one step, or nothing."""
    order = order_or_404(request, pk)
    if request.method == "GET":
        if order.booking.state != Booking.State.OPEN:
            return render(request, PAGE, basis(order))
        form = SettlementForm()
        return render(request, PAGE, basis(order, form, **shown(order, form, *asked(form))))
    form = SettlementForm(request.POST)
    if "count" in request.POST:
        template = "workflow/_end_plan.html" if request.htmx else PAGE
        return render(request, template, basis(order, form, **shown(order, form, *asked(form))))
    if form.is_valid():
        given = {name: form.cleaned_data[name] for name in ("fault", "why", "kept")}
        try:
            settlement.call_off(
                order.booking,
                **given,
                seen=form.cleaned_data["seen"],
                by=request.actor,
                now=timezone.now(),
            )
        except NotPayable as refusal:
            say(form, refusal)
        else:
            messages.success(request, _("The order is called off, and its money settled."))
            for sentence in schedule_news.corrections_told(order.booking):
                messages.warning(request, sentence)
            return redirect(money_part(order))
    return again_please(request, PAGE, order, form, shown(order, form, *asked(form)))


def asked(form: SettlementForm) -> tuple[str, Decimal]:
    """Fault and sum as far as they are understood; the customer's own decision is the usual case."""
    if form.is_bound:
        form.is_valid()
        if "count" in form.data:
            form.errors.pop("why", None)  # asked for at the last press only
    given = getattr(form, "cleaned_data", {})
    return given.get("fault") or Fault.CUSTOMER, given.get("kept") or Decimal("0.00")


def shown(order: WorkOrder, form: SettlementForm, fault: str, kept: Decimal) -> dict[str, Any]:
    """The preview beside the form; where it can't be kept so, the sentence stands at the field and the
    preview is that without it."""
    try:
        plan = settlement.preview(order.booking, fault=fault, kept=kept)
    except NotPayable as refusal:
        if form.is_bound and refusal.field not in form.errors:
            say(form, refusal)
        plan = settlement.preview(order.booking, fault=fault)
    return {"plan": plan, "fault": fault, "faults": explained()}


def explained() -> list[tuple[str, Any, str]]:
    """Each answer with the rule that it brings."""
    rules = {
        Fault.CUSTOMER: _("Earnest money stays with us; prepayment and balance go back."),
        Fault.HOUSE: _("Earnest money goes back double; prepayment and balance go back."),
        Fault.NEITHER: _("Everything goes back."),
    }
    return [(fault.value, fault.label, rules[fault]) for fault in Fault]
