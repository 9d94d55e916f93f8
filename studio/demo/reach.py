"""How the demo shop's customers like to be reached: hours, whom of the party to ring, yes and no."""

import random
from datetime import datetime, time

from customers import consents, contact_wishes
from customers.models import ConsentScope, ConsentSource, ContactKind, Customer, Way
from studio.demo.cast import Stage
from studio.demo.words import REACH_NOTES
from studio.staff.models import User


def tell(customer: Customer, stage: Stage, *, by: User, now: datetime, chance: random.Random) -> None:
    """What a careful consultant asks at the order, with some of them."""
    numbers = list(customer.contact_points.filter(kind=ContactKind.PHONE).order_by("position", "pk"))
    if chance.random() < 0.3:
        note = chance.choice(REACH_NOTES[stage.branch.customer_language])
        contact_wishes.keep(
            customer,
            by=by,
            now=now,
            contact=numbers[-1],
            from_time=time(17, 30),
            until_time=time(20),
            note=note,
        )
    said = chance.random()
    if said < 0.35:
        say(customer, Way.SMS, True, by=by, now=now)
    elif said < 0.45:
        say(customer, Way.PHONE, False, by=by, now=now)
    if customer.contact_points.filter(kind=ContactKind.EMAIL).exists() and chance.random() < 0.5:
        say(customer, Way.EMAIL, True, by=by, now=now)


def say(customer: Customer, way: str, allowed: bool, *, by: User, now: datetime) -> None:
    """About everything but what they ordered."""
    consents.say(customer, way, ConsentScope.NEWS, allowed, source=ConsentSource.DESK, by=by, now=now)
