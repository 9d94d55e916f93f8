"""What a package costs on a day: its list price, and the seasons of the day it is sold and of its shoot."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from bookings.amounts import NOTHING
from bookings.models import PackageVersion, SeasonalPrice, SeasonBasis
from studio.foundation.models import in_language


@dataclass(frozen=True)
class Price:
    """`base` is the list price; `sold` and `shot` are the seasons that hold, if any.

    The season of the day of the sale is taken first; what the shoot's season costs more or less than the list
    price is added to that. Together they never go below nothing.
    """

    base: Decimal
    sold: SeasonalPrice | None = None
    shot: SeasonalPrice | None = None

    @property
    def by_sale(self) -> Decimal:
        """What the season of the sale adds to the list price (negative: takes off it)."""
        return self.sold.price - self.base if self.sold else NOTHING

    @property
    def by_shoot(self) -> Decimal:
        """What the season of the shoot adds, never taking the price below nothing."""
        return max(self.shot.price - self.base, -self.base - self.by_sale) if self.shot else NOTHING

    @property
    def total(self) -> Decimal:
        return self.base + self.by_sale + self.by_shoot

    @property
    def season(self) -> dict[str, str] | None:
        """The names of what makes it another price, in every language; None: it is the list price."""
        holding = [season for season in (self.sold, self.shot) if season is not None]
        if not holding:
            return None
        return {code: " · ".join(season.name_in(code) for season in holding) for code in holding[0].names}

    @property
    def season_name(self) -> str:
        return in_language(self.season) if self.season else ""

    @property
    def is_lower(self) -> bool:
        return self.total < self.base


def price_on(version: PackageVersion, *, sold_on: date, shot_on: date | None = None) -> Price:
    """The price of a version sold on one day and shot on another; asks no database where `seasonal_prices`
    are prefetched."""
    seasons = list(version.seasonal_prices.all())
    return Price(
        base=version.price,
        sold=season_on(seasons, SeasonBasis.SOLD, sold_on),
        shot=season_on(seasons, SeasonBasis.SHOT, shot_on),
    )


def season_on(seasons: Iterable[SeasonalPrice], basis: str, day: date | None) -> SeasonalPrice | None:
    """The season of this basis that a day lies in; the database lets there be one at most."""
    if day is None:
        return None
    holding = (one for one in seasons if one.basis == basis and one.starts_on <= day <= one.ends_on)
    return next(holding, None)


def seasons_ahead(version: PackageVersion, *, day: date) -> list[SeasonalPrice]:
    """Seasons that hold on `day` or later, the nearest first: what a price list tells beside the price."""
    coming = [one for one in version.seasonal_prices.all() if one.ends_on >= day]
    return sorted(coming, key=lambda one: (one.starts_on, one.basis, one.pk))
