"""R2.2, R2.1: what a customer may be told, by which way, on what ground: their last word counts."""

import threading
from datetime import timedelta

import pytest
import time_machine
from django.db import connection, transaction

from customers import consents, contacts
from customers.models import Consent, ConsentScope, ConsentSource, ContactPoint, Customer, Way
from customers.registries import stops
from studio.outbox import registries
from studio.outbox.models import Attempt, Message
from studio.outbox.purposes import Purpose, purposes
from studio.outbox.queue import queue
from studio.outbox.registries import means_stop
from tests.factories import CustomerFactory

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
ORDER, NEWS = ConsentScope.ORDER, ConsentScope.NEWS


@pytest.fixture
def couple(shop):
    return CustomerFactory(branch=shop.branch, owner=shop.owner)


@pytest.fixture
def greeting():
    """A purpose that is not about what they ordered."""
    name = "test_greeting"
    purposes.register(
        name, Purpose(title=name, still_due=lambda message: True, parameters=lambda m: {}, about_order=False)
    )
    yield name
    purposes._entries.pop(name)


@pytest.fixture
def ended():
    """A purpose about what they ordered; the list has what it was told of."""
    told = []
    purposes.register(
        "test_order",
        Purpose(
            title="test_order",
            still_due=lambda message: True,
            parameters=lambda m: {},
            on_end=lambda message, now: told.append((message.pk, message.state)),
        ),
    )
    yield told
    purposes._entries.pop("test_order")


def write(couple, purpose, now, channel="sms", recipient="+8613800000000"):
    return queue(
        branch=couple.branch,
        purpose=purpose,
        subject_id=1,
        subject_version=1,
        channel=channel,
        language="en",
        recipient=recipient,
        due_at=now,
        deadline=now + HOUR,
        dedupe_key=f"{purpose}:{channel}:{recipient}",
        about_customer=couple.pk,
    )


def state(message):
    message.refresh_from_db()
    return message.state


def say(couple, way, scope, allowed, now, **given):
    return consents.say(couple, way, scope, allowed, source=ConsentSource.DESK, now=now, **given)


# --- What holds -----------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("way", "scope", "basis"),
    [
        (Way.PHONE, ORDER, "order"),
        (Way.SMS, ORDER, "order"),
        (Way.EMAIL, ORDER, "order"),
        (Way.PHONE, NEWS, "visit"),
        (Way.SMS, NEWS, ""),
        (Way.EMAIL, NEWS, ""),
    ],
)
def test_r2_1_without_a_word_the_order_is_the_ground_and_news_only_by_telephone(couple, way, scope, basis):
    assert consents.basis_of(couple, way, scope) == basis
    assert (couple.pk in consents.still_allows([couple.pk], way, scope)) is bool(basis)


def test_the_last_word_counts_and_is_the_ground(shop, couple, now):
    yes = say(couple, Way.SMS, NEWS, True, now, by=shop.owner)
    assert consents.basis_of(couple, Way.SMS, NEWS) == f"consent:{yes.pk}"
    say(couple, Way.SMS, NEWS, False, now + MINUTE)
    assert consents.basis_of(couple, Way.SMS, NEWS) == ""
    again = say(couple, Way.SMS, NEWS, True, now)  # a clock that went back changes nothing
    assert consents.basis_of(couple, Way.SMS, NEWS) == f"consent:{again.pk}"


def test_the_same_word_twice_is_one_row_and_one_line_of_history(couple, now):
    assert say(couple, Way.SMS, ORDER, False, now)
    assert say(couple, Way.SMS, ORDER, False, now + HOUR) is None
    assert Consent.objects.count() == 1
    assert couple.events.filter(kind="consent_refused").count() == 1


def test_many_are_asked_in_a_constant_number_of_questions(shop, now, django_assert_num_queries):
    people = [CustomerFactory(branch=shop.branch, owner=shop.owner) for _ in range(4)]
    say(people[0], Way.SMS, ORDER, False, now)
    contacts.refuse_contact(people[1], by=None, now=now)
    people[1].refresh_from_db()
    Customer.objects.filter(pk=people[2].pk).update(is_active=False)
    people[2].refresh_from_db()
    with django_assert_num_queries(1):
        bases = consents.bases_of(people, Way.SMS)
    assert bases == {people[0].pk: "", people[1].pk: "", people[2].pk: "", people[3].pk: "order"}
    with django_assert_num_queries(2):
        assert consents.still_allows([person.pk for person in people], Way.SMS) == {people[3].pk}


def test_standing_names_every_way_with_who_said_so(shop, couple, now, django_assert_num_queries):
    say(couple, Way.EMAIL, NEWS, True, now, by=shop.owner)
    with django_assert_num_queries(1):
        rows = consents.standing(couple)
    assert [(row.way, row.scope, row.allowed) for row in rows] == [
        (Way.PHONE, ORDER, True),
        (Way.SMS, ORDER, True),
        (Way.EMAIL, ORDER, True),
        (Way.PHONE, NEWS, True),
        (Way.SMS, NEWS, False),
        (Way.EMAIL, NEWS, True),
    ]
    assert rows[-1].said.by == shop.owner
    assert rows[0].said is None


# --- Stop -----------------------------------------------------------------------------------
def test_r2_2_stop_is_a_no_to_everything_but_the_order_and_takes_back_what_waits(
    shop, couple, greeting, ended, now
):
    say(couple, Way.EMAIL, NEWS, True, now)
    news, order = write(couple, greeting, now), write(couple, "test_order", now)
    other = CustomerFactory(branch=shop.branch, owner=shop.owner)
    theirs = write(other, greeting, now, recipient="+8613800000001")
    assert consents.stop(couple, source=ConsentSource.LINK, now=now) is True
    assert [consents.basis_of(couple, way, NEWS) for way in Way] == ["", "", ""]
    assert [consents.basis_of(couple, way, ORDER) for way in Way] == ["order"] * 3
    assert (state(news), state(order), state(theirs)) == ("cancelled", "queued", "queued")
    assert consents.has_stopped(couple)
    assert not consents.has_stopped(other)
    couple.refresh_from_db()
    assert couple.do_not_contact is False


def test_r2_2_a_repeated_stop_is_harmless_and_no_news(couple, now):
    assert consents.stop(couple, source=ConsentSource.LINK, now=now)
    assert not consents.stop(couple, source=ConsentSource.REPLY, now=now + HOUR)
    assert couple.events.filter(kind="stopped").count() == 1
    assert Consent.objects.count() == 3


def test_a_stop_taken_back_restores_what_it_ended_and_nothing_else(couple, now):
    say(couple, Way.EMAIL, NEWS, True, now)
    say(couple, Way.EMAIL, NEWS, False, now + MINUTE)
    say(couple, Way.SMS, NEWS, True, now)
    consents.stop(couple, source=ConsentSource.LINK, now=now + HOUR)
    assert consents.take_back_stop(couple, source=ConsentSource.LINK, now=now + 2 * HOUR)
    assert [bool(consents.basis_of(couple, way, NEWS)) for way in Way] == [True, True, False]
    assert not consents.take_back_stop(couple, source=ConsentSource.LINK, now=now + 3 * HOUR)


def test_nothing_is_taken_back_where_nobody_said_stop(couple, now):
    assert not consents.take_back_stop(couple, source=ConsentSource.LINK, now=now)
    say(couple, Way.PHONE, NEWS, False, now)
    assert not consents.take_back_stop(couple, source=ConsentSource.LINK, now=now)
    assert Consent.objects.count() == 1


def test_whoever_listens_is_told_in_the_same_transaction(couple, now):
    told = []
    stops.register("test", lambda customer, by, at: told.append((customer.pk, by, at)))
    try:
        consents.stop(couple, source=ConsentSource.DESK, now=now)
        consents.stop(couple, source=ConsentSource.DESK, now=now)
    finally:
        stops._entries.pop("test")
    assert told == [(couple.pk, None, now)]


def test_r2_2_no_calls_about_anything_else_stops_as_well(couple, now):
    told = []
    stops.register("test", lambda customer, by, at: told.append(customer.pk))
    try:
        say(couple, Way.SMS, NEWS, False, now)
        assert told == []
        say(couple, Way.PHONE, NEWS, False, now)
    finally:
        stops._entries.pop("test")
    assert told == [couple.pk]


def test_a_no_to_one_way_takes_back_the_news_of_that_way_only(couple, greeting, now):
    one, other = write(couple, greeting, now), write(couple, greeting, now, "email", "a@example.com")
    say(couple, Way.SMS, NEWS, False, now)
    assert (state(one), state(other)) == ("cancelled", "queued")


def test_r3_what_waits_about_the_order_is_not_lost_by_a_no_to_its_way(couple, ended, greeting, now):
    """It ends where somebody hears of it: another way, or a call."""
    one = write(couple, "test_order", now)
    other = write(couple, "test_order", now, "email", "a@example.com")
    news = write(couple, greeting, now)
    say(couple, Way.SMS, ORDER, False, now)
    assert (state(one), state(other), state(news)) == ("failed", "queued", "queued")
    assert ended == [(one.pk, "failed")]


def test_r3_a_message_that_a_sender_had_claimed_is_not_lost_either(couple, ended, now):
    """Claimed and not begun; withdrawn by a sender that saw the no first; and one that is on its way."""
    claimed, seen, on_its_way = (
        write(couple, "test_order", now, recipient=f"+861380000000{number}") for number in range(3)
    )
    later = now + MINUTE
    rows = Message.objects.filter(pk__in=[claimed.pk, seen.pk, on_its_way.pk])
    rows.update(state="leased", lease_until=later)
    Attempt.objects.create(message=on_its_way, number=1, started_at=now)
    listed = consents.about_order_by(couple, Way.SMS)
    assert listed == [claimed.pk, seen.pk, on_its_way.pk]
    Message.objects.filter(pk=seen.pk).update(state="cancelled", lease_until=None, finished_at=now)
    consents.divert(listed, now=now)
    assert (state(claimed), state(seen), state(on_its_way)) == ("failed", "failed", "leased")
    assert ended == [(claimed.pk, "failed"), (seen.pk, "failed")]


# --- By their answer ------------------------------------------------------------------------
@pytest.mark.parametrize(
    "text", ["T", "td", " TD. ", "退订", "退訂", "STOP", "Stop!", "ＴＤ", "unsubscribe", "【退订】"]
)
def test_r2_2_words_that_say_stop(text):
    assert means_stop(text)


@pytest.mark.parametrize("text", ["", "Thanks", "don't stop", "T1", "好的", "stop by at nine", "t" * 10_000])
def test_other_answers_do_not(text):
    assert not means_stop(text)


@pytest.mark.parametrize("number", ["13912345678", "+86 139 1234 5678", "86-13912345678", "008613912345678"])
def test_r2_2_stop_by_answer_is_honoured_by_number_in_any_form(shop, couple, now, number):
    ContactPoint.objects.create(branch=shop.branch, customer=couple, kind="phone", value="+8613912345678")
    stranger = CustomerFactory(branch=shop.other_branch, owner=shop.neighbour, phone="+8613912345678")
    assert registries.replies["stop"](shop.branch, number, now) == [couple]
    assert consents.has_stopped(couple)
    assert not consents.has_stopped(stranger)
    assert {said.source for said in Consent.objects.all()} == {"reply"}


def test_stop_by_an_e_mail_address(shop, couple, now):
    ContactPoint.objects.create(branch=shop.branch, customer=couple, kind="email", value="wei@example.com")
    assert consents.stop_by_number(shop.branch, " Wei@Example.com", now) == [couple]


@pytest.mark.parametrize(
    "number", ["", "13900000000", "abc", "x" * 5000, "1\x002", "a@b@c", "😀", "' OR 1=1"]
)
def test_a_stranger_who_says_stop_changes_nothing(shop, couple, now, number):
    assert consents.stop_by_number(shop.branch, number, now) == []
    assert not Consent.objects.exists()


# --- At the same time -----------------------------------------------------------------------
@pytest.mark.django_db(transaction=True)
def test_r2_2_many_stops_in_one_second_are_one(shop, couple, now):
    results = []

    def press():
        try:
            results.append(consents.stop(couple, source=ConsentSource.LINK, now=now))
        finally:
            connection.close()

    threads = [threading.Thread(target=press) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == [False] * 7 + [True]
    assert Consent.objects.count() == 3


@pytest.mark.django_db(transaction=True)
def test_r2_2_a_no_waits_for_whoever_is_asking_and_is_seen_by_whoever_comes_later(shop, couple, now):
    """Senders share the lock of the file while they ask: nothing begins after the word is committed."""
    began, done = threading.Event(), threading.Event()

    def press():
        began.set()
        try:
            consents.stop(couple, source=ConsentSource.LINK, now=now)
            done.set()
        finally:
            connection.close()

    thread = threading.Thread(target=press)
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM customers_customer WHERE id = %s FOR SHARE", [couple.pk])
        thread.start()
        began.wait(5)
        assert not done.wait(0.3)
        assert consents.still_allows([couple.pk], Way.PHONE, NEWS) == {couple.pk}
    thread.join()
    assert consents.still_allows([couple.pk], Way.PHONE, NEWS) == set()


@time_machine.travel(0)
def test_words_are_kept_for_good(couple, now):
    from django.db import DatabaseError

    word = say(couple, Way.SMS, NEWS, True, now)
    with pytest.raises(DatabaseError), transaction.atomic():
        Consent.objects.filter(pk=word.pk).update(allowed=False)
    assert Message.objects.count() == 0
