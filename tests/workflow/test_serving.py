"""R1.4, R5.1: who serves meanwhile serves at once; who holds a customer is not always who owns them."""

from datetime import timedelta

import pytest

from customers import leaving, ownership
from customers.leaving import CannotLeave
from tests import factories
from tests.bookings.together import together
from tests.customers.owning import assert_owned_once, opened
from tests.workflow.shoots import make_order
from workflow import day, presences, serving, visits
from workflow.models import Visit
from workflow.presences import Hands

pytestmark = pytest.mark.django_db


def received(shop, customer, now):
    return visits.receive(branch=shop.branch, by=shop.owner, now=now, customer=customer)


def test_r1_4_who_is_asked_for_serves_at_once_and_the_owner_stays(shop, now):
    customer = opened(shop, now)
    visit = received(shop, customer, now)
    ownership.ask_for_transfer(
        customer, to=shop.colleague, reason="asked", serves_from_now=True, by=shop.colleague, now=now
    )
    visit.refresh_from_db()
    assert (visit.consultant, visit.customer.owner) == (shop.colleague, shop.owner)
    assert visit.events.filter(kind="passed_on").count() == 1


def test_without_the_wish_the_visit_stays_where_it_is(shop, now):
    customer = opened(shop, now)
    visit = received(shop, customer, now)
    ownership.ask_for_transfer(customer, to=shop.colleague, reason="asked", by=shop.colleague, now=now)
    visit.refresh_from_db()
    assert visit.consultant == shop.owner


def test_who_is_not_here_is_served_by_nobody(shop, now):
    customer = opened(shop, now)
    received(shop, customer, now - timedelta(days=1))
    assert not ownership.serve_at_once(customer, to=shop.colleague, by=shop.colleague, now=now)
    assert list(serving.holders_of(customer, now)) == []
    assert Visit.objects.get().consultant == shop.owner


def test_a_refused_request_leaves_no_visit_passed_on(shop, now):
    customer = opened(shop, now)
    visit = received(shop, customer, now)
    with pytest.raises(Exception, match="Only a consultant"):
        ownership.ask_for_transfer(
            customer, to=shop.artist, reason="asked", serves_from_now=False, by=shop.colleague, now=now
        )
    visit.refresh_from_db()
    assert visit.consultant == shop.owner


def test_r5_6_a_party_may_be_with_several_people(shop, now):
    order = make_order(shop, now=now)
    customer = order.booking.customer
    day.arrive(order, members=customer.members.all(), by=shop.owner, now=now)
    (holder,) = serving.holders_of(customer, now)
    assert (holder.user, holder.whom) == (shop.owner, "")
    presence = customer.members.first().presences.get()
    presences.change(presence, Hands(shop.artist, shop.styling), by=shop.artist, at=now)
    holders = {one.user: one.whom for one in serving.holders_of(customer, now)}
    assert set(holders) == {shop.owner, shop.artist}
    assert customer.members.first().name in holders[shop.artist]


def test_r5_1_nobody_leaves_with_a_customer_in_hand(shop, now):
    order = make_order(shop, now=now)
    day.arrive(order, members=order.booking.customer.members.all(), by=shop.owner, now=now)
    with pytest.raises(CannotLeave, match="in the house with"):
        leaving.let_go(shop.owner, shop.branch, by=shop.manager, now=now)
    assert shop.owner.memberships.get().is_active
    order.booking.customer.refresh_from_db()
    assert order.booking.customer.owner == shop.owner


def test_r1_4_calls_and_promises_stand_on_the_list_of_the_new_owner(shop, now):
    order = make_order(shop, now=now)
    leaving.let_go(shop.owner, shop.branch, by=shop.manager, now=now)
    order.booking.customer.refresh_from_db()
    assert order.booking.customer.owner == shop.colleague


@pytest.mark.django_db(transaction=True)
def test_serving_at_once_and_leaving_at_once_wait_for_each_other_in_one_order(shop, now):
    factories.make_person(shop.branch, "consultant", "许静")
    customers = [opened(shop, now) for _number in range(4)]
    for customer in customers:
        received(shop, customer, now)

    def ask(customer):
        return lambda: ownership.ask_for_transfer(
            customer, to=shop.colleague, reason="asked", serves_from_now=True, by=shop.colleague, now=now
        )

    actions = [ask(customer) for customer in customers]
    actions.insert(2, lambda: leaving.let_go(shop.owner, shop.branch, by=shop.manager, now=now))
    answers = together(actions)
    deadlocks = [answer for answer in answers if "deadlock" in str(answer) or "timeout" in str(answer)]
    assert not deadlocks, answers
    assert not shop.owner.visits.filter(outcome="open").exists()
    assert_owned_once(shop.branch)
