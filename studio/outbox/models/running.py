"""Signs of life, and when each planner looks again."""

from django.db import models


class Heartbeat(models.Model):
    """When a part of the machinery was last at work: dispatcher, beat, worker."""

    name = models.CharField(max_length=40, primary_key=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.name} @ {self.at:%F %T}"


class PlannerClock(models.Model):
    """When a planner is to look again. Whoever moves `next_at` on does the looking, in all processes."""

    name = models.CharField(max_length=40, primary_key=True)
    next_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.name} from {self.next_at:%F %T}"
