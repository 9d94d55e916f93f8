"""Rules that bring up calls and reminders by themselves (R3.1, R3.2), and the customer's link."""

from collections.abc import Iterable
from datetime import time
from typing import Any

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from bookings.models import Appointment, AppointmentKind
from studio.foundation.audit import audited
from studio.foundation.models import Named, PublicLink
from studio.outbox.models import Channel, Message
from studio.staff.models import Branch


class OnClosedDays(models.TextChoices):
    AS_USUAL = "as_usual", _("as on every day")
    BEFORE = "before", _("on the last open day before")


class RuleAction(models.TextChoices):
    CALL = "call", _("call by the owner")
    MESSAGE = "message", _("written message")


@audited(without=("replan",))
class ReminderRule(Named):
    """`days_before` the appointment, at `at` of the branch's clock: a call on the owner's list, or a message.

    A rule whose moment has passed when an appointment is made is due at once. A message that can't go by
    `channel` goes by `fall_back`, and where that can't either, the owner calls. `replan`: the rule was
    changed, and what it planned is planned anew.
    """

    branch = models.ForeignKey(
        Branch, models.PROTECT, related_name="reminder_rules", verbose_name=_("branch")
    )
    appointment_kind = models.CharField(_("appointment"), max_length=10, choices=AppointmentKind.choices)
    action = models.CharField(_("what"), max_length=8, choices=RuleAction.choices)
    channel = models.CharField(_("channel"), max_length=10, choices=Channel.choices, blank=True)
    fall_back = models.CharField(
        _("otherwise by"),
        max_length=10,
        choices=Channel.choices,
        blank=True,
        help_text=_("Where the first way fails or there is no address for it. After that the owner calls."),
    )
    days_before = models.PositiveSmallIntegerField(
        _("days before"), default=2, help_text=_("0: on the same morning, at the latest two hours before.")
    )
    at = models.TimeField(_("at"), default=time(10, 0))
    on_closed_days = models.CharField(
        _("on days on which the branch is closed"),
        max_length=8,
        choices=OnClosedDays.choices,
        default=OnClosedDays.AS_USUAL,
    )
    is_active = models.BooleanField(_("active"), default=True)
    replan = models.BooleanField(default=True, editable=False)

    class Meta:
        verbose_name = _("reminder rule")
        verbose_name_plural = _("reminder rules")
        ordering = ["branch", "appointment_kind", "-days_before", "at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(action="call", channel="") | (Q(action="message") & ~Q(channel="")),
                name="message_rule_has_a_channel",
                violation_error_message=_("A message needs a channel; a call has none."),
            ),
            models.CheckConstraint(
                condition=Q(fall_back="") | (Q(action="message") & ~Q(fall_back=models.F("channel"))),
                name="fall_back_is_another_channel",
                violation_error_message=_(
                    "Only a message has another way, and it is not the first one again."
                ),
            ),
            models.CheckConstraint(
                condition=~Q(channel="alarm") & ~Q(fall_back="alarm"),
                name="customers_get_no_alarms",
                violation_error_message=_("Alarms are for colleagues; choose a way to the customer."),
            ),
        ]

    def save(self, *args: Any, update_fields: Iterable[str] | None = None, **kwargs: Any) -> None:
        """Whatever is changed about a rule, what it planned is planned anew."""
        fields = None if update_fields is None else {*update_fields}
        if fields != {"replan"}:
            self.replan = True
            fields = None if fields is None else fields | {"replan"}
        super().save(*args, update_fields=fields, **kwargs)


class ReminderState(models.TextChoices):
    PLANNED = "planned", pgettext_lazy("reminder", "planned")
    DONE = "done", _("carried out")
    OVERTAKEN = "overtaken", _("a nearer one spoke")
    WITHDRAWN = "withdrawn", _("withdrawn")


class Reminder(models.Model):
    """A rule for one schedule version of an appointment: planned with the moment at which it falls due, then
    carried out. The unique key makes it once; a row that was carried out never changes again."""

    appointment = models.ForeignKey(Appointment, models.PROTECT, related_name="reminders")
    rule = models.ForeignKey(ReminderRule, models.PROTECT, related_name="+")
    schedule_version = models.PositiveIntegerField()
    due_at = models.DateTimeField(default=timezone.now)
    state = models.CharField(max_length=10, choices=ReminderState.choices, default=ReminderState.DONE)
    message = models.OneToOneField(Message, models.PROTECT, null=True, blank=True, related_name="reminder")
    created_at = models.DateTimeField(default=timezone.now)
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["due_at"], condition=Q(state="planned"), name="reminder_due")]
        constraints = [
            models.UniqueConstraint(fields=["appointment", "rule", "schedule_version"], name="reminder_once"),
        ]

    def __str__(self) -> str:
        return f"reminder {self.rule_id} for {self.appointment_id} v{self.schedule_version}"


class AppointmentLink(PublicLink):
    """The customer's link: for one appointment at one schedule version."""

    appointment = models.ForeignKey(Appointment, models.CASCADE, related_name="links")
    schedule_version = models.PositiveIntegerField()
    wrong_digits = models.PositiveSmallIntegerField(default=0)
    blocked_until = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"link to {self.appointment_id} v{self.schedule_version}"


class WishedTime(models.Model):
    """A free time that the customer chose behind their link as suiting them better, in their order."""

    appointment = models.ForeignKey(Appointment, models.CASCADE, related_name="wished_times")
    schedule_version = models.PositiveIntegerField()
    starts_at = models.DateTimeField()
    position = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["appointment", "schedule_version", "starts_at"], name="wished_time_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.appointment_id}: {self.starts_at:%F %H:%M}"
