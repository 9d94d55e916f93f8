"""Calls to make (待打电话): nobody has to remember them (R3.2)."""

from datetime import time
from typing import Any

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from bookings.models import Appointment
from customers.models import Customer
from studio.foundation.audit import audited
from studio.foundation.models import Event, Versioned
from studio.staff.models import Branch, User
from workflow.models.follow_up import FollowUpContact
from workflow.models.reminder import ReminderRule
from workflow.models.work_order import WorkOrder


class CallKind(models.TextChoices):
    CONFIRM = "confirm", _("confirm the time")
    AGREE_DATE = "agree_date", _("agree a date")
    ANOTHER_TIME = "another_time", _("wants another time")
    NOT_REACHED = "not_reached", _("the message did not arrive")
    FOLLOW_UP = "follow_up", _("follow up")
    DISRUPTED = "disrupted", _("their day is broken")


class CallState(models.TextChoices):
    OPEN = "open", _("to be made")
    DONE = "done", _("made")
    CANCELLED = "cancelled", _("withdrawn")


class CallOutcome(models.TextChoices):
    CONFIRMED = "confirmed", _("Confirmed")
    CHAT = "chat", _("Confirmed on WeChat")
    ANOTHER_TIME = "another_time", _("Another time")
    NO_ANSWER = "no_answer", _("No answer, try again")
    LATER = "later", _("Not a good moment")
    WRONG_NUMBER = "wrong_number", _("Wrong number")
    DO_NOT_CONTACT = "do_not_contact", _("Don't contact")
    INTERESTED = "interested", _("Interested, the talk goes on")
    COMING = "coming", _("Will come by")
    NOT_NOW = "not_now", _("Nice talk, not yet")
    DECIDED = "decided", _("Decided otherwise")


class CallTaskQuerySet(models.QuerySet["CallTask"]):
    def open(self) -> "CallTaskQuerySet":
        return self.filter(state=CallState.OPEN)

    def to_make(self) -> "CallTaskQuerySet":
        """The open ones that may be made: nobody is called who asked not to be (R2.2)."""
        return self.open().filter(customer__is_active=True, customer__do_not_contact=False)

    def of(self, users: Any) -> "CallTaskQuerySet":
        """Whose list it stands on follows from the customer's owner, unless a manager gave it to somebody."""
        return self.filter(Q(assigned_to__in=users) | Q(assigned_to__isnull=True, customer__owner__in=users))

    def for_list(self) -> "CallTaskQuerySet":
        return self.select_related(
            "customer__owner",
            "customer__contact_wish",
            "appointment",
            "branch",
            "contact__occasion",
            "assigned_to",
        ).prefetch_related("customer__members", "customer__contact_points")


class CallTask(Versioned):
    """One call. It stands on the list of the customer's owner (or deputy) from `due_at` on; whose list it is
    follows from the customer, so a call moves with its customer, unless a manager `assigned_to` somebody."""

    branch = models.ForeignKey(Branch, models.PROTECT, related_name="calls")
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="calls")
    kind = models.CharField(max_length=14, choices=CallKind.choices)
    appointment = models.ForeignKey(Appointment, models.PROTECT, null=True, blank=True, related_name="calls")
    schedule_version = models.PositiveIntegerField(default=1)
    work_order = models.ForeignKey(WorkOrder, models.PROTECT, null=True, blank=True, related_name="calls")
    contact = models.OneToOneField(
        FollowUpContact, models.PROTECT, null=True, blank=True, related_name="call"
    )
    rule = models.ForeignKey(ReminderRule, models.PROTECT, null=True, blank=True, related_name="+")
    dedupe_key = models.CharField(max_length=120, unique=True)
    due_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=CallState.choices, default=CallState.OPEN)
    assigned_to = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    tries = models.PositiveSmallIntegerField(default=0)
    outcome = models.CharField(max_length=16, choices=CallOutcome.choices, blank=True)
    note = models.CharField(max_length=300, blank=True)
    done_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    done_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    objects = CallTaskQuerySet.as_manager()

    class Meta:
        ordering = ["due_at", "id"]
        indexes = [models.Index(fields=["branch", "due_at"], condition=Q(state="open"), name="call_due")]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="follow_up", contact__isnull=False)
                | (~Q(kind="follow_up") & Q(contact__isnull=True)),
                name="follow_up_call_has_its_contact",
            ),
            models.CheckConstraint(
                condition=~Q(state="done") | (Q(done_at__isnull=False) & ~Q(outcome="")),
                name="call_done_has_an_outcome",
            ),
            models.UniqueConstraint(
                fields=["appointment", "schedule_version", "kind"],
                condition=Q(state="open", appointment__isnull=False),
                name="one_open_call_of_a_kind",
            ),
        ]

    def __str__(self) -> str:
        return f"call #{self.pk} ({self.kind})"

    def get_absolute_url(self) -> str:
        return reverse("workflow:call", args=[self.pk])

    def recent_changes(self) -> list[dict[str, Any]]:
        """Who recorded what lately, for the page that a stale form leads to."""
        return [
            {"what": event.sentence, "by": event.actor, "at": event.at}
            for event in self.events.select_related("actor").order_by("-at", "-id")[:5]
        ]


CALL_EVENTS = {
    "assigned": _("Given to a colleague"),
    "given_back": _("Given back to the owner"),
    "number_found": _("The desk found a number"),
    "taken_over": _("A manager took over the line"),
}


class CallEvent(Event):
    """History of a call: `kind` is "recorded" (one per try; parameters: outcome), "withdrawn", or one of
    `CALL_EVENTS`."""

    call = models.ForeignKey(CallTask, models.PROTECT, related_name="events")

    @property
    def sentence(self) -> str:
        if self.kind == "withdrawn":
            return str(CallState.CANCELLED.label)
        if self.kind in CALL_EVENTS:
            return str(CALL_EVENTS[self.kind])
        outcome = self.parameters.get("outcome", "")
        return str(CallOutcome(outcome).label) if outcome in CallOutcome.values else outcome


@audited()
class CallRules(models.Model):
    """How a branch calls. Without a row the defaults hold."""

    branch = models.OneToOneField(Branch, models.CASCADE, related_name="call_rules", verbose_name=_("branch"))
    again_after_minutes = models.PositiveSmallIntegerField(
        _("nobody answers: again after (minutes)"), default=120
    )
    most_tries = models.PositiveSmallIntegerField(_("at most so many tries"), default=3)
    writes_after_tries = models.BooleanField(
        _("then a written message"), default=True, help_text=_("Besides, a manager sees the call.")
    )
    behind_at = models.TimeField(_("a manager looks at what is not called by"), default=time(12, 0))
    undated_every_days = models.PositiveSmallIntegerField(
        _("an order without a date comes up every (days)"), default=7
    )
    holds_minutes = models.PositiveSmallIntegerField(
        _("a customer is kept for whoever calls for (minutes)"), default=10
    )

    class Meta:
        verbose_name = _("rules of calling")
        verbose_name_plural = _("rules of calling")
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    again_after_minutes__range=(5, 2880),
                    most_tries__range=(1, 20),
                    undated_every_days__range=(1, 90),
                    holds_minutes__range=(1, 120),
                ),
                name="call_rules_make_sense",
                violation_error_message=_(
                    "Again after 5 to 2880 minutes, 1 to 20 tries, every 1 to 90 days,"
                    " kept for 1 to 120 minutes."
                ),
            )
        ]

    def __str__(self) -> str:
        return f"rules of calling of {self.branch_id}"


class CallInProgress(models.Model):
    """Who is calling a customer at this moment: one row per customer, so nobody else does (R3.2).

    It ends with the outcome, or by itself at `until`, for whoever forgot to record one.
    """

    customer = models.OneToOneField(Customer, models.CASCADE, related_name="call_in_progress")
    call = models.ForeignKey(CallTask, models.CASCADE, null=True, blank=True, related_name="+")
    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    since = models.DateTimeField()
    until = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.user_id} calls {self.customer_id}"
