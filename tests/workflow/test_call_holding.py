"""R3.2: two people never call the same customer at the same time."""

import threading
from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from customers import consents
from studio.staff.models import Membership
from tests.factories import UserFactory
from tests.workflow.calling import Desk
from workflow import call_holding, calls, incoming_calls
from workflow.call_holding import LineTaken, NotToCall
from workflow.models import CallInProgress, CallRules, IncomingCall

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
CROWD = 16


@pytest.fixture
def desk(shop, now):
    return Desk(shop, now)


@pytest.fixture
def call(desk):
    return desk.call()


# --- Taken --------------------------------------------------------------------------------------
def test_r3_2_who_presses_call_has_the_customer_and_nobody_else_gets_them(shop, now, call):
    held = call_holding.take(call, by=shop.owner, now=now)
    assert (held.user, held.since, held.call) == (shop.owner, now, call.pk)
    with pytest.raises(LineTaken) as taken:
        call_holding.take(call, by=shop.colleague, now=now + MINUTE)
    assert taken.value.held.user == shop.owner
    assert "小陈 is on the line with them since 12:00." in taken.value.held.sentence


def test_r3_2_another_call_about_the_same_customer_is_the_same_line(desk, shop, now, call):
    other = desk.call(appointment=desk.appointment(customer=call.customer))
    call_holding.take(call, by=shop.owner, now=now)
    with pytest.raises(LineTaken):
        call_holding.take(other, by=shop.colleague, now=now)
    assert call_holding.take(other, by=shop.owner, now=now).call == other.pk
    assert CallInProgress.objects.count() == 1


def test_pressed_again_the_line_is_kept_for_longer_and_since_stays(shop, now, call):
    call_holding.take(call, by=shop.owner, now=now)
    again = call_holding.take(call, by=shop.owner, now=now + 5 * MINUTE)
    assert again.since == now
    assert CallInProgress.objects.get().until == now + 15 * MINUTE


def test_it_ends_by_itself_for_who_forgot(shop, now, call):
    call_holding.take(call, by=shop.owner, now=now)
    assert call_holding.with_customer(call.customer_id, now + 10 * MINUTE) is None
    held = call_holding.take(call, by=shop.colleague, now=now + 10 * MINUTE)
    assert (held.user, held.since) == (shop.colleague, now + 10 * MINUTE)


def test_how_long_it_is_kept_is_the_branchs_rule(shop, now, call):
    CallRules.objects.create(branch=shop.branch, holds_minutes=3)
    call_holding.take(call, by=shop.owner, now=now)
    assert CallInProgress.objects.get().until == now + 3 * MINUTE


def test_given_up_it_is_free_at_once_and_nobody_elses_is_given_up(shop, now, call):
    call_holding.take(call, by=shop.owner, now=now)
    assert not call_holding.give_up(call, by=shop.colleague)
    assert call_holding.give_up(call, by=shop.owner)
    assert not call_holding.give_up(call, by=shop.owner)
    assert call_holding.take(call, by=shop.colleague, now=now).user == shop.colleague


def test_a_manager_takes_over(shop, now, call):
    call_holding.take(call, by=shop.owner, now=now)
    assert call_holding.take(call, by=shop.manager, now=now + MINUTE, over=True).user == shop.manager
    with pytest.raises(LineTaken):
        call_holding.take(call, by=shop.owner, now=now + 2 * MINUTE)


@pytest.mark.parametrize("change", ["made", "silent", "left"])
def test_nobody_is_called_about_what_is_over(shop, now, call, change):
    if change == "made":
        calls.record(call, outcome="confirmed", version=1, by=shop.owner, now=now)
    else:
        field, value = {"silent": ("do_not_contact", True), "left": ("is_active", False)}[change]
        type(call.customer).objects.update(**{field: value})
    with pytest.raises(NotToCall):
        call_holding.take(call, by=shop.owner, now=now)
    assert not CallInProgress.objects.exists()


def test_r2_2_who_said_stop_is_not_followed_up_by_telephone(shop, now, call):
    """Asked again at the moment of the call; about what they ordered they are called as before."""
    consents.say(call.customer, "phone", "news", False, source="desk", by=shop.owner, now=now)
    assert call_holding.may_be_called(call, call.customer)
    call.kind = "follow_up"
    assert not call_holding.may_be_called(call, call.customer)


# --- The outcome --------------------------------------------------------------------------------
@pytest.mark.parametrize("outcome", ["confirmed", "no_answer", "wrong_number", "another_time"])
def test_the_outcome_ends_the_line(shop, now, call, outcome):
    call_holding.take(call, by=shop.owner, now=now)
    calls.record(call, outcome=outcome, version=call.version, by=shop.owner, now=now + MINUTE)
    assert not CallInProgress.objects.exists()


def test_an_outcome_is_recorded_by_who_is_on_the_line_and_by_nobody_else(shop, now, call):
    call_holding.take(call, by=shop.owner, now=now)
    with pytest.raises(calls.OutcomeRefused) as refused:
        calls.record(call, outcome="confirmed", version=1, by=shop.colleague, now=now)
    assert "小陈 is on the line" in str(refused.value.sentence)
    call.refresh_from_db()
    assert (call.state, call.version) == ("open", 1)
    assert CallInProgress.objects.get().user == shop.owner


def test_while_nobody_is_on_the_line_anybody_records(shop, now, call):
    call_holding.take(call, by=shop.owner, now=now - HOUR)
    assert calls.record(call, outcome="chat", version=1, by=shop.colleague, now=now).state == "done"


# --- They rang us -------------------------------------------------------------------------------
def test_r9_6_who_rang_us_is_on_the_line_already(shop, now, call):
    rang = incoming_calls.take(branch=shop.branch, by=shop.colleague, now=now)
    IncomingCall.objects.filter(pk=rang.pk).update(customer=call.customer)
    with pytest.raises(LineTaken) as taken:
        call_holding.take(call, by=shop.owner, now=now + MINUTE)
    assert taken.value.held.rang
    assert call_holding.take(call, by=shop.colleague, now=now + MINUTE).user == shop.colleague


def test_while_it_still_rings_nobody_calls_either(shop, now, call):
    rang = incoming_calls.ring(branch=shop.branch, by=shop.owner, now=now)
    IncomingCall.objects.filter(pk=rang.pk).update(customer=call.customer)
    with pytest.raises(LineTaken) as taken:
        call_holding.take(call, by=shop.owner, now=now + MINUTE)
    assert "They are ringing us since 12:00." in taken.value.held.sentence
    # What they said is recorded all the same: nobody of ours holds the line.
    assert calls.record(call, outcome="confirmed", version=1, by=shop.owner, now=now).state == "done"


def test_a_call_that_came_in_and_was_forgotten_keeps_nobody_away(shop, now, call):
    rang = incoming_calls.take(branch=shop.branch, by=shop.colleague, now=now - 2 * HOUR)
    IncomingCall.objects.filter(pk=rang.pk).update(customer=call.customer)
    assert call_holding.take(call, by=shop.owner, now=now).user == shop.owner


def test_many_customers_are_asked_about_in_two_questions(desk, shop, now, django_assert_num_queries):
    rows = [desk.call(appointment=desk.appointment()) for _number in range(6)]
    for row in rows[:4]:
        call_holding.take(row, by=shop.owner, now=now)
    with django_assert_num_queries(2):
        held = call_holding.among([row.customer_id for row in rows], now)
    assert len(held) == 4
    with django_assert_num_queries(0):
        assert call_holding.among([], now) == {}


# --- At the same second ---------------------------------------------------------------------------
@pytest.mark.django_db(transaction=True)
def test_r3_2_sixteen_press_call_for_two_calls_of_one_customer_and_one_gets_it(desk, shop, now):
    first = desk.call()
    rows = [first, desk.call(appointment=desk.appointment(customer=first.customer))]
    people = [UserFactory() for _number in range(CROWD)]
    for person in people:
        Membership.objects.create(user=person, branch=shop.branch, role="consultant")
    together, answers = threading.Barrier(CROWD), []

    def press(number):
        together.wait()
        try:
            call_holding.take(rows[number % 2], by=people[number], now=now)
            answers.append(people[number])
        except LineTaken as taken:
            answers.append(taken.held.user)
        finally:
            connection.close()

    threads = [threading.Thread(target=press, args=(number,)) for number in range(CROWD)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    kept = CallInProgress.objects.get()
    assert len(answers) == CROWD
    assert set(answers) == {kept.user}


@pytest.mark.django_db(transaction=True)
def test_the_outcome_and_a_press_at_the_same_second_leave_no_line_behind(desk, shop, now):
    """Whoever comes first: a call that is made keeps nobody's line."""
    for _round in range(8):
        call, together = desk.call(appointment=desk.appointment()), threading.Barrier(2)

        def record(call=call, together=together):
            together.wait()
            try:
                calls.record(call, outcome="confirmed", version=1, by=shop.owner, now=now)
            except calls.OutcomeRefused:
                pass
            finally:
                connection.close()

        def press(call=call, together=together):
            together.wait()
            try:
                call_holding.take(call, by=shop.colleague, now=now)
            except NotToCall:
                pass
            finally:
                connection.close()

        threads = [threading.Thread(target=record), threading.Thread(target=press)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        call.refresh_from_db()
        assert CallInProgress.objects.filter(call=call).exists() == (call.state == "open")


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    presses=st.lists(
        st.tuples(
            st.sampled_from(["take", "over", "give_up"]),
            st.integers(0, 2),
            st.integers(0, 1),
            st.integers(0, 12),
        ),
        max_size=12,
    )
)
def test_whatever_is_pressed_one_person_at_most_is_on_the_line(desk, shop, now, presses):
    """Held by who took it last, for the minutes of the rules, and for no longer."""
    first = desk.call(appointment=desk.appointment())
    rows = [first, desk.call(appointment=desk.appointment(customer=first.customer))]
    people, at = [shop.owner, shop.colleague, shop.manager], now
    holder, until = None, now
    for action, who, which, minutes in presses:
        at += minutes * MINUTE
        person = people[who]
        free = holder is None or at >= until or holder == person
        if action == "give_up":
            call_holding.give_up(rows[which], by=person)
            holder = None if holder == person else holder
            continue
        try:
            call_holding.take(rows[which], by=person, now=at, over=action == "over")
            assert free or action == "over"
            holder, until = person, at + 10 * MINUTE
        except LineTaken as taken:
            assert not free
            assert taken.held.user == holder
    held = call_holding.with_customer(first.customer_id, at)
    assert (held.user if held else None) == (holder if at < until else None)


# --- The pages ------------------------------------------------------------------------------------
@pytest.fixture
def clock(now):
    with time_machine.travel(now, tick=False):
        yield


@pytest.fixture
def phone(sign_in, clock):
    """Press “Call”, or give the line up, as somebody."""

    def press(person, call, what="line", **data):
        return sign_in(person).post(reverse(f"workflow:call_{what}", args=[call.pk]), data)

    return press


def text(response):
    return response.content.decode()


def test_the_number_can_be_dialled_by_who_has_the_line_and_by_nobody_else(shop, sign_in, phone, call):
    dial = f'href="tel:{call.customer.contact_points.get().value}"'
    for page in ("/calls/", "/", call.get_absolute_url()):
        assert dial not in text(sign_in(shop.owner).get(page))
    answer = phone(shop.owner, call)
    assert answer.status_code == 302
    assert answer.url == f"{call.get_absolute_url()}#dial"
    for page in ("/calls/", "/", call.get_absolute_url()):
        assert dial in text(sign_in(shop.owner).get(page))
    for page in ("/calls/?all=1", call.get_absolute_url()):
        other = text(sign_in(shop.manager).get(page))
        assert dial not in other
        assert "小陈 is on the line with them since 12:00." in other


def test_the_second_who_presses_is_told_who_is_on_the_line(shop, sign_in, phone, call):
    phone(shop.owner, call)
    answer = phone(shop.colleague, call)
    assert answer.url == call.get_absolute_url()
    client = sign_in(shop.colleague)
    client.post(reverse("workflow:call_line", args=[call.pk]))
    assert "小陈 is on the line with them since 12:00." in text(client.get(call.get_absolute_url()))
    assert CallInProgress.objects.get().user == shop.owner


def test_only_a_manager_takes_over(shop, sign_in, phone, call):
    phone(shop.owner, call)
    assert "Take over" not in text(sign_in(shop.colleague).get(call.get_absolute_url()))
    assert "Take over" in text(sign_in(shop.manager).get(call.get_absolute_url()))
    phone(shop.colleague, call, over="1")
    assert CallInProgress.objects.get().user == shop.owner
    phone(shop.manager, call, over="1")
    assert CallInProgress.objects.get().user == shop.manager


def test_not_now_after_all_frees_the_line(shop, phone, call):
    phone(shop.owner, call)
    assert phone(shop.owner, call, "line_end").status_code == 302
    assert not CallInProgress.objects.exists()
    assert phone(shop.owner, call, "line_end").status_code == 302


def test_an_outcome_from_a_page_that_lost_the_line_is_refused_and_nothing_is_lost(shop, phone, call):
    phone(shop.manager, call)
    answer = phone(shop.owner, call, "outcome", outcome="confirmed", version=1, note="sie kommen")
    assert answer.status_code == 422
    assert "is on the line with them since 12:00." in text(answer)
    assert "sie kommen" in text(answer)


def test_the_neighbour_can_take_no_line(shop, phone, call):
    assert phone(shop.neighbour, call).status_code == 404
    assert phone(shop.neighbour, call, "line_end").status_code == 404
    assert not CallInProgress.objects.exists()


def test_looking_takes_no_line(shop, sign_in, clock, call):
    client = sign_in(shop.owner)
    client.get(call.get_absolute_url())
    assert client.get(reverse("workflow:call_line", args=[call.pk])).status_code == 405
    assert not CallInProgress.objects.exists()
