"""The rotation roster of a day (R1.1, R1.2): who is next, and why each turn fell as it did."""

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from studio.foundation.audit import audited
from studio.foundation.models import Event, Named, append_only
from studio.staff.models import Branch, User


class FirstPlace(models.TextChoices):
    CLOSER = "closer", _("yesterday's best closer first, then who waited longest")
    PLAIN = "plain", _("plain order every day")
    TURNING = "turning", _("plain order, one place further each day")


@audited()
class RotationRules(models.Model):
    """The branch's own way of taking turns (F1); without a row the defaults of the fields hold."""

    branch = models.OneToOneField(
        Branch, models.PROTECT, related_name="rotation_rules", verbose_name=_("branch")
    )
    first_place = models.CharField(
        _("who begins the day"), max_length=10, choices=FirstPlace.choices, default=FirstPlace.CLOSER
    )
    unnamed_to_owner = models.BooleanField(
        _("a returning customer who names nobody goes to their owner"),
        default=True,
        help_text=_("Otherwise they go to the current turn; the owner stays the owner."),
    )
    team_first = models.BooleanField(
        _("is the named consultant off, a colleague of the same team receives"), default=True
    )
    make_up = models.BooleanField(_("missed turns are made up"), default=True)
    first_share = models.PositiveSmallIntegerField(
        _("share of the first consultant in a shared case (per cent)"), default=50
    )
    greet_within = models.PositiveSmallIntegerField(_("greeted within (minutes)"), default=2)
    ring_at_most = models.PositiveSmallIntegerField(_("telephone answered within (seconds)"), default=30)
    call_back_after = models.PositiveSmallIntegerField(
        _("a parked call is called back after (minutes)"), default=10
    )

    class Meta:
        verbose_name = _("rules of the rotation")
        verbose_name_plural = _("rules of the rotation")
        constraints = [
            models.CheckConstraint(
                condition=Q(first_share__gte=1, first_share__lte=99),
                name="first_share_between_1_and_99",
                violation_error_message=_("Between 1 and 99 per cent."),
            ),
            models.CheckConstraint(
                condition=Q(greet_within__gte=1, ring_at_most__gte=1, call_back_after__gte=1),
                name="rotation_times_above_zero",
                violation_error_message=_("The times are at least one."),
            ),
        ]

    def __str__(self) -> str:
        return str(self.branch)


@audited()
class AwayReason(Named):
    """Why somebody is off the roster for a while. `is_made_up`: the turns missed meanwhile are made up;
    otherwise they are forgone."""

    branch = models.ForeignKey(Branch, models.PROTECT, related_name="away_reasons", verbose_name=_("branch"))
    is_made_up = models.BooleanField(_("missed turns are made up"), default=True)
    minutes = models.PositiveSmallIntegerField(
        _("usually takes (minutes)"), null=True, blank=True, help_text=_("Shown as “back at”.")
    )
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    is_active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("reason to step away")
        verbose_name_plural = _("reasons to step away")
        ordering = ["position", "id"]


class RotationDay(models.Model):
    """One branch's roster of one day. Its row is the lock: two desks never take one turn twice."""

    branch = models.ForeignKey(Branch, models.PROTECT, related_name="rotation_days")
    day = models.DateField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["branch", "day"], name="one_rotation_per_day")]

    def __str__(self) -> str:
        return f"{self.branch_id} {self.day}"


class RotationPlace(models.Model):
    """A consultant's place on the day's roster; who is away keeps the place and is passed over.

    `away_why` are free words, `away_reason` one of the branch's; either says why. `back_at` is when they
    expect to be back. `forgone` counts turns that are not made up (F1); they weigh like turns taken.
    `is_off`: they were on leave when the roster was last touched; back again, they start level.
    """

    rotation = models.ForeignKey(RotationDay, models.CASCADE, related_name="places")
    consultant = models.ForeignKey(User, models.PROTECT, related_name="+")
    place = models.PositiveSmallIntegerField()
    away_since = models.DateTimeField(null=True, blank=True)
    away_why = models.CharField(max_length=60, blank=True)
    away_reason = models.ForeignKey(AwayReason, models.PROTECT, null=True, blank=True, related_name="+")
    back_at = models.DateTimeField(null=True, blank=True)
    forgone = models.PositiveSmallIntegerField(default=0)
    is_off = models.BooleanField(default=False)

    class Meta:
        ordering = ["place"]
        constraints = [
            models.UniqueConstraint(fields=["rotation", "consultant"], name="one_place_per_consultant"),
            models.CheckConstraint(
                condition=Q(away_since__isnull=True) | ~Q(away_why="") | Q(away_reason__isnull=False),
                name="away_has_a_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.place}: {self.consultant_id}"


class TurnReason(models.TextChoices):
    NEXT = "next", _("was next")
    OWNER = "owner", _("returning customer, to their owner")
    DEPUTY = "deputy", _("returning customer, for the owner")
    NAMED = "named", _("asked for by name")
    TEAM = "team", _("the named colleague is off, same team")
    FOR_NAMED = "for_named", _("the named colleague is busy, turn kept")
    RETURNING = "returning", _("returning customer who named nobody")
    MADE_UP = "made_up", _("makes up a missed turn")


class RotationTurn(models.Model):
    """One customer given to one consultant. `counts` False: it cost no turn (a returning customer, F1).

    `named` is whom they asked for; `passed_over` who would have come before and why they did not.
    """

    rotation = models.ForeignKey(RotationDay, models.PROTECT, related_name="turns")
    number = models.PositiveIntegerField()
    consultant = models.ForeignKey(User, models.PROTECT, related_name="+")
    reason = models.CharField(max_length=10, choices=TurnReason.choices)
    counts = models.BooleanField(default=True)
    named = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    passed_over = models.JSONField(default=list, blank=True)
    taken_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    taken_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["number"]
        triggers = [append_only]
        constraints = [models.UniqueConstraint(fields=["rotation", "number"], name="one_turn_per_number")]

    def __str__(self) -> str:
        return f"{self.rotation_id}/{self.number}"


ROTATION_KINDS = {
    "joined": _("joined the roster"),
    "went_off": _("went off for the day"),
    "back_from_leave": _("back, although off today"),
    "stepped_away": _("stepped away"),
    "came_back": _("came back"),
}


class RotationEvent(Event):
    """History of the roster: who stepped away and why, who came back and how many turns that cost.

    Parameters: `reason` (an AwayReason, or none), and `forgone`, how many turns were not made up.
    """

    rotation = models.ForeignKey(RotationDay, models.PROTECT, related_name="events")
    consultant = models.ForeignKey(User, models.PROTECT, related_name="+")

    @property
    def sentence(self) -> str:
        """What happened, in the reader's language."""
        return str(ROTATION_KINDS.get(self.kind, self.kind))
