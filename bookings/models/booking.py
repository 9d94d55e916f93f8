"""The sale (订单): customer, package version, terms, price lines, balance."""

from collections.abc import Callable
from decimal import Decimal

from django.conf import settings
from django.db import models
from django.db.models import F, OuterRef, Q, Subquery, Sum
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from bookings.models.package import AMOUNT, PackageVersion
from customers.models import Customer
from studio.foundation.audit import audited
from studio.foundation.models import Event, Versioned, in_language
from studio.staff.models import Branch, User


class BookingQuerySet(models.QuerySet["Booking"]):
    def in_branch(self, branch: Branch) -> "BookingQuerySet":
        return self.filter(branch=branch)

    def with_money(self) -> "BookingQuerySet":
        """Each row with `total` (its price lines), `paid` (payments less reversals) and `balance`, in SQL."""
        lines = PriceLine.objects.filter(booking=OuterRef("pk")).order_by().values("booking")
        payments = self.model._meta.get_field("payments").related_model
        paid = payments.objects.filter(booking=OuterRef("pk")).order_by().values("booking")  # type: ignore[union-attr]
        nothing = Decimal("0")
        return self.annotate(
            total=Coalesce(Subquery(lines.annotate(sum=Sum("amount")).values("sum")), nothing),
            paid=Coalesce(Subquery(paid.annotate(sum=Sum("amount")).values("sum")), nothing),
        ).annotate(balance=F("total") - F("paid"))  # type: ignore[no-redef]


@audited()
class Booking(Versioned):
    """One sale. Money is never stored twice: total and paid are sums of lines and payments."""

    class State(models.TextChoices):
        OPEN = "open", _("open")
        CANCELLED = "cancelled", _("cancelled")
        CLOSED = "closed", _("closed")

    branch = models.ForeignKey(Branch, models.PROTECT, related_name="bookings")
    number = models.CharField(_("number"), max_length=20)
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="bookings")
    package_version = models.ForeignKey(PackageVersion, models.PROTECT, related_name="bookings")
    sold_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="sales")
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    terms_accepted_at = models.DateTimeField(null=True, blank=True)
    earnest_waived_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    earnest_waived_why = models.CharField(max_length=200, blank=True)
    hopes = models.CharField(_("what they hope for, in their own words"), max_length=500, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    # Only on rows of `with_money`.
    total: Decimal
    paid: Decimal
    balance: Decimal

    objects = BookingQuerySet.as_manager()

    class Meta:
        verbose_name = _("booking")
        verbose_name_plural = _("bookings")
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["branch", "number"], name="booking_number_once"),
            models.CheckConstraint(
                condition=Q(earnest_waived_by__isnull=True) | ~Q(earnest_waived_why=""),
                name="waiver_has_a_reason",
            ),
        ]

    def __str__(self) -> str:
        return self.number

    def get_absolute_url(self) -> str:
        """The page of its work order; the file of the customer while there is none."""
        order = getattr(self, "work_order", None)
        return reverse("workflow:order", args=[order.pk]) if order else self.customer.get_absolute_url()

    @property
    def is_open(self) -> bool:
        return self.state == Booking.State.OPEN


class PriceLine(models.Model):
    """One line of the price, with its words as they were when sold (`label`: {"en": …, "zh-hans": …})."""

    booking = models.ForeignKey(Booking, models.PROTECT, related_name="price_lines")
    label = models.JSONField()
    amount = models.DecimalField(**AMOUNT)
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.booking_id}: {self.amount}"

    @property
    def name(self) -> str:
        return in_language(self.label)


SENTENCES: dict[str, Callable[["BookingEvent"], str]] = {}
"""How each kind of event reads; filled by `bookings.timeline`."""


class BookingEvent(Event):
    """History of a sale and its appointments: sold, paid, dated, moved, cancelled, confirmed …"""

    booking = models.ForeignKey(Booking, models.PROTECT, related_name="events")

    @property
    def sentence(self) -> str:
        """What happened, in the active language."""
        tell = SENTENCES.get(self.kind)
        return tell(self) if tell else self.kind
