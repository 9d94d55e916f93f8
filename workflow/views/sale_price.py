"""What makes the price in the form of a sale: add-ons, a rush fee, a discount; counted by the server."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from bookings import add_ons, discounts, prices, quotes
from bookings.discount_forms import Reduction, ReductionField
from bookings.forms import AmountField
from bookings.models import AddOn, PackageVersion
from bookings.quotes import Quote
from customers.names import clean
from studio.foundation.templatetags.studio import money
from studio.staff.models import Branch, User


class PriceForm(forms.Form):
    """Fields for what is sold beside the package, and `quote()`: what it all comes to."""

    branch: Branch
    now: datetime

    rush = AmountField(label=_("Rush fee"), required=False)
    discount = ReductionField(label=_("Discount"), required=False, help_text=_("500, 5%, or 95折"))
    discount_why = forms.CharField(
        label=_("Why the discount"),
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    prices_seen = forms.CharField(required=False, max_length=20_000, widget=forms.HiddenInput)

    def offer_add_ons(self, branch: Branch, seller: User) -> None:
        """A field for each add-on on sale; called when the branch is known."""
        self.seller = seller
        self.offered = list(add_ons.on_sale(branch))
        for add_on in self.offered:
            self.fields[key_of(add_on)] = forms.IntegerField(
                label=add_on.name,
                required=False,
                min_value=0,
                max_value=add_ons.MOST,
                widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
                error_messages={
                    "invalid": _("How many? A figure is enough."),
                    "min_value": _("How many? A figure is enough."),
                    "max_value": _("Not more than %(most)d of it.") % {"most": add_ons.MOST},
                },
            )

    @property
    def today(self) -> date:
        return self.branch.today(self.now)

    @property
    def add_on_fields(self) -> list[tuple[AddOn, forms.BoundField]]:
        return [(add_on, self[key_of(add_on)]) for add_on in self.offered]

    # --- What it comes to ---
    def quote(self) -> Quote | None:
        """The price of what stands in the form, whatever in it is wrong left out; None without a package."""
        version = self.value_of("package_version")
        if version is None:
            return None
        price = prices.price_on(version, sold_on=self.today, shot_on=self.value_of("day"))
        lines = quotes.lines_of(version.package.names, price, self.wanted(), self.value_of("rush"))
        listed = Quote(self.branch, lines).listed
        reduction: Reduction | None = self.value_of("discount")
        return Quote(
            branch=self.branch,
            lines=lines,
            discount=reduction.off(listed, self.branch.currency) if reduction else Decimal("0.00"),
            percent=discounts.limit_percent(self.seller, self.branch),
        )

    def wanted(self) -> list[tuple[AddOn, int]]:
        counted = [(add_on, self.value_of(key_of(add_on)) or 0) for add_on in self.offered]
        return [(add_on, quantity) for add_on, quantity in counted if quantity]

    def extra_minutes(self) -> int:
        """How much longer the shoot takes with the looks that are sold beside the package."""
        return sum(add_on.extra_minutes * quantity for add_on, quantity in self.wanted())

    def value_of(self, name: str) -> Any:
        """What the field means, or None where it says nothing that can be understood."""
        field = self.fields.get(name)
        try:
            return field.clean(self[name].value()) if field is not None else None
        except ValidationError:
            return None

    # --- What belongs together ---
    def clean_discount_why(self) -> str:
        return clean(self.cleaned_data["discount_why"])

    def check_price(self, given: dict[str, Any], quote: Quote) -> None:
        """The reason of a discount, and prices that have changed since the page was drawn."""
        if given.get("discount") and not given.get("discount_why") and "discount_why" not in self.errors:
            self.add_error("discount_why", _("Say why it is cheaper for them."))
        if quote.is_too_much:
            self.add_error(
                "discount",
                _("The whole order costs %(total)s; no more than that can be taken off.")
                % {"total": money(quote.listed, self.branch.currency)},
            )
        seen = prices_in(given.get("prices_seen") or "")
        version: PackageVersion = given["package_version"]
        if seen.get(f"p{version.pk}", tag_of(version, self.today)) != tag_of(version, self.today):
            self.add_error("package_version", CHANGED)
        for add_on, _quantity in self.wanted():
            if seen.get(f"a{add_on.pk}", f"{add_on.price}") != f"{add_on.price}":
                self.add_error(key_of(add_on), CHANGED)
        self.check_withdrawn(seen)

    def check_withdrawn(self, seen: dict[str, str]) -> None:
        """An add-on that was on the page, was wanted, and is not sold any more."""
        gone = [name for name in seen if name.startswith("a") and f"add_on_{name[1:]}" not in self.fields]
        if any(str(self.data.get(f"add_on_{name[1:]}", "")).strip() not in {"", "0"} for name in gone):
            self.add_error(None, _("An add-on is not on sale any more. Look at the total and send it again."))


CHANGED = _("The price has changed since this page was drawn. Look at the new total and send it again.")


def key_of(add_on: AddOn) -> str:
    return f"add_on_{add_on.pk}"


def tag_of(version: PackageVersion, day: date) -> str:
    return f"{prices.price_on(version, sold_on=day).total}"


def tags(form: PriceForm, versions: list[PackageVersion]) -> str:
    """The prices that this page shows, for the form to carry along."""
    packages = [f"p{version.pk}={tag_of(version, form.today)}" for version in versions]
    return " ".join([*packages, *(f"a{add_on.pk}={add_on.price}" for add_on in form.offered)])


def prices_in(text: str) -> dict[str, str]:
    """What `tags` wrote; anything else is left out."""
    return dict(part.split("=", 1) for part in text.split() if "=" in part)
