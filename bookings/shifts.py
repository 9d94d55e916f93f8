"""The cash drawer by shifts. A payment belongs to the shift that is open when it is written: the row is
locked before money moves, so that closing waits for the payment, or the payment for the closing."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext_lazy as _

from bookings import takings
from bookings.models import CashMovement, CashMovementKind, CashShift, PaymentMethod, ShiftCount
from bookings.models.money_kinds import RECORDED
from bookings.models.package import AMOUNT
from bookings.retry import retried
from customers.names import clean
from studio.foundation.audit import acting
from studio.foundation.templatetags.studio import money
from studio.staff.models import Branch, Membership, User
from studio.staff.models.membership import TAKES_MONEY

NOTHING = Decimal("0.00")
CENT = Decimal("0.01")
HIGHEST = Decimal(10) ** (AMOUNT["max_digits"] - AMOUNT["decimal_places"]) - CENT
OUT = frozenset({CashMovementKind.BANKED, CashMovementKind.EXPENSE})
"""What leaves the drawer; change brought in comes into it, and anything else goes either way."""


class NotCounted(ValidationError):
    """A shift that can't be opened, closed or written into so; `field` names what is wrong: "float", "why",
    "amount", "left_in_drawer", "handed_to", "counted_cash", "why_card" … or ""."""

    def __init__(self, message: Any, field: str = "", params: dict[str, Any] | None = None) -> None:
        super().__init__(message, params=params)
        self.field = field


# --- The open one ---------------------------------------------------------------------------
def current(branch: Branch, *, by: User, now: datetime) -> CashShift:
    """The open shift, locked to the end of the transaction; without one, the next opens by itself with what
    the last one left in the drawer, uncounted. Lock the booking before, counters after."""
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("A shift is asked for where the money is written.")
    while True:
        shift = (
            CashShift.objects.in_branch(branch).open().select_for_update(no_key=True, of=("self",)).first()
        )
        if shift is not None:
            return shift
        try:
            with transaction.atomic():
                opened = begin(branch, by=by, now=now)
        except IntegrityError:  # somebody opened it in the same moment
            continue
        if opened is not None:
            return opened


def begin(branch: Branch, *, by: User, now: datetime) -> CashShift | None:
    """The next shift after the last; None where the last one is open after all."""
    last = CashShift.objects.in_branch(branch).order_by("-number").first()
    if last is not None and last.is_open:
        return None
    return CashShift.objects.create(
        branch=branch,
        number=last.number + 1 if last else 1,
        after=last,
        opened_at=now,
        opened_by=by,
        float_expected=(last.left_in_drawer if last else None) or NOTHING,
    )


@retried
def open_shift(
    branch: Branch, *, float_counted: Decimal, why: str = "", by: User, now: datetime
) -> CashShift:
    """Begin a shift with the float counted. One that opened by itself meanwhile is taken over."""
    with transaction.atomic(), acting(by):
        return take_over(current(branch, by=by, now=now), counted=float_counted, why=why, by=by, now=now)


@retried
def take_over(shift: CashShift, *, counted: Decimal, why: str = "", by: User, now: datetime) -> CashShift:
    """Count what is in the drawer and answer for it from now on. What came in since the shift opened by
    itself is taken off, so that the float alone is compared; a difference needs a reason, and stays."""
    check(counted, "float")
    why = clean(why)
    with transaction.atomic(), acting(by):
        shift = CashShift.locked(shift.pk)
        if not shift.is_open:
            raise NotCounted(_("This shift is closed."))
        if shift.float_counted is not None:
            if (shift.opened_by_id, shift.float_counted) == (by.pk, counted):
                return shift
            words = _("%(name)s counted the drawer already. Cash up first, and hand it over.")
            raise NotCounted(words, params={"name": shift.opened_by.display_name})
        counted -= takings.cash_since(shift)
        if shift.after_id is None and counted >= 0:
            shift.float_expected = counted  # the first of all: nobody left anything
        if counted != shift.float_expected and not why:
            words = _("%(expected)s should be in the drawer. Count again, or say why it is not.")
            expected = shift.float_expected + takings.cash_since(shift)
            raise NotCounted(words, "why", {"expected": money(expected, shift.branch.currency)})
        shift.float_counted, shift.opened_by = counted, by
        shift.float_why = why if counted != shift.float_expected else ""
        shift.save_version("float_expected", "float_counted", "float_why", "opened_by")
        return shift


@retried
def move_cash(
    shift: CashShift, *, kind: str, amount: Decimal, why: str, by: User, now: datetime
) -> CashMovement:
    """Cash into the drawer (positive) or out of it that belongs to no order."""
    why = clean(why)
    check(abs(amount), "amount")
    if not amount:
        raise NotCounted(_("The amount must be more than nothing."), "amount")
    if kind not in CashMovementKind.values:
        raise NotCounted(_("Say what it was for."), "kind")
    if (kind in OUT and amount > 0) or (kind == CashMovementKind.FLOAT and amount < 0):
        raise NotCounted(_("Change comes in; what is banked or paid out leaves the drawer."), "amount")
    if not why:
        raise NotCounted(_("Say why; a few words are enough."), "why")
    with transaction.atomic(), acting(by):
        shift = CashShift.locked(shift.pk)
        if not shift.is_open:
            raise NotCounted(_("This shift is closed."))
        there = takings.cash_in(shift)
        if there + amount < 0:
            words = _("There is only %(there)s in the drawer.")
            raise NotCounted(words, "amount", {"there": money(there, shift.branch.currency)})
        return CashMovement.objects.create(shift=shift, kind=kind, amount=amount, why=why, by=by, at=now)


# --- Cashing up -----------------------------------------------------------------------------
@retried
def close(
    shift: CashShift,
    *,
    counts: Mapping[str, Decimal],
    whys: Mapping[str, str],
    left_in_drawer: Decimal,
    handed_to: User | None = None,
    note: str = "",
    seen: int | None = None,
    by: User,
    now: datetime,
) -> CashShift:
    """Count each method, say why where it differs from the books, leave the float for the next.

    `seen` is how many entries the one who counted had before them: money that came in meanwhile is told
    instead of becoming a difference. A repeat by the same person does nothing. Raises `NotCounted`.
    """
    with transaction.atomic(), acting(by):
        shift = CashShift.locked(shift.pk)
        if not shift.is_open:
            if shift.closed_by_id == by.pk:
                return shift
            words = _("%(name)s has cashed up this shift already.")
            raise NotCounted(words, params={"name": shift.closed_by.display_name if shift.closed_by else "–"})
        if seen is not None and seen != takings.entries(shift):
            raise NotCounted(_("Money came in or went out while you counted. Look at the new figures."))
        for one in takings.of_shift(shift):
            count(shift, one, counts.get(one.method), clean(whys.get(one.method, "")))
        cash = counts[PaymentMethod.CASH]
        check(left_in_drawer, "left_in_drawer")
        if left_in_drawer > cash:
            words = _("More than was counted can't stay in the drawer: at most %(cash)s.")
            raise NotCounted(words, "left_in_drawer", {"cash": money(cash, shift.branch.currency)})
        if handed_to is not None and handed_to not in may_take_over(shift.branch):
            raise NotCounted(_("This colleague takes no money here."), "handed_to")
        shift.closed_at, shift.closed_by = max(now, shift.opened_at), by
        shift.left_in_drawer, shift.handed_to, shift.note = left_in_drawer, handed_to, clean(note)[:300]
        shift.save_version("closed_at", "closed_by", "left_in_drawer", "handed_to", "note")
        return shift


def count(shift: CashShift, one: takings.Taking, counted: Decimal | None, why: str) -> None:
    """One method's count beside the books; nothing has to be counted where nothing was taken."""
    if counted is None:
        if not one.must_be_counted:
            return
        raise NotCounted(_("Count this too."), f"counted_{one.method}")
    check(counted, f"counted_{one.method}", negative=one.method != PaymentMethod.CASH)
    if counted != one.expected and not why:
        words = _("The books say %(expected)s. Count again, or say why it differs.")
        expected = money(one.expected, shift.branch.currency)
        raise NotCounted(words, f"why_{one.method}", {"expected": expected})
    why = why if counted != one.expected else ""
    ShiftCount.objects.create(
        shift=shift, method=one.method, expected=one.expected, counted=counted, why=why[:200]
    )


def may_take_over(branch: Branch) -> list[User]:
    """Who takes money in this branch: the drawer is handed to one of them."""
    places = Membership.objects.active().filter(branch=branch, role__in=TAKES_MONEY)
    return [place.user for place in places.select_related("user").order_by("user__display_name")]


def check(amount: Decimal, field: str, *, negative: bool = False) -> None:
    """`NotCounted` for what no drawer holds; `TypeError` for anything but a Decimal."""
    if not isinstance(amount, Decimal):
        raise TypeError(f"Money is a Decimal, not {type(amount).__name__}.")
    if not amount.is_finite() or abs(amount) > HIGHEST or (amount < 0 and not negative):
        raise NotCounted(_("Enter an amount in figures, like 500 or 1200.50."), field)
    if amount != amount.quantize(CENT):
        raise NotCounted(_("Two decimals at most: there is nothing smaller than a cent."), field)


__all__ = [
    "RECORDED",
    "NotCounted",
    "close",
    "current",
    "may_take_over",
    "move_cash",
    "open_shift",
    "take_over",
]
