"""The price list: what a branch sells on a day, what it holds and needs, and which seasons are coming."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from bookings import add_ons, needs, prices
from bookings.models import AddOn, AddOnKind, AppointmentKind, PackageVersion, SeasonalPrice
from bookings.models.package import PackageKind, earnest_limit
from bookings.prices import Price
from studio.staff.models import Branch

HOLDS = ("looks", "items", "services", "seasonal_prices", "needs__skill", "needs__resource")
"""What a price list reads of each version, fetched at once."""


@dataclass(frozen=True)
class Offer:
    """One package as it is sold on a day."""

    version: PackageVersion
    price: Price
    ahead: list[SeasonalPrice]
    """Seasons that run or come, the nearest first."""

    @property
    def earnest_limit(self) -> Decimal:
        return earnest_limit(self.price.total, self.version.package.branch)

    @property
    def minutes(self) -> int:
        return needs.minutes_for(self.version, AppointmentKind.SHOOT)

    @property
    def people(self) -> list[str]:
        """Who and what the shoot needs, in words: “Makeup artist · look 2”."""
        return [need.label() for need in needs.needs_of(self.version, AppointmentKind.SHOOT)]


def offers(branch: Branch, *, on: date, shot_on: date | None = None, kind: str = "") -> list[Offer]:
    """What is on sale on a day, at the prices of that day, by kind and price; a handful of queries."""
    versions = PackageVersion.objects.on_sale(branch, on=on)
    return offered(versions, on=on, shot_on=shot_on, kind=kind)


def prepared(branch: Branch, *, after: date, kind: str = "") -> list[Offer]:
    """Prices that are made for later: for managers' eyes."""
    versions = PackageVersion.objects.prepared(branch, after=after).prefetch_related(*HOLDS)
    rows = [one for one in versions if kind in {"", one.package.kind}]
    return [offer_of(one, on=one.valid_from or after) for one in rows]


def offered(versions: Any, *, on: date, shot_on: date | None = None, kind: str = "") -> list[Offer]:
    kinds = PackageKind.values
    rows = [one for one in versions.prefetch_related(*HOLDS) if kind in {"", one.package.kind}]
    rows.sort(key=lambda one: (kinds.index(one.package.kind), one.price, one.pk))
    return [offer_of(one, on=on, shot_on=shot_on) for one in rows]


def offer_of(version: PackageVersion, *, on: date, shot_on: date | None = None) -> Offer:
    return Offer(
        version=version,
        price=prices.price_on(version, sold_on=on, shot_on=shot_on),
        ahead=prices.seasons_ahead(version, day=on),
    )


def extras(branch: Branch) -> list[tuple[str, list[AddOn]]]:
    """The add-ons on sale, by kind, each with the name of its kind."""
    return by_kind(add_ons.on_sale(branch))


def by_kind(rows: Iterable[AddOn]) -> list[tuple[str, list[AddOn]]]:
    rows = list(rows)
    groups = [(str(kind.label), [row for row in rows if row.kind == kind]) for kind in AddOnKind]
    return [(label, group) for label, group in groups if group]
