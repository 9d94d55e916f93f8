"""The form of the sale: package, what binds it, terms, hopes, and the day of the shoot if there is one."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from bookings.date_forms import DateForm
from bookings.forms import AmountField
from bookings.models import AppointmentKind, PackageVersion, PaymentKind
from bookings.models.money_kinds import RECORDED
from bookings.needs import minutes_for
from bookings.quotes import Quote
from bookings.sales import Money
from bookings.schedule import Slot
from customers import reaching
from customers.models import Customer
from customers.names import clean, clean_lines
from studio.foundation.templatetags.studio import money
from studio.staff.models import Branch, User
from workflow.views.sale_price import PriceForm

WEDDINGS = (date(1900, 1, 1), date(2100, 1, 1))


class Binding(models.TextChoices):
    """What makes the sale binding (F6)."""

    EARNEST = PaymentKind.EARNEST.value, _("Earnest money")
    PREPAYMENT = PaymentKind.PREPAYMENT.value, _("Prepayment")
    LATER = "later", _("Pays later")
    WAIVER = "waiver", _("Without money")


class SaleForm(PriceForm, DateForm):
    """What is needed depends on what is chosen, so the server says what is missing, not the browser."""

    use_required_attribute = False
    day_is_needed = False

    package_version = forms.ModelChoiceField(
        label=_("Package"),
        queryset=PackageVersion.objects.none(),
        widget=forms.RadioSelect,
        empty_label=None,
        error_messages={
            "required": _("Choose a package."),
            "invalid_choice": _("This package is not on sale any more. Look at the prices and choose again."),
        },
    )
    binding = forms.ChoiceField(
        label=_("What binds the sale"),
        choices=Binding.choices,
        widget=forms.RadioSelect,
        initial=Binding.EARNEST,
        error_messages={"required": _("Choose one."), "invalid_choice": _("Choose one.")},
    )
    method = forms.ChoiceField(
        label=_("How"),
        choices=[(method.value, method.label) for method in RECORDED],
        widget=forms.RadioSelect,
        error_messages={"required": _("Say how it was paid."), "invalid_choice": _("Say how it was paid.")},
    )
    amount = AmountField(label=_("Amount"))
    waiver = forms.CharField(
        label=_("Why without money"),
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    terms = forms.BooleanField(label=_("The customer has read the terms and accepts them"), required=False)
    hopes = forms.CharField(
        label=_("What they hope for"),
        required=False,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    wedding_day = forms.DateField(
        label=_("Wedding day"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    news = forms.MultipleChoiceField(
        label=_("They want to hear of other things too"),
        help_text=_("Greetings, invitations, offers: only what they say yes to themselves."),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    wedding_day_seen = forms.CharField(required=False, max_length=10, widget=forms.HiddenInput)
    visit = forms.IntegerField(required=False, min_value=1, max_value=2**62, widget=forms.HiddenInput)

    def __init__(
        self, *args: Any, customer: Customer, seller: User, may_waive: bool, now: datetime, **options: Any
    ) -> None:
        given = args[0] if args else options.get("data") or options.get("initial")
        options["version"] = package_in(given or {}, customer.branch)
        super().__init__(*args, branch=customer.branch, kind=AppointmentKind.SHOOT, now=now, **options)
        self.customer, self.may_waive = customer, may_waive
        self.offer_add_ons(customer.branch, seller)
        del self.fields["minutes"]
        self.offer_news()
        if self.data.get("binding") in {Binding.LATER, Binding.WAIVER}:
            self.fields["amount"].required = self.fields["method"].required = False
        for name in ("day", "time"):
            self.fields[name].required = False
        self.fields["package_version"].queryset = PackageVersion.objects.on_sale(  # type: ignore[attr-defined]
            customer.branch, on=self.today
        )
        if not may_waive:
            del self.fields["waiver"]
            self.fields["binding"].choices = [  # type: ignore[attr-defined]
                (value, label) for value, label in Binding.choices if value != Binding.WAIVER
            ]

    def offer_news(self) -> None:
        """Asked only about the ways that nothing stands of yet (R2.2); what was ticked stays, for a second
        press of the same button."""
        ways = reaching.may_be_asked(self.customer)
        ticked = self.data.getlist("news") if hasattr(self.data, "getlist") else []
        if ways or ticked:
            self.fields["news"].choices = [  # type: ignore[attr-defined]
                (way.value, capfirst(way.label))
                for way in reaching.ways_of(self.customer)
                if way in ways or way in ticked
            ]
        else:
            del self.fields["news"]

    # --- Each field by itself ---
    def clean_day(self) -> date | None:  # type: ignore[override]
        return super().clean_day() if self.cleaned_data["day"] else None

    def clean_hopes(self) -> str:
        return clean_lines(self.cleaned_data["hopes"])

    def clean_waiver(self) -> str:
        return clean(self.cleaned_data["waiver"])

    def clean_wedding_day(self) -> date | None:
        day = self.cleaned_data["wedding_day"]
        if day and not WEDDINGS[0] <= day < WEDDINGS[1]:
            raise ValidationError(_("This year can't be meant. Check the wedding day."))
        return day

    # --- What belongs together ---
    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        quote = self.quote() if given.get("package_version") else None
        self.check_money(given, quote)
        if quote is not None:
            self.check_price(given, quote)
        self.check_date(given)
        self.check_wedding_day(given)
        return given

    def check_money(self, given: dict[str, Any], quote: Quote | None) -> None:
        binding, amount = given.get("binding"), given.get("amount")
        pays = binding in {Binding.EARNEST, Binding.PREPAYMENT}
        if binding == Binding.LATER and amount is not None:
            self.add_error(
                "binding", _("An amount is filled in: say whether it is earnest money or a prepayment.")
            )
        if binding == Binding.WAIVER and amount is not None:
            self.add_error("binding", _("An amount is filled in, so it is not without money."))
        if binding == Binding.WAIVER and not given.get("waiver") and "waiver" not in self.errors:
            self.add_error("waiver", _("Say why no money is taken."))
        if quote is not None and amount is not None and pays:
            self.check_limit(quote, amount, binding)

    def check_limit(self, quote: Quote, amount: Decimal, binding: Any) -> None:
        """What binds the sale is measured by what it costs: season, add-ons and discount counted (F6)."""
        currency = self.branch.currency
        if amount > quote.total:
            self.add_error(
                "amount",
                _("All together it costs %(price)s.") % {"price": money(quote.total, currency)},
            )
        elif binding == Binding.EARNEST and amount > quote.earnest_limit:
            self.add_error(
                "amount",
                _(
                    "Earnest money binds up to %(percent)s%% of the price: at most %(limit)s here. "
                    "Take it as a prepayment instead, or less."
                )
                % {
                    "percent": self.branch.earnest_limit_percent,
                    "limit": money(quote.earnest_limit, currency),
                },
            )

    def check_date(self, given: dict[str, Any]) -> None:
        day, clock = given.get("day"), given.get("time")
        people = any(given.get(need.key) for need in self.needs if need.resource is None)
        if day and clock is None and "time" not in self.errors:
            self.add_error("time", _("At what time do they come?"))
        if not day and "day" not in self.errors and (clock or people):
            self.add_error("day", _("On which day? Or leave time and people open as well."))
        needed = {
            "photographer": _("Who takes the pictures? Without a name the day is not held."),
            "place": _("Where? Without a place the day is not held."),
        }
        for name, sentence in needed.items():
            there_are_some = name in self.fields and len(self.fields[name].choices) > 1  # type: ignore[attr-defined]
            if day and there_are_some and not given.get(name) and name not in self.errors:
                self.add_error(name, sentence)

    def check_wedding_day(self, given: dict[str, Any]) -> None:
        """The file may have changed since the page was drawn; what somebody else wrote is not lost."""
        typed, current = given.get("wedding_day"), self.customer.wedding_day
        seen = given.get("wedding_day_seen", "")
        if "wedding_day" in self.errors or str(typed or "") == seen or typed == current:
            return
        if str(current or "") != seen:
            self.add_error(
                "wedding_day",
                _("Somebody changed it to %(day)s meanwhile. Send the form again if yours is right.")
                % {"day": current or _("open")},
            )

    # --- What it means ---
    def new_wedding_day(self) -> date | None:
        """The day to write into the customer's file, where the person at this form changed it."""
        typed = self.cleaned_data["wedding_day"]
        return typed if typed and str(typed) != self.cleaned_data["wedding_day_seen"] else None

    def payment(self) -> Money | None:
        given = self.cleaned_data
        if given["binding"] in {Binding.EARNEST, Binding.PREPAYMENT}:
            return Money(given["binding"], given["method"], given["amount"])
        return None

    def shoot(self) -> Slot | None:
        given = self.cleaned_data
        if not given["day"]:
            return None
        length = minutes_for(given["package_version"], AppointmentKind.SHOOT) + self.extra_minutes()
        return self.slot_on(given["day"], given["time"], length)

    def sale(self) -> dict[str, Any]:
        """The arguments of `sell`."""
        given, quote = self.cleaned_data, self.quote()
        return {
            "package_version": given["package_version"],
            "add_ons": self.wanted(),
            "rush": given["rush"],
            "discount": quote.discount if quote and quote.discount else None,
            "discount_why": given["discount_why"],
            "hopes": given["hopes"],
            "payment": self.payment(),
            "waiver": given.get("waiver", "") if given["binding"] == Binding.WAIVER else "",
            "terms_accepted": given["terms"],
            "shoot": self.shoot(),
        }


def package_in(given: Mapping[str, Any], branch: Branch) -> PackageVersion | None:
    """The package that is chosen in the form so far: who is asked for follows from it."""
    named = str(getattr(given.get("package_version"), "pk", given.get("package_version") or ""))
    if not (named.isascii() and named.isdigit() and len(named) < 15):
        return None
    return PackageVersion.objects.filter(package__branch=branch, pk=named).first()
