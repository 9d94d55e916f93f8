"""R1.4: another owner is asked for and a manager consents; who serves meanwhile serves at once."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import translation

from customers import disputes, files, history, ownership
from customers.files import CannotOwn
from customers.models import TransferRequest, TransferState
from studio.foundation.models import StaleEdit
from tests.bookings.together import together
from tests.customers.owning import assert_owned_once, opened

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def ask(shop, customer, now, **more):
    more = {"to": shop.colleague, "reason": "asked", "by": shop.colleague} | more
    return ownership.ask_for_transfer(customer, now=now, **more)


def fresh(row):
    return type(row).objects.get(pk=row.pk)


# --- Asking ----------------------------------------------------------------------------------
def test_r1_4_asking_changes_nothing_yet(shop, now):
    customer = opened(shop, now)
    asked = ask(shop, customer, now, note="  She knows my sister  ")
    assert fresh(customer).owner == shop.owner
    assert (asked.state, asked.source, asked.note) == ("asked", "colleague", "She knows my sister")
    assert ownership.waiting(shop.branch) == [asked]
    assert ownership.waiting(shop.other_branch) == []


def test_pressed_twice_it_is_one_request(shop, now):
    customer = opened(shop, now)
    assert ask(shop, customer, now) == ask(shop, customer, now + HOUR)
    assert TransferRequest.objects.count() == 1
    assert customer.events.filter(kind="transfer_asked").count() == 1


def test_a_second_colleague_is_told_that_a_manager_decides(shop, now):
    customer = opened(shop, now)
    ask(shop, customer, now)
    with pytest.raises(ValidationError, match="a manager decides"):
        ask(shop, customer, now, to=shop.manager, by=shop.manager)


def test_r1_1_nobody_is_asked_for_who_cannot_own_or_owns_already(shop, now):
    customer = opened(shop, now)
    for person in (shop.artist, shop.neighbour, shop.administrator):
        with pytest.raises(CannotOwn):
            ask(shop, customer, now, to=person)
    with pytest.raises(ValidationError, match="owner already"):
        ask(shop, customer, now, to=shop.owner)
    customer.is_active = False
    customer.save(update_fields=["is_active"])
    with pytest.raises(ValidationError, match="closed"):
        ask(shop, customer, now)
    assert not TransferRequest.objects.exists()


# --- Deciding --------------------------------------------------------------------------------
def test_r1_4_with_consent_the_owner_changes_on_the_record(shop, now):
    customer = opened(shop, now)
    granted = ownership.grant(ask(shop, customer, now), by=shop.manager, now=now + HOUR)
    assert granted.state == TransferState.GRANTED
    assert (granted.decided_by, granted.decided_at) == (shop.manager, now + HOUR)
    assert fresh(customer).owner == shop.colleague
    change = customer.ownership_changes.last()
    assert (change.from_owner, change.to_owner, change.by) == (shop.owner, shop.colleague, shop.manager)
    assert change.reason == "asked"
    assert_owned_once(shop.branch)


def test_a_second_consent_does_nothing_and_another_word_is_stale(shop, now):
    customer = opened(shop, now)
    asked = ask(shop, customer, now)
    ownership.grant(asked, by=shop.manager, now=now)
    ownership.grant(asked, by=shop.general_manager, now=now + HOUR)
    assert customer.ownership_changes.count() == 2
    with pytest.raises(StaleEdit) as refusal:
        ownership.refuse(asked, why="No", by=shop.general_manager, now=now)
    assert refusal.value.current.recent_changes()[0]["by"] == shop.manager
    with pytest.raises(StaleEdit):
        ownership.grant(asked, to=shop.manager, by=shop.general_manager, now=now)
    assert fresh(customer).owner == shop.colleague


def test_r1_4_a_refusal_needs_its_reason(shop, now):
    customer = opened(shop, now)
    asked = ask(shop, customer, now)
    for empty in ("", "  ", "\u200b"):
        with pytest.raises(ValidationError):
            ownership.refuse(asked, why=empty, by=shop.manager, now=now)
    refused = ownership.refuse(asked, why="They feel well with her", by=shop.manager, now=now)
    assert (refused.state, refused.decision_note) == ("refused", "They feel well with her")
    assert ownership.refuse(asked, why="They feel well with her", by=shop.manager, now=now) == refused
    assert customer.events.filter(kind="transfer_refused").count() == 1
    assert fresh(customer).owner == shop.owner


def test_after_a_refusal_it_can_be_asked_again(shop, now):
    customer = opened(shop, now)
    ownership.refuse(ask(shop, customer, now), why="Not yet", by=shop.manager, now=now)
    assert ask(shop, customer, now + HOUR).state == "asked"


def test_who_asked_may_think_again(shop, now):
    customer = opened(shop, now)
    asked = ask(shop, customer, now)
    ownership.withdraw(asked, by=shop.colleague, now=now)
    ownership.withdraw(asked, by=shop.colleague, now=now)
    with pytest.raises(StaleEdit):
        ownership.grant(asked, by=shop.manager, now=now)
    assert customer.events.filter(kind="transfer_withdrawn").count() == 1


def test_a_manager_may_choose_somebody_else_than_was_asked_for(shop, now):
    customer = opened(shop, now)
    granted = ownership.grant(ask(shop, customer, now), to=shop.manager, by=shop.general_manager, now=now)
    assert granted.to == fresh(customer).owner == shop.manager


def test_nobody_gets_a_customer_who_left_meanwhile(shop, now):
    customer = opened(shop, now)
    asked = ask(shop, customer, now)
    shop.colleague.memberships.update(is_active=False)
    with pytest.raises(CannotOwn):
        ownership.grant(asked, by=shop.manager, now=now)
    assert fresh(asked).state == "asked"
    assert fresh(customer).owner == shop.owner


def test_what_a_direct_transfer_brings_true_is_granted_by_it(shop, now):
    customer = opened(shop, now)
    asked = ask(shop, customer, now)
    files.transfer(customer, to=shop.manager, by=shop.general_manager, reason="load", now=now)
    assert fresh(asked).state == "asked"
    files.transfer(customer, to=shop.colleague, by=shop.manager, reason="load", now=now)
    assert fresh(asked).state == "granted"
    assert ownership.waiting(shop.branch) == []


# --- What is seen ------------------------------------------------------------------------------
def test_r9_9_what_colleagues_settle_is_no_line_of_the_timeline(shop, now):
    customer = opened(shop, now)
    asked = ask(shop, customer, now)
    ownership.refuse(asked, why="Stays", by=shop.manager, now=now)
    disputes.raise_dispute(customer, claim="Mine", by=shop.colleague, now=now)
    with translation.override("en"):
        told = [entry.text for entry in history.timeline(customer)]
        evidence = [entry.text for entry in disputes.evidence(customer)]
    assert told == ["File opened; 陈晓静 received them first"]
    assert "Asked for another owner: 周敏 (customer asked)" in evidence
    assert "Another owner was refused: 周敏" in evidence
    assert "Says that this customer is theirs" in evidence


def test_events_of_ownership_hold_ids_only(shop, now):
    customer = opened(shop, now)
    ownership.refuse(
        ask(shop, customer, now, note="Wishes 周敏"), why="周敏 is full", by=shop.manager, now=now
    )
    for event in customer.events.all():
        assert "周敏" not in str(event.parameters)


# --- Several at once ---------------------------------------------------------------------------
@pytest.mark.django_db(transaction=True)
def test_r1_4_two_managers_at_once_decide_once(shop, now):
    customer = opened(shop, now)
    asked = ask(shop, customer, now)
    answers = together(
        [
            lambda: ownership.grant(asked, by=shop.manager, now=now),
            lambda: ownership.refuse(asked, why="Stays", by=shop.general_manager, now=now),
        ]
        * 3
    )
    row = fresh(asked)
    stale = [answer for answer in answers if isinstance(answer, Exception)]
    assert len(stale) == 3
    assert all(isinstance(error, StaleEdit) for error in stale)
    assert fresh(customer).owner == (shop.colleague if row.state == "granted" else shop.owner)
    assert customer.ownership_changes.count() == (2 if row.state == "granted" else 1)
    assert_owned_once(shop.branch)


@pytest.mark.django_db(transaction=True)
def test_r1_4_eight_transfers_at_once_leave_one_history_without_a_gap(shop, now):
    customer = opened(shop, now)
    people = [shop.colleague, shop.manager, shop.general_manager, shop.owner] * 2

    def to(person):
        return lambda: files.transfer(customer, to=person, by=shop.manager, reason="load", now=now)

    answers = together([to(person) for person in people])
    assert not [answer for answer in answers if isinstance(answer, Exception)]
    assert customer.ownership_changes.order_by("id").last().to_owner == fresh(customer).owner
    assert_owned_once(shop.branch)


@pytest.mark.django_db(transaction=True)
def test_eight_colleagues_asking_at_once_make_one_request(shop, now):
    customer = opened(shop, now)
    answers = together([lambda: ask(shop, customer, now)] * 8)
    assert {answer.pk for answer in answers} == {TransferRequest.objects.get().pk}
