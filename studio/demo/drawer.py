"""The demo shop's drawer: counted in the evening, short of a coin now and then, and handed to the next."""

from datetime import datetime
from decimal import Decimal

from bookings import shifts, takings
from bookings.models import CashShift, PaymentMethod
from studio.demo.cast import Stage
from studio.demo.people import dice
from studio.demo.words import BANKED_WHY, COUNT_WHY

FLOAT = Decimal(500)


def open_drawer(stage: Stage, *, now: datetime) -> None:
    """The first day's float; later the drawer passes from one to the next."""
    if not CashShift.objects.in_branch(stage.branch).exists():
        shift = shifts.open_shift(stage.branch, float_counted=Decimal(0), by=stage.cashier, now=now)
        shifts.move_cash(
            shift,
            kind="float",
            amount=FLOAT,
            why=BANKED_WHY[stage.branch.customer_language][0],
            by=stage.cashier,
            now=now,
        )


def take_over(stage: Stage, *, now: datetime) -> None:
    """Whoever has the drawer this morning counts what was left in it."""
    shift = CashShift.objects.in_branch(stage.branch).open().first()
    last = CashShift.objects.in_branch(stage.branch).order_by("-number").first()
    if shift is None and last is not None:
        counted = last.left_in_drawer or Decimal(0)
        shifts.open_shift(stage.branch, float_counted=counted, by=stage.cashier, now=now)


def cash_up(stage: Stage, *, now: datetime) -> None:
    """Everything over the float goes to the safe; every ninth evening a coin is missing."""
    shift = CashShift.objects.in_branch(stage.branch).open().first()
    if shift is None:
        return
    words = BANKED_WHY[stage.branch.customer_language]
    over = takings.cash_in(shift) - FLOAT
    if over > 0:
        shifts.move_cash(shift, kind="banked", amount=-over, why=words[1], by=stage.cashier, now=now)
    counts = {one.method: one.expected for one in takings.of_shift(shift)}
    whys = {}
    if dice(stage.branch.code, stage.day, "drawer").random() < 1 / 9 and counts[PaymentMethod.CASH] > 1:
        counts[PaymentMethod.CASH] -= 1
        whys[PaymentMethod.CASH.value] = COUNT_WHY[stage.branch.customer_language]
    shifts.close(
        shift,
        counts=counts,
        whys=whys,
        left_in_drawer=counts[PaymentMethod.CASH],
        handed_to=stage.manager,
        by=stage.cashier,
        now=now,
    )
