"""Who must be told that a date was moved or called off; and the secret addresses of calendars."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from bookings.models.appointment import Appointment
from bookings.models.booking import BookingEvent
from bookings.models.resource import Resource
from studio.foundation.audit import audited
from studio.foundation.models import PublicLink
from studio.staff.models import Branch, User


class ScheduleNotice(models.Model):
    """One colleague to be told of one change; on their Today until they say that they saw it."""

    user = models.ForeignKey(User, models.PROTECT, related_name="schedule_notices")
    appointment = models.ForeignKey(Appointment, models.PROTECT, related_name="notices")
    event = models.ForeignKey(BookingEvent, models.PROTECT, related_name="notices")
    at = models.DateTimeField(default=timezone.now)
    seen_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["at", "id"]
        indexes = [models.Index(fields=["user"], name="notice_unseen", condition=Q(seen_at__isnull=True))]
        constraints = [models.UniqueConstraint(fields=["user", "event"], name="told_once")]

    def __str__(self) -> str:
        return f"{self.user_id}: {self.event_id}"


@audited(without=("token_hash",))
class CalendarFeed(PublicLink):
    """The secret address of one calendar: a colleague's, or a resource's. Ends when it is revoked."""

    branch = models.ForeignKey(Branch, models.PROTECT, related_name="+")
    user = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="calendar_feeds")
    resource = models.ForeignKey(
        Resource, models.PROTECT, null=True, blank=True, related_name="calendar_feeds"
    )
    created_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoked_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    read_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(user__isnull=False, resource__isnull=True)
                | Q(user__isnull=True, resource__isnull=False),
                name="feed_of_one_person_or_resource",
            )
        ]

    def __str__(self) -> str:
        return f"calendar {self.pk}"
