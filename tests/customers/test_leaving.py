"""R1.4: a colleague leaves; everything in their hands moves in one step, balanced by load."""

from collections import Counter
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError

from customers import files, leaving, ownership
from customers.leaving import CannotLeave
from customers.models import Customer, OwnershipChange
from studio.staff.models import Membership, User
from tests import factories
from tests.bookings.together import together
from tests.customers.owning import assert_owned_once, opened

pytestmark = pytest.mark.django_db


@pytest.fixture
def third(shop):
    return factories.make_person(shop.branch, "consultant", "许静", "小许", shop.front_desk)


def let_go(shop, now, user=None, **more):
    return leaving.let_go(user or shop.owner, shop.branch, by=shop.manager, now=now, **more)


def weigh(monkeypatch, heavy):
    monkeypatch.setattr(leaving, "weights_of", lambda branch: heavy)


# --- The proposal ------------------------------------------------------------------------------
def test_the_proposal_changes_nothing(shop, third, now):
    opened(shop, now)
    leaving.propose(shop.owner, shop.branch)
    assert Customer.objects.get().owner == shop.owner


def test_customers_go_to_the_consultants_evenly_and_not_to_managers(shop, third, now):
    for _number in range(10):
        opened(shop, now)
    proposal = leaving.propose(shop.owner, shop.branch)
    assert Counter(share.heir for share in proposal.shares) == {shop.colleague: 5, third: 5}


def test_who_has_less_gets_more(shop, third, now):
    for _number in range(4):
        opened(shop, now, shop.colleague)
        opened(shop, now)
    proposal = leaving.propose(shop.owner, shop.branch)
    loads = {load.colleague: (load.before, load.after, load.gets) for load in proposal.loads}
    assert loads[shop.colleague] == (4, 4, 0)
    assert loads[third] == (0, 4, 4)
    assert proposal.most == 4


def test_an_open_order_weighs_more_than_a_quiet_file(shop, third, now, monkeypatch):
    heavy, *_quiet = [opened(shop, now) for _number in range(4)]
    weigh(monkeypatch, {heavy.pk: 3})
    proposal = leaving.propose(shop.owner, shop.branch)
    assert proposal.shares[0].customer == heavy
    assert sorted(load.after for load in proposal.loads if load.gets) == [3, 3]


def test_a_choice_by_hand_stands_and_the_rest_is_balanced_around_it(shop, third, now):
    customers = [opened(shop, now) for _number in range(6)]
    chosen = {customer.pk: third.pk for customer in customers[:3]} | {customers[3].pk: shop.manager.pk}
    proposal = leaving.propose(shop.owner, shop.branch, chosen=chosen)
    heirs = {share.customer.pk: share.heir for share in proposal.shares}
    assert [heirs[customer.pk] for customer in customers[:4]] == [third] * 3 + [shop.manager]
    assert [heirs[customer.pk] for customer in customers[4:]] == [shop.colleague] * 2


def test_a_choice_of_somebody_who_cannot_own_is_no_choice(shop, third, now):
    customer = opened(shop, now)
    for nobody in (shop.owner, shop.artist, shop.neighbour):
        proposal = leaving.propose(shop.owner, shop.branch, chosen={customer.pk: nobody.pk})
        assert proposal.shares[0].heir in {shop.colleague, third}


def test_where_no_consultant_is_left_the_managers_take_over(shop, now):
    shop.colleague.memberships.update(is_active=False)
    opened(shop, now)
    assert leaving.propose(shop.owner, shop.branch).shares[0].heir in {shop.manager, shop.general_manager}


def test_the_only_one_cannot_leave(shop, now):
    customer = opened(shop, now)
    shop.branch.memberships.exclude(user=shop.owner).update(is_active=False)
    with pytest.raises(CannotLeave, match="only one"):
        let_go(shop, now)
    assert Customer.objects.get().owner == shop.owner
    assert Membership.objects.get(user=shop.owner).is_active
    assert customer.ownership_changes.count() == 1


# --- Leaving -----------------------------------------------------------------------------------
def test_r1_1_nobodys_customer_stays_behind(shop, third, now):
    customers = [opened(shop, now) for _number in range(5)]
    closed = opened(shop, now)
    Customer.objects.filter(pk=closed.pk).update(is_active=False)
    let_go(shop, now)
    assert not Customer.objects.active().filter(owner=shop.owner).exists()
    for customer in customers:
        change = customer.ownership_changes.last()
        assert (change.from_owner, change.by, change.reason) == (shop.owner, shop.manager, "left")
    assert closed.ownership_changes.count() == 1
    assert_owned_once(shop.branch)


def test_the_place_ends_and_who_works_nowhere_else_signs_in_no_more(shop, now):
    let_go(shop, now)
    assert not Membership.objects.get(user=shop.owner).is_active
    assert not User.objects.get(pk=shop.owner.pk).is_active


def test_who_works_in_another_branch_too_keeps_that(shop, now):
    Membership.objects.create(user=shop.owner, branch=shop.other_branch, role="consultant")
    there = factories.CustomerFactory(branch=shop.other_branch, owner=shop.owner)
    let_go(shop, now)
    assert User.objects.get(pk=shop.owner.pk).is_active
    assert Customer.objects.get(pk=there.pk).owner == shop.owner


def test_a_second_press_does_nothing(shop, now):
    opened(shop, now)
    assert let_go(shop, now) is not None
    assert let_go(shop, now + timedelta(hours=1)) is None
    assert OwnershipChange.objects.filter(reason="left").count() == 1


def test_nobody_does_it_for_themselves(shop, now):
    with pytest.raises(CannotLeave):
        leaving.let_go(shop.manager, shop.branch, by=shop.manager, now=now)


def test_who_lost_the_place_in_the_settings_still_hands_everything_over(shop, now):
    customer = opened(shop, now)
    shop.owner.memberships.update(is_active=False)
    assert (shop.owner.memberships.get(), 1) in leaving.colleagues_of(shop.branch)
    let_go(shop, now)
    assert Customer.objects.get(pk=customer.pk).owner == shop.colleague


def test_the_settings_refuse_to_end_a_place_with_customers(shop, now):
    opened(shop, now)
    place = shop.owner.memberships.get()
    place.is_active = False
    with pytest.raises(ValidationError, match="A colleague leaves"):
        place.full_clean()
    place.is_active, place.role = True, "department_staff"
    with pytest.raises(ValidationError, match="Customers"):
        place.full_clean()
    let_go(shop, now)
    place.refresh_from_db()
    place.full_clean()


def test_requests_for_who_leaves_end_and_a_private_wish_stays_a_wish(shop, third, now):
    one, two = opened(shop, now, shop.colleague), opened(shop, now, shop.colleague)
    ask = {"to": shop.owner, "by": shop.owner, "reason": "asked", "now": now}
    asked = ownership.ask_for_transfer(one, **ask)
    wish = ownership.ask_in_private(two, to=shop.owner, note="", now=now)
    let_go(shop, now)
    asked.refresh_from_db()
    wish.refresh_from_db()
    assert asked.state == "withdrawn"
    assert (wish.state, wish.to) == ("asked", None)


# --- Days as a deputy ----------------------------------------------------------------------------
def test_r8_1_days_as_a_deputy_go_to_somebody_who_is_there(shop, third, now):
    today = shop.branch.today(now)
    off = factories.LeaveFactory(
        branch=shop.branch,
        user=shop.colleague,
        starts_on=today,
        ends_on=today + timedelta(days=2),
        deputy=shop.owner,
    )
    factories.LeaveFactory(
        branch=shop.branch, user=third, starts_on=today, ends_on=today, deputy=shop.manager
    )
    past = factories.LeaveFactory(
        branch=shop.branch, user=shop.colleague, starts_on=today - timedelta(days=9), ends_on=today - timedelta(days=9),
        deputy=shop.owner,
    )  # fmt: skip
    let_go(shop, now)
    deputies = [day.deputy for day in off.days.order_by("day")]
    assert shop.owner not in deputies
    assert shop.colleague not in deputies
    assert deputies[0] == shop.general_manager  # who is off, or stands in already, comes last
    assert past.days.get().deputy == shop.owner


def test_r8_1_where_nobody_can_stand_in_the_leave_comes_first(shop, now):
    day = shop.branch.today(now) + timedelta(days=1)
    for person in (shop.colleague, shop.general_manager):
        factories.LeaveFactory(branch=shop.branch, user=person, starts_on=day, ends_on=day, deputy=shop.owner)
    factories.LeaveFactory(
        branch=shop.branch, user=shop.manager, starts_on=day, ends_on=day, deputy=shop.colleague
    )
    opened(shop, now)
    with pytest.raises(ValidationError, match="Nobody is there to stand in"):
        let_go(shop, now)
    assert Membership.objects.get(user=shop.owner).is_active
    assert Customer.objects.get().owner == shop.owner


def test_own_days_off_to_come_end_and_those_that_were_stay(shop, now):
    today = shop.branch.today(now)
    day = timedelta(days=1)
    running = factories.LeaveFactory(
        branch=shop.branch, user=shop.owner, starts_on=today - day, ends_on=today + day, deputy=shop.colleague
    )
    later = factories.LeaveFactory(
        branch=shop.branch, user=shop.owner, starts_on=today + 5 * day, ends_on=today + 6 * day, deputy=shop.colleague
    )  # fmt: skip
    let_go(shop, now)
    assert list(running.days.filter(is_granted=True).values_list("day", flat=True)) == [today - day]
    assert not later.days.filter(is_granted=True).exists()


# --- Several at once -----------------------------------------------------------------------------
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("round_", range(3))
def test_r1_1_leaving_while_others_open_and_transfer_leaves_nobody_without_an_owner(shop, third, now, round_):
    customers = [opened(shop, now) for _number in range(12)]
    others = [opened(shop, now, shop.colleague) for _number in range(4)]

    def transfer(customer, to):
        return lambda: files.transfer(customer, to=to, by=shop.general_manager, reason="load", now=now)

    actions = [lambda: let_go(shop, now)]
    actions += [lambda: opened(shop, now) for _number in range(4)]
    actions += [transfer(customer, shop.owner) for customer in others]
    actions += [transfer(customer, third) for customer in customers[:4]]
    answers = together(actions[round_:] + actions[:round_])
    failed = [answer for answer in answers if isinstance(answer, Exception)]
    assert all(isinstance(error, files.CannotOwn) for error in failed), failed
    assert not Membership.objects.get(user=shop.owner).is_active
    assert_owned_once(shop.branch)


@pytest.mark.django_db(transaction=True)
def test_two_who_leave_at_once_do_not_inherit_from_each_other(shop, third, now):
    for owner in (shop.owner, shop.colleague) * 4:
        opened(shop, now, owner)
    answers = together([lambda: let_go(shop, now), lambda: let_go(shop, now, shop.colleague)])
    assert not [answer for answer in answers if isinstance(answer, Exception)], answers
    assert set(Customer.objects.values_list("owner", flat=True)) == {third.pk}
    assert_owned_once(shop.branch)
