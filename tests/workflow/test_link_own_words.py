"""R2.2, R3.2: behind their link a customer stops what they did not order, says how to be reached, and takes the
appointment into their calendar."""

from datetime import UTC, time, timedelta

import pytest
import time_machine
from django.utils import timezone
from icalendar import Calendar

from bookings import schedule
from bookings.other_times import other_slot
from customers import consents, contact_wishes, contacts
from customers.models import Consent, ConsentScope, ContactPoint, ContactWish, Customer, Way
from tests.factories import LeaveFactory
from tests.workflow.behind import DAY, last_four, path_of, phone_of, shoot_of
from workflow import links, public_times

HOUR = timedelta(hours=1)
NEWS, ORDER = ConsentScope.NEWS, ConsentScope.ORDER


@pytest.fixture(autouse=True)
def clock(now):
    with time_machine.travel(now, tick=False) as traveller:
        yield traveller


@pytest.fixture
def shoot(shop, now):
    found = shoot_of(shop, now)
    ContactPoint.objects.create(
        branch=shop.branch, customer=found.customer, kind="email", value="wei@example.com", position=5
    )
    return found


@pytest.fixture
def phone(shoot, now):
    return phone_of(shoot, now)


@pytest.fixture
def known(phone, shoot):
    phone.post("digits/", digits=last_four(shoot))
    return phone


def said(**more):
    """What the form sends as it stands."""
    return {"language": "en", "order": ["sms", "email"], "news": ["phone"], "note": ""} | more


# --- Stop -----------------------------------------------------------------------------------
def test_r2_2_stop_needs_one_press_and_no_digits(phone, shoot):
    page = phone.press("stop/")
    assert consents.has_stopped(shoot.customer)
    assert "only about what you ordered" in page
    assert {word.source for word in Consent.objects.all()} == {"link"}
    assert {word.by for word in Consent.objects.all()} == {None}
    shoot.refresh_from_db()
    assert shoot.confirmation == "none"


def test_r2_2_twice_is_harmless_and_the_reminders_go_on(phone, shoot):
    phone.press("stop/")
    phone.press("stop/")
    assert shoot.customer.events.filter(kind="stopped").count() == 1
    assert consents.basis_of(shoot.customer, Way.SMS, ORDER) == "order"


def test_only_who_typed_the_digits_takes_it_back(phone, shoot):
    page = phone.press("stop/")
    assert 'name="again"' not in page
    phone.post("stop/", again="1")
    assert consents.has_stopped(shoot.customer)
    page = phone.press("digits/", digits=last_four(shoot))
    assert 'name="again"' in page
    phone.post("stop/", again="1")
    assert consents.basis_of(shoot.customer, Way.PHONE, NEWS)
    assert not consents.basis_of(shoot.customer, Way.SMS, NEWS)


def test_who_wants_to_hear_nothing_at_all_has_nothing_to_stop(phone, shoot, now):
    contacts.refuse_contact(shoot.customer, by=None, now=now)
    assert 'id="stop"' not in phone.show()


def test_a_link_for_messages_that_are_not_about_the_order_leads_to_the_place(phone, shoot, now):
    link = links.stop_link(shoot, now)
    assert link.endswith(f"{phone.url}#stop")
    assert 'id="stop"' in phone.show()


# --- How to reach them ----------------------------------------------------------------------
def test_r9_9_without_the_digits_nothing_is_shown_or_kept(phone, shoot):
    assert "wei@example.com" not in phone.show()
    assert 'id="reach"' not in phone.show()
    response = phone.post("reach/", **said(language="zh-hant"))
    assert (response.status_code, response["Location"]) == (302, f"{phone.url}#order")
    shoot.customer.refresh_from_db()
    assert shoot.customer.language == "en"
    assert not ContactWish.objects.exists()


def test_r3_2_ways_language_whom_to_ring_and_when(known, shop, shoot):
    bride = shoot.customer.members.get(name="李娜")
    hers = ContactPoint.objects.create(
        branch=shop.branch,
        customer=shoot.customer,
        member=bride,
        kind="phone",
        value="+8613900001234",
        position=1,
    )
    page = known.show()
    assert "李娜 · 139 **** 1234" in page
    assert "13900001234" not in page
    page = known.press(
        "reach/",
        **said(
            language="zh-hant",
            order=["email"],
            news=[],
            contact=hers.pk,
            from_time="18:00",
            until_time="20:30",
            note="  at work until six ",
        ),
    )
    customer = Customer.objects.get(pk=shoot.customer_id)
    wish = contact_wishes.wish_of(customer)
    assert customer.language == "zh-hant"
    assert (wish.contact, wish.from_time, wish.until_time, wish.note) == (
        hers,
        time(18),
        time(20, 30),
        "at work until six",
    )
    assert not consents.basis_of(customer, Way.SMS, ORDER)
    assert consents.basis_of(customer, Way.EMAIL, ORDER) == "order"
    assert consents.has_stopped(customer)
    assert consents.basis_of(customer, Way.PHONE, ORDER) == "order"


def test_the_form_sent_as_it_stands_changes_nothing(known, shoot):
    before = Customer.objects.values().get(pk=shoot.customer_id)
    known.post("reach/", **said())
    assert Customer.objects.values().get(pk=shoot.customer_id) == before
    assert not Consent.objects.exists()
    assert not ContactWish.objects.exists()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("language", "xx"),
        ("order", ["pigeon"]),
        ("order", ["phone"]),
        ("news", ["sms' or 1=1"]),
        ("from_time", "25:00"),
        ("from_time", "18:00"),
        ("note", "x" * 121),
        ("note", "a\x00b"),
    ],
)
def test_wrong_words_are_said_at_the_field_and_nothing_is_kept(known, shoot, field, value):
    response = known.post("reach/", **said(**{field: value}))
    assert response.status_code == 422
    assert not ContactWish.objects.exists()
    assert not Consent.objects.exists()


def test_another_familys_number_can_not_be_chosen(known, shop, shoot, now):
    other = shoot_of(shop, now - 10 * DAY)
    ContactPoint.objects.create(
        branch=shop.branch, customer=shoot.customer, kind="phone", value="+8613900001234", position=1
    )
    theirs = other.customer.contact_points.first()
    assert known.post("reach/", **said(contact=theirs.pk)).status_code == 422


# --- Calendar -------------------------------------------------------------------------------
def event_in(response):
    assert response.status_code == 200
    assert response.headers["Content-Type"].startswith("text/calendar")
    assert "no-store" in response.headers["Cache-Control"]
    return next(iter(Calendar.from_ical(response.content).walk("VEVENT")))


def test_r3_2_into_the_calendar_with_what_when_and_where(phone, shoot, shop):
    shop.branch.address = "300 Nanjing Road"
    shop.branch.save()
    response = phone.get("calendar.ics")
    event = event_in(response)
    assert event["SUMMARY"] == "Shoot · Bund"
    assert event["DTSTART"].dt == shoot.starts_at
    assert event["DTEND"].dt == shoot.ends_at
    assert event["DTSTART"].params["TZID"] == "Asia/Shanghai"
    assert event["LOCATION"] == "Bund · 300 Nanjing Road"
    zones = [str(zone["TZID"]) for zone in Calendar.from_ical(response.content).walk("VTIMEZONE")]
    assert zones == ["Asia/Shanghai"]


def test_r9_9_nobody_is_named_in_a_calendar_that_others_see(phone, shoot):
    body = phone.get("calendar.ics").content.decode()
    number = shoot.customer.contact_points.first().value
    for secret in ("Zhang", "张", "Wei", "小陈", shoot.booking.number, number[-8:], phone.url.strip("/")[2:]):
        assert secret not in body, secret


def test_a_move_moves_the_entry_and_does_not_make_a_second_one(shop, phone, shoot, now):
    before = event_in(phone.get("calendar.ics"))
    start = public_times.offered(shoot, "", "en", now=now).days[0].times[0]
    moved = schedule.move(shoot, slot=other_slot(shoot, start, now=now), version=None, by=shop.owner, now=now)
    after = event_in(phone_of(moved, now).get("calendar.ics"))
    assert after["UID"] == before["UID"]
    assert int(after["SEQUENCE"]) > int(before["SEQUENCE"])
    assert after["DTSTART"].dt == start
    assert str(shoot.pk) != str(before["UID"]).split("@")[0]


def test_the_calendar_speaks_their_language(shop, now):
    shoot = shoot_of(shop, now, language="zh-hans")
    assert "外滩店" in event_in(phone_of(shoot, now).get("calendar.ics"))["SUMMARY"]


def test_where_the_clocks_change_the_entry_keeps_its_hour(shop, now):
    shop.branch.time_zone = "America/New_York"
    shop.branch.save()
    shoot = shoot_of(shop, now)
    event = event_in(phone_of(shoot, now).get("calendar.ics"))
    assert event["DTSTART"].dt.astimezone(UTC) == shoot.starts_at.astimezone(UTC)
    assert timezone.localtime(shoot.starts_at, shop.branch.zone).hour == event["DTSTART"].dt.hour


# --- In three languages ---------------------------------------------------------------------
@pytest.mark.parametrize("language", ["en", "zh-hans", "zh-hant"])
def test_every_page_opens_in_each_language(shop, now, language):
    shoot = shoot_of(shop, now, language=language)
    phone = phone_of(shoot, now)
    for path in ("", "times/"):
        response = phone.get(path)
        assert response.headers["Content-Language"] == language
        assert f'lang="{language}"' in response.content.decode()
    phone.post("digits/", digits=last_four(shoot))
    assert shoot.booking.number in phone.show()


def test_the_owner_is_not_there_today_and_the_deputy_is_named(shop, now, known, shoot):
    today = shop.branch.today(now)
    LeaveFactory(branch=shop.branch, user=shop.owner, starts_on=today, ends_on=today, deputy=shop.colleague)
    page = known.show()
    assert "小陈 has something to see to today; 小周 is there for you." in page


def test_the_link_of_a_neighbour_branch_shows_only_itself(shop, now, known, shoot):
    shoot2 = shoot_of(shop, now - 10 * DAY)
    assert path_of(shoot2, now) != known.url
    assert shoot2.booking.number not in known.show()
