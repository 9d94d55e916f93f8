"""R3.2: the customer's link. It can't be guessed, replayed or reused, and tells nobody why it does not open."""

import base64
from datetime import timedelta

import pytest

from bookings import schedule
from bookings.models import Appointment, BookingEvent
from tests.workflow.calling import Desk
from workflow import links
from workflow.models import AppointmentLink, CallTask

DAY, HOUR = timedelta(days=1), timedelta(hours=1)


@pytest.fixture
def desk(shop, now):
    return Desk(shop, now)


@pytest.fixture
def shoot(desk, now):
    return desk.shoot(desk.order(starts_at=now + DAY))


def token_of(appointment, now):
    return links.link_for(appointment, now).rstrip("/").rsplit("/", 1)[1]


def test_r3_2_rendered_again_it_is_the_same_link_and_one_row(shoot, now):
    assert links.link_for(shoot, now) == links.link_for(shoot, now + HOUR)
    assert AppointmentLink.objects.count() == 1


def test_the_token_has_160_bits_and_only_its_hash_is_kept(shoot, now):
    token = token_of(shoot, now)
    assert len(base64.urlsafe_b64decode(token + "=")) == 20
    (link,) = AppointmentLink.objects.values()
    assert token not in str(link)
    assert bytes(link["token_hash"]) == AppointmentLink.hash_of(token)


def test_another_key_of_the_house_makes_other_links(shoot, now, settings):
    before = links.token_for(shoot)
    settings.SECRET_KEY = "another"
    assert links.token_for(shoot) != before


def test_no_two_appointments_or_versions_share_a_link(desk, now):
    one, two = desk.appointment(), desk.appointment()
    tokens = {links.token_for(one), links.token_for(two)}
    one.schedule_version = 2
    assert len(tokens | {links.token_for(one)}) == 3


def test_r3_2_it_opens_its_appointment_until_the_end_and_no_other(desk, shoot, now):
    desk.appointment(now + 2 * DAY)
    token = token_of(shoot, now)
    assert links.appointment_of(token, now) == shoot
    assert links.appointment_of(token, shoot.ends_at - timedelta(seconds=1)) == shoot
    assert links.appointment_of(token, shoot.ends_at) is None


@pytest.mark.parametrize("token", ["", "x", "x" * 27, "x" * 5000, "é" * 27, "\x00" * 27, "' OR 1=1 --" * 3])
def test_an_unknown_token_opens_nothing(shoot, now, token):
    links.link_for(shoot, now)
    assert links.appointment_of(token, now) is None
    assert links.confirm(token, now=now) is None
    assert links.ask_another_time(token, wish="", now=now) is None


def test_r3_2_after_a_move_the_old_link_is_worth_nothing(desk, shop, shoot, now):
    token = token_of(shoot, now)
    moved = schedule.move(shoot, slot=desk.slot(now + 3 * DAY), version=shoot.version, by=shop.owner, now=now)
    assert links.appointment_of(token, now) is None
    assert links.confirm(token, now=now) is None
    moved.refresh_from_db()
    assert moved.confirmation == "none"
    assert links.appointment_of(token_of(moved, now), now) == shoot


@pytest.mark.parametrize("end", [schedule.cancel, schedule.hold])
def test_called_off_or_held_the_link_opens_nothing(shop, shoot, now, end):
    token = token_of(shoot, now)
    end(shoot, by=shop.owner, now=now, **({"why": "ill"} if end is schedule.cancel else {}))
    assert links.appointment_of(token, now) is None
    assert links.confirm(token, now=now) is None


def test_r3_2_confirming_moves_the_order_on_and_leaves_the_care_call(desk, shoot, now):
    call = desk.call(appointment=shoot)
    confirmed = links.confirm(token_of(shoot, now), now=now)
    assert (confirmed.confirmation, confirmed.confirmed_at) == ("confirmed", now)
    event = BookingEvent.objects.get(kind="confirmed")
    assert (event.actor, event.parameters["via"]) == (None, "link")
    shoot.booking.work_order.refresh_from_db()
    assert shoot.booking.work_order.stage == "shoot"
    call.refresh_from_db()
    assert call.state == "open"


def test_a_second_press_changes_nothing(shoot, now):
    token = token_of(shoot, now)
    links.confirm(token, now=now)
    before = Appointment.objects.values().get(pk=shoot.pk)
    links.confirm(token, now=now + HOUR)
    assert Appointment.objects.values().get(pk=shoot.pk) == before
    assert BookingEvent.objects.filter(kind="confirmed").count() == 1


def test_r3_2_another_time_is_one_call_for_the_owner_in_the_customers_words(shoot, now):
    token = token_of(shoot, now)
    asked = links.ask_another_time(token, wish="  next  Saturday\u202e ", now=now)
    links.ask_another_time(token, wish="next Saturday", now=now + HOUR)
    assert (asked.confirmation, asked.wish) == ("another_time", "next Saturday")
    (call,) = CallTask.objects.all()
    assert (call.kind, call.state, call.due_at, call.customer) == (
        "another_time",
        "open",
        now,
        shoot.customer,
    )
    assert BookingEvent.objects.filter(kind="another_time").count() == 1


def test_nobody_is_asked_whether_the_old_time_holds_who_has_asked_for_another(desk, shoot, now):
    confirm = desk.call(appointment=shoot)
    desk.rule()
    links.ask_another_time(token_of(shoot, now), wish="Saturday", now=now)
    desk.plan()
    confirm.refresh_from_db()
    assert confirm.state == "cancelled"
    assert CallTask.objects.open().get().kind == "another_time"


def test_after_the_call_was_made_asking_again_brings_up_another_one(shop, shoot, now):
    token = token_of(shoot, now)
    links.ask_another_time(token, wish="Saturday", now=now)
    CallTask.objects.update(state="done", outcome="confirmed", done_at=now, done_by=shop.owner)
    links.ask_another_time(token, wish="Sunday", now=now + HOUR)
    assert CallTask.objects.open().count() == 1


def test_who_confirmed_may_still_ask_for_another_time_and_the_other_way_round(shoot, now):
    token = token_of(shoot, now)
    links.confirm(token, now=now)
    assert links.ask_another_time(token, wish="later", now=now).confirmation == "another_time"
    assert links.confirm(token, now=now).confirmation == "confirmed"


def test_an_appointment_without_a_sale_can_be_confirmed_too(desk, now):
    visit = desk.appointment(kind="consult")
    assert links.confirm(token_of(visit, now), now=now).confirmation == "confirmed"
