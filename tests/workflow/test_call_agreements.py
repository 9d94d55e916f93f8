"""R3.2: another time, agreed while they are on the telephone, by one press."""

from datetime import timedelta
from decimal import Decimal

import pytest
import time_machine
from django.urls import reverse

from bookings import agreed_moves, schedule
from bookings.agreed_moves import PriceChanges
from bookings.allocation import SlotTaken
from bookings.bookable import NotBookable
from bookings.models import BookingEvent
from studio.foundation.models import StaleEdit
from tests.workflow.calling import Desk
from workflow import call_agreements, call_holding, calls
from workflow.models import CallInProgress, CallTask, WishedTime

DAY, HOUR = timedelta(days=1), timedelta(hours=1)


@pytest.fixture
def desk(shop, now):
    return Desk(shop, now)


@pytest.fixture
def call(desk, shop, now):
    """They would like another time than the day after tomorrow at noon; the call to agree one is due."""
    shoot = desk.shoot(desk.order(starts_at=now + 2 * DAY))
    shoot = schedule.ask_another_time(shoot, wish="周末", via="link", by=None, now=now)
    calls.ask_for_another_time(shoot, now=now)
    return CallTask.objects.select_related("appointment").get(kind="another_time")


@pytest.fixture
def wish(call, now):
    """A free time that they chose behind their link."""

    def choose(days=4, version=1):
        return WishedTime.objects.create(
            appointment=call.appointment, schedule_version=version, starts_at=call.appointment.starts_at + days * DAY,
            position=abs(days),
        )  # fmt: skip

    return choose


@pytest.fixture
def agree(shop, call, now):
    def press(days=4, **given):
        starts_at = call.appointment.starts_at + days * DAY
        return call_agreements.agree(
            call, **{"starts_at": starts_at, "version": call.version, "by": shop.owner, "now": now} | given
        )

    return press


# --- Offered --------------------------------------------------------------------------------------
def test_the_times_that_they_chose_are_offered_in_their_order(call, wish, now):
    second, first = wish(5), wish(4)
    assert call_agreements.wished_times(call, now) == [first, second]


def test_a_time_for_an_older_date_or_one_that_has_passed_is_not_offered(call, wish, now):
    wish(4, version=2)
    wish(-3)
    assert call_agreements.wished_times(call, now) == []


# --- Agreed ---------------------------------------------------------------------------------------
def test_r3_2_one_press_moves_the_date_with_all_that_is_held_and_the_call_is_made(shop, call, now, agree):
    before = list(call.appointment.allocations.active().values_list("resource", flat=True))
    moved = agree()
    assert moved.starts_at == now + 6 * DAY
    assert moved.ends_at - moved.starts_at == 6 * HOUR
    assert list(moved.allocations.active().values_list("resource", flat=True)) == before
    call.refresh_from_db()
    assert (call.state, call.outcome, call.done_by) == ("done", "another_time", shop.owner)
    assert not CallTask.objects.open().exists()


def test_the_customer_knows_since_they_are_on_the_telephone(desk, agree):
    agree()
    assert BookingEvent.objects.get(kind="moved").parameters["knows"] is True
    assert not [message for message in desk.messages() if message.state == "queued"]


def test_the_same_press_twice_is_one_move(agree):
    agree()
    agree()
    assert BookingEvent.objects.filter(kind="moved").count() == 1


def test_the_line_is_free_afterwards(shop, call, now, agree):
    call_holding.take(call, by=shop.owner, now=now)
    agree()
    assert not CallInProgress.objects.exists()


# --- Refused: nothing is changed ----------------------------------------------------------------
@pytest.fixture
def untouched(call):
    """What stands before, to be compared with afterwards."""

    def check():
        fresh = CallTask.objects.select_related("appointment").get(pk=call.pk)
        assert (fresh.state, fresh.version, fresh.appointment.schedule_version) == ("open", call.version, 1)
        assert fresh.appointment.starts_at == call.appointment.starts_at
        assert not fresh.events.exists()

    return check


def test_habit_7_taken_meanwhile_the_three_nearest_are_offered(desk, now, agree, untouched):
    desk.order(starts_at=now + 6 * DAY)
    with pytest.raises(SlotTaken) as taken:
        agree()
    assert len(taken.value.free) == 3
    untouched()
    agree(starts_at=taken.value.free[0].starts_at)


@pytest.mark.parametrize("days", [-3, 4000])
def test_a_time_that_nobody_can_mean_is_refused(agree, untouched, days):
    with pytest.raises(NotBookable):
        agree(days)
    untouched()


def test_somebody_elses_line_is_not_broken_into(shop, call, now, agree, untouched):
    call_holding.take(call, by=shop.colleague, now=now)
    with pytest.raises(calls.OutcomeRefused):
        agree()
    untouched()


def test_a_stale_page_loses_politely(shop, call, now, agree):
    calls.record(call, outcome="no_answer", version=call.version, by=shop.colleague, now=now)
    with pytest.raises(StaleEdit):
        agree()


def test_moved_by_somebody_else_meanwhile_it_moves_no_more(desk, shop, call, now, agree):
    schedule.move(call.appointment, slot=desk.slot(now + 8 * DAY), version=None, by=shop.manager, now=now)
    with pytest.raises(StaleEdit):
        agree()
    call.appointment.refresh_from_db()
    assert call.appointment.starts_at == now + 8 * DAY


def test_another_price_is_agreed_before_it_moves(shop, call, agree, untouched, monkeypatch):
    def dearer(appointment, *, agreed, **given):
        if agreed != Decimal("200"):
            raise PriceChanges(Decimal("200"), "CNY")
        return schedule.move(appointment, **given)

    monkeypatch.setattr(agreed_moves, "move", dearer)
    with pytest.raises(PriceChanges):
        agree()
    untouched()
    assert agree(price=Decimal("200")).schedule_version == 2


# --- The page -------------------------------------------------------------------------------------
@pytest.fixture
def owner(shop, sign_in, now):
    with time_machine.travel(now, tick=False):
        yield sign_in(shop.owner)


@pytest.fixture
def press(owner, call):
    def send(starts_at, **data):
        address = reverse("workflow:call_agreement", args=[call.pk])
        return owner.post(address, {"starts_at": starts_at, "version": call.version, **data})

    return send


def text(response):
    return response.content.decode()


def test_the_page_has_a_button_for_each_time_and_one_press_agrees_it(call, wish, owner, press, now):
    chosen = wish(4)
    page = text(owner.get(call.get_absolute_url()))
    assert "Times that would suit them" in page
    value = f"{chosen.starts_at.astimezone(call.branch.zone).isoformat()}"
    assert f'value="{value}"' in page
    answer = press(value)
    assert (answer.status_code, answer.url) == (302, "/calls/")
    call.appointment.refresh_from_db()
    assert call.appointment.starts_at == chosen.starts_at


def test_without_such_times_the_page_has_no_such_part(call, owner):
    assert "Times that would suit them" not in text(owner.get(call.get_absolute_url()))


def test_habit_7_a_taken_time_answers_with_the_nearest_as_buttons(desk, call, press, now):
    desk.order(starts_at=now + 6 * DAY)
    answer = press((now + 6 * DAY).isoformat())
    assert answer.status_code == 422
    page = text(answer)
    assert "be had any more" in page
    assert page.count('name="starts_at"') == 3


def test_another_price_is_shown_and_agreed_by_the_next_press(call, press, now, monkeypatch):
    def dearer(appointment, *, agreed, **given):
        if agreed != Decimal("200"):
            raise PriceChanges(Decimal("200"), "CNY")
        return schedule.move(appointment, **given)

    monkeypatch.setattr(agreed_moves, "move", dearer)
    when = (now + 6 * DAY).isoformat()
    answer = press(when)
    assert answer.status_code == 422
    assert "200" in text(answer)
    assert 'name="price"' in text(answer)
    assert press(when, price="200").status_code == 302


@pytest.mark.parametrize(
    "data",
    [
        {"starts_at": ""},
        {"starts_at": "soon"},
        {"starts_at": "0001-01-01T00:00:00+00:00"},
        {"starts_at": "9999-12-31T23:59:59+00:00"},
        {"starts_at": "9999-12-31T23:59:59-14:00"},
        {"starts_at": "2026-13-45T99:00:00+08:00"},
        {"starts_at": "\x00"},
        {"version": ""},
        {"version": "99999999999999999999"},
        {"version": "-1"},
    ],
)
def test_bad_input_is_refused_with_a_sentence(call, press, now, data):
    answer = press(data.pop("starts_at", (now + 6 * DAY).isoformat()), **data)
    assert answer.status_code == 422
    assert "Choose one of the times." in text(answer)
    call.appointment.refresh_from_db()
    assert call.appointment.schedule_version == 1


def test_a_stale_page_answers_409(shop, call, press, now):
    calls.record(call, outcome="no_answer", version=call.version, by=shop.colleague, now=now)
    assert press((now + 6 * DAY).isoformat()).status_code == 409


def test_a_call_without_a_date_agrees_none_here(desk, shop, owner, now):
    order = desk.order()
    desk.plan(now + 8 * DAY)
    call = CallTask.objects.get(work_order=order)
    address = reverse("workflow:call_agreement", args=[call.pk])
    answer = owner.post(address, {"starts_at": (now + 6 * DAY).isoformat(), "version": call.version})
    assert answer.status_code == 422


def test_the_neighbour_agrees_nothing(shop, sign_in, call, now):
    address = reverse("workflow:call_agreement", args=[call.pk])
    assert sign_in(shop.neighbour).post(address, {}).status_code == 404
