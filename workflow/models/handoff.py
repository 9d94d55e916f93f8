"""Hand-to-hand (一手交一手, R5): every move between hands; and the door."""

from datetime import datetime

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from customers.models import Member
from studio.staff.models import Department, User
from workflow.models.work_order import Look, WorkOrder


class HandOffState(models.TextChoices):
    OFFERED = "offered", _("offered")
    ACCEPTED = "accepted", _("taken over")
    RETURNED = "returned", _("returned")
    WITHDRAWN = "withdrawn", _("taken back")


class HandOffWay(models.TextChoices):
    """How somebody said "I take over"."""

    OFFERED = "offered", _("offered, then taken over")
    TOGETHER = "together", _("given and taken at once")
    OFFLINE = "offline", _("kept while the network was gone")
    PAPER = "paper", _("entered from the sheet on paper")


class HandOffQuerySet(models.QuerySet["HandOff"]):
    def open(self) -> "HandOffQuerySet":
        return self.filter(state=HandOffState.OFFERED)

    def waiting_too_long(self, now: datetime) -> "HandOffQuerySet":
        """Offers whose alarm is due: nobody took over in time (R5.1)."""
        return self.open().filter(alarm_at__lte=now)


class HandOff(models.Model):
    """One member brought by `giver` to `to_department`, and with the giver until somebody there takes over.

    One open hand-off per member. `round` counts from 1: in later rounds the courtesies drop (R5.3).
    `meant_for` is the colleague it was offered to by name, `assistant` who helps the receiver and is
    introduced with them. `by` pressed; `written_at` is set where that was later than it happened. `alarm_at`
    is when an offer that nobody took becomes an alarm, and is cleared once it rang."""

    work_order = models.ForeignKey(WorkOrder, models.PROTECT, related_name="hand_offs")
    member = models.ForeignKey(Member, models.PROTECT, related_name="hand_offs")
    giver = models.ForeignKey(User, models.PROTECT, related_name="+")
    from_department = models.ForeignKey(Department, models.PROTECT, related_name="+")
    to_department = models.ForeignKey(Department, models.PROTECT, related_name="hand_offs")
    meant_for = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    receiver = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    assistant = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    way = models.CharField(max_length=8, choices=HandOffWay.choices, default=HandOffWay.OFFERED)
    look = models.ForeignKey(Look, models.PROTECT, null=True, blank=True, related_name="+")
    round = models.PositiveSmallIntegerField(default=1)
    state = models.CharField(max_length=10, choices=HandOffState.choices, default=HandOffState.OFFERED)
    offered_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True, blank=True)
    written_at = models.DateTimeField(null=True, blank=True)
    alarm_at = models.DateTimeField(null=True, blank=True)
    why = models.CharField(_("reason"), max_length=200, blank=True)

    objects = HandOffQuerySet.as_manager()

    class Meta:
        ordering = ["offered_at", "id"]
        indexes = [
            models.Index(
                fields=["alarm_at"],
                name="offer_to_alarm",
                condition=Q(state="offered", alarm_at__isnull=False),
            )
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["member"], condition=Q(state="offered"), name="one_open_hand_off"
            ),
            models.CheckConstraint(
                condition=~Q(state="accepted") | Q(receiver__isnull=False, ended_at__isnull=False),
                name="accepted_by_somebody",
            ),
            models.CheckConstraint(condition=~Q(state="returned") | ~Q(why=""), name="returned_has_a_reason"),
        ]

    def __str__(self) -> str:
        return f"hand-off #{self.pk} ({self.state})"


class Mood(models.TextChoices):
    """How a customer left (R9.3)."""

    UNHAPPY = "unhappy", _("unhappy")
    SATISFIED = "satisfied", _("satisfied")
    SURPRISED = "surprised", _("surprised")
    MOVED = "moved", _("moved")


class Departure(models.Model):
    """The party was walked out of the door, with the farewell that is never left out (R5.5, R9.3)."""

    work_order = models.ForeignKey(WorkOrder, models.PROTECT, related_name="departures")
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    mood = models.CharField(_("how they left"), max_length=10, choices=Mood.choices)
    farewell_said = models.BooleanField(default=True)
    note = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["at"]
        constraints = [models.CheckConstraint(condition=Q(farewell_said=True), name="farewell_always")]

    def __str__(self) -> str:
        return f"{self.work_order_id}: {self.mood}"
