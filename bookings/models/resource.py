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
    ASSISTANT = "assistant", _("assistant")
    FLOOR = "floor", _("shooting floor")
    SELECTION_ROOM = "selection_room", _("selection room")
    LOCATION = "location", _("location")
    VEHICLE = "vehicle", _("vehicle")
    GOWN = "gown", _("gown")


PEOPLE = frozenset({ResourceKind.PHOTOGRAPHER, ResourceKind.ARTIST, ResourceKind.ASSISTANT})
ROOMS = frozenset({ResourceKind.FLOOR, ResourceKind.SELECTION_ROOM, ResourceKind.LOCATION})
THINGS = frozenset({ResourceKind.VEHICLE, ResourceKind.GOWN})


@audited()
class Skill(Named):
    """What not everybody can do: newborns, period costume, driving the large car."""

    branch = models.ForeignKey(Branch, models.PROTECT, related_name="skills", verbose_name=_("branch"))

    class Meta:
        verbose_name = _("skill")
        verbose_name_plural = _("skills")
        ordering = ["branch", "id"]


class ResourceQuerySet(models.QuerySet["Resource"]):
    def bookable(self, branch: Branch, *kinds: str) -> "ResourceQuerySet":
        return self.filter(branch=branch, is_active=True, kind__in=kinds)


@audited()
class Resource(Named):
    """A bookable person, place or thing; `units` how many customers it takes at once.

    The buffers (minutes) are kept free before and after each use: setting up a floor, cleaning a gown.
    """

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
    buffer_before = models.PositiveSmallIntegerField(_("kept free before, minutes"), default=0)
    buffer_after = models.PositiveSmallIntegerField(
        _("kept free after, minutes"), default=0, help_text=_("For a gown: cleaning; 2880 are two days.")
    )
    skills = models.ManyToManyField(Skill, blank=True, related_name="resources", verbose_name=_("skills"))
    code = models.CharField(
        _("number"), max_length=20, blank=True, help_text=_("On the label of a gown or a vehicle.")
    )
    size = models.CharField(_("size"), max_length=20, blank=True)
    style = models.CharField(
        _("style"), max_length=40, blank=True, help_text=_("Gowns of the same style stand in for each other.")
    )
    is_active = models.BooleanField(_("active"), default=True)

    objects = ResourceQuerySet.as_manager()

    class Meta:
        verbose_name = _("resource")
        verbose_name_plural = _("resources")
        ordering = ["branch", "kind", "id"]
        constraints = [
            models.CheckConstraint(condition=models.Q(units__gte=1), name="resource_has_a_unit"),
            models.UniqueConstraint(
                fields=["branch", "code"],
                condition=~models.Q(code=""),
                name="resource_code_once",
                violation_error_message=_("Another resource has this number."),
            ),
        ]
