"""R2.2, R3.2: how a customer may be reached, on their file; and what we wrote to them, and why."""

from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from customers import consents, contact_wishes, contacts, grounds
from customers.models import Consent, ConsentScope, ContactPoint, Customer, Way
from studio.outbox.models import Message
from studio.outbox.queue import queue
from tests.factories import CustomerFactory

HOUR = timedelta(hours=1)
NEWS, ORDER = ConsentScope.NEWS, ConsentScope.ORDER
LINK = "https://studio.example/c/abcdefghijklmnopqrstuvwxyz0/"


@pytest.fixture(autouse=True)
def clock(now):
    with time_machine.travel(now, tick=False):
        yield


@pytest.fixture
def couple(shop):
    return CustomerFactory(branch=shop.branch, owner=shop.owner, language="en")


def path(name, customer):
    return reverse(f"customers:{name}", args=[customer.pk])


def text(response):
    return response.content.decode()


def write(customer, now, number=1, *, basis="order", purpose="reminder", channel="sms", **fields):
    message = queue(
        branch=customer.branch,
        purpose=purpose,
        subject_id=1,
        subject_version=1,
        channel=channel,
        language="en",
        recipient=fields.pop("recipient", "+8613800138000"),
        due_at=now,
        deadline=now + HOUR,
        dedupe_key=f"test:{customer.pk}:{number}",
        about_customer=customer.pk,
        basis=basis,
    )
    Message.objects.filter(pk=message.pk).update(**{"body": f"Dear friends, {LINK}"} | fields)
    return message


# --- On the file ----------------------------------------------------------------------------
def test_the_file_shows_every_way_with_who_said_so_and_how(shop, sign_in, couple, now):
    consents.say(couple, Way.EMAIL, NEWS, True, source="call", by=shop.colleague, now=now)
    page = text(sign_in(shop.owner).get(couple.get_absolute_url()))
    assert "How they may be reached" in page
    assert "nothing was said" in page
    assert "said on the telephone" in page
    assert "周敏" in page


def test_r2_2_one_press_is_one_word_on_the_record(shop, sign_in, couple):
    desk = sign_in(shop.colleague)
    response = desk.post(path("consents", couple), {"way": "sms", "scope": "news", "allowed": "1"})
    assert response["Location"].endswith("#reach")
    word = Consent.objects.get()
    assert (word.way, word.scope, word.allowed, word.source, word.by) == (
        "sms",
        "news",
        True,
        "desk",
        shop.colleague,
    )
    desk.post(path("consents", couple), {"way": "sms", "scope": "news", "allowed": "1"})
    assert Consent.objects.count() == 1
    assert "May be told by text message about everything else" in text(desk.get(couple.get_absolute_url()))


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"way": "pigeon", "scope": "news", "allowed": "1"},
        {"way": "sms", "scope": "x", "allowed": "1"},
        {"way": "sms", "scope": "news", "allowed": "yes"},
        {"way": "sms", "scope": "news", "allowed": "1", "source": "dream"},
        {"way": "s\x00ms", "scope": "news" * 1000, "allowed": "1"},
    ],
)
def test_what_is_no_word_changes_nothing_and_is_said(shop, sign_in, couple, data):
    response = sign_in(shop.owner).post(path("consents", couple), data, follow=True)
    assert response.status_code == 200
    assert "Nothing was changed" in text(response)
    assert not Consent.objects.exists()


def test_r2_2_stop_at_the_desk_and_taken_back(shop, sign_in, couple):
    desk = sign_in(shop.owner)
    page = text(desk.post(path("stop", couple), follow=True))
    assert consents.has_stopped(couple)
    assert "They said stop" in page
    assert "Wants to hear of nothing but what they ordered" in page
    desk.post(path("stop", couple), {"again": "1"})
    assert not consents.has_stopped(couple)
    assert {word.by for word in Consent.objects.all()} == {shop.owner}


def test_r3_2_whose_number_it_is_stands_in_the_file(shop, sign_in, couple):
    (point,) = couple.contact_points.all()
    bride = couple.members.get(role="bride")
    data = {"language": "en", f"whose_{point.pk}": bride.pk}
    page = text(sign_in(shop.owner).post(path("contact_wishes", couple), data, follow=True))
    point.refresh_from_db()
    assert point.member == bride
    assert f"{bride.name} · bride</span>" in page


def test_language_whom_to_ring_and_when_are_kept(shop, sign_in, couple):
    second = ContactPoint.objects.create(
        branch=shop.branch, customer=couple, kind="phone", value="+8613900001234", position=1
    )
    data = {
        "language": "zh-hant",
        "contact": second.pk,
        "from_time": "18:00",
        "until_time": "20:00",
        "note": "at work until six",
    }
    page = text(sign_in(shop.owner).post(path("contact_wishes", couple), data, follow=True))
    fresh = Customer.objects.get(pk=couple.pk)
    wish = contact_wishes.wish_of(fresh)
    assert (fresh.language, wish.contact, wish.note) == ("zh-hant", second, "at work until six")
    assert "18:00–20:00" in page
    assert "at work until six" in page


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({"from_time": "20:00", "until_time": "18:00"}, "The end lies after the beginning."),
        ({"from_time": "20:00"}, "Give both times, or neither."),
        ({"from_time": "later"}, "Enter a valid time."),
        ({"language": "xx"}, "Select a valid choice."),
        ({"note": "x" * 121}, "at most 120"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_lost(shop, sign_in, couple, data, sentence):
    sent = {"language": "en", "note": "mind the baby"} | data
    response = sign_in(shop.owner).post(path("contact_wishes", couple), sent)
    assert response.status_code == 422
    assert sentence in text(response)
    assert sent["note"] in text(response)
    assert not couple.events.filter(kind="contact_wish").exists()


def test_who_asked_not_to_be_contacted_at_all_has_no_ways_to_change(shop, sign_in, couple, now):
    contacts.refuse_contact(couple, by=shop.owner, now=now)
    page = text(sign_in(shop.owner).get(couple.get_absolute_url()))
    assert path("consents", couple) not in page
    assert path("stop", couple) not in page


@pytest.mark.parametrize("name", ["consents", "stop", "contact_wishes"])
def test_the_neighbours_customer_is_not_there(shop, sign_in, couple, name):
    assert sign_in(shop.neighbour).post(path(name, couple), {}).status_code == 404
    assert sign_in(shop.artist).post(path(name, couple), {}).status_code == 403
    assert sign_in(shop.owner).get(path(name, couple)).status_code == 405


def test_who_does_not_call_sees_no_ways(shop, sign_in, couple):
    assert "How they may be reached" not in text(sign_in(shop.artist).get(couple.get_absolute_url()))


# --- What we wrote, and why -----------------------------------------------------------------
def test_every_message_with_its_ground_in_words(shop, sign_in, couple, now):
    word = consents.say(couple, Way.SMS, NEWS, True, source="link", now=now)
    write(couple, now, 1, basis="order")
    write(couple, now, 2, basis="visit")
    write(couple, now, 3, basis=f"consent:{word.pk}")
    write(couple, now, 4, basis="asked")
    write(couple, now, 5, basis="")
    write(couple, now, 6, basis="consent:999999999")
    page = text(sign_in(shop.owner).get(path("messages", couple)))
    for sentence in (
        "It belongs to what they ordered.",
        "They left this number at their visit.",
        "by their link.",
        "They asked for it.",
    ):
        assert sentence in page, sentence
    assert page.count("Nothing was noted.") == 2


def test_states_and_words_but_no_whole_number_and_no_link_to_press(shop, sign_in, couple, now):
    write(couple, now, 1, state="delivered", finished_at=now, delivered_at=now)
    write(couple, now, 2, channel="email", recipient="wei.zhang@example.com", state="failed", finished_at=now)
    page = text(sign_in(shop.owner).get(path("messages", couple)))
    assert "delivered" in page
    assert "failed" in page
    assert "Dear friends, https://studio.example/c/***/" in page
    for secret in (LINK, "13800138000", "wei.zhang@"):
        assert secret not in page
    assert "w…@example.com" in page


def test_an_unknown_purpose_and_evil_words_are_only_text(shop, sign_in, couple, now):
    write(couple, now, 1, purpose="long_gone", body="<script>alert(1)</script>", subject="<b>x</b>")
    page = text(sign_in(shop.owner).get(path("messages", couple)))
    assert "long_gone" in page
    assert "<script>alert(1)" not in page
    assert "<b>x</b>" not in page


def test_only_theirs_only_for_the_front_and_not_kept_by_the_browser(shop, sign_in, couple, now):
    other = CustomerFactory(branch=shop.branch, owner=shop.owner)
    write(other, now, 1, body="FOR-SOMEBODY-ELSE")
    response = sign_in(shop.owner).get(path("messages", couple))
    assert "FOR-SOMEBODY-ELSE" not in text(response)
    assert "Nothing was written yet" in text(response)
    assert "no-store" in response.headers["Cache-Control"]
    assert sign_in(shop.artist).get(path("messages", couple)).status_code == 403
    assert sign_in(shop.neighbour).get(path("messages", couple)).status_code == 404


@pytest.mark.parametrize("page", ["0", "-1", "x", "99999999999999999999", "2"])
def test_any_page_may_be_asked_for(shop, sign_in, couple, now, page):
    write(couple, now)
    assert sign_in(shop.owner).get(path("messages", couple), {"page": page}).status_code == 200


def test_the_questions_do_not_grow_with_the_messages(shop, sign_in, couple, now):
    word = consents.say(couple, Way.SMS, NEWS, True, source="link", now=now)
    desk = sign_in(shop.owner)

    def count():
        with CaptureQueriesContext(connection) as queries:
            desk.get(path("messages", couple))
        return len(queries)

    write(couple, now, 1, basis=f"consent:{word.pk}")
    count()
    before = count()
    for number in range(2, 12):
        write(couple, now, number, basis=f"consent:{word.pk}")
    assert count() == before


def test_grounds_are_asked_for_all_at_once(couple, now, django_assert_num_queries):
    words = [
        consents.say(couple, way, NEWS, allowed, source="desk", now=now)
        for way, allowed in ((Way.SMS, True), (Way.EMAIL, True))
    ]
    with django_assert_num_queries(1):
        told = grounds.in_words(["order", "", *(f"consent:{word.pk}" for word in words)])
    assert len(told) == 4
    with django_assert_num_queries(0):
        grounds.in_words(["order", "visit", "", "consent:x", "consent:"])


def test_r2_2_all_of_it_on_one_sheet_for_a_customer_who_asks(shop, sign_in, couple, now):
    consents.say(couple, Way.SMS, NEWS, True, source="call", by=shop.owner, now=now)
    consents.stop(couple, source="reply", now=now + HOUR)
    for number in range(40):
        queue(
            branch=shop.branch,
            purpose="reminder",
            subject_id=number,
            subject_version=1,
            channel="sms",
            language="en",
            recipient="+8613800138000",
            due_at=now,
            deadline=now + HOUR,
            dedupe_key=f"sheet:{number}",
            about_customer=couple.pk,
            basis="order",
        )
    Message.objects.update(body=f"Your words, {LINK}")
    desk = sign_in(shop.owner)
    first = text(desk.get(path("messages", couple)))
    assert first.count("Your words") == 30
    assert 'href="?whole"' in first
    sheet = text(desk.get(path("messages", couple), {"whole": ""}))
    assert sheet.count("Your words") == sheet.count('<details class="disclosure" open>') == 40
    assert "data-print" in sheet
    assert LINK not in sheet
    said = sheet[sheet.index("What they said about it") :]
    assert "said on the telephone" in said
    assert said.count("by their answer to a message") == 3
    assert f"· {shop.owner.display_name}" in said
