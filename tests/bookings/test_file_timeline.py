"""What happened to a customer's gowns and their waiting stands in the timeline of their file, without sums."""

from datetime import timedelta
from decimal import Decimal

import pytest

from bookings import gowns, outings, waiting
from bookings.models import Outing
from customers.history import timeline
from tests.bookings.test_gowns import make_gown

DAY, HOUR = timedelta(days=1), timedelta(hours=1)


@pytest.fixture
def told(booking):
    """The sentences of everything that the file shows."""

    def read():
        return [str(entry.text) for entry in timeline(booking.customer)]

    return read


def test_damage_a_substitute_and_the_waiting_list_stand_in_the_file(sale, shop, booking, told):
    given = {"by": shop.owner, "now": sale.now}
    row = sale.make(sale.slot(days=30, hours=8, resources=[]), "wedding", booking)
    first, second = make_gown(shop), make_gown(shop, "G-2")
    gowns.hold(row, first, starts_at=row.starts_at, ends_at=row.ends_at, **given)
    gowns.substitute(row, first, second, why="a stain", **given)
    gone = outings.give_out(row, second, due_back_at=sale.now + 20 * DAY, **given)
    later = {"by": shop.owner, "now": sale.now + 2 * HOUR}
    outings.take_back(gone, condition="damaged", repaired_at=sale.now + 9 * DAY, **later)
    outings.charge(Outing.objects.get(), amount=Decimal("321.45"), **later)
    day = shop.branch.today(sale.now) + 9 * DAY
    entry = waiting.join(
        branch=shop.branch, customer=booking.customer, kind="fitting", first_day=day, last_day=day,
        minutes=60, **given,
    )  # fmt: skip
    waiting.withdraw(entry, **given)
    text = " | ".join(told())
    for sentence in (
        "takes the place of Gown G-1 (G-1): a stain",
        "came back: damaged",
        "The damage to Gown G-2 (G-2) was charged",
        "Waits for a day that is full",
        "Does not wait for a day any more",
    ):
        assert sentence in text, text
    assert "321.45" not in text and "¥" not in text  # R9.9
