"""Seasons, add-ons and limits for tests of the price."""

from datetime import date
from decimal import Decimal
from typing import Any

from bookings.models import AddOn, DiscountLimit, PackageVersion, SeasonalPrice
from studio.staff.models import Branch


def season(
    version: PackageVersion, price: str, first: date, last: date, basis: str = "sold", name: str = "Season"
) -> SeasonalPrice:
    return SeasonalPrice.objects.create(
        version=version,
        basis=basis,
        starts_on=first,
        ends_on=last,
        price=Decimal(price),
        name_en=name,
        name_zh_hans=f"{name}（简）",
        name_zh_hant=f"{name}（繁）",
    )


def add_on(branch: Branch, kind: str = "item", price: str = "300.00", **fields: Any) -> AddOn:
    name = fields.pop("name", kind.capitalize())
    return AddOn.objects.create(
        branch=branch,
        kind=kind,
        price=Decimal(price),
        name_en=name,
        name_zh_hans=f"{name}（简）",
        name_zh_hant=f"{name}（繁）",
        **fields,
    )


def limit(branch: Branch, role: str, percent: str) -> DiscountLimit:
    return DiscountLimit.objects.create(branch=branch, role=role, percent=Decimal(percent))
