"""Money on an order: taken at the desk, reversed by managers; terms and waivers."""

from datetime import datetime
from decimal import Decimal

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from bookings import till
from bookings.forms import PaymentForm, ReasonForm
from bookings.models import Booking, Payment, PaymentKind
from bookings.retry import again
from bookings.sales import NotSellable, accept_terms, waive_earnest
from bookings.till import NotPayable
from studio.foundation.access import roles
from studio.foundation.answers import invalid
from studio.foundation.request import StudioRequest
from studio.foundation.submissions import once
from studio.staff.models.membership import FRONT, MANAGERS, TAKES_MONEY
from workflow.models import Stage, WorkOrder

EARLY = {Stage.CONSULT, Stage.CONFIRM, Stage.SHOOT}


def order_or_404(request: StudioRequest, pk: int) -> WorkOrder:
    """An order of the actor's branch; the neighbour's does not exist."""
    orders = WorkOrder.objects.filter(branch=request.branch)
    return get_object_or_404(orders.select_related("booking__branch", "booking__customer"), pk=pk)


def money_part(order: WorkOrder) -> str:
    return f"{order.get_absolute_url()}#money"


@roles(TAKES_MONEY)
@require_http_methods(["GET", "POST"])
def payment(request: StudioRequest, pk: int) -> HttpResponse:
    """Take money: the balance stands in the field, and a receipt comes out."""
    order, now = order_or_404(request, pk), timezone.now()
    if request.method == "GET":
        return render(
            request, "workflow/sale_payment.html", payment_page(order, PaymentForm(initial=likely(order)))
        )
    form = PaymentForm(request.POST)
    if form.is_valid():
        try:
            return again(lambda: once(request, lambda: take(request, order, form, now=now)))
        except NotPayable as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, refusal.messages)
    context = payment_page(order, form) | {"submission": request.POST.get("submission", "")}
    return invalid(request, "workflow/sale_payment.html", context)


def take(request: StudioRequest, order: WorkOrder, form: PaymentForm, *, now: datetime) -> str:
    taken = till.take_payment(order.booking, by=request.actor, now=now, **form.cleaned_data)
    messages.success(request, _("Taken. Receipt %(receipt)s.") % {"receipt": taken.receipt})
    return reverse("bookings:receipt", args=[taken.receipt.pk])


def likely(order: WorkOrder) -> dict[str, object]:
    """What is most likely being paid: what binds the order first, the balance from the selection on."""
    bound = till.balance(order.booking) < total_of(order)
    kind = PaymentKind.BALANCE if bound or order.stage not in EARLY else PaymentKind.EARNEST
    amount = till.balance(order.booking) if kind == PaymentKind.BALANCE else till.earnest_left(order.booking)
    return {"kind": kind, "amount": amount or None}


def total_of(order: WorkOrder) -> Decimal:
    return Booking.objects.with_money().get(pk=order.booking_id).total


def payment_page(order: WorkOrder, form: PaymentForm) -> dict[str, object]:
    return {
        "order": order,
        "form": form,
        "money": Booking.objects.with_money().get(pk=order.booking_id),
        "currency": order.booking.branch.currency,
        "earnest_left": till.earnest_left(order.booking),
    }


@roles(MANAGERS)
@require_http_methods(["GET", "POST"])
def reversal(request: StudioRequest, pk: int, payment_pk: int) -> HttpResponse:
    """Give a payment back, with a reason; the payment itself stays in the books."""
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
