"""Follow-up of prospects (追访, R2): a plan of up to eleven contacts, each with a fresh occasion."""

from datetime import time
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from customers.models import Customer, CustomerKind
from studio.foundation.audit import audited
from studio.foundation.models import LANGUAGE_FIELDS, Event, Named, Versioned
from studio.staff.models import Branch, User
from workflow.models.visit import Visit

MOST_CONTACTS = 11
"""Most sales close between the fourth and the eleventh contact (R2.1); after that it would be pushing."""


@audited()
class FollowUpRules(models.Model):
    """How a branch follows up; without a row the defaults of the fields hold."""

    branch = models.OneToOneField(
        Branch, models.PROTECT, related_name="follow_up_rules", verbose_name=_("branch")
    )
    contacts = models.PositiveSmallIntegerField(_("contacts at most"), default=MOST_CONTACTS)
    first_after = models.PositiveSmallIntegerField(_("first contact after (days)"), default=3)
    apart_from = models.PositiveSmallIntegerField(_("then at least every (days)"), default=14)
    apart_to = models.PositiveSmallIntegerField(_("and at most every (days)"), default=21)
    call_at = models.TimeField(_("on the list from"), default=time(10, 30))

    class Meta:
        verbose_name = _("rules of follow-up")
        verbose_name_plural = _("rules of follow-up")
        constraints = [
            models.CheckConstraint(
                condition=Q(contacts__gte=1, contacts__lte=MOST_CONTACTS),
                name="follow_up_at_most_eleven",
                violation_error_message=_("Between one and eleven contacts (R2.1)."),
            ),
            models.CheckConstraint(
                condition=Q(first_after__gte=1, apart_from__gte=1, apart_to__gte=F("apart_from")),
                name="follow_up_days_in_order",
                violation_error_message=_("At least one day, and the second number not below the first."),
            ),
        ]

    def __str__(self) -> str:
        return str(self.branch)


class OccasionKind(models.TextChoices):
    ANY = "any", _("any time")
    FESTIVAL = "festival", _("a festival")
    BIRTHDAY = "birthday", _("a birthday in the family")
    SEASON = "season", _("a season or a new collection")


class OccasionCalendar(models.TextChoices):
    SOLAR = "solar", _("solar calendar")
    LUNAR = "lunar", _("lunar calendar")


@audited()
class Occasion(Named):
    """由头: what a contact is about. A festival has its day, a season its span; `line_*` is what is said.

    `suits` keeps it to one kind of customer: no new gowns for a baby's parents. `%(guests)s` in a line
    stands for how the customer is called.
    """

    branch = models.ForeignKey(Branch, models.PROTECT, related_name="occasions", verbose_name=_("branch"))
    kind = models.CharField(_("kind"), max_length=10, choices=OccasionKind.choices, default=OccasionKind.ANY)
    suits = models.CharField(
        pgettext_lazy("occasion", "for"),
        max_length=10,
        choices=CustomerKind.choices,
        blank=True,
        help_text=_("Empty: for everybody."),
    )
    calendar = models.CharField(
        _("calendar"), max_length=6, choices=OccasionCalendar.choices, default=OccasionCalendar.SOLAR
    )
    month = models.PositiveSmallIntegerField(_("month of the festival"), null=True, blank=True)
    day = models.PositiveSmallIntegerField(_("day of the festival"), null=True, blank=True)
    starts_on = models.DateField(_("from"), null=True, blank=True)
    ends_on = models.DateField(_("until"), null=True, blank=True)
    line_en = models.CharField("line (English)", max_length=300)
    line_zh_hans = models.CharField("话术（简体）", max_length=300)
    line_zh_hant = models.CharField("話術（繁體）", max_length=300)
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    is_active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("occasion")
        verbose_name_plural = _("occasions")
        ordering = ["position", "id"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(kind="festival")
                | Q(
                    month__gte=1,
                    month__lte=12,
                    day__gte=1,
                    day__lte=31,
                    month__isnull=False,
                    day__isnull=False,
                ),
                name="festival_has_a_day",
                violation_error_message=_("A festival has a month and a day."),
            ),
            models.CheckConstraint(
                condition=Q(starts_on__isnull=True)
                | Q(ends_on__isnull=True)
                | Q(ends_on__gte=F("starts_on")),
                name="occasion_span_in_order",
                violation_error_message=_("The last day lies before the first."),
            ),
        ]

    def line(self, language: str | None = None) -> str:
        """What is said, in the given or the active language."""
        field = LANGUAGE_FIELDS.get(language or get_language() or "en", "name_en").replace("name", "line")
        return getattr(self, field) or self.line_en

    def clean(self) -> None:
        """A per cent sign in a line is either a known place or doubled."""
        for field in ("line_en", "line_zh_hans", "line_zh_hant"):
            try:
                str(getattr(self, field)) % {"guests": ""}
            except (KeyError, ValueError, TypeError):
                message = _("Only %(guests)s may stand after a per cent sign; write %% for the sign itself.")
                raise ValidationError({field: str(message)}) from None


class StopReason(models.TextChoices):
    WON = "won", _("won")
    REFUSED = "refused", _("asked not to be contacted")
    ALL_MADE = "all_made", _("the last contact was made")
    DECIDED = "decided", _("decided otherwise")
    OVERTAKEN = "overtaken", _("the wedding day has come")
    CLOSED = "closed", _("the file was closed")
    BY_HAND = "by_hand", _("stopped by hand")
    REOPENED = "reopened", _("the outcome of the visit was taken back")


class FollowUpQuerySet(models.QuerySet["FollowUp"]):
    def running(self) -> "FollowUpQuerySet":
        return self.filter(stopped_at__isnull=True)


class FollowUp(Versioned):
    """A plan for one customer after a lost or undecided visit. One runs at a time. On whose list its contacts
    stand follows from the customer's owner. `made` counts the contacts made; won, it says at which one."""

    branch = models.ForeignKey(Branch, models.PROTECT, related_name="follow_ups")
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="follow_ups")
    visit = models.ForeignKey(Visit, models.PROTECT, related_name="follow_ups")
    started_at = models.DateTimeField(default=timezone.now)
    made = models.PositiveSmallIntegerField(default=0)
    stopped_at = models.DateTimeField(null=True, blank=True)
    stop_reason = models.CharField(max_length=10, choices=StopReason.choices, blank=True)

    objects = FollowUpQuerySet.as_manager()

    class Meta:
        ordering = ["-started_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["customer"], condition=Q(stopped_at__isnull=True), name="one_follow_up_runs"
            ),
            models.CheckConstraint(
                condition=Q(stopped_at__isnull=True, stop_reason="")
                | (Q(stopped_at__isnull=False) & ~Q(stop_reason="")),
                name="follow_up_stopped_says_why",
            ),
            models.CheckConstraint(
                condition=Q(made__lte=MOST_CONTACTS), name="follow_up_made_at_most_eleven"
            ),
        ]

    def __str__(self) -> str:
        return f"follow-up #{self.pk}"

    def get_absolute_url(self) -> str:
        return reverse("workflow:follow_up", args=[self.pk])

    def recent_changes(self) -> list[dict[str, Any]]:
        """The last changes, for who meets a stale page."""
        events = self.events.select_related("actor").order_by("-at", "-id")[:5]
        return [{"what": event.sentence, "by": event.actor, "at": event.at} for event in events]


class ContactState(models.TextChoices):
    PLANNED = "planned", _("planned")
    MADE = "made", _("made")
    DROPPED = "dropped", _("not needed any more")


class ContactChannel(models.TextChoices):
    PHONE = "phone", _("telephone")
    CHAT = "chat", _("chat")
    LETTER = "letter", _("letter or card")
    HERE = "here", _("in the shop")


class FollowUpContact(models.Model):
    """One contact of a plan (R2.2). No occasion comes twice for one customer: the database says so.

    `own_occasion` is what the caller thought of themself, where the library is used up.
    """

    follow_up = models.ForeignKey(FollowUp, models.PROTECT, related_name="contacts")
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="+")
    number = models.PositiveSmallIntegerField()
    due_on = models.DateField(db_index=True)
    occasion = models.ForeignKey(Occasion, models.PROTECT, null=True, blank=True, related_name="+")
    own_occasion = models.CharField(_("occasion of one's own"), max_length=80, blank=True)
    state = models.CharField(max_length=10, choices=ContactState.choices, default=ContactState.PLANNED)
    channel = models.CharField(_("how"), max_length=10, choices=ContactChannel.choices, blank=True)
    outcome = models.CharField(max_length=16, blank=True)
    said = models.CharField(_("what was said"), max_length=500, blank=True)
    made_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    made_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["follow_up", "number"], name="one_contact_per_number"),
            models.UniqueConstraint(
                fields=["customer", "occasion"],
                condition=~Q(state="dropped"),
                name="no_occasion_twice",
                violation_error_message=_("This occasion was used with this customer already."),
            ),
            models.CheckConstraint(
                condition=Q(number__gte=1, number__lte=MOST_CONTACTS), name="contact_at_most_the_eleventh"
            ),
            models.CheckConstraint(
                condition=~Q(state="made") | (Q(made_at__isnull=False) & ~Q(outcome="") & ~Q(channel="")),
                name="contact_made_has_an_outcome",
            ),
        ]

    def __str__(self) -> str:
        return f"contact {self.number} of follow-up #{self.follow_up_id}"

    @property
    def about(self) -> str:
        """What the contact is about, in the reader's language; empty where nobody has thought of anything."""
        return self.occasion.name if self.occasion else self.own_occasion


FOLLOW_UP_KINDS = {
    "started": _("Follow-up planned"),
    "made": _("Contact made"),
    "moved": _("Contact moved to another day"),
    "occasion": _("Another occasion chosen"),
    "stopped": _("Follow-up ended"),
    "replanned": _("Follow-up planned anew"),
    "let_go": _("Contact let go: nobody answered three times"),
    "resumed": _("Follow-up goes on"),
}


class FollowUpEvent(Event):
    """History of a plan: started, each contact made or moved, stopped."""

    follow_up = models.ForeignKey(FollowUp, models.PROTECT, related_name="events")

    @property
    def sentence(self) -> str:
        """What happened, in the reader's language."""
        return str(FOLLOW_UP_KINDS.get(self.kind, self.kind))
