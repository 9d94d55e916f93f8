"""The cash drawer by shifts: float, count, difference, and the hand-over to the next."""

from decimal import Decimal

import pgtrigger
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from bookings.models.money_kinds import PaymentMethod
from bookings.models.package import AMOUNT
from studio.foundation.audit import audited
from studio.foundation.models import Versioned, append_only
from studio.staff.models import Branch, User

closed_never_changes = pgtrigger.Protect(
    name="closed_never_changes",
    operation=pgtrigger.Update | pgtrigger.Delete,
    condition=pgtrigger.Q(old__closed_at__isnull=False),
)
into_an_open_shift = pgtrigger.Trigger(
    name="into_an_open_shift",
    when=pgtrigger.Before,
    operation=pgtrigger.Insert,
    condition=pgtrigger.Q(new__shift__isnull=False),
    func="""
        PERFORM 1 FROM bookings_cashshift WHERE id = NEW.shift_id AND closed_at IS NULL FOR SHARE;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'cash shift % is closed', NEW.shift_id
                USING ERRCODE = 'check_violation', CONSTRAINT = 'into_an_open_shift';
        END IF;
        RETURN NEW;
    """,
)
"""Money is written only into an open shift, whose row is shared meanwhile: closing comes before or after."""


class CashShiftQuerySet(models.QuerySet["CashShift"]):
    def open(self) -> "CashShiftQuerySet":
        return self.filter(closed_at__isnull=True)

    def in_branch(self, branch: Branch) -> "CashShiftQuerySet":
        return self.filter(branch=branch)


@audited()
class CashShift(Versioned):
    """One person's time with the drawer. One is open per branch at most; each begins with what the one
    before left in the drawer (`after`), counted by who takes over (`float_counted`)."""

    branch = models.ForeignKey(Branch, models.PROTECT, related_name="cash_shifts")
    number = models.PositiveIntegerField()
    after = models.OneToOneField("self", models.PROTECT, null=True, blank=True, related_name="next")
    opened_at = models.DateTimeField(default=timezone.now)
    opened_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    float_expected = models.DecimalField(_("float"), default=0, **AMOUNT)
    float_counted = models.DecimalField(_("float, counted"), null=True, blank=True, **AMOUNT)
    float_why = models.CharField(max_length=200, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    left_in_drawer = models.DecimalField(_("stays in the drawer"), null=True, blank=True, **AMOUNT)
    handed_to = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    note = models.CharField(_("note"), max_length=300, blank=True)

    objects = CashShiftQuerySet.as_manager()

    class Meta:
        verbose_name = _("cash shift")
        verbose_name_plural = _("cash shifts")
        ordering = ["-opened_at", "-id"]
        triggers = [closed_never_changes]
        constraints = [
            models.UniqueConstraint(
                fields=["branch"], condition=Q(closed_at__isnull=True), name="one_open_cash_shift"
            ),
            models.UniqueConstraint(fields=["branch", "number"], name="cash_shift_number_once"),
            models.CheckConstraint(
                condition=Q(closed_at__isnull=True, closed_by__isnull=True, left_in_drawer__isnull=True)
                | Q(closed_at__isnull=False, closed_by__isnull=False, left_in_drawer__gte=0),
                name="closed_cash_shift_is_whole",
            ),
            models.CheckConstraint(condition=Q(float_expected__gte=0), name="float_not_negative"),
            models.CheckConstraint(
                condition=Q(float_counted__isnull=True)
                | Q(float_counted=models.F("float_expected"))
                | ~Q(float_why=""),
                name="float_difference_has_a_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"shift {self.number}"

    def get_absolute_url(self) -> str:
        return reverse("bookings:shift", args=[self.pk])

    @property
    def is_open(self) -> bool:
        return self.closed_at is None

    @property
    def float_taken(self) -> Decimal:
        """What the shift began with: as counted, or as the one before left it while nobody has counted."""
        return self.float_expected if self.float_counted is None else self.float_counted

    @property
    def float_difference(self) -> Decimal:
        return self.float_taken - self.float_expected

    @property
    def adds_up(self) -> bool:
        """Counted, and of no method too much or too little."""
        return self.closed_at is not None and not any(count.difference for count in self.counts.all())


class ShiftCount(models.Model):
    """What was counted of one method when a shift closed, beside what the books say; a difference has a
    reason, and stays."""

    shift = models.ForeignKey(CashShift, models.PROTECT, related_name="counts")
    method = models.CharField(max_length=10, choices=PaymentMethod.choices)
    expected = models.DecimalField(**AMOUNT)
    counted = models.DecimalField(**AMOUNT)
    why = models.CharField(max_length=200, blank=True)

    class Meta:
        verbose_name = _("count")
        verbose_name_plural = _("counts")
        ordering = ["id"]
        triggers = [append_only]
        constraints = [
            models.UniqueConstraint(fields=["shift", "method"], name="shift_counts_a_method_once"),
            models.CheckConstraint(
                condition=Q(counted=models.F("expected")) | ~Q(why=""), name="count_difference_has_a_reason"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.shift_id} {self.method}: {self.counted}"

    @property
    def difference(self) -> Decimal:
        return self.counted - self.expected


class CashMovementKind(models.TextChoices):
    FLOAT = "float", _("change brought in")
    BANKED = "banked", _("brought to the bank or the safe")
    EXPENSE = "expense", _("paid out for the shop")
    OTHER = "other", _("other")


class CashMovement(models.Model):
    """Cash into or out of the drawer that belongs to no order. Undone by one of its own."""

    shift = models.ForeignKey(CashShift, models.PROTECT, related_name="movements")
    kind = models.CharField(_("what for"), max_length=8, choices=CashMovementKind.choices)
    amount = models.DecimalField(**AMOUNT)
    why = models.CharField(_("why"), max_length=200)
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("cash movement")
        verbose_name_plural = _("cash movements")
        ordering = ["at", "id"]
        triggers = [append_only, into_an_open_shift]
        constraints = [
            models.CheckConstraint(condition=~Q(amount=0), name="cash_movement_moves_something"),
            models.CheckConstraint(condition=~Q(why=""), name="cash_movement_has_a_reason"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.amount}"
