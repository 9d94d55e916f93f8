"""The visitor log (客流登记表): one row per party that comes in (R1.1, R1.3, R1.5, R2.3)."""

from typing import Any

from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from bookings.models import BookingRequest
from customers.models import Customer
from customers.models.customer import HeardFrom
from studio.foundation.models import Event, Versioned
from studio.staff.models import Branch, User
from workflow.models.rotation import RotationTurn


class VisitOutcome(models.TextChoices):
    OPEN = "open", _("being received")
    WON = "won", _("Won")
    UNDECIDED = "undecided", _("Undecided")
    LOST = "lost", _("Lost")


class LossReason(models.TextChoices):
    COMPARING = "comparing", _("still comparing")
    PRICE = "price", _("price")
    STYLE = "style", _("style")
    DATE_FULL = "date_full", _("date full")
    FAMILY = "family", _("family disagrees")
    COMPETITOR = "competitor", _("a competitor")
    LEFT = "left", _("left before talking")


class VisitorKind(models.TextChoices):
    PURPOSE = "purpose", _("came for something")
    LOOKING = "looking", _("just looking")
    IMPULSE = "impulse", _("impulsive")


class Interest(models.TextChoices):
    """How far a visitor had come (R2.3)."""

    ATTENTION = "attention", _("attention")
    INTEREST = "interest", _("interest")
    ASSOCIATION = "association", _("association")
    DESIRE = "desire", _("desire")
    COMPARISON = "comparison", _("comparison")
    TRUST = "trust", _("trust")
    ACTION = "action", _("action")
    SATISFACTION = "satisfaction", _("satisfaction")


HALF_WAY = "half_way"
"""Kept instead of a sentence where they asked for their first consultant half-way (F1)."""


def in_words(why: str) -> str:
    """Why a visit went on or a case is shared: the half-way wish in the reader's language, else as typed."""
    return gettext("Asked for their first consultant half-way.") if why == HALF_WAY else why


class VisitQuerySet(models.QuerySet["Visit"]):
    def open(self) -> "VisitQuerySet":
        return self.filter(outcome=VisitOutcome.OPEN)


class Visit(Versioned):
    """A party in the door. The customer may be empty: the tea comes first, the details when they are told.

    One with a `request` came through the branch's booking page: its party is called, not greeted at the door.
    `turn_given_back`: they turned out to be a returning customer, who costs nobody a turn (F1).
    """

    branch = models.ForeignKey(Branch, models.PROTECT, related_name="visits")
    customer = models.ForeignKey(Customer, models.PROTECT, null=True, blank=True, related_name="visits")
    consultant = models.ForeignKey(User, models.PROTECT, related_name="visits")
    turn = models.OneToOneField(RotationTurn, models.PROTECT, null=True, blank=True, related_name="visit")
    request = models.OneToOneField(
        BookingRequest, models.PROTECT, null=True, blank=True, related_name="visit"
    )
    arrived_at = models.DateTimeField(default=timezone.now)
    greeted_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(
        _("outcome"), max_length=10, choices=VisitOutcome.choices, default=VisitOutcome.OPEN
    )
    loss_reason = models.CharField(_("why not"), max_length=12, choices=LossReason.choices, blank=True)
    party_size = models.PositiveSmallIntegerField(_("how many people"), default=2)
    heard_from = models.CharField(_("heard of us from"), max_length=12, choices=HeardFrom.choices, blank=True)
    came_for = models.CharField(_("what for"), max_length=120, blank=True)
    wish_date = models.DateField(_("wish date"), null=True, blank=True)
    visitor_kind = models.CharField(
        _("kind of visitor"), max_length=10, choices=VisitorKind.choices, blank=True
    )
    interest = models.CharField(
        _("how far they had come"), max_length=12, choices=Interest.choices, blank=True
    )
    notes = models.TextField(_("notes"), max_length=2000, blank=True)
    named = models.ForeignKey(
        User,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=pgettext_lazy("visit", "asked for"),
    )
    passed_on_why = models.CharField(_("why they went on to a colleague"), max_length=200, blank=True)
    turn_given_back = models.BooleanField(default=False)
    competitor = models.CharField(_("which competitor"), max_length=60, blank=True)
    imported = models.ForeignKey(
        "workflow.VisitImport", models.PROTECT, null=True, blank=True, related_name="visits"
    )

    objects = VisitQuerySet.as_manager()

    class Meta:
        ordering = ["-arrived_at", "-id"]
        indexes = [models.Index(fields=["branch", "-arrived_at"], name="visit_by_day")]
        constraints = [
            models.CheckConstraint(
                condition=Q(outcome="open", ended_at__isnull=True)
                | (~Q(outcome="open") & Q(ended_at__isnull=False)),
                name="visit_ended_has_a_time",
            ),
            models.CheckConstraint(
                condition=~Q(outcome="lost") | ~Q(loss_reason=""), name="lost_visit_has_a_reason"
            ),
            models.CheckConstraint(
                condition=Q(competitor="") | Q(loss_reason="competitor"),
                name="competitor_only_where_lost_to_one",
            ),
            models.CheckConstraint(
                condition=~Q(outcome="won") | Q(customer__isnull=False), name="won_visit_has_a_customer"
            ),
            models.CheckConstraint(
                condition=Q(greeted_at__isnull=True) | Q(greeted_at__gte=F("arrived_at")),
                name="greeted_after_arrival",
            ),
        ]

    def __str__(self) -> str:
        return f"visit #{self.pk}"

    @property
    def passed_on_in_words(self) -> str:
        return in_words(self.passed_on_why)

    def get_absolute_url(self) -> str:
        return reverse("workflow:visit", args=[self.pk])

    def recent_changes(self) -> list[dict[str, Any]]:
        """The last changes, for who meets a stale page."""
        events = self.events.select_related("actor").order_by("-at", "-id")[:5]
        return [{"what": event.sentence, "by": event.actor, "at": event.at} for event in events]


VISIT_KINDS = {
    "received": _("They came in"),
    "greeted": _("Greeted"),
    "described": _("Wrote down what they told us"),
    "recognised": _("Found out who they are"),
    "passed_on": _("Went on to a colleague"),
    "ended": _("The visit ended"),
    "reopened": _("The outcome was taken back"),
    "imported": _("Taken over from an older log"),
    "taken_up": _("Their wish from the booking page was taken up"),
    "not_reached": _("Called, and nobody answered"),
}


class VisitEvent(Event):
    """History of a visit: received, greeted, described, ended."""

    visit = models.ForeignKey(Visit, models.PROTECT, related_name="events")

    @property
    def sentence(self) -> str:
        """What happened, in the reader's language."""
        if self.kind == "ended":
            outcome = dict(VisitOutcome.choices).get(self.parameters.get("outcome", ""), "")
            reason = dict(LossReason.choices).get(self.parameters.get("reason", ""))
            words = {"outcome": outcome, "reason": reason}
            return gettext("%(outcome)s (%(reason)s)") % words if reason else str(outcome)
        return str(VISIT_KINDS.get(self.kind, self.kind))
