"""Days off, and the deputy of each of them (R8). Nobody is off on a day without a deputy for that day."""

from datetime import date
from typing import Any

from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from studio.foundation.audit import audited
from studio.foundation.models import Versioned
from studio.staff.models.branch import Branch
from studio.staff.models.user import User


class LeaveKind(models.TextChoices):
    REST = "rest", _("day off")
    HOLIDAY = "holiday", _("holiday")
    ILLNESS = "illness", _("illness")
    OTHER = "other", _("other")


class LeaveState(models.TextChoices):
    ASKED = "asked", _("asked for")
    GRANTED = "granted", _("granted")
    REFUSED = "refused", pgettext_lazy("request", "refused")
    WITHDRAWN = "withdrawn", _("withdrawn")


@audited()
class Leave(Versioned):
    """A request for one or more days off. Its `days` name the deputy of each; granted, they are days off.

    `back_at`: when the colleague came back before the end; the days from there on hold no more.
    `digest_read_at`: when the colleague, back again, had read what happened meanwhile.
    """

    branch = models.ForeignKey(Branch, models.PROTECT, related_name="leaves", verbose_name=_("branch"))
    user = models.ForeignKey(User, models.PROTECT, related_name="leaves", verbose_name=_("colleague"))
    starts_on = models.DateField(_("first day"))
    ends_on = models.DateField(_("last day"))
    kind = models.CharField(
        _("kind"), max_length=10, choices=LeaveKind.choices, default=LeaveKind.REST, blank=False
    )
    note = models.CharField(_("note"), max_length=200, blank=True)
    state = models.CharField(_("state"), max_length=10, choices=LeaveState.choices, default=LeaveState.ASKED)
    asked_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    asked_at = models.DateTimeField(default=timezone.now)
    decided_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    decision_note = models.CharField(pgettext_lazy("request", "why not"), max_length=200, blank=True)
    back_at = models.DateTimeField(null=True, blank=True)
    digest_read_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("leave")
        verbose_name_plural = _("leave")
        ordering = ["-starts_on", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_on__gte=F("starts_on")),
                name="leave_ends_after_it_starts",
                violation_error_message=_("The last day lies before the first."),
            ),
            models.CheckConstraint(
                condition=~Q(state="refused") | ~Q(decision_note=""), name="leave_refused_says_why"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user}, {self.starts_on} – {self.ends_on}"

    def get_absolute_url(self) -> str:
        return reverse("staff:leave_request", args=[self.pk])

    @property
    def is_asked(self) -> bool:
        return self.state == LeaveState.ASKED

    @property
    def is_granted(self) -> bool:
        return self.state == LeaveState.GRANTED

    def recent_changes(self) -> list[dict[str, Any]]:
        """Who decided, for who meets a stale page."""
        if self.decided_at is None:
            return []
        return [{"what": self.get_state_display(), "by": self.decided_by, "at": self.decided_at}]


class LeaveDayQuerySet(models.QuerySet["LeaveDay"]):
    def on(self, day: date) -> "LeaveDayQuerySet":
        """The days off that hold: asked for is not yet granted."""
        return self.filter(day=day, is_granted=True)


@audited()
class LeaveDay(models.Model):
    """One day of a leave with its deputy (R8.1). `accepted_at`: when the deputy took the work over."""

    leave = models.ForeignKey(Leave, models.CASCADE, related_name="days")
    branch = models.ForeignKey(Branch, models.PROTECT, related_name="+")
    user = models.ForeignKey(User, models.PROTECT, related_name="leave_days", verbose_name=_("colleague"))
    day = models.DateField(_("day"))
    deputy = models.ForeignKey(User, models.PROTECT, related_name="deputising", verbose_name=_("deputy"))
    is_granted = models.BooleanField(default=False)
    accepted_at = models.DateTimeField(null=True, blank=True)

    acting: User  # only on rows of `handover.coming_up`: the end of the chain of deputies

    objects = LeaveDayQuerySet.as_manager()

    class Meta:
        verbose_name = _("day off")
        verbose_name_plural = _("days off")
        ordering = ["day", "id"]
        indexes = [models.Index(fields=["branch", "day"], condition=Q(is_granted=True), name="off_on_day")]
        constraints = [
            models.CheckConstraint(
                condition=~Q(deputy=F("user")),
                name="nobody_is_their_own_deputy",
                violation_error_message=_("Choose somebody else as deputy."),
            ),
            models.UniqueConstraint(fields=["leave", "day"], name="one_deputy_per_day_of_leave"),
            models.UniqueConstraint(
                fields=["branch", "user", "day"],
                condition=Q(is_granted=True),
                name="off_once_per_day",
                violation_error_message=_("This colleague is off on this day already."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} → {self.deputy}, {self.day}"

    def get_absolute_url(self) -> str:
        return reverse("staff:hand_over", args=[self.pk])


@audited()
class CaseNote(models.Model):
    """What the owner tells the deputy about one case of the hand-over; `case` is the key of the case."""

    leave_day = models.ForeignKey(LeaveDay, models.CASCADE, related_name="notes")
    case = models.CharField(max_length=60)
    text = models.CharField(_("note"), max_length=300)
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["leave_day", "case"], name="one_note_per_case")]

    def __str__(self) -> str:
        return f"note on {self.case}"
