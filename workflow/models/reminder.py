"""Rules that bring up calls and reminders by themselves (R3.1, R3.2), and the customer's link."""

from datetime import time

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from bookings.models import Appointment, AppointmentKind
from studio.foundation.audit import audited
from studio.foundation.models import Named, PublicLink
from studio.outbox.models import Channel, Message
from studio.staff.models import Branch


class RuleAction(models.TextChoices):
    CALL = "call", _("call by the owner")
    MESSAGE = "message", _("written message")


@audited()
class ReminderRule(Named):
    """`days_before` the appointment, at `at` of the branch's clock: a call on the owner's list, or a message.

    A rule whose moment has passed when an appointment is made is due at once.
    """

    branch = models.ForeignKey(
        Branch, models.PROTECT, related_name="reminder_rules", verbose_name=_("branch")
    )
    appointment_kind = models.CharField(_("appointment"), max_length=10, choices=AppointmentKind.choices)
    action = models.CharField(_("what"), max_length=8, choices=RuleAction.choices)
    channel = models.CharField(_("channel"), max_length=10, choices=Channel.choices, blank=True)
    days_before = models.PositiveSmallIntegerField(_("days before"), default=2)
    at = models.TimeField(_("at"), default=time(10, 0))
    is_active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("reminder rule")
        verbose_name_plural = _("reminder rules")
        ordering = ["branch", "appointment_kind", "-days_before", "at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(action="call", channel="") | (Q(action="message") & ~Q(channel="")),
                name="message_rule_has_a_channel",
                violation_error_message=_("A message needs a channel; a call has none."),
            )
        ]


class Reminder(models.Model):
    """A rule carried out for one schedule version of an appointment: the unique key makes it once."""

    appointment = models.ForeignKey(Appointment, models.PROTECT, related_name="reminders")
    rule = models.ForeignKey(ReminderRule, models.PROTECT, related_name="+")
    schedule_version = models.PositiveIntegerField()
    message = models.OneToOneField(Message, models.PROTECT, null=True, blank=True, related_name="reminder")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["appointment", "rule", "schedule_version"], name="reminder_once"),
        ]

    def __str__(self) -> str:
        return f"reminder {self.rule_id} for {self.appointment_id} v{self.schedule_version}"


class AppointmentLink(PublicLink):
    """The customer's link: for one appointment at one schedule version."""

    appointment = models.ForeignKey(Appointment, models.CASCADE, related_name="links")
    schedule_version = models.PositiveIntegerField()

    def __str__(self) -> str:
        return f"link to {self.appointment_id} v{self.schedule_version}"
