"""What a sale would cost before anybody has sold it: the lines, the discount and what may bind it."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from bookings import discounts
from bookings.amounts import NOTHING
from bookings.models import AddOn, LineKind, SeasonalPrice
from bookings.models.package import earnest_limit
from bookings.prices import Price
from studio.foundation.models import in_language
from studio.staff.models import Branch


@dataclass(frozen=True)
class QuoteLine:
    kind: str
    label: dict[str, str]
    amount: Decimal
    quantity: int = 1

    @property
    def name(self) -> str:
        return in_language(self.label)


@dataclass(frozen=True)
class Quote:
    """`discount` is what is wanted; it is taken off where it lies within `room`, else a manager is asked and
    the price stays as it is until then."""

    branch: Branch
    lines: list[QuoteLine]
    discount: Decimal = NOTHING
    percent: Decimal = discounts.NONE

    @property
    def listed(self) -> Decimal:
        return sum((line.amount for line in self.lines), NOTHING)

    @property
    def room(self) -> Decimal:
        """The most that the seller takes off without asking."""
        return discounts.share(self.listed, self.percent)

    @property
    def is_asked(self) -> bool:
        return self.room < self.discount <= self.listed

    @property
    def is_too_much(self) -> bool:
        return self.discount > self.listed

    @property
    def given(self) -> Decimal:
        return self.discount if self.discount <= self.room else NOTHING

    @property
    def off(self) -> Decimal:
        """The discount as its line will say it: below nothing."""
        return -self.given

    @property
    def total(self) -> Decimal:
        return self.listed - self.given

    @property
    def earnest_limit(self) -> Decimal:
        return earnest_limit(self.total, self.branch)


def lines_of(
    names: dict[str, str], price: Price, add_ons: Iterable[tuple[AddOn, int]], rush: Decimal | None = None
) -> list[QuoteLine]:
    """The lines that the sale of this package would write, in their order."""
    lines = [QuoteLine(LineKind.PACKAGE, names, price.base)]
    lines += seasonal(price.sold, price.by_sale)
    lines += seasonal(price.shot, price.by_shoot)
    lines += [
        QuoteLine(LineKind.ADD_ON, add_on.names, add_on.price * quantity, quantity)
        for add_on, quantity in add_ons
    ]
    if rush:
        lines.append(QuoteLine(LineKind.RUSH, {"en": str(LineKind.RUSH.label)}, rush))
    return lines


def seasonal(season: SeasonalPrice | None, amount: Decimal) -> list[QuoteLine]:
    return [QuoteLine(LineKind.SEASON, season.names, amount)] if season is not None and amount else []
