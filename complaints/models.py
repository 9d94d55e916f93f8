"""A customer who left unhappy is not forgotten (R9.3): somebody takes it at once, and the order stays open
until a manager's word."""

from datetime import datetime, timedelta

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from studio.staff.models import Branch, User
from workflow.models import Departure


def within_an_hour() -> datetime:
    """When the first answer is due (R10.4 allows two hours; who stands before us gets one)."""
    return timezone.now() + timedelta(hours=1)


class RecoveryQuerySet(models.QuerySet["Recovery"]):
    def open(self) -> "RecoveryQuerySet":
        """Those that no manager has ended with their word."""
        return self.filter(at=None)


class Recovery(models.Model):
    """A customer who leaves, or is about to leave, unhappy: opened at once, taken by one named person, with
    the first answer due within an hour, ended by the word of the manager who answers for it (R9.3, R10.4).

    `what` is what the customer said. `taken_by` speaks to them; `word` is what was done, and how they stand
    to it."""

    branch = models.ForeignKey(Branch, models.PROTECT, related_name="recoveries")
    departure = models.OneToOneField(Departure, models.PROTECT, related_name="recovery")
    what = models.CharField(_("what they said"), max_length=300, blank=True)
    opened_at = models.DateTimeField(default=timezone.now)
    answer_by = models.DateTimeField(default=within_an_hour)
    taken_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    taken_at = models.DateTimeField(null=True, blank=True)
    word = models.CharField(_("what was done, and how the customer stands to it"), max_length=500, blank=True)
    by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    at = models.DateTimeField(null=True, blank=True)

    objects = RecoveryQuerySet.as_manager()

    class Meta:
        ordering = ["-opened_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(at__isnull=True, by__isnull=True, word="")
                | (Q(at__isnull=False, by__isnull=False) & ~Q(word="")),
                name="recovery_has_a_word",
            ),
            models.CheckConstraint(
                condition=Q(taken_by__isnull=True, taken_at__isnull=True)
                | Q(taken_by__isnull=False, taken_at__isnull=False),
                name="recovery_taken_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return f"recovery for {self.departure_id}"
