"""The drawer as people type it: pieces of money, counts by method, movements; refusals at their field."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from django import forms
from django.forms import BoundField
from django.utils.translation import gettext_lazy as _

from bookings import shifts, takings
from bookings.forms import AmountField
from bookings.models import CashMovementKind, CashShift, PaymentMethod
from customers.names import clean
from studio.staff.models import Branch, User

PIECES = {
    "CNY": ("100", "50", "20", "10", "5", "1", "0.5", "0.1"),
    "TWD": ("2000", "1000", "500", "200", "100", "50", "10", "5", "1"),
    "HKD": ("1000", "500", "100", "50", "20", "10", "5", "2", "1", "0.5", "0.2", "0.1"),
    "MOP": ("1000", "500", "100", "50", "20", "10", "5", "2", "1", "0.5", "0.2", "0.1"),
    "EUR": (
        "500",
        "200",
        "100",
        "50",
        "20",
        "10",
        "5",
        "2",
        "1",
        "0.5",
        "0.2",
        "0.1",
        "0.05",
        "0.02",
        "0.01",
    ),
    "USD": ("100", "50", "20", "10", "5", "1", "0.25", "0.1", "0.05", "0.01"),
}
"""Notes and coins by currency, the largest first; elsewhere the sum is typed."""
MOST_PIECES = 9999
ANY_AMOUNT = {"min_value": Decimal("0"), "required": False}


def why_field(label: Any) -> forms.CharField:
    return forms.CharField(
        label=label, max_length=200, required=False, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )


class PiecesForm(forms.Form):
    """Cash by notes and coins, or as one sum; `counted` is what they make."""

    cash = AmountField(label=_("Cash counted"), **ANY_AMOUNT)

    def __init__(self, *args: Any, branch: Branch, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.branch = branch
        for place, value in enumerate(PIECES.get(branch.currency, ())):
            self.fields[f"pieces_{place}"] = forms.IntegerField(
                label=value,
                min_value=0,
                max_value=MOST_PIECES,
                required=False,
                widget=forms.TextInput(
                    attrs={
                        "class": "input",
                        "inputmode": "numeric",
                        "autocomplete": "off",
                        "maxlength": 4,
                        "data-piece": value,
                    }
                ),
                error_messages=dict.fromkeys(
                    ("invalid", "min_value", "max_value"), _("A whole number of pieces, up to 9999.")
                ),
            )

    @property
    def pieces(self) -> Iterator[tuple[str, BoundField, Decimal | None]]:
        """(value, field, what they make together where they were counted)."""
        for place, value in enumerate(PIECES.get(self.branch.currency, ())):
            many = getattr(self, "cleaned_data", {}).get(f"pieces_{place}")
            yield value, self[f"pieces_{place}"], None if many is None else many * Decimal(value)

    @property
    def counted(self) -> Decimal | None:
        """What was counted; None where nothing was. Only asked once the form was cleaned."""
        sums = [sum_ for _value, _field, sum_ in self.pieces if sum_ is not None]
        return sum(sums, Decimal("0.00")) if sums else self.cleaned_data.get("cash")

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not self.errors and self.counted is None:
            self.add_error("cash", _("Count the cash. Nothing in the drawer is 0."))
        return data


class FloatForm(PiecesForm):
    """What is in the drawer when somebody takes it over."""

    why = why_field(_("Why it is another sum, if it is"))


class CountForm(PiecesForm):
    """Cashing up: each method beside the books, what stays in the drawer, and who gets it."""

    left_in_drawer = AmountField(
        label=_("Stays in the drawer"),
        help_text=_("The change for the next shift. The rest goes to the bank or the safe."),
        min_value=Decimal("0"),
    )
    handed_to = forms.ModelChoiceField(
        label=_("Handed over to"), queryset=User.objects.none(), required=False, empty_label=_("nobody yet")
    )
    note = forms.CharField(
        label=_("Note"), max_length=300, required=False, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    shift = forms.IntegerField(min_value=1, widget=forms.HiddenInput, required=False)
    seen = forms.IntegerField(widget=forms.HiddenInput, required=False)
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, shift: CashShift, by: User, **kwargs: Any) -> None:
        super().__init__(*args, branch=shift.branch, **kwargs)
        self.takings = [one for one in takings.of_shift(shift) if one.must_be_counted]
        people = [user.pk for user in shifts.may_take_over(shift.branch) if user != by]
        self.fields["handed_to"].queryset = User.objects.filter(pk__in=people)  # type: ignore[attr-defined]
        for one in self.takings:
            self.fields[f"why_{one.method}"] = why_field(_("Why it differs"))
            if one.method != PaymentMethod.CASH:
                self.fields[f"counted_{one.method}"] = AmountField(
                    label=one.label, min_value=-shifts.HIGHEST, required=False
                )

    @property
    def counts(self) -> dict[str, Decimal]:
        found = {one.method: self.cleaned_data.get(f"counted_{one.method}") for one in self.takings}
        found[PaymentMethod.CASH.value] = self.counted
        return {method: amount for method, amount in found.items() if amount is not None}

    @property
    def whys(self) -> dict[str, str]:
        return {one.method: self.cleaned_data.get(f"why_{one.method}", "") for one in self.takings}

    @property
    def rows(self) -> Iterator[dict[str, Any]]:
        """One line for each method: the books, the field, the difference where it was counted."""
        counts = self.counts if self.is_bound and hasattr(self, "cleaned_data") else {}
        for one in self.takings:
            counted = counts.get(one.method)
            yield {
                "taking": one,
                "is_cash": one.method == PaymentMethod.CASH,
                "counted": self["cash" if one.method == PaymentMethod.CASH else f"counted_{one.method}"],
                "why": self[f"why_{one.method}"],
                "sum": counted,
                "difference": None if counted is None else counted - one.expected,
            }


class MovementForm(forms.Form):
    """Cash in or out of the drawer for no order. The kind says which way, but for "other"."""

    kind = forms.ChoiceField(
        label=_("What for"),
        choices=CashMovementKind.choices,
        widget=forms.RadioSelect,
        error_messages=dict.fromkeys(("required", "invalid_choice"), _("Say what it was for.")),
    )
    direction = forms.ChoiceField(
        label=_("Which way"),
        choices=[("out", _("out of the drawer")), ("in", _("into the drawer"))],
        widget=forms.RadioSelect,
        required=False,
        help_text=_("Only asked for “other”."),
    )
    amount = AmountField(label=_("Amount"))
    why = forms.CharField(
        label=_("Why"),
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": _("Say why; a few words are enough.")},
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("kind") == CashMovementKind.OTHER and not data.get("direction"):
            self.add_error("direction", _("Say whether it came in or went out."))
        return data

    @property
    def signed(self) -> Decimal:
        out = self.cleaned_data["kind"] in shifts.OUT or (
            self.cleaned_data["kind"] == CashMovementKind.OTHER and self.cleaned_data["direction"] == "out"
        )
        amount: Decimal = self.cleaned_data["amount"]
        return -amount if out else amount


class ShiftFilter(forms.Form):
    """Which shifts a manager looks at; what can't be read is left out."""

    month = forms.CharField(label=_("Month"), required=False, widget=forms.TextInput(attrs={"type": "month"}))
    person = forms.ModelChoiceField(
        label=_("Who"), queryset=User.objects.none(), required=False, empty_label=_("everybody")
    )
    differing = forms.BooleanField(label=_("Only with differences"), required=False)

    def __init__(self, *args: Any, branch: Branch, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        ids = CashShift.objects.in_branch(branch).values("opened_by")
        self.fields["person"].queryset = User.objects.filter(pk__in=ids)  # type: ignore[attr-defined]

    def clean_month(self) -> tuple[int, int] | None:
        year, _dash, month = clean(self.cleaned_data["month"]).partition("-")
        whole = year.isascii() and year.isdigit() and month.isascii() and month.isdigit()
        if not whole or not (2000 <= int(year) <= 2200 and 1 <= int(month) <= 12):
            return None
        return int(year), int(month)
