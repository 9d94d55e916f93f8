"""Money on an order: taken at the desk, reversed by managers; terms and waivers."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from bookings import instalments, till
from bookings.forms import ReasonForm
from bookings.models import Payment, PaymentKind
from bookings.money_forms import MoneyForm, PaymentForm
from bookings.sales import NotSellable, accept_terms, waive_earnest
from bookings.till import NotPayable
from studio.foundation.access import roles
from studio.foundation.answers import invalid
from studio.foundation.request import StudioRequest
from studio.staff.models.membership import FRONT, MANAGERS, TAKES_MONEY
from workflow.models import Stage, WorkOrder
from workflow.views.money_pages import (
    basis,
    money_part,
    order_or_404,
    receipt_words,
    written,
)

EARLY = {Stage.CONSULT, Stage.CONFIRM, Stage.SHOOT}
PAYMENT = "workflow/sale_payment.html"


@roles(TAKES_MONEY)
@require_http_methods(["GET", "POST"])
def payment(request: StudioRequest, pk: int) -> HttpResponse:
    """Take money: the balance stands in the field, and a receipt comes out."""
    order, now = order_or_404(request, pk), timezone.now()
    if request.method == "GET":
        form = PaymentForm(booking=order.booking, initial=likely(order, now=now))
        return render(request, PAYMENT, payment_page(order, form))
    form = PaymentForm(request.POST, booking=order.booking)
    if "count" in request.POST:
        template = "workflow/_payment_sum.html" if request.htmx else PAYMENT
        return render(request, template, payment_page(order, form))
    return take(request, order, form, form.data.get("kind", ""), PAYMENT, payment_page(order, form))


def take(
    request: StudioRequest, order: WorkOrder, form: MoneyForm, kind: str, template: str, page: dict[str, Any]
) -> HttpResponse:
    """All lines of the form on one receipt; a refusal stands at its field."""
    now = timezone.now()

    def write() -> str:
        receipt = till.take(
            order.booking, form.parts(kind), payer=form.payer_row(), by=request.actor, now=now
        )
        messages.success(request, receipt_words(receipt))
        return reverse("bookings:receipt", args=[receipt.pk])

    return written(request, template, order, form, page, write)


def likely(order: WorkOrder, *, now: datetime) -> dict[str, object]:
    """What is most likely being paid: what binds the order first, then the next instalment, the balance from
    the selection on."""
    due = till.balance(order.booking)
    bound = due < basis(order)["money"].total
    if not bound and order.stage in EARLY:
        return {"kind": PaymentKind.EARNEST, "amount": till.earnest_left(order.booking) or None}
    part = instalments.next_part(instalments.parts_of(order.booking, now=now))
    return {"kind": PaymentKind.BALANCE, "amount": (part.left if part else due) or None}


def payment_page(order: WorkOrder, form: PaymentForm) -> dict[str, Any]:
    page = basis(order, form, earnest_left=till.earnest_left(order.booking))
    return {**page, **sums(form, page["money"].balance)}


def sums(form: MoneyForm, due: Decimal) -> dict[str, Decimal]:
    """What the lines come to, and what stays due after."""
    together = form.sum() if form.is_bound else Decimal(form.initial.get("amount") or 0)
    return {"together": together, "rest": due - together}


@roles(MANAGERS)
@require_http_methods(["GET", "POST"])
def reversal(request: StudioRequest, pk: int, payment_pk: int) -> HttpResponse:
    """Undo a wrong entry, with a reason; the payment itself stays in the books."""
    order = order_or_404(request, pk)
    found = get_object_or_404(
        Payment.objects.select_related("receipt", "by"), pk=payment_pk, booking=order.booking_id
    )
    form = ReasonForm(request.POST or None)
    context = {"order": order, "payment": found, "form": form, "currency": order.booking.branch.currency}
    if request.method == "GET":
        return render(request, "workflow/sale_reversal.html", context)
    if form.is_valid():
        try:
            back = till.reverse(found, why=form.cleaned_data["why"], by=request.actor, now=timezone.now())
        except NotPayable as refusal:
            form.add_error(None, refusal.messages)
        else:
            messages.success(request, _("Reversed. Receipt %(receipt)s.") % {"receipt": back.receipt})
            return redirect(money_part(order))
    return invalid(request, "workflow/sale_reversal.html", context)


@roles(FRONT)
@require_POST
def terms(request: StudioRequest, pk: int) -> HttpResponse:
    """The customer has read the terms and accepts them. A second press does nothing."""
    order = order_or_404(request, pk)
    accept_terms(order.booking, by=request.actor, now=timezone.now())
    return redirect(money_part(order))


@roles(MANAGERS)
@require_http_methods(["GET", "POST"])
def waiver(request: StudioRequest, pk: int) -> HttpResponse:
    """A manager lets the order go on without earnest money, with a reason."""
    order = order_or_404(request, pk)
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            waive_earnest(order.booking, why=form.cleaned_data["why"], by=request.actor, now=timezone.now())
        except NotSellable as refusal:
            form.add_error(None, refusal.messages)
        else:
            return redirect(money_part(order))
    context = {"order": order, "form": form}
    if request.method == "POST":
        return invalid(request, "workflow/sale_waiver.html", context)
    return render(request, "workflow/sale_waiver.html", context)
