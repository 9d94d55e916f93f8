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

from bookings.models.package import AMOUNT, AddOn, PackageVersion
from customers.models import Customer
from studio.foundation.audit import audited
from studio.foundation.models import Event, Versioned, append_only, in_language
from studio.staff.models import Branch, User


class BookingQuerySet(models.QuerySet["Booking"]):
    def in_branch(self, branch: Branch) -> "BookingQuerySet":
        return self.filter(branch=branch)

    def with_money(self) -> "BookingQuerySet":
        """Each row with `total` (its price lines), `paid` (less what was given back), `balance`, and the
        security held for gowns (`secured`, which pays for nothing until damage is charged), in SQL."""
        lines = PriceLine.objects.filter(booking=OuterRef("pk")).order_by().values("booking")
        payments = self.model._meta.get_field("payments").related_model
        rows = payments.objects.filter(booking=OuterRef("pk"))  # type: ignore[union-attr]
        paid = rows.filter(account="price").order_by().values("booking")
        secured = rows.filter(account="security").order_by().values("booking")
        nothing = Decimal("0")
        return self.annotate(
            total=Coalesce(Subquery(lines.annotate(sum=Sum("amount")).values("sum")), nothing),
            paid=Coalesce(Subquery(paid.annotate(sum=Sum("amount")).values("sum")), nothing),
            secured=Coalesce(Subquery(secured.annotate(sum=Sum("amount")).values("sum")), nothing),
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
    secured: Decimal

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

    @property
    def owed_back(self) -> Decimal:
        """What we owe the customer, on a row of `with_money`: a balance below nothing."""
        return max(Decimal("0.00"), -self.balance)


class LineKind(models.TextChoices):
    PACKAGE = "package", _("package")
    SEASON = "season", _("seasonal price")
    ADD_ON = "add_on", _("add-on")
    RUSH = "rush", _("rush fee")
    DAMAGE = "damage", _("damage to a gown")
    FORFEIT = "forfeit", _("earnest money kept")
    KEPT = "kept", _("for what was done already")
    DISCOUNT = "discount", _("discount")
    CREDIT = "credit", _("credit")
    COMPENSATION = "compensation", _("earnest money returned double")
    REVERSAL = "reversal", _("reversal")


RAISES = (LineKind.PACKAGE, LineKind.ADD_ON, LineKind.RUSH, LineKind.DAMAGE, LineKind.FORFEIT, LineKind.KEPT)
LOWERS = (LineKind.DISCOUNT, LineKind.CREDIT, LineKind.COMPENSATION)


class CreditNote(models.Model):
    """The numbered paper for what is no longer owed: gap-free per branch and year. Its lines are `lines`."""

    branch = models.ForeignKey(Branch, models.PROTECT, related_name="+")
    booking = models.ForeignKey(Booking, models.PROTECT, related_name="credit_notes")
    year = models.PositiveSmallIntegerField()
    number = models.PositiveIntegerField()
    why = models.CharField(_("why"), max_length=200)
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("credit note")
        verbose_name_plural = _("credit notes")
        ordering = ["at", "id"]
        triggers = [append_only]
        constraints = [
            models.UniqueConstraint(fields=["branch", "year", "number"], name="credit_note_number_once"),
            models.CheckConstraint(condition=~Q(why=""), name="credit_note_has_a_reason"),
        ]

    def __str__(self) -> str:
        return f"C{self.year}-{self.number:05d}"


class PriceLine(models.Model):
    """One line of the price, with its words as they were when sold (`label`: {"en": …, "zh-hans": …}).

    `amount` is what it adds to the price, all of `quantity` together; what lowers the price is negative.
    A line is never changed: one that was wrong has a reversal beside it.
    """

    booking = models.ForeignKey(Booking, models.PROTECT, related_name="price_lines")
    kind = models.CharField(max_length=12, choices=LineKind.choices, default=LineKind.PACKAGE)
    label = models.JSONField()
    quantity = models.PositiveSmallIntegerField(default=1)
    amount = models.DecimalField(**AMOUNT)
    add_on = models.ForeignKey(AddOn, models.PROTECT, null=True, blank=True, related_name="+")
    reverses = models.OneToOneField("self", models.PROTECT, null=True, blank=True, related_name="reversed_by")
    credit_note = models.ForeignKey(CreditNote, models.PROTECT, null=True, blank=True, related_name="lines")
    why = models.CharField(max_length=200, blank=True)
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("price line")
        verbose_name_plural = _("price lines")
        ordering = ["id"]
        triggers = [append_only]
        constraints = [
            models.CheckConstraint(
                condition=(Q(kind="reversal", reverses__isnull=False) & ~Q(why=""))
                | (~Q(kind="reversal") & Q(reverses__isnull=True)),
                name="line_reversal_has_reason_and_line",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=[*RAISES], amount__gte=0)
                | Q(kind__in=[*LOWERS], amount__lt=0)
                | Q(kind__in=["season", "reversal"]),
                name="line_raises_or_lowers_by_its_kind",
            ),
            models.CheckConstraint(
                condition=~Q(kind__in=["discount", "credit", "compensation"]) | ~Q(why=""),
                name="lowering_line_has_a_reason",
            ),
            models.CheckConstraint(condition=Q(quantity__gte=1), name="line_has_a_quantity"),
        ]

    def __str__(self) -> str:
        return f"{self.booking_id}: {self.amount}"

    @property
    def name(self) -> str:
        return in_language(self.label)


SENTENCES: dict[str, Callable[["BookingEvent"], str]] = {}
"""How each kind of event reads; filled by `bookings.timeline`."""


class BookingEvent(Event):
    """History of a sale and its appointments: sold, paid, dated, moved, cancelled, confirmed …

    An appointment without a sale (a consultation) has its own.
    """

    booking = models.ForeignKey(Booking, models.PROTECT, null=True, blank=True, related_name="events")
    appointment = models.ForeignKey(
        "bookings.Appointment", models.PROTECT, null=True, blank=True, related_name="events"
    )

    class Meta(Event.Meta):
        abstract = False
        constraints = [
            models.CheckConstraint(
                condition=Q(booking__isnull=False) | Q(appointment__isnull=False),
                name="booking_event_is_about_something",
            )
        ]

    @property
    def sentence(self) -> str:
        """What happened, in the active language."""
        tell = SENTENCES.get(self.kind)
        return tell(self) if tell else self.kind
