"""When a day breaks (R9.7): illness, equipment, weather, power; every booking it touches, until each is made
good."""

from typing import Any

from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from bookings.models import Appointment, Closure, Resource
from studio.foundation.audit import audited
from studio.foundation.models import Versioned
from studio.staff.models import Branch, User
from workflow.models.calls import CallTask
from workflow.models.promise import Promise


class DisruptionKind(models.TextChoices):
    ILLNESS = "illness", pgettext_lazy("what broke", "illness")
    LATE = "late", _("Running late")
    EQUIPMENT = "equipment", _("equipment")
    WEATHER = "weather", _("weather")
    POWER = "power", _("power or network")
    OTHER = "other", pgettext_lazy("what broke", "something else")


@audited()
class Disruption(Versioned):
    """What broke, where (a person, a room, or with no `resource` the whole branch) and for how long. Running
    late (F7) says by how many `minutes` what follows is shifted. `closures` keep what broke from being booked
    meanwhile. Closed (`ended_at`) when every date it touched is settled."""

    branch = models.ForeignKey(Branch, models.PROTECT, related_name="disruptions")
    kind = models.CharField(_("what broke"), max_length=10, choices=DisruptionKind.choices)
    resource = models.ForeignKey(Resource, models.PROTECT, null=True, blank=True, related_name="disruptions")
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("until"))
    minutes = models.PositiveSmallIntegerField(_("late by, minutes"), null=True, blank=True)
    why = models.CharField(_("what happened"), max_length=200)
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    closures = models.ManyToManyField(Closure, related_name="disruptions", blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ["-starts_at", "-id"]
        constraints = [
            models.CheckConstraint(condition=~Q(why=""), name="disruption_says_why"),
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")), name="disruption_ends_after_start"
            ),
            models.CheckConstraint(
                condition=~Q(kind="late") | Q(minutes__gt=0, resource__isnull=False),
                name="late_by_some_minutes",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.starts_at:%F %H:%M}"

    def get_absolute_url(self) -> str:
        return reverse("workflow:disruption", args=[self.pk])

    @property
    def is_late(self) -> bool:
        return self.kind == DisruptionKind.LATE


class DisruptedState(models.TextChoices):
    TOUCHED = "touched", _("touched, nothing done yet")
    TOLD = "told", _("the customer knows, no new time yet")
    MOVED = "moved", _("a new time is agreed")
    STANDS = "stands", _("stands as it is")
    CALLED_OFF = "called_off", _("called off")
    MADE_GOOD = "made_good", _("made good")


class DisruptedDate(Versioned):
    """One date that a disruption touches: the time proposed for it, the call, and how far it is.

    `proposed_holds` are who and what the proposed time is with, as `arrangements.as_stored` writes it;
    `proposed_at` may be the very time that stands, with somebody else.
    `schedule_version` is the one that was touched: moved or called off elsewhere, the state follows. What is
    to make it good (`promise`) is followed like every promise; `MADE_GOOD` is its end where one was due."""

    disruption = models.ForeignKey(Disruption, models.PROTECT, related_name="dates")
    appointment = models.ForeignKey(Appointment, models.PROTECT, related_name="disrupted")
    schedule_version = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=DisruptedState.choices, default=DisruptedState.TOUCHED)
    proposed_at = models.DateTimeField(null=True, blank=True)
    proposed_holds = models.JSONField(default=list, blank=True)
    position = models.PositiveSmallIntegerField(default=0)
    call = models.ForeignKey(CallTask, models.PROTECT, null=True, blank=True, related_name="disrupted")
    promise = models.ForeignKey(Promise, models.PROTECT, null=True, blank=True, related_name="disrupted")
    note = models.CharField(max_length=200, blank=True)
    by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    settled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["disruption", "appointment"], name="touched_once"),
        ]

    def __str__(self) -> str:
        return f"{self.appointment_id}: {self.state}"

    def get_absolute_url(self) -> str:
        return f"{self.disruption.get_absolute_url()}#date-{self.pk}"

    def recent_changes(self) -> list[dict[str, Any]]:
        """How far it is and by whom, for who comes with a stale page."""
        at = self.settled_at or self.disruption.at
        return [{"what": self.get_state_display(), "by": self.by, "at": at}] if self.by else []

    @property
    def is_settled(self) -> bool:
        return self.settled_at is not None


class PlanB(models.TextChoices):
    INDOORS = "indoors", _("indoors instead")
    ANOTHER_DAY = "another_day", _("another day")
    GO = "go", _("go all the same")


class WeatherDecision(models.TextChoices):
    GO = "go", _("we go out")
    PLAN_B = "plan_b", _("plan B")


@audited()
class WeatherPlan(Versioned):
    """Rain decides at an hour: when it is decided for a date outside, and what is done then instead
    (R9.7)."""

    appointment = models.OneToOneField(Appointment, models.PROTECT, related_name="weather_plan")
    decides_at = models.DateTimeField(_("decided at"))
    plan_b = models.CharField(_("plan B"), max_length=12, choices=PlanB.choices)
    indoors = models.ForeignKey(
        Resource, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("where instead")
    )
    note = models.CharField(_("note"), max_length=200, blank=True)
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    decision = models.CharField(max_length=6, choices=WeatherDecision.choices, blank=True)
    decided_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    rang_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        ordering = ["decides_at", "id"]
        indexes = [
            models.Index(
                fields=["decides_at"],
                name="weather_to_decide",
                condition=Q(decision="", rang_at__isnull=True),
            )
        ]
        constraints = [
            models.CheckConstraint(
                condition=~Q(plan_b="indoors") | Q(indoors__isnull=False), name="indoors_has_a_place"
            ),
            models.CheckConstraint(
                condition=Q(decision="") | Q(decided_by__isnull=False, decided_at__isnull=False),
                name="weather_decided_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return f"weather of {self.appointment_id}"

    def get_absolute_url(self) -> str:
        return reverse("workflow:weather", args=[self.appointment_id])

    def recent_changes(self) -> list[dict[str, Any]]:
        """Who decided, for who comes with a stale page."""
        if self.decided_at is None:
            return [{"what": self.get_plan_b_display(), "by": self.by, "at": self.decides_at}]
        return [{"what": self.get_decision_display(), "by": self.decided_by, "at": self.decided_at}]
