"""A branch's rules for its dates."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from studio.foundation.audit import audited
from studio.staff.models import Branch


@audited()
class SchedulingRules(models.Model):
    """Days between the steps before a wedding, and how long a move can be undone. A branch without a row has
    the defaults of the fields."""

    branch = models.OneToOneField(
        Branch, models.PROTECT, related_name="scheduling_rules", verbose_name=_("branch")
    )
    fitting_before_shoot = models.PositiveSmallIntegerField(_("fitting, days before the shoot"), default=7)
    pickup_before_wedding = models.PositiveSmallIntegerField(_("pickup, days before the wedding"), default=14)
    slack_days = models.PositiveSmallIntegerField(_("tight with fewer spare days than"), default=10)
    undo_minutes = models.PositiveSmallIntegerField(_("a move can be undone for, minutes"), default=10)

    class Meta:
        verbose_name = _("rules for dates")
        verbose_name_plural = _("rules for dates")

    def __str__(self) -> str:
        return str(self.branch)
