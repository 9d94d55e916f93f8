"""What was not done on the day (F2), and the records beside the stages: on hold, to be shot again."""

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from bookings.models import Appointment
from studio.foundation.audit import audited
from studio.foundation.models import Versioned
from studio.staff.models import Branch, User
from workflow.models.promise import Promise
from workflow.models.work_order import Look, WorkOrder


class UndoneQuerySet(models.QuerySet["Undone"]):
    def open(self) -> "UndoneQuerySet":
        """What has neither a date nor a promise yet, and was not let go."""
        return self.filter(settled_at=None)


class Undone(Versioned):
    """A look or another thing that could not be done on the day, and why (F2). On the spot it becomes a date
    of its own or a promise, or the customer lets it go, with their word; until then it stands on the owner's
    Today."""

    branch = models.ForeignKey(Branch, models.PROTECT, related_name="+")
    work_order = models.ForeignKey(WorkOrder, models.PROTECT, related_name="undone")
    look = models.ForeignKey(Look, models.PROTECT, null=True, blank=True, related_name="undone")
    what = models.CharField(_("what was not done"), max_length=120, blank=True)
    why = models.CharField(_("why"), max_length=200)
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    appointment = models.ForeignKey(Appointment, models.PROTECT, null=True, blank=True, related_name="undone")
    promise = models.ForeignKey(Promise, models.PROTECT, null=True, blank=True, related_name="undone")
    let_go = models.CharField(_("why it is let go, in the customer's words"), max_length=200, blank=True)
    settled_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    settled_at = models.DateTimeField(null=True, blank=True)

    objects = UndoneQuerySet.as_manager()

    class Meta:
        ordering = ["at", "id"]
        indexes = [
            models.Index(fields=["branch", "at"], name="undone_open", condition=Q(settled_at__isnull=True))
        ]
        constraints = [
            models.CheckConstraint(condition=~Q(why=""), name="undone_has_a_reason"),
            models.CheckConstraint(condition=Q(look__isnull=False) | ~Q(what=""), name="undone_says_what"),
            models.CheckConstraint(
                condition=Q(settled_at__isnull=True)
                | Q(appointment__isnull=False)
                | Q(promise__isnull=False)
                | ~Q(let_go=""),
                name="undone_is_settled_by_something",
            ),
            models.UniqueConstraint(
                fields=["look"], condition=Q(settled_at__isnull=True), name="look_undone_once"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        return self.look.name if self.look else self.what


@audited()
class OnHold(models.Model):
    """The order waits, beside its stage: who said so, why, and when to look at it again. One at a time."""

    work_order = models.ForeignKey(WorkOrder, models.PROTECT, related_name="on_hold")
    why = models.CharField(_("why it waits"), max_length=200)
    look_again_on = models.DateField(_("look at it again on"))
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    ended_why = models.CharField(_("why it goes on"), max_length=200, blank=True)

    class Meta:
        ordering = ["at", "id"]
        constraints = [
            models.CheckConstraint(condition=~Q(why=""), name="on_hold_has_a_reason"),
            models.UniqueConstraint(
                fields=["work_order"], condition=Q(ended_at__isnull=True), name="on_hold_once"
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True) | (Q(ended_at__gte=F("at")) & Q(ended_by__isnull=False)),
                name="on_hold_ended_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.work_order_id} on hold"


class ReshootKind(models.TextChoices):
    MISSING = "missing", _("what was not shot (补拍)")
    AGAIN = "again", _("shot, and to be shot again (重拍)")


class ReshootCause(models.TextChoices):
    OURS = "ours", _("our doing")
    CUSTOMER = "customer", _("the customer's wish")
    NOBODY = "nobody", _("nobody's doing (weather, illness)")


@audited()
class Reshoot(models.Model):
    """Looks of an order that are to be shot, again or at last, after its day (补拍/重拍): beside the stage,
    with who, why and whose doing. Production waits for it. One at a time; the looks point at it."""

    work_order = models.ForeignKey(WorkOrder, models.PROTECT, related_name="reshoots")
    kind = models.CharField(_("what"), max_length=8, choices=ReshootKind.choices)
    cause = models.CharField(_("whose doing"), max_length=8, choices=ReshootCause.choices)
    why = models.CharField(_("why"), max_length=200)
    appointment = models.ForeignKey(
        Appointment, models.PROTECT, null=True, blank=True, related_name="reshoots"
    )
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    called_off_why = models.CharField(_("why it is called off"), max_length=200, blank=True)

    class Meta:
        ordering = ["at", "id"]
        constraints = [
            models.CheckConstraint(condition=~Q(why=""), name="reshoot_has_a_reason"),
            models.UniqueConstraint(
                fields=["work_order"], condition=Q(ended_at__isnull=True), name="one_reshoot_at_a_time"
            ),
        ]

    def __str__(self) -> str:
        return f"reshoot of {self.work_order_id}"
