"""Money and reasons as people type them; each refusal is a sentence at its field."""

import unicodedata
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator
from django.utils.translation import gettext_lazy as _

from bookings.till import HIGHEST
from customers.names import clean

SIGNS = str.maketrans("", "", " ,¥$元圆圓")


class AmountField(forms.DecimalField):
    """An amount of money: 1200, 1,200.50, ¥1200 and １２００ are all understood; NaN and the like never."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("min_value", Decimal("0.01"))
        options.setdefault("max_value", HIGHEST)
        options.setdefault(
            "widget", forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off", "maxlength": 20})
        )
        options["error_messages"] = {
            "required": _("Enter the amount."),
            "invalid": _("Enter an amount in figures, like 500 or 1200.50."),
            "min_value": _("The amount must be more than nothing."),
            "max_value": _("That is more than any order costs. Check the figures."),
            "max_decimal_places": _("Two decimals at most: there is nothing smaller than a cent."),
            "max_digits": _("That is more than any order costs. Check the figures."),
            "max_whole_digits": _("That is more than any order costs. Check the figures."),
        }
        super().__init__(max_digits=10, decimal_places=2, **options)

    def to_python(self, value: Any) -> Decimal | None:  # type: ignore[override]
        if isinstance(value, str):
            if len(value) > 30:
                raise ValidationError(self.error_messages["invalid"], code="invalid")
            value = unicodedata.normalize("NFKC", value).upper().translate(SIGNS)
            value = value.removeprefix("NT").removeprefix("RMB")
        return super().to_python(value)


class ReasonForm(forms.Form):
    """Why something is called off, reversed or waived."""

    longest = 200
    why = forms.CharField(
        label=_("Why"),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": _("Say why; a few words are enough.")},
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["why"].validators.append(MaxLengthValidator(self.longest))
        self.fields["why"].widget.attrs["maxlength"] = self.longest

    def clean_why(self) -> str:
        why = clean(self.cleaned_data["why"])
        if not why:
            raise ValidationError(_("Say why; a few words are enough."))
        return why
