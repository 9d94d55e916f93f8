"""What every page around an order's money shares: the order, the way back, the refusal at its field."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _

from bookings.models import Booking
from bookings.retry import again
from bookings.till import NotPayable
from studio.foundation.answers import invalid
from studio.foundation.request import StudioRequest
from studio.foundation.submissions import once
from workflow.models import WorkOrder


def order_or_404(request: StudioRequest, pk: int) -> WorkOrder:
    """An order of the actor's branch; the neighbour's does not exist."""
    orders = WorkOrder.objects.filter(branch=request.branch)
    return get_object_or_404(orders.select_related("booking__branch", "booking__customer"), pk=pk)


def money_part(order: WorkOrder) -> str:
    return f"{order.get_absolute_url()}#money"


def counted(order: WorkOrder) -> Booking:
    """The sale with its sums."""
    return Booking.objects.with_money().select_related("branch").get(pk=order.booking_id)


def say(form: forms.Form, refusal: NotPayable) -> None:
    """The sentence of a refusal at the field that it names."""
    form.add_error(refusal.field if refusal.field in form.fields else None, refusal.messages)


def basis(order: WorkOrder, form: forms.Form | None = None, **more: Any) -> dict[str, Any]:
    """What the templates of these pages read."""
    return {
        "order": order,
        "form": form,
        "money": counted(order),
        "currency": order.booking.branch.currency,
        **more,
    }


def again_please(
    request: StudioRequest, template: str, order: WorkOrder, form: forms.Form, more: dict[str, Any]
) -> HttpResponse:
    """The form again, with everything typed still in it (422)."""
    context = {**basis(order, form), **more, "submission": request.POST.get("submission", "")}
    return invalid(request, template, context)


def written(
    request: StudioRequest,
    template: str,
    order: WorkOrder,
    form: forms.Form,
    more: dict[str, Any],
    write: Callable[[], str],
) -> HttpResponse:
    """What a right form asks for, done once however often it is sent; else the form again with its sentences.
    `write` answers the address that it leads to."""
    if form.is_valid():
        try:
            return again(lambda: once(request, write))
        except NotPayable as refusal:
            say(form, refusal)
    return again_please(request, template, order, form, more)


def receipt_words(number: object) -> str:
    return _("Taken. Receipt %(receipt)s.") % {"receipt": number}
