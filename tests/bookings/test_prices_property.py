"""Any sequence of sales, seasons, add-ons, take-backs, fees and discounts: the total is what a plain reckoning
says, the lines add up to it, it never sinks below nothing, and what was sold never changes."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import ROUND_DOWN, Decimal

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bookings import add_ons, discounts, schedule
from bookings.models import Appointment, DiscountRequest, PackageVersion, PriceLine
from bookings.price_lines import NotSellable, total_of
from bookings.sales import charge_rush, sell, waive_rush
from bookings.schedule import Slot
from tests.bookings.selling import add_on, limit, season
from tests.factories import CustomerFactory

pytestmark = pytest.mark.django_db
LIST = Decimal("5999.00")
SHOT = {
    date(2026, 10, 3): Decimal("800"),
    date(2026, 11, 3): Decimal("-1500"),
    date(2026, 12, 3): Decimal("0"),
    date(2026, 9, 3): None,
}
"""Days of the shoot, and what each costs more than the list price; None: no season."""


@dataclass
class Reckoning:
    """What the order costs, reckoned without a database: things, fees and discounts by their own numbers."""

    sold_season: Decimal
    percent: int
    things: dict[int, Decimal] = field(default_factory=dict)
    rush: dict[int, Decimal] = field(default_factory=dict)
    discounts: dict[int, tuple[Decimal, bool]] = field(default_factory=dict)
    season: Decimal = Decimal("0")
    topped_up: Decimal = Decimal("0")
    asked: Decimal | None = None
    day: date | None = None

    @property
    def listed(self) -> Decimal:
        parts = [
            LIST,
            self.sold_season,
            self.season,
            self.topped_up,
            *self.things.values(),
            *self.rush.values(),
        ]
        return sum(parts, Decimal("0"))

    @property
    def off(self) -> Decimal:
        return sum((amount for amount, _own in self.discounts.values()), Decimal("0"))

    @property
    def total(self) -> Decimal:
        return self.listed - self.off

    def share(self, listed: Decimal) -> Decimal:
        return (listed * self.percent / 100).quantize(Decimal("0.01"), rounding=ROUND_DOWN)

    def may_give(self, amount: Decimal) -> bool:
        return amount <= min(self.share(self.listed) - self.off, self.total)

    def may_go(self, amount: Decimal, *, manages: bool) -> bool:
        """Whether something of this worth may be taken back: no discount is left over on its own."""
        own = sum((off for off, own in self.discounts.values() if own), Decimal("0"))
        fits = manages or not own or own <= self.share(self.listed - amount)
        return self.total >= amount and fits

    def shoot_on(self, day: date) -> None:
        if SEASONS[day] == SEASONS.get(self.day):
            return
        self.day, self.season, self.topped_up = day, SHOT[day] or Decimal("0"), Decimal("0")
        self.topped_up = max(Decimal("0"), -self.total)


SEASONS = {day: day if adds is not None else None for day, adds in SHOT.items()}
cents = st.integers(min_value=1, max_value=900_000).map(lambda number: Decimal(number) / 100)
step = st.one_of(
    st.tuples(st.just("sell"), st.integers(0, 2), st.integers(1, 4)),
    st.tuples(st.just("return"), st.integers(0, 5), st.booleans()),
    st.tuples(st.just("give"), cents, st.booleans()),
    st.tuples(st.just("undo"), st.integers(0, 3)),
    st.tuples(st.just("decide"), st.booleans()),
    st.tuples(st.just("rush"), cents),
    st.tuples(st.just("waive"), st.booleans()),
    st.tuples(st.just("shoot"), st.sampled_from(sorted(SHOT))),
)


class Order:
    """The order in the database beside its reckoning; each step is made in both."""

    def __init__(self, shop, now, things, sold_season, percent):
        self.shop, self.now, self.things = shop, now, things
        self.booking = sell(
            customer=self.customer(),
            package_version=shop.package,
            by=shop.owner,
            now=now,
            terms_accepted=True,
        )
        self.plain = Reckoning(sold_season, percent)
        self.shoot: Appointment | None = None
        self.request: DiscountRequest | None = None

    def customer(self):
        return CustomerFactory(branch=self.shop.branch, owner=self.shop.owner)

    def tried(self, action, expected: bool):
        """Carried out or refused as the reckoning says."""
        try:
            with transaction.atomic():
                answer = action()
        except NotSellable:
            assert not expected
            return None
        assert expected
        return answer

    def line(self, kept: dict, place: int) -> PriceLine | None:
        return PriceLine.objects.get(pk=list(kept)[place % len(kept)]) if kept else None

    def sell(self, which, quantity):
        line = add_ons.sell(
            self.booking, self.things[which], quantity=quantity, by=self.shop.owner, now=self.now
        )
        self.plain.things[line.pk] = self.things[which].price * quantity

    def give_back(self, place, manages):
        line = self.line(self.plain.things, place)
        if line is None:
            return
        by = self.shop.manager if manages else self.shop.owner
        expected = self.plain.may_go(line.amount, manages=manages)
        if self.tried(lambda: add_ons.take_back(line, why="x", by=by, now=self.now), expected):
            del self.plain.things[line.pk]

    def give(self, amount, manages):
        by = self.shop.manager if manages else self.shop.owner
        plain = self.plain
        at_once = amount <= plain.total if manages else plain.may_give(amount)
        possible = amount <= plain.total and (at_once or plain.asked is None)
        given = self.tried(
            lambda: discounts.give(self.booking, amount=amount, why="x", by=by, now=self.now), possible
        )
        if given is None:
            return
        if at_once:
            plain.discounts[given.pk] = (amount, not manages)
        else:
            assert isinstance(given, DiscountRequest)
            self.request, plain.asked = given, amount

    def undo(self, place):
        line = self.line(self.plain.discounts, place)
        if line is not None:
            discounts.take_back(line, why="x", by=self.shop.owner, now=self.now)
            del self.plain.discounts[line.pk]

    def decide(self, yes):
        plain = self.plain
        if self.request is None:
            return
        if not yes:
            discounts.refuse(self.request, why="x", version=None, by=self.shop.manager, now=self.now)
            self.request = plain.asked = None
            return
        expected = plain.asked <= plain.total
        answer = self.tried(
            lambda: discounts.approve(self.request, version=None, by=self.shop.manager, now=self.now),
            expected,
        )
        if answer is not None:
            plain.discounts[answer.line_id] = (plain.asked, False)
            self.request = plain.asked = None

    def rush(self, amount):
        line = self.tried(
            lambda: charge_rush(self.booking, amount=amount, by=self.shop.owner, now=self.now),
            not self.plain.rush,
        )
        if line is not None:
            self.plain.rush[line.pk] = amount

    def waive(self, manages):
        line = self.line(self.plain.rush, 0)
        if line is None:
            return
        by = self.shop.manager if manages else self.shop.owner
        expected = self.plain.may_go(line.amount, manages=manages)
        if self.tried(lambda: waive_rush(line, why="x", by=by, now=self.now), expected):
            self.plain.rush.clear()

    def shoot_on(self, day):
        start = self.shop.branch.at(day, self.now.time().replace(hour=10))
        slot = Slot(start, start + timedelta(hours=2), [])
        given = {"slot": slot, "by": self.shop.owner, "now": self.now}
        if self.shoot is None:
            self.shoot = schedule.make_appointment(
                branch=self.shop.branch,
                customer=self.booking.customer,
                booking=self.booking,
                kind="shoot",
                **given,
            )
        else:
            self.shoot = schedule.move(self.shoot, version=None, **given)
        self.plain.shoot_on(day)

    def check(self):
        lines = list(self.booking.price_lines.all())
        assert total_of(self.booking) == sum(line.amount for line in lines) == self.plain.total
        assert self.plain.total >= 0
        assert discounts.listed(self.booking) == self.plain.listed
        assert discounts.given(self.booking) == self.plain.off
        for line in lines:
            if line.reverses_id:
                assert line.amount == -line.reverses.amount


def held(version: PackageVersion) -> list[object]:
    groups = (version.looks, version.items, version.services, version.needs)
    return [PackageVersion.objects.values().get(pk=version.pk), *(list(group.values()) for group in groups)]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(step, max_size=25), in_season=st.booleans(), percent=st.sampled_from([0, 5, 50, 100]))
def test_the_price_is_what_a_plain_reckoning_says(shop, now, steps, in_season, percent):
    with transaction.atomic():
        for day, adds in SHOT.items():
            if adds is not None:
                season(shop.package, f"{LIST + adds}", day, day + timedelta(days=9), basis="shot")
        if in_season:
            season(shop.package, "4999", date(2026, 5, 1), date(2026, 5, 31))
        limit(shop.branch, "consultant", f"{percent}")
        things = [add_on(shop.branch, price=price) for price in ("0.01", "300", "2499.99")]
        order = Order(shop, now, things, Decimal("-1000" if in_season else "0"), percent)
        before = held(shop.package)
        actions = {
            "sell": order.sell,
            "return": order.give_back,
            "give": order.give,
            "undo": order.undo,
            "decide": order.decide,
            "rush": order.rush,
            "waive": order.waive,
            "shoot": order.shoot_on,
        }
        for name, *arguments in steps:
            actions[name](*arguments)
            order.check()
        assert held(shop.package) == before
        transaction.set_rollback(True)
