"""Incoming telephone calls: nobody waits longer than 30 seconds unseen (R9.6), none is forgotten (R1.5)."""

from typing import Any

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from customers.models import Customer
from studio.foundation.models import Event, Versioned
from studio.staff.models import Branch, User


class IncomingState(models.TextChoices):
    WAITING = "waiting", _("on the line, waiting")
    TALKING = "talking", _("on the line")
    PARKED = "parked", _("to be called back")
    DONE = "done", _("done")


class IncomingCallQuerySet(models.QuerySet["IncomingCall"]):
    def on_the_line(self) -> "IncomingCallQuerySet":
        return self.filter(state__in=[IncomingState.WAITING, IncomingState.TALKING])

    def parked(self) -> "IncomingCallQuerySet":
        return self.filter(state=IncomingState.PARKED)


class IncomingCall(Versioned):
    """One call that came in. `handler` is who talks, or has to call back at `call_back_at`; the customer may
    be unknown, then `number` (E.164) and `caller` are what they told us."""

    branch = models.ForeignKey(Branch, models.PROTECT, related_name="incoming_calls")
    customer = models.ForeignKey(
        Customer, models.PROTECT, null=True, blank=True, related_name="incoming_calls"
    )
    caller = models.CharField(_("who calls"), max_length=40, blank=True)
    number = models.CharField(_("telephone"), max_length=30, blank=True)
    matter = models.CharField(_("what about"), max_length=200, blank=True)
    state = models.CharField(max_length=10, choices=IncomingState.choices, default=IncomingState.WAITING)
    handler = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    rang_at = models.DateTimeField(default=timezone.now)
    answered_at = models.DateTimeField(null=True, blank=True)
    call_back_at = models.DateTimeField(null=True, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    ended_at = models.DateTimeField(null=True, blank=True)
    answer = models.CharField(_("what we answered"), max_length=300, blank=True)

    objects = IncomingCallQuerySet.as_manager()

    class Meta:
        ordering = ["rang_at", "id"]
        indexes = [
            models.Index(
                fields=["branch", "call_back_at"], condition=Q(state="parked"), name="call_back_due"
            ),
            models.Index(
                fields=["branch"], condition=Q(state__in=["waiting", "talking"]), name="on_the_line"
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=~Q(state="parked")
                | (
                    Q(call_back_at__isnull=False, handler__isnull=False)
                    & (Q(customer__isnull=False) | ~Q(number=""))
                ),
                name="parked_call_can_be_called_back",
            ),
            models.CheckConstraint(
                condition=Q(state="done", ended_at__isnull=False)
                | (~Q(state="done") & Q(ended_at__isnull=True)),
                name="call_done_has_a_time",
            ),
            models.CheckConstraint(
                condition=~Q(state="talking") | Q(handler__isnull=False), name="who_talks_is_known"
            ),
        ]

    def __str__(self) -> str:
        return f"incoming call #{self.pk}"

    def get_absolute_url(self) -> str:
        return reverse("workflow:incoming_call", args=[self.pk])

    def recent_changes(self) -> list[dict[str, Any]]:
        """The last changes, for who meets a stale page."""
        events = self.events.select_related("actor").order_by("-at", "-id")[:5]
        return [{"what": event.sentence, "by": event.actor, "at": event.at} for event in events]


INCOMING_KINDS = {
    "rang": _("The telephone rang"),
    "answered": _("Somebody answered"),
    "described": _("Wrote down what they told us"),
    "recognised": _("Found out who they are"),
    "parked": _("To be called back"),
    "called_back": _("Calling back"),
    "tried": _("Called back, nobody answered"),
    "handed_on": _("Went on to a colleague"),
    "done": _("Done"),
}


class IncomingCallEvent(Event):
    """History of an incoming call."""

    call = models.ForeignKey(IncomingCall, models.PROTECT, related_name="events")

    @property
    def sentence(self) -> str:
        """What happened, in the reader's language."""
        return str(INCOMING_KINDS.get(self.kind, self.kind))
