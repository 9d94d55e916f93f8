"""In the house (R5.1, R5.6): the screen on the wall, and what the day puts on Today."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from customers.models import Taboo
from studio.staff.duties import stands_in_for
from tests import factories
from tests.workflow.shoots import arrived, bring, make_family, make_order, party, reread, shot_and_back
from workflow import arrivals, day, day_duties, handoffs, house, undone

MINUTE = timedelta(minutes=1)


@pytest.fixture
def frozen(now):
    with time_machine.travel(now, tick=False) as clock:
        yield clock


def rows(shop: SimpleNamespace, now):
    return house.in_house(shop.branch, now=now)


# --- Rows ----------------------------------------------------------------------------------------
def test_r5_1_a_row_says_with_whom_where_since_when_and_where_next(shop, now) -> None:
    order = arrived(shop, now=now)
    row = rows(shop, now)[0]
    assert row.names == order.booking.customer.name
    assert (row.with_user, row.department, row.since) == (shop.owner, shop.front_desk, now)
    assert (row.next_department, row.look.name) == (shop.styling, "White gown")


def test_r5_6_those_of_one_party_who_are_apart_have_rows_of_their_own(shop, now) -> None:
    order = arrived(shop, now=now)
    bride, groom = party(order)
    offers = handoffs.offer(order, members=[bride], to=shop.styling, by=shop.owner, now=now)
    assert [row.names for row in rows(shop, now)] == [bride.name, groom.name]
    handoffs.accept(offers, by=shop.artist, now=now)
    here = {row.names: row.with_user for row in rows(shop, now)}
    assert here == {bride.name: shop.artist, groom.name: shop.owner}


def test_r5_1_who_waits_three_minutes_to_be_taken_over_is_an_alarm(shop, now) -> None:
    order = arrived(shop, now=now)
    handoffs.offer(order, members=party(order), to=shop.styling, by=shop.owner, now=now)
    assert not rows(shop, now + 2 * MINUTE)[0].waits_too_long
    assert rows(shop, now + 3 * MINUTE)[0].waits_too_long


def test_r5_1_a_customer_whose_colleague_has_left_for_good_is_unattended(shop, now) -> None:
    arrived(shop, now=now)
    shop.owner.is_active = False
    shop.owner.save()
    assert rows(shop, now)[0].is_unattended


def test_the_neighbours_house_is_another_house(shop, now) -> None:
    arrived(shop, now=now)
    assert house.in_house(shop.other_branch, now=now) == []


def test_after_the_door_nobody_is_in_the_house(shop, now) -> None:
    order = shot_and_back(shop, now=now)
    assert rows(shop, now)[0].next_department is None
    day.see_off(order, mood="moved", no_date_because="they call", by=shop.owner, now=now)
    assert rows(shop, now) == []


# --- The page ------------------------------------------------------------------------------------
def test_the_house_shows_everybody_and_refreshes_by_itself(shop, sign_in, now, frozen) -> None:
    arrived(shop, now=now)
    page = sign_in(shop.artist).get("/house/")
    text = page.content.decode()
    assert "张伟 &amp; 李娜" in text and "小陈" in text and "data-live" in text
    fragment = sign_in(shop.artist).get("/house/", headers={"HX-Request": "true"}).content.decode()
    assert fragment.lstrip().startswith("<section") and "张伟 &amp; 李娜" in fragment


def test_r9_9_the_board_shows_nobodys_face_in_the_house_or_on_the_wall(shop, sign_in, now, frozen) -> None:
    order = arrived(shop, now=now)
    customer = order.booking.customer
    customer.special_care = "Pregnant, week 14"
    customer.save()
    Taboo.objects.create(customer=customer, text="Never ask about her parents")
    for address in ("/house/", "/house/?wall"):
        for person in (shop.owner, shop.manager, shop.artist):
            text = sign_in(person).get(address).content.decode()
            for secret in ("Pregnant", "parents", "5,999", "1,000", "4,999", "¥"):
                assert secret not in text, (address, secret)


def test_an_alarm_stands_first_and_says_so_in_words(shop, sign_in, now, frozen) -> None:
    arrived(shop, now=now, name="First & Come", resources=[])
    waiting = arrived(shop, now=now, name="Waiting & Long", resources=[])
    handoffs.offer(waiting, members=party(waiting), to=shop.styling, by=shop.owner, now=now)
    frozen.shift(4 * MINUTE)
    text = sign_in(shop.manager).get("/house/").content.decode()
    assert "Waits to be taken over" in text
    assert text.index("Waiting") < text.index("First")


def test_only_the_receiving_department_sees_the_button(shop, sign_in, now, frozen) -> None:
    order = arrived(shop, now=now)
    handoffs.offer(order, members=party(order), to=shop.styling, by=shop.owner, now=now)
    button = 'name="act" value="accept"'
    assert button in sign_in(shop.artist).get("/house/").content.decode()
    assert button not in sign_in(shop.photographer).get("/house/").content.decode()
    assert button not in sign_in(shop.artist).get("/house/?wall").content.decode()


def test_nobody_in_the_house_says_why_the_page_is_empty(shop, sign_in) -> None:
    assert "Nobody is in the house now" in sign_in(shop.owner).get("/house/").content.decode()


def test_the_house_is_for_who_serves(shop, sign_in) -> None:
    for person in (shop.owner, shop.artist, shop.cashier, shop.general_manager):
        assert sign_in(person).get("/house/").status_code == 200
    assert sign_in(shop.administrator).get("/house/").status_code == 403


@pytest.mark.parametrize("address", ["/house/", "/"])
def test_the_number_of_queries_does_not_grow_with_the_house(shop, sign_in, now, frozen, address) -> None:
    def fill(count: int) -> None:
        for _number in range(count):
            order = arrived(shop, now=now, resources=[])
            handoffs.offer(order, members=party(order)[:1], to=shop.styling, by=shop.owner, now=now)

    def queries() -> int:
        client = sign_in(shop.owner)
        client.get(address)
        with CaptureQueriesContext(
            connection,
        ) as captured:
            assert client.get(address).status_code == 200
        return len(captured)

    fill(3)
    few = queries()
    fill(27)
    assert queries() == few


# --- Today: offered, with me, arrivals, not shot ---------------------------------------------------
def people(user, shop, now):
    return stands_in_for(user, branch=shop.branch, day=shop.branch.today(now))


def test_an_offer_stands_on_the_departments_day_and_not_on_the_givers(shop, now) -> None:
    order = arrived(shop, now=now)
    handoffs.offer(order, members=party(order), to=shop.styling, by=shop.owner, now=now)
    found = day_duties.offered(people(shop.artist, shop, now), shop.branch, now)
    assert [offer.care.order for offer in found] == [order]
    assert "王芳" in found[0].line.introduce
    for other in (shop.photographer, shop.owner, shop.manager):
        assert day_duties.offered(people(other, shop, now), shop.branch, now) == []


def test_with_me_is_who_is_with_me(shop, now) -> None:
    order = arrived(shop, now=now)
    assert day_duties.with_me(people(shop.artist, shop, now), shop.branch, now) == []
    bring(order, shop.styling, giver=shop.owner, receiver=shop.artist, now=now)
    assert len(day_duties.with_me(people(shop.artist, shop, now), shop.branch, now)) == 1
    assert day_duties.with_me(people(shop.owner, shop, now), shop.branch, now) == []


def test_r9_2_the_owner_is_briefed_before_each_arrival_of_the_day(shop, now) -> None:
    order = make_order(shop, now=now, at=now + timedelta(hours=2))
    make_order(shop, now=now, at=now + timedelta(days=1), resources=[])
    Taboo.objects.create(customer=order.booking.customer, text="No lilies")
    found = arrivals.arrivals(people(shop.owner, shop, now), shop.branch, now)
    assert [arrival.order for arrival in found] == [order]
    assert found[0].taboos[0].text == "No lilies"
    assert found[0].balance_line  # R4.3: there is a rest to settle
    assert not found[0].deputy_line
    day.arrive(order, members=party(order), by=shop.owner, now=now)
    assert arrivals.arrivals(people(shop.owner, shop, now), shop.branch, now) == []


def test_r8_2_the_deputy_finds_the_arrivals_with_the_first_words(shop, now) -> None:
    today = shop.branch.today(now)
    factories.LeaveFactory(
        branch=shop.branch, user=shop.owner, deputy=shop.colleague, starts_on=today, ends_on=today
    )
    make_order(shop, now=now, at=now + timedelta(hours=2))
    assert arrivals.arrivals(people(shop.owner, shop, now), shop.branch, now) == []
    found = arrivals.arrivals(people(shop.colleague, shop, now), shop.branch, now)
    assert "小陈" in found[0].deputy_line


def test_f2_the_owner_is_told_of_a_look_that_was_not_shot(shop, now) -> None:
    order = arrived(shop, now=now)
    day.leave_undone(order.looks.first(), why="Rain", by=shop.photographer, now=now)
    found = undone.of_owners(people(shop.owner, shop, now), shop.branch, now)
    assert [(row.why, row.work_order) for row in found] == [("Rain", reread(order))]
    assert undone.of_owners(people(shop.colleague, shop, now), shop.branch, now) == []


def test_today_shows_the_department_the_big_button_with_taboos_first(shop, sign_in, now, frozen) -> None:
    order = arrived(shop, now=now)
    Taboo.objects.create(customer=order.booking.customer, text="No lilies")
    handoffs.offer(order, members=party(order), to=shop.styling, by=shop.owner, now=now)
    text = sign_in(shop.artist).get("/").content.decode()
    assert text.index("No lilies") < text.index("I take over")
    assert "Return, with reason" in text
    make_family(order, 6)
    assert sign_in(shop.artist).get("/").status_code == 200
