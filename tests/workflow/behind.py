"""A customer with an order and a link, and the telephone in their hand."""

from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

from django.test import Client

from bookings.models import Appointment
from bookings.schedule import make_appointment
from tests.workflow.calling import Desk
from workflow import links

DAY = timedelta(days=1)


class Phone:
    """Signed in nowhere; every form carries its token, as in a browser."""

    def __init__(self, url: str) -> None:
        self.url, self.client = url, Client(enforce_csrf_checks=True)

    def get(self, path: str = "", **data: Any) -> Any:
        return self.client.get(self.url + path, data)

    def post(self, path: str = "", **data: Any) -> Any:
        token = str(self.client.get(self.url).context["csrf_token"])
        return self.client.post(self.url + path, data | {"csrfmiddlewaretoken": token})

    def show(self, path: str = "", **data: Any) -> str:
        return self.get(path, **data).content.decode()

    def press(self, path: str = "", **data: Any) -> str:
        """What is seen after a press, the page that it leads to included."""
        response = self.post(path, **data)
        if response.status_code == 302:
            response = self.client.get(response["Location"].split("#")[0])
        return response.content.decode()


def path_of(appointment: Appointment, now: datetime) -> str:
    link = links.link_for(appointment, now)
    return link[link.index("/c/") :]


def phone_of(appointment: Appointment, now: datetime) -> Phone:
    return Phone(path_of(appointment, now))


def shoot_of(shop: SimpleNamespace, now: datetime, **fields: Any) -> Appointment:
    """An order with a shoot the day after tomorrow at noon, with its photographer, artist and floor."""
    desk = Desk(shop, now)
    order = desk.order(customer=desk.customer(**{"language": "en"} | fields))
    slot = desk.slot(now + 2 * DAY)
    slot = type(slot)(
        slot.starts_at,
        slot.ends_at,
        [shop.photographer_resource, shop.artist_resource, shop.floor],
        overtime=True,
    )
    return make_appointment(
        branch=shop.branch,
        customer=order.booking.customer,
        booking=order.booking,
        kind="shoot",
        slot=slot,
        by=shop.owner,
        now=now,
    )


def last_four(appointment: Appointment) -> str:
    return appointment.customer.contact_points.filter(kind="phone").first().value[-4:]
