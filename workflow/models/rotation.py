"""The rotation roster of a day (R1.1, R1.2): who is next, and why each turn fell as it did."""

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from studio.foundation.models import append_only
from studio.staff.models import Branch, User


class RotationDay(models.Model):
    """One branch's roster of one day. Its row is the lock: two desks never take one turn twice."""

    branch = models.ForeignKey(Branch, models.PROTECT, related_name="rotation_days")
    day = models.DateField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["branch", "day"], name="one_rotation_per_day")]

    def __str__(self) -> str:
        return f"{self.branch_id} {self.day}"


class RotationPlace(models.Model):
    """A consultant's place on the day's roster; who is away keeps the place and is passed over."""

    rotation = models.ForeignKey(RotationDay, models.CASCADE, related_name="places")
    consultant = models.ForeignKey(User, models.PROTECT, related_name="+")
    place = models.PositiveSmallIntegerField()
    away_since = models.DateTimeField(null=True, blank=True)
    away_why = models.CharField(max_length=60, blank=True)

    class Meta:
        ordering = ["place"]
        constraints = [
            models.UniqueConstraint(fields=["rotation", "consultant"], name="one_place_per_consultant"),
            models.CheckConstraint(
                condition=Q(away_since__isnull=True) | ~Q(away_why=""), name="away_has_a_reason"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.place}: {self.consultant_id}"


class TurnReason(models.TextChoices):
    NEXT = "next", _("was next")
    OWNER = "owner", _("returning customer, to their owner")
    DEPUTY = "deputy", _("returning customer, for the owner")


class RotationTurn(models.Model):
    """One customer given to one consultant. `counts` False: it cost no turn (a returning customer, F1)."""

    rotation = models.ForeignKey(RotationDay, models.PROTECT, related_name="turns")
    number = models.PositiveIntegerField()
    consultant = models.ForeignKey(User, models.PROTECT, related_name="+")
    reason = models.CharField(max_length=10, choices=TurnReason.choices)
    counts = models.BooleanField(default=True)
    passed_over = models.JSONField(default=list, blank=True)
    taken_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    taken_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["number"]
        triggers = [append_only]
        constraints = [models.UniqueConstraint(fields=["rotation", "number"], name="one_turn_per_number")]

    def __str__(self) -> str:
        return f"{self.rotation_id}/{self.number}"
