"""The forms around money; each refusal is a sentence at its field."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from bookings.amounts import NOTHING, Money
from bookings.forms import AmountField, ReasonForm
from bookings.instalments import MOST, Planned
from bookings.models import Booking, Fault, Payer, PaymentKind
from bookings.models.money_kinds import RECORDED
from bookings.payers import payer_of
from customers.models import Member
from customers.names import clean

METHODS = [(method.value, method.label) for method in RECORDED]
SAY_HOW = {"required": _("Say how it was paid."), "invalid_choice": _("Say how it was paid.")}
LINES = (("amount", "method"), ("second_amount", "second_method"), ("third_amount", "third_method"))
"""One sum may come by three methods: half in cash, the rest by card."""
SOMEBODY_ELSE = "other"


class MoneyForm(forms.Form):
    """Up to three amounts, each by its method, and who pays."""

    method = forms.ChoiceField(
        label=_("How"), choices=METHODS, widget=forms.RadioSelect, error_messages=SAY_HOW
    )
    amount = AmountField(label=_("Amount"))
    payer = forms.ChoiceField(label=_("Who pays"), required=False)
    payer_name = forms.CharField(
        label=_("Name of the payer"),
        required=False,
        max_length=60,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def __init__(self, *args: Any, booking: Booking, **options: Any) -> None:
        super().__init__(*args, **options)
        self.booking = booking
        for amount, method in LINES[1:]:
            self.fields[amount] = AmountField(label=_("Another amount"), required=False)
            choices = [("", _("by …")), *METHODS]
            self.fields[method] = forms.ChoiceField(
                label=_("How"), required=False, choices=choices, error_messages=SAY_HOW
            )
        self.members = list(booking.customer.members.all())
        self.payers = list(booking.payers.all())
        named = {payer.name for payer in self.payers}
        people = [
            (f"member:{row.pk}", row.name) for row in self.members if row.name and row.name not in named
        ]
        known = [(f"payer:{row.pk}", row.name) for row in self.payers]
        self.fields["payer"].choices = [  # type: ignore[attr-defined]
            ("", _("the customer")),
            *known,
            *people,
            (SOMEBODY_ELSE, _("somebody else")),
        ]

    @property
    def more_lines(self) -> list[tuple[forms.BoundField, forms.BoundField]]:
        return [(self[amount], self[method]) for amount, method in LINES[1:]]

    @property
    def has_more(self) -> bool:
        """Whether the further lines stand open: something is in them."""
        return any(field.value() for pair in self.more_lines for field in pair)

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        for amount, method in LINES[1:]:
            if given.get(amount) and not given.get(method) and method not in self.errors:
                self.add_error(method, SAY_HOW["required"])
            if given.get(method) and given.get(amount) is None and amount not in self.errors:
                self.add_error(amount, _("Enter the amount."))
        if given.get("payer") == SOMEBODY_ELSE and not clean(given.get("payer_name", "")):
            self.add_error("payer_name", _("Enter the name of who pays."))
        return given

    def amounts(self) -> list[tuple[str, Decimal]]:
        """(method, amount) of each line that is filled in."""
        given = self.cleaned_data
        return [
            (given[method], given[amount])
            for amount, method in LINES
            if given.get(amount) and given.get(method)
        ]

    def sum(self) -> Decimal:
        """What the lines come to as far as they are understood, also of a form with mistakes."""
        self.is_valid()
        given = (self.cleaned_data.get(amount) for amount, _method in LINES)
        return sum((amount for amount in given if amount), NOTHING)

    def parts(self, kind: str) -> list[Money]:
        return [Money(kind, method, amount) for method, amount in self.amounts()]

    def payer_row(self) -> Payer | None:
        """Who pays, as a row of the order; made where the name is new. Call it inside the transaction."""
        given = self.cleaned_data
        chosen, _colon, pk = given.get("payer", "").partition(":")
        if chosen == "payer":
            return next(row for row in self.payers if str(row.pk) == pk)
        if chosen == "member":
            member: Member = next(row for row in self.members if str(row.pk) == pk)
            return payer_of(self.booking, member=member)
        return payer_of(self.booking, name=clean(given["payer_name"])) if chosen else None


class PaymentForm(MoneyForm):
    """Money for the price (F6: earnest money, prepayment or balance)."""

    kind = forms.ChoiceField(
        label=_("What for"),
        choices=[
            (kind.value, kind.label)
            for kind in (PaymentKind.EARNEST, PaymentKind.PREPAYMENT, PaymentKind.BALANCE)
        ],
        widget=forms.RadioSelect,
        error_messages={
            "required": _("Say what the money is for."),
            "invalid_choice": _("Say what the money is for."),
        },
    )


class RefundForm(ReasonForm):
    """How much goes back, why, and by which way: as it came, unless a manager says otherwise."""

    amount = AmountField(label=_("Amount"))
    method = forms.ChoiceField(
        label=_("By which way"), choices=METHODS, widget=forms.RadioSelect, error_messages=SAY_HOW
    )

    def __init__(self, *args: Any, came_by: str, may_choose: bool, **options: Any) -> None:
        super().__init__(*args, **options)
        self.came_by = came_by
        if not may_choose:
            del self.fields["method"]

    def chosen(self) -> str:
        return self.cleaned_data.get("method") or self.came_by


class CreditForm(ReasonForm):
    amount = AmountField(label=_("Amount"))


class DamageForm(forms.Form):
    what = forms.CharField(
        label=_("What was damaged"),
        max_length=80,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": _("Say what was damaged.")},
    )
    amount = AmountField(label=_("Amount"))

    def clean_what(self) -> str:
        what = clean(self.cleaned_data["what"])
        if not what:
            raise ValidationError(_("Say what was damaged."))
        return what


class SettlementForm(ReasonForm):
    """Whose decision it is that an order ends decides what becomes of its money (F6)."""

    fault = forms.ChoiceField(
        label=_("Whose decision is it"),
        choices=Fault.choices,
        widget=forms.RadioSelect,
        error_messages={
            "required": _("Say whose decision it is."),
            "invalid_choice": _("Say whose decision it is."),
        },
    )
    kept = AmountField(
        label=_("Kept for what was done already"), required=False, min_value=Decimal("0"), initial=None
    )
    seen = forms.CharField(required=False, max_length=120, widget=forms.HiddenInput)

    def clean_kept(self) -> Decimal:
        return self.cleaned_data["kept"] or NOTHING


class PlanForm(forms.Form):
    """The parts of a plan: twelve lines at most, each a day and an amount; empty ones are left out."""

    def __init__(self, *args: Any, planned: Iterable[Planned] = (), **options: Any) -> None:
        super().__init__(*args, **options)
        rows: list[tuple[date | None, Decimal | None]] = [*planned]
        for place in range(1, MOST + 1):
            due_on, amount = rows[place - 1] if place <= len(rows) else (None, None)
            self.fields[f"due_on_{place}"] = forms.DateField(
                label=_("Due on"),
                required=False,
                initial=due_on,
                widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
            )
            self.fields[f"amount_{place}"] = AmountField(label=_("Amount"), required=False, initial=amount)

    @property
    def rows(self) -> list[tuple[int, forms.BoundField, forms.BoundField]]:
        return [(place, self[f"due_on_{place}"], self[f"amount_{place}"]) for place in range(1, MOST + 1)]

    @property
    def filled_rows(self) -> int:
        """How many lines stand open: those with something in them, and one more."""
        last = max((place for place, *pair in self.rows if any(f.value() for f in pair)), default=1)
        return min(MOST, max(3, last + 1))

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        for place in range(1, MOST + 1):
            day, amount = f"due_on_{place}", f"amount_{place}"
            if given.get(amount) is not None and not given.get(day) and day not in self.errors:
                self.add_error(day, _("When is it due?"))
            if given.get(day) and given.get(amount) is None and amount not in self.errors:
                self.add_error(amount, _("Enter the amount."))
        return given

    def parts(self) -> list[Planned]:
        given = self.cleaned_data
        return [
            (given[f"due_on_{place}"], given[f"amount_{place}"])
            for place in range(1, MOST + 1)
            if given.get(f"due_on_{place}")
        ]

    def field_of(self, part: str) -> str | None:
        """The field of the part that a refusal names ("part-2": the second one that is filled in)."""
        filled = [place for place in range(1, MOST + 1) if self.cleaned_data.get(f"due_on_{place}")]
        _word, _dash, number = part.partition("-")
        return f"due_on_{filled[int(number) - 1]}" if number.isdigit() else None


class FapiaoForm(forms.Form):
    number = forms.CharField(
        label=_("Number"), max_length=30, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    buyer = forms.CharField(label=_("Made out to"), max_length=100)
    tax_number = forms.CharField(
        label=_("Tax number"),
        required=False,
        max_length=30,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    amount = AmountField(label=_("Amount"))
    issued_on = forms.DateField(
        label=_("Issued on"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
