"""Money taken and given back. Nothing is edited or deleted, only reversed by a row of its own."""

from decimal import Decimal

import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from bookings.models.booking import Booking
from bookings.models.money_kinds import Account, PaymentKind, PaymentMethod
from bookings.models.package import AMOUNT
from bookings.models.shifts import CashShift, into_an_open_shift
from customers.models import Member
from studio.foundation.audit import audited
from studio.foundation.models import append_only
from studio.staff.models import Branch, User

never_more_back = pgtrigger.Trigger(
    name="never_more_back_than_came",
    when=pgtrigger.After,
    operation=pgtrigger.Insert,
    declare=[("root", "bigint"), ("remains", "numeric")],
    func="""
        SELECT COALESCE(NEW.gives_back_id, back.gives_back_id, NEW.reverses_id) INTO root
            FROM (SELECT 1) AS one LEFT JOIN bookings_payment AS back ON back.id = NEW.reverses_id;
        IF root IS NULL THEN
            RETURN NEW;
        END IF;
        PERFORM 1 FROM bookings_payment WHERE id = root FOR UPDATE;
        SELECT came.amount
            + COALESCE((SELECT SUM(amount) FROM bookings_payment WHERE gives_back_id = root), 0)
            + COALESCE((SELECT SUM(undone.amount) FROM bookings_payment AS undone
                JOIN bookings_payment AS was ON was.id = undone.reverses_id
                WHERE was.id = root OR was.gives_back_id = root), 0)
            INTO remains FROM bookings_payment AS came WHERE came.id = root;
        IF remains < 0 THEN
            RAISE EXCEPTION 'payment % would give back more than came in', root
                USING ERRCODE = 'check_violation', CONSTRAINT = 'never_more_back_than_came';
        END IF;
        RETURN NEW;
    """,
)
"""Refunds, damage taken from it and a reversal together never exceed what a payment brought in."""

returned_double = pgtrigger.Trigger(
    name="earnest_returned_double_at_most",
    when=pgtrigger.After,
    operation=pgtrigger.Insert,
    condition=pgtrigger.Q(new__kind="compensation"),
    declare=[("remains", "numeric")],
    func="""
        SELECT COALESCE(SUM(row.amount), 0) INTO remains
            FROM bookings_payment AS row LEFT JOIN bookings_payment AS was ON was.id = row.reverses_id
            WHERE row.booking_id = NEW.booking_id
            AND (row.kind IN ('earnest', 'compensation') OR was.kind IN ('earnest', 'compensation'));
        IF remains < 0 THEN
            RAISE EXCEPTION 'order % would return more than double its earnest money', NEW.booking_id
                USING ERRCODE = 'check_violation', CONSTRAINT = 'earnest_returned_double_at_most';
        END IF;
        RETURN NEW;
    """,
)
"""F6: where we default, earnest money is returned and as much again, never more."""


@audited()
class Payer(models.Model):
    """Who pays for an order: one of the party, a parent, a company. Several may pay for one order."""

    booking = models.ForeignKey(Booking, models.PROTECT, related_name="payers")
    member = models.ForeignKey(Member, models.SET_NULL, null=True, blank=True, related_name="+")
    name = models.CharField(_("name"), max_length=60)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["booking", "name"], name="payer_once"),
            models.CheckConstraint(condition=~Q(name=""), name="payer_has_a_name"),
        ]

    def __str__(self) -> str:
        return self.name


class Receipt(models.Model):
    """The numbered paper for money that came or went: gap-free per branch and year. It may hold several
    payments (`payments`): one sum paid half in cash and half by card is one receipt."""

    branch = models.ForeignKey(Branch, models.PROTECT, related_name="+")
    year = models.PositiveSmallIntegerField()
    number = models.PositiveIntegerField()
    booking = models.ForeignKey(Booking, models.PROTECT, related_name="receipts")
    payer = models.ForeignKey(Payer, models.PROTECT, null=True, blank=True, related_name="receipts")
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["at", "id"]
        triggers = [append_only]
        constraints = [
            models.UniqueConstraint(fields=["branch", "year", "number"], name="receipt_number_once")
        ]

    def __str__(self) -> str:
        return f"{self.year}-{self.number:06d}"


class Payment(models.Model):
    """One amount by one method: received (positive), given back (negative), or the reversal of a wrong entry.

    F6: 定金, 订金 and 押金 are not the same; the third stands on an account of its own and pays for nothing
    until damage is taken from it (`APPLIED`: a pair of rows by the method `HELD`, which cancel out).
    """

    booking = models.ForeignKey(Booking, models.PROTECT, related_name="payments")
    receipt = models.ForeignKey(Receipt, models.PROTECT, related_name="payments")
    account = models.CharField(max_length=8, choices=Account.choices, default=Account.PRICE)
    kind = models.CharField(_("kind"), max_length=12, choices=PaymentKind.choices)
    method = models.CharField(_("method"), max_length=10, choices=PaymentMethod.choices)
    amount = models.DecimalField(_("amount"), **AMOUNT)
    payer = models.ForeignKey(Payer, models.PROTECT, null=True, blank=True, related_name="payments")
    shift = models.ForeignKey(CashShift, models.PROTECT, null=True, blank=True, related_name="payments")
    reverses = models.OneToOneField("self", models.PROTECT, null=True, blank=True, related_name="reversed_by")
    gives_back = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="given_back")
    why = models.CharField(max_length=200, blank=True)
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("payment")
        verbose_name_plural = _("payments")
        ordering = ["at", "id"]
        triggers = [append_only, never_more_back, into_an_open_shift, returned_double]
        constraints = [
            models.CheckConstraint(
                condition=(
                    Q(kind="reversal", reverses__isnull=False, gives_back__isnull=True)
                    & ~Q(amount=0)
                    & ~Q(why="")
                )
                | (
                    Q(kind="refund", amount__lt=0, gives_back__isnull=False, reverses__isnull=True)
                    & ~Q(why="")
                )
                | Q(
                    kind="applied",
                    account="security",
                    method="held",
                    amount__lt=0,
                    gives_back__isnull=False,
                    reverses__isnull=True,
                )
                | Q(
                    kind="applied",
                    account="price",
                    method="held",
                    amount__gt=0,
                    gives_back__isnull=True,
                    reverses__isnull=True,
                )
                | (
                    Q(kind="compensation", account="price", amount__lt=0)
                    & Q(reverses__isnull=True, gives_back__isnull=True)
                    & ~Q(why="")
                )
                | Q(
                    kind__in=["earnest", "prepayment", "balance", "security"],
                    amount__gt=0,
                    reverses__isnull=True,
                    gives_back__isnull=True,
                ),
                name="payment_is_of_one_sort",
            ),
            models.CheckConstraint(
                condition=Q(kind="security", account="security")
                | Q(kind__in=["earnest", "prepayment", "balance"], account="price")
                | Q(kind__in=["refund", "applied", "compensation", "reversal"]),
                name="payment_stands_on_its_account",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.amount}"

    @property
    def on_the_bill(self) -> Decimal:
        """What is paid counts against the price; what is given back counts for it."""
        return -self.amount

    @property
    def on_paper(self) -> Decimal:
        """Its size on a receipt, which says itself in which direction it went."""
        return abs(self.amount)


class Instalment(models.Model):
    """One part of an agreed plan to pay. Whether it is met follows from what was paid, in order."""

    booking = models.ForeignKey(Booking, models.PROTECT, related_name="instalments")
    position = models.PositiveSmallIntegerField()
    due_on = models.DateField(_("due on"))
    amount = models.DecimalField(_("amount"), **AMOUNT)

    class Meta:
        ordering = ["booking", "position"]
        constraints = [
            models.UniqueConstraint(fields=["booking", "position"], name="instalment_once"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="instalment_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.due_on}: {self.amount}"


class Fault(models.TextChoices):
    """Who is the reason that an order is called off; it decides what becomes of the money held (F6)."""

    CUSTOMER = "customer", _("the customer withdraws")
    HOUSE = "house", _("we can't keep it")
    NEITHER = "neither", _("nobody's fault, or agreed")


class Settlement(models.Model):
    """An order that was called off, and the rule by which its money was settled."""

    booking = models.OneToOneField(Booking, models.PROTECT, related_name="settlement")
    fault = models.CharField(max_length=8, choices=Fault.choices)
    why = models.CharField(_("why"), max_length=200)
    kept = models.DecimalField(_("kept for what was done already"), default=0, **AMOUNT)
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("settlement")
        verbose_name_plural = _("settlements")
        triggers = [append_only]
        constraints = [
            models.CheckConstraint(condition=~Q(why=""), name="settlement_has_a_reason"),
            models.CheckConstraint(condition=Q(kept__gte=0), name="settlement_keeps_something_or_nothing"),
        ]

    def __str__(self) -> str:
        return f"{self.booking_id}: {self.fault}"


class Fapiao(models.Model):
    """The number of a tax invoice (发票) issued for an order elsewhere. One that was wrong is voided by a row
    of its own, with a reason."""

    branch = models.ForeignKey(Branch, models.PROTECT, related_name="+")
    booking = models.ForeignKey(Booking, models.PROTECT, related_name="fapiao")
    number = models.CharField(_("number"), max_length=30)
    buyer = models.CharField(_("made out to"), max_length=100)
    tax_number = models.CharField(_("tax number"), max_length=30, blank=True)
    amount = models.DecimalField(_("amount"), **AMOUNT)
    issued_on = models.DateField(_("issued on"))
    voids = models.OneToOneField("self", models.PROTECT, null=True, blank=True, related_name="voided_by")
    why = models.CharField(max_length=200, blank=True)
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("tax invoice")
        verbose_name_plural = _("tax invoices")
        ordering = ["issued_on", "id"]
        triggers = [append_only]
        constraints = [
            models.UniqueConstraint(
                fields=["branch", "number"], condition=Q(voids__isnull=True), name="fapiao_number_once"
            ),
            models.CheckConstraint(
                condition=Q(voids__isnull=True, amount__gt=0)
                | (Q(voids__isnull=False, amount__lt=0) & ~Q(why="")),
                name="fapiao_or_its_void",
            ),
        ]

    def __str__(self) -> str:
        return self.number


class Counter(models.Model):
    """The last number given, per branch and series; its locked row keeps the numbers without a gap."""

    branch = models.ForeignKey(Branch, models.PROTECT, related_name="+")
    series = models.CharField(max_length=30)
    last = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["branch", "series"], name="counter_once")]

    def __str__(self) -> str:
        return f"{self.series}: {self.last}"
