"""R3.2: whom of the party to ring and when is kept."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from hypothesis import given
from hypothesis import strategies as st

from customers import contact_wishes
from customers.models import ContactPoint, ContactWish, CustomerEvent
from tests.factories import CustomerFactory

SHANGHAI = ZoneInfo("Asia/Shanghai")


@pytest.fixture
def customer(shop):
    return CustomerFactory(branch=shop.branch, owner=shop.owner)


@pytest.fixture
def keep(shop, customer, now):
    return lambda **said: contact_wishes.keep(customer, by=shop.owner, now=now, **said)


@pytest.fixture
def second(shop, customer):
    return ContactPoint.objects.create(
        branch=shop.branch, customer=customer, kind="phone", value="+8613900000009", position=1
    )


def test_nothing_was_said_yet(customer):
    wish = contact_wishes.wish_of(customer)
    assert wish.pk is None
    assert (wish.contact, wish.from_time, wish.note) == (None, None, "")


def test_r3_2_what_was_said_is_kept_with_who_heard_it(shop, customer, keep, second):
    keep(contact=second, from_time=time(18), until_time=time(20), note="  the mother\x00 decides ")
    wish = ContactWish.objects.get()
    assert (wish.contact, wish.from_time, wish.until_time) == (second, time(18), time(20))
    assert wish.note == "the mother decides"
    event = CustomerEvent.objects.get(kind="contact_wish")
    assert event.actor == shop.owner
    assert event.parameters == {"fields": ["contact", "from_time", "note", "until_time"]}


def test_a_repeat_leaves_no_trace(keep):
    keep(note="ring twice")
    keep(note="ring twice")
    assert CustomerEvent.objects.filter(kind="contact_wish").count() == 1
    assert ContactWish.objects.get().version == 1


def test_what_is_not_named_stays(keep):
    keep(note="ring twice")
    keep(from_time=time(9), until_time=time(11))
    wish = ContactWish.objects.get()
    assert (wish.note, wish.from_time, wish.version) == ("ring twice", time(9), 2)


def test_other_fields_have_no_door_here(keep):
    with pytest.raises(TypeError):
        keep(version=9)


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"from_time": time(18)}, "until_time"),
        ({"until_time": time(18)}, "from_time"),
        ({"from_time": time(20), "until_time": time(18)}, "until_time"),
        ({"from_time": time(20), "until_time": time(20)}, "until_time"),
    ],
)
def test_hours_are_two_in_order(keep, said, field):
    with pytest.raises(ValidationError) as refused:
        keep(**said)
    assert field in refused.value.message_dict
    assert not ContactWish.objects.exists()


def test_the_database_refuses_such_hours_too(customer):
    with pytest.raises(IntegrityError), transaction.atomic():
        ContactWish.objects.create(customer=customer, from_time=time(20), until_time=time(18))


@pytest.mark.parametrize("change", ["wrong", "foreign", "mail"])
def test_only_a_number_of_theirs_that_is_not_wrong_is_rung_first(shop, keep, second, change):
    if change == "wrong":
        second.is_wrong = True
    elif change == "mail":
        second.kind = "email"
    else:
        second.customer = CustomerFactory(branch=shop.branch, owner=shop.owner)
    second.save()
    with pytest.raises(ValidationError) as refused:
        keep(contact=second)
    assert "contact" in refused.value.message_dict


def test_the_number_that_they_named_comes_first_until_it_is_wrong(customer, keep, second):
    first = customer.contact_points.exclude(pk=second.pk).get()
    assert contact_wishes.first_number(customer) == first
    keep(contact=second)
    customer.refresh_from_db()
    assert contact_wishes.first_number(customer) == second
    second.is_wrong = True
    second.save()
    assert contact_wishes.first_number(customer) == first
    customer.contact_points.update(is_wrong=True)
    assert contact_wishes.first_number(customer) is None


# --- Hours ----------------------------------------------------------------------------------------
def moment(clock: str, day: int = 16) -> datetime:
    return datetime.combine(date(2026, 5, day), time.fromisoformat(clock), tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        (moment("12:00"), moment("18:00")),
        (moment("18:00"), moment("18:00")),
        (moment("19:59"), moment("19:59")),
        (moment("20:00"), moment("18:00", 17)),
        (moment("23:30"), moment("18:00", 17)),
        (moment("02:00"), moment("18:00")),
    ],
)
def test_the_next_hour_that_suits_them(asked, answer):
    wish = ContactWish(from_time=time(18), until_time=time(20))
    assert contact_wishes.next_suiting(wish, asked.astimezone(UTC), SHANGHAI) == answer


@given(
    minutes=st.integers(0, 366 * 24 * 60),
    first=st.integers(0, 22),
    hours=st.integers(1, 23),
)
def test_it_always_suits_them_and_is_never_earlier_nor_a_day_later(minutes, first, hours):
    at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    wish = ContactWish(from_time=time(first), until_time=time(min(first + hours, 23), 59))
    found = contact_wishes.next_suiting(wish, at, SHANGHAI)
    assert at <= found <= at + timedelta(days=1)
    assert contact_wishes.suits(wish, found, SHANGHAI)


def test_without_a_word_every_hour_suits():
    assert contact_wishes.suits(ContactWish(), moment("03:00"), SHANGHAI)
    assert contact_wishes.next_suiting(ContactWish(), moment("03:00"), SHANGHAI) == moment("03:00")


def test_r3_2_who_of_the_party_answers_which_number(shop, customer, second, now):
    bride = customer.members.get(role="bride")
    said = contact_wishes.say_whose(customer, {second.pk: bride.pk}, by=shop.owner, now=now)
    second.refresh_from_db()
    assert said
    assert second.member == bride
    assert CustomerEvent.objects.get(kind="contact_wish").parameters == {"fields": ["whose"]}
    assert not contact_wishes.say_whose(customer, {second.pk: bride.pk}, by=shop.owner, now=now)
    assert contact_wishes.say_whose(customer, {second.pk: None}, by=shop.owner, now=now)
    second.refresh_from_db()
    assert second.member is None


def test_another_file_s_people_and_numbers_are_passed_over(shop, customer, second, now):
    other = CustomerFactory(branch=shop.branch, owner=shop.owner)
    theirs = ContactPoint.objects.create(
        branch=shop.branch, customer=other, kind="phone", value="+8613900000077"
    )
    stranger, bride = other.members.first(), customer.members.get(role="bride")
    given = {second.pk: stranger.pk, theirs.pk: bride.pk}
    assert not contact_wishes.say_whose(customer, given, by=shop.owner, now=now)
    theirs.refresh_from_db()
    assert theirs.member is None
