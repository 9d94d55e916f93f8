"""How far each role may lower a price, and what is asked of a manager beyond."""

from decimal import Decimal
from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from bookings.models.booking import Booking, PriceLine
from bookings.models.package import AMOUNT
from studio.foundation.audit import audited
from studio.foundation.models import Versioned
from studio.staff.models import Branch, Role, User


@audited()
class DiscountLimit(models.Model):
    """The most that a role may take off an order, all of its discounts together, per cent of the list price.

    Without a row: managers everything, anybody else nothing.
    """

    branch = models.ForeignKey(
        Branch, models.PROTECT, related_name="discount_limits", verbose_name=_("branch")
    )
    role = models.CharField(_("role"), max_length=20, choices=Role.choices)
    percent = models.DecimalField(
        _("at most, per cent"),
        max_digits=5,
        decimal_places=2,
        validators=[MinValueValidator(Decimal("0")), MaxValueValidator(Decimal("100"))],
    )

    class Meta:
        verbose_name = _("discount limit")
        verbose_name_plural = _("discount limits")
        ordering = ["branch", "role"]
        constraints = [
            models.UniqueConstraint(fields=["branch", "role"], name="discount_limit_once"),
            models.CheckConstraint(
                condition=Q(percent__gte=0, percent__lte=100), name="discount_limit_is_a_share"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_role_display()}: {self.percent} %"


class DiscountState(models.TextChoices):
    ASKED = "asked", _("asked for")
    APPROVED = "approved", _("approved")
    REFUSED = "refused", _("refused")
    WITHDRAWN = "withdrawn", _("withdrawn")


class DiscountRequestQuerySet(models.QuerySet["DiscountRequest"]):
    def open(self) -> "DiscountRequestQuerySet":
        return self.filter(state=DiscountState.ASKED)


@audited()
class DiscountRequest(Versioned):
    """A discount beyond the asker's limit: a manager approves it (`line` is the result) or says why not."""

    booking = models.ForeignKey(Booking, models.PROTECT, related_name="discount_requests")
    amount = models.DecimalField(_("amount"), **AMOUNT)
    why = models.CharField(_("why"), max_length=200)
    state = models.CharField(max_length=9, choices=DiscountState.choices, default=DiscountState.ASKED)
    asked_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(default=timezone.now)
    decided_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    decision_note = models.CharField(max_length=200, blank=True)
    seen_at = models.DateTimeField(null=True, blank=True)
    line = models.OneToOneField(PriceLine, models.PROTECT, null=True, blank=True, related_name="request")

    objects = DiscountRequestQuerySet.as_manager()

    class Meta:
        ordering = ["asked_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["booking"],
                condition=Q(state="asked"),
                name="one_open_discount_request",
                violation_error_message=_("A discount is asked for already."),
            ),
            models.CheckConstraint(condition=Q(amount__gt=0), name="discount_request_positive"),
            models.CheckConstraint(condition=~Q(why=""), name="discount_request_has_a_reason"),
            models.CheckConstraint(
                condition=Q(state="approved", line__isnull=False)
                | (~Q(state="approved") & Q(line__isnull=True)),
                name="approved_discount_has_its_line",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.booking_id}: {self.amount}"

    def get_absolute_url(self) -> str:
        return self.booking.get_absolute_url()

    def recent_changes(self) -> list[dict[str, Any]]:
        """What was decided, for whoever decides on a page that has grown old."""
        if self.decided_at is None:
            return []
        what = self.get_state_display()
        return [{"what": what, "by": self.decided_by, "at": self.decided_at}]
