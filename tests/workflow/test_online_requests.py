"""Wishes from the booking page enter the rotation like a visitor, and are called back (R1.1, R1.2, F1)."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from bookings import codes, online
from bookings.models import Appointment, BookingRequest, OnlineBooking, WaitingEntry
from bookings.online import Answer
from bookings.sales import accept_terms
from bookings.schedule import Slot, cancel
from bookings.waiting_list import came_free
from customers.models import Customer
from studio.foundation.models import StaleEdit
from studio.staff.models import LeaveDay
from tests.bookings.conftest import Sale
from tests.bookings.together import together
from tests.factories import LeaveFactory
from workflow import incoming_calls, online_requests, rotation, visitor_log, visits
from workflow.front_duties import visits_open
from workflow.models import RotationDay, RotationTurn, Visit
from workflow.online_requests import AGREED, NO_ANSWER, NOT_WANTED, NotAnswered

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
PHONE = "+8613900001111"


@pytest.fixture
def counter(shop):
    return OnlineBooking.objects.create(branch=shop.branch, mode="request")


@pytest.fixture
def at_noon(now):
    with time_machine.travel(now, tick=True):
        yield


def wish_of(counter, now, **fields):
    branch = counter.branch
    given = {
        "version": None,
        "name": "周婷",
        "phone": PHONE,
        "party": 3,
        "words": "下午方便接电话",
        "language": "zh-hans",
        "address": "203.0.113.9",
        "now": now,
        "starts_at": branch.at(branch.today(now) + 7 * DAY, branch.opens_at),
    }
    wish = online.ask(counter, **given | fields)
    assert online.verify(wish, codes.code_of(wish), now=now) is Answer.RIGHT
    wish.refresh_from_db()
    return wish


def numbered(place):
    return {"phone": f"+86139000020{place:02d}", "address": f"203.0.113.{place}"}


# --- Into the rotation ----------------------------------------------------------------------
def test_f1_who_is_new_goes_to_the_next_in_line_and_costs_a_turn(shop, counter, now):
    first, second = (wish_of(counter, now, **numbered(place)) for place in range(2))
    assert (first.visit.consultant, second.visit.consultant) == (shop.owner, shop.colleague)
    assert first.visit.turn.counts
    assert first.visit.turn.reason == "next"
    assert (first.visit.party_size, first.visit.notes) == (3, "下午方便接电话")
    assert rotation.next_up(shop.branch, now=now) == shop.owner


def test_f1_a_wish_makes_nobody_busy(shop, counter, now):
    wish_of(counter, now)
    standings = {one.consultant: one for one in rotation.roster(shop.branch, now=now)}
    assert standings[shop.owner].presence == "ready"
    assert not standings[shop.owner].company


def test_r1_2_who_is_known_goes_to_their_owner_and_costs_no_turn(shop, counter, now):
    known = Sale(shop, now).customer(phone=PHONE)
    wish = wish_of(counter, now)
    assert (wish.customer, wish.visit.consultant, wish.visit.turn) == (known, shop.owner, None)
    assert not RotationTurn.objects.exists()


def test_r8_1_is_the_owner_off_who_stands_in_has_it(shop, counter, now):
    Sale(shop, now).customer(phone=PHONE)
    today = shop.branch.today(now)
    LeaveFactory(branch=shop.branch, user=shop.owner, starts_on=today, ends_on=today, deputy=shop.colleague)
    assert LeaveDay.objects.count() == 1
    assert wish_of(counter, now).visit.consultant == shop.colleague


def test_at_night_nobody_is_given_a_turn_until_the_house_opens(shop, counter, now):
    night = now + 11 * HOUR  # 23:00 in Shanghai
    wish = wish_of(counter, night)
    assert wish.state == "new"
    assert not RotationDay.objects.exists()
    assert online_requests.plan(night + HOUR) == 0
    morning = shop.branch.at(shop.branch.today(now) + DAY, shop.branch.opens_at)
    assert online_requests.plan(morning) == 1
    assert online_requests.plan(morning) == 0
    visit = Visit.objects.get()
    assert visit.arrived_at == morning
    assert visit.turn.rotation.day == shop.branch.today(morning)


def test_a_time_taken_at_night_is_held_by_the_next_days_first(shop, counter, now):
    counter.mode = "book"
    counter.save()
    wish = wish_of(counter, now + 11 * HOUR)
    assert wish.appointment.is_planned
    assert wish.customer.owner == shop.owner
    assert wish.customer.created_at <= now + 12 * HOUR
    assert RotationDay.objects.get().day == shop.branch.today(now) + DAY


def test_where_nobody_is_there_a_manager_has_it_and_it_is_given_out_later(shop, counter, now):
    for person in (shop.owner, shop.colleague):
        rotation.step_away(branch=shop.branch, consultant=person, why="x", by=shop.manager, now=now)
    wish = wish_of(counter, now)
    assert not Visit.objects.exists()
    asked = online_requests.asked_for([shop.manager], shop.branch, now)
    assert [(row.request, row.visit) for row in asked] == [(wish, None)]
    assert online_requests.asked_for([shop.owner], shop.branch, now) == []
    rotation.come_back(branch=shop.branch, consultant=shop.colleague, by=None, now=now)
    assert online_requests.plan(now) == 1
    wish.refresh_from_db()
    assert wish.visit.consultant == shop.colleague


@pytest.mark.django_db(transaction=True)
def test_several_planners_give_each_wish_out_once(shop, counter, now):
    night = now + 11 * HOUR
    for place in range(5):
        wish_of(counter, night, **numbered(place))
    morning = shop.branch.at(shop.branch.today(now) + DAY, shop.branch.opens_at)
    answers = together([lambda: online_requests.plan(morning)] * 4)
    assert all(isinstance(answer, int) for answer in answers), answers
    while online_requests.plan(morning):
        pass
    assert Visit.objects.count() == RotationTurn.objects.count() == 5
    given_to = list(RotationTurn.objects.values_list("consultant", flat=True))
    assert abs(given_to.count(shop.owner.pk) - given_to.count(shop.colleague.pk)) == 1


def test_r1_5_nobody_stands_at_the_door(shop, counter, now):
    wish = wish_of(counter, now)
    assert visits_open([shop.owner], shop.branch, now) == []
    assert incoming_calls.at_the_door(shop.branch, now) == []
    today = shop.branch.today(now)
    rows = visitor_log.found(shop.branch, visitor_log.Chosen(today, today))
    assert list(rows) == [wish.visit]
    assert visitor_log.figures(rows).waited is None


# --- The call ---------------------------------------------------------------------------------
def test_taking_up_opens_the_file_owned_by_who_received_them(shop, counter, now):
    wish = wish_of(counter, now)
    taken = online_requests.take_up(wish, by=shop.owner, now=now)
    assert (taken.state, taken.answered_by) == ("taken", shop.owner)
    customer = Customer.objects.get()
    assert (customer.owner, customer.name, taken.customer) == (shop.owner, "周婷", customer)
    visit = Visit.objects.get()
    assert visit.customer == customer
    assert not visit.turn_given_back
    assert online_requests.take_up(wish, by=shop.colleague, now=now).answered_by == shop.owner
    assert Customer.objects.count() == 1


def test_whose_file_was_opened_meanwhile_is_found(shop, counter, now):
    wish = wish_of(counter, now)
    known = Sale(shop, now).customer(phone=PHONE)
    assert online_requests.take_up(wish, by=shop.owner, now=now).customer == known
    assert Customer.objects.count() == 1


def taken_up(shop, counter, now, **fields):
    return online_requests.take_up(wish_of(counter, now, **fields), by=shop.owner, now=now)


def said(wish, outcome, shop, now, **fields):
    given = {"version": wish.version, "by": shop.owner, "now": now} | fields
    return online_requests.answer(wish, outcome=outcome, **given)


def test_agreed_for_the_wished_time_it_is_held(shop, counter, now):
    wish = taken_up(shop, counter, now)
    done = said(wish, AGREED, shop, now, starts_at=wish.starts_at)
    assert (done.state, done.answered_by) == ("done", shop.owner)
    assert done.appointment.kind == "consult"
    assert done.appointment.starts_at == wish.starts_at
    with pytest.raises(StaleEdit):
        said(done, AGREED, shop, now)


def test_an_agreed_wish_is_on_the_list_again_on_its_day_until_the_visit_ends(shop, counter, now):
    wish = taken_up(shop, counter, now)
    wish = said(wish, AGREED, shop, now, starts_at=wish.starts_at)
    assert online_requests.asked_for([shop.owner], shop.branch, now) == []
    day = now + 7 * DAY
    assert [row.request for row in online_requests.asked_for([shop.owner], shop.branch, day)] == [wish]
    visits.end(wish.visit, outcome="undecided", by=shop.owner, now=day)
    assert online_requests.asked_for([shop.owner], shop.branch, day) == []


def test_agreed_for_a_time_when_nobody_is_free_names_the_nearest(shop, counter, now):
    start = counter.branch.at(counter.branch.today(now) + 7 * DAY, counter.branch.opens_at)
    wish = taken_up(shop, counter, now, version=shop.package)
    Sale(shop, now).make(Slot(start, start + 6 * HOUR, [shop.artist_resource]))
    with pytest.raises(NotAnswered, match="Free are"):
        said(wish, AGREED, shop, now, starts_at=start)
    wish.refresh_from_db()
    assert (wish.state, wish.appointment) == ("taken", None)


def test_nobody_answered_three_times_and_a_manager_has_it_too(shop, counter, now):
    wish = taken_up(shop, counter, now)
    for call in range(3):
        at = now + call * 3 * HOUR
        wish = said(wish, NO_ANSWER, shop, at)
        (row,) = online_requests.asked_for([shop.owner], shop.branch, at + HOUR)
        assert (row.tries, row.rests_until) == (call + 1, at + 2 * HOUR)
        for_manager = online_requests.asked_for([shop.manager], shop.branch, at + HOUR)
        assert bool(for_manager) == (call == 2)
    assert row.is_hard
    assert wish.state == "taken"


def test_not_wanted_needs_a_reason_ends_the_visit_and_gives_the_time_back(shop, counter, now):
    counter.mode = "book"
    counter.save()
    wish = taken_up(shop, counter, now, version=shop.package)
    with pytest.raises(NotAnswered):
        said(wish, NOT_WANTED, shop, now)
    done = said(wish, NOT_WANTED, shop, now, reason="price", why="超预算")
    visit = Visit.objects.get()
    assert (visit.outcome, visit.loss_reason) == ("lost", "price")
    assert done.answer == "not_wanted: 超预算"
    appointment = Appointment.objects.get()
    assert not appointment.is_planned
    assert not appointment.allocations.active().exists()
    assert online_requests.asked_for([shop.owner], shop.branch, now) == []


def test_what_is_no_answer_is_refused(shop, counter, now):
    wish = taken_up(shop, counter, now)
    with pytest.raises(NotAnswered):
        said(wish, "perhaps", shop, now)


# --- For a day that is full -------------------------------------------------------------------
def full(counter, now, **fields):
    """A wish for the afternoon of a day on which nobody is free."""
    day = counter.branch.today(now) + 7 * DAY
    return wish_of(counter, now, **{"starts_at": None, "day": day, "part_of_day": "afternoon"} | fields)


@pytest.mark.parametrize("mode", ["request", "book"])
def test_who_asked_for_a_full_day_waits_for_it_once_the_wish_is_taken_up(shop, counter, now, mode):
    counter.mode = mode
    counter.save()
    wish = full(counter, now, version=shop.package)
    assert not WaitingEntry.objects.exists()
    for _ in range(2):
        wish = online_requests.take_up(wish, by=shop.owner, now=now)
    entry = WaitingEntry.objects.get()
    assert (entry.customer, entry.kind, entry.state) == (wish.customer, "shoot", "waiting")
    assert (entry.first_day, entry.last_day, entry.part_of_day) == (wish.day, wish.day, "afternoon")
    assert entry.minutes == shop.package.shoot_minutes
    assert (entry.note, entry.by) == ("下午方便接电话", shop.owner)


def test_who_has_a_time_or_named_no_day_waits_for_nothing(shop, counter, now):
    for place, fields in enumerate([{}, {"starts_at": None}]):
        online_requests.take_up(wish_of(counter, now, **numbered(place), **fields), by=shop.owner, now=now)
    assert not WaitingEntry.objects.exists()


def test_the_call_that_comes_after_the_day_puts_nobody_on_the_list(shop, counter, now):
    wish = full(counter, now)
    taken = online_requests.take_up(wish, by=shop.owner, now=now + 9 * DAY)
    assert taken.state == "taken"
    assert not WaitingEntry.objects.exists()


@pytest.mark.parametrize("outcome", [AGREED, NOT_WANTED])
def test_another_time_or_no_wish_any_more_ends_the_waiting(shop, counter, now, outcome):
    wish = online_requests.take_up(full(counter, now), by=shop.owner, now=now)
    other = counter.branch.at(wish.day + DAY, counter.branch.opens_at)
    fields = {"starts_at": other} if outcome == AGREED else {"reason": "price"}
    said(wish, outcome, shop, now, **fields)
    assert WaitingEntry.objects.get().state == "withdrawn"


def test_the_place_that_comes_free_is_offered_to_who_waited_from_the_page(shop, counter, now):
    start = counter.branch.at(counter.branch.today(now) + 7 * DAY, counter.branch.opens_at)
    held = Sale(shop, now).make(Slot(start, start + 11 * HOUR, Sale(shop, now).team))
    wish = online_requests.take_up(
        full(counter, now, version=shop.package, part_of_day="any"), by=shop.owner, now=now
    )
    said(wish, AGREED, shop, now)  # they wait, without a time
    assert came_free([shop.owner], shop.branch, now) == []
    cancel(held, why="x", by=shop.owner, now=now)
    (row,) = came_free([shop.owner], shop.branch, now)
    assert (row.entry.customer, row.is_free) == (wish.customer, True)


# --- The order that comes of it ---------------------------------------------------------------
def test_the_held_time_becomes_the_date_of_the_order(shop, counter, now):
    counter.mode = "book"
    counter.save()
    wish = taken_up(shop, counter, now, version=shop.package)
    booking = Sale(shop, now).sell(wish.customer, terms_accepted=True)
    wish.appointment.refresh_from_db()
    assert wish.appointment.booking == booking
    assert booking.events.filter(kind="dated").count() == 1
    accept_terms(booking, by=shop.owner, now=now)
    assert booking.appointments.count() == 1


def test_an_order_with_a_date_of_its_own_or_of_another_package_takes_nothing(shop, counter, now):
    counter.mode = "book"
    counter.save()
    wish = taken_up(shop, counter, now)  # only to talk
    booking = Sale(shop, now).sell(wish.customer, terms_accepted=True)
    wish.appointment.refresh_from_db()
    assert wish.appointment.booking is None
    assert not booking.appointments.exists()


# --- Pages ------------------------------------------------------------------------------------
def test_a_wish_on_today_with_the_number_to_call(shop, counter, now, at_noon, sign_in):
    wish = wish_of(counter, timezone.now())
    owner = sign_in(shop.owner)
    text = owner.get("/").content.decode()
    assert "Asked for on the booking page" in text
    assert f'href="tel:{PHONE}"' in text
    assert "周婷" not in sign_in(shop.artist).get("/").content.decode()
    assert owner.post(f"/requests/{wish.pk}/taking-up/")["Location"] == f"/requests/{wish.pk}/"
    text = owner.get(f"/requests/{wish.pk}/").content.decode()
    assert "Nobody answered" in text
    assert "下午方便接电话" in text
    log = owner.get("/visits/").content.decode()
    assert "周婷" in log
    assert "online" in log


def test_the_call_on_the_page(shop, counter, now, at_noon, sign_in):
    wish = taken_up(shop, counter, timezone.now())
    owner, url = sign_in(shop.owner), f"/requests/{wish.pk}/answer/"
    for fields, words in [
        ({}, "Say what the call brought."),
        ({"outcome": "perhaps"}, "Say what the call brought."),
        ({"outcome": "not_wanted"}, "Say why they don&#x27;t want it."),
        ({"outcome": "agreed", "day": "2026-05-23"}, "Day and time, or neither."),
        ({"outcome": "agreed", "day": "2020-05-23", "time": "10:00"}, "Nobody is free then."),
        ({"outcome": "agreed", "day": "0001-01-01", "time": "00:00"}, "Check the year."),
        ({"outcome": "agreed", "day": "9999-12-31", "time": "23:59"}, "Check the year."),
    ]:
        refused = owner.post(url, fields | {"version": wish.version, "why": "先想想"})
        assert refused.status_code == 422
        assert words in refused.content.decode()
        assert "先想想" in refused.content.decode()
    agreed = {"outcome": "agreed", "day": "2026-05-23", "time": "10:00", "version": wish.version}
    assert owner.post(url, agreed).status_code == 302
    assert Appointment.objects.get().kind == "consult"
    assert "Receive them when they come." in owner.get(f"/requests/{wish.pk}/").content.decode()
    assert owner.post(url, agreed).status_code == 409


def test_unverified_wishes_are_shown_to_nobody(shop, counter, now, at_noon, sign_in):
    branch = counter.branch
    wish = online.ask(
        counter,
        version=None,
        name="没验证",
        phone=PHONE,
        party=1,
        words="",
        language="en",
        address="203.0.113.9",
        now=timezone.now(),
        starts_at=branch.at(branch.today(now) + 7 * DAY, branch.opens_at),
    )
    owner = sign_in(shop.owner)
    assert "没验证" not in owner.get("/requests/").content.decode()
    assert owner.get(f"/requests/{wish.pk}/").status_code == 404
    assert owner.post(f"/requests/{wish.pk}/taking-up/").status_code == 404


def test_the_list_asks_a_fixed_number_of_times(
    shop, counter, now, at_noon, sign_in, django_assert_max_num_queries
):
    owner = sign_in(shop.owner)
    wish_of(counter, timezone.now(), **numbered(90))
    owner.get("/requests/")
    with django_assert_max_num_queries(100) as few:
        owner.get("/requests/")
    for place in range(6):
        wish_of(counter, timezone.now(), **numbered(place))
    with django_assert_max_num_queries(len(few)):
        assert owner.get("/requests/").content.decode().count("周婷") >= 7
    assert BookingRequest.objects.count() == 7


def test_the_visit_of_a_wish_can_be_looked_at_and_ended(shop, counter, now, at_noon, sign_in):
    wish = taken_up(shop, counter, timezone.now())
    said(wish, AGREED, shop, timezone.now())
    owner = sign_in(shop.owner)
    assert owner.get(wish.visit.get_absolute_url()).status_code == 200
    visits.end(wish.visit, outcome="undecided", by=shop.owner, now=timezone.now())
    assert owner.get("/").status_code == 200
