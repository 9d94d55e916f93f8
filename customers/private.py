"""The customer's private way to ask for somebody else: a code on their card (R1.4, R10.5).

Only the hash of the token is kept; the token is derived under the house's secret key. Unknown, expired and
replaced look the same. The page behind it never tells whether anybody asked: a colleague may hold the card.
"""

import base64
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Max
from django.urls import reverse
from django.utils.crypto import salted_hmac

from customers.models import AnotherConsultantLink, Customer
from customers.owners import owners_of
from customers.ownership import ask_in_private
from studio.staff.models import Membership, Role, User

TOKEN_BYTES = 20
HOLDS = timedelta(days=90)


def token_for(customer: Customer, generation: int) -> str:
    """160 bits that only this house can derive."""
    digest = salted_hmac("customers.private", f"{customer.pk}:{generation}", algorithm="sha256").digest()
    return base64.urlsafe_b64encode(digest[:TOKEN_BYTES]).rstrip(b"=").decode()


def newest(customer: Customer) -> int:
    links = AnotherConsultantLink.objects.filter(customer=customer)
    return links.aggregate(newest=Max("generation"))["newest"] or 0


def link_for(customer: Customer, now: datetime) -> AnotherConsultantLink:
    """The link that holds; a new one where there is none, or the last one has run out."""
    there = AnotherConsultantLink.objects.filter(customer=customer, generation=newest(customer)).first()
    return there if there and there.expires_at > now else new_link(customer, now)


def new_link(customer: Customer, now: datetime) -> AnotherConsultantLink:
    """A new card; the older ones lead nowhere from now on."""
    with transaction.atomic():
        Customer.locked(customer.pk)
        generation = newest(customer) + 1
        return AnotherConsultantLink.objects.create(
            customer=customer,
            generation=generation,
            token_hash=AnotherConsultantLink.hash_of(token_for(customer, generation)),
            created_at=now,
            expires_at=now + HOLDS,
        )


def address_of(link: AnotherConsultantLink) -> str:
    """The whole address that the code on the card holds."""
    token = token_for(link.customer, link.generation)
    return settings.PUBLIC_URL + reverse("wishes:another", args=[token])


def customer_of(token: str, now: datetime) -> Customer | None:
    """Whose card it is; None for an unknown, an expired and a replaced one alike, and for a closed file."""
    link = AnotherConsultantLink.find(token, now=now)
    if link is None or link.generation != newest(link.customer):
        return None
    active = Customer.objects.active().select_related("branch", "owner")
    return active.filter(pk=link.customer_id).first()


def choices_for(customer: Customer) -> Any:
    """Whom a customer may wish for: the other consultants, by the name said in front of customers."""
    places = Membership.objects.active().filter(branch=customer.branch, role=Role.CONSULTANT)
    others = owners_of(customer.branch).filter(pk__in=places.values("user"))
    return others.exclude(pk=customer.owner_id or 0)


def ask(token: str, *, to: User | None, note: str, now: datetime) -> bool:
    """The wish goes to the managers, and to nobody else; False where the card is worth nothing any more."""
    customer = customer_of(token, now)
    if customer is None:
        return False
    ask_in_private(customer, to=to, note=note, now=now)
    return True
