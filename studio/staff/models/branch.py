"""A branch of the house, and its departments. Everything a shop keeps belongs to one branch."""

import zoneinfo
from datetime import date, datetime, time, timedelta

from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from studio.foundation.audit import audited
from studio.foundation.models import Named


def check_time_zone(value: str) -> None:
    if value not in zoneinfo.available_timezones():
        raise ValidationError(_("There is no time zone of this name; Asia/Shanghai is one."))


@audited()
class Branch(Named):
    """One shop: its clock, its money, its language towards customers, its way there (R3.4)."""

    code = models.SlugField(
        _("code"), max_length=4, unique=True, help_text=_("Stands in front of order numbers.")
    )
    time_zone = models.CharField(
        _("time zone"), max_length=40, default="Asia/Shanghai", validators=[check_time_zone]
    )
    currency = models.CharField(
        _("currency"), max_length=3, default="CNY", help_text=_("ISO code: CNY, TWD …")
    )
    region = models.CharField(
        _("region"), max_length=2, default="CN", help_text=_("For telephone numbers and holidays: CN, TW …")
    )
    customer_language = models.CharField(
        _("language towards customers"),
        max_length=8,
        default="zh-hans",
        choices=[("zh-hans", "简体中文"), ("zh-hant", "繁體中文"), ("en", "English")],
    )
    phone = models.CharField(_("telephone"), max_length=30, blank=True)
    address = models.CharField(_("address"), max_length=200, blank=True)
    way_and_parking = models.TextField(
        _("way and parking"), blank=True, help_text=_("Stands in reminders and on the customer's page.")
    )
    opens_at = models.TimeField(_("opens at"), default=time(9, 30))
    closes_at = models.TimeField(_("closes at"), default=time(21, 0))
    quiet_from = models.TimeField(_("no messages from"), null=True, blank=True)
    quiet_until = models.TimeField(_("no messages until"), null=True, blank=True)
    earnest_limit_percent = models.PositiveSmallIntegerField(
        _("earnest money, at most (per cent of the price)"), default=20, help_text=_("F6: the law allows 20.")
    )
    is_active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("branch")
        verbose_name_plural = _("branches")
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(quiet_from__isnull=True, quiet_until__isnull=True)
                | models.Q(quiet_from__isnull=False, quiet_until__isnull=False),
                name="quiet_hours_both_or_none",
                violation_error_message=_("Give both ends of the quiet hours, or neither."),
            ),
            models.CheckConstraint(
                condition=models.Q(earnest_limit_percent__lte=20),
                name="earnest_at_most_20_percent",
                violation_error_message=_("Earnest money above 20 per cent of the price does not bind (F6)."),
            ),
        ]

    @property
    def zone(self) -> zoneinfo.ZoneInfo:
        return zoneinfo.ZoneInfo(self.time_zone)

    def today(self, now: datetime) -> date:
        """The branch's calendar day at `now` (an aware datetime)."""
        return timezone.localtime(now, self.zone).date()

    def at(self, day: date, clock: time) -> datetime:
        """The moment at which the branch's clock shows `clock` on `day`; a clock time that the change
        to summer time skips moves on by the gap."""
        moment = datetime.combine(day, clock, tzinfo=self.zone)
        return datetime.fromtimestamp(moment.timestamp(), tz=self.zone)

    def day_bounds(self, day: date) -> tuple[datetime, datetime]:
        """From the first moment of `day` to the first of the next (23 to 25 hours)."""
        return self.at(day, time.min), self.at(day + timedelta(days=1), time.min)

    def outside_quiet_hours(self, moment: datetime) -> datetime:
        """`moment`, or the end of the branch's quiet hours where it falls within them."""
        if self.quiet_from is None or self.quiet_until is None:
            return moment
        local = timezone.localtime(moment, self.zone)
        start, end, clock = self.quiet_from, self.quiet_until, local.time()
        if start <= end:
            return self.at(local.date(), end) if start <= clock < end else moment
        if clock >= start:
            return self.at(local.date() + timedelta(days=1), end)
        return self.at(local.date(), end) if clock < end else moment


class DepartmentKind(models.TextChoices):
    FRONT_DESK = "front_desk", _("front desk")
    STYLING = "styling", _("styling department")
    SHOOTING = "shooting", _("shooting floor")
    SELECTION = "selection", _("selection room")
    PRODUCTION = "production", _("production department")
    CASHIER = "cashier", _("cashier's desk")


@audited()
class Department(Named):
    """A department of one branch. `kind` is its place on the customer's route (R5.2)."""

    branch = models.ForeignKey(Branch, models.PROTECT, related_name="departments", verbose_name=_("branch"))
    kind = models.CharField(_("kind"), max_length=20, choices=DepartmentKind.choices)

    class Meta:
        verbose_name = _("department")
        verbose_name_plural = _("departments")
        ordering = ["branch", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["branch", "kind"],
                name="one_department_of_a_kind_per_branch",
                violation_error_message=_("This branch has a department of this kind already."),
            )
        ]


@audited()
class SpecialDay(Named):
    """A day on which the branch keeps other hours than usual: closed, or open at hours of its own (a holiday,
    a make-up working day, New Year's Eve until four)."""

    branch = models.ForeignKey(Branch, models.PROTECT, related_name="special_days", verbose_name=_("branch"))
    day = models.DateField(_("day"))
    is_open = models.BooleanField(_("open"), default=False)
    opens_at = models.TimeField(_("opens at"), null=True, blank=True)
    closes_at = models.TimeField(_("closes at"), null=True, blank=True)

    class Meta:
        verbose_name = _("special day")
        verbose_name_plural = _("special days")
        ordering = ["branch", "day"]
        constraints = [
            models.UniqueConstraint(fields=["branch", "day"], name="special_day_once"),
            models.CheckConstraint(
                condition=models.Q(is_open=False)
                | models.Q(opens_at__isnull=True, closes_at__isnull=True)
                | models.Q(closes_at__gt=models.F("opens_at")),
                name="special_day_closes_after_it_opens",
                violation_error_message=_("It closes before it opens."),
            ),
        ]
