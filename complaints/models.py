"""A customer who left unhappy is not forgotten (R9.3): the order stays open until a manager's word."""

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from studio.staff.models import Branch, User
from workflow.models import Departure


class Recovery(models.Model):
    """What was done to win an unhappy customer back, in the words of the manager who answers for it."""

    branch = models.ForeignKey(Branch, models.PROTECT, related_name="recoveries")
    departure = models.OneToOneField(Departure, models.PROTECT, related_name="recovery")
    word = models.CharField(_("what was done, and how the customer stands to it"), max_length=500)
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-at"]
        constraints = [models.CheckConstraint(condition=~Q(word=""), name="recovery_has_a_word")]

    def __str__(self) -> str:
        return f"recovery for {self.departure_id}"
