"""Ten thousand random bookings, moves, cancellations and closures against a model that any child could check:
a day cut into pieces of five minutes, and how many parties sit in each. Never an overlap, never a lost slot."""

from collections import Counter
from datetime import timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bookings import closures
from bookings.allocation import SlotTaken, allocate, release
from bookings.free import nearest_free
from bookings.models import Allocation, Appointment
from bookings.spans import Hold
from tests.bookings.resources import make

PIECE = 5
LATEST = 21 * 60
OPENS = 9 * 60 + 30
QUICK, EXAMPLES, STEPS = 30, 120, 100
"""More than ten thousand, for some steps find nothing to do: nobody to move, nothing to lift. `make test` does a
quarter of them, `make test-full` all."""
RESOURCES = {"single": (1, 0, 10), "double": (2, 5, 0), "triple": (3, 0, 0)}
"""Units, minutes kept free before, minutes kept free after."""
POOL = 40


class Model:
    """For each party the pieces of time that it keeps from others, by resource."""

    def __init__(self):
        self.held, self.closed, self.count = {}, {}, Counter()

    @staticmethod
    def pieces(name, spans):
        _units, before, after = RESOURCES[name]
        return {
            piece
            for start, end in spans
            for piece in range((start - before) // PIECE, -(-(end + after) // PIECE))
        }

    def there(self, name, piece, besides=None):
        mine = piece in self.held.get(besides, {}).get(name, ())
        return self.count[name, piece] - mine

    def fits(self, wanted, besides=None):
        return all(
            self.there(name, piece, besides) < RESOURCES[name][0]
            for name, spans in wanted.items()
            for piece in self.pieces(name, spans)
        )

    def keep(self, party, wanted):
        self.let_go(party)
        self.held[party] = {name: self.pieces(name, spans) for name, spans in wanted.items()}
        self.count.update((name, piece) for name, pieces in self.held[party].items() for piece in pieces)

    def let_go(self, party):
        rooms = self.held.pop(party, {})
        self.count.subtract((name, piece) for name, pieces in rooms.items() for piece in pieces)

    def close(self, key, name, pieces):
        self.closed[key] = name, pieces
        self.count.update({(name, piece): RESOURCES[name][0] for piece in pieces})

    def lift(self, key):
        name, pieces = self.closed.pop(key)
        self.count.subtract({(name, piece): RESOURCES[name][0] for piece in pieces})

    def nearest(self, wanted, start, length, besides=None):
        """The first free time, tried one after the other as a person would."""
        clock = start % 1440
        for distance in [0, *(d for n in range(1, 40) for d in (n, -n))]:
            day = start // 1440 + distance
            if day < 0:
                continue
            times = {OPENS, clock, *range(0, 1440, 30)}
            for time in sorted(times, key=lambda t: (abs(t - clock), t)):
                by = day * 1440 + time - start
                shifted = {name: [(a + by, b + by) for a, b in spans] for name, spans in wanted.items()}
                if OPENS <= time <= LATEST - length and self.fits(shifted, besides):
                    return day * 1440 + time
        return None


quarters = st.integers(38, 76)
spans = st.lists(st.tuples(quarters, st.integers(1, 8)), min_size=1, max_size=2)
wishes = st.dictionaries(st.sampled_from(sorted(RESOURCES)), spans, min_size=1, max_size=3)
numbers = st.integers(0, 999)
acts = st.lists(
    st.one_of(
        st.tuples(st.just("make"), numbers, wishes),
        st.tuples(st.just("make"), numbers, wishes),
        st.tuples(st.just("move"), numbers, wishes),
        st.tuples(st.just("cancel"), numbers, st.just({})),
        st.tuples(st.just("close"), numbers, wishes),
        st.tuples(st.just("lift"), numbers, st.just({})),
    ),
    min_size=STEPS,
    max_size=STEPS,
)


class World:
    """The same acts done in the database and in the model."""

    def __init__(self, sale):
        self.sale, self.branch = sale, sale.shop.branch
        self.resources = {
            name: make(sale.shop, "floor", name, units=units, buffer_before=before, buffer_after=after)
            for name, (units, before, after) in RESOURCES.items()
        }
        self.done = Counter()
        self.dawn = self.branch.day_bounds(self.branch.today(sale.now) + timedelta(days=1))[0]
        customer = sale.customer(phone=False)
        self.pool = Appointment.objects.bulk_create(
            Appointment(
                branch=self.branch,
                customer=customer,
                kind="fitting",
                starts_at=self.dawn,
                ends_at=self.dawn + timedelta(hours=1),
            )
            for _ in range(POOL)
        )

    def begin(self):
        self.model, self.free, self.refused = Model(), list(self.pool), 0
        self.closures = {}

    def at(self, minute):
        return self.dawn + timedelta(minutes=minute)

    def holds(self, wanted):
        return [
            Hold(self.resources[name], self.at(start), self.at(end))
            for name, parts in wanted.items()
            for start, end in parts
        ]

    def act(self, act, number, wish):
        wanted = {name: [(q * 15, q * 15 + n * 15) for q, n in parts] for name, parts in wish.items()}
        parties = sorted(self.model.held)
        if act == "make" and self.free:
            self.done[act] += 1
            self.put(self.free[-1], wanted)
        elif act == "move" and parties:
            party = parties[number % len(parties)]
            self.done[act] += 1
            self.put(next(row for row in self.pool if row.pk == party), wanted)
        elif act == "cancel" and parties:
            row = next(row for row in self.pool if row.pk == parties[number % len(parties)])
            release(row)
            self.done[act] += 1
            self.model.let_go(row.pk)
            self.free.append(row)
        elif act == "close":
            self.done[act] += 1
            self.close(*next(iter(wanted.items())))
        elif act == "lift" and self.closures:
            key = sorted(self.closures)[number % len(self.closures)]
            self.done[act] += 1
            closures.lift(self.closures.pop(key), by=None, now=self.sale.now)
            self.model.lift(key)

    def put(self, row, wanted):
        expected = self.model.fits(wanted, besides=row.pk)
        try:
            with transaction.atomic():
                if row.pk in self.model.held:
                    release(row)
                allocate(row, self.holds(wanted))
        except SlotTaken as taken:
            assert not expected, wanted
            assert taken.conflicts
            self.done["refused"] += 1
            self.compare_nearest(row, wanted)
            return
        assert expected, wanted
        self.done["held"] += 1
        self.model.keep(row.pk, wanted)
        if row in self.free:
            self.free.remove(row)

    def close(self, name, parts):
        start, end = parts[0]
        pieces = set(range(start // PIECE, end // PIECE))
        expected = all(self.model.there(name, piece) == 0 for piece in pieces)
        try:
            closure = closures.close(
                self.resources[name],
                starts_at=self.at(start),
                ends_at=self.at(end),
                why="x",
                by=self.sale.shop.manager,
                now=self.sale.now,
            )
        except SlotTaken as taken:
            assert not expected
            assert taken.conflicts
            return
        assert expected
        self.closures[closure.pk] = closure
        self.model.close(closure.pk, name, pieces)

    def compare_nearest(self, row, wanted):
        """Some refusals are asked for their first answer."""
        self.refused += 1
        if self.refused % 10:
            return
        start = min(a for parts in wanted.values() for a, _b in parts)
        end = max(b for parts in wanted.values() for _a, b in parts)
        found = nearest_free(
            branch=self.branch,
            kind="fitting",
            duration=timedelta(minutes=end - start),
            holds=self.holds(wanted),
            around=self.at(start),
            now=self.dawn,
            besides=row.pk,
            count=1,
        )
        self.done["compared"] += 1
        expected = self.model.nearest(wanted, start, end - start, besides=row.pk)
        assert [slot.starts_at for slot in found] == ([] if expected is None else [self.at(expected)])

    def compare(self):
        """What the database holds is what the model holds, and no unit is held twice."""
        held, taken = {}, set()
        for row in Allocation.objects.active().filter(resource__in=self.resources.values()):
            name = row.resource.name_en
            pieces = {
                int((row.during.lower - self.dawn).total_seconds()) // 60 // PIECE + offset
                for offset in range(
                    -(-int((row.during.upper - row.during.lower).total_seconds()) // 60 // PIECE)
                )
            }
            assert row.unit < RESOURCES[name][0]
            assert not taken & {(name, row.unit, piece) for piece in pieces}
            taken |= {(name, row.unit, piece) for piece in pieces}
            if row.appointment_id:
                held.setdefault(row.appointment_id, {}).setdefault(name, set()).update(pieces)
        assert held == self.model.held


@pytest.fixture
def world(sale):
    return World(sale)


@pytest.mark.parametrize("examples", [QUICK, pytest.param(EXAMPLES, marks=pytest.mark.slow)])
def test_ten_thousand_random_acts_end_as_the_model_says(world, examples):
    """And the acts were no empty ones: thousands were held, thousands refused, answers were compared."""
    thorough = settings(
        max_examples=examples, deadline=None, derandomize=True, suppress_health_check=[*HealthCheck]
    )
    thorough(random_acts)(world)
    done = world.done
    acts = [done[act] for act in ("make", "move", "cancel", "close", "lift")]
    share = examples / EXAMPLES
    assert sum(acts) >= 10_000 * share, done
    assert min(acts) > 500 * share, done
    assert min(done["held"], done["refused"]) > 2000 * share, done
    assert done["compared"] >= 100 * share, done


@given(acts=acts)
def random_acts(world, acts):
    with transaction.atomic():
        world.begin()
        for act in acts:
            world.act(*act)
        world.compare()
        transaction.set_rollback(True)
