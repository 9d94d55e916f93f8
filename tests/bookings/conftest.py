"""A customer of the shop, and an order sold through the domain's own door."""

from datetime import datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from bookings.models import Booking, Resource
from bookings.sales import Money, sell
from bookings.schedule import Slot, make_appointment
from customers.models import Customer
from tests.factories import CustomerFactory

DAY = timedelta(days=1)


class Sale:
    """Short ways to what these tests do all the time."""

    def __init__(self, shop: SimpleNamespace, now: datetime) -> None:
        self.shop, self.now = shop, now

    @property
    def team(self) -> list[Resource]:
        return [self.shop.photographer_resource, self.shop.floor, self.shop.artist_resource]

    def customer(self, **fields: Any) -> Customer:
        return CustomerFactory(branch=self.shop.branch, owner=self.shop.owner, **fields)

    def slot(self, days: float = 7, hours: float = 6, resources: list[Resource] | None = None) -> Slot:
        """`days` after now (noon), for `hours`, by default with photographer, floor and artist; the working
        hours don't matter, for pages are tested at whatever time of the day it is."""
        start = self.now + timedelta(days=days)
        held = self.team if resources is None else resources
        return Slot(start, start + timedelta(hours=hours), held, overtime=True)

    def sell(self, customer: Customer | None = None, **sale: Any) -> Booking:
        given = {"package_version": self.shop.package, "by": self.shop.owner, "now": self.now}
        return sell(customer=customer or self.customer(), **given | {"terms_accepted": True} | sale)

    def make(self, slot: Slot, kind: str = "fitting", booking: Booking | None = None, **fields: Any):
        customer = booking.customer if booking else self.customer()
        given = {"branch": self.shop.branch, "by": self.shop.owner, "now": self.now}
        return make_appointment(customer=customer, booking=booking, kind=kind, slot=slot, **given | fields)

    @staticmethod
    def money(amount: str, kind: str = "prepayment", method: str = "cash") -> Money:
        return Money(kind, method, Decimal(amount))


@pytest.fixture
def sale(shop: SimpleNamespace, now: datetime) -> Sale:
    return Sale(shop, now)


@pytest.fixture
def booking(sale: Sale) -> Booking:
    return sale.sell()
