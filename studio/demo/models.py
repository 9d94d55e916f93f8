"""What the sink received: the customer's phone of the demo shop."""

from django.db import models
from django.utils import timezone

from studio.staff.models import Branch


class ReceivedMessage(models.Model):
    """A message as it arrived. `key` is the idempotency key, so a double would show as `times` above 1."""

    key = models.CharField(max_length=64, unique=True)
    channel = models.CharField(max_length=10)
    recipient = models.CharField(max_length=254, db_index=True)
    subject = models.CharField(max_length=300, blank=True)
    body = models.TextField()
    times = models.PositiveIntegerField(default=1)
    received_at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        ordering = ["-received_at", "-id"]

    def __str__(self) -> str:
        return f"{self.channel} to …{self.recipient[-4:]}"


class DemoDay(models.Model):
    """A day of a demo branch that was lived: the same day again changes nothing."""

    branch = models.ForeignKey(Branch, models.PROTECT, related_name="+")
    day = models.DateField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["branch", "day"], name="demo_day_once")]

    def __str__(self) -> str:
        return f"{self.branch_id} {self.day}"
