"""What the house does for a party in it (R4.2), and by which measure it looks after them."""

from datetime import time

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from customers.models import Member
from studio.foundation.audit import audited
from studio.staff.models import Branch, User
from workflow.models.work_order import WorkOrder


class CareKind(models.TextChoices):
    WATER = "water", _("water or tea")
    LOCKER = "locker", _("locker")
    MEAL = "meal", _("meal")
    LOOK_IN = "look_in", _("looked in")
    PRAISE = "praise", _("praised")


class CareNote(models.Model):
    """One thing done for a party: a drink, a locker (`what` is its number, until `ended_at`), a meal, a look
    in on them, a word of praise (R4.2). A locker belongs to one party at a time."""

    branch = models.ForeignKey(Branch, models.PROTECT, related_name="+")
    work_order = models.ForeignKey(WorkOrder, models.PROTECT, related_name="care_notes")
    member = models.ForeignKey(Member, models.PROTECT, null=True, blank=True, related_name="+")
    kind = models.CharField(max_length=8, choices=CareKind.choices)
    what = models.CharField(max_length=120, blank=True)
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ["at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["branch", "what"],
                condition=Q(kind="locker", ended_at__isnull=True),
                name="locker_of_one_party",
                violation_error_message=_("This locker is taken."),
            ),
            models.CheckConstraint(condition=~Q(kind="locker") | ~Q(what=""), name="locker_has_a_number"),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True) | Q(ended_at__gte=F("at")), name="care_ends_after_it_began"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.what}"


@audited()
class HouseRules(models.Model):
    """By which measure a branch looks after who is in the house; without a row the defaults hold."""

    branch = models.OneToOneField(
        Branch, models.PROTECT, related_name="house_rules", verbose_name=_("branch")
    )
    offer_waits_seconds = models.PositiveSmallIntegerField(
        _("an offer not taken over is an alarm after, seconds"),
        default=180,
        validators=[MinValueValidator(30)],
    )
    styling_within_minutes = models.PositiveSmallIntegerField(
        _("from arrival to styling, at most, minutes"), default=15, validators=[MinValueValidator(1)]
    )
    look_in_every_minutes = models.PositiveSmallIntegerField(
        _("the owner looks in every, minutes"), default=60, validators=[MinValueValidator(10)]
    )
    lunch_from = models.TimeField(_("lunch from"), default=time(11, 30))
    lunch_until = models.TimeField(_("lunch until"), default=time(13, 30))
    dinner_from = models.TimeField(_("dinner from"), default=time(17, 30))
    dinner_until = models.TimeField(_("dinner until"), default=time(19, 30))
    lockers = models.PositiveSmallIntegerField(
        _("number of lockers"), default=24, help_text=_("They are numbered from 1.")
    )

    class Meta:
        verbose_name = _("rules of the house")
        verbose_name_plural = _("rules of the house")
        constraints = [
            models.CheckConstraint(
                condition=Q(lunch_until__gt=F("lunch_from")) & Q(dinner_until__gt=F("dinner_from")),
                name="meal_ends_after_it_begins",
                violation_error_message=_("A meal time ends before it begins."),
            ),
            models.CheckConstraint(
                condition=Q(offer_waits_seconds__gte=30)
                & Q(styling_within_minutes__gte=1)
                & Q(look_in_every_minutes__gte=10),
                name="house_rules_are_sensible",
                violation_error_message=_("This is too short to be kept."),
            ),
        ]

    def __str__(self) -> str:
        return str(self.branch)
