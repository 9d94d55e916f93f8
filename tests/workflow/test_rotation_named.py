"""Who is asked for by name, and returning customers (F1, R1.2, R8)."""

from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from customers.models import Customer
from studio.staff.models import Membership, Team, User
from tests import factories
from workflow import rotation, visits
from workflow.models import IncomingCall, RotationRules, RotationTurn, TurnReason, Visit
from workflow.rotation_words import explained

pytestmark = pytest.mark.django_db


@pytest.fixture
def third(shop: SimpleNamespace) -> User:
    return factories.make_person(shop.branch, "consultant", "许静", "小许", shop.front_desk)


@pytest.fixture
def customer(shop: SimpleNamespace) -> Customer:
    """A returning customer of `shop.owner`."""
    return factories.CustomerFactory(branch=shop.branch, owner=shop.owner)


def receive(shop: SimpleNamespace, now: datetime, **more: Any) -> Visit:
    return visits.receive(branch=shop.branch, by=None, now=now, **more)


def fell(visit: Visit) -> tuple[User, str, bool]:
    assert visit.turn is not None
    return visit.consultant, visit.turn.reason, visit.turn.counts


def weights(shop: SimpleNamespace, now: datetime) -> dict[User, int]:
    return {one.consultant: one.weight for one in rotation.roster(shop.branch, now=now)}


def rule(shop: SimpleNamespace, **fields: Any) -> None:
    RotationRules.objects.update_or_create(branch=shop.branch, defaults=fields)


def in_one_team(shop: SimpleNamespace, *people: User) -> None:
    team = Team.objects.create(branch=shop.branch, name_en="Spring", name_zh_hans="春", name_zh_hant="春")
    Membership.objects.filter(user__in=people).update(team=team)


def on_leave(shop: SimpleNamespace, person: User, deputy: User, now: datetime) -> None:
    day = shop.branch.today(now)
    factories.LeaveFactory(branch=shop.branch, user=person, deputy=deputy, starts_on=day, ends_on=day)


def why(visit: Visit) -> str:
    turn = RotationTurn.objects.select_related("named", "visit").get(pk=visit.turn_id)
    return explained([turn])[0].why


# --- Named and free ---------------------------------------------------------------------------
def test_f1_a_returning_customer_who_names_their_consultant_goes_there_and_costs_no_turn(shop, customer, now):
    visit = receive(shop, now, customer=customer, named=shop.owner)
    assert fell(visit) == (shop.owner, TurnReason.NAMED, False)
    assert visit.named == visit.turn.named == shop.owner
    assert weights(shop, now) == {shop.owner: 0, shop.colleague: 0}
    assert why(visit) == "They asked for 陈晓静."


def test_f1_a_new_party_that_names_a_consultant_goes_there_and_costs_a_turn(shop, now):
    visit = receive(shop, now, named=shop.colleague)
    assert fell(visit) == (shop.colleague, TurnReason.NAMED, True)
    assert weights(shop, now)[shop.colleague] == 1
    assert visit.turn.passed_over == [{"consultant": shop.owner.pk, "why": "ready"}]


def test_r1_2_the_owner_stays_the_owner_whoever_is_asked_for(shop, customer, now):
    visit = receive(shop, now, customer=customer, named=shop.colleague)
    assert visit.consultant == shop.colleague
    customer.refresh_from_db()
    assert customer.owner == shop.owner


def test_f1_a_manager_may_be_asked_for(shop, now):
    assert fell(receive(shop, now, named=shop.manager)) == (shop.manager, TurnReason.NAMED, True)


@pytest.mark.parametrize("who", ["artist", "neighbour", "administrator", "cashier"])
def test_who_receives_nobody_here_cannot_be_asked_for(shop, now, who):
    with pytest.raises(ValidationError):
        receive(shop, now, named=getattr(shop, who))
    assert not RotationTurn.objects.exists()


def test_who_left_the_branch_cannot_be_asked_for(shop, now):
    shop.colleague.memberships.update(is_active=False)
    with pytest.raises(ValidationError):
        receive(shop, now, named=shop.colleague)


# --- Named and off or away --------------------------------------------------------------------
def test_f1_is_the_named_one_off_a_colleague_of_the_same_team_receives_and_it_costs_no_turn(
    shop, third, customer, now
):
    in_one_team(shop, shop.owner, third)
    on_leave(shop, shop.owner, shop.colleague, now)
    visit = receive(shop, now, customer=customer, named=shop.owner)
    assert fell(visit) == (third, TurnReason.TEAM, False)
    assert "same team" in why(visit)


def test_f1_of_the_team_the_deputy_goes_first_and_then_who_has_fewest_turns(shop, third, customer, now):
    fourth = factories.make_person(shop.branch, "consultant", "韩雪", "小韩", shop.front_desk)
    in_one_team(shop, shop.owner, shop.colleague, third, fourth)
    visit = receive(shop, now, named=shop.colleague)
    visits.end(visit, outcome="undecided", by=None, now=now)
    rotation.step_away(branch=shop.branch, consultant=shop.owner, why="Upstairs", by=None, now=now)
    assert fell(receive(shop, now, customer=customer, named=shop.owner))[0] == third
    rotation.come_back(branch=shop.branch, consultant=shop.owner, by=None, now=now)
    on_leave(shop, shop.owner, shop.colleague, now)
    assert fell(receive(shop, now, customer=customer, named=shop.owner))[0] == shop.colleague


def test_f1_without_a_team_who_acts_for_the_named_one_receives(shop, third, customer, now):
    on_leave(shop, shop.owner, third, now)
    visit = receive(shop, now, customer=customer, named=shop.owner)
    assert fell(visit) == (third, TurnReason.DEPUTY, False)
    assert "who acts for 陈晓静 today" in why(visit)


def test_f1_is_nobody_of_the_team_free_the_next_in_line_receives(shop, third, customer, now):
    in_one_team(shop, shop.owner, third)
    for person in (shop.owner, third):
        rotation.step_away(branch=shop.branch, consultant=person, why="Upstairs", by=None, now=now)
    visit = receive(shop, now, customer=customer, named=shop.owner)
    assert fell(visit) == (shop.colleague, TurnReason.FOR_NAMED, False)
    assert "who is not here" in why(visit)


def test_f1_a_branch_may_do_without_teams(shop, third, customer, now):
    rule(shop, team_first=False)
    in_one_team(shop, shop.owner, third)
    rotation.step_away(branch=shop.branch, consultant=shop.owner, why="Upstairs", by=None, now=now)
    assert fell(receive(shop, now, customer=customer, named=shop.owner))[0] == shop.colleague


def test_f1_a_manager_who_is_off_does_not_receive(shop, customer, now):
    on_leave(shop, shop.manager, shop.colleague, now)
    visit = receive(shop, now, customer=customer, named=shop.manager)
    assert fell(visit) == (shop.colleague, TurnReason.DEPUTY, False)


# --- Named and with somebody ------------------------------------------------------------------
def test_f1_is_the_named_one_busy_the_next_in_line_receives_and_the_missed_turn_is_made_up(
    shop, third, customer, now
):
    first = receive(shop, now)
    visit = receive(shop, now, customer=customer, named=shop.owner)
    assert fell(visit) == (shop.colleague, TurnReason.FOR_NAMED, False)
    assert {"consultant": shop.owner.pk, "why": "busy"} in visit.turn.passed_over
    assert "keeps the turn" in why(visit)
    for row in (first, visit):
        visits.end(row, outcome="undecided", by=None, now=now)
    assert receive(shop, now).consultant == shop.colleague, "it cost the receiver no turn"


def test_f1_a_new_party_costs_its_receiver_a_turn_also_where_the_named_one_is_busy(shop, now):
    receive(shop, now)
    visit = receive(shop, now, named=shop.owner)
    assert fell(visit) == (shop.colleague, TurnReason.FOR_NAMED, True)


def test_r1_5_who_is_on_the_telephone_is_not_fetched_from_it(shop, now):
    IncomingCall.objects.create(
        branch=shop.branch, state="talking", handler=shop.owner, rang_at=now, answered_at=now
    )
    assert fell(receive(shop, now, named=shop.owner))[:2] == (shop.colleague, TurnReason.FOR_NAMED)


# --- A returning customer who names nobody ----------------------------------------------------
def test_f1_a_branch_may_give_who_names_nobody_to_the_current_turn(shop, now):
    rule(shop, unnamed_to_owner=False)
    theirs = factories.CustomerFactory(branch=shop.branch, owner=shop.colleague)
    visit = receive(shop, now, customer=theirs)
    assert fell(visit) == (shop.owner, TurnReason.RETURNING, False)
    theirs.refresh_from_db()
    assert theirs.owner == shop.colleague


def test_r1_2_a_deputy_who_left_the_branch_receives_nobody(shop, third, customer, now):
    on_leave(shop, shop.owner, third, now)
    third.memberships.update(is_active=False)
    assert fell(receive(shop, now, customer=customer))[:2] == (shop.colleague, TurnReason.DEPUTY)


# --- Known only later -------------------------------------------------------------------------
def test_f1_a_returning_customer_known_only_later_costs_nobody_a_turn(shop, customer, now):
    """Also where the owner is not free and who began goes on."""
    receive(shop, now)
    visit = receive(shop, now)
    visit = visits.attach_customer(visit, customer, by=None, now=now)
    assert (visit.consultant, visit.turn_given_back) == (shop.colleague, True)
    assert weights(shop, now) == {shop.owner: 1, shop.colleague: 0}


def test_f1_a_new_file_is_no_returning_customer(shop, now):
    visit = receive(shop, now)
    party = visits.Party(kind="person", members=[visits.MemberDraft("李娜", "ms", "contact")], phones=[])
    visit = visits.take_down(visit, version=1, by=None, now=now, party=party)
    assert not visit.turn_given_back
    assert weights(shop, now)[shop.owner] == 1


def test_f1_who_is_with_whom_they_asked_for_stays_there(shop, customer, now):
    visit = receive(shop, now, named=shop.colleague)
    visit = visits.attach_customer(visit, customer, by=None, now=now)
    assert (visit.consultant, visit.turn_given_back) == (shop.colleague, True)


def test_f1_the_branch_that_gives_them_to_the_current_turn_leaves_them_there(shop, customer, now):
    rule(shop, unnamed_to_owner=False)
    receive(shop, now)
    visit = receive(shop, now + timedelta(minutes=1))
    visits.end(Visit.objects.order_by("pk")[0], outcome="undecided", by=None, now=now)
    assert visits.attach_customer(visit, customer, by=None, now=now).consultant == shop.colleague


def test_r1_2_a_manager_who_owns_them_is_fetched(shop, now):
    theirs = factories.CustomerFactory(branch=shop.branch, owner=shop.manager)
    visit = receive(shop, now)
    assert visits.attach_customer(visit, theirs, by=None, now=now).consultant == shop.manager


def test_r1_2_an_owner_who_left_is_not_fetched(shop, customer, now):
    receive(shop, now)
    shop.owner.memberships.update(is_active=False)
    visit = receive(shop, now)
    assert visits.attach_customer(visit, customer, by=None, now=now).consultant == shop.colleague


# --- Passed on --------------------------------------------------------------------------------
def test_r1_4_passing_on_changes_neither_the_turn_nor_the_owner(shop, now):
    visit = receive(shop, now)
    visit = visits.pass_on(visit, to=shop.colleague, why="Speaks Cantonese", by=shop.owner, now=now)
    assert (visit.consultant, visit.passed_on_why) == (shop.colleague, "Speaks Cantonese")
    assert weights(shop, now) == {shop.owner: 1, shop.colleague: 0}
    event = visit.events.get(kind="passed_on")
    assert event.parameters == {"consultant": shop.colleague.pk, "before": shop.owner.pk}


def test_r1_4_passing_on_says_why_and_to_whom_it_may_be(shop, now):
    visit = receive(shop, now)
    for to, words, field in [
        (shop.colleague, " ", "why"),
        (shop.artist, "x", "to"),
        (shop.neighbour, "x", "to"),
    ]:
        with pytest.raises(ValidationError) as refusal:
            visits.pass_on(visit, to=to, why=words, by=None, now=now)
        assert field in refusal.value.message_dict


def test_r1_4_a_repeat_does_nothing_and_what_is_over_is_not_passed_on(shop, now):
    visit = receive(shop, now)
    assert visits.pass_on(visit, to=shop.owner, why="x", by=None, now=now).version == 1
    visits.end(visit, outcome="undecided", by=None, now=now)
    with pytest.raises(visits.AlreadyEnded):
        visits.pass_on(visit, to=shop.colleague, why="x", by=None, now=now)


def test_f1_a_file_opened_by_another_door_while_they_sit_here_is_no_returning_customer_either(shop, now):
    visit = receive(shop, now)
    opened = now + timedelta(minutes=8)
    theirs = factories.CustomerFactory(branch=shop.branch, owner=shop.owner, created_at=opened)
    visit = visits.attach_customer(visit, theirs, by=None, now=opened)
    assert not visit.turn_given_back
    assert weights(shop, now)[shop.owner] == 1
