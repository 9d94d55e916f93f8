"""What a colleague is told by the bell of the interface."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from studio.staff.models import Branch, User


class Alert(models.Model):
    """One ring for one person. `kind` names its sentence in the registry, `parameters` hold ids and figures;
    `dedupe_key` says what it is about, so that the same thing never rings twice for the same person."""

    branch = models.ForeignKey(Branch, models.PROTECT, related_name="+")
    user = models.ForeignKey(User, models.CASCADE, related_name="alerts")
    kind = models.CharField(max_length=40)
    parameters = models.JSONField(default=dict, blank=True)
    link = models.CharField(max_length=300, blank=True)
    dedupe_key = models.CharField(max_length=120)
    at = models.DateTimeField(default=timezone.now)
    seen_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-at", "-id"]
        indexes = [
            models.Index(fields=["user", "branch", "-at"], condition=Q(seen_at=None), name="alert_unseen")
        ]
        constraints = [models.UniqueConstraint(fields=["user", "dedupe_key"], name="alert_once")]

    def __str__(self) -> str:
        return f"{self.kind} for {self.user_id}"
