"""When a customer comes, and what is held for them."""

from datetime import datetime
from typing import Any

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q, Value
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from bookings.models.booking import Booking, BookingEvent
from bookings.models.hours import Closure
from bookings.models.kinds import AppointmentKind
from bookings.models.resource import Resource
from customers.models import Customer
from studio.foundation.audit import audited
from studio.foundation.models import Versioned
from studio.staff.models import Branch


class AppointmentState(models.TextChoices):
    PLANNED = "planned", _("planned")
    HELD = "held", _("held")
    CANCELLED = "cancelled", _("cancelled")
    MISSED = "missed", _("did not come")


class Confirmation(models.TextChoices):
    NONE = "none", _("not confirmed")
    CONFIRMED = "confirmed", _("Confirmed")
    ANOTHER_TIME = "another_time", _("Another time")


class AppointmentQuerySet(models.QuerySet["Appointment"]):
    def planned(self) -> "AppointmentQuerySet":
        return self.filter(state=AppointmentState.PLANNED)

    def in_branch(self, branch: Branch) -> "AppointmentQuerySet":
        return self.filter(branch=branch)

    def between(self, start: datetime, end: datetime) -> "AppointmentQuerySet":
        return self.filter(starts_at__gte=start, starts_at__lt=end)

    def with_resources(self) -> "AppointmentQuerySet":
        """Each row with `held`, the allocations that hold something for it now."""
        held = Allocation.objects.active().select_related("resource").order_by("resource__kind", "id")
        return self.prefetch_related(models.Prefetch("allocations", queryset=held, to_attr="held"))


@audited(without=("planned_version",))
class Appointment(Versioned):
    """An agreed time. `schedule_version` is raised by moving and cancelling, and what was planned for an
    older one (reminders, calls, the customer's link) dies with it; `version` guards edits of any kind."""

    branch = models.ForeignKey(Branch, models.PROTECT, related_name="appointments")
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="appointments")
    booking = models.ForeignKey(Booking, models.PROTECT, null=True, blank=True, related_name="appointments")
    kind = models.CharField(_("kind"), max_length=10, choices=AppointmentKind.choices)
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("until"))
    state = models.CharField(
        max_length=10, choices=AppointmentState.choices, default=AppointmentState.PLANNED
    )
    schedule_version = models.PositiveIntegerField(default=1)
    planned_version = models.PositiveIntegerField(default=0, editable=False)
    confirmation = models.CharField(max_length=12, choices=Confirmation.choices, default=Confirmation.NONE)
    confirmed_at = models.DateTimeField(null=True, blank=True)
    wish = models.CharField(_("another time, in the customer's words"), max_length=200, blank=True)
    note = models.CharField(_("note for those who serve"), max_length=300, blank=True)
    cancelled_why = models.CharField(_("why cancelled"), max_length=200, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    held: "list[Allocation]"  # only on rows of `with_resources`

    objects = AppointmentQuerySet.as_manager()

    class Meta:
        ordering = ["starts_at", "id"]
        indexes = [
            models.Index(fields=["branch", "starts_at"], name="appointment_by_day"),
            models.Index(
                fields=["id"],
                condition=Q(state="planned") & ~Q(planned_version=F("schedule_version")),
                name="appointment_to_plan",
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")), name="appointment_ends_after_start"
            ),
            models.CheckConstraint(
                condition=Q(confirmation="confirmed", confirmed_at__isnull=False)
                | ~Q(confirmation="confirmed"),
                name="appointment_confirmed_has_a_time",
            ),
            models.UniqueConstraint(
                fields=["booking", "kind"],
                condition=Q(state="planned", kind__in=["shoot", "selection", "pickup"]),
                name="one_planned_appointment_of_a_kind",
                violation_error_message=_("There is a date for this already; move it instead."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.starts_at:%F %H:%M}"

    def get_absolute_url(self) -> str:
        """Where it is shown: the order that it belongs to, or the customer's file."""
        if self.booking is not None:
            return self.booking.get_absolute_url()
        return self.customer.get_absolute_url()

    def recent_changes(self) -> list[dict[str, Any]]:
        """The last things that happened to it, for who comes with a stale page."""
        mine = BookingEvent.objects.filter(Q(appointment=self) | Q(parameters__appointment=self.pk))
        events = mine.filter(booking=self.booking_id).select_related("actor", "booking")
        return [
            {"what": event.sentence, "by": event.actor, "at": event.at}
            for event in events.order_by("-at", "-id")[:5]
        ]

    @property
    def is_planned(self) -> bool:
        return self.state == AppointmentState.PLANNED


class AllocationQuerySet(models.QuerySet["Allocation"]):
    def active(self) -> "AllocationQuerySet":
        return self.filter(is_active=True)

    def overlapping(self, start: datetime, end: datetime) -> "AllocationQuerySet":
        return self.filter(during__overlap=(start, end))


class Allocation(models.Model):
    """A resource held for an appointment, whole or for a span of it, or kept free (`closure`).

    `used` is the time in front of the customer, `during` the same with the buffers around it: while that
    lasts nobody else gets the resource. Two can't overlap: the database says no (exclusion constraint).
    `unit` counts from 0 where a resource takes several customers at once; `look` is the place of the look
    that the span is for, where it is for one.
    """

    appointment = models.ForeignKey(
        Appointment, models.CASCADE, null=True, blank=True, related_name="allocations"
    )
    closure = models.ForeignKey(Closure, models.CASCADE, null=True, blank=True, related_name="allocations")
    resource = models.ForeignKey(Resource, models.PROTECT, related_name="allocations")
    unit = models.PositiveSmallIntegerField(default=0)
    look = models.PositiveSmallIntegerField(null=True, blank=True)
    used = DateTimeRangeField()
    during = DateTimeRangeField()
    is_active = models.BooleanField(default=True)

    objects = AllocationQuerySet.as_manager()

    class Meta:
        constraints = [
            ExclusionConstraint(
                name="resource_never_taken_twice",
                index_type="GIST",
                expressions=[
                    (
                        Func(F("resource"), F("resource"), Value("[]"), function="int8range"),
                        RangeOperators.OVERLAPS,
                    ),
                    (Func(F("unit"), F("unit"), Value("[]"), function="int4range"), RangeOperators.OVERLAPS),
                    ("during", RangeOperators.OVERLAPS),
                ],
                condition=Q(is_active=True),
            ),
            models.CheckConstraint(
                condition=Q(during__isempty=False, during__lower_inf=False, during__upper_inf=False),
                name="allocation_is_bounded",
            ),
            models.CheckConstraint(
                condition=Q(used__isempty=False, during__contains=F("used")),
                name="allocation_is_used_within_its_time",
            ),
            models.CheckConstraint(
                condition=Q(appointment__isnull=False, closure__isnull=True)
                | Q(appointment__isnull=True, closure__isnull=False),
                name="allocation_is_for_one_thing",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.resource_id} during {self.during}"
