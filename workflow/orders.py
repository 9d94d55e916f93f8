"""A sale becomes a work order (工单): looks and items as the package has them and as sold beside it."""

from datetime import date, datetime
from typing import Any

from django.db import transaction

from bookings.models import Booking
from bookings.retry import retried
from bookings.sales import sell
from customers import files
from customers.models import Customer
from studio.foundation.audit import acting
from studio.staff.models import User
from workflow import add_ons, follow_ups, stages, visits
from workflow.models import Item, Look, StopReason, Visit, VisitOutcome, WorkOrder, WorkOrderEvent


def open_order(booking: Booking, *, by: User | None, now: datetime) -> WorkOrder:
    """The work order of a sale, at the stage that its facts allow. A repeat answers the same order."""
    with transaction.atomic(), acting(by):
        booking = Booking.locked(booking.pk)
        order = WorkOrder.objects.filter(booking=booking).first()
        if order is not None:
            return order
        order = WorkOrder.objects.create(branch=booking.branch, booking=booking, stage_since=now)
        version = booking.package_version
        Look.objects.bulk_create(
            Look(work_order=order, label=look.names, position=position)
            for position, look in enumerate(version.looks.all(), start=1)
        )
        Item.objects.bulk_create(
            Item(work_order=order, label=item.names, quantity=item.quantity, position=position)
            for position, item in enumerate(version.items.all(), start=1)
        )
        add_ons.open_with(order)
        WorkOrderEvent.objects.create(work_order=order, actor=by, at=now, kind="opened")
        stages.try_advance(order, by, now)
        return order


@retried
def sell_and_open(
    *,
    customer: Customer,
    by: User,
    now: datetime,
    visit: Visit | None = None,
    wedding_day: date | None = None,
    **sale: Any,
) -> WorkOrder:
    """The whole of "won" in one transaction: `sell` with `sale`, the work order, and the end of the visit.

    `wedding_day` goes to the customer's file where it says something else. Raises what `sell` raises.
    """
    with transaction.atomic(), acting(by):
        if wedding_day is not None and wedding_day != customer.wedding_day:
            files.edit_file(customer, version=customer.version, by=by, now=now, wedding_day=wedding_day)
        order = open_order(sell(customer=customer, by=by, now=now, **sale), by=by, now=now)
        if visit is not None and visit.outcome != VisitOutcome.WON:
            if visit.customer_id is None:
                visits.attach_customer(visit, customer, by=by, now=now)
            visits.end(visit, outcome=VisitOutcome.WON, by=by, now=now)
        follow_ups.stop_for(customer.pk, reason=StopReason.WON, by=by, now=now)
        return order
