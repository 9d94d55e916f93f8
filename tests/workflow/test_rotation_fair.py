"""The rotation is fair whatever happens: many desks at once, and any day that can be thought of (R1.2, F1)."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from studio.staff.models import LeaveDay, User
from tests import factories
from workflow import rotation, visits
from workflow.models import AwayReason, RotationPlace, RotationTurn, Visit
from workflow.rotation import NobodyThere, Presence, Standing

DESKS = 16


def four(shop: SimpleNamespace) -> list[User]:
    new = [
        factories.make_person(shop.branch, "consultant", name, "", shop.front_desk)
        for name in ("许静", "韩雪")
    ]
    return [shop.owner, shop.colleague, *new]


def at_once(work: Any) -> list[Any]:
    """Sixteen desks in the same moment."""

    def desk(number: int) -> Any:
        try:
            return work(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(max_workers=DESKS) as desks:
        return list(desks.map(desk, range(DESKS)))


@pytest.mark.django_db(transaction=True)
def test_r1_2_sixteen_desks_at_once_over_four_consultants(shop, now):
    people = four(shop)
    got = at_once(lambda _: visits.receive(branch=shop.branch, by=shop.owner, now=now).pk)
    turns = RotationTurn.objects.all()
    assert len(set(got)) == DESKS
    assert sorted(turn.number for turn in turns) == list(range(1, DESKS + 1))
    assert Counter(turn.consultant_id for turn in turns) == {person.pk: DESKS // 4 for person in people}
    assert RotationPlace.objects.count() == len(people)


@pytest.mark.django_db(transaction=True)
def test_r1_2_desks_that_receive_and_end_and_step_away_at_once_stay_within_one(shop, now):
    """Four of the presses send one and the same colleague away and back again; the others receive."""
    people = four(shop)
    for person in people:
        visits.receive(branch=shop.branch, by=None, now=now, named=person)

    def press(number: int) -> None:
        if number % 4 == 0:
            rotation.step_away(branch=shop.branch, consultant=people[0], why="Upstairs", by=None, now=now)
            rotation.come_back(branch=shop.branch, consultant=people[0], by=None, now=now)
        else:
            visit = visits.receive(branch=shop.branch, by=None, now=now)
            visits.end(visit, outcome="undecided", by=None, now=now)

    at_once(press)
    counted = Counter(turn.consultant_id for turn in RotationTurn.objects.all())
    assert sum(counted.values()) == 4 + 12
    others = [counted[person.pk] for person in people[1:]]
    assert max(others) - min(others) <= 1
    assert counted[people[0].pk] <= max(others), "who was away now and then had no more than the rest"


@pytest.mark.django_db(transaction=True)
def test_r1_2_the_day_begins_once_however_many_look_in_first(shop, now):
    four(shop)
    days = at_once(lambda _: transaction_of_its_own(shop, now))
    assert len(set(days)) == 1
    assert sorted(RotationPlace.objects.values_list("place", flat=True)) == [1, 2, 3, 4]


def transaction_of_its_own(shop: SimpleNamespace, now: Any) -> int:
    with transaction.atomic():
        return rotation.locked_day(shop.branch, now).pk


# --- Any day ----------------------------------------------------------------------------------
STEPS = st.lists(
    st.tuples(
        st.sampled_from(
            [
                "come",
                "come",
                "come",
                "end",
                "end",
                "named",
                "returning",
                "away",
                "errand",
                "back",
                "off",
                "on",
                "new",
            ]
        ),
        st.integers(0, 5),
    ),
    min_size=5,
    max_size=30,
)


class AnyDay:
    """A day at the desk, replayed from a list of steps; after each turn it is asked whether it was fair."""

    def __init__(self, shop: SimpleNamespace, now: Any) -> None:
        self.shop, self.now, self.people = shop, now, four(shop)
        self.open: list[Visit] = []
        names = {"name_en": "Errand", "name_zh_hans": "私事", "name_zh_hant": "私事"}
        self.errand = AwayReason.objects.create(branch=shop.branch, is_made_up=False, **names)
        self.customer = factories.CustomerFactory(branch=shop.branch, owner=shop.colleague)

    def standings(self) -> list[Standing]:
        return rotation.roster(self.shop.branch, now=self.now)

    def step(self, what: str, who: int) -> None:
        self.now += timedelta(minutes=1)
        person = self.people[who % len(self.people)]
        getattr(self, what)(person)

    def come(self, _: Any = None) -> None:
        before = self.standings()
        try:
            visit = visits.receive(branch=self.shop.branch, by=None, now=self.now)
        except NobodyThere:
            assert not any(one.is_here for one in before)
            return
        self.open.append(visit)
        self.was_fair(visit, before)

    def was_fair(self, visit: Visit, before: list[Standing]) -> None:
        mine = next(one for one in before if one.consultant == visit.consultant)
        for presence in (Presence.READY, Presence.BUSY):
            rivals = [one for one in before if one.presence == presence]
            if rivals:
                assert mine in rivals
                assert mine.order == min(one.order for one in rivals)
                return

    def end(self, person: User) -> None:
        if self.open:
            visits.end(self.open.pop(person.pk % len(self.open)), outcome="undecided", by=None, now=self.now)

    def named(self, person: User) -> None:
        self.receive(named=person)

    def returning(self, _: User) -> None:
        self.receive(customer=self.customer)

    def receive(self, **more: Any) -> None:
        try:
            visit = visits.receive(branch=self.shop.branch, by=None, now=self.now, **more)
        except NobodyThere:
            return
        self.open.append(visit)
        assert visit.turn is not None
        assert visit.turn.counts == ("customer" not in more)

    def away(self, person: User) -> None:
        rotation.step_away(branch=self.shop.branch, consultant=person, why="Upstairs", by=None, now=self.now)

    def errand_of(self, person: User) -> None:
        rotation.step_away(
            branch=self.shop.branch, consultant=person, reason=self.errand, by=None, now=self.now
        )

    def back(self, person: User) -> None:
        least = [one for one in self.standings() if one.is_here and one.consultant != person]
        was = next(one for one in self.standings() if one.consultant == person)
        rotation.come_back(branch=self.shop.branch, consultant=person, by=None, now=self.now)
        after = next(one for one in self.standings() if one.consultant == person)
        assert after.weight >= was.weight
        if was.presence == Presence.AWAY and was.reason == self.errand and least:
            assert after.weight >= min(one.weight for one in least), "forgone turns are not made up"

    def off(self, person: User) -> None:
        day = self.shop.branch.today(self.now)
        if not LeaveDay.objects.on(day).filter(user=person).exists():
            deputy = next(one for one in self.people if one != person)
            factories.LeaveFactory(
                branch=self.shop.branch, user=person, deputy=deputy, starts_on=day, ends_on=day
            )

    def on(self, person: User) -> None:
        LeaveDay.objects.filter(user=person).update(is_granted=False)

    def new(self, _: User) -> None:
        if len(self.people) < 6:
            name = f"新{len(self.people)}"
            self.people.append(
                factories.make_person(self.shop.branch, "consultant", name, "", self.shop.front_desk)
            )

    def everybody_comes_back(self) -> None:
        for person in self.people:
            self.on(person)
            self.back(person)
        while self.open:
            self.end(self.people[0])


@pytest.mark.django_db
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(steps=STEPS)
def test_r1_2_any_day_is_fair_at_each_turn_and_level_in_the_end(shop, now, steps):
    """Whoever is chosen had the fewest turns of those who were ready; and once everybody is back and enough
    parties have come in, all stand within one turn of each other."""
    with transaction.atomic():
        day = AnyDay(shop, now)
        for what, who in steps:
            day.step("errand_of" if what == "errand" else what, who)
        day.everybody_comes_back()
        weights = [one.weight for one in day.standings()]
        for _ in range(sum(max(weights) - weight for weight in weights) + 3):
            day.step("come", 0)
            day.step("end", 0)
        weights = [one.weight for one in day.standings()]
        assert max(weights) - min(weights) <= 1
        numbers = list(RotationTurn.objects.order_by("number").values_list("number", flat=True))
        assert numbers == list(range(1, len(numbers) + 1))
        transaction.set_rollback(True)


@pytest.mark.django_db
@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    steps=st.lists(
        st.tuples(st.sampled_from(["come", "away", "back", "errand"]), st.integers(0, 1)), max_size=25
    )
)
def test_r1_2_who_was_here_and_free_all_the_time_differ_by_at_most_one(shop, now, steps):
    """Two of four come and go as they like; the other two stay, and each party leaves before the next."""
    with transaction.atomic():
        day = AnyDay(shop, now)
        for what, who in steps:
            day.step("errand_of" if what == "errand" else what, who)
            while day.open:
                day.end(day.people[0])
        stayed = [one.turns for one in day.standings() if one.consultant in day.people[2:4]]
        assert max(stayed) - min(stayed) <= 1
        transaction.set_rollback(True)
