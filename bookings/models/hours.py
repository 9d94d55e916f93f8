"""When a resource works, and when it is kept free."""

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from bookings.models.resource import Resource
from studio.foundation.audit import audited
from studio.staff.models import User


class Weekday(models.IntegerChoices):
    MONDAY = 0, _("Monday")
    TUESDAY = 1, _("Tuesday")
    WEDNESDAY = 2, _("Wednesday")
    THURSDAY = 3, _("Thursday")
    FRIDAY = 4, _("Friday")
    SATURDAY = 5, _("Saturday")
    SUNDAY = 6, _("Sunday")


@audited()
class WorkingHours(models.Model):
    """One span of a weekday in which a resource works; a break is the gap between two spans.

    A colleague or a room without any follows the opening hours of the branch; a location or a thing without
    any is always there. One with some has a day off on each weekday that has none.
    """

    resource = models.ForeignKey(Resource, models.CASCADE, related_name="working_hours")
    weekday = models.PositiveSmallIntegerField(_("weekday"), choices=Weekday.choices)
    starts_at = models.TimeField(_("from"))
    ends_at = models.TimeField(_("until"))

    class Meta:
        verbose_name = _("working hours")
        verbose_name_plural = _("working hours")
        ordering = ["weekday", "starts_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")),
                name="working_hours_end_after_start",
                violation_error_message=_("The end lies before the beginning."),
            ),
            models.UniqueConstraint(fields=["resource", "weekday", "starts_at"], name="working_hours_once"),
        ]

    def __str__(self) -> str:
        return f"{self.get_weekday_display()} {self.starts_at:%H:%M}–{self.ends_at:%H:%M}"


@audited()
class Closure(models.Model):
    """A time in which a resource is kept free: repair, painting, training. All of its units are held by
    allocations, so that the database refuses a booking in it, and a closure over a booking."""

    resource = models.ForeignKey(Resource, models.PROTECT, related_name="closures")
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("until"))
    why = models.CharField(_("why"), max_length=100)
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    lifted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["starts_at", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="closure_ends_after_start"),
            models.CheckConstraint(condition=~Q(why=""), name="closure_has_a_reason"),
        ]

    def __str__(self) -> str:
        return f"{self.resource_id}: {self.why}"
