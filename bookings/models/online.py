"""What customers ask for on the branch's own booking page."""

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from bookings.models.appointment import Appointment
from bookings.models.kinds import AppointmentKind
from bookings.models.package import Package, PackageVersion
from bookings.models.waiting import PartOfDay
from customers.models import Customer
from studio.foundation.audit import audited
from studio.foundation.models import Versioned
from studio.staff.models import Branch, User


class OnlineMode(models.TextChoices):
    OFF = "off", _("closed")
    REQUEST = "request", _("customers ask, we call back")
    BOOK = "book", _("customers take a free time by themselves")


@audited()
class OnlineBooking(models.Model):
    """How a branch lets customers book by themselves. A branch without a row has its page closed."""

    branch = models.OneToOneField(
        Branch, models.PROTECT, related_name="online_booking", verbose_name=_("branch")
    )
    mode = models.CharField(_("mode"), max_length=7, choices=OnlineMode.choices, default=OnlineMode.REQUEST)
    packages = models.ManyToManyField(
        Package, blank=True, related_name="+", verbose_name=_("packages"), help_text=_("Empty: all of them.")
    )
    lead_days = models.PositiveSmallIntegerField(_("at least so many days ahead"), default=2)
    horizon_days = models.PositiveSmallIntegerField(_("at most so many days ahead"), default=120)
    per_number = models.PositiveSmallIntegerField(_("open requests for one number"), default=2)

    class Meta:
        verbose_name = _("online booking")
        verbose_name_plural = _("online booking")
        constraints = [
            models.CheckConstraint(
                condition=Q(horizon_days__gte=models.F("lead_days")),
                name="online_horizon_beyond_lead",
                violation_error_message=_("The last day lies before the first."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.branch}: {self.get_mode_display()}"


class RequestState(models.TextChoices):
    UNVERIFIED = "unverified", _("number not verified yet")
    NEW = "new", _("new")
    TAKEN = "taken", _("taken up")
    DONE = "done", _("answered")
    WITHDRAWN = "withdrawn", _("withdrawn")
    EXPIRED = "expired", _("expired")


class BookingRequestQuerySet(models.QuerySet["BookingRequest"]):
    def in_branch(self, branch: Branch) -> "BookingRequestQuerySet":
        return self.filter(branch=branch)

    def open(self) -> "BookingRequestQuerySet":
        return self.filter(state__in=[RequestState.NEW, RequestState.TAKEN])


@audited(without=("code_hash",))
class BookingRequest(Versioned):
    """One wish from the page. It counts once its number is verified by a code (kept as a hash, a few tries).

    With `starts_at` the customer chose a free time; in mode "book" `appointment` holds it.
    """

    branch = models.ForeignKey(Branch, models.PROTECT, related_name="booking_requests")
    package_version = models.ForeignKey(
        PackageVersion, models.PROTECT, null=True, blank=True, related_name="+"
    )
    kind = models.CharField(max_length=10, choices=AppointmentKind.choices, default=AppointmentKind.CONSULT)
    day = models.DateField(null=True, blank=True)
    part_of_day = models.CharField(max_length=9, choices=PartOfDay.choices, default=PartOfDay.ANY)
    starts_at = models.DateTimeField(null=True, blank=True)
    ends_at = models.DateTimeField(null=True, blank=True)
    name = models.CharField(max_length=60)
    phone = models.CharField(max_length=20)
    party = models.PositiveSmallIntegerField(default=2)
    words = models.CharField(max_length=300, blank=True)
    language = models.CharField(max_length=8)
    code_hash = models.BinaryField(max_length=32, null=True, blank=True, editable=False)
    code_sent_at = models.DateTimeField(null=True, blank=True)
    codes_sent = models.PositiveSmallIntegerField(default=0)
    code_tries = models.PositiveSmallIntegerField(default=0)
    verified_at = models.DateTimeField(null=True, blank=True)
    state = models.CharField(max_length=10, choices=RequestState.choices, default=RequestState.UNVERIFIED)
    customer = models.ForeignKey(
        Customer, models.PROTECT, null=True, blank=True, related_name="booking_requests"
    )
    appointment = models.OneToOneField(
        Appointment, models.PROTECT, null=True, blank=True, related_name="request"
    )
    answered_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    answered_at = models.DateTimeField(null=True, blank=True)
    answer = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    objects = BookingRequestQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]
        indexes = [
            models.Index(fields=["branch", "state"], name="booking_request_by_state"),
            models.Index(fields=["phone"], name="booking_request_by_phone"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["unverified", "withdrawn", "expired"]) | Q(verified_at__isnull=False),
                name="request_counts_when_verified",
            ),
            models.CheckConstraint(
                condition=Q(starts_at__isnull=True, ends_at__isnull=True)
                | Q(ends_at__gt=models.F("starts_at")),
                name="request_ends_after_start",
            ),
        ]

    def __str__(self) -> str:
        return f"request {self.pk}"


class Knock(models.Model):
    """One try at a public door, kept for a day: `key` is a keyed hash of the address or number that tried."""

    key = models.CharField(max_length=64)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [
            models.Index(fields=["key", "at"], name="knock_by_key"),
            models.Index(fields=["at"], name="knock_by_time"),
        ]

    def __str__(self) -> str:
        return f"knock {self.pk}"
