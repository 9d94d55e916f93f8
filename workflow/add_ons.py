"""What an add-on means for the work: one more look to shoot, one more thing to make; and taken off again."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import Max
from django.utils.translation import gettext_lazy as _

from bookings import add_ons
from bookings.models import AddOnKind, LineKind, PriceLine
from bookings.price_lines import NotSellable
from studio.staff.models import User
from workflow.models import Item, Look, LookState, Stage, WorkOrder
from workflow.stages import lock

SHOT = (Stage.SELECTION, Stage.PICKUP, Stage.CLOSED)
"""Stages in which no look can be shot any more."""


def follow_line(line: PriceLine, by: User, now: datetime) -> None:
    """Told by `bookings` when an add-on was sold or taken back. `NotSellable` undoes the whole of it.

    A sale that has no work order yet gets its looks and things when the order is opened.
    """
    found = WorkOrder.objects.filter(booking=line.booking_id).first()
    if found is None or line.add_on is None:
        return
    order = lock(found)
    if line.kind == LineKind.REVERSAL:
        take_off(order, line.reverses)
    elif line.kind == LineKind.ADD_ON:
        check_sold(order, line)
        put_on(order, [line])


def open_with(order: WorkOrder) -> None:
    """What was sold beside the package before the order was opened."""
    put_on(order, add_ons.lines_of(order.booking))


# --- Sold --------------------------------------------------------------------------------------------
def check_sold(order: WorkOrder, line: PriceLine) -> None:
    """Nothing is sold that nobody can shoot or make any more."""
    why_not = refusals(order).get(kind_of(line))
    if why_not is not None:
        raise NotSellable(why_not, "add_on")


def refusals(order: WorkOrder) -> dict[str, Any]:
    """The kinds of add-ons that come too late for this order, each with the sentence why."""
    late: dict[str, Any] = {}
    if order.stage in SHOT:
        late[AddOnKind.LOOK] = _("The shoot is over. Another look is a new order with a shoot of its own.")
    if order.items.filter(at_desk_at__isnull=False).exists():
        late[AddOnKind.ITEM] = _(
            "Production has brought the whole set to the front desk. One more thing is a new order."
        )
    return late


def put_on(order: WorkOrder, lines: Iterable[PriceLine]) -> None:
    """A look for each one sold, and an item for each line, behind those of the package."""
    for line in lines:
        if kind_of(line) == AddOnKind.LOOK:
            last = last_position(order.looks)
            Look.objects.bulk_create(
                Look(work_order=order, label=line.label, position=last + number, price_line=line)
                for number in range(1, line.quantity + 1)
            )
        elif kind_of(line) == AddOnKind.ITEM:
            Item.objects.create(
                work_order=order,
                label=line.label,
                quantity=line.quantity,
                position=last_position(order.items) + 1,
                price_line=line,
            )


# --- Taken back ---------------------------------------------------------------------------------------
def take_off(order: WorkOrder, line: PriceLine | None) -> None:
    """What is not shot and not made goes; what is stays sold."""
    looks, items = Look.objects.filter(price_line=line), Item.objects.filter(price_line=line)
    if looks.exclude(state=LookState.PENDING).exists():
        raise NotSellable(_("This look was begun already; it can't be taken back."))
    if items.filter(made_at__isnull=False).exists():
        raise NotSellable(_("It is made already; it can't be taken back."))
    looks.delete()
    items.delete()


# --- Parts ---------------------------------------------------------------------------------------------
def kind_of(line: PriceLine) -> str:
    return line.add_on.kind if line.add_on is not None else ""


def last_position(rows: Any) -> int:
    return rows.aggregate(last=Max("position"))["last"] or 0
