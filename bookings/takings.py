"""What was taken: by shift and method as the books say, and by day for a spreadsheet."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Sum
from django.utils import timezone
from django.utils.functional import Promise

from bookings.models import CashShift, Payment, PaymentMethod, ShiftCount
from bookings.models.money_kinds import RECORDED
from studio.staff.models import Branch, User

NOTHING = Decimal("0.00")


@dataclass(frozen=True)
class Taking:
    """One method in a shift: what it began with, what came, what went, what was moved without an order."""

    method: str
    began: Decimal = NOTHING
    came: Decimal = NOTHING
    went: Decimal = NOTHING
    moved: Decimal = NOTHING
    entries: int = 0

    @property
    def label(self) -> str | Promise:
        return PaymentMethod(self.method).label

    @property
    def expected(self) -> Decimal:
        """What must be there by the books."""
        return self.began + self.came + self.went + self.moved

    @property
    def taken(self) -> Decimal:
        return self.came + self.went

    @property
    def must_be_counted(self) -> bool:
        """The drawer always; the others where anything was taken or given back."""
        return self.method == PaymentMethod.CASH or self.entries > 0


def of_shift(shift: CashShift) -> list[Taking]:
    """One row for each method, cash first; two queries however much was taken."""
    rows: dict[str, dict[str, Any]] = {
        row["method"]: dict(row)
        for row in shift.payments.order_by()
        .values("method")
        .annotate(came=Sum("amount", filter=Q(amount__gt=0)), went=Sum("amount", filter=Q(amount__lt=0)))
        .annotate(entries=Count("pk"))
    }
    moved = shift.movements.aggregate(sum=Sum("amount"))["sum"] or NOTHING
    return [
        Taking(
            method=method.value,
            began=shift.float_taken if method == PaymentMethod.CASH else NOTHING,
            came=rows.get(method.value, {}).get("came") or NOTHING,
            went=rows.get(method.value, {}).get("went") or NOTHING,
            moved=moved if method == PaymentMethod.CASH else NOTHING,
            entries=rows.get(method.value, {}).get("entries", 0),
        )
        for method in RECORDED
    ]


def cash_since(shift: CashShift) -> Decimal:
    """Cash that came (less what went) since the shift began, its float left out."""
    return cash_in(shift) - shift.float_taken


def cash_in(shift: CashShift) -> Decimal:
    """What the drawer holds by the books."""
    return next(one.expected for one in of_shift(shift) if one.method == PaymentMethod.CASH)


def taken_out(shift: CashShift) -> Decimal | None:
    """Counted cash that did not stay in the drawer; None while the shift is open."""
    cash = next((count for count in shift.counts.all() if count.method == PaymentMethod.CASH), None)
    return None if cash is None or shift.left_in_drawer is None else cash.counted - shift.left_in_drawer


def entries(shift: CashShift) -> int:
    """How many payments and movements the shift holds."""
    return shift.payments.count() + shift.movements.count()


def payments_of(branch: Branch, first: date, last: date) -> QuerySet[Payment]:
    """What was taken and given back on these days of the branch, in their order; money that only moved from
    one account to the other did not come in."""
    start, end = branch.day_bounds(first)[0], branch.day_bounds(last)[1]
    rows = Payment.objects.filter(booking__branch=branch, at__gte=start, at__lt=end)
    related = ("receipt", "booking__customer", "by", "shift", "payer", "reverses__receipt")
    return rows.exclude(method=PaymentMethod.HELD).select_related(*related).order_by("at", "id")


def before_shifts(branch: Branch) -> bool:
    """Whether there is money from the time before there were shifts."""
    rows = Payment.objects.filter(booking__branch=branch, shift__isnull=True)
    return rows.exclude(method=PaymentMethod.HELD).exists()


def differing(shifts: QuerySet[CashShift]) -> QuerySet[CashShift]:
    """Those in which something counted was not what the books said."""
    wrong = ShiftCount.objects.filter(shift=OuterRef("pk")).exclude(counted=F("expected"))
    return shifts.filter(Exists(wrong) | ~Q(float_why=""))


def waiting(users: list[User], branch: Branch, now: datetime) -> Iterator[tuple[str, Any]]:
    """What the drawer wants of these people: ("old", shift) where one was not cashed up yesterday, ("handed",
    shift) for who was handed the drawer and has not counted it, ("differs", shift) for who left it."""
    recent = CashShift.objects.in_branch(branch).select_related("opened_by", "closed_by", "after__closed_by")
    last = recent.order_by("-number").first()
    if last is None:
        return
    mine = {user.pk for user in users}
    if last.is_open and branch.today(last.opened_at) < branch.today(now):
        yield "old", last
    before = last.after if last.is_open and last.float_counted is None else last
    if before is not None and not before.is_open and before.handed_to_id in mine:
        yield "handed", before
    if last.after is not None and last.float_difference and last.after.closed_by_id in mine:
        yield "differs", last


def cells(payment: Payment, branch: Branch) -> list[Any]:
    """One payment as a row of a spreadsheet, by the branch's clock."""
    return [
        timezone.localtime(payment.at, branch.zone).time().replace(microsecond=0),
        str(payment.receipt),
        payment.booking.number,
        payment.booking.customer.name,
        payment.payer.name if payment.payer else "",
        str(payment.get_kind_display()),
        str(payment.get_method_display()),
        payment.amount,
        payment.by.display_name,
        payment.shift.number if payment.shift else None,
    ]
