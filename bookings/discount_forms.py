"""A discount as people say it: 500, 5%, or 95折."""

import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from bookings.amounts import HIGHEST
from bookings.discounts import ALL, share
from bookings.forms import SIGNS, ReasonForm
from bookings.models.package import payable

FOLD = re.compile(r"(\d{1,2}(?:\.\d)?)折")
PERCENT = re.compile(r"(\d{1,3}(?:\.\d{1,2})?)%")
AMOUNT = re.compile(r"\d{1,8}(?:\.\d{1,2})?")


@dataclass(frozen=True)
class Reduction:
    """So much off: an amount, or a share of whatever the order comes to."""

    amount: Decimal | None = None
    percent: Decimal | None = None

    def off(self, listed: Decimal, currency: str) -> Decimal:
        if self.percent is not None:
            return payable(share(listed, self.percent), currency)
        return self.amount or Decimal("0.00")


def reduction(text: str) -> Reduction:
    """What was typed, or a `ValidationError`. 95折 and 9.5折 are both five per cent off."""
    words = unicodedata.normalize("NFKC", text).strip()
    words = words.replace("RMB", "").replace("CNY", "").translate(SIGNS)
    if fold := FOLD.fullmatch(words):
        figure = Decimal(fold[1])
        paid = figure if figure >= 10 else figure * 10
        return percentage(ALL - paid if paid else ALL + 1)
    if percent := PERCENT.fullmatch(words):
        return percentage(Decimal(percent[1]))
    if not AMOUNT.fullmatch(words):
        raise ValidationError(_("Enter an amount like 500, a share like 5%, or 95折."))
    amount = Decimal(words)
    if not 0 < amount <= HIGHEST:
        raise ValidationError(_("The amount must be more than nothing."))
    return Reduction(amount=amount)


def percentage(percent: Decimal) -> Reduction:
    if not 0 < percent <= ALL:
        raise ValidationError(_("More than nothing, and at most everything."))
    return Reduction(percent=percent)


class ReductionField(forms.CharField):
    """A text field whose value is a `Reduction`, or None where it is left empty."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("widget", forms.TextInput(attrs={"autocomplete": "off", "maxlength": 20}))
        super().__init__(max_length=20, **options)

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        return reduction(text) if text else None


class DiscountForm(ReasonForm):
    """A discount on an order that is open."""

    field_order = ["discount", "why"]

    discount = ReductionField(
        label=_("How much off"),
        help_text=_("500, 5%, or 95折"),
        error_messages={"required": _("Say how much.")},
    )
