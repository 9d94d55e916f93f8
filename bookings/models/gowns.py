"""A gown leaves the house and comes back, photographed both times."""

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from bookings.models.appointment import Appointment
from bookings.models.booking import PriceLine
from bookings.models.resource import Resource
from studio.foundation.audit import audited
from studio.foundation.models import Versioned, append_only
from studio.staff.models import User

MOST_PHOTOS = 6
"""So many show how a gown left, and so many how it came back."""


class Condition(models.TextChoices):
    GOOD = "good", _("in good order")
    WORN = "worn", _("signs of wear")
    SOILED = "soiled", _("soiled, needs special cleaning")
    DAMAGED = "damaged", _("damaged")
    LOST = "lost", _("lost")


@audited()
class Outing(Versioned):
    """One time that a gown is out with a customer. At most one at a time for each gown."""

    resource = models.ForeignKey(Resource, models.PROTECT, related_name="outings")
    appointment = models.ForeignKey(Appointment, models.PROTECT, related_name="outings")
    out_at = models.DateTimeField()
    out_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    out_condition = models.CharField(max_length=8, choices=Condition.choices, default=Condition.GOOD)
    due_back_at = models.DateTimeField(_("due back"))
    back_at = models.DateTimeField(null=True, blank=True)
    back_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    back_condition = models.CharField(max_length=8, choices=Condition.choices, blank=True)
    note = models.CharField(_("note"), max_length=300, blank=True)
    damage_line = models.OneToOneField(PriceLine, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ["-out_at", "-id"]
        indexes = [
            models.Index(fields=["due_back_at"], name="outing_due_back", condition=Q(back_at__isnull=True))
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["resource"], condition=Q(back_at__isnull=True), name="gown_is_out_once"
            ),
            models.CheckConstraint(
                condition=Q(back_at__isnull=True, back_by__isnull=True, back_condition="")
                | (Q(back_at__gte=F("out_at"), back_by__isnull=False) & ~Q(back_condition="")),
                name="gown_back_has_who_and_how",
            ),
            models.CheckConstraint(
                condition=Q(due_back_at__gt=F("out_at")), name="gown_is_due_back_after_out"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.resource_id} out {self.out_at:%F}"

    @property
    def can_be_photographed(self) -> bool:
        """Whether there is room for more photographs of how it left, or since it is back of how it came."""
        is_back = self.back_at is not None
        return sum(photo.is_back == is_back for photo in self.photos.all()) < MOST_PHOTOS


class OutingPhoto(models.Model):
    """A photograph of a gown as it left or came back: a JPEG made anew by us, at most 1600 pixels wide."""

    outing = models.ForeignKey(Outing, models.PROTECT, related_name="photos")
    is_back = models.BooleanField()
    image = models.BinaryField()
    width = models.PositiveSmallIntegerField()
    height = models.PositiveSmallIntegerField()
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["id"]
        triggers = [append_only]

    def __str__(self) -> str:
        return f"photo {self.pk}"

    @property
    def is_later(self) -> bool:
        """Added after the gown had changed hands: it shows how it was then, and must say so."""
        handed_over = self.outing.back_at if self.is_back else self.outing.out_at
        return handed_over is not None and self.at > handed_over
