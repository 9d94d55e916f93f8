"""One search box for all: straight there with one hit, “create with this” without any."""

import pytest
from django.utils import timezone

from customers import files
from customers.files import MemberDraft
from studio.desk.finding import find
from tests import factories
from tests.workflow.orders import sold
from workflow.models import WorkOrder

pytestmark = pytest.mark.django_db


@pytest.fixture
def order(shop) -> WorkOrder:
    now = timezone.now()
    customer = files.open_file(
        branch=shop.branch,
        by=shop.owner,
        now=now,
        owner=shop.owner,
        kind="couple",
        members=[MemberDraft("李娜", "ms", "bride"), MemberDraft("张伟", "mr", "groom")],
        phones=["13800138000"],
    )
    return sold(shop, now, customer=customer)


def test_a_whole_order_number_leads_to_its_order(shop, sign_in, order):
    for number in (order.booking.number, order.booking.number.lower(), f" {order.booking.number}\u200b "):
        response = sign_in(shop.artist).get("/search/", {"q": number})
        assert response["Location"] == order.get_absolute_url()


@pytest.mark.parametrize("typed", ["李娜", "lina", "ln", "8000", "138 0013 8000", "zhangwei"])
def test_one_hit_is_gone_to(shop, sign_in, order, typed):
    response = sign_in(shop.cashier).get("/search/", {"q": typed})
    assert response["Location"] == order.booking.customer.get_absolute_url()


def test_several_hits_are_listed(shop, sign_in, order):
    twin = factories.CustomerFactory(branch=shop.branch, owner=shop.colleague)
    files.index(twin)
    page = sign_in(shop.owner).get("/search/", {"q": "李娜"}).content.decode()
    assert order.booking.customer.get_absolute_url() in page
    assert twin.get_absolute_url() in page


def test_no_hit_offers_to_create_a_file_to_those_who_receive(shop, sign_in):
    assert "Create a file with “王小明”" in sign_in(shop.owner).get("/search/?q=王小明").content.decode()
    page = sign_in(shop.artist).get("/search/?q=王小明").content.decode()
    assert "Nobody found" in page
    assert "Create a file" not in page


def test_the_administrator_searches_no_customers(shop, sign_in):
    assert sign_in(shop.administrator).get("/search/?q=li").status_code == 403


def test_f8_the_neighbour_finds_neither_customer_nor_order(shop, sign_in, order):
    client = sign_in(shop.neighbour)
    for typed in ("李娜", "8000", order.booking.number):
        response = client.get("/search/", {"q": typed})
        assert response.status_code == 200
        assert "Nobody found" in response.content.decode()


@pytest.mark.parametrize("typed", ["", " ", "%", "_", "1", "'", "\x00", "\ud83d", "%25", "x" * 10_000])
def test_what_says_nothing_finds_nothing(shop, order, typed):
    found = find(typed, branch=shop.branch)
    assert (found.customers, found.bookings) == ([], [])


def test_what_is_typed_comes_back_as_text_only(shop, sign_in):
    page = sign_in(shop.owner).get("/search/", {"q": '"><script>alert(1)</script>'}).content.decode()
    assert "<script>alert" not in page


def test_queries_do_not_grow_with_the_hits(shop, sign_in, order, django_assert_max_num_queries):
    client = sign_in(shop.owner)

    def fill(count):
        for _ in range(count):
            files.index(factories.CustomerFactory(branch=shop.branch, owner=shop.owner))

    fill(3)
    client.get("/search/?q=lina")
    with django_assert_max_num_queries(30) as few:
        client.get("/search/?q=lina")
    fill(27)
    with django_assert_max_num_queries(len(few.captured_queries)):
        client.get("/search/?q=lina")
