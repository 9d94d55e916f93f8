"""The price on the sale page: counted by the server, the same with and without scripts, never old in silence."""

from datetime import timedelta
from decimal import Decimal

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bookings.models import Booking, DiscountRequest, PriceLine
from bookings.price_lines import total_of
from bookings.sales import revise
from tests.bookings.conftest import Sale
from tests.bookings.selling import add_on, limit, season
from tests.workflow.test_sale import Desk, assert_refused
from workflow.models import WorkOrder

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(shop, sign_in, now):
    """A desk at noon, whenever this runs."""
    with time_machine.travel(now, tick=False):
        yield make_desk(shop, sign_in)


def make_desk(shop, sign_in):
    sale = Sale(shop, timezone.now())
    return Desk(sale, sign_in(shop.owner), sale.customer())


@pytest.fixture
def today(desk):
    return desk.shop.branch.today(desk.sale.now)


def page(desk):
    return desk.client.get(desk.url).content.decode()


def counted(desk, **fields):
    """What the fragment says."""
    answer = desk.client.post(f"{desk.url}total/", desk.typed(**fields))
    assert answer.status_code == 200
    return answer.content.decode()


def amounts():
    return [(line.kind, line.amount) for line in PriceLine.objects.order_by("pk")]


# --- Seasons --------------------------------------------------------------------------------------------
def test_the_card_shows_the_price_of_the_day_and_the_list_price_struck(desk, today):
    season(desk.shop.package, "4999", today, today, name="One-day offer")
    text = page(desk)
    for word in ("¥4,999", "<s>", "¥5,999", "One-day offer", "earnest money up to ¥999.80"):
        assert word in text


def test_a_sale_in_season_is_made_at_the_price_of_the_day(desk, today):
    season(desk.shop.package, "4999", today, today)
    assert_refused(desk, desk.post(amount="1000"), "¥999.80")
    assert desk.post(amount="999.80").status_code == 302
    assert amounts() == [("package", Decimal("5999.00")), ("season", Decimal("-1000.00"))]


def test_the_season_of_the_shoot_counts_before_it_is_agreed(desk):
    season(desk.shop.package, "6999", desk.day, desk.day, basis="shot", name="Golden week")
    assert "Golden week" not in counted(desk, day="")
    text = counted(desk, day=f"{desk.day}")
    for word in ("Golden week", "¥1,000", "¥6,999", "Earnest money up to ¥1,399.80"):
        assert word in text
    assert desk.client.post(desk.url, desk.dated(amount="1399.80")).status_code == 302
    assert total_of(Booking.objects.get()) == Decimal("6999.00")


# --- Add-ons and the rush fee ---------------------------------------------------------------------------------
def test_add_ons_are_counted_and_sold_with_the_package(desk):
    gown = add_on(desk.shop.branch, kind="look", price="800", name="Red gown", extra_minutes=60)
    album = add_on(desk.shop.branch, price="300", name="Small album")
    wanted = {f"add_on_{gown.pk}": "1", f"add_on_{album.pk}": "2"}
    text = counted(desk, **wanted, rush="200")
    for word in ("Red gown", "Small album × 2", "¥600", "Rush fee", "¥7,599"):
        assert word.casefold() in text.casefold()
    assert desk.client.post(desk.url, desk.dated(**wanted, rush="200", amount="1519.80")).status_code == 302
    order = WorkOrder.objects.get()
    assert [look.name for look in order.looks.all()] == ["White gown", "Evening dress", "Red gown"]
    assert [item.quantity for item in order.items.all()] == [1, 1, 2]
    shoot = order.booking.appointments.get()
    assert shoot.ends_at - shoot.starts_at == timedelta(minutes=420)


@pytest.mark.parametrize("quantity", ["-1", "100", "x", "1.5", "9" * 40, "1\x00", "NaN"])
def test_how_many_is_refused_at_its_field(desk, quantity):
    album = add_on(desk.shop.branch)
    name = f"add_on_{album.pk}"
    assert_refused(desk, desk.post(**{name: quantity}), f'id="id_{name}_error"')
    assert counted(desk, **{name: quantity})


def test_an_add_on_of_another_branch_is_as_if_nobody_had_asked(desk):
    theirs = add_on(desk.shop.other_branch)
    assert desk.post(**{f"add_on_{theirs.pk}": "3"}).status_code == 302
    assert [kind for kind, _amount in amounts()] == ["package"]


@pytest.mark.parametrize("fee", ["-1", "0", "abc", "1e9", "0.001"])
def test_a_fee_that_can_not_be_meant_is_refused_at_its_field(desk, fee):
    assert_refused(desk, desk.post(rush=fee), 'id="id_rush_error"')


# --- Discounts --------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("typed", "total"), [("299.95", "5699.05"), ("5%", "5699.05"), ("95折", "5699.05"), ("9.5 折", "5699.05")]
)
def test_a_discount_within_the_limit_is_given_at_once(desk, typed, total):
    limit(desk.shop.branch, "consultant", "5")
    text = counted(desk, discount=typed, discount_why="老顾客")
    assert "¥5,699.05" in text
    assert "A manager is asked" not in text
    assert_refused(desk, desk.post(discount=typed, discount_why="老顾客", amount="1140"), "¥1,139.81")
    assert desk.post(discount=typed, discount_why="老顾客", amount="1139.81").status_code == 302
    assert total_of(Booking.objects.get()) == Decimal(total)


def test_beyond_the_limit_it_is_asked_for_and_the_desk_knows_before_and_after(desk):
    text = counted(desk, discount="10%", discount_why="婚庆公司介绍")
    assert "A manager is asked for ¥599.90 off" in text
    assert "¥5,999" in text
    answer = desk.client.post(
        desk.url, desk.typed(discount="10%", discount_why="婚庆公司介绍", amount="1199.80"), follow=True
    )
    assert "A manager was asked for the discount" in answer.content.decode()
    assert DiscountRequest.objects.get().amount == Decimal("599.90")
    assert total_of(Booking.objects.get()) == Decimal("5999.00")


@pytest.mark.parametrize(
    ("fields", "at"),
    [
        ({"discount": "6000", "discount_why": "x"}, "discount"),
        ({"discount": "101%", "discount_why": "x"}, "discount"),
        ({"discount": "much", "discount_why": "x"}, "discount"),
        ({"discount": "-5", "discount_why": "x"}, "discount"),
        ({"discount": "5%"}, "discount_why"),
        ({"discount": "5%", "discount_why": " \u202e "}, "discount_why"),
        ({"discount": "5%", "discount_why": "x" * 201}, "discount_why"),
    ],
)
def test_bad_discounts_are_refused_at_their_field(desk, fields, at):
    assert_refused(desk, desk.post(**fields), f'id="id_{at}_error"')


# --- Never old in silence -------------------------------------------------------------------------------------------
def test_a_price_that_changed_since_the_page_was_drawn_is_refused_kindly_once(desk, today):
    album = add_on(desk.shop.branch, price="300")
    seen = desk.client.get(desk.url).context["prices_seen"]
    wanted = {f"add_on_{album.pk}": "1", "prices_seen": seen, "amount": "100"}
    album.price = Decimal("350")
    album.save()
    answer = desk.post(**wanted)
    assert_refused(
        desk, answer, f'id="id_add_on_{album.pk}_error"', "has changed since this page was drawn", "¥350"
    )
    season(desk.shop.package, "4999", today, today)
    again = desk.post(**wanted | {"prices_seen": answer.context["prices_seen"]})
    assert_refused(desk, again, 'id="id_package_version_error"', "¥4,999")
    fresh = again.context["prices_seen"]
    assert desk.post(**wanted | {"prices_seen": fresh}).status_code == 302


def test_an_add_on_that_is_gone_meanwhile_is_not_dropped_in_silence(desk):
    album = add_on(desk.shop.branch)
    seen = desk.client.get(desk.url).context["prices_seen"]
    album.is_active = False
    album.save()
    assert_refused(
        desk, desk.post(**{f"add_on_{album.pk}": "1", "prices_seen": seen}), "not on sale any more"
    )
    assert desk.post(**{f"add_on_{album.pk}": "0", "prices_seen": seen}).status_code == 302


def test_a_version_that_becomes_valid_while_the_form_is_open_is_refused_kindly(desk, today):
    coming = revise(
        desk.shop.package,
        by=None,
        now=desk.sale.now,
        price=Decimal("6299"),
        valid_from=today + timedelta(days=1),
    )
    assert "6,299" not in page(desk)
    assert_refused(desk, desk.post(package_version=coming.pk), 'id="id_package_version_error"')
    coming.valid_from = today
    coming.save()
    assert_refused(desk, desk.post(), 'id="id_package_version_error"', "¥6,299")


@pytest.mark.parametrize("seen", ["p1=x a2", "=", "p=", "a1=1 " * 500, "'; --", "x" * 20_001])
def test_a_crafted_list_of_prices_is_harmless(desk, seen):
    assert desk.post(prices_seen=seen).status_code in {302, 422}


# --- Counting -----------------------------------------------------------------------------------------------------------
def test_count_again_works_without_scripts_and_sells_nothing(desk):
    album = add_on(desk.shop.branch, price="300", name="Small album")
    answer = desk.client.post(desk.url, desk.typed(fill="-", **{f"add_on_{album.pk}": "2"}))
    assert answer.status_code == 200
    assert "¥6,599" in answer.content.decode()
    assert not Booking.objects.exists()


def test_the_fragment_understands_half_of_a_form(desk):
    assert "Choose a package" in desk.client.post(f"{desk.url}total/", {}).content.decode()
    text = counted(desk, discount="x", rush="y", day="2026-02-30", wedding_day="soon", amount="NaN")
    assert "¥5,999" in text
    assert not Booking.objects.exists()


def test_another_package_asks_for_its_own_people(desk):
    """Shown where the page is counted again; nothing that was typed is exchanged under somebody's hands."""
    desk.shop.package.needs.create(kind="photographer", look=2, from_minute=60, minutes=90)
    text = desk.client.post(desk.url, desk.typed(fill="-")).content.decode()
    assert "look 2" in text


def test_counting_is_for_the_front_and_for_the_branch(desk, sign_in):
    assert sign_in(desk.shop.artist).post(f"{desk.url}total/").status_code == 403
    assert sign_in(desk.shop.neighbour).post(f"{desk.url}total/").status_code == 404
    assert desk.client.get(f"{desk.url}total/").status_code == 405


def test_the_page_asks_no_more_questions_with_more_add_ons_and_seasons(desk, today):
    def questions():
        with CaptureQueriesContext(connection) as asked:
            assert desk.client.post(desk.url, desk.dated(fill="-")).status_code == 200
        return len(asked)

    add_on(desk.shop.branch)
    questions()
    before = questions()
    for number in range(5):
        add_on(desk.shop.branch)
        season(desk.shop.package, "4999", today + timedelta(days=number), today + timedelta(days=number))
    assert questions() == before


def test_the_way_to_the_wedding_stands_beside_the_price(desk, today):
    near = today + timedelta(days=40)
    assert 'id="wedding-plan"' in counted(desk, wedding_day=f"{near}")
