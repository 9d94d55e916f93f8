"""Deputies: whose work is whose today (R3.2, R8.1)."""

from datetime import date, timedelta
from types import SimpleNamespace

import pytest
from django.db import IntegrityError, transaction
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from studio.staff.duties import stands_in_for, who_acts_for
from tests.factories import BranchFactory, LeaveFactory, UserFactory

DAY = date(2026, 5, 16)


def away(shop: SimpleNamespace, user: object, deputy: object, day: date = DAY) -> None:
    LeaveFactory(branch=shop.branch, user=user, deputy=deputy, starts_on=day, ends_on=day)


@pytest.mark.django_db
def test_r8_1_the_deputy_has_the_work_of_who_is_away(shop: SimpleNamespace) -> None:
    away(shop, shop.owner, shop.colleague)
    assert stands_in_for(shop.colleague, branch=shop.branch, day=DAY) == [shop.colleague, shop.owner]
    assert stands_in_for(shop.owner, branch=shop.branch, day=DAY) == []
    assert who_acts_for(shop.owner, branch=shop.branch, day=DAY) == shop.colleague
    assert who_acts_for(shop.owner, branch=shop.branch, day=DAY + timedelta(days=1)) == shop.owner


@pytest.mark.django_db
def test_r8_1_a_deputy_who_is_away_too_passes_it_on(shop: SimpleNamespace) -> None:
    away(shop, shop.owner, shop.colleague)
    away(shop, shop.colleague, shop.manager)
    assert stands_in_for(shop.manager, branch=shop.branch, day=DAY) == [
        shop.manager,
        shop.colleague,
        shop.owner,
    ]
    assert who_acts_for(shop.owner, branch=shop.branch, day=DAY) == shop.manager


@pytest.mark.django_db
def test_r8_1_a_circle_ends_where_it_began(shop: SimpleNamespace) -> None:
    away(shop, shop.owner, shop.colleague)
    away(shop, shop.colleague, shop.owner)
    assert who_acts_for(shop.owner, branch=shop.branch, day=DAY) == shop.owner


@pytest.mark.django_db
def test_nobody_is_their_own_deputy_and_leave_ends_after_it_starts(shop: SimpleNamespace) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        away(shop, shop.owner, shop.owner)
    with pytest.raises(IntegrityError), transaction.atomic():
        LeaveFactory(
            branch=shop.branch,
            user=shop.owner,
            deputy=shop.manager,
            starts_on=DAY,
            ends_on=DAY - timedelta(days=1),
        )


class EveryDayHasOnePerson(TestCase):
    """Whatever leave is granted, each colleague's work is on exactly one person's list."""

    @settings(max_examples=30, deadline=None)
    @given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), max_size=6))
    def test_r8_1_work_is_never_on_two_lists(self, leaves: list[tuple[int, int]]) -> None:
        branch = BranchFactory()
        people = UserFactory.create_batch(5)
        gone: dict[int, int] = {}
        for absent, deputy in leaves:
            if absent != deputy and absent not in gone:
                gone[absent] = deputy
                LeaveFactory(
                    branch=branch, user=people[absent], deputy=people[deputy], starts_on=DAY, ends_on=DAY
                )
        lists = [stands_in_for(person, branch=branch, day=DAY) for person in people]
        for person in people:
            acting = who_acts_for(person, branch=branch, day=DAY)
            carriers = [people[i] for i, work in enumerate(lists) if person in work]
            assert carriers == [acting]
