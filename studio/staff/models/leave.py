"""Days off, and the deputy who stands in (R8)."""

from datetime import date

from django.db import models
from django.utils.translation import gettext_lazy as _

from studio.foundation.audit import audited
from studio.staff.models.branch import Branch
from studio.staff.models.user import User


class LeaveQuerySet(models.QuerySet["Leave"]):
    def on(self, day: date) -> "LeaveQuerySet":
        return self.filter(starts_on__lte=day, ends_on__gte=day)


@audited()
class Leave(models.Model):
    """Days on which somebody is not in the house; nobody's leave is without a deputy (R8.1)."""

    branch = models.ForeignKey(Branch, models.PROTECT, related_name="leaves", verbose_name=_("branch"))
    user = models.ForeignKey(User, models.PROTECT, related_name="leaves", verbose_name=_("colleague"))
    deputy = models.ForeignKey(User, models.PROTECT, related_name="deputising", verbose_name=_("deputy"))
    starts_on = models.DateField(_("first day"))
    ends_on = models.DateField(_("last day"))

    objects = LeaveQuerySet.as_manager()

    class Meta:
        verbose_name = _("leave")
        verbose_name_plural = _("leave")
        ordering = ["-starts_on"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ends_on__gte=models.F("starts_on")),
                name="leave_ends_after_it_starts",
                violation_error_message=_("The last day lies before the first."),
            ),
            models.CheckConstraint(
                condition=~models.Q(deputy=models.F("user")),
                name="nobody_is_their_own_deputy",
                violation_error_message=_("Choose somebody else as deputy."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} → {self.deputy}, {self.starts_on} – {self.ends_on}"
