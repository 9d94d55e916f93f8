"""Whatever is promised to a customer is written down and followed to its end (R9.1)."""

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from customers.models import Customer
from studio.foundation.audit import audited
from studio.staff.models import Branch, User
from workflow.models.work_order import WorkOrder


class PromiseQuerySet(models.QuerySet["Promise"]):
    def open(self) -> "PromiseQuerySet":
        return self.filter(kept_at__isnull=True)


@audited()
class Promise(models.Model):
    branch = models.ForeignKey(Branch, models.PROTECT, related_name="promises")
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="promises")
    work_order = models.ForeignKey(WorkOrder, models.PROTECT, null=True, blank=True, related_name="promises")
    what = models.CharField(_("what was promised"), max_length=200)
    by_when = models.DateField(_("by when"))
    made_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    made_at = models.DateTimeField(default=timezone.now)
    kept_at = models.DateTimeField(null=True, blank=True)
    kept_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")

    objects = PromiseQuerySet.as_manager()

    class Meta:
        ordering = ["by_when", "id"]
        constraints = [models.CheckConstraint(condition=~Q(what=""), name="promise_says_what")]

    def __str__(self) -> str:
        return f"promise #{self.pk}"
