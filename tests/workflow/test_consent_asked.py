"""R2.2: consent is asked where it is natural to ask, at the sale and on the telephone, and stands with who heard
it and how it was said."""

import re
import uuid

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from customers import consents, files
from customers.models import Consent, CustomerEvent
from tests.bookings.conftest import Sale
from tests.workflow.calling import Desk
from workflow.models import WorkOrder

NEWS = "news"


def words():
    rows = Consent.objects.order_by("way")
    return [(row.way, row.scope, row.allowed, row.source, row.by) for row in rows]


# --- At the sale ----------------------------------------------------------------------------------
@pytest.fixture
def customer(shop):
    customer = Sale(shop, timezone.now()).customer()
    customer.contact_points.create(branch=shop.branch, kind="email", value="na@example.com")
    return customer


@pytest.fixture
def sell(shop, sign_in, customer):
    client, address = sign_in(shop.owner), f"/customers/{customer.pk}/orders/new/"

    def send(**fields):
        form = {
            "submission": str(uuid.uuid4()),
            "package_version": shop.package.pk,
            "binding": "earnest",
            "method": "wechat",
            "amount": "1000",
            "terms": "on",
        }
        return client.post(address, form | fields)

    send.page = lambda: client.get(address)
    return send


def test_r2_2_a_yes_at_the_sale_is_written_down_with_who_heard_it(shop, customer, sell):
    assert sell(news=["sms", "email"]).status_code == 302
    assert words() == [("email", NEWS, True, "desk", shop.owner), ("sms", NEWS, True, "desk", shop.owner)]
    assert consents.basis_of(customer, "sms", NEWS).startswith("consent:")


def test_who_ticks_nothing_has_said_nothing(sell):
    assert sell().status_code == 302
    assert words() == []


def test_pressed_twice_it_is_one_order_and_one_word(sell):
    form = {"submission": str(uuid.uuid4()), "news": ["sms"]}
    assert sell(**form).url == sell(**form).url
    assert (WorkOrder.objects.count(), len(words())) == (1, 1)


def test_it_is_asked_only_about_what_nothing_stands_of_yet(shop, customer, sell):
    choices = [value for value, _label in sell.page().context["form"].fields["news"].choices]
    assert choices == ["sms", "email"], "the telephone they left at their visit needs no word"
    for way in choices:
        consents.say(customer, way, NEWS, True, source="desk", by=shop.owner, now=timezone.now())
    assert "news" not in sell.page().context["form"].fields


def test_who_asked_not_to_be_contacted_is_not_asked(shop, customer, sell):
    files.refuse_contact(customer, by=shop.owner, now=timezone.now())
    assert "news" not in sell.page().context["form"].fields


@pytest.mark.parametrize("field", ["fill", None])
def test_what_was_ticked_is_not_lost_when_the_page_comes_back(sell, field):
    answer = sell(news=["sms", "email"], **({"fill": "-"} if field else {"amount": "x"}))
    assert answer.status_code == (200 if field else 422)
    page = answer.content.decode()
    for way in ("sms", "email"):
        assert f'name="news" value="{way}"' in page
    assert len(re.findall(r'name="news" value="\w+" id="\w+" checked', page)) == 2
    assert not WorkOrder.objects.exists()


@pytest.mark.parametrize("crafted", ["order", "x", "sms\x00"])
def test_what_was_not_offered_is_refused(sell, crafted):
    assert sell(news=[crafted]).status_code == 422
    assert words() == []


# --- On the telephone -----------------------------------------------------------------------------
@pytest.fixture
def call(shop, now):
    with time_machine.travel(now, tick=False):
        yield Desk(shop, now).call()


@pytest.fixture
def press(shop, sign_in, call):
    address = reverse("workflow:call_consent", args=[call.pk])
    return lambda **data: sign_in(shop.owner).post(address, data, follow=True)


def test_r2_2_a_word_in_a_call_is_noted_as_said_there(shop, call, press):
    page = press(way="sms", scope="news", allowed="1").content.decode()
    assert words() == [("sms", NEWS, True, "call", shop.owner)]
    assert "said on the telephone" in page


def test_r2_2_stop_in_a_call_is_honoured_at_once_and_leaves_the_order_alone(call, press):
    page = press(stop="1").content.decode()
    assert consents.has_stopped(call.customer)
    assert {row[3] for row in words()} == {"call"}
    assert "They said stop" in page
    assert consents.basis_of(call.customer, "phone") == "order"
    event = CustomerEvent.objects.get(kind="stopped")
    assert event.parameters["source"] == "call"


def test_what_is_no_word_changes_nothing(press):
    assert "Nothing was changed" in press(way="pigeon", scope="news", allowed="1").content.decode()
    assert words() == []


def test_the_neighbour_says_nothing_about_ours(shop, sign_in, call):
    address = reverse("workflow:call_consent", args=[call.pk])
    assert sign_in(shop.neighbour).post(address, {"stop": "1"}).status_code == 404
    assert sign_in(shop.artist).post(address, {"stop": "1"}).status_code == 403
    assert words() == []
