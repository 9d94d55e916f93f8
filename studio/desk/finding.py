"""One search box for all: customers by whatever is known of them, orders by their number."""

from dataclasses import dataclass

from bookings.models import Booking
from customers.finding import matching, query_of
from customers.models import Customer
from studio.staff.models import Branch
from workflow.scanning import number_in

MOST_HITS = 30


@dataclass(frozen=True)
class Found:
    """What the text found; `only` is the address of the one hit there is."""

    query: str
    customers: list[Customer]
    bookings: list[Booking]

    @property
    def only(self) -> str:
        hits: list[Booking | Customer] = [*self.bookings, *self.customers]
        return hits[0].get_absolute_url() if len(hits) == 1 else ""

    @property
    def is_full(self) -> bool:
        return len(self.customers) == MOST_HITS


def find(text: str, *, branch: Branch) -> Found:
    """A whole order number leads to its order alone; a part of one stands beside the customers."""
    query = query_of(number_in(text))
    if len(query) < 2 and not query.isalpha():
        return Found(query, [], [])
    orders = Booking.objects.in_branch(branch).select_related("customer", "work_order")
    exact = list(orders.filter(number__iexact=query)[:1])
    if exact:
        return Found(query, [], exact)
    similar = list(orders.filter(number__icontains=query)[:8]) if any(c.isdigit() for c in query) else []
    customers = list(matching(query, branch=branch).for_list()[:MOST_HITS])
    return Found(query, customers, similar)
