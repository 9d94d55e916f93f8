"""What a branch offers on its booking page: packages at the price of the day, days, free times."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from bookings.models import OnlineBooking, OnlineMode, PackageKind, PackageVersion
from bookings.prices import Price, price_on
from bookings.teams import FreeTimes, kind_for
from studio.staff.models import Branch


@dataclass(frozen=True)
class Offer:
    version: PackageVersion
    price: Price


class NotOffered(Exception):
    """A package, day or time that the page does not offer, or not any more."""


def settings_of(branch: Branch) -> OnlineBooking | None:
    """The settings of an open page; None while it is closed."""
    found = OnlineBooking.objects.select_related("branch").filter(branch=branch).first()
    return found if found is not None and found.mode != OnlineMode.OFF else None


def offers(online: OnlineBooking, *, now: datetime) -> list[Offer]:
    """What customers choose from, each at the price of today."""
    today = online.branch.today(now)
    chosen = list(online.packages.values_list("pk", flat=True))
    rows = PackageVersion.objects.on_sale(online.branch, on=today).prefetch_related(
        "looks", "items", "services", "seasonal_prices"
    )
    if chosen:
        rows = rows.filter(package__in=chosen)
    kinds = PackageKind.values
    in_order = sorted(rows, key=lambda row: (kinds.index(row.package.kind), row.price, row.pk))
    return [Offer(version, price_on(version, sold_on=today)) for version in in_order]


def offered(online: OnlineBooking, package: int, *, now: datetime) -> PackageVersion:
    """What is sold of a package now; `NotOffered` where the page does not have it."""
    for offer in offers(online, now=now):
        if offer.version.package_id == package:
            return offer.version
    raise NotOffered


def days_of(online: OnlineBooking, *, now: datetime) -> tuple[date, date]:
    """The first and the last day that customers may choose."""
    today = online.branch.today(now)
    return today + timedelta(online.lead_days), today + timedelta(online.horizon_days)


def free_times(
    online: OnlineBooking, version: PackageVersion | None, *, around: date, now: datetime
) -> FreeTimes:
    return FreeTimes(online.branch, version, kind_for(version), middle=around, now=now)
