"""What must be there before a customer comes (R6, R7), and what they take home."""

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from bookings.models import Appointment, PriceLine
from studio.foundation.models import in_language
from studio.staff.models import Department, User
from workflow.models.work_order import WorkOrder


class ReadinessKind(models.TextChoices):
    SHEET = "sheet", _("work-order sheet received")
    PROOFS_READY = "proofs_ready", _("proofs ready")
    PROOFS_LOADED = "proofs_loaded", _("proofs on the selection computer")
    ITEMS = "items", _("every item at the front desk")


class Readiness(models.Model):
    """One thing that must be ready for an appointment, who owes it, and by when (R6.1, R7.1)."""

    appointment = models.ForeignKey(Appointment, models.PROTECT, related_name="readiness")
    kind = models.CharField(max_length=14, choices=ReadinessKind.choices)
    department = models.ForeignKey(Department, models.PROTECT, related_name="readiness")
    due_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True, blank=True)
    done_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ["due_at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["appointment", "kind"], name="readiness_once"),
            models.CheckConstraint(
                condition=Q(done_at__isnull=True, done_by__isnull=True)
                | Q(done_at__isnull=False, done_by__isnull=False),
                name="readiness_done_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} for {self.appointment_id}"


class SelectionSheet(models.Model):
    """The selection sheet (选片单), signed by the customer; without it production cannot start (R6.4)."""

    work_order = models.OneToOneField(WorkOrder, models.PROTECT, related_name="selection_sheet")
    frames = models.PositiveSmallIntegerField(_("frames chosen"))
    wishes = models.TextField(_("wishes for retouching"), max_length=2000, blank=True)
    signed_name = models.CharField(_("signed by"), max_length=40)
    signed_at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(User, models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(signed_name=""), name="selection_sheet_is_signed"),
            models.CheckConstraint(condition=Q(frames__gt=0), name="selection_sheet_has_frames"),
        ]

    def __str__(self) -> str:
        return f"selection sheet of {self.work_order_id}"


class Item(models.Model):
    """One thing of this order that the customer takes home. It goes from production to the front desk
    (only complete sets, F3) and is signed for at the pickup."""

    work_order = models.ForeignKey(WorkOrder, models.PROTECT, related_name="items")
    label = models.JSONField()
    quantity = models.PositiveSmallIntegerField(default=1)
    position = models.PositiveSmallIntegerField()
    price_line = models.ForeignKey(
        PriceLine, models.PROTECT, null=True, blank=True, related_name="made_items"
    )
    made_at = models.DateTimeField(null=True, blank=True)
    made_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    at_desk_at = models.DateTimeField(null=True, blank=True)
    at_desk_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    signed_at = models.DateTimeField(null=True, blank=True)
    signed_name = models.CharField(max_length=40, blank=True)

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["work_order", "position"], name="item_once"),
            models.CheckConstraint(
                condition=Q(at_desk_at__isnull=True) | Q(made_at__isnull=False), name="made_before_the_desk"
            ),
            models.CheckConstraint(
                condition=Q(signed_at__isnull=True) | (Q(at_desk_at__isnull=False) & ~Q(signed_name="")),
                name="signed_at_the_desk_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        return in_language(self.label)
