"""Paying in parts: an agreed plan, met in its order by what is paid."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db import transaction
from django.db.models import F, OuterRef, Subquery, Sum
from django.db.models.functions import Coalesce
from django.db.models.lookups import GreaterThan
from django.utils.translation import gettext_lazy as _

from bookings.amounts import NOTHING, NotPayable, check_amount
from bookings.models import Booking, Instalment
from bookings.models.package import payable
from bookings.papers import record
from bookings.retry import retried
from studio.foundation.audit import acting
from studio.foundation.templatetags.studio import money
from studio.staff.models import Branch, User

FEWEST, MOST = 2, 12
LONGEST = timedelta(days=3 * 366)
Planned = tuple[date, Decimal]


@dataclass(frozen=True)
class Part:
    """One part of the plan, and what of it is still open after what was paid."""

    position: int
    due_on: date
    amount: Decimal
    left: Decimal
    today: date

    @property
    def is_met(self) -> bool:
        return self.left == 0

    @property
    def is_due(self) -> bool:
        return not self.is_met and self.due_on <= self.today

    @property
    def is_overdue(self) -> bool:
        return not self.is_met and self.due_on < self.today


@dataclass(frozen=True)
class Behind:
    """An order of which a part is due: what should have been paid by today and was not, and since when."""

    booking: Booking
    due_now: Decimal
    due_since: date


@retried
def agree(
    booking: Booking, parts: Sequence[Planned], *, version: int | None, by: User, now: datetime
) -> None:
    """The plan, in place of any older one; without parts there is none any more.

    The parts come to what the order costs now. Raises `NotPayable` (field: "part-3", or "" for the whole) and
    `StaleEdit` where the order has changed since the page was drawn.
    """
    with transaction.atomic(), acting(by):
        booking = Booking.locked(booking.pk, version=version)
        if not booking.is_open:
            raise NotPayable(_("This order is not open any more."))
        if parts:
            check(booking, parts, now=now)
        booking.instalments.all().delete()
        Instalment.objects.bulk_create(
            Instalment(booking=booking, position=position, due_on=due_on, amount=amount)
            for position, (due_on, amount) in enumerate(parts, start=1)
        )
        booking.save_version()
        kind = "instalments_agreed" if parts else "instalments_ended"
        record(booking, kind, by=by, now=now, parts=len(parts))


def check(booking: Booking, parts: Sequence[Planned], *, now: datetime) -> None:
    if not FEWEST <= len(parts) <= MOST:
        raise NotPayable(_("A plan has %(fewest)s to %(most)s parts."), "", {"fewest": FEWEST, "most": MOST})
    today = booking.branch.today(now)
    for place, (due_on, amount) in enumerate(parts, start=1):
        try:
            check_amount(amount)
        except NotPayable as refusal:
            raise NotPayable(refusal.message, f"part-{place}", refusal.params) from refusal
        if abs(due_on - today) > LONGEST:
            raise NotPayable(_("Three years at most. Check the year."), f"part-{place}")
        if place > 1 and due_on <= parts[place - 2][0]:
            raise NotPayable(_("Each part is due after the one before."), f"part-{place}")
    total, planned = total_of(booking), sum((amount for _day, amount in parts), NOTHING)
    if planned != total:
        raise NotPayable(
            _("The parts come to %(planned)s, and the order costs %(total)s."),
            "",
            {
                "planned": money(planned, booking.branch.currency),
                "total": money(total, booking.branch.currency),
            },
        )


def parts_of(booking: Booking, *, now: datetime) -> list[Part]:
    """The plan with what is open, met in its order. A line sold later falls due with the last part; a credit
    makes the last ones smaller."""
    rows = list(booking.instalments.all())
    counted = Booking.objects.with_money().get(pk=booking.pk) if rows else None
    if counted is None:
        return []
    today = booking.branch.today(now)
    return met(rows, total=counted.total, paid=counted.paid, today=today)


def met(rows: Sequence[Instalment], *, total: Decimal, paid: Decimal, today: date) -> list[Part]:
    """What of each part is open, where the order now costs `total` and `paid` came in."""
    parts, before = [], NOTHING
    for place, row in enumerate(rows, start=1):
        until = total if place == len(rows) else min(before + row.amount, total)
        amount = max(NOTHING, until - before)
        left = min(amount, max(NOTHING, until - paid))
        parts.append(Part(row.position, row.due_on, amount, left, today))
        before = max(before, until)
    return parts


def next_part(parts: Iterable[Part]) -> Part | None:
    return next((part for part in parts if not part.is_met), None)


def suggest(booking: Booking, *, count: int = 3, now: datetime) -> list[Planned]:
    """Equal parts that can be paid, the first one the largest: today, then from month to month."""
    total = total_of(booking)
    share = payable(total / count, booking.branch.currency)
    first = total - share * (count - 1)
    today = booking.branch.today(now)
    return [(months_after(today, place), first if place == 0 else share) for place in range(count)]


def months_after(day: date, months: int) -> date:
    """The same day of a later month, or its last day where it has no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    following = date(year + (month == 11), (month + 1) % 12 + 1, 1)
    return min(date(year, month + 1, 1) + timedelta(days=day.day - 1), following - timedelta(days=1))


def total_of(booking: Booking) -> Decimal:
    return Booking.objects.with_money().get(pk=booking.pk).total


def behind(branch: Branch, *, owners: Iterable[User], now: datetime) -> list[Behind]:
    """Open orders of these owners' customers that are behind their plan, who waits longest first; the number
    of queries does not depend on how many."""
    today = branch.today(now)
    due = Instalment.objects.filter(booking=OuterRef("pk"), due_on__lte=today).order_by()
    sums = due.values("booking").annotate(sum=Sum("amount")).values("sum")
    rows = (
        Booking.objects.with_money()
        .filter(branch=branch, state=Booking.State.OPEN, customer__owner__in=list(owners))
        .annotate(asked=Coalesce(Subquery(sums), NOTHING))
        .filter(GreaterThan(F("total"), F("paid")), asked__gt=NOTHING)
        .select_related("customer__owner", "work_order", "branch")
        .prefetch_related("instalments")
    )
    found = []
    for booking in rows:
        plan = list(booking.instalments.all())
        parts = met(plan, total=booking.total, paid=booking.paid, today=today)
        waiting = [part for part in parts if part.is_due]
        if waiting:
            due_now = sum((part.left for part in waiting), NOTHING)
            found.append(Behind(booking, due_now, waiting[0].due_on))
    return sorted(found, key=lambda one: (one.due_since, one.booking.pk))
