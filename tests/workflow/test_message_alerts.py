"""The owner hears by the bell what a customer answered, and what did not reach them (R3.2)."""

from functools import partial

import pytest
from django.utils import timezone
from django.utils.html import escape

from bookings import schedule
from studio.outbox.models import (
    Alert,
)
from tests import factories
from tests.workflow.calling import Desk
from tests.workflow.writing import DAY, page, write
from workflow import links, message_alerts
from workflow.message_calls import call_instead


@pytest.fixture
def today():
    return timezone.now()


@pytest.fixture
def desk(shop, today):
    return Desk(shop, today)


@pytest.fixture
def written(desk, today):
    """`written("failed")`: a reminder of a date in two days that ended so; `appointment` for another date."""
    return partial(write, desk, today)


def call(message, shop, now):
    return call_instead(message, by=shop.manager, now=now)


# --- The bell -------------------------------------------------------------------------------
@pytest.fixture
def shoot(desk, today):
    return desk.shoot(desk.order(starts_at=today + 2 * DAY))


def token_of(appointment, now):
    return links.link_for(appointment, now).rstrip("/").rsplit("/", 1)[1]


def test_r3_2_the_owner_hears_that_a_customer_confirmed_by_the_link(shop, sign_in, shoot, today):
    for _press in range(2):
        links.confirm(token_of(shoot, today), now=today)
    alert = Alert.objects.get()
    assert (alert.user, alert.kind) == (shop.owner, "customer_confirmed")
    assert alert.link == shoot.get_absolute_url()
    found = page(sign_in(shop.owner), "/bell/")
    assert f"{escape(shoot.customer.name)} confirmed by the link" in found


def test_r3_2_the_owner_hears_that_they_want_another_time(shop, sign_in, shoot, today):
    links.ask_another_time(token_of(shoot, today), wish="Sunday", now=today)
    assert Alert.objects.get(kind="customer_other_time").user == shop.owner
    assert "would like another time" in page(sign_in(shop.owner), "/bell/")


@pytest.mark.parametrize("via", ["call", "chat", "desk"])
def test_what_a_colleague_heard_themselves_does_not_ring(shop, shoot, today, via):
    schedule.confirm(shoot, via=via, by=shop.owner, now=today)
    assert not Alert.objects.exists()


def test_r8_1_it_rings_for_the_deputy_of_the_day(shop, shoot, today):
    day = shop.branch.today(today)
    factories.LeaveFactory(
        user=shop.owner, branch=shop.branch, deputy=shop.colleague, starts_on=day, ends_on=day
    )
    links.confirm(token_of(shoot, today), now=today)
    assert Alert.objects.get().user == shop.colleague


def test_it_rings_for_a_date_without_a_sale_too(shop, desk, today):
    date = desk.appointment(today + DAY)
    links.confirm(token_of(date, today), now=today)
    assert Alert.objects.get().link == date.customer.get_absolute_url()


def test_without_an_owner_the_managers_hear_it(shop, desk, today):
    date = desk.appointment(today + DAY, customer=desk.customer(owner=None, is_active=False))
    message_alerts.ring_owner(date, "customer_confirmed", about="1", now=today)
    assert {alert.user for alert in Alert.objects.all()} == {shop.manager, shop.general_manager}


def test_the_owner_hears_of_a_call_that_came_up_for_a_message(shop, sign_in, written, today):
    made = call(written("failed"), shop, today)
    alert = Alert.objects.get(kind="message_not_sent")
    assert (alert.user, alert.link) == (shop.owner, made.get_absolute_url())
    assert "could not be written to: please call" in page(sign_in(shop.owner), "/bell/")


def test_alerts_hold_ids_and_no_names(shop, shoot, today):
    links.confirm(token_of(shoot, today), now=today)
    assert Alert.objects.get().parameters == {"appointment": shoot.pk}


def test_the_bells_list_asks_once_however_many_customers(
    shop, sign_in, desk, today, django_assert_max_num_queries
):
    client = sign_in(shop.owner)

    def answer(count):
        for _number in range(count):
            date = desk.appointment(today + 2 * DAY)
            links.confirm(token_of(date, today), now=today)

    answer(1)
    with django_assert_max_num_queries(12) as few:
        page(client, "/bell/")
    answer(12)
    with django_assert_max_num_queries(len(few.captured_queries)):
        page(client, "/bell/")
