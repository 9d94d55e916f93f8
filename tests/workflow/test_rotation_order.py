"""In which order a day begins (F1): the best closer first, plain order, or one place further each day."""

from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from studio.staff.models import User
from tests import factories
from workflow import rotation, visits
from workflow.models import RotationRules, Visit, VisitOutcome
from workflow.rotation_order import best_closer

pytestmark = pytest.mark.django_db


@pytest.fixture
def third(shop: SimpleNamespace) -> User:
    return factories.make_person(shop.branch, "consultant", "许静", "小许", shop.front_desk)


def begins(shop: SimpleNamespace, now: datetime) -> list[User]:
    """In which order an untouched day shows them; and that is the order in which the day is then kept."""
    shown = [one.consultant for one in rotation.roster(shop.branch, now=now)]
    kept = [place.consultant for place in rotation.locked_day(shop.branch, now).places.order_by("place")]
    assert shown == kept
    return kept


def was_here(shop: SimpleNamespace, consultant: User, at: datetime, outcome: str) -> Visit:
    customer = factories.CustomerFactory(branch=shop.branch, owner=consultant)
    visit = Visit.objects.create(branch=shop.branch, customer=customer, consultant=consultant, arrived_at=at)
    return visits.end(visit, outcome=outcome, by=consultant, now=at)


def rule(shop: SimpleNamespace, **fields: Any) -> RotationRules:
    return RotationRules.objects.create(branch=shop.branch, **fields)


def test_f1_without_rules_of_its_own_the_defaults_hold(shop, now):
    rules = rotation.rules_of(shop.branch)
    assert (rules.pk, rules.first_place, rules.make_up, rules.greet_within) == (None, "closer", True, 2)
    mine = rule(shop, greet_within=5)
    assert rotation.rules_of(shop.branch) == mine
    assert rotation.rules_of(shop.other_branch).greet_within == 2


def test_f1_with_no_visits_ever_the_day_begins_in_plain_order(shop, third, now):
    assert begins(shop, now) == [shop.owner, shop.colleague, third]


def test_f1_yesterdays_best_closer_begins_and_everybody_else_follows_in_plain_order(shop, third, now):
    yesterday = now - timedelta(days=1)
    was_here(shop, shop.owner, yesterday, VisitOutcome.WON)
    for _ in range(2):
        was_here(shop, third, yesterday, VisitOutcome.WON)
    assert begins(shop, now) == [third, shop.owner, shop.colleague]


def test_f1_who_won_as_many_with_fewer_visits_goes_before(shop, now):
    yesterday = now - timedelta(days=1)
    was_here(shop, shop.owner, yesterday, VisitOutcome.WON)
    was_here(shop, shop.owner, yesterday, VisitOutcome.UNDECIDED)
    was_here(shop, shop.colleague, yesterday, VisitOutcome.WON)
    assert begins(shop, now) == [shop.colleague, shop.owner]


def test_f1_a_tie_to_the_end_is_settled_by_the_plain_order(shop, now):
    yesterday = now - timedelta(days=1)
    was_here(shop, shop.colleague, yesterday, VisitOutcome.WON)
    was_here(shop, shop.owner, yesterday, VisitOutcome.WON)
    assert begins(shop, now) == [shop.owner, shop.colleague]


def test_f1_the_last_day_that_had_visits_counts_also_across_days_closed(shop, now):
    was_here(shop, shop.colleague, now - timedelta(days=9), VisitOutcome.WON)
    was_here(shop, shop.owner, now - timedelta(days=10), VisitOutcome.WON)
    assert best_closer(shop.branch, shop.branch.today(now), [shop.owner, shop.colleague]) == shop.colleague


def test_r1_2_where_few_come_in_the_third_colleague_is_not_left_out_for_ever(shop, third, now):
    """Two parties a day, and the same two always win them: without a memory of turns the third got none."""
    had = []
    for days in range(6):
        at = now + timedelta(days=days)
        for number in range(2):
            visit = visits.receive(branch=shop.branch, by=None, now=at + timedelta(hours=number))
            had.append(visit.consultant)
            visits.end(visit, outcome=VisitOutcome.UNDECIDED, by=None, now=at + timedelta(hours=number))
    assert [had.count(person) for person in (shop.owner, shop.colleague, third)] == [4, 4, 4]


def test_f1_behind_the_closer_comes_who_waited_longest_for_a_turn(shop, third, now):
    first = visits.receive(branch=shop.branch, by=None, now=now)
    assert first.consultant == shop.owner
    was_here(shop, third, now + timedelta(hours=1), VisitOutcome.WON)
    assert begins(shop, now + timedelta(days=1)) == [third, shop.colleague, shop.owner]


def test_f1_a_day_on_which_nobody_won_makes_nobody_first(shop, now):
    was_here(shop, shop.colleague, now - timedelta(days=1), VisitOutcome.UNDECIDED)
    was_here(shop, shop.colleague, now - timedelta(days=2), VisitOutcome.WON)
    assert begins(shop, now) == [shop.owner, shop.colleague]


def test_f1_a_closer_who_is_no_longer_on_the_roster_does_not_begin(shop, now):
    was_here(shop, shop.colleague, now - timedelta(days=1), VisitOutcome.WON)
    shop.colleague.memberships.update(is_active=False)
    assert begins(shop, now) == [shop.owner]


def test_f1_visits_of_today_and_of_the_neighbour_make_nobody_first(shop, now):
    was_here(shop, shop.colleague, now, VisitOutcome.WON)
    elsewhere = factories.CustomerFactory(branch=shop.other_branch, owner=shop.neighbour)
    visit = Visit.objects.create(
        branch=shop.other_branch,
        customer=elsewhere,
        consultant=shop.neighbour,
        arrived_at=now - timedelta(days=1),
    )
    visits.end(visit, outcome=VisitOutcome.WON, by=None, now=now)
    assert begins(shop, now) == [shop.owner, shop.colleague]


def test_f1_the_evening_in_shanghai_is_not_yet_the_next_day(shop, now):
    """23:30 at the branch is the same day there, though UTC and the visits' clock say otherwise."""
    day = shop.branch.today(now)
    late = shop.branch.day_bounds(day)[0] - timedelta(minutes=30)
    was_here(shop, shop.colleague, late, VisitOutcome.WON)
    assert begins(shop, now) == [shop.colleague, shop.owner]


def test_f1_plain_order_every_day(shop, now):
    rule(shop, first_place="plain")
    was_here(shop, shop.colleague, now - timedelta(days=1), VisitOutcome.WON)
    assert begins(shop, now) == [shop.owner, shop.colleague]


def test_f1_turning_begins_one_place_further_each_day(shop, third, now):
    rule(shop, first_place="turning")
    firsts = [begins(shop, now + timedelta(days=days))[0] for days in range(6)]
    assert firsts[:3] == firsts[3:]
    assert set(firsts) == {shop.owner, shop.colleague, third}
    plain = [shop.owner, shop.colleague, third]
    assert plain.index(firsts[1]) == (plain.index(firsts[0]) + 1) % 3


def test_f1_a_day_that_has_begun_keeps_its_order(shop, now):
    assert begins(shop, now) == [shop.owner, shop.colleague]
    was_here(shop, shop.colleague, now - timedelta(days=1), VisitOutcome.WON)
    assert begins(shop, now) == [shop.owner, shop.colleague]


def test_f1_a_branch_without_consultants_has_an_empty_roster(shop, now):
    assert begins(SimpleNamespace(branch=shop.other_branch), now) == []
