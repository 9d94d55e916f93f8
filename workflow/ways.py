"""By which way a customer is written to, and on what ground: asked for many at once (R3.2).

First the way that they wished for themselves, then the way of the rule, then its other one; each only where
there is an address, they have not said no to it, and the address is not one that wants no messages.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from django.db.models import Q

from customers import consents
from customers.models import ConsentScope, ContactKind, ContactPoint, ContactWish, Customer
from studio.outbox.models import Channel, Suppression
from studio.outbox.models.configuration import WRITTEN

CONTACTS = {Channel.SMS: ContactKind.PHONE, Channel.EMAIL: ContactKind.EMAIL}


@dataclass(frozen=True)
class Way:
    """One way as it stands: open with an `address` on a ground (`basis`), or closed, `because`."""

    channel: str
    address: str = ""
    basis: str = ""
    because: str = ""
    """ "no_address", "said_no" or "suppressed"; empty where it is open."""

    @property
    def is_open(self) -> bool:
        return not self.because


@dataclass(frozen=True)
class Reach:
    """What decides about the ways of several customers, fetched with four questions altogether."""

    wishes: dict[int, str] = field(default_factory=dict)
    bases: dict[tuple[int, str], str] = field(default_factory=dict)
    suppressed: set[tuple[int, str, str]] = field(default_factory=set)
    points: dict[int, list[ContactPoint]] = field(default_factory=dict)

    @classmethod
    def of(cls, customers: Iterable[Customer], scope: str = ConsentScope.ORDER) -> "Reach":
        asked = {customer.pk: customer for customer in customers}
        wishes = ContactWish.objects.filter(customer__in=asked).exclude(written_way="")
        points: dict[int, list[ContactPoint]] = {}
        for point in ContactPoint.objects.filter(customer__in=asked, is_wrong=False).order_by(
            "position", "pk"
        ):
            points.setdefault(point.customer_id, []).append(point)
        values = {point.value for several in points.values() for point in several}
        unwanted = Suppression.objects.filter(
            Q(address__in=values), branch__in={customer.branch_id for customer in asked.values()}
        )
        return cls(
            wishes=dict(wishes.values_list("customer_id", "written_way")),
            bases={
                (pk, channel): basis
                for channel in WRITTEN
                for pk, basis in consents.bases_of(asked.values(), channel, scope).items()
            },
            suppressed=set(unwanted.values_list("branch_id", "channel", "address")),
            points=points,
        )

    def channels(self, customer: Customer, channels: Iterable[str]) -> list[str]:
        """In which order the ways are tried: their own wish before those of the rule."""
        return [*dict.fromkeys(way for way in (self.wishes.get(customer.pk, ""), *channels) if way)]

    def all(self, customer: Customer, channels: Iterable[str]) -> list[Way]:
        """Every way that is tried for the customer, in order, the closed ones with their reason."""
        return [self.way(customer, channel) for channel in self.channels(customer, channels)]

    def open(self, customer: Customer, channels: Iterable[str], *, after: str = "") -> list[Way]:
        """The ways that are open, in order; with `after` only those that come behind that one."""
        order = self.channels(customer, channels)
        if after in order:
            order = order[order.index(after) + 1 :]
        return [
            way
            for way in (self.way(customer, channel) for channel in order if channel != after)
            if way.is_open
        ]

    def way(self, customer: Customer, channel: str) -> Way:
        kind = CONTACTS.get(Channel(channel))
        addresses = [point.value for point in self.points.get(customer.pk, []) if point.kind == kind]
        if not addresses:
            return Way(channel, because="no_address")
        basis = self.bases.get((customer.pk, channel), "")
        if not basis:
            return Way(channel, addresses[0], because="said_no")
        wanted = [one for one in addresses if (customer.branch_id, channel, one) not in self.suppressed]
        if not wanted:
            return Way(channel, addresses[0], basis, because="suppressed")
        return Way(channel, wanted[0], basis)


def open_ways(customer: Customer, channels: Sequence[str], *, after: str = "") -> list[Way]:
    """The same for one customer."""
    return Reach.of([customer]).open(customer, channels, after=after)
