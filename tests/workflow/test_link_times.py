"""R3.2: another time behind the link. Real free ones, checked again when sent, and never a promise."""

from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bookings import schedule
from bookings.models import Allocation, Appointment, Resource
from bookings.other_times import OtherTimes, other_slot
from tests.factories import make_person
from tests.workflow.behind import DAY, phone_of, shoot_of
from tests.workflow.calling import Desk
from workflow import call_agreements, links, public_times
from workflow.models import CallTask, WishedTime

HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def clock(now):
    with time_machine.travel(now, tick=False) as traveller:
        yield traveller


@pytest.fixture
def shoot(shop, now):
    return shoot_of(shop, now)


@pytest.fixture
def phone(shoot, now):
    return phone_of(shoot, now)


def text(moment, branch):
    return f"{timezone.localtime(moment, branch.zone):%Y-%m-%dT%H:%M}"


def free(shoot, now, count=1):
    """The first free times, one a day."""
    offered = public_times.offered(shoot, "", "en", now=now)
    return [day.times[0] for day in offered.days[:count]]


def wishes(shoot):
    return list(WishedTime.objects.filter(appointment=shoot).values_list("starts_at", flat=True))


# --- What is offered ------------------------------------------------------------------------
def test_r3_2_what_is_offered_can_be_had(shop, shoot, now):
    offered = public_times.offered(shoot, "", "en", now=now)
    assert len(offered.days) == public_times.DAYS_SHOWN
    for day in offered.days:
        assert 0 < len(day.times) <= public_times.TIMES_OF_A_DAY
        for moment in day.times:
            slot = other_slot(shoot, moment, now=now)
            assert slot.ends_at - slot.starts_at == shoot.ends_at - shoot.starts_at
            sid = schedule.move(shoot, slot=slot, version=None, by=shop.owner, now=now)
            assert sid.starts_at == moment
            shoot.refresh_from_db()


def test_not_today_not_the_time_that_they_have_and_not_outside_the_hours(shop, shoot, now):
    offered = public_times.offered(shoot, "", "en", now=now)
    moments = [moment for day in offered.days for moment in day.times]
    assert shop.branch.today(moments[0]) > shop.branch.today(now)
    assert shoot.starts_at not in moments
    for moment in moments:
        begin = timezone.localtime(moment, shop.branch.zone)
        end = begin + (shoot.ends_at - shoot.starts_at)
        assert shop.branch.opens_at <= begin.time() <= end.time() <= shop.branch.closes_at


def test_what_somebody_else_has_is_not_free(shop, shoot, now):
    (first,) = free(shoot, now)
    other = shoot_of(shop, now - 10 * DAY)
    slot = schedule.slot_at(other, first, first + 6 * HOUR)
    schedule.move(other, slot=slot, version=None, by=shop.owner, now=now, overtime=True)
    assert first not in [
        moment for day in public_times.offered(shoot, "", "en", now=now).days for moment in day.times
    ]
    assert other_slot(shoot, first, now=now) is None


def test_with_whom_they_have_where_they_can_else_with_whoever_can(shop, shoot, now):
    (first,) = free(shoot, now)
    held = {hold.resource for hold in other_slot(shoot, first, now=now).all_holds()}
    assert held == {shop.photographer_resource, shop.artist_resource, shop.floor}
    second = make_person(shop.branch, "department_staff", "孙亮", "", shop.shooting)
    other = Resource.objects.create(
        branch=shop.branch,
        kind="photographer",
        user=second,
        name_en="S",
        name_zh_hans="孙",
        name_zh_hant="孫",
    )
    desk = Desk(shop, now)
    busy = desk.appointment(first)
    Allocation.objects.create(
        appointment=busy,
        resource=shop.photographer_resource,
        used=(first, first + 6 * HOUR),
        during=(first, first + 6 * HOUR),
    )
    held = {hold.resource for hold in other_slot(shoot, first, now=now).all_holds()}
    assert other in held
    assert shop.photographer_resource not in held


def test_r3_2_the_owner_agrees_it_in_one_press_also_with_another_photographer(shop, phone, shoot, now):
    (first,) = free(shoot, now)
    second = make_person(shop.branch, "department_staff", "孙亮", "", shop.shooting)
    other = Resource.objects.create(
        branch=shop.branch,
        kind="photographer",
        user=second,
        name_en="S",
        name_zh_hans="孙",
        name_zh_hant="孫",
    )
    phone.post("times/", times=[text(first, shop.branch)])
    Allocation.objects.create(
        appointment=Desk(shop, now).appointment(first),
        resource=shop.photographer_resource,
        used=(first, first + 6 * HOUR),
        during=(first, first + 6 * HOUR),
    )
    call = CallTask.objects.open().get()
    moved = call_agreements.agree(call, starts_at=first, version=call.version, by=shop.owner, now=now)
    assert moved.starts_at == first
    assert other in {row.resource for row in moved.allocations.active().select_related("resource")}


@pytest.mark.parametrize("kind", ["selection", "layout", "pickup"])
def test_what_needs_our_work_first_is_not_offered_earlier_than_agreed(shop, now, kind):
    row = Desk(shop, now).appointment(now + 9 * DAY, kind=kind, ends_at=now + 9 * DAY + HOUR)
    offered = public_times.offered(row, "", "en", now=now)
    assert offered.days
    assert min(moment for day in offered.days for moment in day.times) > row.starts_at


def test_the_service_on_the_wedding_day_has_only_words(shop, now):
    desk = Desk(shop, now)
    row = desk.appointment(now + 9 * DAY, kind="wedding", customer=desk.customer(language="en"))
    assert public_times.offered(row, "", "en", now=now).days == []
    page = phone_of(row, now).show("times/")
    assert "Nothing is free in these weeks" in page
    assert 'name="wish"' in page


def test_looking_further_and_back_keeps_what_was_ticked_and_written(phone, shoot, shop, now):
    first = text(free(shoot, now)[0], shop.branch)
    offered = public_times.offered(shoot, "", "en", now=now)
    page = phone.post("times/", **{"from": offered.later.isoformat(), "times": [first], "wish": "or in June"})
    assert page.status_code == 200
    body = page.content.decode()
    assert f'value="{first}" checked' in body
    assert "or in June" in body
    assert not WishedTime.objects.exists()
    shoot.refresh_from_db()
    assert shoot.confirmation == "none"


@pytest.mark.parametrize(
    "asked", ["", "0001-01-01", "9999-12-31", "2026-13-45", "x", "\x00", "2026-05-20" * 99]
)
def test_any_day_may_be_asked_for(phone, asked):
    assert phone.get("times/", **{"from": asked}).status_code == 200


def test_far_away_days_end(shoot, now):
    offered = public_times.offered(shoot, "9999-12-31", "en", now=now)
    assert offered.later is None
    assert len(offered.days) <= 1


def test_the_questions_do_not_grow_with_what_is_booked(shop, phone, shoot, now):
    def count():
        with CaptureQueriesContext(
            connection,
        ) as queries:
            phone.get("times/")
        return len(queries)

    before = count()
    for number in range(6):
        shoot_of(shop, now - (number + 4) * DAY)
    assert count() == before


# --- What is sent ---------------------------------------------------------------------------
def test_r3_2_up_to_three_in_order_and_words_are_one_call_for_the_owner(shop, phone, shoot, now):
    moments = free(shoot, now, 3)
    texts = [text(moment, shop.branch) for moment in moments]
    page = phone.press("times/", times=texts, order=",".join(reversed(texts)), wish="mornings are best")
    assert wishes(shoot) == list(reversed(moments))
    shoot.refresh_from_db()
    assert (shoot.confirmation, shoot.wish) == ("another_time", "mornings are best")
    assert shoot.starts_at == now + 2 * DAY  # nothing has moved
    call = CallTask.objects.open().get()
    assert (call.kind, call.customer) == ("another_time", shoot.customer)
    assert "This would suit you better:" in page
    assert page.index("Tuesday 19 May") < page.index("Sunday 17 May")


def test_without_scripts_the_earliest_counts_as_the_best(shop, phone, shoot, now):
    moments = free(shoot, now, 2)
    phone.post("times/", times=[text(moment, shop.branch) for moment in reversed(moments)])
    assert wishes(shoot) == moments


def test_sent_twice_it_is_once_and_sent_anew_the_last_counts(shop, phone, shoot, now):
    moments = free(shoot, now, 3)
    texts = [text(moment, shop.branch) for moment in moments]
    for _press in range(2):
        phone.post("times/", times=texts[:2])
    assert wishes(shoot) == moments[:2]
    phone.post("times/", times=texts[2:])
    assert wishes(shoot) == moments[2:]
    assert CallTask.objects.open().count() == 1


def test_the_old_time_after_all_forgets_the_others(shop, phone, shoot, now):
    phone.post("times/", times=[text(free(shoot, now)[0], shop.branch)])
    phone.post(answer="confirm")
    assert wishes(shoot) == []
    shoot.refresh_from_db()
    assert shoot.confirmation == "confirmed"


def test_a_time_that_went_meanwhile_is_said_at_the_field_and_nothing_is_lost(shop, phone, shoot, now):
    gone, stays = free(shoot, now, 2)
    other = shoot_of(shop, now - 10 * DAY)
    schedule.move(
        other, slot=schedule.slot_at(other, gone, gone + 6 * HOUR), version=None, by=shop.owner, now=now
    )
    response = phone.post(
        "times/", times=[text(gone, shop.branch), text(stays, shop.branch)], wish="or any Sunday"
    )
    page = response.content.decode()
    assert response.status_code == 422
    assert "has just gone" in page
    assert "or any Sunday" in page
    assert f'value="{text(stays, shop.branch)}" checked' in page
    assert wishes(shoot) == []
    shoot.refresh_from_db()
    assert shoot.confirmation == "none"


def test_four_are_too_many(shop, phone, shoot, now):
    response = phone.post("times/", times=[text(moment, shop.branch) for moment in free(shoot, now, 4)])
    assert response.status_code == 422
    assert "three times at most" in response.content.decode()
    assert wishes(shoot) == []


@pytest.mark.parametrize(
    "sent",
    ["2026-05-17T03:00", "1999-01-01T10:00", "9999-12-31T10:00", "2026-05-18T12:00", "2026-05-16T15:00"],
)
def test_a_time_that_nobody_was_offered_is_refused(phone, shoot, sent):
    assert phone.post("times/", times=[sent]).status_code == 422
    assert wishes(shoot) == []


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    times=st.lists(st.text(max_size=20), max_size=5),
    order=st.text(max_size=40),
    day=st.text(max_size=12),
    wish=st.text(max_size=60),
)
def test_whatever_is_sent_is_an_answer_and_never_a_fault(phone, times, order, day, wish):
    data = {"times": times, "order": order, "wish": wish}
    for more in ({}, {"from": day}):
        try:
            response = phone.post("times/", **data | more)
        except UnicodeEncodeError:
            return  # no browser can send a lone surrogate
        assert response.status_code in {200, 302, 422}


# --- Replay ---------------------------------------------------------------------------------
def test_r3_2_get_and_head_change_nothing(phone, shoot):
    before = Appointment.objects.values().get(pk=shoot.pk)
    for path in ("", "times/", "calendar.ics"):
        phone.get(path)
        assert phone.client.head(phone.url + path).status_code == 200
    for path in ("digits/", "reach/", "stop/"):
        assert phone.get(path).status_code == 405
    assert Appointment.objects.values().get(pk=shoot.pk) == before
    assert not WishedTime.objects.exists()


@pytest.mark.parametrize("path", ["", "times/", "digits/", "reach/", "stop/", "calendar.ics"])
def test_r3_2_after_a_move_every_page_of_the_old_link_looks_unknown(shop, phone, shoot, now, path):
    token = str(phone.get().context["csrf_token"])
    slot = other_slot(shoot, free(shoot, now)[0], now=now)
    schedule.move(shoot, slot=slot, version=None, by=shop.owner, now=now)
    data = {"csrfmiddlewaretoken": token, "answer": "confirm", "digits": "0000"}
    is_file = path == "calendar.ics"
    response = phone.get(path) if is_file else phone.client.post(phone.url + path, data)
    assert response.status_code == 404
    assert "no longer in use" in response.content.decode()
    assert response.headers["Referrer-Policy"] == "no-referrer"
    shoot.refresh_from_db()
    assert shoot.confirmation == "none"


def test_wishes_for_an_earlier_time_are_not_shown_for_the_new_one(shop, phone, shoot, now):
    first, second = free(shoot, now, 2)
    phone.post("times/", times=[text(first, shop.branch)])
    moved = schedule.move(
        shoot, slot=other_slot(shoot, second, now=now), version=None, by=shop.owner, now=now
    )
    assert links.wished_times(moved) == []


def test_other_times_of_a_date_without_people_follow_the_house(shop, now):
    row = Desk(shop, now).appointment(now + DAY, kind="pickup", ends_at=now + DAY + HOUR / 2)
    times = OtherTimes(row, middle=shop.branch.today(now) + 7 * DAY, now=now)
    day = shop.branch.today(now) + 3 * DAY
    assert len(list(times.starts(day))) > 5
