"""Leaving (R5.5, R9.3): what is open is seen, the selection is agreed in the same press, and how they left."""

import threading
import uuid
from datetime import time, timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from bookings import schedule
from bookings.models import Appointment, Resource
from bookings.schedule import Slot
from tests.workflow.shoots import make_family, party, reread, shot_and_back
from workflow import care, day, promises, selection_times, send_off
from workflow.models import CareNote, Departure, Presence, Undone
from workflow.selection_times import SelectionTimes, slot_for

pytestmark = pytest.mark.django_db
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def evening(now):
    """When they are back at the desk."""
    return now + 6 * HOUR


@pytest.fixture(autouse=True)
def frozen(evening):
    with time_machine.travel(evening, tick=False) as clock:
        yield clock


@pytest.fixture
def order(shop, now):
    return shot_and_back(shop, now=now)


def url(order) -> str:
    return reverse("workflow:departure", args=[order.pk])


def ids(order) -> list[int]:
    return [member.pk for member in party(order)]


def go(client, order, **data):
    first = {"members": ids(order), "mood": "moved", "farewell_said": "on", "submission": uuid.uuid4()}
    return client.post(url(order), first | data)


def times(order, evening) -> list[str]:
    return [slot.starts_at.isoformat() for slot in SelectionTimes(order, now=evening).offered()]


def take(shop, start, evening, hours=2):
    """Somebody else has the selection room."""
    return schedule.make_appointment(
        branch=shop.branch, customer=shop.owner.customers.first(), booking=None, kind="selection",
        slot=Slot(start, start + hours * HOUR, [shop.selection_room], overtime=True), by=shop.owner, now=evening,
    )  # fmt: skip


# --- The selection, agreed in the same press -----------------------------------------------------------
def test_r5_5_the_times_offered_are_free_and_after_the_pictures_are_ready(shop, order, evening) -> None:
    ready = shop.branch.today(evening) + timedelta(days=order.booking.package_version.selection_after_days)
    offered = SelectionTimes(order, now=evening).offered()
    assert 3 <= len(offered) <= selection_times.OFFERED
    assert all(shop.branch.today(slot.starts_at) >= ready for slot in offered)
    assert len({slot.starts_at for slot in offered}) == len(offered)
    for slot in offered:
        made = schedule.make_appointment(
            branch=shop.branch, customer=order.booking.customer, booking=None, kind="selection",
            slot=slot, by=shop.owner, now=evening,
        )  # fmt: skip
        schedule.cancel(made, why="only looked", by=shop.owner, now=evening)


def test_r5_5_the_selection_is_agreed_with_the_farewell_in_one_press(shop, order, evening, sign_in) -> None:
    chosen = times(order, evening)[0]
    page = sign_in(shop.owner).get(url(order)).content.decode()
    assert f'value="{chosen}"' in page
    answer = go(sign_in(shop.owner), order, selection=chosen)
    assert answer.status_code == 302
    agreed = order.booking.appointments.get(kind="selection")
    assert agreed.starts_at.isoformat() == chosen
    assert [hold.resource for hold in agreed.allocations.filter(is_active=True)] == [shop.selection_room]
    assert Departure.objects.get().mood == "moved"
    assert not Presence.objects.filter(left_at=None).exists()


def test_r5_5_a_second_press_agrees_one_date_and_one_farewell(shop, order, evening, sign_in) -> None:
    client, chosen, form = sign_in(shop.owner), times(order, evening)[0], uuid.uuid4()
    for _press in range(3):
        assert go(client, order, selection=chosen, submission=form).status_code == 302
    assert order.booking.appointments.filter(kind="selection").count() == 1
    assert Departure.objects.count() == 1


def test_r5_5_without_a_date_only_with_the_reason(shop, order, sign_in) -> None:
    client = sign_in(shop.owner)
    answer = go(client, order, note="They love jasmine tea")
    assert answer.status_code == 422
    assert answer.context["form"].errors["no_date_because"]
    assert "They love jasmine tea" in answer.content.decode()
    assert go(client, order, no_date_because="They fly tonight").status_code == 302
    assert "They fly tonight" in Departure.objects.get().note


def test_habit_7_a_time_that_was_taken_a_moment_ago_is_said_at_the_field(
    shop, order, evening, sign_in
) -> None:
    client, chosen = sign_in(shop.owner), SelectionTimes(order, now=evening).offered()[0]
    client.get(url(order))
    take(shop, chosen.starts_at, evening)
    answer = go(client, order, selection=chosen.starts_at.isoformat(), note="Jasmine")
    assert answer.status_code == 422
    assert "taken a moment ago" in str(answer.context["form"].errors["selection"])
    assert "Jasmine" in answer.content.decode()
    assert answer.context["slots"]  # others of that day stand there
    assert Presence.objects.filter(left_at=None).count() == 2
    assert not Departure.objects.exists()


def test_another_day_is_looked_at_and_nothing_typed_is_lost(shop, order, evening, sign_in) -> None:
    wanted = shop.branch.today(evening) + 20 * DAY
    answer = go(
        sign_in(shop.owner), order, look="1", day=wanted.isoformat(), note="Jasmine", mood="surprised"
    )
    assert answer.status_code == 200
    page = answer.content.decode()
    assert {shop.branch.today(slot.starts_at) for slot in answer.context["slots"]} == {wanted}
    assert "Jasmine" in page
    assert 'value="surprised"' in page.split("checked")[0] or "checked" in page
    assert not Departure.objects.exists()


def test_a_day_on_which_nothing_is_free_says_so(shop, order, evening, sign_in) -> None:
    wanted = shop.branch.today(evening) + 20 * DAY
    take(shop, shop.branch.at(wanted, time(6)), evening, hours=17)
    answer = go(sign_in(shop.owner), order, look="1", day=wanted.isoformat())
    assert "Nothing is free on" in answer.content.decode()


@pytest.mark.parametrize(
    "value",
    ["x", "2026-99-99T10:00", "0001-01-01T00:00:00+00:00", "9999-12-31T23:00:00+00:00", "\x00", "1" * 4000],
)
def test_times_that_no_page_has_offered_are_refused_at_the_field(shop, order, sign_in, value) -> None:
    answer = go(sign_in(shop.owner), order, selection=value)
    assert answer.status_code == 422
    assert answer.context["form"].errors["selection"]
    answer = go(sign_in(shop.owner), order, look="1", day=value)
    assert answer.status_code == 200


def test_a_free_time_of_another_day_than_those_offered_may_be_chosen(shop, order, evening, sign_in) -> None:
    wanted = shop.branch.today(evening) + 25 * DAY
    chosen = SelectionTimes(order, now=evening, day=wanted).offered()[1].starts_at
    assert go(sign_in(shop.owner), order, selection=chosen.isoformat()).status_code == 302
    assert order.booking.appointments.get(kind="selection").starts_at == chosen


def test_a_selection_that_has_its_date_is_not_asked_for(shop, order, evening, sign_in) -> None:
    slot = slot_for(order, SelectionTimes(order, now=evening).offered()[0].starts_at, now=evening)
    send_off.agree_selection(order, slot, by=shop.owner, now=evening)
    page = sign_in(shop.owner).get(url(order)).content.decode()
    assert 'name="selection"' not in page and 'name="no_date_because"' not in page
    assert "The selection has its date" in page
    assert go(sign_in(shop.owner), order, selection=times(order, evening)[0]).status_code == 302
    assert order.booking.appointments.filter(kind="selection").count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_desks_see_two_parties_off_and_the_room_is_sold_once(shop, now, evening) -> None:
    orders = [shot_and_back(shop, now=now, resources=[]) for _one in range(2)]
    slot = SelectionTimes(orders[0], now=evening).offered()[0]
    start, done, refused = threading.Barrier(2), [], []

    def leave(order) -> None:
        start.wait()
        try:
            done.append(send_off.see_off(order, mood="moved", selection=slot, by=shop.owner, now=evening))
        except schedule.SlotTaken as taken:
            refused.append(taken)
        finally:
            connection.close()

    threads = [threading.Thread(target=leave, args=[order]) for order in orders]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(done), len(refused)) == (1, 1)
    assert Presence.objects.filter(left_at=None).count() == 2  # who was refused is still here


# --- Nothing stays behind -------------------------------------------------------------------------------
def test_r4_2_nobody_leaves_with_their_things_in_a_locker(shop, order, evening, sign_in) -> None:
    care.give_locker(order, number="7", by=shop.owner, now=evening)
    client = sign_in(shop.owner)
    assert "Emptied: nothing of theirs stays behind" in client.get(url(order)).content.decode()
    answer = go(client, order, no_date_because="They call")
    assert answer.status_code == 422
    assert "Locker 7 is not emptied yet" in str(answer.context["form"].errors["emptied"])
    assert go(client, order, no_date_because="They call", emptied="on").status_code == 302
    row = CareNote.objects.get()
    assert (row.ended_at, row.ended_by) == (evening, shop.owner)


def test_r5_6_who_leaves_before_the_others_leaves_the_locker_to_them(shop, order, evening, sign_in) -> None:
    care.give_locker(order, number="7", by=shop.owner, now=evening)
    answer = go(sign_in(shop.owner), order, members=ids(order)[:1])
    assert answer.status_code == 302
    assert CareNote.objects.get().ended_at is None
    assert Presence.objects.filter(left_at=None).count() == 1


def test_gowns_are_looked_at_before_the_last_of_them_go(shop, order, evening, sign_in) -> None:
    gown = Resource.objects.create(branch=shop.branch, kind="gown", name_en="White gown", name_zh_hans="白纱")
    shoot = Appointment.objects.get(booking=order.booking, kind="shoot")
    shoot.allocations.create(
        resource=gown, used=(evening - HOUR, evening), during=(evening - HOUR, evening), is_active=True
    )
    client = sign_in(shop.owner)
    assert "White gown" in client.get(url(order)).content.decode()
    answer = go(client, order, no_date_because="They call")
    assert answer.status_code == 422
    assert answer.context["form"].errors["gowns_back"]
    assert go(client, order, no_date_because="They call", gowns_back="on").status_code == 302


# --- Everything open is seen ---------------------------------------------------------------------------
def test_r5_5_what_is_open_stands_beside_the_form(shop, order, evening, sign_in) -> None:
    promises.promise(
        order, what="A frame as a gift", by_when=shop.branch.today(evening), by=shop.owner, now=evening
    )
    Undone.objects.create(
        branch=shop.branch, work_order=order, what="With the dog", why="Rain", by=shop.owner
    )
    page = sign_in(shop.owner).get(url(order)).content.decode()
    for words in ("A frame as a gift", "With the dog", "settle the rest", "Tell them what comes next"):
        assert words in page
    assert "4,999" not in page.split('id="main"')[-1]


def test_r5_5_the_farewell_stands_there_always_and_is_never_left_out(shop, order, sign_in) -> None:
    client = sign_in(shop.owner)
    assert "We are so sorry" in client.get(url(order)).content.decode()
    answer = go(client, order, farewell_said="", no_date_because="They call")
    assert answer.status_code == 422
    assert "without exception" in str(answer.context["form"].errors["farewell_said"])


def test_r9_3_who_leaves_unhappy_is_asked_what_it_was(shop, order, sign_in) -> None:
    answer = go(sign_in(shop.owner), order, mood="unhappy", no_date_because="They call")
    assert answer.status_code == 422
    assert answer.context["form"].errors["what"]
    assert not Departure.objects.exists()


def test_r9_3_the_four_levels_are_faces_and_words(shop, order, sign_in) -> None:
    page = sign_in(shop.owner).get(url(order)).content.decode()
    for mood in ("unhappy", "satisfied", "surprised", "moved"):
        assert f'value="{mood}"' in page and mood in page
    assert page.count('class="choice mood"') == 4


def test_r5_6_some_of_a_family_leave_without_a_date(shop, now, evening, sign_in) -> None:
    order = shot_and_back(shop, now=now, resources=[])
    make_family(order, 1)
    day.arrive(order, members=party(order)[2:], by=shop.owner, now=evening)
    assert go(sign_in(shop.owner), order, members=ids(order)[2:]).status_code == 302
    assert Presence.objects.filter(left_at=None).count() == 2
    assert reread(order).stage == "selection"


@pytest.mark.parametrize("value", ["0", "-1", "abc", "99999999999999999999", "\x00"])
def test_ids_that_no_page_has_are_refused(shop, order, sign_in, value) -> None:
    client = sign_in(shop.owner)
    assert go(client, order, members=[value]).status_code == 422
    assert go(client, order, mood="unhappy", what="late", speaks=value).status_code == 422
    assert go(client, order, speaks=shop.neighbour.pk, no_date_because="x").status_code == 422


def test_the_neighbour_sees_nobody_off(shop, order, sign_in) -> None:
    assert sign_in(shop.neighbour).get(url(order)).status_code == 404
    assert go(sign_in(shop.artist), order).status_code == 403


def test_the_number_of_questions_does_not_grow_with_what_is_open(shop, order, evening, sign_in) -> None:
    client = sign_in(shop.owner)

    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(url(order)).status_code == 200
        return len(queries)

    today = shop.branch.today(evening)
    for number in (1, 2):
        promises.promise(order, what=f"Frame {number}", by_when=today, by=shop.owner, now=evening)
    care.give_locker(order, number="1", by=shop.owner, now=evening)
    asked()
    few = asked()
    for number in range(2, 6):
        promises.promise(order, what=f"Gift {number}", by_when=today, by=shop.owner, now=evening)
        care.give_locker(order, number=str(number), by=shop.owner, now=evening)
    assert asked() == few
