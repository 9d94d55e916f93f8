"""R9.3: an unhappy customer is dealt with at once; until a manager's word the order stays open."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.urls import reverse

from complaints import recovery
from complaints.models import Recovery
from studio.staff.duties import duties
from tests.workflow import orders
from workflow import stages
from workflow.models import Stage

pytestmark = pytest.mark.django_db

WORD = "Called at once, a second album page as a gift; they laughed again."


@pytest.fixture
def unhappy(shop, now):
    """A departure of somebody who left unhappy, of an order where nothing else blocks the end."""
    order = orders.at_desk(shop, now)
    orders.settle(order, by=shop.cashier, now=now)
    departure = orders.leave(order, mood="unhappy", by=shop.owner, now=now, note="waited an hour")
    orders.sign_for_all(order, by=shop.owner, now=now)
    return departure


def address(departure):
    return reverse("complaints:word", args=[departure.pk])


# --- The gate ---------------------------------------------------------------------------------------------
def test_r9_3_the_order_stays_open_until_a_managers_word(shop, now, unhappy):
    order = unhappy.work_order
    assert orders.codes(order, now) == ["unhappy"]
    with pytest.raises(stages.NotYet):
        stages.advance(orders.fresh(order), by=shop.manager, now=now)
    recovery.give_word(unhappy, word=WORD, by=shop.manager, now=now + timedelta(hours=1))
    order = orders.fresh(order)
    assert order.stage == Stage.CLOSED
    assert order.events.get(kind="recovered").actor == shop.manager


@pytest.mark.parametrize("mood", ["satisfied", "surprised", "moved"])
def test_a_content_customer_needs_no_word(shop, now, mood):
    order = orders.in_pickup(shop, now)
    orders.leave(order, mood=mood, by=shop.owner, now=now)
    assert "unhappy" not in orders.codes(order, now)


def test_each_unhappy_departure_needs_a_word_of_its_own(shop, now, unhappy):
    orders.leave(unhappy.work_order, mood="unhappy", by=shop.owner, now=now)
    recovery.give_word(unhappy, word=WORD, by=shop.manager, now=now)
    assert orders.codes(unhappy.work_order, now) == ["unhappy"]


def test_the_word_is_a_managers_of_this_branch(shop, now, unhappy):
    for person in (shop.owner, shop.head, shop.neighbour, shop.administrator):
        with pytest.raises(recovery.NotAManager):
            recovery.give_word(unhappy, word=WORD, by=person, now=now)
    assert not Recovery.objects.exists()


def test_a_word_says_something(shop, now, unhappy):
    with pytest.raises(ValidationError):
        recovery.give_word(unhappy, word="  ", by=shop.manager, now=now)
    with pytest.raises(IntegrityError), transaction.atomic():
        Recovery.objects.create(branch=shop.branch, departure=unhappy, word="", by=shop.manager)


def test_the_first_word_stands(shop, now, unhappy):
    recovery.give_word(unhappy, word=WORD, by=shop.manager, now=now)
    recovery.give_word(unhappy, word="another", by=shop.general_manager, now=now)
    assert Recovery.objects.get().word == WORD
    assert unhappy.work_order.events.filter(kind="recovered").count() == 1


def test_who_left_unhappy_stands_on_every_managers_day(shop, now, unhappy):
    duty = duties["unhappy"]
    assert duty.items([shop.manager], shop.branch, now) == [unhappy]
    assert duty.items([shop.neighbour], shop.other_branch, now) == []
    recovery.give_word(unhappy, word=WORD, by=shop.manager, now=now)
    assert duty.items([shop.manager], shop.branch, now) == []


# --- The pages ----------------------------------------------------------------------------------------------
def test_managers_see_who_waits_and_what_was_dealt_with(shop, now, unhappy, sign_in):
    client = sign_in(shop.manager)
    assert "waited an hour" in client.get(reverse("complaints:list")).content.decode()
    answer = client.post(address(unhappy), {"word": WORD})
    assert (answer.status_code, answer.url) == (302, reverse("complaints:list"))
    page = client.get(reverse("complaints:list")).content.decode()
    assert WORD[:30] in page
    assert "Nobody waits for a word" in page
    assert WORD in client.get(address(unhappy)).content.decode()


@pytest.mark.parametrize("word", ["", "   ", "x" * 501, "a\x00b"])
def test_bad_input_gets_a_sentence_at_its_field(shop, now, unhappy, sign_in, word):
    answer = sign_in(shop.manager).post(address(unhappy), {"word": word})
    assert answer.status_code == 422
    assert answer.context["form"].errors["word"]


def test_only_managers_of_the_branch_come_here(shop, now, unhappy, sign_in):
    for person in (shop.owner, shop.artist, shop.head, shop.cashier, shop.administrator):
        client = sign_in(person)
        assert client.get(reverse("complaints:list")).status_code == 403
        assert client.post(address(unhappy), {"word": WORD}).status_code == 403
    neighbour = sign_in(shop.neighbour)
    assert neighbour.get(address(unhappy)).status_code == 404
    assert neighbour.post(address(unhappy), {"word": WORD}).status_code == 404
    assert "waited an hour" not in neighbour.get(reverse("complaints:list")).content.decode()


def test_the_order_page_leads_the_manager_to_the_word(shop, now, unhappy, sign_in):
    order = unhappy.work_order
    assert address(unhappy) in sign_in(shop.manager).get(order.get_absolute_url()).content.decode()
    assert "Give a manager" not in sign_in(shop.owner).get(order.get_absolute_url()).content.decode()
