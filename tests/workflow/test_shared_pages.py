"""The pages where somebody else takes over: what they refuse, and that nothing typed is lost."""

import pytest
from django.utils import timezone

from tests.customers.owning import opened
from workflow import shared_cases, visits
from workflow.models import SharedCase

pytestmark = pytest.mark.django_db


@pytest.fixture
def customer(shop):
    return opened(shop, timezone.now())


@pytest.fixture
def visit(shop, customer):
    now = timezone.now()
    visit = visits.receive(branch=shop.branch, by=shop.owner, now=now, customer=customer)
    return visits.pass_on(visit, to=shop.colleague, why="Began", by=shop.owner, now=now)


def test_r1_4_a_visit_is_passed_on_with_the_reason(shop, visit, sign_in):
    client = sign_in(shop.colleague)
    address = f"/visits/{visit.pk}/hand-on/"
    refused = client.post(address, {"to": shop.manager.pk, "why": ""})
    assert refused.status_code == 422
    assert "Say why" in refused.content.decode()
    assert client.post(address, {"to": shop.artist.pk, "why": "Lunch"}).status_code == 422
    done = client.post(address, {"to": shop.manager.pk, "why": "Lunch"})
    assert done["Location"] == visit.get_absolute_url()
    visit.refresh_from_db()
    assert (visit.consultant, visit.customer.owner) == (shop.manager, shop.owner)


def test_a_visit_that_is_over_goes_nowhere(shop, visit, sign_in):
    visits.end(visit, outcome="undecided", by=shop.owner, now=timezone.now())
    client = sign_in(shop.owner)
    answer = client.post(f"/visits/{visit.pk}/hand-on/", {"to": shop.manager.pk, "why": "Lunch"})
    assert answer.status_code == 422
    assert "ended already" in answer.content.decode()
    assert client.get(f"/visits/{visit.pk}/hand-on/").status_code == 200
    client.post(f"/visits/{visit.pk}/first-consultant/")
    assert not SharedCase.objects.exists()


def test_f1_the_first_consultant_is_one_press(shop, visit, sign_in):
    client = sign_in(shop.colleague)
    page = client.get(f"/visits/{visit.pk}/hand-on/").content.decode()
    assert "To 小陈, shared case" in page
    client.post(f"/visits/{visit.pk}/first-consultant/")
    client.post(f"/visits/{visit.pk}/first-consultant/")
    assert SharedCase.objects.get().second == shop.colleague
    assert "To 小陈, shared case" not in client.get(f"/visits/{visit.pk}/hand-on/").content.decode()


def test_f1_managers_agree_adjust_and_end_a_shared_case(shop, customer, sign_in):
    client, address = sign_in(shop.manager), f"/customers/{customer.pk}/shared-case/"
    wrong = client.post(address, {"second": shop.colleague.pk, "first_percent": "100", "why": "Both"})
    assert wrong.status_code == 422
    assert 'value="100"' in wrong.content.decode()
    assert (
        client.post(address, {"second": shop.artist.pk, "first_percent": "50", "why": "B"}).status_code == 422
    )
    client.post(address, {"second": shop.colleague.pk, "first_percent": "60", "why": "Both"})
    assert SharedCase.objects.get().first_percent == 60
    assert client.post(address, {"first_percent": "x"}).status_code == 422
    client.post(address, {"first_percent": "70"})
    assert SharedCase.objects.get().first_percent == 70
    client.post(address, {"end": "1"})
    assert SharedCase.objects.get().ended_by == shop.manager
    assert sign_in(shop.owner).post(address, {"end": "1"}).status_code == 403


def test_the_file_says_that_the_case_is_shared(shop, customer, sign_in):
    now = timezone.now()
    shared_cases.share(customer, second=shop.colleague, why="Both", by=shop.manager, now=now)
    client = sign_in(shop.owner)
    assert "Shared with 周敏" in client.get(customer.get_absolute_url()).content.decode()
    page = client.get(f"/customers/{customer.pk}/ownership/").content.decode()
    assert "50 %" in page
    assert "Another split" not in page
