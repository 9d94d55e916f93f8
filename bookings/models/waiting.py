"""Who waits for a day that is full."""

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from bookings.models.appointment import Appointment
from bookings.models.booking import Booking
from bookings.models.kinds import AppointmentKind
from bookings.models.resource import Resource
from customers.models import Customer
from studio.foundation.audit import audited
from studio.foundation.models import Versioned
from studio.staff.models import Branch, User


class WaitingState(models.TextChoices):
    WAITING = "waiting", _("waiting")
    BOOKED = "booked", _("got a date")
    WITHDRAWN = "withdrawn", _("no longer wanted")
    OVER = "over", _("the days have passed")


class PartOfDay(models.TextChoices):
    ANY = "any", pgettext_lazy("part of the day", "any time")
    MORNING = "morning", _("morning")
    AFTERNOON = "afternoon", _("afternoon")
    EVENING = "evening", _("evening")


class WaitingQuerySet(models.QuerySet["WaitingEntry"]):
    def open(self) -> "WaitingQuerySet":
        return self.filter(state=WaitingState.WAITING)

    def in_branch(self, branch: Branch) -> "WaitingQuerySet":
        return self.filter(branch=branch)


@audited()
class WaitingEntry(Versioned):
    """A customer's wish for a day that is full: who asked first is called first when a place comes free.

    `free_at` is the moment since when something fitting is free (None: nothing is). `resources` are wanted
    in person; without any, whoever the package needs.
    """

    branch = models.ForeignKey(Branch, models.PROTECT, related_name="waiting")
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="waiting")
    booking = models.ForeignKey(Booking, models.PROTECT, null=True, blank=True, related_name="waiting")
    kind = models.CharField(_("kind"), max_length=10, choices=AppointmentKind.choices)
    first_day = models.DateField(_("first day"))
    last_day = models.DateField(_("last day"))
    part_of_day = models.CharField(
        _("part of the day"), max_length=9, choices=PartOfDay.choices, default=PartOfDay.ANY
    )
    minutes = models.PositiveSmallIntegerField(_("minutes"))
    resources = models.ManyToManyField(Resource, blank=True, related_name="+")
    note = models.CharField(_("note"), max_length=200, blank=True)
    state = models.CharField(max_length=9, choices=WaitingState.choices, default=WaitingState.WAITING)
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    free_at = models.DateTimeField(null=True, blank=True)
    appointment = models.OneToOneField(
        Appointment, models.PROTECT, null=True, blank=True, related_name="waited"
    )

    objects = WaitingQuerySet.as_manager()

    class Meta:
        ordering = ["created_at", "id"]
        indexes = [
            models.Index(fields=["branch", "first_day"], name="waiting_by_day", condition=Q(state="waiting"))
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(last_day__gte=F("first_day")), name="waiting_ends_after_start"
            ),
            models.CheckConstraint(condition=Q(minutes__gt=0), name="waiting_takes_time"),
            models.CheckConstraint(
                condition=~Q(state="booked") | Q(appointment__isnull=False), name="waited_for_a_date"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.first_day}–{self.last_day}"
