"""A colleague's badge: its code, scanned, says who they are where a hand-off has no free hand for a PIN."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from studio.foundation.audit import audited
from studio.foundation.models import PublicLink
from studio.staff.models.user import User


@audited(without=("token_hash",))
class Badge(PublicLink):
    """One printed badge. Only the hash of its code is kept; printing a new one ends the one before. It stands
    for its owner in a hand-off at a signed-in screen of the same branch, and nowhere else."""

    user = models.ForeignKey(User, models.PROTECT, related_name="badges", verbose_name=_("colleague"))
    made_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["user"], condition=Q(ended_at__isnull=True), name="one_badge_each"
            )
        ]

    def __str__(self) -> str:
        return f"badge {self.pk}"

    @classmethod
    def standing(cls) -> "models.QuerySet[Badge]":
        return cls._default_manager.filter(ended_at=None, user__is_active=True)
