"""What the demo shop sells beside its packages, at which prices when, and how far each role may go."""

from datetime import date
from decimal import Decimal

from bookings.models import (
    AddOn,
    DiscountLimit,
    OnlineBooking,
    PackageNeed,
    PackageService,
    PackageVersion,
    SchedulingRules,
    SeasonalPrice,
    SeasonBasis,
    Skill,
)
from studio.demo.words import NAMES
from studio.staff.models import Branch, Role

TAIWAN_PRICE = Decimal("4.4")

SERVICES = {
    "evergreen": [("service_breakfast", 1), ("service_touch_up", 1), ("service_parking", 1)],
    "first_snow": [("service_touch_up", 1)],
    "hundred_days": [("service_second_try", 1)],
}

# package → rows of (kind, from minute, minutes (0: to the end), look, kept free after, may stay open)
NEEDS = {
    "evergreen": [
        ("artist", 0, 90, 1, 0, False),
        ("artist", 180, 45, 2, 0, False),
        ("artist", 285, 45, 3, 0, False),
        ("photographer", 90, 0, None, 15, False),
        ("floor", 90, 0, None, 15, False),
        ("assistant", 90, 0, None, 0, True),
    ],
    "first_snow": [
        ("artist", 0, 90, 1, 0, False),
        ("artist", 165, 45, 2, 0, False),
        ("photographer", 90, 0, None, 15, False),
        ("floor", 90, 0, None, 15, False),
    ],
}
NEWBORN = "hundred_days"

# (names key, kind, price in CNY, longer shoot in minutes)
ADD_ONS = [
    ("add_on_look", "look", "880", 60),
    ("add_on_frame", "item", "480", 0),
    ("add_on_parents_album", "item", "1280", 0),
    ("add_on_crystal", "item", "360", 0),
    ("add_on_retouch", "retouch", "60", 0),
    ("add_on_film", "service", "1980", 0),
    ("add_on_car", "service", "600", 0),
]
LIMITS = {Role.CONSULTANT: "5", Role.MANAGER: "20", Role.GENERAL_MANAGER: "100"}
HIGH_SEASON = ((4, 20), (5, 31), Decimal("1.10"))
QUIET_SEASON = ((11, 12), (12, 20), Decimal("0.88"))
SEASONAL = ["evergreen", "first_snow"]


def named(key: str) -> dict[str, str]:
    """The three name fields of a word in words.NAMES."""
    return dict(zip(["name_en", "name_zh_hans", "name_zh_hant"], NAMES[key], strict=True))


def price_in(branch: Branch, amount: Decimal) -> Decimal:
    """A price in yuan, in the branch's money, rounded as a price tag would be."""
    if branch.currency == "TWD":
        amount *= TAIWAN_PRICE
        return max((amount / 100).quantize(Decimal("1")) * 100, Decimal(100))
    return amount.quantize(Decimal("1"))


def fill_version(version: PackageVersion, key: str, newborns: Skill) -> None:
    """The services of a version that is not sold yet, and who and what its shoot needs from when to when."""
    for position, (service, quantity) in enumerate(SERVICES.get(key, []), start=1):
        PackageService.objects.create(version=version, position=position, quantity=quantity, **named(service))
    for position, (kind, begins, minutes, look, after, optional) in enumerate(NEEDS.get(key, []), start=1):
        PackageNeed.objects.create(
            version=version,
            kind=kind,
            from_minute=begins,
            minutes=minutes,
            look=look,
            buffer_after=after,
            is_optional=optional,
            position=position,
        )
    if key == NEWBORN:
        PackageNeed.objects.create(version=version, kind="photographer", skill=newborns, position=1)
        PackageNeed.objects.create(version=version, kind="artist", is_optional=True, position=2)
        PackageNeed.objects.create(version=version, kind="floor", buffer_after=15, position=3)


def add_terms(branch: Branch, *, today: date) -> None:
    """Add-ons, limits, rules and this year's and next year's seasons; what is there already stays."""
    if AddOn.objects.filter(branch=branch).exists():
        return
    for position, (key, kind, price, minutes) in enumerate(ADD_ONS, start=1):
        AddOn.objects.create(
            branch=branch,
            kind=kind,
            price=price_in(branch, Decimal(price)),
            extra_minutes=minutes,
            position=position,
            **named(key),
        )
    for role, percent in LIMITS.items():
        DiscountLimit.objects.get_or_create(branch=branch, role=role, defaults={"percent": Decimal(percent)})
    SchedulingRules.objects.get_or_create(branch=branch)
    OnlineBooking.objects.get_or_create(branch=branch, defaults={"mode": "request"})
    for year in (today.year, today.year + 1):
        for version in seasonal_versions(branch):
            add_season(version, "season_high", HIGH_SEASON, SeasonBasis.SHOT, year)
            add_season(version, "season_quiet", QUIET_SEASON, SeasonBasis.SOLD, year)


def seasonal_versions(branch: Branch) -> list[PackageVersion]:
    english = [NAMES[f"package_{key}"][0] for key in SEASONAL]
    return list(PackageVersion.objects.filter(package__branch=branch, package__name_en__in=english))


def add_season(
    version: PackageVersion,
    key: str,
    season: tuple[tuple[int, int], tuple[int, int], Decimal],
    basis: SeasonBasis,
    year: int,
) -> None:
    (first_month, first), (last_month, last), share = season
    price = (version.price * share / 10).quantize(Decimal("1")) * 10
    SeasonalPrice.objects.create(
        version=version,
        basis=basis,
        starts_on=date(year, first_month, first),
        ends_on=date(year, last_month, last),
        price=price,
        **named(key),
    )
