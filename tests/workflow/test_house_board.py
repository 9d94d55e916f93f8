"""The live board and the wall (R5.1, R5.6): who needs somebody, seconds, spans of the looks, pages, quiet looks."""

import re
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bookings.models import Allocation
from tests.workflow.shoots import arrived, bring, make_family, make_order, party, reread
from workflow import day, gaps, handoffs, house_board, looks, side_trips
from workflow.models import HouseRules

MINUTE = timedelta(minutes=1)
HTMX = {"HX-Request": "true"}


@pytest.fixture
def frozen(now):
    with time_machine.travel(now, tick=False) as clock:
        yield clock


def board(shop: SimpleNamespace, now) -> house_board.Board:
    return house_board.board(shop.branch, now=now)


def page(sign_in, person, address: str = "/house/", **headers) -> str:
    return sign_in(person).get(address, headers=headers).content.decode()


# --- Who needs somebody stands first --------------------------------------------------------------
def test_r5_1_unattended_before_waiting_before_everybody_else(shop, now) -> None:
    calm = arrived(shop, now=now, resources=[], name="Calm")
    waits = arrived(shop, now=now, resources=[], name="Waits")
    alone = arrived(shop, now=now, resources=[], name="Alone")
    handoffs.offer(waits, members=party(waits), to=shop.styling, by=shop.owner, now=now)
    gaps.leave_alone(alone, members=party(alone), by=shop.owner, now=now + 4 * MINUTE)
    found = board(shop, now + 5 * MINUTE)
    assert [row.order for row in found.rows] == [alone, waits, calm]
    assert (found.people, found.waiting, found.unattended) == (6, 2, 2)
    assert found.rows[0].red_since == now + 4 * MINUTE


def test_r5_1_the_longest_gap_stands_before_a_shorter_one(shop, now) -> None:
    later = arrived(shop, now=now, resources=[], name="Later")
    first = arrived(shop, now=now, resources=[], name="First")
    gaps.leave_alone(first, members=party(first), by=shop.owner, now=now + MINUTE)
    gaps.leave_alone(later, members=party(later), by=shop.owner, now=now + 2 * MINUTE)
    assert [row.order for row in board(shop, now + 3 * MINUTE).rows] == [first, later]


def test_r5_1_the_house_says_itself_how_long_an_offer_may_wait(shop, now) -> None:
    HouseRules.objects.create(branch=shop.branch, offer_waits_seconds=60)
    order = arrived(shop, now=now)
    handoffs.offer(order, members=party(order), to=shop.styling, by=shop.owner, now=now)
    assert board(shop, now + timedelta(seconds=59)).alarms == []
    assert len(board(shop, now + timedelta(seconds=60)).alarms) == 1


def test_r5_1_a_gap_counts_its_seconds(shop, sign_in, now, frozen) -> None:
    order = arrived(shop, now=now)
    gaps.leave_alone(order, members=party(order), by=shop.owner, now=now)
    frozen.shift(timedelta(seconds=245))
    for address in ("/house/", "/house/?wall"):
        text = page(sign_in, shop.colleague, address)
        assert re.search(r'data-elapsed="245" data-seconds>4:05<', text), address
        assert "Unattended" in text


def test_r5_6_stepped_out_with_somebody_is_no_alarm_and_says_with_whom(shop, sign_in, now, frozen) -> None:
    order = arrived(shop, now=now)
    bride = party(order)[0]
    side_trips.step_out(order, members=[bride], place="the car", by=shop.owner, now=now)
    assert board(shop, now + 30 * MINUTE).alarms == []
    text = page(sign_in, shop.artist)
    assert "stepped out with 小陈" in text and "the car" in text


def test_r5_6_on_location_is_in_our_care(shop, sign_in, now, frozen) -> None:
    order = arrived(shop, now=now)
    bring(order, shop.styling, giver=shop.owner, receiver=shop.artist, now=now)
    bring(order, shop.shooting, giver=shop.artist, receiver=shop.photographer, now=now)
    side_trips.go_on_location(order, members=party(order), place="the river", by=shop.photographer, now=now)
    text = page(sign_in, shop.owner)
    assert "On location" in text and "the river" in text
    handoffs.offer(order, members=party(order), to=shop.styling, by=shop.photographer, now=now)
    assert board(shop, now + 60 * MINUTE).alarms == [], "who is out together needs no bell in the house"


# --- With which look, and when that is due -----------------------------------------------------------
def test_r5_2_the_row_names_the_look_its_number_and_when_the_next_is_due(shop, sign_in, now, frozen) -> None:
    order = arrived(shop, now=now)
    shoot = order.booking.appointments.get(kind="shoot")
    shoot.allocations.filter(resource=shop.photographer_resource).delete()
    span = (now + 90 * MINUTE, now + 150 * MINUTE)
    Allocation.objects.create(
        appointment=shoot, resource=shop.photographer_resource, look=1, used=span, during=span
    )
    bring(order, shop.styling, giver=shop.owner, receiver=shop.artist, now=now)
    row = board(shop, now).rows[0]
    assert (row.round, row.look.name, row.due_at) == (1, "White gown", span[0])
    text = page(sign_in, shop.owner)
    assert "1/2" in text and "White gown" in text and "13:30" in text
    bring(order, shop.shooting, giver=shop.artist, receiver=shop.photographer, now=now)
    assert board(shop, now).rows[0].due_at == span[1]
    looks.tick_look(order.looks.first(), by=shop.photographer, now=now)
    assert board(shop, now).rows[0].due_at is None, "no span says when the second look ends"
    assert "2/2" in page(sign_in, shop.owner)


def test_r5_2_after_the_last_look_the_end_of_the_shoot_is_what_is_due(shop, now) -> None:
    order = arrived(shop, now=now)
    bring(order, shop.styling, giver=shop.owner, receiver=shop.artist, now=now)
    bring(order, shop.shooting, giver=shop.artist, receiver=shop.photographer, now=now)
    for look in order.looks.all():
        looks.tick_look(look, by=shop.photographer, now=now)
    bring(order, shop.styling, giver=shop.photographer, receiver=shop.artist, now=now)
    assert board(shop, now).rows[0].due_at == order.booking.appointments.get(kind="shoot").ends_at


def test_the_room_that_is_held_stands_beside_the_department(shop, now) -> None:
    resources = [shop.photographer_resource, shop.artist_resource, shop.floor]
    order = arrived(shop, now=now, resources=resources)
    bring(order, shop.styling, giver=shop.owner, receiver=shop.artist, now=now)
    assert board(shop, now).rows[0].room == ""
    bring(order, shop.shooting, giver=shop.artist, receiver=shop.photographer, now=now)
    assert board(shop, now).rows[0].room == "Floor 1"


# --- Presses ---------------------------------------------------------------------------------------
def test_r5_1_whoever_serves_ends_a_gap_from_the_board(shop, sign_in, now) -> None:
    with time_machine.travel(now, tick=True):
        order = arrived(shop, now=now)
        gaps.leave_alone(order, members=party(order), by=shop.owner, now=now)
        client = sign_in(shop.artist)
        text = client.get("/house/").content.decode()
        assert "I take care" in text
        members = [member.pk for member in party(order)]
        said = {"act": "take_care", "members": members, "back": "house"}
        response = client.post(f"/orders/{order.pk}/hands/", said)
        assert response.status_code == 302 and response["Location"] == "/house/"
        found = board(shop, now + MINUTE)
        assert (found.unattended, found.rows[0].with_user) == (0, shop.artist)


def test_r5_1_whoever_sees_them_alone_says_so_from_the_board(shop, sign_in, now) -> None:
    with time_machine.travel(now, tick=True):
        order = arrived(shop, now=now)
        client = sign_in(shop.artist)
        assert "They stand alone" in client.get("/house/").content.decode()
        assert "They stand alone" not in sign_in(shop.owner).get("/house/").content.decode()
        said = {"act": "alone", "members": [party(order)[0].pk], "back": "house"}
        client.post(f"/orders/{order.pk}/hands/", said)
        assert board(shop, now + MINUTE).unattended == 1


# --- The wall ----------------------------------------------------------------------------------------
def test_r9_9_on_the_wall_people_stand_as_one_greets_them_and_nothing_leads_anywhere(
    shop, sign_in, now, frozen
) -> None:
    order = arrived(shop, now=now)
    text = page(sign_in, shop.owner, "/house/?wall")
    hall = text[text.index('class="hall"') : text.index("</section>", text.index('class="hall"'))]
    assert "Mr Zhang and Ms Li" in hall
    assert order.booking.number not in text and order.booking.customer.name not in text
    assert "<a " not in hall and "<button" not in hall and "<form" not in hall


def test_the_wall_counts_and_tells_the_time(shop, sign_in, now, frozen) -> None:
    order = arrived(shop, now=now)
    handoffs.offer(order, members=party(order)[:1], to=shop.styling, by=shop.owner, now=now)
    text = page(sign_in, shop.owner, "/house/?wall")
    counts = re.findall(r'<dd class="num">(\d+)</dd>', text)
    assert counts == ["2", "1", "0"]
    assert re.search(r"data-clock=\"[\d.]+\"[^>]*>12:00<", text)


def row(number: int, *, red: bool) -> Any:
    return SimpleNamespace(number=number, is_alarm=red)


@pytest.mark.parametrize(("red", "calm"), [(0, 0), (0, 12), (0, 13), (2, 20), (6, 30), (9, 9), (40, 3)])
def test_more_parties_than_a_wall_holds_stand_on_pages_with_the_red_ones_on_each(red, calm) -> None:
    rows = [row(number, red=True) for number in range(red)]
    rows += [row(number, red=False) for number in range(red, red + calm)]
    pages = house_board.paged(rows)
    assert all(len(one) <= house_board.ON_ONE_WALL for one in pages)
    shown = {found.number for one in pages for found in one}
    assert shown == set(range(red + calm)), "nobody is left out"
    if red <= house_board.ON_ONE_WALL // 2:
        assert all({found.number for found in one} >= set(range(red)) for one in pages)


# --- Looks that cost little, and touch nothing ---------------------------------------------------------
def mark_in(text: str) -> str:
    found = re.search(r"mark=([0-9a-f]+)", text)
    assert found
    return found[1]


def look_again(client, mark: str):
    return client.get(f"/house/?mark={mark}", headers=HTMX)


def test_habit_12_a_board_that_has_not_changed_is_not_sent_again(shop, sign_in, now, frozen) -> None:
    order = arrived(shop, now=now)
    client = sign_in(shop.artist)
    mark = mark_in(client.get("/house/").content.decode())
    again = look_again(client, mark)
    assert (again.status_code, again.content) == (204, b"")
    handoffs.offer(order, members=party(order), to=shop.styling, by=shop.owner, now=now)
    changed = look_again(client, mark)
    assert changed.status_code == 200 and "On the way" in changed.content.decode()
    assert mark_in(changed.content.decode()) != mark


@pytest.mark.parametrize("what", ["arrival", "offer", "look", "trip", "gap", "door", "late", "rules", "ill"])
def test_whatever_the_board_shows_changes_its_mark(shop, now, what) -> None:
    order = arrived(shop, now=now)
    later = now
    if what == "late":
        handoffs.offer(order, members=party(order), to=shop.styling, by=shop.owner, now=now)
        later = now + 3 * MINUTE
    before = house_board.mark(
        shop.branch, now=later.replace(second=1) - (MINUTE if what == "late" else 0 * MINUTE)
    )
    if what == "arrival":
        arrived(shop, now=now, resources=[])
    elif what == "offer":
        handoffs.offer(order, members=party(order), to=shop.styling, by=shop.owner, now=now)
    elif what == "look":
        looks.tick_look(order.looks.first(), by=shop.photographer, now=now)
    elif what == "trip":
        side_trips.step_out(order, members=party(order), place="car", by=shop.owner, now=now)
    elif what == "gap":
        gaps.leave_alone(order, members=party(order), by=shop.owner, now=now)
    elif what == "door":
        day.see_off(order, mood="moved", no_date_because="later", by=shop.owner, now=now)
    elif what == "rules":
        handoffs.offer(order, members=party(order), to=shop.styling, by=shop.owner, now=now - 2 * MINUTE)
        HouseRules.objects.create(branch=shop.branch, offer_waits_seconds=60)
    elif what == "ill":
        shop.owner.is_active = False
        shop.owner.save()
    assert house_board.mark(shop.branch, now=later.replace(second=1)) != before


def test_the_wall_is_looked_at_with_a_handful_of_questions(shop, sign_in, now, frozen) -> None:
    def fill(count: int) -> None:
        for _number in range(count):
            order = arrived(shop, now=now, resources=[])
            handoffs.offer(order, members=party(order)[:1], to=shop.styling, by=shop.owner, now=now)

    def questions(address: str) -> int:
        client = sign_in(shop.owner)
        client.get(address)
        with CaptureQueriesContext(connection) as captured:
            client.get(address, headers=HTMX)
        return len(captured)

    fill(2)
    few, quiet = questions("/house/?wall"), None
    fill(16)
    assert questions("/house/?wall") == few
    mark = house_board.mark(shop.branch, now=now)
    quiet = questions(f"/house/?wall&mark={mark}")
    assert quiet < few / 2, "a look that finds nothing new asks less than half"


def test_the_neighbours_board_is_another(shop, sign_in, now, frozen) -> None:
    arrived(shop, now=now)
    assert "Nobody is in the house now" in page(sign_in, shop.neighbour)
    assert "Nobody is in the house now" in page(sign_in, shop.neighbour, "/house/?wall")


@pytest.mark.parametrize("mark", ["", "x" * 5000, "\x00", "%F0%9F%92%A9", "'; DROP"])
def test_any_mark_that_is_not_ours_gets_the_board(shop, sign_in, now, frozen, mark) -> None:
    arrived(shop, now=now)
    response = sign_in(shop.owner).get("/house/", {"mark": mark}, headers=HTMX)
    assert response.status_code == 200 and "张伟" in response.content.decode()


def test_f10_a_large_party_that_is_apart_stands_in_its_rows(shop, now) -> None:
    order = make_order(shop, now=now)
    make_family(order, 6)
    day.arrive(order, members=party(order), by=shop.owner, now=now)
    day.issue_sheet(order, by=shop.owner, now=now)
    bring_some = party(order)[:2]
    handoffs.offer(reread(order), members=bring_some, to=shop.styling, by=shop.owner, now=now)
    found = board(shop, now)
    assert [len(one.members) for one in found.rows] == [2, 6]
    assert found.people == 8
