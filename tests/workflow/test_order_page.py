"""The order's page answers at a glance: where, what next, what is missing, who owns it, who has it now."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bookings.models import Booking
from customers.models import Taboo
from studio.outbox.models import Message
from tests.factories import LeaveFactory
from tests.workflow import orders
from workflow import presences, promises, readiness, stages
from workflow.models import Reminder, ReminderRule
from workflow.presences import Hands
from workflow.timeline import KINDS, of_customer
from workflow.views.orders_context import next_step

pytestmark = pytest.mark.django_db


def page(client, order):
    answer = client.get(order.get_absolute_url())
    assert answer.status_code == 200
    return answer.content.decode()


def step(shop, order, person, now):
    order = orders.fresh(order)
    return next_step(order, stages.missing(order, now=now), orders.place_of(person))


# --- The next thing ---------------------------------------------------------------------------------------
def test_the_first_thing_missing_is_the_primary_button_of_whoever_does_it(shop, now, sign_in):
    order = orders.in_pickup(shop, now)
    assert step(shop, order, shop.producer, now).may
    assert not step(shop, order, shop.owner, now).may
    assert "Mark as made" in page(sign_in(shop.producer), order)
    owner_sees = page(sign_in(shop.owner), order)
    assert "Mark as made" not in owner_sees
    assert "production department" in owner_sees


def test_what_is_missing_besides_stands_below_with_where_it_is_done(shop, now, sign_in):
    order = orders.sold(shop, now, earnest=False, terms_accepted=False)
    shown = page(sign_in(shop.owner), order)
    assert "The terms are not accepted yet." in shown
    assert "No earnest money yet." in shown


def test_a_closed_order_has_no_next_thing(shop, now, sign_in):
    order = orders.at_desk(shop, now)
    orders.settle(order, by=shop.cashier, now=now)
    orders.sign_for_all(order, by=shop.owner, now=now)
    assert step(shop, order, shop.owner, now) is None
    assert "This order is closed." in page(sign_in(shop.owner), order)


def test_a_step_whose_facts_are_there_can_be_taken_by_hand(shop, now, sign_in):
    order = orders.sold(shop, now, earnest=False)
    Booking.objects.filter(pk=order.booking_id).update(earnest_waived_by=shop.manager, earnest_waived_why="x")
    shown = page(sign_in(shop.owner), order)
    assert 'name="to" value="confirm"' in shown
    assert f'name="version" value="{order.version}"' in shown


# --- Who ---------------------------------------------------------------------------------------------------
def test_r1_1_the_owner_stands_on_the_page_and_r8_who_stands_in(shop, now, sign_in):
    order = orders.sold(shop, now)
    today = shop.branch.today(timezone.now())
    assert shop.owner.display_name in page(sign_in(shop.manager), order)
    LeaveFactory(branch=shop.branch, user=shop.owner, deputy=shop.colleague, starts_on=today, ends_on=today)
    assert f"{shop.colleague.display_name} stands in today" in page(sign_in(shop.manager), order)


def test_r5_1_who_has_the_party_now(shop, now, sign_in):
    order = orders.in_shoot(shop, now)
    bride = order.booking.customer.members.first()
    presences.begin(order, [bride], Hands(shop.artist, shop.styling), by=shop.owner, at=now)
    assert f"{shop.artist.display_name} · {shop.styling.name}" in page(sign_in(shop.owner), order)


def test_r9_4_taboos_are_seen_first_by_whoever_serves(shop, now, sign_in):
    order = orders.sold(shop, now)
    Taboo.objects.create(customer=order.booking.customer, text="never mention the father", by=shop.owner)
    shown = page(sign_in(shop.artist), order)
    assert shown.index("never mention the father") < shown.index("stepper")


# --- What else ---------------------------------------------------------------------------------------------
def test_the_history_reads_in_sentences(shop, now, sign_in):
    order = orders.at_desk(shop, now)
    promises.promise(order, what="a card", by_when=shop.branch.today(now), by=shop.owner, now=now)
    shown = page(sign_in(shop.owner), order)
    for sentence in (
        "The work order was opened",
        "Moved on to “Confirm”",
        "The customer signed the selection sheet: 30 frames",
        "The complete set came to the front desk",
        "A promise was made",
    ):
        assert sentence in shown


def test_every_kind_of_event_that_is_written_has_a_sentence(shop, now):
    order = orders.at_desk(shop, now)
    orders.settle(order, by=shop.cashier, now=now)
    orders.sign_for_all(order, by=shop.owner, now=now)
    assert set(order.events.values_list("kind", flat=True)) <= set(KINDS)
    for entry in of_customer(order.booking.customer):
        assert entry.text and entry.link == order.get_absolute_url()


def test_readiness_lights_stand_on_the_page_with_a_button_for_who_owes_it(shop, now, sign_in):
    order = orders.in_selection(shop, now, at=now + timedelta(hours=20))
    readiness.plan(now)
    assert "proofs ready" in page(sign_in(shop.owner), order)
    assert 'value="proofs_ready"' in page(sign_in(shop.producer), order)
    assert 'value="proofs_ready"' not in page(sign_in(shop.owner), order)


def test_messages_about_its_dates_stand_on_the_page_with_their_state_in_words(shop, now, sign_in):
    order = orders.in_shoot(shop, now)
    rule = ReminderRule.objects.create(
        branch=shop.branch, appointment_kind="shoot", action="message", channel="sms", name_en="Reminder"
    )
    message = Message.objects.create(
        dedupe_key="1",
        branch=shop.branch,
        purpose="reminder",
        subject_id=1,
        channel="sms",
        language="en",
        recipient="+8613800138000",
        state="unknown",
        due_at=now,
        deadline=now + timedelta(days=1),
        finished_at=now,
    )
    shoot = order.booking.appointments.get()
    Reminder.objects.create(appointment=shoot, rule=rule, schedule_version=1, message=message)
    shown = page(sign_in(shop.artist), order)
    assert "Reminder: shoot" in shown
    assert "unclear" in shown
    assert "13800138000" not in shown


def test_amounts_are_for_those_who_take_money(shop, now, sign_in):
    order = orders.sold(shop, now)
    assert "5,999" not in page(sign_in(shop.artist), order)


def test_the_number_of_queries_does_not_grow_with_the_history(shop, now, sign_in):
    client = sign_in(shop.owner)
    order = orders.at_desk(shop, now)

    def asked():
        with CaptureQueriesContext(connection) as queries:
            page(client, order)
        return len(queries)

    asked()
    few = asked()
    for n in range(12):
        made = promises.promise(order, what=f"{n}", by_when=shop.branch.today(now), by=shop.owner, now=now)
        promises.keep(made, by=shop.owner, now=now)
    assert asked() == few


# --- Access --------------------------------------------------------------------------------------------------
def test_everybody_who_serves_opens_an_order_of_their_branch_and_nobody_else(shop, now, sign_in):
    order = orders.sold(shop, now)
    for person in (shop.owner, shop.colleague, shop.artist, shop.head, shop.cashier, shop.manager):
        assert sign_in(person).get(order.get_absolute_url()).status_code == 200
    assert sign_in(shop.neighbour).get(order.get_absolute_url()).status_code == 404
    assert sign_in(shop.administrator).get(order.get_absolute_url()).status_code == 403


def test_an_order_that_is_not_there_is_a_404(shop, sign_in):
    for pk in (999_999, 10**18):
        assert sign_in(shop.owner).get(f"/orders/{pk}/").status_code == 404
