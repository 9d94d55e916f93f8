"""How ownership may move: asked for, consented to by a manager, disputed (R1.1, R1.4)."""

from typing import Any

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from customers.models.customer import Customer, OwnershipChange
from studio.foundation.models import PublicLink, Versioned
from studio.staff.models import User


class TransferState(models.TextChoices):
    ASKED = "asked", _("asked for")
    GRANTED = "granted", _("granted")
    REFUSED = "refused", pgettext_lazy("request", "refused")
    WITHDRAWN = "withdrawn", _("withdrawn")


class AskedBy(models.TextChoices):
    COLLEAGUE = "colleague", _("a colleague")
    CUSTOMER = "customer", _("the customer, in private")


class TransferRequest(Versioned):
    """Another owner is asked for: by a colleague, or by the customer in private. A manager consents or says
    why not. `to` may be empty: the customer names nobody. What a customer asked
    in private only managers see."""

    customer = models.ForeignKey(Customer, models.PROTECT, related_name="transfer_requests")
    source = models.CharField(max_length=10, choices=AskedBy.choices, default=AskedBy.COLLEAGUE)
    to = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("new owner")
    )
    reason = models.CharField(_("why"), max_length=12, choices=OwnershipChange.Reason.choices)
    note = models.CharField(_("in their words"), max_length=300, blank=True)
    asked_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    asked_at = models.DateTimeField(default=timezone.now)
    state = models.CharField(max_length=10, choices=TransferState.choices, default=TransferState.ASKED)
    decided_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    decision_note = models.CharField(pgettext_lazy("request", "why not"), max_length=200, blank=True)

    class Meta:
        ordering = ["asked_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "source"],
                condition=Q(state="asked"),
                name="one_open_transfer_request",
                violation_error_message=_("Another owner was asked for already; a manager decides."),
            ),
            models.CheckConstraint(
                condition=~Q(state="refused") | ~Q(decision_note=""), name="transfer_refused_says_why"
            ),
            models.CheckConstraint(
                condition=Q(state="asked") | Q(decided_at__isnull=False), name="transfer_decided_has_a_time"
            ),
            models.CheckConstraint(
                condition=~Q(source="colleague") | Q(asked_by__isnull=False, to__isnull=False),
                name="colleague_asks_for_somebody",
            ),
        ]

    def __str__(self) -> str:
        return f"transfer request #{self.pk}"

    def get_absolute_url(self) -> str:
        return reverse("customers:ownership", args=[self.customer_id])

    def recent_changes(self) -> list[dict[str, Any]]:
        """Who decided, for who meets a stale page."""
        if self.decided_at is None:
            return []
        return [{"what": self.get_state_display(), "by": self.decided_by, "at": self.decided_at}]


class AnotherConsultantLink(PublicLink):
    """The customer's private way to ask for somebody else: the QR on their card leads there. `generation`
    is part of the token; a new card makes the older ones dead."""

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="another_consultant_links")
    generation = models.PositiveSmallIntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["customer", "generation"], name="one_private_link_per_generation")
        ]

    def __str__(self) -> str:
        return f"private link of customer {self.customer_id}"


class DisputeOutcome(models.TextChoices):
    STAYS = "stays", _("stays with the owner")
    TRANSFERRED = "transferred", _("goes to who claimed it")
    SHARED = "shared", _("shared case")
    WITHDRAWN = "withdrawn", _("withdrawn")


class Dispute(Versioned):
    """A colleague says that a customer is theirs; a manager decides on the evidence, in writing."""

    customer = models.ForeignKey(Customer, models.PROTECT, related_name="disputes")
    raised_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    claim = models.CharField(_("claim"), max_length=500)
    raised_at = models.DateTimeField(default=timezone.now)
    outcome = models.CharField(_("decision"), max_length=12, choices=DisputeOutcome.choices, blank=True)
    decided_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    decision = models.CharField(_("why so"), max_length=500, blank=True)

    class Meta:
        ordering = ["-raised_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "raised_by"],
                condition=Q(outcome=""),
                name="one_open_dispute_per_colleague",
            ),
            models.CheckConstraint(condition=~Q(claim=""), name="dispute_has_a_claim"),
            models.CheckConstraint(
                condition=Q(outcome="", decided_at__isnull=True)
                | (~Q(outcome="") & Q(decided_at__isnull=False) & ~Q(decision="")),
                name="dispute_decided_says_why",
            ),
        ]

    def __str__(self) -> str:
        return f"dispute #{self.pk}"

    def get_absolute_url(self) -> str:
        return reverse("customers:ownership", args=[self.customer_id])

    def recent_changes(self) -> list[dict[str, Any]]:
        """Who decided, for who meets a stale page."""
        if self.decided_at is None:
            return []
        return [{"what": self.get_outcome_display(), "by": self.decided_by, "at": self.decided_at}]
