"""Discounts: each role has a limit for an order; beyond it a manager is asked and decides by one press."""

from datetime import datetime
from decimal import ROUND_DOWN, Decimal

from django.db import IntegrityError, transaction
from django.db.models import Q, Sum
from django.utils.translation import gettext_lazy as _

from bookings import credit_notes, price_lines, registries
from bookings.amounts import CENT
from bookings.models import Booking, DiscountLimit, DiscountRequest, DiscountState, LineKind, PriceLine
from bookings.price_lines import NotSellable, check_open, check_why, record
from bookings.retry import retried
from studio.foundation.audit import acting
from studio.foundation.models import StaleEdit
from studio.foundation.templatetags.studio import money
from studio.staff.models import Branch, Membership, User
from studio.staff.models.membership import MANAGERS

ALL, NONE = Decimal("100"), Decimal("0")
LISTED = (LineKind.PACKAGE, LineKind.SEASON, LineKind.ADD_ON, LineKind.RUSH)
"""What a discount may be given on: what was sold, at its price of the day."""


# --- How far -----------------------------------------------------------------------------------
def limit_percent(user: User, branch: Branch) -> Decimal:
    """The most this person may take off an order here. Without a row: managers everything, others nothing."""
    roles = Membership.objects.active().filter(user=user, branch=branch).values("role")
    row = DiscountLimit.objects.filter(branch=branch, role__in=roles).first()
    if row is not None:
        return row.percent
    return ALL if roles.filter(role__in=MANAGERS).exists() else NONE


def share(amount: Decimal, percent: Decimal) -> Decimal:
    """`percent` of an amount, to the cent below."""
    return (amount * percent / 100).quantize(CENT, rounding=ROUND_DOWN)


def listed(booking: Booking) -> Decimal:
    """What was sold, before any discount: lines and their reversals."""
    return sum_of(booking, Q(kind__in=LISTED) | Q(reverses__kind__in=LISTED))


def given(booking: Booking) -> Decimal:
    """All discounts of the order together, less those taken back; a positive sum."""
    return -sum_of(booking, Q(kind=LineKind.DISCOUNT) | Q(reverses__kind=LineKind.DISCOUNT))


def room(booking: Booking, user: User) -> Decimal:
    """How much more this person may take off now: within their share, never below nothing, and never off what
    damage to gowns costs."""
    left = share(listed(booking), limit_percent(user, booking.branch)) - given(booking)
    return max(Decimal("0.00"), min(left, credit_notes.most_off(booking)))


def sum_of(booking: Booking, lines: Q) -> Decimal:
    return booking.price_lines.filter(lines).aggregate(sum=Sum("amount"))["sum"] or Decimal("0.00")


# --- Given, or asked for -----------------------------------------------------------------------
@retried
def give(
    booking: Booking, *, amount: Decimal, why: str, by: User, now: datetime
) -> PriceLine | DiscountRequest:
    """Take `amount` off the price: at once within the giver's limit, else a manager is asked.

    Raises `NotSellable`: never below nothing, never without a reason, one request at a time.
    """
    price_lines.check_amount(amount)
    why = check_why(why)
    with transaction.atomic(), acting(by):
        booking = Booking.locked(booking.pk)
        check_open(booking)
        check_total(booking, amount)
        if amount <= room(booking, by):
            line = enter(booking, amount, why=why, by=by, now=now)
            record(booking, "discounted", by=by, now=now, line=line.pk)
            registries.tell(booking, by=by, now=now)
            return line
        return ask(booking, amount, why=why, by=by, now=now)


def ask(booking: Booking, amount: Decimal, *, why: str, by: User, now: datetime) -> DiscountRequest:
    try:
        with transaction.atomic():
            request = DiscountRequest.objects.create(
                booking=booking, amount=amount, why=why, asked_by=by, asked_at=now
            )
    except IntegrityError as error:
        if "one_open_discount_request" not in str(error):
            raise
        raise NotSellable(
            _("A discount is asked for already. Wait for the answer, or take the question back.")
        ) from error
    record(booking, "discount_asked", by=by, now=now, request=request.pk)
    return request


# --- Decided -----------------------------------------------------------------------------------
@retried
def approve(
    request: DiscountRequest, *, version: int | None, by: User, now: datetime, note: str = ""
) -> DiscountRequest:
    """A manager says yes: the line is written. Raises `StaleEdit` where it was decided meanwhile, and
    `NotSellable` where the order is over, the price has sunk, or it is beyond the manager's own limit."""
    with transaction.atomic(), acting(by):
        booking, row = open_request(request, version=version)
        if row.state == DiscountState.APPROVED and row.decided_by_id == by.pk:
            return row
        if row.state != DiscountState.ASKED:
            raise StaleEdit(row)
        check_manager(booking, by)
        check_open(booking)
        check_total(booking, row.amount)
        if row.amount > room(booking, by):
            raise NotSellable(_("This is beyond your own limit. Somebody with a higher one decides it."))
        row.line = enter(booking, row.amount, why=row.why, by=by, now=now)
        decide(row, DiscountState.APPROVED, note=note, by=by, now=now)
        record(booking, "discount_approved", by=by, now=now, request=row.pk, line=row.line.pk)
        registries.tell(booking, by=by, now=now)
        return row


@retried
def refuse(
    request: DiscountRequest, *, why: str, version: int | None, by: User, now: datetime
) -> DiscountRequest:
    """A manager says no, and why (R5.7): the asker reads it on Today."""
    why = check_why(why)
    with transaction.atomic(), acting(by):
        booking, row = open_request(request, version=version)
        if row.state == DiscountState.REFUSED and row.decided_by_id == by.pk:
            return row
        if row.state != DiscountState.ASKED:
            raise StaleEdit(row)
        check_manager(booking, by)
        decide(row, DiscountState.REFUSED, note=why, by=by, now=now)
        record(booking, "discount_refused", by=by, now=now, request=row.pk)
        return row


@retried
def withdraw(request: DiscountRequest, *, by: User, now: datetime) -> DiscountRequest:
    """Not wanted any more; what was decided stays decided."""
    with transaction.atomic(), acting(by):
        booking, row = open_request(request, version=None)
        if row.state == DiscountState.ASKED:
            row.seen_at = now
            decide(row, DiscountState.WITHDRAWN, note="", by=by, now=now)
            record(booking, "discount_withdrawn", by=by, now=now, request=row.pk)
        return row


def mark_seen(request: DiscountRequest, *, by: User, now: datetime) -> None:
    """The asker has read the answer; a repeat changes nothing."""
    answered = DiscountRequest.objects.filter(pk=request.pk, seen_at__isnull=True)
    answered.exclude(state=DiscountState.ASKED).update(seen_at=now)


@retried
def take_back(line: PriceLine, *, why: str, by: User, now: datetime) -> PriceLine:
    """A discount that should not have been given: reversed, with a reason. A repeat answers the same line."""
    why = check_why(why)
    with transaction.atomic(), acting(by):
        booking = Booking.locked(line.booking_id)
        done = PriceLine.objects.filter(reverses=line.pk).first()
        if done is not None:
            return done
        check_open(booking)
        if line.kind != LineKind.DISCOUNT:
            raise NotSellable(_("Only a discount is taken back here."))
        reversal = price_lines.reverse(line, why=why, by=by, now=now)
        record(booking, "discount_taken_back", by=by, now=now, line=reversal.pk)
        registries.tell(booking, by=by, now=now)
        return reversal


# --- What is refused, and why --------------------------------------------------------------------
def check_total(booking: Booking, amount: Decimal) -> None:
    most = credit_notes.most_off(booking)
    if amount > most:
        raise NotSellable(
            _("The whole order costs %(total)s; no more than that can be taken off."),
            "amount",
            {"total": money(most, booking.branch.currency)},
        )


def check_take_back(booking: Booking, amount: Decimal, *, by: User) -> None:
    """Before `amount` of what was sold goes: a discount given on it may not be left over on its own."""
    if credit_notes.most_off(booking) < amount:
        raise NotSellable(_("The discount was given on this too. Take the discount back first."))
    own = booking.price_lines.filter(
        kind=LineKind.DISCOUNT, reversed_by__isnull=True, request__isnull=True, by=by
    )
    taken_off = -(own.aggregate(sum=Sum("amount"))["sum"] or Decimal("0"))
    if taken_off and taken_off > share(listed(booking) - amount, limit_percent(by, booking.branch)):
        raise NotSellable(
            _("Without it your discount would be beyond your limit. Take the discount back first.")
        )


def check_manager(booking: Booking, by: User) -> None:
    places = Membership.objects.active().filter(user=by, branch=booking.branch, role__in=MANAGERS)
    if not places.exists():
        raise NotSellable(_("Only a manager decides this."))


# --- Parts -----------------------------------------------------------------------------------------
def enter(booking: Booking, amount: Decimal, *, why: str, by: User, now: datetime) -> PriceLine:
    label = credit_notes.label_of(LineKind.DISCOUNT)
    return price_lines.write(booking, LineKind.DISCOUNT, dict(label), -amount, why=why, by=by, now=now)


def open_request(request: DiscountRequest, *, version: int | None) -> tuple[Booking, DiscountRequest]:
    """The order first, then the request: the order in which everybody locks them."""
    booking = Booking.locked(request.booking_id)
    row = DiscountRequest.locked(request.pk)
    if version is not None and row.version != version and row.state == DiscountState.ASKED:
        raise StaleEdit(row)
    row.booking = booking
    return booking, row


def decide(row: DiscountRequest, state: str, *, note: str, by: User, now: datetime) -> None:
    row.state, row.decided_by, row.decided_at, row.decision_note = state, by, now, note.strip()[:200]
    row.save_version("state", "decided_by", "decided_at", "decision_note", "seen_at", "line")
