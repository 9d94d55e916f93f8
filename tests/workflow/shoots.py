"""Orders on the day of their shoot, made by the domain's own functions."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

from bookings import sales, schedule
from bookings.schedule import Slot
from bookings.till import Money
from customers.models import Member
from studio.staff.models import Department, Role, User
from tests import factories
from workflow import day, handoffs
from workflow.models import HandOff, Presence, WorkOrder
from workflow.orders import open_order

WEEK = timedelta(days=7)


def make_order(
    shop: SimpleNamespace,
    *,
    now: datetime,
    at: datetime | None = None,
    looks: int = 2,
    paid: bool = True,
    confirmed: bool = True,
    resources: Iterable[Any] | None = None,
    **customer: Any,
) -> WorkOrder:
    """Sold a week ago, the shoot `at` (an hour before `now` if not said), paid and confirmed."""
    customer.setdefault("owner", shop.owner)
    file = factories.CustomerFactory(branch=shop.branch, **customer)
    package = shop.package if looks == 2 else factories.make_package(shop.branch, looks=looks)
    start = at or now - timedelta(hours=1)
    held = [shop.photographer_resource, shop.artist_resource] if resources is None else list(resources)
    booking = sales.sell(
        customer=file,
        package_version=package,
        by=shop.owner,
        now=now - WEEK,
        payment=Money("prepayment", "wechat", Decimal("1000")) if paid else None,
        terms_accepted=True,
        shoot=Slot(start, start + timedelta(hours=6), held, overtime=True),
    )
    order = open_order(booking, by=shop.owner, now=now - WEEK)
    if confirmed:
        appointment = booking.appointments.get(kind="shoot")
        schedule.confirm(appointment, via="desk", by=shop.owner, now=now - timedelta(days=2))
    return reread(order)


def reread(order: WorkOrder) -> WorkOrder:
    return WorkOrder.objects.select_related("branch", "booking__customer__owner").get(pk=order.pk)


def party(order: WorkOrder) -> list[Member]:
    return list(order.booking.customer.members.all())


def arrived(shop: SimpleNamespace, *, now: datetime, sheet: bool = True, **order: Any) -> WorkOrder:
    """In the house, with the sheet issued."""
    made = make_order(shop, now=now, **order)
    day.arrive(made, members=party(made), by=shop.owner, now=now)
    if sheet:
        day.issue_sheet(made, by=shop.owner, now=now)
    return reread(made)


def bring(order: WorkOrder, to: Department, *, giver: User, receiver: User, now: datetime) -> list[HandOff]:
    """The whole party, given and taken over."""
    offers = handoffs.offer(order, members=party(order), to=to, by=giver, now=now)
    return handoffs.accept(offers, by=receiver, now=now)


def presence(order: WorkOrder, name: str) -> Presence:
    return Presence.objects.select_related("with_user", "department").get(
        work_order=order, member__name=name, left_at=None
    )


def shot_and_back(shop: SimpleNamespace, *, now: datetime, **order: Any) -> WorkOrder:
    """The whole route: styling and shooting for each look, and back at the front desk (R5.2)."""
    made = arrived(shop, now=now, **order)
    moment = now
    bring(made, shop.styling, giver=shop.owner, receiver=shop.artist, now=moment)
    for look in made.looks.all():
        moment += timedelta(hours=1)
        bring(made, shop.shooting, giver=shop.artist, receiver=shop.photographer, now=moment)
        moment += timedelta(minutes=30)
        day.tick_look(look, by=shop.photographer, now=moment)
        bring(made, shop.styling, giver=shop.photographer, receiver=shop.artist, now=moment)
    moment += timedelta(minutes=20)
    bring(made, shop.front_desk, giver=shop.artist, receiver=shop.owner, now=moment)
    return reread(made)


def second_artist(shop: SimpleNamespace) -> User:
    return factories.make_person(shop.branch, Role.DEPARTMENT_STAFF, "冯丽", "冯老师", shop.styling)


def make_family(order: WorkOrder, count: int) -> None:
    """More people on the file."""
    for position in range(count):
        Member.objects.create(
            customer=order.booking.customer, name=f"亲友{position}", role="relative", position=10 + position
        )
