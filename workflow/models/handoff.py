"""Hand-to-hand (一手交一手, R5): who is with each member of a party, and every move between hands."""

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from customers.models import Member
from studio.staff.models import Department, User
from workflow.models.work_order import Look, WorkOrder


class Presence(models.Model):
    """One member of a party in the house, from arrival to the door: with whom, where, since when."""

    work_order = models.ForeignKey(WorkOrder, models.PROTECT, related_name="presences")
    member = models.ForeignKey(Member, models.PROTECT, related_name="presences")
    arrived_at = models.DateTimeField(default=timezone.now)
    left_at = models.DateTimeField(null=True, blank=True)
    with_user = models.ForeignKey(User, models.PROTECT, related_name="+")
    department = models.ForeignKey(Department, models.PROTECT, related_name="+")
    since = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["arrived_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["member"], condition=Q(left_at__isnull=True), name="in_the_house_once"
            ),
            models.CheckConstraint(
                condition=Q(left_at__isnull=True) | Q(left_at__gte=F("arrived_at")), name="left_after_arrival"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.member_id} with {self.with_user_id}"


class HandOffState(models.TextChoices):
    OFFERED = "offered", _("offered")
    ACCEPTED = "accepted", _("taken over")
    RETURNED = "returned", _("returned")
    WITHDRAWN = "withdrawn", _("taken back")


class HandOffQuerySet(models.QuerySet["HandOff"]):
    def open(self) -> "HandOffQuerySet":
        return self.filter(state=HandOffState.OFFERED)


class HandOff(models.Model):
    """One member brought by `giver` to `to_department`, and with the giver until somebody there takes over.

    One open hand-off per member. `round` counts from 1: in later rounds the courtesies drop (R5.3).
    """

    work_order = models.ForeignKey(WorkOrder, models.PROTECT, related_name="hand_offs")
    member = models.ForeignKey(Member, models.PROTECT, related_name="hand_offs")
    giver = models.ForeignKey(User, models.PROTECT, related_name="+")
    from_department = models.ForeignKey(Department, models.PROTECT, related_name="+")
    to_department = models.ForeignKey(Department, models.PROTECT, related_name="hand_offs")
    receiver = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    look = models.ForeignKey(Look, models.PROTECT, null=True, blank=True, related_name="+")
    round = models.PositiveSmallIntegerField(default=1)
    state = models.CharField(max_length=10, choices=HandOffState.choices, default=HandOffState.OFFERED)
    offered_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True, blank=True)
    why = models.CharField(_("reason"), max_length=200, blank=True)

    objects = HandOffQuerySet.as_manager()

    class Meta:
        ordering = ["offered_at", "id"]
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
