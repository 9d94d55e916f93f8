"""Money that goes back: refunds, security for gowns and the damage charged to it, credit."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from bookings import credit_notes, held, securities, till
from bookings.forms import ReasonForm
from bookings.models import Account, LineKind, Payment, PaymentKind, PriceLine
from bookings.money_forms import CreditForm, DamageForm, MoneyForm, RefundForm
from bookings.till import NotPayable
from studio.foundation.access import has_role, roles
from studio.foundation.request import StudioRequest
from studio.staff.models.membership import MANAGERS, TAKES_MONEY
from workflow.views.money_pages import again_please, basis, money_part, order_or_404, say, written
from workflow.views.sale_money import take

REFUND, SECURITY = "workflow/sale_refund.html", "workflow/sale_security.html"
RETURN, DAMAGE = "workflow/sale_security_return.html", "workflow/sale_damage.html"
LIFT, CREDIT = "workflow/sale_damage_lift.html", "workflow/sale_credit.html"


@roles(TAKES_MONEY)
@require_http_methods(["GET", "POST"])
def refund(request: StudioRequest, pk: int, payment_pk: int) -> HttpResponse:
    """Give back a payment or a part of it: to who paid, as it came, unless a manager chooses another way."""
    order, now = order_or_404(request, pk), timezone.now()
    rows = Payment.objects.select_related("receipt", "payer", "by").filter(kind__in=held.RECEIVED)
    found = get_object_or_404(rows, pk=payment_pk, booking=order.booking_id)
    left = next(one.left for one in held.left_of(order.booking.payments.all()) if one.payment == found)
    overpaid = -till.balance(order.booking)
    likely = min(left, overpaid) if found.account == Account.PRICE and overpaid > 0 else left
    form = RefundForm(
        request.POST or None,
        came_by=found.method,
        may_choose=has_role(request, MANAGERS),
        initial={"amount": likely or None, "method": found.method},
    )
    page = {"payment": found, "left": left, "may": allowed(request, found)}
    if request.method == "GET":
        return render(request, REFUND, basis(order, form, **page))

    def write() -> str:
        given = form.cleaned_data
        back = till.refund(
            found, amount=given["amount"], why=given["why"], method=form.chosen(), by=request.actor, now=now
        )
        messages.success(request, _("Given back. Receipt %(receipt)s.") % {"receipt": back.receipt})
        return reverse("bookings:receipt", args=[back.receipt.pk])

    return written(request, REFUND, order, form, page, write)


def allowed(request: StudioRequest, payment: Payment) -> bool:
    """What was paid for the price is a manager's to give back."""
    return payment.account == Account.SECURITY or has_role(request, MANAGERS)


@roles(TAKES_MONEY)
@require_http_methods(["GET", "POST"])
def security(request: StudioRequest, pk: int) -> HttpResponse:
    """Take security for gowns: apart from the price, on a receipt of its own (F6)."""
    order = order_or_404(request, pk)
    form = MoneyForm(request.POST or None, booking=order.booking)
    if request.method == "GET":
        return render(request, SECURITY, basis(order, form))
    return take(request, order, form, PaymentKind.SECURITY, SECURITY, basis(order, form))


@roles(TAKES_MONEY)
@require_http_methods(["GET", "POST"])
def security_return(request: StudioRequest, pk: int) -> HttpResponse:
    """The gowns are back and well: everything held goes back to who paid it. A second press does nothing."""
    order, now = order_or_404(request, pk), timezone.now()
    form = ReasonForm(request.POST or None, initial={"why": _("The gowns are back and well")})
    page = {"rows": held.held(order.booking, account=Account.SECURITY)}
    if request.method == "GET":
        return render(request, RETURN, basis(order, form, **page))
    if form.is_valid():
        try:
            papers = securities.return_all(
                order.booking, why=form.cleaned_data["why"], by=request.actor, now=now
            )
        except NotPayable as refusal:
            say(form, refusal)
        else:
            if papers:
                messages.success(request, _("The security is returned."))
            only = reverse("bookings:receipt", args=[papers[0].pk]) if len(papers) == 1 else ""
            return redirect(only or money_part(order))
    return again_please(request, RETURN, order, form, page)


@roles(TAKES_MONEY)
@require_http_methods(["GET", "POST"])
def damage(request: StudioRequest, pk: int) -> HttpResponse:
    """Damage to a gown: the security pays for it as far as it reaches, the rest is due (F6)."""
    order, now = order_or_404(request, pk), timezone.now()
    form = DamageForm(request.POST or None)
    page = {"secured": held.security_held(order.booking)}
    if request.method == "GET":
        return render(request, DAMAGE, basis(order, form, **page))

    def write() -> str:
        given = form.cleaned_data
        securities.charge_damage(
            order.booking, label=given["what"], amount=given["amount"], by=request.actor, now=now
        )
        messages.success(request, _("The damage is charged."))
        return money_part(order)

    return written(request, DAMAGE, order, form, page, write)


@roles(MANAGERS)
@require_http_methods(["GET", "POST"])
def damage_lift(request: StudioRequest, pk: int, line_pk: int) -> HttpResponse:
    """Damage that was charged wrongly is taken back; the security that paid for it is held again."""
    order = order_or_404(request, pk)
    lines = PriceLine.objects.filter(booking=order.booking_id, kind=LineKind.DAMAGE)
    line = get_object_or_404(lines, pk=line_pk)
    form = ReasonForm(request.POST or None)
    if request.method == "GET":
        return render(request, LIFT, basis(order, form, line=line))
    if form.is_valid():
        try:
            securities.lift_damage(line, why=form.cleaned_data["why"], by=request.actor, now=timezone.now())
        except NotPayable as refusal:
            say(form, refusal)
        else:
            messages.success(request, _("The damage is taken back."))
            return redirect(money_part(order))
    return again_please(request, LIFT, order, form, {"line": line})


@roles(MANAGERS)
@require_http_methods(["GET", "POST"])
def credit(request: StudioRequest, pk: int) -> HttpResponse:
    """A part of the price is no longer owed: a credit note with its own number."""
    order, now = order_or_404(request, pk), timezone.now()
    form = CreditForm(request.POST or None)
    page = {"most": credit_notes.most_off(order.booking)}
    if request.method == "GET":
        return render(request, CREDIT, basis(order, form, **page))

    def write() -> str:
        given = form.cleaned_data
        lines = [(LineKind.CREDIT, credit_notes.label_of(LineKind.CREDIT), -given["amount"])]
        note = credit_notes.issue(order.booking, lines=lines, why=given["why"], by=request.actor, now=now)
        messages.success(request, _("Credited. Credit note %(note)s.") % {"note": note})
        return reverse("bookings:credit_note", args=[note.pk])

    return written(request, CREDIT, order, form, page, write)
