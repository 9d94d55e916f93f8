"""The outbox row: the truth about one message, from the moment it is planned to its end."""

import uuid
from datetime import datetime

from django.db import models
from django.db.models import Func, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from studio.foundation.models import append_only
from studio.outbox.models.configuration import Channel, Gateway
from studio.staff.models import Branch, User


class State(models.TextChoices):
    QUEUED = "queued", _("waiting")
    LEASED = "leased", _("being sent")
    SENT = "sent", _("sent")
    DELIVERED = "delivered", _("delivered")
    FAILED = "failed", _("failed")
    UNKNOWN = "unknown", _("unclear")
    CANCELLED = "cancelled", _("withdrawn")
    EXPIRED = "expired", _("too late")


class DatabaseClock(Func):
    """The database's clock at this very moment: it alone decides leases, whatever other clocks say."""

    function = "clock_timestamp"
    template = "%(function)s()"
    output_field = models.DateTimeField()


OPEN_STATES = (State.QUEUED, State.LEASED)
DONE_STATES = (State.SENT, State.DELIVERED)


class MessageQuerySet(models.QuerySet["Message"]):
    def open(self) -> "MessageQuerySet":
        return self.filter(state__in=OPEN_STATES)

    def due(self, *, at: datetime) -> "MessageQuerySet":
        """What is to be sent at `at`: queued and due, or leased by somebody whose lease ran out."""
        return self.filter(
            Q(state=State.QUEUED, due_at__lte=at) | Q(state=State.LEASED, lease_until__lte=DatabaseClock())
        )

    def of(self, purpose: str, subject_id: int) -> "MessageQuerySet":
        return self.filter(purpose=purpose, subject_id=subject_id)


class Message(models.Model):
    """History and queue in one row.

    `key` goes to the gateway as idempotency key and is what it is looked up by. `dedupe_key` says what the
    message is (purpose, subject, version, rule): the same thing is never queued twice. `attempt` is the
    fence: whoever finishes must still hold the attempt that they began. Past `deadline` it is never sent.
    `purpose` names the entry in the registry that answers whether the message is still due and renders it.
    The words are kept at the first attempt, so that every later one sends the same.

    `about_customer` is the id of the file that it is written to (None: a colleague's alarm), `basis` on what
    ground ("order", "consent:<id>", "asked", "staff"). `repeats`: a manager, `by`, had that one sent again.
    """

    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    dedupe_key = models.CharField(max_length=120, unique=True)
    branch = models.ForeignKey(Branch, models.PROTECT, related_name="messages")
    purpose = models.CharField(max_length=40)
    subject_id = models.BigIntegerField()
    subject_version = models.PositiveIntegerField(default=1)
    channel = models.CharField(max_length=10, choices=Channel.choices)
    language = models.CharField(max_length=8)
    recipient = models.CharField(max_length=254)
    parameters = models.JSONField(default=dict, blank=True)
    subject = models.CharField(max_length=200, blank=True)
    body = models.TextField(blank=True)
    template_code = models.CharField(max_length=60, blank=True)

    state = models.CharField(max_length=10, choices=State.choices, default=State.QUEUED)
    due_at = models.DateTimeField()
    deadline = models.DateTimeField()
    attempt = models.PositiveIntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True)
    gateway = models.ForeignKey(Gateway, models.PROTECT, null=True, blank=True, related_name="+")
    reference = models.CharField(max_length=120, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True, blank=True)
    delivered_at = models.DateTimeField(null=True, blank=True)
    trouble = models.CharField(max_length=300, blank=True)
    about_customer = models.BigIntegerField(null=True, blank=True)
    basis = models.CharField(max_length=40, blank=True)
    repeats = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="repeated_by")
    by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")

    objects = MessageQuerySet.as_manager()

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        ordering = ["-created_at", "-id"]
        indexes = [
            models.Index(fields=["due_at"], condition=Q(state="queued"), name="message_due"),
            models.Index(fields=["lease_until"], condition=Q(state="leased"), name="message_leased"),
            models.Index(fields=["purpose", "subject_id"], name="message_subject"),
            models.Index(fields=["about_customer", "-created_at"], name="message_customer"),
            models.Index(
                fields=["branch", "-finished_at"],
                condition=Q(state__in=["failed", "unknown", "expired"]),
                name="message_troubled",
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(deadline__gt=models.F("due_at")), name="message_deadline_after_due"
            ),
            models.CheckConstraint(
                condition=Q(state="leased", lease_until__isnull=False) | ~Q(state="leased"),
                name="message_lease_has_an_end",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["queued", "leased"], finished_at__isnull=True)
                | (~Q(state__in=["queued", "leased"]) & Q(finished_at__isnull=False)),
                name="message_finished_has_a_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.purpose} #{self.pk} ({self.state})"


class AttemptOutcome(models.TextChoices):
    OPEN = "open", _("under way")
    ACCEPTED = "accepted", _("accepted")
    FOUND = "found", _("had been accepted")
    REFUSED = "refused", _("refused")
    UNCLEAR = "unclear", _("no clear answer")
    TROUBLE = "trouble", _("not reached")


UNCERTAIN = (AttemptOutcome.OPEN, AttemptOutcome.UNCLEAR)
"""What may have gone out: only a look-up by key tells."""


class Attempt(models.Model):
    """One try, committed before the gateway is spoken to, finished after its answer."""

    message = models.ForeignKey(Message, models.PROTECT, related_name="attempts")
    number = models.PositiveIntegerField()
    gateway = models.ForeignKey(Gateway, models.PROTECT, null=True, related_name="+")
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=10, choices=AttemptOutcome.choices, default=AttemptOutcome.OPEN)
    detail = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["message", "number"], name="attempt_once")]

    def __str__(self) -> str:
        return f"{self.message_id}/{self.number}: {self.outcome}"


class ReceiptStatus(models.TextChoices):
    DELIVERED = "delivered", _("delivered")
    UNDELIVERED = "undelivered", _("not delivered")


class DeliveryReceipt(models.Model):
    """What a gateway reported of one message. `report` is its name of the report: twice the same is one."""

    message = models.ForeignKey(Message, models.PROTECT, related_name="receipts")
    gateway = models.ForeignKey(Gateway, models.PROTECT, related_name="+")
    report = models.CharField(max_length=120)
    status = models.CharField(max_length=12, choices=ReceiptStatus.choices)
    reported_at = models.DateTimeField()
    received_at = models.DateTimeField()
    detail = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["reported_at", "id"]
        constraints = [models.UniqueConstraint(fields=["gateway", "report"], name="receipt_once")]
        triggers = [append_only]

    def __str__(self) -> str:
        return f"{self.message_id}: {self.status}"
