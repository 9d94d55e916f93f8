"""Money taken. Nothing is edited or deleted, only reversed by a row of its own."""

from decimal import Decimal

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from bookings.models.booking import Booking
from bookings.models.package import AMOUNT
from studio.foundation.models import append_only
from studio.staff.models import Branch, User


class PaymentKind(models.TextChoices):
    EARNEST = "earnest", _("earnest money (forfeitable)")
    PREPAYMENT = "prepayment", _("prepayment (refundable)")
    BALANCE = "balance", _("balance")
    REVERSAL = "reversal", _("reversal")


class PaymentMethod(models.TextChoices):
    CASH = "cash", _("cash")
    CARD = "card", _("card")
    TRANSFER = "transfer", _("bank transfer")
    WECHAT = "wechat", _("WeChat Pay")
    ALIPAY = "alipay", _("Alipay")


class Payment(models.Model):
    """One amount received (positive), or its reversal (negative). F6: 定金 and 订金 are not the same."""

    booking = models.ForeignKey(Booking, models.PROTECT, related_name="payments")
    kind = models.CharField(_("kind"), max_length=12, choices=PaymentKind.choices)
    method = models.CharField(_("method"), max_length=10, choices=PaymentMethod.choices)
    amount = models.DecimalField(_("amount"), **AMOUNT)
    reverses = models.OneToOneField("self", models.PROTECT, null=True, blank=True, related_name="reversed_by")
    why = models.CharField(max_length=200, blank=True)
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("payment")
        verbose_name_plural = _("payments")
        ordering = ["at", "id"]
        triggers = [append_only]
        constraints = [
            models.CheckConstraint(
                condition=(Q(kind="reversal", amount__lt=0, reverses__isnull=False) & ~Q(why=""))
                | (~Q(kind="reversal") & Q(amount__gt=0, reverses__isnull=True)),
                name="payment_positive_or_reversal_with_reason",
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.amount}"

    @property
    def on_the_bill(self) -> Decimal:
        """What is paid counts against the price; what is given back counts for it."""
        return -self.amount


class Receipt(models.Model):
    """The numbered paper for a payment: gap-free per branch and year."""

    branch = models.ForeignKey(Branch, models.PROTECT, related_name="+")
    year = models.PositiveSmallIntegerField()
    number = models.PositiveIntegerField()
    payment = models.OneToOneField(Payment, models.PROTECT, related_name="receipt")

    class Meta:
        triggers = [append_only]
        constraints = [
            models.UniqueConstraint(fields=["branch", "year", "number"], name="receipt_number_once")
        ]

    def __str__(self) -> str:
        return f"{self.year}-{self.number:06d}"


class Counter(models.Model):
    """The last number given, per branch and series; its locked row keeps the numbers without a gap."""

    branch = models.ForeignKey(Branch, models.PROTECT, related_name="+")
    series = models.CharField(max_length=30)
    last = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["branch", "series"], name="counter_once")]

    def __str__(self) -> str:
        return f"{self.series}: {self.last}"
