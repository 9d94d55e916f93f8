"""What is sold on an order after the sale, and taken off it: add-ons, a rush fee, discounts."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bookings import add_ons, discounts, sales
from bookings.discount_forms import DiscountForm
from bookings.forms import ReasonForm
from bookings.models import DiscountRequest, LineKind, PriceLine
from bookings.price_lines import NotSellable
from bookings.retry import again
from studio.foundation.access import has_role, roles
from studio.foundation.answers import done, invalid
from studio.foundation.request import StudioRequest
from studio.foundation.submissions import once
from studio.staff.duties import stands_in_for
from studio.staff.models.membership import FRONT, MANAGERS
from workflow.add_ons import refusals
from workflow.models import WorkOrder
from workflow.views.orders import order_of, turned_round
from workflow.views.sale_extras import AddOnForm, AnswerForm, RushForm, extras_part, sold_context

Sell = Callable[[], str]


def carried_out(
    request: StudioRequest, form: Any, create: Sell, refuse: Callable[[], HttpResponse]
) -> HttpResponse:
    """`create` once for this form; a refusal is said at its field and nothing typed is lost."""
    if form.is_valid():
        try:
            return again(lambda: once(request, create))
        except NotSellable as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, refusal.messages)
    return refuse()


# --- Add-ons -------------------------------------------------------------------------------------------
@roles(FRONT)
@require_http_methods(["GET", "POST"])
def sell_add_on(request: StudioRequest, pk: int) -> HttpResponse:
    """One more look, an album, retouched pictures: sold while the order is open."""
    order = order_of(request.branch, pk)
    form = AddOnForm(request.POST or None, branch=request.branch)
    if request.method == "GET":
        return render(request, "workflow/sale_add_on.html", add_on_page(order, form))

    def create() -> str:
        line = add_ons.sell(order.booking, by=request.actor, now=timezone.now(), **form.cleaned_data)
        if request.POST.get("back") != "shown":
            messages.success(request, _("Sold as well: %(name)s") % {"name": line.name})
        return back_to(request, order)

    return carried_out(request, form, create, lambda: refused_add_on(request, order, form))


def refused_add_on(request: StudioRequest, order: WorkOrder, form: AddOnForm) -> HttpResponse:
    """Said where the button stood: a screen that is turned round stays turned round."""
    if request.POST.get("back") == "shown":
        errors = [sentence for found in form.errors.values() for sentence in found]
        own = sold_context(order) | {"back": "shown", "errors": errors}
        return turned_round(request, "workflow/selection_extras.html", order, own, status=422)
    return invalid(request, "workflow/sale_add_on.html", add_on_page(order, form, request))


def add_on_page(order: WorkOrder, form: AddOnForm, request: StudioRequest | None = None) -> dict[str, Any]:
    posted = request.POST.get("submission", "") if request else ""
    late = refusals(order).values()
    return {"order": order, "form": form, "submission": posted, "late": late, **sold_context(order)}


def back_to(request: StudioRequest, order: WorkOrder) -> str:
    """Where the button stood: the selection, the page turned round, or the order."""
    names = {"selection": "workflow:selection", "shown": "workflow:add_ons_shown"}
    name = names.get(request.POST.get("back", ""))
    return reverse(name, args=[order.pk]) + "#add-ons" if name else extras_part(order)


@roles(FRONT)
@require_safe
def shown(request: StudioRequest, pk: int) -> HttpResponse:
    """The screen is turned round: what may be had beside the package and what it costs, no balance (R9.9)."""
    order = order_of(request.branch, pk)
    return turned_round(
        request, "workflow/selection_extras.html", order, sold_context(order) | {"back": "shown"}
    )


@roles(FRONT)
@require_http_methods(["GET", "POST"])
def take_back(request: StudioRequest, pk: int, line_pk: int) -> HttpResponse:
    """An add-on, a discount or a rush fee is taken off again, with a reason; its line stays in the books."""
    order = order_of(request.branch, pk)
    kinds = [LineKind.ADD_ON, LineKind.DISCOUNT, LineKind.RUSH]
    line = get_object_or_404(PriceLine, pk=line_pk, booking=order.booking_id, kind__in=kinds)
    if line.kind == LineKind.RUSH and not has_role(request, MANAGERS):
        raise PermissionDenied
    form = ReasonForm(request.POST or None)
    context = {"order": order, "line": line, "form": form, "currency": order.branch.currency}
    if request.method == "GET":
        return render(request, "workflow/sale_take_back.html", context)
    if form.is_valid():
        undo = {LineKind.ADD_ON: add_ons.take_back, LineKind.DISCOUNT: discounts.take_back}
        try:
            undo.get(LineKind(line.kind), sales.waive_rush)(
                line, why=form.cleaned_data["why"], by=request.actor, now=timezone.now()
            )
        except NotSellable as refusal:
            form.add_error(None, refusal.messages)
        else:
            return done(request, extras_part(order))
    return invalid(request, "workflow/sale_take_back.html", context)


@roles(FRONT)
@require_http_methods(["GET", "POST"])
def rush(request: StudioRequest, pk: int) -> HttpResponse:
    """F5: a fee for what must be ready sooner than usual."""
    order = order_of(request.branch, pk)
    form = RushForm(request.POST or None)
    if request.method == "GET":
        return render(request, "workflow/sale_rush.html", {"order": order, "form": form})

    def create() -> str:
        sales.charge_rush(
            order.booking, amount=form.cleaned_data["rush"], by=request.actor, now=timezone.now()
        )
        return extras_part(order)

    context = {"order": order, "form": form, "submission": request.POST.get("submission", "")}
    return carried_out(request, form, create, lambda: invalid(request, "workflow/sale_rush.html", context))


# --- Discounts ---------------------------------------------------------------------------------------------
@roles(FRONT)
@require_http_methods(["GET", "POST"])
def discount(request: StudioRequest, pk: int) -> HttpResponse:
    """Given at once within one's limit, else asked for."""
    order = order_of(request.branch, pk)
    form = DiscountForm(request.POST or None)
    if request.method == "GET":
        return render(request, "workflow/sale_discount.html", discount_page(request, order, form))

    def create() -> str:
        listed = discounts.listed(order.booking)
        amount = form.cleaned_data["discount"].off(listed, order.branch.currency)
        given = discounts.give(
            order.booking, amount=amount, why=form.cleaned_data["why"], by=request.actor, now=timezone.now()
        )
        if isinstance(given, DiscountRequest):
            messages.info(request, _("A manager was asked for the discount; until then the price stays."))
        return extras_part(order)

    return carried_out(
        request,
        form,
        create,
        lambda: invalid(request, "workflow/sale_discount.html", discount_page(request, order, form)),
    )


def discount_page(request: StudioRequest, order: WorkOrder, form: DiscountForm) -> dict[str, Any]:
    return {
        "order": order,
        "form": form,
        "currency": order.branch.currency,
        "listed": discounts.listed(order.booking),
        "room": discounts.room(order.booking, request.actor),
        "submission": request.POST.get("submission", ""),
    }


@roles(MANAGERS)
@require_http_methods(["GET", "POST"])
def discount_answer(request: StudioRequest, pk: int, request_pk: int) -> HttpResponse:
    """A manager approves or refuses, in one press; who is second reads what the first one said (409)."""
    order = order_of(request.branch, pk)
    asked = request_of(order, request_pk)
    form = AnswerForm(request.POST or None)
    context = {"order": order, "asked": asked, "form": form, "currency": order.branch.currency}
    if request.method == "GET":
        return render(request, "workflow/sale_discount_answer.html", context)
    if form.is_valid():
        try:
            form.decide(asked, by=request.actor, now=timezone.now())
        except NotSellable as refusal:
            form.add_error("why" if refusal.field == "why" else None, refusal.messages)
        else:
            back = reverse("desk:today") if request.POST.get("back") == "today" else extras_part(order)
            return done(request, back)
    return invalid(request, "workflow/sale_discount_answer.html", context)


@roles(FRONT)
@require_POST
def discount_withdrawal(request: StudioRequest, pk: int, request_pk: int) -> HttpResponse:
    """The question is taken back by who asked it, or who stands in for them."""
    order, now = order_of(request.branch, pk), timezone.now()
    asked = request_of(order, request_pk)
    if is_theirs(request, asked, now):
        discounts.withdraw(asked, by=request.actor, now=now)
    return done(request, extras_part(order))


@roles(FRONT)
@require_POST
def discount_seen(request: StudioRequest, pk: int, request_pk: int) -> HttpResponse:
    """The asker has read the answer, or who stands in for them."""
    order, now = order_of(request.branch, pk), timezone.now()
    asked = request_of(order, request_pk)
    if is_theirs(request, asked, now):
        discounts.mark_seen(asked, by=request.actor, now=now)
    return done(request, reverse("desk:today"))


def is_theirs(request: StudioRequest, asked: DiscountRequest, now: datetime) -> bool:
    """Nobody else answers for the one who asked; they are told whose it is."""
    people = stands_in_for(request.actor, branch=request.branch, day=request.branch.today(now))
    if asked.asked_by == request.actor or asked.asked_by in people:
        return True
    messages.error(request, _("This was for %(name)s.") % {"name": asked.asked_by.spoken_name})
    return False


def request_of(order: WorkOrder, pk: int) -> DiscountRequest:
    requests = DiscountRequest.objects.select_related("asked_by", "decided_by")
    return get_object_or_404(requests, pk=pk, booking=order.booking_id)
