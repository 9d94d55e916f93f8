"""What whoever serves should know: taboos first (R9.4), and small observations (R9.5)."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from customers.models.customer import Customer
from studio.foundation.audit import audited
from studio.staff.models import User


@audited()
class Taboo(models.Model):
    """A thing never to do or say with this customer; shown discreetly, never where a customer can look."""

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="taboos")
    text = models.CharField(_("taboo"), max_length=200)
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering = ["at"]

    def __str__(self) -> str:
        return f"taboo #{self.pk}"


class Observation(models.Model):
    """A small thing that somebody noticed, in seconds."""

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="observations")
    text = models.CharField(_("observation"), max_length=300)
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-at"]

    def __str__(self) -> str:
        return f"observation #{self.pk}"
