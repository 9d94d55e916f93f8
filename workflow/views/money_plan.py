"""The account of an order: statement, instalments, tax invoices."""

from datetime import datetime

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from bookings import fapiao, instalments, ledger
from bookings.forms import ReasonForm
from bookings.models import Fapiao
from bookings.money_forms import FapiaoForm, PlanForm
from bookings.till import NotPayable
from studio.foundation.access import roles
from studio.foundation.request import StudioRequest
from studio.staff.models.membership import FRONT, MANAGERS, TAKES_MONEY
from workflow.models import WorkOrder
from workflow.views.money_pages import again_please, basis, money_part, order_or_404, written
from workflow.views.orders_forms import version_of

STATEMENT, PLAN = "workflow/sale_statement.html", "workflow/sale_instalments.html"
INVOICE, VOID = "workflow/sale_fapiao.html", "workflow/sale_fapiao_void.html"


@roles(TAKES_MONEY)
@require_safe
def statement(request: StudioRequest, pk: int) -> HttpResponse:
    """Every line and every payment in one order of time, with the balance after each."""
    order = order_or_404(request, pk)
    return render(request, STATEMENT, basis(order, entries=ledger.statement(order.booking)))


@roles(FRONT)
@require_http_methods(["GET", "POST"])
def plan(request: StudioRequest, pk: int) -> HttpResponse:
    """Agree on paying in parts, change the plan, print it."""
    order, now = order_or_404(request, pk), timezone.now()
    if request.method == "GET":
        return render(
            request, PLAN, plan_page(order, empty_plan(order, request.GET.get("parts", ""), now), now)
        )
    form = PlanForm(request.POST)
    if form.is_valid():
        parts = [] if "end" in request.POST else form.parts()
        if not parts and "end" not in request.POST:
            form.add_error(None, _("Enter at least two parts."))
        else:
            try:
                instalments.agree(
                    order.booking, parts, version=version_of(request), by=request.actor, now=now
                )
            except NotPayable as refusal:
                form.add_error(form.field_of(refusal.field), refusal.messages)
            else:
                messages.success(
                    request, _("The plan is agreed.") if parts else _("There is no plan any more.")
                )
                return redirect(money_part(order))
    return again_please(request, PLAN, order, form, plan_page(order, form, now))


def empty_plan(order: WorkOrder, parts: str, now: datetime) -> PlanForm:
    """The plan as it is; where there is none or another number is asked for, a proposal."""
    rows = list(order.booking.instalments.values_list("due_on", "amount"))
    wanted = parts in {str(number) for number in range(instalments.FEWEST, instalments.MOST + 1)}
    if wanted or not rows:
        rows = instalments.suggest(order.booking, count=int(parts) if wanted else 3, now=now)
    return PlanForm(planned=rows)


def plan_page(order: WorkOrder, form: PlanForm, now: datetime) -> dict[str, object]:
    return basis(
        order,
        form,
        parts=instalments.parts_of(order.booking, now=now),
        counts=[2, 3, 4, 6, 12],
        booking=order.booking,
    )


@roles(TAKES_MONEY)
@require_http_methods(["GET", "POST"])
def invoice(request: StudioRequest, pk: int) -> HttpResponse:
    """Note the number of a tax invoice that was issued elsewhere."""
    order, now = order_or_404(request, pk), timezone.now()
    first = {
        "buyer": order.booking.customer.name,
        "amount": fapiao.left_for(order.booking) or None,
        "issued_on": order.branch.today(now),
    }
    form = FapiaoForm(request.POST or None, initial=first)
    page = {"rows": order.booking.fapiao.select_related("by", "voided_by")}
    if request.method == "GET":
        return render(request, INVOICE, basis(order, form, **page))

    def write() -> str:
        fapiao.record(order.booking, by=request.actor, now=now, **form.cleaned_data)
        messages.success(request, _("The number is noted."))
        return money_part(order)

    return written(request, INVOICE, order, form, page, write)


@roles(MANAGERS)
@require_http_methods(["GET", "POST"])
def invoice_void(request: StudioRequest, pk: int, fapiao_pk: int) -> HttpResponse:
    """A wrong invoice is voided, with a reason. A second press does nothing."""
    order = order_or_404(request, pk)
    found = get_object_or_404(Fapiao, pk=fapiao_pk, booking=order.booking_id, voids=None)
    form = ReasonForm(request.POST or None)
    if request.method == "GET":
        return render(request, VOID, basis(order, form, fapiao=found))
    if form.is_valid():
        fapiao.void(found, why=form.cleaned_data["why"], by=request.actor, now=timezone.now())
        messages.success(request, _("The invoice is voided."))
        return redirect(money_part(order))
    return again_please(request, VOID, order, form, {"fapiao": found})
