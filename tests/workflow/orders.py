"""Orders at every stage, for tests: brought there by facts, the way people bring them there."""

from datetime import datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

from bookings import schedule, till
from bookings.models import Appointment, AppointmentKind
from bookings.sales import Money
from bookings.schedule import Slot
from customers.models import Customer
from studio.staff.models import Membership
from tests.factories import CustomerFactory
from workflow import pickup, readiness, selection, stages
from workflow.models import Departure, LookState, WorkOrder
from workflow.orders import sell_and_open

EARNEST = Decimal("1000.00")


def client_of(shop: SimpleNamespace, **fields: Any) -> Customer:
    return CustomerFactory(branch=shop.branch, owner=fields.pop("owner", shop.owner), **fields)


def sold(shop: SimpleNamespace, now: datetime, *, earnest: bool = True, **sale: Any) -> WorkOrder:
    """An order of a new customer: in confirm, or in consult without `earnest`."""
    customer = sale.pop("customer", None) or client_of(shop)
    by = sale.pop("by", shop.owner)
    payment = Money("earnest", "cash", EARNEST) if earnest else None
    sale.setdefault("terms_accepted", True)
    return sell_and_open(
        customer=customer, package_version=shop.package, by=by, now=now, payment=payment, **sale
    )


def dated(order: WorkOrder, kind: str, at: datetime, *, now: datetime, hours: int = 2) -> Appointment:
    return schedule.make_appointment(
        branch=order.branch,
        customer=order.booking.customer,
        booking=order.booking,
        kind=kind,
        slot=Slot(at, at + timedelta(hours=hours), overtime=True),
        by=None,
        now=now,
    )


def in_shoot(shop: SimpleNamespace, now: datetime, **sale: Any) -> WorkOrder:
    """Its shoot is confirmed for tomorrow."""
    order = sold(shop, now, **sale)
    shoot = dated(order, AppointmentKind.SHOOT, now + timedelta(days=1), now=now)
    schedule.confirm(shoot, via="call", by=shop.owner, now=now)
    return fresh(order)


def in_selection(
    shop: SimpleNamespace, now: datetime, *, at: datetime | None = None, **sale: Any
) -> WorkOrder:
    """Every look is shot and the party has left; with `at` the selection has a date."""
    order = in_shoot(shop, now, **sale)
    WorkOrder.objects.filter(pk=order.pk).update(arrived_at=now)
    order.looks.update(state=LookState.SHOT, by=shop.photographer, at=now)
    stages.try_advance(order, shop.owner, now)
    if at is not None:
        dated(order, AppointmentKind.SELECTION, at, now=now)
    return fresh(order)


def make_ready(appointment: Appointment, *, by: Any, now: datetime) -> None:
    readiness.ensure(appointment, now=now)
    for row in appointment.readiness.all():
        readiness.mark_ready(row, by=by, now=now)


def in_pickup(shop: SimpleNamespace, now: datetime, **sale: Any) -> WorkOrder:
    """The selection sheet is signed; production may start."""
    order = in_selection(shop, now, at=now + timedelta(hours=1), **sale)
    make_ready(order.booking.appointments.get(kind="selection"), by=shop.manager, now=now)
    selection.sign_selection(order, frames=30, wishes="", signed_name="李娜", by=shop.owner, now=now)
    return fresh(order)


def made(order: WorkOrder, *, by: Any, now: datetime) -> WorkOrder:
    for item in order.items.all():
        pickup.make_item(item, by=by, now=now)
    return order


def at_desk(shop: SimpleNamespace, now: datetime, **sale: Any) -> WorkOrder:
    order = made(in_pickup(shop, now, **sale), by=shop.producer, now=now)
    pickup.receive_set(order, by=shop.owner, now=now)
    return fresh(order)


def settle(order: WorkOrder, *, by: Any, now: datetime) -> None:
    """The whole balance is paid."""
    due = till.balance(order.booking)
    till.take_payment(order.booking, kind="balance", method="card", amount=due, by=by, now=now)


def sign_for_all(order: WorkOrder, *, by: Any, now: datetime) -> None:
    ids = list(order.items.values_list("pk", flat=True))
    pickup.sign_for(order, item_ids=ids, signed_name="李娜", by=by, now=now)


def leave(order: WorkOrder, *, mood: str, by: Any, now: datetime, note: str = "") -> Departure:
    return Departure.objects.create(work_order=order, by=by, at=now, mood=mood, note=note)


def fresh(order: WorkOrder) -> WorkOrder:
    """As a page would fetch it, nothing cached."""
    return WorkOrder.objects.select_related("branch", "booking__customer").get(pk=order.pk)


def codes(order: WorkOrder, now: datetime) -> list[str]:
    return [one.code for one in stages.missing(fresh(order), now=now)]


def place_of(user: Any) -> Membership:
    return Membership.objects.select_related("department").get(user=user)
