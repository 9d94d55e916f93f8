"""R2.2: follow-up is by telephone, on the number left at the visit; “stop” ends it at once, and nothing else."""

from datetime import timedelta

import pytest

from customers import consents
from customers.models import ConsentScope, Way
from tests.workflow.calling import Desk
from tests.workflow.following import Chase
from workflow import follow_ups
from workflow.models import CallTask, FollowUp


@pytest.fixture
def chase(shop, now):
    return Chase(shop, now)


def reason(follow_up):
    follow_up.refresh_from_db()
    return follow_up.stop_reason


def due(chase, follow_up):
    """The first contact's call stands on the list."""
    first = follow_up.contacts.order_by("number").first()
    chase.now = chase.branch.at(first.due_on, first.follow_up.branch.closes_at) - timedelta(minutes=1)
    chase.tick()
    return CallTask.objects.get(contact=first)


def test_r2_2_stop_ends_the_plan_and_takes_its_call_off_the_list_at_once(chase):
    follow_up = chase.plan()
    call = due(chase, follow_up)
    assert call.state == "open"
    consents.stop(follow_up.customer, source="link", now=chase.now)
    call.refresh_from_db()
    assert (call.state, reason(follow_up)) == ("cancelled", "refused")


def test_r2_2_no_calls_about_anything_else_ends_it_too(chase, shop):
    follow_up = chase.plan()
    consents.say(follow_up.customer, Way.SMS, ConsentScope.NEWS, False, source="desk", now=chase.now)
    assert reason(follow_up) == ""
    consents.say(
        follow_up.customer, Way.PHONE, ConsentScope.NEWS, False, source="desk", by=shop.owner, now=chase.now
    )
    assert reason(follow_up) == "refused"


def test_r2_2_who_said_stop_is_not_followed_up_after_their_next_visit(chase):
    customer = chase.customer()
    consents.stop(customer, source="desk", now=chase.now)
    chase.lose(customer)
    assert not FollowUp.objects.exists()


def test_who_said_yes_again_is(chase):
    customer = chase.customer()
    consents.stop(customer, source="desk", now=chase.now)
    consents.take_back_stop(customer, source="desk", now=chase.now)
    assert chase.plan(customer)


def test_r2_2_a_plan_that_slipped_by_is_ended_by_the_planner_and_no_call_comes_up(chase, monkeypatch):
    follow_up, other = chase.plan(), chase.plan()
    monkeypatch.setattr(consents, "tell_listeners", lambda customer, by, now: None)
    consents.stop(follow_up.customer, source="link", now=chase.now)
    assert reason(follow_up) == ""
    assert due(chase, other).state == "open"
    assert reason(follow_up) == "refused"
    assert not CallTask.objects.filter(customer=follow_up.customer).exists()


def test_r3_1_stop_leaves_what_they_ordered_as_it_is(shop, now):
    desk = Desk(shop, now)
    call = desk.call()
    message_rule = desk.rule("message", days=1)
    consents.stop(call.customer, source="link", now=now)
    desk.plan()
    call.refresh_from_db()
    assert call.state == "open"
    assert [message.purpose for message in desk.messages()] == ["reminder"]
    assert message_rule.is_active


def test_only_the_last_word_counts_for_the_query(chase):
    follow_up = chase.plan()
    customer = follow_up.customer
    for allowed in (False, True):
        consents.say(customer, Way.PHONE, ConsentScope.NEWS, allowed, source="desk", now=chase.now)
    assert follow_ups.may_be_called(customer)
    assert not FollowUp.objects.filter(consents.no_news_by(Way.PHONE)).exists()
