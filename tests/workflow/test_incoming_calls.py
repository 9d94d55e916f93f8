"""The telephone: 30 seconds in sight, parked calls with a time, nobody forgotten (R9.6, R1.5, R1.1, R8.1)."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from customers import files
from customers.models import Customer
from studio.foundation.models import StaleEdit
from studio.staff.duties import duties, stands_in_for
from tests import factories
from workflow import incoming_calls, rotation, visits
from workflow.incoming_calls import TRIES, IsOver
from workflow.incoming_duties import call_backs, not_reached, of_customer, on_the_line
from workflow.models import IncomingCall, IncomingCallEvent, RotationRules

pytestmark = pytest.mark.django_db
NUMBER = "+8613800138001"


@pytest.fixture
def call(shop: SimpleNamespace, now: datetime) -> IncomingCall:
    return incoming_calls.take(branch=shop.branch, by=shop.owner, now=now)


def told(call: IncomingCall, shop: SimpleNamespace, now: datetime, **fields: str) -> IncomingCall:
    return incoming_calls.describe(call, version=None, by=shop.owner, now=now, **fields)


def parked(call: IncomingCall, shop: SimpleNamespace, now: datetime, minutes: int = 10) -> IncomingCall:
    told(call, shop, now, number=NUMBER)
    return incoming_calls.park(call, at=now + timedelta(minutes=minutes), by=shop.owner, now=now)


# --- It rings -------------------------------------------------------------------------------
def test_r9_6_the_seconds_run_from_the_first_ring_and_are_late_after_thirty(shop, now):
    incoming_calls.ring(branch=shop.branch, by=shop.owner, now=now)
    for seconds, late in ((0, False), (29, False), (30, True), (90, True)):
        (line,) = on_the_line([shop.owner], shop.branch, now + timedelta(seconds=seconds))
        assert (line.seconds, line.waits_too_long) == (seconds, late)


def test_r9_6_the_branch_says_how_long_a_caller_may_wait(shop, now):
    RotationRules.objects.create(branch=shop.branch, ring_at_most=10)
    incoming_calls.ring(branch=shop.branch, by=shop.owner, now=now)
    assert on_the_line([shop.owner], shop.branch, now + timedelta(seconds=10))[0].waits_too_long


def test_r9_6_who_answers_has_the_call_and_the_time_stands(shop, now):
    call = incoming_calls.ring(branch=shop.branch, by=shop.owner, now=now)
    row = incoming_calls.answer(call, by=shop.colleague, now=now + timedelta(seconds=12))
    assert (row.state, row.handler, row.answered_at) == (
        "talking",
        shop.colleague,
        now + timedelta(seconds=12),
    )
    again = incoming_calls.answer(call, by=shop.owner, now=now + timedelta(seconds=20))
    assert again.handler == shop.colleague
    assert call.events.filter(kind="answered").count() == 1


@pytest.mark.django_db(transaction=True)
def test_r9_6_two_who_answer_in_the_same_second_are_one(shop, now):
    call = incoming_calls.ring(branch=shop.branch, by=shop.owner, now=now)
    people, gate = [shop.owner, shop.colleague, shop.manager], threading.Barrier(3)

    def press(person: Any) -> int:
        try:
            gate.wait(timeout=20)
            row = incoming_calls.answer(call, by=person, now=now)
            return row.handler_id or 0
        finally:
            connection.close()

    with ThreadPoolExecutor(3) as pool:
        handlers = list(pool.map(press, people))
    assert len(set(handlers)) == 1
    assert IncomingCallEvent.objects.filter(kind="answered").count() == 1


def test_r1_5_who_is_on_the_telephone_is_passed_over(shop, call, now):
    assert rotation.next_up(shop.branch, now=now) == shop.colleague
    incoming_calls.finish(call, by=shop.owner, now=now)
    assert rotation.next_up(shop.branch, now=now) == shop.owner


def test_a_call_left_open_yesterday_is_not_on_the_line(shop, now):
    call = incoming_calls.take(branch=shop.branch, by=shop.owner, now=now - timedelta(days=1))
    assert on_the_line([shop.owner], shop.branch, now) == []
    assert list(incoming_calls.left_open(shop.branch, now)) == [call]


# --- What they say --------------------------------------------------------------------------
def test_a_known_number_is_the_known_customer(shop, call, now):
    known = factories.CustomerFactory(branch=shop.branch, owner=shop.colleague, phone=NUMBER)
    row = told(call, shop, now, number=NUMBER, matter="改期 \u202e")
    assert (row.customer, row.matter) == (known, "改期")
    assert [event.kind for event in row.events.all()] == ["answered", "described", "recognised"]
    assert NUMBER.removeprefix("+86") not in str(list(row.events.values_list("parameters", flat=True)))
    row = told(row, shop, now, number="+8613900000000")
    assert row.customer is None


def test_what_has_a_door_of_its_own_is_not_described(shop, call, now):
    for name in ("state", "handler", "customer", "version"):
        with pytest.raises(TypeError):
            told(call, shop, now, **{name: "x"})


def test_a_stale_page_loses_politely(shop, call, now):
    told(call, shop, now, matter="one")
    with pytest.raises(StaleEdit) as refusal:
        incoming_calls.describe(call, version=1, by=shop.colleague, now=now, matter="two")
    assert refusal.value.current.recent_changes()[0]["by"] == shop.owner


def test_r1_1_a_new_caller_belongs_to_who_took_the_call(shop, call, now):
    told(call, shop, now, caller="王小姐", number=NUMBER)
    row = incoming_calls.open_file(call, by=shop.colleague, now=now)
    customer = Customer.objects.get()
    assert (row.customer, customer.owner) == (customer, shop.owner)
    assert files.find_by_number(NUMBER, branch=shop.branch) == customer
    assert incoming_calls.open_file(call, by=shop.owner, now=now).customer == customer
    assert Customer.objects.count() == 1


def test_r1_1_a_file_needs_a_name(shop, call, now):
    with pytest.raises(ValidationError) as refusal:
        incoming_calls.open_file(call, by=shop.owner, now=now)
    assert "caller" in refusal.value.message_dict


def test_a_number_told_after_the_file_was_opened_keeps_the_customer(shop, call, now):
    told(call, shop, now, caller="王小姐")
    opened = incoming_calls.open_file(call, by=shop.owner, now=now)
    assert told(call, shop, now, number=NUMBER).customer == opened.customer


# --- Parked ---------------------------------------------------------------------------------
def test_r1_5_a_parked_call_becomes_a_timed_call_back_of_who_took_it(shop, call, now):
    row = parked(call, shop, now)
    assert (row.state, row.handler, row.call_back_at) == ("parked", shop.owner, now + timedelta(minutes=10))
    (line,) = call_backs([shop.owner], shop.branch, now)
    assert (line.is_due, line.is_late) == (False, False)
    (line,) = call_backs([shop.owner], shop.branch, now + timedelta(minutes=10))
    assert (line.is_due, line.is_late) == (True, False)
    (line,) = call_backs([shop.owner], shop.branch, now + timedelta(minutes=16))
    assert (line.is_due, line.is_late) == (True, True)
    assert call_backs([shop.colleague], shop.branch, now) == []


def test_r1_5_nobody_is_parked_without_a_number(shop, call, now):
    with pytest.raises(ValidationError) as refusal:
        incoming_calls.park(call, at=now + timedelta(minutes=10), by=shop.owner, now=now)
    assert "number" in refusal.value.message_dict
    customer = factories.CustomerFactory(branch=shop.branch, owner=shop.owner, phone="")
    IncomingCall.objects.filter(pk=call.pk).update(customer=customer)
    with pytest.raises(ValidationError):
        incoming_calls.park(call, at=now + timedelta(minutes=10), by=shop.owner, now=now)


@pytest.mark.parametrize(
    "away", [timedelta(0), timedelta(minutes=-1), timedelta(days=31), timedelta(days=2_000_000)]
)
def test_r1_5_the_time_lies_ahead_and_in_reach(shop, call, now, away):
    told(call, shop, now, number=NUMBER)
    with pytest.raises(ValidationError) as refusal:
        incoming_calls.park(call, at=now + away, by=shop.owner, now=now)
    assert "call_back_at" in refusal.value.message_dict


def test_r1_5_a_call_that_nobody_answered_yet_is_parked_by_who_parks_it(shop, now):
    call = incoming_calls.ring(branch=shop.branch, by=shop.owner, now=now)
    assert parked(call, shop, now).handler == shop.owner


def test_r1_5_after_three_vain_call_backs_a_manager_sees_it(shop, call, now):
    row = parked(call, shop, now)
    for number in range(1, TRIES + 1):
        assert not_reached([shop.manager], shop.branch, now) == []
        row = incoming_calls.try_again(row, by=shop.owner, now=now + timedelta(hours=number))
        assert (row.tries, row.call_back_at) == (number, now + timedelta(hours=number, minutes=10))
    assert [line.call for line in not_reached([shop.manager], shop.branch, now)] == [row]
    incoming_calls.finish(row, by=shop.manager, now=now)
    assert not_reached([shop.manager], shop.branch, now) == []


def test_r1_5_who_calls_back_is_on_the_telephone_and_nobody_answering_parks_it_again(shop, call, now):
    parked(call, shop, now)
    row = incoming_calls.call_now(call, by=shop.owner, now=now + timedelta(minutes=10))
    assert row.state == "talking"
    assert rotation.next_up(shop.branch, now=now + timedelta(minutes=10)) == shop.colleague
    row = incoming_calls.try_again(row, by=shop.owner, now=now + timedelta(minutes=11))
    assert (row.state, row.tries) == ("parked", 1)


def test_trying_again_means_a_call_back(shop, call, now):
    assert incoming_calls.try_again(call, by=shop.owner, now=now).state == "talking"


def test_r8_1_the_deputy_calls_back_marked_for_whom(shop, call, now):
    parked(call, shop, now)
    day = shop.branch.today(now)
    factories.LeaveFactory(
        user=shop.owner, branch=shop.branch, starts_on=day, ends_on=day, deputy=shop.colleague
    )
    people = stands_in_for(shop.colleague, branch=shop.branch, day=day)
    (line,) = call_backs(people, shop.branch, now)
    assert line.stands_for == shop.owner
    assert stands_in_for(shop.owner, branch=shop.branch, day=day) == []


def test_r2_2_who_wants_no_calls_is_called_back_when_they_ask_for_it(shop, call, now):
    customer = factories.CustomerFactory(branch=shop.branch, owner=shop.owner, phone=NUMBER)
    files.refuse_contact(customer, by=shop.owner, now=now)
    parked(call, shop, now)
    assert len(call_backs([shop.owner], shop.branch, now)) == 1


# --- Handed on, done ------------------------------------------------------------------------
def test_a_call_is_handed_on_with_its_history(shop, call, now):
    row = incoming_calls.hand_on(call, to=shop.colleague, by=shop.owner, now=now)
    assert (row.state, row.handler) == ("talking", shop.colleague)
    assert row.events.last().parameters == {"from": shop.owner.pk, "to": shop.colleague.pk}
    incoming_calls.hand_on(call, to=shop.colleague, by=shop.owner, now=now)
    assert row.events.filter(kind="handed_on").count() == 1


@pytest.mark.parametrize("name", ["artist", "cashier", "neighbour"])
def test_a_call_goes_only_to_the_own_front_desk(shop, call, now, name):
    with pytest.raises(ValidationError):
        incoming_calls.hand_on(call, to=getattr(shop, name), by=shop.owner, now=now)


def test_done_is_done_once(shop, call, now):
    incoming_calls.finish(call, by=shop.owner, now=now + timedelta(minutes=2))
    row = incoming_calls.finish(call, by=shop.colleague, now=now + timedelta(minutes=9))
    assert (row.handler, row.ended_at) == (shop.owner, now + timedelta(minutes=2))
    assert row.events.filter(kind="done").count() == 1
    with pytest.raises(IsOver):
        incoming_calls.hand_on(call, to=shop.colleague, by=shop.owner, now=now)
    with pytest.raises(IsOver):
        incoming_calls.park(call, at=now + timedelta(hours=1), by=shop.owner, now=now)


def test_the_call_stands_on_the_customers_timeline(shop, call, now):
    customer = factories.CustomerFactory(branch=shop.branch, owner=shop.owner, phone=NUMBER)
    told(call, shop, now, number=NUMBER, matter="改期")
    (entry,) = of_customer(customer)
    assert (entry.text, entry.actor, entry.link) == ("Called us: 改期", shop.owner, call.get_absolute_url())


def test_the_telephone_is_part_of_today():
    assert {"on_the_line", "call_backs", "not_reached"} <= set(duties.names())


def test_r1_5_who_telephones_sees_who_waits_at_the_door(shop, call, now):
    assert incoming_calls.at_the_door(shop.branch, now) == []
    visit = visits.receive(branch=shop.branch, by=shop.colleague, now=now)
    assert incoming_calls.at_the_door(shop.branch, now) == [visit]
    assert incoming_calls.at_the_door(shop.other_branch, now) == []
    visits.greet(visit, by=shop.colleague, now=now)
    assert incoming_calls.at_the_door(shop.branch, now) == []


# --- Whatever people press ------------------------------------------------------------------
PRESSES = st.lists(
    st.sampled_from(["answer", "park", "call", "again", "hand", "done", "number", "caller", "open"]),
    max_size=14,
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(presses=PRESSES)
def test_r1_5_whatever_is_pressed_a_call_that_is_not_done_is_in_exactly_one_place(shop, now, presses):
    call = incoming_calls.ring(branch=shop.branch, by=shop.owner, now=now)
    doors = {
        "answer": lambda: incoming_calls.answer(call, by=shop.owner, now=now),
        "park": lambda: incoming_calls.park(call, at=now + timedelta(minutes=5), by=shop.owner, now=now),
        "call": lambda: incoming_calls.call_now(call, by=shop.colleague, now=now),
        "again": lambda: incoming_calls.try_again(call, by=shop.owner, now=now),
        "hand": lambda: incoming_calls.hand_on(call, to=shop.colleague, by=shop.owner, now=now),
        "done": lambda: incoming_calls.finish(call, by=shop.owner, now=now),
        "number": lambda: told(call, shop, now, number=NUMBER),
        "caller": lambda: told(call, shop, now, caller="王小姐"),
        "open": lambda: incoming_calls.open_file(call, by=shop.owner, now=now),
    }
    for press in presses:
        with suppress(IsOver, ValidationError):
            doors[press]()
        row = IncomingCall.objects.get(pk=call.pk)
        live = row in incoming_calls.on_the_line(shop.branch, now)
        lists = [
            person
            for person in (shop.owner, shop.colleague, shop.manager)
            if row in [line.call for line in call_backs([person], shop.branch, now)]
        ]
        assert live + len(lists) + (row.state == "done") == 1
        if lists:
            assert lists == [row.handler]


def test_days_and_months_do_not_lose_a_call_back(shop, call, now):
    row = parked(call, shop, now, minutes=60 * 24 * 3)
    assert call_backs([shop.owner], shop.branch, now) == []
    later = shop.branch.day_bounds(date(2026, 5, 20))[0]
    assert [line.call for line in call_backs([shop.owner], shop.branch, later)] == [row]
