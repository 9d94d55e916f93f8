"""R1.1, R1.4: who claims a customer is heard, and a manager decides in writing, on the evidence."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import translation

from customers import disputes, files
from customers.files import CannotOwn
from studio.foundation.models import StaleEdit
from tests.customers.owning import assert_owned_once, opened

pytestmark = pytest.mark.django_db


def claim(shop, customer, now, **more):
    return disputes.raise_dispute(
        customer, **({"claim": "I greeted them at the fair", "by": shop.colleague, "now": now} | more)
    )


def fresh(row):
    return type(row).objects.get(pk=row.pk)


def test_a_claim_waits_for_a_manager_of_the_branch(shop, now):
    raised = claim(shop, opened(shop, now), now)
    assert disputes.waiting(shop.branch) == [raised]
    assert disputes.waiting(shop.other_branch) == []


def test_a_claim_says_why_and_is_made_once(shop, now):
    customer = opened(shop, now)
    with pytest.raises(ValidationError):
        claim(shop, customer, now, claim=" ")
    with pytest.raises(ValidationError, match="owner already"):
        claim(shop, customer, now, by=shop.owner)
    assert claim(shop, customer, now) == claim(shop, customer, now)
    with pytest.raises(ValidationError, match="yet to decide"):
        claim(shop, customer, now, claim="And I called them")


def test_r1_4_it_goes_to_who_claimed_it_on_the_record(shop, now):
    customer = opened(shop, now)
    decided = disputes.decide(
        claim(shop, customer, now), outcome="transferred", why="The log says so", by=shop.manager, now=now
    )
    assert (decided.outcome, decided.decision, decided.decided_by) == (
        "transferred",
        "The log says so",
        shop.manager,
    )
    assert fresh(customer).owner == shop.colleague
    assert customer.ownership_changes.last().reason == "received"
    assert_owned_once(shop.branch)


@pytest.mark.parametrize("outcome", ["stays", "withdrawn", "shared"])
def test_otherwise_the_owner_stays(shop, now, outcome):
    customer = opened(shop, now)
    disputes.decide(claim(shop, customer, now), outcome=outcome, why="So it is", by=shop.manager, now=now)
    assert fresh(customer).owner == shop.owner
    assert customer.ownership_changes.count() == 1


def test_f1_a_shared_case_is_agreed_where_the_decision_says_so(shop, now):
    customer = opened(shop, now)
    disputes.decide(claim(shop, customer, now), outcome="shared", why="Both", by=shop.manager, now=now)
    case = customer.shared_cases.get()
    assert (case.first, case.second, case.first_percent) == (shop.owner, shop.colleague, 50)
    assert case.why == "Both"


def test_a_decision_says_why_and_stands(shop, now):
    dispute = claim(shop, opened(shop, now), now)
    with pytest.raises(ValidationError):
        disputes.decide(dispute, outcome="stays", why="", by=shop.manager, now=now)
    first = disputes.decide(dispute, outcome="stays", why="So", by=shop.manager, now=now)
    assert disputes.decide(dispute, outcome="stays", why="Else", by=shop.general_manager, now=now) == first
    assert fresh(dispute).decision == "So"
    with pytest.raises(StaleEdit):
        disputes.decide(dispute, outcome="transferred", why="No", by=shop.general_manager, now=now)


def test_a_claim_of_somebody_who_left_goes_nowhere(shop, now):
    customer = opened(shop, now)
    dispute = claim(shop, customer, now)
    shop.colleague.memberships.update(is_active=False)
    for outcome in ("transferred", "shared"):
        with pytest.raises(CannotOwn):
            disputes.decide(dispute, outcome=outcome, why="So", by=shop.manager, now=now)
    assert fresh(dispute).outcome == ""


# --- The evidence ------------------------------------------------------------------------------
def test_the_evidence_stands_in_one_order_of_time_and_can_be_narrowed_to_a_colleague(shop, now):
    customer = opened(shop, now)
    hour = timedelta(hours=1)
    files.transfer(customer, to=shop.manager, by=shop.general_manager, reason="load", now=now + hour)
    claim(shop, customer, now + 2 * hour)
    with translation.override("en"):
        entries = disputes.evidence(customer)
        own = [entry.text for entry in disputes.evidence(customer, of=shop.colleague.pk)]
    assert [entry.at for entry in entries] == [now, now + hour, now + 2 * hour]
    assert own == ["Says that this customer is theirs"]
    assert [entry.at for entry in disputes.evidence(customer, of=shop.owner.pk)] == [now, now + hour]


def test_the_evidence_asks_the_database_no_more_for_a_longer_story(shop, now, django_assert_max_num_queries):
    customer = opened(shop, now)
    for number in range(12):
        people = (shop.colleague, shop.owner)
        files.transfer(customer, to=people[number % 2], by=shop.manager, reason="load", now=now)
    with django_assert_max_num_queries(14):
        assert len(disputes.evidence(customer)) == 13
