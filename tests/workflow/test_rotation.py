"""The rotation: fair, visible, and never one turn twice (R1.1, R1.2, F1)."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests import factories
from workflow import rotation, visits
from workflow.models import RotationTurn, TurnReason, VisitOutcome
from workflow.rotation import NobodyThere, Presence

pytestmark = pytest.mark.django_db


@pytest.fixture
def third(shop: SimpleNamespace) -> Any:
    return factories.make_person(shop.branch, "consultant", "许静", "小许", shop.front_desk)


def receive(shop: SimpleNamespace, now: datetime, **more: Any) -> Any:
    return visits.receive(branch=shop.branch, by=shop.owner, now=now, **more)


def test_r1_2_who_looks_first_sees_the_plain_order_and_changes_nothing(shop, now):
    standings = rotation.roster(shop.branch, now=now)
    assert [one.consultant for one in standings] == [shop.owner, shop.colleague]
    assert [one.is_next for one in standings] == [True, False]
    assert not RotationTurn.objects.exists()
    assert not shop.branch.rotation_days.exists()


def test_r1_2_only_active_consultants_of_the_branch_stand_on_the_roster(shop, now):
    shop.colleague.memberships.update(is_active=False)
    people = [one.consultant for one in rotation.roster(shop.branch, now=now)]
    assert people == [shop.owner]
    assert rotation.roster(shop.other_branch, now=now) == []


def test_r1_1_turns_go_round(shop, third, now):
    received = []
    for minute in range(6):
        moment = now + timedelta(minutes=minute)
        visit = receive(shop, moment)
        visits.end(visit, outcome=VisitOutcome.UNDECIDED, by=shop.owner, now=moment)
        received.append(visit.consultant)
    assert received == [shop.owner, shop.colleague, third] * 2


def test_r1_2_who_is_busy_is_passed_over_and_the_turn_says_so(shop, now):
    first = receive(shop, now)
    assert first.consultant == shop.owner
    second = receive(shop, now)
    visits.end(second, outcome=VisitOutcome.UNDECIDED, by=shop.owner, now=now)
    third = receive(shop, now)
    assert third.consultant == shop.colleague
    assert third.turn.passed_over == [{"consultant": shop.owner.pk, "why": "busy"}]


def test_r1_5_where_all_are_busy_the_fewest_turns_receive(shop, now):
    receive(shop, now)
    receive(shop, now)
    assert {one.presence for one in rotation.roster(shop.branch, now=now)} == {Presence.BUSY}
    assert rotation.next_up(shop.branch, now=now) == shop.owner
    assert receive(shop, now).consultant == shop.owner


def test_r1_2_a_visit_left_open_yesterday_makes_nobody_busy_today(shop, now):
    receive(shop, now - timedelta(days=1))
    assert rotation.roster(shop.branch, now=now)[0].presence == Presence.READY


def test_r1_2_who_stepped_away_is_passed_over_until_they_come_back(shop, now):
    rotation.step_away(branch=shop.branch, consultant=shop.owner, why="Lunch", by=shop.owner, now=now)
    visit = receive(shop, now)
    assert visit.consultant == shop.colleague
    assert visit.turn.passed_over == [{"consultant": shop.owner.pk, "why": "away"}]
    away = next(one for one in rotation.roster(shop.branch, now=now) if one.consultant == shop.owner)
    assert (away.presence, away.why, away.since) == (Presence.AWAY, "Lunch", now)
    rotation.come_back(branch=shop.branch, consultant=shop.owner, by=shop.owner, now=now)
    assert rotation.next_up(shop.branch, now=now) == shop.owner


def test_r1_2_stepping_away_needs_a_reason(shop, now):
    with pytest.raises(ValidationError):
        rotation.step_away(branch=shop.branch, consultant=shop.owner, why=" \u200b ", by=None, now=now)
    with pytest.raises(ValidationError):
        rotation.step_away(branch=shop.branch, consultant=shop.manager, why="Lunch", by=None, now=now)


def test_r1_2_who_is_on_leave_is_off(shop, now):
    day = shop.branch.today(now)
    factories.LeaveFactory(
        branch=shop.branch, user=shop.owner, deputy=shop.colleague, starts_on=day, ends_on=day
    )
    assert rotation.roster(shop.branch, now=now)[-1].presence == Presence.OFF
    assert receive(shop, now).consultant == shop.colleague


def test_r1_5_with_nobody_there_the_answer_is_a_refusal(shop, now):
    for person in (shop.owner, shop.colleague):
        rotation.step_away(branch=shop.branch, consultant=person, why="Fire drill", by=person, now=now)
    assert rotation.next_up(shop.branch, now=now) is None
    with pytest.raises(NobodyThere):
        receive(shop, now)
    assert not RotationTurn.objects.exists()


def test_r1_2_a_newcomer_comes_last(shop, now):
    receive(shop, now)
    new = factories.make_person(shop.branch, "consultant", "新来的", "", shop.front_desk)
    receive(shop, now)
    places = {one.consultant: one.place for one in rotation.roster(shop.branch, now=now)}
    assert places[new] == 3


def test_f1_a_returning_customer_goes_to_their_owner_and_costs_no_turn(shop, now):
    customer = factories.CustomerFactory(branch=shop.branch, owner=shop.colleague)
    visit = receive(shop, now, customer=customer)
    assert visit.consultant == shop.colleague
    assert (visit.turn.reason, visit.turn.counts) == (TurnReason.OWNER, False)
    assert {one.turns for one in rotation.roster(shop.branch, now=now)} == {0}


def test_f1_is_the_owner_off_their_deputy_receives_and_it_costs_no_turn(shop, third, now):
    day = shop.branch.today(now)
    factories.LeaveFactory(branch=shop.branch, user=shop.owner, deputy=third, starts_on=day, ends_on=day)
    customer = factories.CustomerFactory(branch=shop.branch, owner=shop.owner)
    visit = receive(shop, now, customer=customer)
    assert visit.consultant == third
    assert (visit.turn.reason, visit.turn.counts) == (TurnReason.DEPUTY, False)
    customer.refresh_from_db()
    assert customer.owner == shop.owner


def test_f1_has_the_owner_stepped_away_a_colleague_receives_for_them(shop, now):
    rotation.step_away(branch=shop.branch, consultant=shop.owner, why="Lunch", by=shop.owner, now=now)
    customer = factories.CustomerFactory(branch=shop.branch, owner=shop.owner)
    visit = receive(shop, now, customer=customer)
    assert visit.consultant == shop.colleague
    assert (visit.turn.reason, visit.turn.counts) == (TurnReason.DEPUTY, False)


def test_f1_a_manager_who_owns_a_customer_receives_them(shop, now):
    customer = factories.CustomerFactory(branch=shop.branch, owner=shop.manager)
    assert receive(shop, now, customer=customer).consultant == shop.manager


def test_r1_2_an_owner_who_left_the_branch_leaves_it_to_the_rotation(shop, now):
    customer = factories.CustomerFactory(branch=shop.branch, owner=shop.colleague)
    shop.colleague.memberships.update(is_active=False)
    visit = receive(shop, now, customer=customer)
    assert (visit.consultant, visit.turn.reason) == (shop.owner, TurnReason.NEXT)


def test_r1_2_a_customer_known_by_their_number_goes_on_to_the_owner_and_the_turn_is_given_back(shop, now):
    customer = factories.CustomerFactory(branch=shop.branch, owner=shop.colleague)
    visit = receive(shop, now)
    assert visit.consultant == shop.owner
    visit = visits.attach_customer(visit, customer, by=shop.owner, now=now)
    assert visit.consultant == shop.colleague
    turns = {one.consultant: one.turns for one in rotation.roster(shop.branch, now=now)}
    assert turns == {shop.owner: 0, shop.colleague: 0}
    assert rotation.next_up(shop.branch, now=now) == shop.owner


def test_r1_2_is_the_owner_busy_who_began_goes_on(shop, now):
    customer = factories.CustomerFactory(branch=shop.branch, owner=shop.owner)
    receive(shop, now)
    second = receive(shop, now)
    assert visits.attach_customer(second, customer, by=shop.owner, now=now).consultant == shop.colleague


@pytest.mark.django_db(transaction=True)
def test_r1_2_two_desks_in_the_same_second_never_get_one_turn_twice(shop, now):
    people = [shop.owner, shop.colleague] + [
        factories.make_person(shop.branch, "consultant", f"门市{number}", "", shop.front_desk)
        for number in range(6)
    ]

    def press(_: int) -> tuple[int, int]:
        try:
            visit = visits.receive(branch=shop.branch, by=shop.owner, now=now)
            return visit.turn.number, visit.consultant_id
        finally:
            connection.close()

    with ThreadPoolExecutor(max_workers=8) as desks:
        got = list(desks.map(press, range(8)))
    assert sorted(number for number, _ in got) == list(range(1, 9))
    assert sorted(consultant for _, consultant in got) == sorted(person.pk for person in people)


class Day:
    """A day at the desk, replayed from a list of steps."""

    def __init__(self, shop: SimpleNamespace, people: list[Any], now: datetime) -> None:
        self.shop, self.people, self.now = shop, people, now
        self.open: list[Any] = []

    def step(self, what: int) -> None:
        self.now += timedelta(minutes=1)
        if what < 4 or not self.open:
            visit = visits.receive(branch=self.shop.branch, by=None, now=self.now)
            self.open.append(visit)
        else:
            visit = self.open.pop(what % len(self.open))
            visits.end(visit, outcome=VisitOutcome.UNDECIDED, by=None, now=self.now)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.integers(0, 7), min_size=1, max_size=20))
def test_r1_2_whoever_receives_had_the_fewest_turns_of_those_who_were_free(shop, third, now, steps):
    """Fairness as it is meant: at each turn nobody who was free had had fewer."""
    with transaction.atomic():
        day = Day(shop, [shop.owner, shop.colleague, third], now)
        for what in steps:
            before = rotation.roster(shop.branch, now=day.now)
            count = RotationTurn.objects.count()
            day.step(what)
            if RotationTurn.objects.count() == count:
                continue
            receiver = day.open[-1].consultant
            mine = next(one for one in before if one.consultant == receiver)
            free = [one for one in before if one.presence == Presence.READY] or before
            assert mine in free
            assert mine.order == min(one.order for one in free)
        spread = Counter(turn.consultant_id for turn in RotationTurn.objects.all())
        assert sum(spread.values()) == RotationTurn.objects.count()
        transaction.set_rollback(True)
