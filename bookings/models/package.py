"""Packages (套系) in versions: an order keeps the terms that it was sold at."""

from datetime import date
from decimal import ROUND_DOWN, Decimal
from typing import Any

import pgtrigger
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Func, Q, Value
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from bookings.models.kinds import AppointmentKind
from bookings.models.resource import Resource, ResourceKind, Skill
from studio.foundation.audit import audited
from studio.foundation.models import Named
from studio.staff.models import Branch

AMOUNT: dict[str, Any] = {"max_digits": 10, "decimal_places": 2}


def once_sold_never_changed(version: str, operation: pgtrigger.Operation) -> pgtrigger.Trigger:
    """The database refuses to change what a sold version holds and costs; `version` is the column of its id.

    The version's row is locked first, so that a sale in the same second is seen.
    """
    return pgtrigger.Trigger(
        name="sold_never_changed",
        when=pgtrigger.Before,
        operation=operation,
        declare=[("of_version", "bigint")],
        func=f"""
            FOREACH of_version IN ARRAY ARRAY_REMOVE(ARRAY[
                CASE WHEN TG_OP <> 'INSERT' THEN OLD.{version} END,
                CASE WHEN TG_OP <> 'DELETE' THEN NEW.{version} END], NULL)
            LOOP
                PERFORM 1 FROM bookings_packageversion WHERE id = of_version FOR SHARE;
                IF EXISTS (SELECT 1 FROM bookings_booking WHERE package_version_id = of_version) THEN
                    RAISE EXCEPTION 'package version % is sold', of_version
                        USING ERRCODE = 'check_violation', CONSTRAINT = 'sold_never_changed';
                END IF;
            END LOOP;
            IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
            RETURN NEW;
        """,
    )


WITHOUT_CENTS = frozenset({"TWD", "JPY", "KRW"})
"""Currencies in which nobody can pay less than one: what is worked out in them comes out whole."""


def payable(amount: Decimal, currency: str) -> Decimal:
    """An amount that was worked out (a share, a part), down to what can be paid in this currency."""
    smallest = Decimal("1") if currency in WITHOUT_CENTS else Decimal("0.01")
    return amount.quantize(smallest, rounding=ROUND_DOWN).quantize(Decimal("0.01"))


def earnest_limit(total: Decimal, branch: Branch) -> Decimal:
    """The most earnest money that binds on `total`: the branch's percentage, at most 20 (F6)."""
    return payable(total * branch.earnest_limit_percent / 100, branch.currency)


class PackageKind(models.TextChoices):
    WEDDING = "wedding", _("wedding")
    PORTRAIT = "portrait", _("portrait")
    BABY = "baby", _("baby")
    FAMILY = "family", _("family")
    COMPANY = "company", _("company")


@audited()
class Package(Named):
    branch = models.ForeignKey(Branch, models.PROTECT, related_name="packages", verbose_name=_("branch"))
    kind = models.CharField(_("kind"), max_length=10, choices=PackageKind.choices)
    is_active = models.BooleanField(_("on sale"), default=True)

    class Meta:
        verbose_name = _("package")
        verbose_name_plural = _("packages")
        ordering = ["branch", "kind", "id"]


class PackageVersionQuerySet(models.QuerySet["PackageVersion"]):
    def valid_on(self, day: date) -> "PackageVersionQuerySet":
        """Versions whose price is not only prepared for a later day."""
        return self.filter(Q(valid_from__isnull=True) | Q(valid_from__lte=day))

    def on_sale(self, branch: Branch, *, on: date | None = None) -> "PackageVersionQuerySet":
        """What the branch sells on a day (today): of each package the newest version valid then."""
        newest = models.Subquery(
            PackageVersion.objects.filter(package=models.OuterRef("package"))
            .valid_on(on or branch.today(timezone.now()))
            .order_by("-number")
            .values("pk")[:1]
        )
        return self.filter(package__branch=branch, package__is_active=True, pk=newest).select_related(
            "package__branch"
        )

    def prepared(self, branch: Branch, *, after: date) -> "PackageVersionQuerySet":
        """Versions that come on sale later, the nearest first."""
        coming = self.filter(package__branch=branch, package__is_active=True, valid_from__gt=after)
        return coming.select_related("package__branch").order_by("valid_from", "pk")


@audited()
class PackageVersion(models.Model):
    """What a package holds and costs from `created_at` on; once sold it is never changed."""

    package = models.ForeignKey(Package, models.PROTECT, related_name="versions", verbose_name=_("package"))
    number = models.PositiveIntegerField(_("version"), default=1)
    price = models.DecimalField(_("price"), validators=[MinValueValidator(Decimal("0"))], **AMOUNT)
    styling_minutes = models.PositiveSmallIntegerField(_("styling, minutes"), default=90)
    shoot_minutes = models.PositiveSmallIntegerField(
        _("whole shoot, minutes"), default=360, help_text=_("From arrival to the end, styling included.")
    )
    selection_after_days = models.PositiveSmallIntegerField(_("selection, days after the shoot"), default=7)
    pickup_after_days = models.PositiveSmallIntegerField(_("pickup, days after the selection"), default=30)
    valid_from = models.DateField(
        _("on sale from"), null=True, blank=True, help_text=_("Empty: at once. Prices can be prepared ahead.")
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = PackageVersionQuerySet.as_manager()

    class Meta:
        triggers = [once_sold_never_changed("id", pgtrigger.Update)]
        verbose_name = _("package version")
        verbose_name_plural = _("package versions")
        ordering = ["package", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["package", "number"], name="package_version_once"),
            models.CheckConstraint(condition=models.Q(price__gte=0), name="package_price_not_negative"),
            models.CheckConstraint(condition=models.Q(shoot_minutes__gt=0), name="package_shoot_takes_time"),
        ]

    def __str__(self) -> str:
        return f"{self.package} · {self.number}"

    @property
    def holds(self) -> list[list[Any]]:
        """Looks, things to take home and services, each kind that there is: what it says on a price list."""
        groups: list[list[Any]] = [list(self.looks.all()), list(self.items.all()), list(self.services.all())]
        return [group for group in groups if group]

    @property
    def earnest_limit(self) -> Decimal:
        """The most that may be taken as earnest money (定金) on this price, to the cent below (F6)."""
        return earnest_limit(self.price, self.package.branch)


@audited()
class PackageLook(Named):
    """One look (一组): an outfit with its styling."""

    version = models.ForeignKey(PackageVersion, models.CASCADE, related_name="looks")
    position = models.PositiveSmallIntegerField(_("order"), default=1)

    class Meta:
        triggers = [
            once_sold_never_changed("version_id", pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete)
        ]
        verbose_name = _("look")
        verbose_name_plural = _("looks")
        ordering = ["position", "id"]


@audited()
class PackageItem(Named):
    """One thing that the customer takes home: album, frame, files."""

    version = models.ForeignKey(PackageVersion, models.CASCADE, related_name="items")
    quantity = models.PositiveSmallIntegerField(_("how many"), default=1, validators=[MinValueValidator(1)])
    position = models.PositiveSmallIntegerField(_("order"), default=1)

    class Meta:
        triggers = [
            once_sold_never_changed("version_id", pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete)
        ]
        verbose_name = _("item")
        verbose_name_plural = _("items")
        ordering = ["position", "id"]


@audited()
class PackageService(Named):
    """Something done for the customer without a thing to take home: breakfast, a car, a sunrise call."""

    version = models.ForeignKey(PackageVersion, models.CASCADE, related_name="services")
    quantity = models.PositiveSmallIntegerField(_("how many"), default=1, validators=[MinValueValidator(1)])
    position = models.PositiveSmallIntegerField(_("order"), default=1)

    class Meta:
        triggers = [
            once_sold_never_changed("version_id", pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete)
        ]
        verbose_name = _("included service")
        verbose_name_plural = _("included services")
        ordering = ["position", "id"]


@audited()
class PackageNeed(models.Model):
    """Who or what an appointment of this package needs, from when to when, with which buffers (minutes).

    `minutes` 0 means: to the end. The buffers stand beside the resource's own; the longer one holds.
    Of two rows of the same kind at different times the second is done by the same person, where nobody else
    is named for it.
    """

    version = models.ForeignKey(PackageVersion, models.CASCADE, related_name="needs")
    appointment = models.CharField(
        _("for"), max_length=10, choices=AppointmentKind.choices, default=AppointmentKind.SHOOT
    )
    kind = models.CharField(_("kind"), max_length=15, choices=ResourceKind.choices)
    quantity = models.PositiveSmallIntegerField(_("how many"), default=1, validators=[MinValueValidator(1)])
    from_minute = models.PositiveSmallIntegerField(_("from minute"), default=0)
    minutes = models.PositiveSmallIntegerField(_("minutes"), default=0, help_text=_("0: to the end."))
    look = models.PositiveSmallIntegerField(_("for look"), null=True, blank=True)
    buffer_before = models.PositiveSmallIntegerField(_("kept free before, minutes"), default=0)
    buffer_after = models.PositiveSmallIntegerField(_("kept free after, minutes"), default=0)
    skill = models.ForeignKey(
        Skill, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("skill")
    )
    resource = models.ForeignKey(
        Resource, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("always this one")
    )
    is_optional = models.BooleanField(_("may stay open"), default=False)
    position = models.PositiveSmallIntegerField(_("order"), default=1)

    class Meta:
        triggers = [
            once_sold_never_changed("version_id", pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete)
        ]
        verbose_name = _("need")
        verbose_name_plural = _("what its appointments need")
        ordering = ["appointment", "position", "id"]

    def __str__(self) -> str:
        return f"{self.appointment}: {self.quantity} × {self.kind}"


class SeasonBasis(models.TextChoices):
    SOLD = "sold", _("when it is sold in these days")
    SHOT = "shot", _("when the shoot is in these days")


@audited()
class SeasonalPrice(Named):
    """Another price for some days (inclusive): an offer by the day of the sale, a season by the shoot's.

    May be added to a version that was sold: an order keeps the lines that it was sold with.
    """

    version = models.ForeignKey(PackageVersion, models.CASCADE, related_name="seasonal_prices")
    basis = models.CharField(_("holds"), max_length=4, choices=SeasonBasis.choices, default=SeasonBasis.SOLD)
    starts_on = models.DateField(_("first day"))
    ends_on = models.DateField(_("last day"))
    price = models.DecimalField(_("price"), validators=[MinValueValidator(Decimal("0"))], **AMOUNT)

    class Meta:
        verbose_name = _("seasonal price")
        verbose_name_plural = _("seasonal prices")
        ordering = ["starts_on", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_on__gte=F("starts_on")),
                name="seasonal_price_ends_after_start",
                violation_error_message=_("The last day lies before the first."),
            ),
            models.CheckConstraint(condition=Q(price__gte=0), name="seasonal_price_not_negative"),
            *(
                ExclusionConstraint(
                    name=f"one_seasonal_price_{basis}",
                    index_type="GIST",
                    expressions=[
                        (
                            Func(F("version"), F("version"), Value("[]"), function="int8range"),
                            RangeOperators.OVERLAPS,
                        ),
                        (
                            Func(F("starts_on"), F("ends_on"), Value("[]"), function="daterange"),
                            RangeOperators.OVERLAPS,
                        ),
                    ],
                    condition=Q(basis=basis),
                    violation_error_message=_("There is a seasonal price for some of these days already."),
                )
                for basis in ("sold", "shot")
            ),
        ]


class AddOnKind(models.TextChoices):
    LOOK = "look", _("one more look")
    ITEM = "item", _("something to take home")
    SERVICE = "service", _("a service")
    RETOUCH = "retouch", _("retouched pictures")


@audited()
class AddOn(Named):
    """Something sold beside the package. Its price may change: what was sold keeps its line."""

    branch = models.ForeignKey(Branch, models.PROTECT, related_name="add_ons", verbose_name=_("branch"))
    kind = models.CharField(_("kind"), max_length=10, choices=AddOnKind.choices)
    price = models.DecimalField(_("price"), validators=[MinValueValidator(Decimal("0"))], **AMOUNT)
    extra_minutes = models.PositiveSmallIntegerField(
        _("longer shoot, minutes"), default=0, help_text=_("For a look: styling and shooting together.")
    )
    position = models.PositiveSmallIntegerField(_("order"), default=1)
    is_active = models.BooleanField(_("on sale"), default=True)

    class Meta:
        verbose_name = _("add-on")
        verbose_name_plural = _("add-ons")
        ordering = ["branch", "kind", "position", "id"]
        constraints = [models.CheckConstraint(condition=Q(price__gte=0), name="add_on_price_not_negative")]
