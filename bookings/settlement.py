"""An order that is called off: what becomes of the money held, by the rule of each kind (F6).

The customer withdraws: earnest money is forfeited and the rest returned. We can't keep it: earnest money is
returned double and the rest too. Nobody's fault: everything is returned. Security for gowns is always
returned; damage charged and what is kept for work done already stay owed, as far as they are paid.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from bookings import registries, schedule, shifts, waiting
from bookings.amounts import CENT, NOTHING, NotPayable, reason
from bookings.credit_notes import NewLine, damage_of, draw, label_of, price_of, write
from bookings.held import Held, held, sum_of
from bookings.models import (
    Account,
    Appointment,
    Booking,
    Fault,
    LineKind,
    Payer,
    Payment,
    PaymentKind,
    Settlement,
    WaitingEntry,
)
from bookings.papers import Paper, record
from bookings.retry import retried
from bookings.securities import check_gowns_are_back, give_all_back
from bookings.till import balance, is_one_of
from studio.foundation.audit import acting
from studio.foundation.templatetags.studio import money
from studio.staff.models import User
from studio.staff.models.membership import MANAGERS


@dataclass(frozen=True)
class Back:
    """What goes back to a payer by one method, and the payment it gives back (None: on top of what came)."""

    payment: Payment
    amount: Decimal
    on_top: bool = False

    @property
    def payer(self) -> Payer | None:
        return self.payment.payer


@dataclass(frozen=True)
class Preview:
    """Everything that calling the order off would do to its money, before anybody presses."""

    fault: str
    kept: Decimal
    lines: list[NewLine]
    backs: list[Back]
    price_before: Decimal
    price_after: Decimal
    most_kept: Decimal
    uncovered: Decimal
    """Damage that neither security nor payments cover: it is let go unless it is paid before."""

    @property
    def gives_back(self) -> Decimal:
        return sum((back.amount for back in self.backs), NOTHING)

    @property
    def seen(self) -> str:
        """What the presser has seen; where it differs meanwhile, they look again."""
        sums = self.kept, self.price_before, self.price_after, self.gives_back
        return ":".join([str(self.fault), *(f"{amount:.2f}" for amount in sums)])


def preview(booking: Booking, *, fault: str, kept: Decimal = NOTHING) -> Preview:
    """The lines and refunds that settle the order. Raises `NotPayable` where `kept` is more than is there."""
    if fault not in Fault.values:
        raise NotPayable(_("Say whose decision it is."), "fault")
    rows = held(booking, account=Account.PRICE)
    earnest = [one for one in rows if one.payment.kind == PaymentKind.EARNEST]
    others = [one for one in rows if one.payment.kind != PaymentKind.EARNEST]
    price, damage = price_of(booking), damage_of(booking)
    paid = price - balance(booking)
    covered = min(damage, paid)
    forfeited = sum_of(earnest) if fault == Fault.CUSTOMER else NOTHING
    # Damage that security did not cover is paid from the money for the price, that of the earnest last.
    untouchable = sum_of(earnest) if fault == Fault.HOUSE else forfeited
    most_kept = max(NOTHING, paid - covered - untouchable)
    if kept < 0 or kept != kept.quantize(CENT):
        raise NotPayable(_("Enter an amount in figures, like 500 or 1200.50."), "kept")
    if kept > most_kept:
        raise NotPayable(
            _("No more can be kept than was paid: at most %(most)s."),
            "kept",
            {"most": money(most_kept, booking.branch.currency)},
        )
    after = covered + min(forfeited, paid - covered) + kept
    returned = paid - after
    # What is kept is taken from what was paid first; what came last goes back first, earnest money before it
    # where it must be returned whole.
    order = earnest[::-1] + others[::-1] if fault == Fault.HOUSE else others[::-1] + earnest[::-1]
    backs = split(order, returned)
    lines = lines_for(fault, price=price, covered=covered, forfeited=after - covered - kept, kept=kept)
    if fault == Fault.HOUSE:
        backs += [Back(one.payment, one.left, on_top=True) for one in earnest]
        lines += compensation_lines(sum_of(earnest))
    backs += [Back(one.payment, one.left) for one in held(booking, account=Account.SECURITY)]
    total_after = price + sum((amount for _kind, _label, amount in lines), NOTHING)
    return Preview(fault, kept, lines, backs, price, total_after, most_kept, damage - covered)


def split(rows: list[Held], amount: Decimal) -> list[Back]:
    """`amount` taken from what is left of these payments, in their order."""
    backs = []
    for one in rows:
        part = min(one.left, amount)
        if part > 0:
            backs.append(Back(one.payment, part))
            amount -= part
    if amount > 0:
        raise NotPayable(_("Damage was paid from security and then let go. Take the damage back first."))
    return backs


def lines_for(
    fault: str, *, price: Decimal, covered: Decimal, forfeited: Decimal, kept: Decimal
) -> list[NewLine]:
    """What brings the price down to damage, earnest money forfeited, and what is kept."""
    off = price - covered
    lines: list[NewLine] = []
    if off > 0:
        lines.append((LineKind.CREDIT, label_of(LineKind.CREDIT), -off))
    if forfeited > 0:
        lines.append((LineKind.FORFEIT, label_of(LineKind.FORFEIT), forfeited))
    if kept > 0:
        lines.append((LineKind.KEPT, label_of(LineKind.KEPT), kept))
    return lines


def compensation_lines(earnest: Decimal) -> list[NewLine]:
    if not earnest:
        return []
    return [(LineKind.COMPENSATION, label_of(LineKind.COMPENSATION), -earnest)]


@retried
def call_off(
    booking: Booking,
    *,
    fault: str,
    why: str,
    kept: Decimal = NOTHING,
    seen: str | None = None,
    by: User,
    now: datetime,
) -> Settlement:
    """Call the order off and settle its money, in one transaction; its balance is exactly nothing afterwards.

    Only managers. `seen` is `Preview.seen` of the page that was pressed. A second press changes nothing.
    """
    why = reason(why, _("Say why it is called off."))
    with transaction.atomic(), acting(by):
        # Appointments before the booking, as everybody locks them.
        planned = Appointment.objects.planned().filter(booking=booking).order_by("pk")
        list(planned.select_for_update(no_key=True, of=("self",)))
        booking = Booking.locked(booking.pk)
        done = Settlement.objects.filter(booking=booking).first()
        if done is not None:
            return done
        check(booking, by=by)
        plan = preview(booking, fault=fault, kept=kept)
        if seen is not None and seen != plan.seen:
            raise NotPayable(_("Something was paid or changed meanwhile. Look at the sums again."), "seen")
        for appointment in planned.all():
            schedule.cancel(appointment, why=why, by=by, now=now)
        plan = preview(booking, fault=fault, kept=kept)
        settlement = Settlement.objects.create(
            booking=booking, fault=fault, why=why, kept=kept, by=by, at=now
        )
        settle(booking, plan, why=why, by=by, now=now)
        close(booking, settlement, by=by, now=now)
        return settlement


def check(booking: Booking, *, by: User) -> None:
    if not is_one_of(by, booking.branch, MANAGERS):
        raise NotPayable(_("Only a manager calls an order off."))
    if booking.state == Booking.State.CLOSED:
        raise NotPayable(_("This order is closed; everything was delivered."))
    if booking.state == Booking.State.CANCELLED:
        raise NotPayable(_("This order was called off already."))
    check_gowns_are_back(booking)


def settle(booking: Booking, plan: Preview, *, why: str, by: User, now: datetime) -> None:
    """The credit note with its lines, and the money that goes back."""
    shifts.current(booking.branch, by=by, now=now)
    if plan.lines:
        write(draw(booking, why=why, by=by, now=now), plan.lines)
    plain = [(back.payment, back.amount) for back in plan.backs if not back.on_top]
    give_all_back(plain, booking, why=why, by=by, now=now)
    for back in plan.backs:
        if back.on_top:
            paper = Paper(booking, by=by, now=now, payer=back.payer)
            method = back.payment.method
            paper.add(kind=PaymentKind.COMPENSATION, method=method, amount=-back.amount, why=why)
            paper.finish("compensated")


def close(booking: Booking, settlement: Settlement, *, by: User, now: datetime) -> None:
    """The sale is called off; whoever waits for its facts hears it last."""
    left = balance(booking)
    if left != 0:
        raise AssertionError(f"Order {booking.pk} was settled and still has a balance of {left}.")
    for entry in WaitingEntry.objects.open().filter(booking=booking).order_by("pk"):
        waiting.withdraw(entry, by=by, now=now)
    booking.refresh_from_db(fields=["version"])
    booking.state = Booking.State.CANCELLED
    booking.save_version("state")
    record(booking, "called_off", by=by, now=now, fault=settlement.fault)
    registries.tell(booking, by=by, now=now)
