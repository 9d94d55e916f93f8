"""What was written down elsewhere first, and came in afterwards with its true times (F9)."""

import uuid

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from studio.staff.models import Branch, User
from workflow.models.work_order import WorkOrder


class LateSource(models.TextChoices):
    OFFLINE = "offline", _("kept on the page while the network was gone")
    PAPER = "paper", _("from the sheet signed on paper")


class LateState(models.TextChoices):
    CARRIED_OUT = "carried_out", _("entered")
    CLASH = "clash", _("does not fit the record")
    SETTLED = "settled", _("settled")


class LateRecordQuerySet(models.QuerySet["LateRecord"]):
    def clashes(self) -> "LateRecordQuerySet":
        return self.filter(state=LateState.CLASH)


class LateRecord(models.Model):
    """One thing that happened at `happened_at` and was received later: a hand-off pressed while the network
    was gone, a sheet on paper. `key` comes from the page that kept it, so that sending it twice is harmless.

    `actor` is who did it; `entered_by` who brought it in, perhaps on their behalf. What does not fit the
    record as it is by then is a clash: shown, with `clash` (a code and parameters), until somebody settles
    it. `told` is what the page or the sheet says (ids, kinds, times), never a name."""

    branch = models.ForeignKey(Branch, models.PROTECT, related_name="late_records")
    work_order = models.ForeignKey(WorkOrder, models.PROTECT, related_name="late_records")
    source = models.CharField(max_length=8, choices=LateSource.choices)
    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField(max_length=20)
    told = models.JSONField(default=dict)
    happened_at = models.DateTimeField()
    received_at = models.DateTimeField(default=timezone.now)
    actor = models.ForeignKey(User, models.PROTECT, related_name="+")
    entered_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    state = models.CharField(max_length=12, choices=LateState.choices, default=LateState.CARRIED_OUT)
    clash = models.JSONField(default=dict, blank=True)
    settled_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    settled_at = models.DateTimeField(null=True, blank=True)
    why = models.CharField(_("reason"), max_length=200, blank=True)

    objects = LateRecordQuerySet.as_manager()

    class Meta:
        ordering = ["happened_at", "id"]
        indexes = [models.Index(fields=["branch"], name="late_clash", condition=Q(state="clash"))]
        constraints = [
            models.CheckConstraint(condition=Q(received_at__gte=F("happened_at")), name="late_is_later"),
            models.CheckConstraint(
                condition=~Q(state="settled") | Q(settled_by__isnull=False, settled_at__isnull=False),
                name="settled_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.source} {self.kind} at {self.happened_at:%F %H:%M}"


class SheetPhoto(models.Model):
    """A photograph of a sheet signed on paper, made anew by us (bookings.photos)."""

    work_order = models.ForeignKey(WorkOrder, models.PROTECT, related_name="sheet_photos")
    record = models.ForeignKey(LateRecord, models.PROTECT, null=True, blank=True, related_name="photos")
    data = models.BinaryField()
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["at", "id"]

    def __str__(self) -> str:
        return f"sheet photo {self.pk}"
