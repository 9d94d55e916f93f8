"""Pages of what is sold after the sale: add-ons, rush fees, discounts, and the manager's answer on Today."""

import uuid
from datetime import timedelta
from decimal import Decimal

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bookings import add_ons, discounts, schedule, till
from bookings.models import Booking, DiscountRequest, PriceLine
from bookings.price_lines import total_of
from bookings.schedule import Slot
from tests.bookings.selling import add_on, limit, season
from tests.bookings.together import together
from tests.workflow import orders

pytestmark = pytest.mark.django_db


@pytest.fixture
def at(now):
    """Noon at the branch, whenever this runs: dates are agreed for its opening hours."""
    with time_machine.travel(now, tick=False):
        yield now


@pytest.fixture
def order(shop, at):
    return orders.sold(shop, at)


@pytest.fixture
def desk(shop, sign_in):
    return sign_in(shop.owner)


@pytest.fixture
def album(shop):
    return add_on(shop.branch, price="300", name="Small album")


def url(order, *parts):
    return f"/orders/{order.pk}/" + "".join(f"{part}/" for part in parts)


def text_of(client, address):
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def bought(album, **fields):
    return {"submission": str(uuid.uuid4()), "add_on": album.pk, "quantity": "2"} | fields


def wanted(**fields):
    return {"submission": str(uuid.uuid4()), "discount": "500", "why": "老顾客"} | fields


def ask(order, shop, at, amount="500"):
    return discounts.give(order.booking, amount=Decimal(amount), why="老顾客", by=shop.owner, now=at)


# --- Add-ons -----------------------------------------------------------------------------------------------
def test_an_add_on_is_sold_from_the_orders_page(desk, order, album):
    assert "Sell an add-on" in text_of(desk, url(order))
    assert "¥300" in text_of(desk, url(order, "add-ons"))
    answer = desk.post(url(order, "add-ons"), bought(album))
    assert answer["Location"] == f"/orders/{order.pk}/#extras"
    text = text_of(desk, url(order))
    assert "Small album × 2" in text
    assert "¥600" in text
    assert order.items.count() == 3


def test_a_second_press_sells_nothing_more(desk, order, album):
    form = bought(album)
    for _press in range(3):
        assert desk.post(url(order, "add-ons"), form).status_code == 302
    assert add_ons.lines_of(order.booking).count() == 1


@pytest.mark.parametrize(
    ("fields", "at_field"),
    [
        ({"add_on": ""}, "add_on"),
        ({"add_on": "999999"}, "add_on"),
        ({"add_on": "x'--"}, "add_on"),
        ({"quantity": "0"}, "quantity"),
        ({"quantity": "100"}, "quantity"),
        ({"quantity": "x"}, "quantity"),
        ({"quantity": ""}, "quantity"),
        ({"quantity": "9" * 40}, "quantity"),
    ],
)
def test_bad_input_is_refused_at_its_field(desk, order, album, fields, at_field):
    answer = desk.post(url(order, "add-ons"), bought(album, **fields))
    assert answer.status_code == 422
    assert f'id="id_{at_field}_error"' in answer.content.decode()
    assert not add_ons.lines_of(order.booking).exists()


def test_what_nobody_can_shoot_any_more_is_refused_in_words(desk, shop, at):
    order = orders.in_selection(shop, at)
    look = add_on(shop.branch, kind="look", name="Red gown")
    answer = desk.post(url(order, "add-ons"), bought(look))
    assert answer.status_code == 422
    assert "The shoot is over" in answer.content.decode()


def test_an_order_that_is_over_sells_nothing(desk, order, album):
    Booking.objects.filter(pk=order.booking_id).update(state="closed")
    text = text_of(desk, url(order))
    assert "Sell an add-on" not in text
    assert "not open any more" in text_of(desk, url(order, "add-ons"))
    assert desk.post(url(order, "add-ons"), bought(album)).status_code == 422


def test_a_longer_shoot_is_said_until_it_has_its_time(desk, shop, at):
    order = orders.sold(shop, at)
    starts = shop.branch.at(shop.branch.today(at) + timedelta(days=5), timezone.datetime.min.time())
    starts += timedelta(hours=10)
    shoot = schedule.make_appointment(
        branch=shop.branch,
        customer=order.booking.customer,
        booking=order.booking,
        kind="shoot",
        slot=Slot(starts, starts + timedelta(hours=6)),
        by=None,
        now=at,
    )
    look = add_on(shop.branch, kind="look", name="Red gown", extra_minutes=60)
    add_ons.sell(order.booking, look, by=shop.owner, now=at)
    text = text_of(desk, url(order))
    assert "The shoot takes 60 minutes longer" in text
    assert f"/appointments/{shoot.pk}/move/" in text
    schedule.move(shoot, slot=Slot(starts, starts + timedelta(hours=7)), version=None, by=shop.owner, now=at)
    assert "minutes longer" not in text_of(desk, url(order))


# --- At the selection ---------------------------------------------------------------------------------------------
def test_at_the_selection_add_ons_are_big_buttons(desk, shop, at, album):
    order = orders.in_selection(shop, at)
    page = url(order, "selection")
    assert "Small album" in text_of(desk, page)
    answer = desk.post(url(order, "add-ons"), bought(album, back="selection"))
    assert answer["Location"] == f"{page}#add-ons"
    assert "Take off the bill" in text_of(desk, page)


def test_r9_9_turned_round_it_shows_prices_and_no_balance(desk, shop, at, album):
    order = orders.in_selection(shop, at, at=at + timedelta(hours=1))
    orders.make_ready(order.booking.appointments.get(kind="selection"), by=shop.manager, now=at)
    shown = url(order, "add-ons", "shown")
    assert desk.post(url(order, "add-ons"), bought(album, back="shown"))["Location"] == f"{shown}#add-ons"
    balance = till.balance(order.booking)
    for address in (shown, url(order, "selection", "signature")):
        text = text_of(desk, address)
        assert "¥300" in text or "¥600" in text
        for word in (f"{balance:,.2f}", "5,599", "5,999", "Balance", "余额", "欠款", "Taboo"):
            assert word not in text, (address, word)


def test_a_screen_that_is_turned_round_stays_so_when_something_is_refused(desk, shop, at, album):
    order = orders.in_selection(shop, at)
    answer = desk.post(url(order, "add-ons"), bought(album, back="shown", quantity="0"))
    text = answer.content.decode()
    assert answer.status_code == 422
    assert "<nav" not in text
    assert 'role="alert"' in text
    assert album.name_zh_hans in text  # in the customer's language


def test_what_comes_too_late_is_not_offered(desk, shop, at, album):
    look = add_on(shop.branch, kind="look", name="Red gown")
    before, after = orders.sold(shop, at), orders.in_selection(shop, at)
    for parts in (("add-ons",), ("selection",), ("add-ons", "shown")):
        assert look.name_en in text_of(desk, url(before, *parts))
        assert look.name_en not in text_of(desk, url(after, *parts))
    assert album.name_en in text_of(desk, url(after, "add-ons"))
    assert album.name_en not in text_of(desk, url(orders.at_desk(shop, at), "add-ons"))


def test_departments_see_no_buttons_to_sell(sign_in, shop, at, album):
    order = orders.in_selection(shop, at)
    own = sign_in(shop.producer)
    for address in (url(order), url(order, "selection")):
        text = text_of(own, address)
        assert "Sell an add-on" not in text
        assert "/add-ons/" not in text


# --- Taken back -----------------------------------------------------------------------------------------------------
def test_an_add_on_is_taken_back_with_a_reason(desk, shop, order, album, at):
    line = add_ons.sell(order.booking, album, quantity=2, by=shop.owner, now=at)
    back = url(order, "lines", line.pk, "return")
    assert "¥600" in text_of(desk, back)
    silent = desk.post(back, {"why": " "})
    assert silent.status_code == 422
    assert 'id="id_why_error"' in silent.content.decode()
    assert desk.post(back, {"why": "改主意"})["Location"] == f"/orders/{order.pk}/#extras"
    assert desk.post(back, {"why": "改主意"}).status_code == 302  # pressed again
    assert total_of(order.booking) == Decimal("5999.00")
    assert "Taken back: Small album × 2" in text_of(desk, url(order))


def test_only_lines_of_this_order_that_can_be_taken_back_have_the_page(desk, shop, order, album, at):
    other = orders.sold(shop, at)
    line = add_ons.sell(other.booking, album, by=shop.owner, now=at)
    package = order.booking.price_lines.get()
    for pk in (line.pk, package.pk, 10**9):
        assert desk.get(url(order, "lines", pk, "return")).status_code == 404


def test_f5_a_rush_fee_is_charged_by_the_desk_and_taken_off_by_a_manager(desk, sign_in, shop, order):
    assert desk.post(url(order, "rush"), {"rush": "abc"}).status_code == 422
    assert desk.post(url(order, "rush"), {"rush": "500"}).status_code == 302
    again = desk.post(url(order, "rush"), {"rush": "500"})
    assert again.status_code == 422
    assert "rush fee on this order already" in again.content.decode()
    line = PriceLine.objects.get(kind="rush")
    back = url(order, "lines", line.pk, "return")
    assert back not in text_of(desk, url(order))
    assert desk.post(back, {"why": "x"}).status_code == 403
    manager = sign_in(shop.manager)
    assert back in text_of(manager, url(order))
    assert manager.post(back, {"why": "赶上了"}).status_code == 302
    assert total_of(order.booking) == Decimal("5999.00")


# --- Discounts --------------------------------------------------------------------------------------------------------
def test_within_the_limit_it_is_given_at_once(desk, shop, order):
    limit(shop.branch, "consultant", "10")
    assert "¥599.90" in text_of(desk, url(order, "discount"))
    assert desk.post(url(order, "discount"), wanted(discount="95折")).status_code == 302
    assert total_of(order.booking) == Decimal("5699.05")
    assert not DiscountRequest.objects.exists()


def test_beyond_it_waits_on_the_order_and_can_be_taken_back(desk, shop, order):
    answer = desk.post(url(order, "discount"), wanted(), follow=True)
    text = answer.content.decode()
    for word in ("A discount waits for a manager", "¥500", "老顾客", "Not needed any more"):
        assert word in text
    assert "Approve" not in text
    asked = DiscountRequest.objects.get()
    desk.post(url(order, "discount", asked.pk, "withdrawal"))
    assert "A discount waits" not in text_of(desk, url(order))


@pytest.mark.parametrize(
    ("fields", "at_field"),
    [
        ({"discount": ""}, "discount"),
        ({"discount": "much"}, "discount"),
        ({"discount": "0"}, "discount"),
        ({"discount": "6000"}, "form"),
        ({"why": ""}, "why"),
        ({"why": "x" * 201}, "why"),
        ({"why": "x\x00"}, "why"),
    ],
)
def test_bad_discounts_are_refused_and_kept(desk, order, fields, at_field):
    answer = desk.post(url(order, "discount"), wanted(**fields))
    assert answer.status_code == 422
    text = answer.content.decode()
    if at_field != "form":
        assert f'id="id_{at_field}_error"' in text
    assert not DiscountRequest.objects.exists()


def test_a_manager_reads_it_on_today_and_approves_in_one_press(desk, sign_in, shop, order, at):
    asked = ask(order, shop, at)
    manager = sign_in(shop.manager)
    today = text_of(manager, "/")
    for word in ("Discounts asked for", "¥500", "¥5,999", "老顾客", "张伟"):
        assert word in today
    answer = manager.post(
        url(order, "discount", asked.pk, "answer"),
        {"outcome": "approve", "version": asked.version, "back": "today", "why": "好的"},
    )
    assert answer["Location"] == "/"
    assert total_of(order.booking) == Decimal("5499.00")
    assert 'id="duty-discounts_asked"' not in text_of(manager, "/")
    own = text_of(desk, "/")
    for word in ("Answers about discounts", "approved", "好的"):
        assert word in own
    desk.post(url(order, "discount", asked.pk, "seen"))
    assert 'id="duty-discounts_answered"' not in text_of(desk, "/")


def test_a_refusal_needs_a_reason_that_the_asker_reads(desk, sign_in, shop, order, at):
    asked = ask(order, shop, at)
    manager, address = sign_in(shop.manager), url(order, "discount", asked.pk, "answer")
    for form in ({"outcome": "refuse", "why": " "}, {"outcome": "maybe"}, {}):
        answer = manager.post(address, {"version": asked.version} | form)
        assert answer.status_code == 422
    assert (
        'id="id_why_error"'
        in manager.post(address, {"version": asked.version, "outcome": "refuse"}).content.decode()
    )
    assert (
        manager.post(address, {"version": asked.version, "outcome": "refuse", "why": "太多了"}).status_code
        == 302
    )
    assert "太多了" in text_of(desk, "/")
    assert total_of(order.booking) == Decimal("5999.00")


def test_the_second_manager_reads_what_the_first_one_said(sign_in, shop, order, at):
    asked = ask(order, shop, at)
    address = url(order, "discount", asked.pk, "answer")
    approve = {"outcome": "approve", "version": asked.version}
    first, second = sign_in(shop.manager), sign_in(shop.general_manager)
    assert first.post(address, approve).status_code == 302
    assert first.post(address, approve).status_code == 302
    lost = second.post(address, {"outcome": "refuse", "version": asked.version, "why": "太多了"})
    assert lost.status_code == 409
    assert "林店长" in lost.content.decode()
    assert "太多了" in lost.content.decode()
    assert "approved" in text_of(second, address)


@pytest.mark.parametrize("version", ["", "0", "x", "9" * 30, "-1"])
def test_a_form_without_a_version_decides_nothing(sign_in, shop, order, at, version):
    asked = ask(order, shop, at)
    address = url(order, "discount", asked.pk, "answer")
    answer = sign_in(shop.manager).post(address, {"outcome": "approve", "version": version})
    assert answer.status_code == 422
    assert total_of(order.booking) == Decimal("5999.00")


def test_called_off_meanwhile_it_is_no_question_any_more(sign_in, shop, order, at):
    asked = ask(order, shop, at)
    Booking.objects.filter(pk=order.booking_id).update(state="cancelled")
    manager = sign_in(shop.manager)
    assert 'id="duty-discounts_asked"' not in text_of(manager, "/")
    answer = manager.post(
        url(order, "discount", asked.pk, "answer"), {"outcome": "approve", "version": asked.version}
    )
    assert answer.status_code == 422
    assert "not open any more" in answer.content.decode()


def test_nobody_but_managers_answers_and_the_neighbour_finds_nothing(sign_in, shop, order, at):
    asked = ask(order, shop, at)
    address = url(order, "discount", asked.pk, "answer")
    form = {"outcome": "approve", "version": asked.version}
    for person in (shop.owner, shop.cashier, shop.head, shop.administrator):
        assert sign_in(person).post(address, form).status_code == 403
    assert sign_in(shop.neighbour).post(address, form).status_code == 404
    other = orders.sold(shop, at)
    assert sign_in(shop.manager).post(url(other, "discount", asked.pk, "answer"), form).status_code == 404
    assert total_of(order.booking) == Decimal("5999.00")


def test_a_deputy_reads_the_answer_meant_for_whom_they_stand_in_for(desk, shop, order, at):
    from workflow.discount_duties import answered

    asked = ask(order, shop, at)
    discounts.refuse(asked, why="太多了", version=None, by=shop.manager, now=at)
    assert answered([shop.colleague], shop.branch, at) == []
    assert answered([shop.colleague, shop.owner], shop.branch, at) == [asked]


def test_today_asks_the_same_number_of_questions_however_many_are_asked(sign_in, shop, at):
    manager = sign_in(shop.manager)

    def questions():
        with CaptureQueriesContext(connection) as asked:
            text_of(manager, "/")
        return len(asked)

    ask(orders.sold(shop, at), shop, at)
    questions()
    before = questions()
    for _number in range(3):
        ask(orders.sold(shop, at), shop, at)
    assert questions() == before


# --- The season, before a day is agreed ------------------------------------------------------------------------------
def test_the_page_that_asks_the_day_says_what_the_season_costs(desk, shop, at):
    day = shop.branch.today(at) + timedelta(days=30)
    season(shop.package, "6799", day, day + timedelta(days=6), basis="shot", name="Golden week")
    order = orders.sold(shop, at)
    address = f"{url(order, 'appointments', 'new')}?kind=shoot"
    text = text_of(desk, address)
    assert "Golden week" in text
    assert "¥800" in text
    filled = desk.post(address, {"fill": "-", "day": f"{day}", "time": "10:00"}).content.decode()
    assert "costs ¥800 more" in filled
    assert "Golden week" not in text_of(desk, f"{url(order, 'appointments', 'new')}?kind=selection")


@pytest.mark.django_db(transaction=True)
def test_one_form_sent_four_times_at_once_sells_one_album(shop, sign_in, at):
    order = orders.sold(shop, at)
    form = bought(add_on(shop.branch))
    clients = [sign_in(shop.owner) for _number in range(4)]
    answers = together([lambda client=client: client.post(url(order, "add-ons"), form) for client in clients])
    assert {answer.status_code for answer in answers} == {302}, answers
    assert add_ons.lines_of(order.booking).count() == 1


def test_a_heading_without_anything_under_it_is_not_shown(order, album, shop, sign_in):
    assert 'id="extras"' in text_of(sign_in(shop.owner), url(order))
    cashier = sign_in(shop.cashier)
    assert 'id="extras"' not in text_of(cashier, url(order))
    add_ons.sell(order.booking, album, by=shop.owner, now=timezone.now())
    assert 'id="extras"' in text_of(cashier, url(order))


def test_seasons_that_are_over_are_no_news_where_a_date_is_agreed(desk, shop, at):
    today = shop.branch.today(at)
    last = today - timedelta(days=30)
    season(shop.package, "6999", last, last, basis="shot", name="Last spring")
    season(
        shop.package, "6999", today + timedelta(days=30), today + timedelta(days=40), "shot", "Next summer"
    )
    text = text_of(desk, url(orders.sold(shop, at), "appointments", "new") + "?kind=shoot")
    assert "Next summer" in text
    assert "Last spring" not in text
