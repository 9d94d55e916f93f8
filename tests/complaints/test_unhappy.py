"""Who leaves unhappy (R9.3, R10.4, R10.5): opened before the door, rung at once, taken by one person, answered
within the hour."""

import threading
import uuid
from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from complaints import recovery
from complaints.models import Recovery
from studio.outbox.alert_words import alert_kinds, lines_of
from studio.outbox.models import Alert
from studio.outbox.purposes import planners
from studio.staff.duties import duties
from tests.workflow import orders
from tests.workflow.shoots import party, shot_and_back
from workflow import send_off
from workflow.departures import Told
from workflow.models import WorkOrderEvent

pytestmark = pytest.mark.django_db
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
WORDS = "We waited an hour for the second look"


@pytest.fixture
def evening(now):
    return now + 6 * HOUR


@pytest.fixture
def unhappy(shop, now, evening):
    """A couple at the door, and their departure."""
    return see_off(shop, shot_and_back(shop, now=now), evening)


def see_off(shop, order, evening, *, speaks=None, by=None):
    return send_off.see_off(
        order,
        mood="unhappy",
        no_date_because="They call",
        told=Told(WORDS, speaks),
        by=by or shop.owner,
        now=evening,
    )


def again(shop, now, evening, **more):
    return see_off(shop, shot_and_back(shop, now=now, resources=[]), evening, **more)


def rung(kind="left_unhappy") -> set[int]:
    return set(Alert.objects.filter(kind=kind).values_list("user", flat=True))


def page(departure, name="word") -> str:
    return reverse(f"complaints:{name}", args=[departure.pk])


# --- Opened before the door -----------------------------------------------------------------------------
def test_r9_3_it_is_opened_in_the_press_that_sees_them_off_with_what_they_said(unhappy, evening) -> None:
    row = Recovery.objects.get()
    assert (row.departure, row.what, row.opened_at) == (unhappy, WORDS, evening)
    assert row.answer_by == evening + HOUR
    assert row.taken_by is None
    assert WORDS in unhappy.note


@pytest.mark.parametrize("mood", ["satisfied", "surprised", "moved"])
def test_a_content_party_opens_nothing_and_rings_nobody(shop, now, evening, mood) -> None:
    send_off.see_off(
        shot_and_back(shop, now=now), mood=mood, no_date_because="They call", by=shop.owner, now=evening
    )
    assert not Recovery.objects.exists()
    assert rung() == set()


def test_r9_3_managers_hear_it_that_second_and_the_owner_where_a_colleague_saw_them_off(
    shop, now, evening
) -> None:
    see_off(shop, shot_and_back(shop, now=now), evening, by=shop.colleague)
    assert rung() == {shop.manager.pk, shop.general_manager.pk, shop.owner.pk}


def test_who_saw_them_off_is_not_rung_for_what_they_wrote_themselves(shop, unhappy) -> None:
    assert shop.owner.pk not in rung()


def test_r10_5_who_speaks_to_them_now_has_it_in_hand_and_is_rung(shop, now, evening) -> None:
    again(shop, now, evening, speaks=shop.colleague)
    row = Recovery.objects.get()
    assert (row.taken_by, row.taken_at) == (shop.colleague, evening)
    assert shop.colleague.pk in rung()


def test_r9_9_the_bell_has_the_name_and_the_group_chat_has_none(shop, unhappy) -> None:
    alert = Alert.objects.filter(kind="left_unhappy").first()
    (line,) = lines_of([alert])
    assert unhappy.work_order.booking.customer.name in line.words
    assert unhappy.work_order.booking.customer.name not in alert_kinds["left_unhappy"].sentence(
        alert.parameters
    )
    assert WORDS not in str(alert.parameters)


def test_the_form_asks_who_speaks_to_them_and_keeps_what_they_said(shop, now, evening, sign_in) -> None:
    order = shot_and_back(shop, now=now)
    data = {
        "members": [member.pk for member in party(order)], "mood": "unhappy", "what": WORDS,
        "speaks": shop.colleague.pk, "farewell_said": "on", "no_date_because": "They call",
        "submission": uuid.uuid4(),
    }  # fmt: skip
    with time_machine.travel(evening, tick=False):
        for _press in range(2):
            answer = sign_in(shop.owner).post(reverse("workflow:departure", args=[order.pk]), data)
            assert answer.status_code == 302
    row = Recovery.objects.get()
    assert (row.what, row.taken_by) == (WORDS, shop.colleague)


# --- One named person ------------------------------------------------------------------------------------
def test_r10_4_one_named_person_takes_it(shop, unhappy, evening) -> None:
    recovery.take(unhappy, by=shop.colleague, now=evening + MINUTE)
    recovery.take(unhappy, by=shop.colleague, now=evening + 2 * MINUTE)
    row = Recovery.objects.get()
    assert (row.taken_by, row.taken_at) == (shop.colleague, evening + MINUTE)
    assert WorkOrderEvent.objects.filter(kind="recovery_taken").count() == 1


def test_r10_5_from_a_colleague_only_a_manager_takes_it_over(shop, unhappy, evening) -> None:
    recovery.take(unhappy, by=shop.owner, now=evening)
    with pytest.raises(recovery.NotTheirs) as refusal:
        recovery.take(unhappy, by=shop.colleague, now=evening)
    assert refusal.value.taken_by == shop.owner
    recovery.take(unhappy, by=shop.manager, now=evening + MINUTE)
    assert Recovery.objects.get().taken_by == shop.manager


def test_nobody_of_a_department_or_another_branch_takes_it(shop, unhappy, evening) -> None:
    for person in (shop.artist, shop.cashier, shop.neighbour, shop.administrator):
        with pytest.raises(recovery.NotTheirs):
            recovery.take(unhappy, by=person, now=evening)
        with pytest.raises(recovery.NotTheirs):
            recovery.first_answer(unhappy, by=person, now=evening)
    assert Recovery.objects.get().taken_by is None


@pytest.mark.django_db(transaction=True)
def test_two_who_press_at_once_one_has_it_and_the_other_is_told_who(shop, now, evening) -> None:
    departure = again(shop, now, evening)
    start, got, refused = threading.Barrier(2), [], []

    def press(person) -> None:
        start.wait()
        try:
            got.append(recovery.take(departure, by=person, now=evening).taken_by)
        except recovery.NotTheirs as refusal:
            refused.append(refusal.taken_by)
        finally:
            connection.close()

    threads = [threading.Thread(target=press, args=[person]) for person in (shop.owner, shop.colleague)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == len(refused) == 1
    assert got == refused == [Recovery.objects.get().taken_by]


# --- The hour --------------------------------------------------------------------------------------------
def test_r10_4_the_first_answer_stops_the_clock(shop, unhappy, evening) -> None:
    recovery.take(unhappy, by=shop.owner, now=evening)
    recovery.first_answer(unhappy, by=shop.owner, now=evening + 20 * MINUTE)
    recovery.first_answer(unhappy, by=shop.owner, now=evening + 30 * MINUTE)
    (row,) = recovery.waiting(shop.branch)
    assert row.answered_at == evening + 20 * MINUTE
    assert recovery.overdue(evening + 2 * HOUR) == 0


def test_who_speaks_with_them_first_has_taken_it(shop, unhappy, evening) -> None:
    recovery.first_answer(unhappy, by=shop.colleague, now=evening)
    assert Recovery.objects.get().taken_by == shop.colleague
    with pytest.raises(recovery.NotTheirs):
        recovery.first_answer(unhappy, by=shop.owner, now=evening)


def test_r10_4_after_an_hour_without_a_word_managers_are_rung_once(shop, unhappy, evening) -> None:
    assert "recoveries" in planners.names()
    assert recovery.overdue(evening + HOUR - MINUTE) == 0
    assert recovery.overdue(evening + HOUR) == 3  # two managers and the owner
    assert recovery.overdue(evening + HOUR + MINUTE) == 0
    assert rung("first_answer_late") == {shop.manager.pk, shop.general_manager.pk, shop.owner.pk}


def test_of_what_a_manager_has_answered_for_nobody_is_rung(shop, unhappy, evening) -> None:
    recovery.give_word(unhappy, word="Called, all is well", by=shop.manager, now=evening + MINUTE)
    assert recovery.overdue(evening + 2 * HOUR) == 0


def test_after_a_power_cut_no_burst_of_old_alarms(shop, unhappy, evening) -> None:
    assert recovery.overdue(evening + timedelta(days=3)) == 0


# --- On Today and in Voices ----------------------------------------------------------------------------------
def test_r9_3_it_stands_on_the_owners_today_and_on_that_of_who_took_it(shop, unhappy, evening) -> None:
    items = duties["unhappy_mine"].items
    assert items([shop.owner], shop.branch, evening) == [unhappy]
    assert items([shop.colleague], shop.branch, evening) == []
    recovery.take(unhappy, by=shop.colleague, now=evening)
    assert items([shop.colleague], shop.branch, evening) == [unhappy]
    recovery.give_word(unhappy, word="Called, all is well", by=shop.manager, now=evening)
    assert items([shop.owner, shop.colleague], shop.branch, evening) == []


def test_r8_1_its_deputy_finds_it_among_the_cases(shop, unhappy, evening) -> None:
    day = shop.branch.today(evening)
    (case,) = duties["unhappy_mine"].cases(shop.owner, shop.branch, day, evening)
    assert case.customer == unhappy.work_order.booking.customer
    assert case.link == page(unhappy)


def test_the_page_shows_the_clock_who_has_it_and_the_next_press(shop, unhappy, evening, sign_in) -> None:
    owner = sign_in(shop.owner)
    with time_machine.travel(evening + 10 * MINUTE, tick=False):
        text = owner.get(page(unhappy)).content.decode()
        assert WORDS in text and "First answer by" in text and "I take it" in text
        assert "I answer for it" not in text
        assert owner.post(page(unhappy, "taken")).status_code == 302
        assert "I spoke with them" in owner.get(page(unhappy)).content.decode()
        assert owner.post(page(unhappy, "first_answer")).status_code == 302
        assert "Spoke with them" in owner.get(page(unhappy)).content.decode()
        answer = sign_in(shop.colleague).post(page(unhappy, "taken"))
    assert answer.status_code == 409
    assert "has taken it already" in answer.content.decode()


def test_when_the_hour_is_over_the_page_is_red(shop, unhappy, evening, sign_in) -> None:
    with time_machine.travel(evening + 61 * MINUTE, tick=False):
        assert "First answer is late" in sign_in(shop.manager).get(page(unhappy)).content.decode()
        assert (
            "First answer is late" in sign_in(shop.manager).get(reverse("complaints:list")).content.decode()
        )


def test_who_may_press(shop, unhappy, sign_in) -> None:
    for name in ("taken", "first_answer"):
        assert sign_in(shop.artist).post(page(unhappy, name)).status_code == 403
        assert sign_in(shop.neighbour).post(page(unhappy, name)).status_code == 404
        assert sign_in(shop.owner).get(page(unhappy, name)).status_code == 405
    assert sign_in(shop.owner).post(page(unhappy), {"word": "All is well"}).status_code == 403


def test_an_old_departure_without_a_recovery_is_opened_when_somebody_takes_it(shop, now) -> None:
    order = orders.in_pickup(shop, now)
    departure = orders.leave(order, mood="unhappy", by=shop.owner, now=now, note="late")
    recovery.take(departure, by=shop.owner, now=now + HOUR)
    assert Recovery.objects.get().what == "late"


def test_the_number_of_questions_does_not_grow_with_the_unhappy(shop, now, evening, unhappy) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            for row in recovery.waiting(shop.branch):
                assert row.answered_at is None and row.work_order.booking.customer.owner.spoken_name
                assert row.recovery.taken_by is None
        return len(queries)

    few = asked()
    for _one in range(2):
        again(shop, now, evening)
    assert asked() == few
