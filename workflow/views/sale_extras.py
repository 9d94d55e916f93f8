"""Forms of what is sold after the sale, and the part of the order's page that shows it."""

from datetime import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from bookings import add_ons, discounts, needs, price_list
from bookings.forms import AmountField
from bookings.models import (
    AddOn,
    AddOnKind,
    Appointment,
    AppointmentKind,
    AppointmentState,
    DiscountRequest,
    LineKind,
    PriceLine,
)
from customers.names import clean
from studio.staff.models import Branch, User
from studio.staff.models.membership import FRONT, MANAGERS, TAKES_MONEY
from workflow.add_ons import refusals
from workflow.models import WorkOrder


class AddOnForm(forms.Form):
    """One thing of the price list, and how many of it."""

    add_on = forms.ModelChoiceField(
        label=_("What"),
        queryset=AddOn.objects.none(),
        widget=forms.RadioSelect,
        empty_label=None,
        error_messages={
            "required": _("Choose what they would like."),
            "invalid_choice": _("This is not on sale any more. Look at the prices and choose again."),
        },
    )
    quantity = forms.IntegerField(
        label=_("How many"),
        initial=1,
        min_value=1,
        max_value=add_ons.MOST,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
        error_messages={
            "required": _("How many? A figure is enough."),
            "invalid": _("How many? A figure is enough."),
            "min_value": _("One at least."),
            "max_value": _("Not more than %(most)d of it.") % {"most": add_ons.MOST},
        },
    )

    def __init__(self, *args: Any, branch: Branch, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["add_on"].queryset = add_ons.on_sale(branch)  # type: ignore[attr-defined]


class RushForm(forms.Form):
    rush = AmountField(label=_("Rush fee"))


class AnswerForm(forms.Form):
    """A manager's answer to a discount that was asked for; a refusal needs a reason (R5.7)."""

    outcome = forms.ChoiceField(
        choices=[("approve", _("Approve")), ("refuse", _("Refuse"))],
        widget=forms.HiddenInput,
        error_messages={"required": _("Approve or refuse?"), "invalid_choice": _("Approve or refuse?")},
    )
    why = forms.CharField(
        label=_("Why, or a word to them"),
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    version = forms.IntegerField(min_value=1, max_value=2**31 - 1, widget=forms.HiddenInput)

    def clean_why(self) -> str:
        return clean(self.cleaned_data["why"])

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        if given.get("outcome") == "refuse" and not given.get("why") and "why" not in self.errors:
            self.add_error("why", _("Say why; a few words are enough."))
        return given

    def decide(self, asked: DiscountRequest, *, by: User, now: datetime) -> None:
        given = self.cleaned_data
        version, why = given["version"], given["why"]
        if given["outcome"] == "approve":
            discounts.approve(asked, version=version, by=by, now=now, note=why)
        else:
            discounts.refuse(asked, version=version, by=by, now=now, why=why)


# --- Part of the order's page ----------------------------------------------------------------------------
def extras_part(order: WorkOrder) -> str:
    return f"{order.get_absolute_url()}#extras"


def sold_context(order: WorkOrder, *, offers: bool = True) -> dict[str, Any]:
    """What may be had beside the package, and what of it was sold: prices, nothing about debts (R9.9)."""
    return {
        "offered": offered_to(order) if offers else [],
        "sold": list(add_ons.lines_of(order.booking)),
        "currency": order.branch.currency,
        "is_open": order.booking.is_open,
    }


def offered_to(order: WorkOrder) -> list[tuple[str, list[AddOn]]]:
    """The add-ons that are not too late for this order, by kind."""
    late = refusals(order)
    return price_list.by_kind(row for row in add_ons.on_sale(order.branch) if row.kind not in late)


def extras_context(order: WorkOrder, actor: User) -> dict[str, Any]:
    """For `workflow/_sale_lines.html`: add-ons, fees and discounts, and what is asked of managers."""
    kinds = [LineKind.ADD_ON, LineKind.RUSH, LineKind.DISCOUNT]
    lines = order.booking.price_lines.filter(kind__in=kinds, reversed_by__isnull=True)
    rows = list(lines.select_related("add_on", "by"))
    asked = order.booking.discount_requests.open().select_related("asked_by").first()
    return {
        "extras": {
            "lines": rows,
            "asked": asked,
            "asked_by_me": asked is not None and asked.asked_by_id == actor.pk,
            "longer": longer_shoot(order, rows),
            "currency": order.branch.currency,
            "is_open": order.booking.is_open,
            "sells": FRONT,
            "sees": TAKES_MONEY,
            "manages": MANAGERS,
        }
    }


def longer_shoot(order: WorkOrder, lines: list[PriceLine]) -> dict[str, Any] | None:
    """The planned shoot, where looks sold beside the package do not fit into it, and what is missing."""
    extra = sum(
        line.add_on.extra_minutes * line.quantity
        for line in lines
        if line.add_on is not None and line.add_on.kind == AddOnKind.LOOK
    )
    if not extra:
        return None
    planned = Appointment.objects.filter(
        booking=order.booking_id, kind=AppointmentKind.SHOOT, state=AppointmentState.PLANNED
    )
    shoot = planned.first()
    if shoot is None:
        return None
    has = int((shoot.ends_at - shoot.starts_at).total_seconds() // 60)
    missing = needs.minutes_for(order.booking.package_version, AppointmentKind.SHOOT) + extra - has
    return {"shoot": shoot, "minutes": missing} if missing > 0 else None
