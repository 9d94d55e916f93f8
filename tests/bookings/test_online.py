"""Customers book by themselves: what is offered, the code, the limits, the time that is held, and what nobody
learns there (F8)."""

import itertools
import re
from datetime import timedelta
from decimal import Decimal

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from bookings import codes, knocks, online
from bookings.knocks import TooManyKnocks, knock
from bookings.models import (
    Appointment,
    BookingRequest,
    Knock,
    OnlineBooking,
    PackageNeed,
    PackageVersion,
    Resource,
    Skill,
)
from bookings.online import Answer, NotOffered
from bookings.schedule import Slot
from bookings.teams import FreeTimes
from studio.outbox.models import Message, State
from studio.outbox.queue import queue
from studio.outbox.rendering import write_words
from studio.staff.models import SpecialDay
from tests.bookings.conftest import Sale
from tests.bookings.together import together
from tests.factories import LeaveFactory, make_package
from workflow.models import Visit

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
PHONE = "+8613900001111"


@pytest.fixture
def counter(shop):
    return OnlineBooking.objects.create(branch=shop.branch, mode="request")


@pytest.fixture
def at_noon(now):
    with time_machine.travel(now, tick=False) as clock:
        yield clock


def asked(counter, now, **fields):
    given = {
        "version": None,
        "name": "周婷",
        "phone": PHONE,
        "party": 2,
        "words": "",
        "language": "zh-hans",
        "address": "203.0.113.9",
        "now": now,
    }
    if "starts_at" not in fields and "day" not in fields:
        fields["starts_at"] = counter.branch.at(counter.branch.today(now) + 7 * DAY, counter.branch.opens_at)
    return online.ask(counter, **given | fields)


def verified(counter, now, **fields):
    wish = asked(counter, now, **fields)
    assert online.verify(wish, codes.code_of(wish), now=now) is Answer.RIGHT
    wish.refresh_from_db()
    return wish


# --- What is offered --------------------------------------------------------------------------
def test_a_branch_without_settings_or_switched_off_has_its_page_closed(shop, client):
    shop.branch.phone = "021 5550 0100"
    shop.branch.save()
    for _mode in ("none", "off"):
        text = client.get("/book/sh/").content.decode()
        assert "021 5550 0100" in text
        assert "given out on this page" in text
        assert client.post("/book/sh/talk/you/?day=2026-06-01", {"name": "x"}).status_code == 200
        OnlineBooking.objects.update_or_create(branch=shop.branch, defaults={"mode": "off"})
    assert not BookingRequest.objects.exists()
    assert client.get("/book/xx/").status_code == 404


def test_only_the_chosen_packages_are_offered_and_only_what_is_on_sale(shop, counter, now, client):
    assert [offer.version for offer in online.offers(counter, now=now)] == [shop.package]
    assert "¥5,999" in client.get("/book/sh/").content.decode()
    shop.package.package.is_active = False
    shop.package.package.save()
    assert client.get(f"/book/sh/{shop.package.package_id}/").status_code == 404
    assert client.get("/book/sh/9999/").status_code == 404
    assert client.get("/book/sh/nothing/").status_code == 404
    assert client.get("/book/sh/talk/").status_code == 200


def test_free_times_need_everybody_whom_the_package_needs(shop, counter, now):
    day = shop.branch.today(now) + 7 * DAY
    times = FreeTimes(shop.branch, shop.package, "shoot", middle=day, now=now)
    starts = [slot.starts_at for slot in times.starts(day)]
    assert starts
    assert all(after - before >= HOUR for before, after in itertools.pairwise(starts))
    slot = times.slot(starts[0])
    assert {r.kind for r in slot.wanted()} == {"photographer", "artist", "floor"}
    sale = Sale(shop, now)
    sale.make(Slot(starts[0], starts[0] + 6 * HOUR, [shop.artist_resource]))
    again = FreeTimes(shop.branch, shop.package, "shoot", middle=day, now=now)
    assert again.slot(starts[0]) is None


def test_leave_closed_days_and_the_past_are_not_free(shop, counter, now):
    first = shop.branch.today(now) + 7 * DAY
    LeaveFactory(
        branch=shop.branch, user=shop.photographer, starts_on=first, ends_on=first, deputy=shop.artist
    )
    SpecialDay.objects.create(
        branch=shop.branch, day=first + DAY, is_open=False, name_en="x", name_zh_hans="x", name_zh_hant="x"
    )
    times = FreeTimes(shop.branch, shop.package, "shoot", middle=first, now=now)
    assert [times.is_free(first + n * DAY) for n in range(3)] == [False, False, True]
    talk = FreeTimes(shop.branch, None, "consult", middle=first, now=now)
    assert [talk.is_free(first + n * DAY) for n in range(3)] == [True, False, True]
    assert not talk.is_free(shop.branch.today(now) - DAY)
    assert all(slot.starts_at > now for slot in talk.starts(shop.branch.today(now)))


def test_one_photographer_may_not_be_in_two_places_and_looks_take_turns(shop, counter, now):
    """Two needs at the same time take two people; two after another may take the same one; a skill counts."""
    version = shop.package
    for look, start in ((1, 0), (2, 90)):
        PackageNeed.objects.create(version=version, kind="artist", look=look, from_minute=start, minutes=90)
    PackageNeed.objects.create(version=version, kind="photographer", quantity=2)
    day = shop.branch.today(now) + 7 * DAY
    assert not FreeTimes(shop.branch, version, "shoot", middle=day, now=now).is_free(day)
    second = Resource.objects.create(
        branch=shop.branch, kind="photographer", name_en="B", name_zh_hans="B", name_zh_hant="B"
    )
    times = FreeTimes(shop.branch, version, "shoot", middle=day, now=now)
    slot = next(times.starts(day))
    assert {r.pk for r in slot.wanted() if r.kind == "photographer"} == {
        shop.photographer_resource.pk,
        second.pk,
    }
    skill = Skill.objects.create(branch=shop.branch, name_en="S", name_zh_hans="S", name_zh_hant="S")
    PackageNeed.objects.create(version=version, kind="assistant", skill=skill)
    assert not FreeTimes(shop.branch, version, "shoot", middle=day, now=now).is_free(day)
    helper = Resource.objects.create(
        branch=shop.branch, kind="assistant", name_en="A", name_zh_hans="A", name_zh_hant="A"
    )
    assert not FreeTimes(shop.branch, version, "shoot", middle=day, now=now).is_free(day)
    helper.skills.add(skill)
    assert FreeTimes(shop.branch, version, "shoot", middle=day, now=now).is_free(day)


def test_two_months_of_days_ask_the_database_a_fixed_number_of_times(
    shop, counter, now, at_noon, client, django_assert_max_num_queries
):
    url = f"/book/sh/{shop.package.package_id}/"
    with django_assert_max_num_queries(40) as few:
        assert client.get(url).status_code == 200
    sale = Sale(shop, now)
    for day in range(4, 30, 3):
        sale.make(sale.slot(days=day))
    with django_assert_max_num_queries(len(few)):
        text = client.get(url).content.decode()
    assert "full" in text
    assert "free" in text


def test_a_wish_outside_of_the_days_on_offer_or_for_a_taken_time_is_not_offered(shop, counter, now):
    branch = shop.branch
    for days in (0, 1, 400):
        with pytest.raises(NotOffered):
            asked(counter, now, starts_at=branch.at(branch.today(now) + days * DAY, branch.opens_at))
        with pytest.raises(NotOffered):
            asked(counter, now, day=branch.today(now) + days * DAY)
    taken = Sale(shop, now).slot(days=7)
    Sale(shop, now).make(taken)
    with pytest.raises(NotOffered):
        asked(counter, now, version=shop.package, starts_at=taken.starts_at)
    assert not BookingRequest.objects.exists()
    assert not Knock.objects.exists()


# --- The code ---------------------------------------------------------------------------------
def test_the_code_goes_out_by_message_and_is_kept_nowhere(counter, now, message_words):
    wish = asked(counter, now)
    message = Message.objects.get()
    assert (message.purpose, message.recipient, message.deadline) == (
        "booking_code",
        PHONE,
        now + codes.VALID,
    )
    write_words(message)
    code = codes.code_of(wish)
    assert re.fullmatch(r"\d{6}", code)
    assert code in message.body
    wish.refresh_from_db()
    assert bytes(wish.code_hash) != code.encode()
    assert len(bytes(wish.code_hash)) == 32


@pytest.fixture
def message_words(db):
    from studio.outbox.models import MessageTemplate

    return MessageTemplate.objects.create(
        branch=None,
        purpose="booking_code",
        channel="sms",
        language="zh-hans",
        body="{branch}：您的验证码是 {code}，{minutes}分钟内有效。",
    )


def test_the_code_of_a_wish_goes_out_in_quiet_hours_and_a_reminder_does_not(shop, counter, now):
    shop.branch.quiet_from, shop.branch.quiet_until = (
        now.time().replace(hour=11),
        now.time().replace(hour=23),
    )
    shop.branch.save()
    counter.refresh_from_db()
    wish = asked(counter, now)
    assert Message.objects.get(subject_id=wish.pk).due_at == now
    other = queue(
        branch=BookingRequest.objects.get().branch,
        purpose="reminder",
        subject_id=1,
        subject_version=1,
        channel="sms",
        language="zh-hans",
        recipient=PHONE,
        due_at=now,
        deadline=now + 3 * DAY,
        dedupe_key="x",
    )
    assert other.due_at > now


def test_five_wrong_codes_and_it_holds_no_more(counter, now):
    wish = asked(counter, now)
    right = codes.code_of(wish)
    wrong = "000000" if right != "000000" else "000001"
    answers = [online.verify(wish, wrong, now=now) for _try in range(6)]
    assert answers == [Answer.WRONG] * 4 + [Answer.OVER] * 2
    assert online.verify(wish, right, now=now) is Answer.OVER
    codes.send(wish, now=now + codes.PAUSE)
    wish.refresh_from_db()
    assert codes.code_of(wish) != right
    assert online.verify(wish, right, now=now + codes.PAUSE) is Answer.WRONG
    assert online.verify(wish, codes.code_of(wish), now=now + codes.PAUSE) is Answer.RIGHT


def test_a_code_holds_ten_minutes_and_no_longer(counter, now):
    wish = asked(counter, now)
    right = codes.code_of(wish)
    assert online.verify(wish, right, now=now + timedelta(minutes=10)) is Answer.OVER
    assert online.verify(wish, right, now=now + timedelta(minutes=9, seconds=59)) is Answer.RIGHT


def test_another_code_after_a_minute_three_in_all_and_the_old_message_is_not_sent(counter, now):
    wish = asked(counter, now)
    with pytest.raises(codes.NotSent) as early:
        codes.send(wish, now=now + timedelta(seconds=20))
    assert early.value.wait == 41
    first = Message.objects.get()
    assert codes.still_due(first)
    codes.send(wish, now=now + timedelta(seconds=60))
    assert not codes.still_due(first)
    assert codes.still_due(Message.objects.latest("id"))
    codes.send(wish, now=now + timedelta(seconds=120))
    with pytest.raises(codes.NotSent) as over:
        codes.send(wish, now=now + timedelta(seconds=180))
    assert over.value.wait == 0
    online.verify(wish, codes.code_of(BookingRequest.objects.get()), now=now + timedelta(seconds=130))
    assert not codes.still_due(Message.objects.latest("id"))
    assert Message.objects.filter(state=State.QUEUED).count() == 3


def test_one_code_is_of_one_wish(counter, now):
    first, second = asked(counter, now), asked(counter, now, phone="+8613900002222")
    assert codes.code_of(first) != codes.code_of(second)
    assert not codes.fits(second, codes.code_of(first))


# --- Limits -----------------------------------------------------------------------------------
def test_the_fourth_code_within_an_hour_for_a_number_is_refused_whoever_asks(counter, now):
    for place in range(3):
        asked(counter, now, address=f"203.0.113.{place}")
    with pytest.raises(TooManyKnocks) as busy:
        asked(counter, now, address="203.0.113.77")
    assert busy.value.sort == "code"
    assert BookingRequest.objects.count() == 3
    assert asked(counter, now + HOUR, address="203.0.113.77")


def test_an_address_and_a_branch_have_their_limits_and_only_hashes_are_kept(counter, now):
    for place in range(30):
        knock(now=now, address="203.0.113.9")
        assert place < 30
    with pytest.raises(TooManyKnocks):
        asked(counter, now)
    assert asked(counter, now, address="203.0.113.10")
    assert not Knock.objects.filter(key__contains="203.0.113").exists()
    Knock.objects.bulk_create(
        [Knock(key=knocks.key_of("branch", str(counter.branch_id)), at=now) for _n in range(200)]
    )
    with pytest.raises(TooManyKnocks) as busy:
        asked(counter, now, phone="+8613900003333", address="203.0.113.11")
    assert busy.value.sort == "branch"


def test_knocks_are_forgotten_after_a_day_and_unverified_wishes_expire(counter, now):
    wish = asked(counter, now)
    assert knocks.sweep(now + DAY) == 0
    assert knocks.sweep(now + DAY + HOUR) == 3
    assert online.expire(now + DAY) == 0
    assert online.expire(now + DAY + HOUR) == 1
    wish.refresh_from_db()
    assert (wish.state, wish.code_hash) == ("expired", None)
    assert online.verify(wish, "123456", now=now) is Answer.OVER


@pytest.mark.django_db(transaction=True)
def test_the_limit_is_exact_when_many_knock_at_once(shop, now):
    answers = together([lambda: knock(now=now, code=PHONE)] * 12)
    assert sum(answer is None for answer in answers) == 3, answers
    assert sum(isinstance(answer, TooManyKnocks) for answer in answers) == 9


def test_a_number_has_two_open_wishes_and_the_third_is_told_only_to_its_owner(counter, now):
    for _wish in range(2):
        assert verified(counter, now).state == "new"
    third = verified(counter, now, address="203.0.113.99")
    assert (third.state, third.answer) == ("withdrawn", online.TOO_MANY)


# --- A time that is held at once --------------------------------------------------------------
@pytest.fixture
def taking(shop, counter):
    counter.mode = "book"
    counter.save()
    return counter


def wanted(counter, now, shop):
    return counter.branch.at(counter.branch.today(now) + 7 * DAY, counter.branch.opens_at)


def test_f1_a_new_customer_takes_a_time_and_the_next_in_line(shop, taking, now):
    wish = verified(taking, now, version=shop.package, starts_at=wanted(taking, now, shop))
    assert wish.state == "new"
    assert wish.appointment.kind == "shoot"
    assert wish.appointment.allocations.active().count() == 3
    visit = Visit.objects.get()
    assert wish.customer.owner == visit.consultant == wish.appointment.customer.owner
    assert wish.customer.contact_points.get().value == PHONE
    assert visit.turn.counts


def test_f1_a_known_customer_stays_with_their_owner_and_costs_no_turn(shop, taking, now):
    known = Sale(shop, now).customer(phone=PHONE)
    wish = verified(taking, now, version=shop.package, starts_at=wanted(taking, now, shop))
    assert wish.customer == known
    assert wish.appointment.customer == known
    assert Visit.objects.get().turn is None


def test_a_time_that_is_gone_by_the_time_of_the_code_is_answered_with_the_nearest(shop, taking, now):
    start = wanted(taking, now, shop)
    wish = asked(taking, now, version=shop.package, starts_at=start)
    Sale(shop, now).make(Slot(start, start + 6 * HOUR, [shop.floor]))
    assert online.verify(wish, codes.code_of(wish), now=now) is Answer.RIGHT
    wish.refresh_from_db()
    assert (wish.state, wish.starts_at, wish.customer) == ("unverified", None, None)
    assert not Visit.objects.exists()
    near = online.instead(wish, now=now)
    assert len(near) == 3
    chosen = online.choose(wish, near[0].starts_at, now=now)
    assert chosen.appointment.starts_at == near[0].starts_at
    assert online.choose(wish, near[1].starts_at, now=now).appointment == chosen.appointment
    assert Appointment.objects.filter(customer=chosen.customer).count() == 1


def test_none_of_the_other_times_means_please_call(shop, taking, now):
    start = wanted(taking, now, shop)
    wish = asked(taking, now, version=shop.package, starts_at=start)
    Sale(shop, now).make(Slot(start, start + 6 * HOUR, [shop.floor]))
    online.verify(wish, codes.code_of(wish), now=now)
    called = online.choose(wish, None, now=now)
    assert (called.state, called.appointment) == ("new", None)
    assert Visit.objects.get().request == called


def test_the_code_typed_twice_holds_one_time(shop, taking, now):
    wish = asked(taking, now, version=shop.package, starts_at=wanted(taking, now, shop))
    code = codes.code_of(wish)
    assert [online.verify(wish, code, now=now) for _press in range(2)] == [Answer.RIGHT] * 2
    assert Appointment.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_sixteen_who_verify_at_once_for_one_time_one_gets_it(shop, taking, now):
    start = wanted(taking, now, shop)
    wishes = [
        asked(
            taking,
            now,
            version=shop.package,
            starts_at=start,
            phone=f"+86139000010{number:02d}",
            address=f"203.0.113.{number}",
        )
        for number in range(16)
    ]
    answers = together(
        [lambda wish=wish: online.verify(wish, codes.code_of(wish), now=now) for wish in wishes]
    )
    assert answers == [Answer.RIGHT] * 16, answers
    rows = list(BookingRequest.objects.all())
    won = [row for row in rows if row.appointment_id]
    assert len(won) == 1
    assert {row.state for row in rows if row not in won} == {"unverified"}
    assert Appointment.objects.count() == Visit.objects.count() == 1
    assert Visit.objects.get().turn.number == 1


# --- As many consultations as consultants -----------------------------------------------------
def talk_at(shop, now):
    day = shop.branch.today(now) + 7 * DAY
    return day, shop.branch.at(day, shop.branch.opens_at)


def talks(shop, now, day, **options):
    return FreeTimes(shop.branch, None, "consult", middle=day, now=now, **options)


def test_there_are_as_many_consultations_at_once_as_consultants(shop, taking, now):
    """Two work here: the third customer is offered the time when the first two are through."""
    day, start = talk_at(shop, now)
    sale = Sale(shop, now)
    for number in (1, 2):
        assert talks(shop, now, day).slot(start) is not None, number
        sale.make(Slot(start, start + HOUR, []), "consult")
    free = talks(shop, now, day)
    assert free.slot(start) is None
    assert free.slot(start + HOUR / 2) is None
    assert free.slot(start + HOUR) is not None
    assert free.is_free(day)
    assert talks(shop, now, day, desk=True).slot(start) is not None  # people decide at the desk
    sale.make(Slot(start + 2 * HOUR, start + 3 * HOUR, []), "pickup")
    assert free.slot(start + 2 * HOUR) is not None


def test_a_consultant_on_leave_listens_to_nobody(shop, taking, now):
    day, start = talk_at(shop, now)
    Sale(shop, now).make(Slot(start, start + HOUR, []), "consult")
    leave = {"branch": shop.branch, "starts_on": day, "ends_on": day}
    LeaveFactory(user=shop.colleague, deputy=shop.owner, **leave)
    assert talks(shop, now, day).slot(start) is None
    assert talks(shop, now, day).slot(start + HOUR) is not None
    LeaveFactory(user=shop.owner, deputy=shop.manager, **leave)
    assert not talks(shop, now, day).is_free(day)


def test_a_house_without_consultants_receives_through_its_managers(shop, taking, now):
    day, start = talk_at(shop, now)
    shop.branch.memberships.filter(role="consultant").update(is_active=False)
    Sale(shop, now).make(Slot(start, start + HOUR, []), "consult")
    assert talks(shop, now, day).slot(start) is not None  # the manager and the general manager
    Sale(shop, now).make(Slot(start, start + HOUR, []), "consult")
    assert talks(shop, now, day).slot(start) is None


@pytest.mark.django_db(transaction=True)
def test_of_sixteen_who_want_to_talk_at_one_time_as_many_get_it_as_consultants_work(shop, taking, now):
    """Known customers: no turn of the rotation keeps them apart."""
    _day, start = talk_at(shop, now)
    for number in range(16):
        Sale(shop, now).customer(phone=f"+86139000010{number:02d}")
    wishes = [
        asked(taking, now, starts_at=start, phone=f"+86139000010{number:02d}", address=f"203.0.113.{number}")
        for number in range(16)
    ]
    answers = together(
        [lambda wish=wish: online.verify(wish, codes.code_of(wish), now=now) for wish in wishes]
    )
    assert answers == [Answer.RIGHT] * 16, answers
    assert Appointment.objects.filter(kind="consult", starts_at=start).count() == 2
    lost = BookingRequest.objects.filter(appointment=None)
    assert {(row.state, row.starts_at) for row in lost} == {("unverified", None)}
    assert len(online.instead(lost.first(), now=now)) == 3


def test_withdrawn_wishes_are_over(counter, now):
    wish = verified(counter, now)
    assert online.withdraw(wish, now=now).state == "withdrawn"
    assert online.withdraw(wish, now=now + HOUR).answered_at == now
    assert online.choose(wish, None, now=now).state == "withdrawn"


def test_what_was_held_is_not_withdrawn_by_a_press(shop, taking, now):
    wish = verified(taking, now, version=shop.package, starts_at=wanted(taking, now, shop))
    assert online.withdraw(wish, now=now).state == "new"


# --- The pages --------------------------------------------------------------------------------
def typed(**fields):
    return {"name": "周婷 <b>", "phone": "139-0000-1111", "party": "2", "words": "想拍海边"} | fields


def when(shop, now):
    return f"?start={shop.branch.today(now) + 7 * DAY}T10:00"


def test_from_the_package_to_the_answer_on_a_phone(shop, counter, now, at_noon, client):
    assert "Evergreen" in client.get("/book/sh/").content.decode()
    days = client.get(f"/book/sh/{shop.package.package_id}/?day={shop.branch.today(now) + 7 * DAY}")
    href = re.search(r'href="([^"]*you/\?start=[^"]*)"', days.content.decode()).group(1)
    assert client.get(href).status_code == 200
    answer = client.post(href, typed())
    wish = BookingRequest.objects.get()
    assert (wish.phone, wish.words, wish.party, wish.state) == (PHONE, "想拍海边", 2, "unverified")
    text = client.get(answer["Location"]).content.decode()
    assert "1390000" not in text
    assert "周婷 &lt;b&gt;" in text
    wrong = client.post(answer["Location"], {"act": "code", "code": "12345"})
    assert wrong.status_code == 422
    assert "Type the six figures." in wrong.content.decode()
    code = codes.code_of(wish)
    done = client.post(answer["Location"], {"act": "code", "code": f" {code[:3]} {code[3:]} "})
    assert done["Location"] == answer["Location"]
    assert "Thank you, we have it" in client.get(answer["Location"]).content.decode()
    assert Visit.objects.get().request == wish
    over = client.post(answer["Location"], {"act": "withdraw"})
    assert over.status_code == 302
    assert "This wish has ended" in client.get(answer["Location"]).content.decode()


def test_looking_changes_nothing(shop, counter, now, at_noon, client):
    wish = asked(counter, now)
    address = f"/book/sh/r/{online.token_of(wish)}/"
    for path in ("/book/sh/", "/book/sh/talk/", f"/book/sh/talk/you/{when(shop, now)}", address):
        for method in (client.get, client.head):
            assert method(path).status_code == 200
    wish.refresh_from_db()
    assert (wish.version, wish.code_tries, BookingRequest.objects.count()) == (2, 0, 1)
    assert Message.objects.count() == 1


def test_pressing_twice_makes_one_wish(shop, counter, now, at_noon, client):
    form = typed(submission="6f1c2f0e-6bb1-4a59-9d7f-2f3b7a3c8d11")
    first, second = (client.post(f"/book/sh/talk/you/{when(shop, now)}", form) for _press in range(2))
    assert first["Location"] == second["Location"]
    assert BookingRequest.objects.count() == Message.objects.count() == 1


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"name": " "}, "How may we call you?"),
        ({"name": "x" * 61}, "at most 60"),
        ({"phone": ""}, "Without a number"),
        ({"phone": "12"}, "number"),
        ({"party": "0"}, "A number from 1 to 60."),
        ({"party": "二"}, "A number from 1 to 60."),
        ({"words": "x" * 301}, "at most 300"),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_nothing_is_lost(
    shop, counter, now, at_noon, client, fields, words
):
    answer = client.post(f"/book/sh/talk/you/{when(shop, now)}", typed(**fields))
    assert answer.status_code == 422
    text = answer.content.decode()
    assert words in text
    assert ("想拍海边" in text) == ("words" not in fields)
    assert not BookingRequest.objects.exists()


def test_f8_known_and_unknown_numbers_get_the_same_answers(shop, counter, now, at_noon, client):
    Sale(shop, now).customer(phone=PHONE, name="秘密客人")
    pages = []
    for number in (PHONE, "+8613900009999"):
        answer = client.post(f"/book/sh/talk/you/{when(shop, now)}", typed(phone=number))
        wish = BookingRequest.objects.latest("id")
        client.post(answer["Location"], {"act": "code", "code": codes.code_of(wish)})
        text = client.get(answer["Location"]).content.decode()
        assert "秘密客人" not in text
        pages.append(re.sub(r'value="[^"]*"|/r/[^/"]*/', "", text))
    assert pages[0] == pages[1]


def test_a_forged_address_is_none(shop, counter, now, client):
    wish = asked(counter, now)
    token = online.token_of(wish)
    other = asked(counter, now, phone="+8613900004444")
    forged = token.replace(str(wish.pk), str(other.pk), 1)
    for bad in (forged, token[:-1], "x" * 30, f"{wish.pk}-" + "a" * 30, "壹" * 25):
        assert client.get(f"/book/sh/r/{bad}/").status_code == 404
    OnlineBooking.objects.create(branch=shop.other_branch)
    assert client.get(f"/book/tp/r/{token}/").status_code == 404
    assert client.get(f"/book/sh/r/{token}/").status_code == 200


def test_programs_that_fill_in_everything_get_nowhere(shop, counter, now, at_noon, client):
    answer = client.post(f"/book/sh/talk/you/{when(shop, now)}", typed(website="http://x"))
    assert answer["Location"] == "/book/sh/"
    assert not BookingRequest.objects.exists()


def test_too_many_are_told_kindly_with_the_telephone(shop, counter, now, at_noon, client):
    shop.branch.phone = "021 5550 0100"
    shop.branch.save()
    for _wish in range(3):
        assert client.post(f"/book/sh/talk/you/{when(shop, now)}", typed()).status_code == 302
    busy = client.post(f"/book/sh/talk/you/{when(shop, now)}", typed())
    assert busy.status_code == 429
    assert "021 5550 0100" in busy.content.decode()
    assert busy["Retry-After"] == "3600"


def test_a_form_from_another_site_is_refused(shop, counter, now, at_noon):
    strict = Client(enforce_csrf_checks=True)
    assert strict.post(f"/book/sh/talk/you/{when(shop, now)}", typed()).status_code == 403
    assert not BookingRequest.objects.exists()


def test_the_pages_are_told_to_nobody(shop, counter, now, client):
    wish = asked(counter, now)
    for path in ("/book/sh/", "/book/sh/talk/", f"/book/sh/r/{online.token_of(wish)}/"):
        answer = client.get(path)
        assert answer["Referrer-Policy"] == "no-referrer"
        assert "noindex" in answer["X-Robots-Tag"]
        assert "no-store" in answer["Cache-Control"]


@pytest.mark.parametrize(
    "odd",
    [
        "?start=x",
        "?day=2026-02-30",
        "?start=9999-12-31T23:59",
        "?day=0001-01-01",
        "?start=2026-06-01T10:00Z",
        "",
    ],
)
def test_odd_addresses_lead_back_to_the_days(shop, counter, now, at_noon, client, odd):
    answer = client.get(f"/book/sh/talk/you/{odd}")
    assert answer.status_code in {200, 302}
    assert client.get(f"/book/sh/talk/{odd}").status_code == 200
    assert client.post(f"/book/sh/talk/you/{odd}", typed()).status_code == 302
    assert not BookingRequest.objects.exists()


def test_a_time_that_went_while_they_typed_is_said_on_the_days(shop, counter, now, at_noon, client):
    start = shop.branch.at(shop.branch.today(now) + 7 * DAY, shop.branch.opens_at)
    Sale(shop, now).make(Slot(start, start + 6 * HOUR, [shop.floor]))
    local = timezone.localtime(start, shop.branch.zone)
    answer = client.post(f"/book/sh/{shop.package.package_id}/you/?start={local:%Y-%m-%dT%H:%M}", typed())
    assert "gone=1" in answer["Location"]
    assert "That time has just gone" in client.get(answer["Location"]).content.decode()


def test_a_full_day_offers_the_waiting_list(shop, counter, now, at_noon, client):
    day = shop.branch.today(now) + 7 * DAY
    start = shop.branch.at(day, shop.branch.opens_at)
    Sale(shop, now).make(Slot(start, start + 11 * HOUR, [shop.floor]))
    url = f"/book/sh/{shop.package.package_id}/"
    text = client.get(f"{url}?day={day}").content.decode()
    assert "This day is full." in text
    answer = client.post(f"{url}you/?day={day}&part=morning", typed())
    wish = BookingRequest.objects.get()
    assert (wish.day, wish.part_of_day, wish.starts_at) == (day, "morning", None)
    assert answer.status_code == 302


def test_prices_of_the_day_stand_on_the_page(shop, counter, now, at_noon, client):
    from bookings.models import SeasonalPrice

    SeasonalPrice.objects.create(
        version=PackageVersion.objects.get(),
        basis="sold",
        starts_on=shop.branch.today(now),
        ends_on=shop.branch.today(now),
        price=Decimal("4999"),
        name_en="May fair",
        name_zh_hans="五月",
        name_zh_hant="五月",
    )
    text = client.get("/book/sh/").content.decode()
    assert "¥4,999" in text
    assert "May fair" in text


@pytest.mark.parametrize(("language", "word"), [("zh-hans", "zh-hans"), ("zh-hant", "zh-hant"), ("en", "en")])
def test_the_pages_switch_between_three_languages(shop, counter, client, settings, language, word):
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = language
    assert f'<html lang="{word}"' in client.get("/book/sh/").content.decode()


def test_only_packages_of_ones_own_branches_are_offered_in_the_settings(shop, counter, sign_in):
    other = make_package(shop.other_branch)
    answer = sign_in(shop.administrator).get(f"/admin/bookings/onlinebooking/{counter.pk}/change/")
    chosen = re.search(r'<select name="packages".*?</select>', answer.content.decode(), re.DOTALL).group()
    options = re.findall(r'<option value="(\d+)"', chosen)
    assert options == [str(shop.package.package_id)]
    assert str(other.package_id) not in options
