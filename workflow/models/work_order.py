"""The photo-shoot work order (工单): one to one on a booking; it carries the stages and the hand-offs."""

import itertools
from typing import Any

import pgtrigger
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from bookings.models import Booking, PriceLine
from studio.foundation.audit import audited
from studio.foundation.models import Event, Versioned, in_language
from studio.staff.models import Branch, User


class Stage(models.TextChoices):
    CONSULT = "consult", _("Consult")
    CONFIRM = "confirm", _("Confirm")
    SHOOT = "shoot", _("Shoot")
    SELECTION = "selection", _("Selection")
    PICKUP = "pickup", _("Pickup")
    CLOSED = "closed", _("Closed")


STAGES = list(Stage)
OPEN_STAGES = STAGES[:-1]
STEPS = list(itertools.pairwise(STAGES))
"""The only moves of a work order: from each stage to the next. Code and database both keep to them."""

KINDS: dict[str, Any] = {}
"""Kind of an event → its sentence; filled by `workflow.timeline`."""


class WorkOrderQuerySet(models.QuerySet["WorkOrder"]):
    def open(self) -> "WorkOrderQuerySet":
        return self.exclude(stage=Stage.CLOSED).filter(booking__state=Booking.State.OPEN)

    def for_board(self) -> "WorkOrderQuerySet":
        """With what a card shows; what `stages.missing` reads is fetched by `stages.prefetch()`."""
        return self.select_related(
            "booking__customer__owner",
            "booking__package_version__package",
            "branch",
            "selection_sheet",
        )


@audited()
class WorkOrder(Versioned):
    """The stage is changed through one door only, `workflow.stages.advance` (one step forward)."""

    branch = models.ForeignKey(Branch, models.PROTECT, related_name="work_orders")
    booking = models.OneToOneField(Booking, models.PROTECT, related_name="work_order")
    stage = models.CharField(_("stage"), max_length=10, choices=Stage.choices, default=Stage.CONSULT)
    stage_since = models.DateTimeField(default=timezone.now)
    arrived_at = models.DateTimeField(null=True, blank=True)
    sheet_issued_at = models.DateTimeField(null=True, blank=True)
    sheet_issued_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    styling_since = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    selection_note = models.TextField(_("what to suggest"), max_length=1000, blank=True)

    objects = WorkOrderQuerySet.as_manager()

    class Meta:
        verbose_name = _("work order")
        verbose_name_plural = _("work orders")
        ordering = ["-id"]
        indexes = [models.Index(fields=["branch", "stage"], name="work_order_by_stage")]
        triggers = [
            pgtrigger.FSM(
                name="one_stage_forward",
                field="stage",
                transitions=[(old.value, new.value) for old, new in STEPS],
                condition=pgtrigger.AnyChange("stage"),
            )
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(stage="closed", closed_at__isnull=False)
                | (~Q(stage="closed") & Q(closed_at__isnull=True)),
                name="closed_work_order_has_a_time",
            )
        ]

    def __str__(self) -> str:
        return f"work order #{self.pk}"

    def get_absolute_url(self) -> str:
        return reverse("workflow:order", args=[self.pk])

    def recent_changes(self) -> list[dict[str, Any]]:
        """What happened last, for whoever edits a page that has grown old."""
        events = self.events.select_related("actor").order_by("-at", "-id")[:3]
        return [{"what": event.sentence, "by": event.actor, "at": event.at} for event in events]


class LookState(models.TextChoices):
    PENDING = "pending", _("to be shot")
    SHOT = "shot", _("Look done")
    UNDONE = "undone", _("Not shot today")


class Look(models.Model):
    """One look of this order, copied from the package or sold beside it (`price_line`): ticked when shot, or
    recorded as undone (F2). `reshoot`: the one in which it is, or was, shot after the day."""

    work_order = models.ForeignKey(WorkOrder, models.PROTECT, related_name="looks")
    label = models.JSONField()
    position = models.PositiveSmallIntegerField()
    price_line = models.ForeignKey(
        PriceLine, models.PROTECT, null=True, blank=True, related_name="made_looks"
    )
    state = models.CharField(max_length=8, choices=LookState.choices, default=LookState.PENDING)
    why = models.CharField(max_length=200, blank=True)
    by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    at = models.DateTimeField(null=True, blank=True)
    reshoot = models.ForeignKey(
        "workflow.Reshoot", models.PROTECT, null=True, blank=True, related_name="looks"
    )

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["work_order", "position"], name="look_once"),
            models.CheckConstraint(
                condition=~Q(state="undone") | ~Q(why=""), name="undone_look_has_a_reason"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        return in_language(self.label)


class WorkOrderEvent(Event):
    """History of the work order: stages, arrival, sheet, looks, readiness, selection, pickup …"""

    work_order = models.ForeignKey(WorkOrder, models.PROTECT, related_name="events")

    @property
    def sentence(self) -> str:
        """What happened, in the reader's language; an unknown kind stands as it is."""
        words = KINDS.get(self.kind, self.kind)
        return str(words(self) if callable(words) else words)
