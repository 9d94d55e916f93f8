"""The cash drawer by shifts. A payment belongs to the shift that is open when it is written: its row is locked
before money moves, so that closing waits for it, or it for the closing."""

from datetime import datetime
from decimal import Decimal

from django.db import IntegrityError, connection, transaction

from bookings.models import CashShift
from studio.staff.models import Branch, User

NOTHING = Decimal("0.00")


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
