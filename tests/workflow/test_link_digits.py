"""R9.9: behind the link stands no more than anybody may see, until the last four digits are typed."""

import threading
from datetime import timedelta

import pytest
import time_machine
from django.db import connection

from bookings.schedule import ask_another_time
from customers.models import ContactPoint, Taboo
from tests.workflow.behind import DAY, last_four, phone_of, shoot_of
from workflow import links, public_digits
from workflow.models import AppointmentLink

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


@pytest.fixture(autouse=True)
def clock(now):
    with time_machine.travel(now, tick=False) as traveller:
        yield traveller


@pytest.fixture
def shoot(shop, now):
    found = shoot_of(shop, now, phone="+8613800134297")  # digits that stand nowhere else on the page
    found.booking.hopes = "the Bund at night, mother in one picture"
    found.booking.save()
    return found


@pytest.fixture
def phone(shoot, now):
    return phone_of(shoot, now)


def wrong(shoot):
    return f"{(int(last_four(shoot)) + 1) % 10000:04d}"


OWN = ("Evergreen", "White gown", "Mr Zhang", "Ms Li", "the Bund at night", "小陈")


def test_r9_9_before_the_digits_only_the_given_names_what_when_and_where(phone, shoot):
    page = phone.show()
    for words in ("Wei and Na", "Monday 18 May", "12:00", "Bund"):
        assert words in page
    for words in (*OWN, shoot.booking.number, last_four(shoot), "Zhang"):
        assert words not in page, words


def test_after_them_the_order_who_comes_their_words_and_who_looks_after_them(phone, shoot):
    page = phone.press("digits/", digits=last_four(shoot))
    for words in (*OWN, shoot.booking.number):
        assert words in page, words
    assert "138 **** " in page
    assert shoot.customer.contact_points.get().value not in page


def test_r9_9_even_then_nothing_of_money_taboos_or_what_colleagues_noted(phone, shop, shoot, now):
    customer = shoot.customer
    customer.special_care = "SPECIAL-CARE"
    customer.save()
    Taboo.objects.create(customer=customer, text="TABOO-TEXT")
    ask_another_time(shoot, wish="NOTED-BY-US", via="call", by=shop.owner, now=now)
    page = phone.press("digits/", digits=last_four(shoot))
    assert shoot.booking.number in page
    for secret in ("SPECIAL-CARE", "TABOO-TEXT", "NOTED-BY-US", "5999", "5,999", "1000", "1,000", "陈晓静"):
        assert secret not in page, secret


def test_what_they_wrote_themselves_is_theirs_to_read(phone, shoot):
    phone.post("times/", wish="after the holidays")
    assert "after the holidays" not in phone.show()
    assert "after the holidays" in phone.press("digits/", digits=last_four(shoot))


@pytest.mark.parametrize("typed", ["{0}", " {0} ", "{wide}"])
def test_digits_in_any_form(phone, shoot, typed):
    four = last_four(shoot)
    wide = "".join(chr(ord(figure) - ord("0") + ord("０")) for figure in four)
    assert shoot.booking.number in phone.press("digits/", digits=typed.format(four, wide=wide))


def test_any_number_of_the_party_will_do_but_not_one_known_to_be_wrong(phone, shoot, shop):
    for value, is_wrong in (("+8613900001234", False), ("+8613900005678", True)):
        ContactPoint.objects.create(
            branch=shop.branch, customer=shoot.customer, kind="phone", value=value, is_wrong=is_wrong
        )
    assert shoot.booking.number not in phone.press("digits/", digits="5678")
    assert shoot.booking.number in phone.press("digits/", digits="1234")


@pytest.mark.parametrize(
    "typed", ["", "123", "12345", "abcd", "１２", "x" * 100_000, "12\x0034", "-123", "🎈🎈🎈🎈", "%%%%"]
)
def test_anything_else_is_explained_and_is_no_try(phone, typed):
    response = phone.post("digits/", digits=typed)
    assert response.status_code == 422
    assert AppointmentLink.objects.get().wrong_digits == 0


def test_five_wrong_tries_and_the_right_ones_look_like_wrong_ones_for_a_quarter_of_an_hour(
    phone, shoot, now, clock
):
    answers = [phone.post("digits/", digits=wrong(shoot)) for _try in range(5)]
    assert {answer.status_code for answer in answers} == {422}
    blocked = phone.post("digits/", digits=last_four(shoot))

    def words(response):
        return response.content.decode().split('id="order"')[1].split("csrfmiddlewaretoken")[0]

    assert blocked.status_code == 422
    assert words(blocked) == words(answers[0])
    assert "known" not in phone.client.cookies
    clock.move_to(now + 14 * MINUTE)
    assert phone.post("digits/", digits=last_four(shoot)).status_code == 422
    clock.move_to(now + 15 * MINUTE)
    assert shoot.booking.number in phone.press("digits/", digits=last_four(shoot))
    assert AppointmentLink.objects.get().wrong_digits == 0


def test_ten_thousand_can_not_be_tried(shoot, now):
    """Each further five rest for longer: within the two weeks that a link lives, no more than some eighty."""
    links.link_for(shoot, now)
    link, moment, tries = AppointmentLink.objects.get(), now, 0
    while moment < now + 14 * DAY:
        public_digits.check(link, wrong(shoot), now=moment)
        tries += 1
        link.refresh_from_db()
        moment = max(moment + timedelta(seconds=1), link.blocked_until or moment)
    assert tries < 120


def test_it_is_remembered_for_an_hour_in_this_browser_and_for_this_link_only(shop, phone, shoot, now, clock):
    phone.post("digits/", digits=last_four(shoot))
    cookie = phone.client.cookies["known"]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", phone.url)
    other = shoot_of(shop, now - DAY)
    theirs = phone_of(other, now)
    theirs.client.cookies["known"] = cookie.value
    assert other.booking.number not in theirs.show()
    stranger = phone_of(shoot, now)
    assert shoot.booking.number not in stranger.show()
    assert shoot.booking.number in phone.show()
    clock.move_to(now + HOUR + MINUTE)
    assert shoot.booking.number not in phone.show()


@pytest.mark.parametrize("value", ["1", "1:abc", "x" * 4000, '"'])
def test_a_made_up_cookie_opens_nothing(phone, shoot, value):
    phone.client.cookies["known"] = value
    assert shoot.booking.number not in phone.show()


def test_who_left_no_number_is_not_asked_for_digits(shop, now):
    shoot = shoot_of(shop, now, phone="")
    page = phone_of(shoot, now).show()
    assert 'name="digits"' not in page


@pytest.mark.django_db(transaction=True)
def test_many_guesses_in_one_second_are_all_counted(shop, now):
    shoot = shoot_of(shop, now)
    links.link_for(shoot, now)
    link, found = AppointmentLink.objects.get(), []

    def guess():
        try:
            found.append(public_digits.check(link, wrong(shoot), now=now))
        finally:
            connection.close()

    threads = [threading.Thread(target=guess) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    link.refresh_from_db()
    assert (found, link.wrong_digits) == ([False] * 12, 5)
    assert link.blocked_until == now + 15 * MINUTE
