"""Who and what can be booked: people, rooms, places."""

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from studio.foundation.audit import audited
from studio.foundation.models import Named
from studio.staff.models import Branch


class ResourceKind(models.TextChoices):
    PHOTOGRAPHER = "photographer", _("photographer")
    ARTIST = "artist", _("makeup artist")
    FLOOR = "floor", _("shooting floor")
    SELECTION_ROOM = "selection_room", _("selection room")
    LOCATION = "location", _("location")


class ResourceQuerySet(models.QuerySet["Resource"]):
    def bookable(self, branch: Branch, *kinds: str) -> "ResourceQuerySet":
        return self.filter(branch=branch, is_active=True, kind__in=kinds)


@audited()
class Resource(Named):
    """A bookable person or place; `units` how many customers it takes at once."""

    branch = models.ForeignKey(Branch, models.PROTECT, related_name="resources", verbose_name=_("branch"))
    kind = models.CharField(_("kind"), max_length=15, choices=ResourceKind.choices)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="resources",
        verbose_name=_("colleague"),
    )
    units = models.PositiveSmallIntegerField(
        _("customers at once"), default=1, validators=[MinValueValidator(1)]
    )
    is_active = models.BooleanField(_("active"), default=True)

    objects = ResourceQuerySet.as_manager()

    class Meta:
        verbose_name = _("resource")
        verbose_name_plural = _("resources")
        ordering = ["branch", "kind", "id"]
        constraints = [models.CheckConstraint(condition=models.Q(units__gte=1), name="resource_has_a_unit")]
