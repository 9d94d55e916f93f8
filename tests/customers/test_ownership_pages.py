"""The pages of ownership: who may see and press what, what a form refuses, and that a stale press loses politely."""

import uuid

import pytest
from django.utils import timezone

from customers import disputes, leaving, ownership
from customers.models import Customer, TransferRequest
from studio.staff.models import Membership
from tests import factories
from tests.customers.owning import opened

pytestmark = pytest.mark.django_db


@pytest.fixture
def customer(shop):
    return opened(shop, timezone.now())


def ask(shop, customer, **more):
    more = {"to": shop.colleague, "reason": "asked", "by": shop.colleague, "now": timezone.now()} | more
    return ownership.ask_for_transfer(customer, **more)


def page_of(client, address):
    return client.get(address).content.decode()


def asking(shop, **more):
    return {
        "submission": str(uuid.uuid4()),
        "to": shop.colleague.pk,
        "reason": "asked",
        "note": "爱说笑",
    } | more


# --- Asking and deciding -----------------------------------------------------------------------
def test_r1_4_a_consultant_asks_on_the_page_and_the_owner_stays(shop, customer, sign_in):
    client, typed = sign_in(shop.colleague), asking(shop)
    address = f"/customers/{customer.pk}/transfer-requests/"
    client.post(address, typed)
    client.post(address, typed)
    assert TransferRequest.objects.get().note == "爱说笑"
    page = page_of(client, f"/customers/{customer.pk}/ownership/")
    assert "爱说笑" in page
    assert "Waits for a manager" in page
    assert "I consent" not in page
    assert Customer.objects.get().owner == shop.owner


def test_what_is_wrong_is_said_at_the_field_and_nothing_is_lost(shop, customer, sign_in):
    client, address = sign_in(shop.colleague), f"/customers/{customer.pk}/transfer-requests/"
    for wrong in (
        {"to": ""},
        {"to": shop.artist.pk},
        {"reason": "received"},
        {"reason": ""},
        {"to": shop.owner.pk},
    ):
        answer = client.post(address, asking(shop, **wrong))
        assert answer.status_code == 422, wrong
        assert "爱说笑" in answer.content.decode()
    assert client.post(address, asking(shop, note="x" * 301)).status_code == 422
    assert not TransferRequest.objects.exists()


def test_r1_4_a_manager_consents_on_today_in_one_press(shop, customer, sign_in):
    asked = ask(shop, customer)
    client = sign_in(shop.manager)
    assert f'id="consent-{asked.pk}"' in page_of(client, "/")
    address = f"/customers/{customer.pk}/transfer-requests/{asked.pk}/consent/"
    answer = client.post(address, {"to": shop.colleague.pk, "back": "today"})
    assert answer["Location"] == "/"
    assert Customer.objects.get().owner == shop.colleague
    assert f'id="consent-{asked.pk}"' not in page_of(client, "/")
    assert client.post(address, {"to": "", "back": "list"})["Location"] == "/customers/ownership/"


def test_r1_4_a_wish_that_names_nobody_asks_the_manager_whom(shop, customer, sign_in):
    wish = ownership.ask_in_private(customer, to=None, note="", now=timezone.now())
    client, address = sign_in(shop.manager), f"/customers/{customer.pk}/transfer-requests/{wish.pk}/consent/"
    answer = client.post(address, {"to": ""})
    assert answer.status_code == 422
    assert "Choose who takes them over" in answer.content.decode()
    client.post(address, {"to": shop.manager.pk})
    assert Customer.objects.get().owner == shop.manager


def test_a_refusal_says_why(shop, customer, sign_in):
    asked = ask(shop, customer)
    client, address = sign_in(shop.manager), f"/customers/{customer.pk}/transfer-requests/{asked.pk}/refusal/"
    assert client.post(address, {"why": ""}).status_code == 422
    client.post(address, {"why": "他们很合得来"})
    assert "他们很合得来" in page_of(sign_in(shop.colleague), f"/customers/{customer.pk}/ownership/")


def test_the_second_manager_is_told_who_decided(shop, customer, sign_in):
    asked = ask(shop, customer)
    ownership.refuse(asked, why="Stays", by=shop.manager, now=timezone.now())
    answer = sign_in(shop.general_manager).post(
        f"/customers/{customer.pk}/transfer-requests/{asked.pk}/consent/", {"to": shop.colleague.pk}
    )
    assert answer.status_code == 409
    assert "林店长" in answer.content.decode()


def test_only_who_asked_takes_it_back(shop, customer, sign_in):
    asked = ask(shop, customer)
    address = f"/customers/{customer.pk}/transfer-requests/{asked.pk}/withdrawal/"
    assert sign_in(shop.owner).post(address).status_code == 404
    sign_in(shop.colleague).post(address)
    assert TransferRequest.objects.get().state == "withdrawn"


def test_a_request_is_reached_through_its_own_customer_only(shop, customer, sign_in):
    asked, other = ask(shop, customer), opened(shop, timezone.now())
    client = sign_in(shop.manager)
    for what in ("consent", "refusal", "withdrawal"):
        assert client.post(f"/customers/{other.pk}/transfer-requests/{asked.pk}/{what}/").status_code == 404


# --- Claims ------------------------------------------------------------------------------------
def test_r1_4_a_claim_is_put_and_decided_on_the_page_with_the_evidence(shop, customer, sign_in):
    colleague, manager = sign_in(shop.colleague), sign_in(shop.manager)
    own = f"/customers/{customer.pk}/"
    assert colleague.post(f"{own}disputes/", {"claim": " "}).status_code == 422
    colleague.post(f"{own}disputes/", {"claim": "展会上是我接待的"})
    dispute = disputes.waiting(shop.branch)[0]
    assert "展会上是我接待的" in page_of(manager, "/")
    assert "展会上是我接待的" in page_of(manager, "/customers/ownership/")
    address = f"{own}disputes/{dispute.pk}/decision/"
    assert manager.post(address, {"outcome": "transferred", "why": ""}).status_code == 422
    assert manager.post(address, {"outcome": "withdrawn", "why": "x"}).status_code == 422
    manager.post(address, {"outcome": "transferred", "why": "记录如此"})
    assert Customer.objects.get().owner == shop.colleague
    assert "记录如此" in page_of(sign_in(shop.owner), f"{own}ownership/")


def test_a_consultant_decides_nothing_and_may_take_an_own_claim_back(shop, customer, sign_in):
    dispute = disputes.raise_dispute(customer, claim="Mine", by=shop.colleague, now=timezone.now())
    address = f"/customers/{customer.pk}/disputes/{dispute.pk}/decision/"
    client = sign_in(shop.colleague)
    assert client.post(address, {"outcome": "transferred", "why": "Mine"}).status_code == 404
    assert sign_in(shop.owner).post(address, {"withdraw": "1"}).status_code == 404
    client.post(address, {"withdraw": "1"})
    dispute.refresh_from_db()
    assert dispute.outcome == "withdrawn"


def test_the_evidence_is_narrowed_to_a_colleague(shop, customer, sign_in):
    ask(shop, customer)
    client = sign_in(shop.manager)
    everything = page_of(client, f"/customers/{customer.pk}/ownership/")
    assert "File opened" in everything
    narrowed = page_of(client, f"/customers/{customer.pk}/ownership/?who={shop.colleague.pk}")
    part = narrowed[narrowed.index('id="evidence"') :]
    assert "Asked for another owner" in part
    assert "File opened" not in part
    for odd in ("x", "", "9" * 30, "-1"):
        assert client.get(f"/customers/{customer.pk}/ownership/?who={odd}").status_code == 200


# --- A colleague leaves --------------------------------------------------------------------------
@pytest.fixture
def third(shop):
    return factories.make_person(shop.branch, "consultant", "许静", "小许", shop.front_desk)


def test_r1_4_leaving_is_shown_before_it_is_done(shop, third, sign_in):
    customers = [opened(shop, timezone.now()) for _number in range(4)]
    client, address = sign_in(shop.manager), f"/customers/leaving/{shop.owner.pk}/"
    page = page_of(client, address)
    assert page.count("goes to") == 4
    assert "gets 2 customers" in page
    assert f'href="{address}"' in page_of(client, "/customers/leaving/")
    assert set(Customer.objects.values_list("owner", flat=True)) == {shop.owner.pk}
    client.post(address, {"leave": "1", f"to-{customers[0].pk}": shop.manager.pk})
    assert Customer.objects.get(pk=customers[0].pk).owner == shop.manager
    assert not Customer.objects.filter(owner=shop.owner).exists()
    assert not Membership.objects.get(user=shop.owner).is_active
    again = client.post(address, {"leave": "1"}, follow=True)
    assert "has left already" in again.content.decode()


def test_all_of_one_group_are_moved_at_once_without_leaving_yet(shop, third, sign_in):
    customers = [opened(shop, timezone.now()) for _number in range(4)]
    client, address = sign_in(shop.manager), f"/customers/leaving/{shop.owner.pk}/"
    typed = {
        f"to-{one.pk}": (shop.colleague if number < 2 else third).pk for number, one in enumerate(customers)
    }
    page = client.post(
        address, typed | {"bulk": shop.colleague.pk, f"all-{shop.colleague.pk}": third.pk}
    ).content.decode()
    assert "gets 4 customers" in page
    assert set(Customer.objects.values_list("owner", flat=True)) == {shop.owner.pk}


def test_odd_choices_go_by_the_proposal(shop, third, sign_in):
    customer = opened(shop, timezone.now())
    typed = {
        f"to-{customer.pk}": "x",
        "to-": "1",
        "to-9x": "1",
        "to-99999": shop.artist.pk,
        "bulk": "y",
        "leave": "1",
    }
    answer = sign_in(shop.manager).post(f"/customers/leaving/{shop.owner.pk}/", typed)
    assert answer.status_code == 302
    assert Customer.objects.get().owner in {shop.colleague, third}


def test_what_is_in_the_way_is_said(shop, sign_in):
    opened(shop, timezone.now())
    client = sign_in(shop.manager)
    assert "Somebody else has to do this for you" in page_of(client, f"/customers/leaving/{shop.manager.pk}/")
    answer = client.post(f"/customers/leaving/{shop.manager.pk}/", {"leave": "1"})
    assert answer.status_code == 422
    assert Membership.objects.get(user=shop.manager).is_active


def test_five_hundred_customers_fit_the_page_and_cost_no_more_queries(
    shop, third, sign_in, django_assert_max_num_queries
):
    Customer.objects.bulk_create(
        Customer(branch=shop.branch, owner=shop.owner, name=f"顾客{number}", name_key=f"gu ke {number}")
        for number in range(500)
    )
    client, address = sign_in(shop.manager), f"/customers/leaving/{shop.owner.pk}/"
    with django_assert_max_num_queries(40):
        page = page_of(client, address)
    assert page.count("goes to") == 500
    heirs = {f"to-{pk}": third.pk for pk in Customer.objects.values_list("pk", flat=True)}
    answer = client.post(address, heirs | {"leave": "1"})
    assert answer.status_code == 302
    assert set(Customer.objects.values_list("owner", flat=True)) == {third.pk}


def test_lists_of_what_waits_cost_the_same_for_one_and_for_twenty(
    shop, sign_in, django_assert_max_num_queries
):
    for number in range(20):
        customer = opened(shop, timezone.now(), phones=[f"138000000{number:02}"])
        ask(shop, customer)
        disputes.raise_dispute(customer, claim="Mine", by=shop.colleague, now=timezone.now())
    client = sign_in(shop.manager)
    with django_assert_max_num_queries(16):
        page = page_of(client, "/customers/ownership/")
    assert page.count("I consent") == 20


def test_the_proposal_is_the_same_for_the_page_and_the_press(shop, third):
    for _number in range(5):
        opened(shop, timezone.now())
    first = leaving.propose(shop.owner, shop.branch)
    second = leaving.propose(shop.owner, shop.branch)
    assert [share.heir for share in first.shares] == [share.heir for share in second.shares]
