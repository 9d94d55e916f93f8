"""The orders on the customer's file."""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from bookings.models import Booking
from customers.models import Customer
from customers.registries import Panel
from studio.staff.models.membership import FRONT, SERVING, TAKES_MONEY


def orders_of(customer: Customer, now: datetime) -> dict[str, Any]:
    bookings = Booking.objects.filter(customer=customer).with_money()
    return {
        "customer": customer,
        "orders": list(bookings.select_related("branch", "package_version__package", "work_order")),
        "sees_money": TAKES_MONEY,
        "sells": FRONT,
    }


orders = Panel(
    title=_("Orders"),
    template="bookings/_orders_panel.html",
    context=orders_of,
    roles=frozenset(SERVING),
    order=20,
)
