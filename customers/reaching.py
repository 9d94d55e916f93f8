"""How a customer wants to be reached, said in one go: language, ways, whom to ring, when."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from customers import consents, contact_wishes
from customers.history import tell
from customers.models import ConsentScope, ContactKind, Customer, Way
from studio.foundation.audit import acting
from studio.staff.models import User

NEEDS = {Way.PHONE: ContactKind.PHONE, Way.SMS: ContactKind.PHONE, Way.EMAIL: ContactKind.EMAIL}


def ways_of(customer: Customer) -> list[Way]:
    """The ways for which they gave us a number or an address that is not known to be wrong."""
    kinds = {point.kind for point in customer.contact_points.all() if not point.is_wrong}
    return [way for way in Way if NEEDS[way] in kinds]


def speak(customer: Customer, language: str, *, by: User | None, now: datetime) -> bool:
    """The language that they are spoken and written to in; whether it is another one than before."""
    with transaction.atomic(), acting(by):
        row = Customer.locked(customer.pk)
        if row.language == language:
            return False
        row.language = language
        row.save_version("language")
        tell(row, "edited", by=by, now=now, fields=["language"])
    return True


def may_be_asked(customer: Customer) -> list[Way]:
    """The ways by which they may not be told of anything but what they ordered yet, and could be."""
    if customer.do_not_contact:
        return []
    offered = ways_of(customer)
    return [
        row.way
        for row in consents.standing(customer)
        if row.scope == ConsentScope.NEWS and row.way in offered and not row.allowed
    ]


def say_yes(customer: Customer, ways: Iterable[str], *, source: str, by: User | None, now: datetime) -> None:
    """They want to hear of other things too, by these ways."""
    for way in ways:
        consents.say(customer, way, ConsentScope.NEWS, True, source=source, by=by, now=now)


def reach(
    customer: Customer,
    *,
    language: str,
    allowed: Mapping[str, Collection[str]],
    wish: Mapping[str, Any],
    source: str,
    by: User | None = None,
    now: datetime,
) -> None:
    """All of it: `allowed` has, for each scope that was asked about, the ways that were said yes to; what
    stands like that already leaves no trace. `ValidationError` from the wish, and then nothing is kept."""
    contact_wishes.keep(customer, by=by, now=now, **wish)
    speak(customer, language, by=by, now=now)
    offered = ways_of(customer)
    for row in consents.standing(customer):
        if row.scope not in allowed or row.way not in offered:
            continue
        if row.scope == ConsentScope.ORDER and row.way == Way.PHONE:
            continue  # who can't be written to is called: that one is said to a colleague
        yes = row.way in allowed[row.scope]
        if yes != row.allowed:
            consents.say(customer, row.way, row.scope, yes, source=source, by=by, now=now)
