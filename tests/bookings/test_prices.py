"""What a package costs on a day: list price, the season of the sale, the season of the shoot."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from bookings import discounts, schedule, seasons
from bookings.models import PackageVersion, SeasonalPrice
from bookings.price_lines import total_of
from bookings.prices import price_on, seasons_ahead
from bookings.sales import NotSellable, revise
from bookings.schedule import Slot
from bookings.till import balance
from tests.bookings.selling import season

pytestmark = pytest.mark.django_db
MAY, OCTOBER = date(2026, 5, 16), date(2026, 10, 3)


def lines(booking):
    return [(line.kind, line.amount) for line in booking.price_lines.order_by("pk")]


def day_of(shop, day, hour=10):
    return shop.branch.at(day, timezone.datetime.min.time()) + timedelta(hours=hour)


def shoot_on(sale, booking, day, now=None):
    start = day_of(sale.shop, day)
    slot = Slot(start, start + timedelta(hours=6), [])
    return schedule.make_appointment(
        branch=sale.shop.branch,
        customer=booking.customer,
        booking=booking,
        kind="shoot",
        slot=slot,
        by=sale.shop.owner,
        now=now or sale.now,
    )


def move_to(sale, row, day):
    start = day_of(sale.shop, day)
    slot = Slot(start, start + timedelta(hours=6), [])
    return schedule.move(row, slot=slot, version=None, by=sale.shop.owner, now=sale.now)


# --- The price of a day -----------------------------------------------------------------------------
def test_without_a_season_it_is_the_list_price(shop):
    price = price_on(shop.package, sold_on=MAY, shot_on=OCTOBER)
    assert (price.base, price.total, price.season, price.season_name) == (
        Decimal("5999.00"),
        Decimal("5999.00"),
        None,
        "",
    )


@pytest.mark.parametrize(
    ("day", "total"),
    [
        (date(2026, 4, 30), "5999.00"),
        (date(2026, 5, 1), "4999.00"),
        (date(2026, 5, 31), "4999.00"),
        (date(2026, 6, 1), "5999.00"),
    ],
)
def test_a_season_of_the_sale_holds_from_its_first_day_to_its_last(shop, day, total):
    season(shop.package, "4999", date(2026, 5, 1), date(2026, 5, 31), name="May")
    assert price_on(shop.package, sold_on=day).total == Decimal(total)


def test_the_season_of_the_shoot_is_added_to_that_of_the_sale(shop):
    season(shop.package, "4999", date(2026, 5, 1), date(2026, 5, 31), name="May")
    season(shop.package, "6799", date(2026, 10, 1), date(2026, 10, 7), basis="shot", name="Golden week")
    price = price_on(shop.package, sold_on=MAY, shot_on=OCTOBER)
    assert (price.by_sale, price.by_shoot, price.total) == (
        Decimal("-1000.00"),
        Decimal("800.00"),
        Decimal("5799.00"),
    )
    assert price.season == {
        "en": "May · Golden week",
        "zh-hans": "May（简） · Golden week（简）",
        "zh-hant": "May（繁） · Golden week（繁）",
    }
    with translation.override("zh-hans"):
        assert price.season_name == "May（简） · Golden week（简）"
    assert price.is_lower


def test_two_seasons_together_never_go_below_nothing(shop):
    season(shop.package, "1000", date(2026, 5, 1), date(2026, 5, 31))
    season(shop.package, "2000", date(2026, 10, 1), date(2026, 10, 7), basis="shot")
    assert price_on(shop.package, sold_on=MAY, shot_on=OCTOBER).total == Decimal("0.00")


def test_no_day_lies_in_two_seasons_of_one_basis(shop):
    season(shop.package, "4999", date(2026, 5, 1), date(2026, 5, 31))
    with pytest.raises(IntegrityError), transaction.atomic():
        season(shop.package, "4500", date(2026, 5, 31), date(2026, 6, 1))
    season(shop.package, "6500", date(2026, 5, 1), date(2026, 5, 31), basis="shot")


def test_prefetched_seasons_are_not_asked_for_again(shop):
    season(shop.package, "4999", date(2026, 5, 1), date(2026, 5, 31))
    version = PackageVersion.objects.prefetch_related("seasonal_prices").get(pk=shop.package.pk)
    with CaptureQueriesContext(connection) as asked:
        assert price_on(version, sold_on=MAY).total == Decimal("4999")
        assert [one.price for one in seasons_ahead(version, day=MAY)] == [Decimal("4999.00")]
    assert not asked.captured_queries


def test_seasons_that_are_over_are_not_ahead(shop):
    season(shop.package, "4999", date(2026, 5, 1), date(2026, 5, 15))
    season(shop.package, "5500", date(2026, 9, 1), date(2026, 9, 30), name="Autumn")
    season(shop.package, "5200", date(2026, 5, 16), date(2026, 6, 1), name="Now")
    assert [str(one) for one in seasons_ahead(shop.package, day=MAY)] == ["Now", "Autumn"]


# --- Sold with its terms ----------------------------------------------------------------------------
def test_a_sale_in_season_has_the_list_price_and_a_line_with_the_difference(sale, shop):
    season(shop.package, "4999", date(2026, 5, 1), date(2026, 5, 31), name="May")
    booking = sale.sell()
    assert lines(booking) == [("package", Decimal("5999.00")), ("season", Decimal("-1000.00"))]
    assert booking.price_lines.last().name == "May"
    assert balance(booking) == Decimal("4999.00")


def test_a_sale_with_a_shoot_in_season_has_both_lines_and_earnest_binds_on_the_whole(sale, shop):
    season(shop.package, "6999", date(2026, 5, 20), date(2026, 5, 31), basis="shot", name="High season")
    booking = sale.sell(
        shoot=sale.slot(days=7, hours=6, resources=[]), payment=sale.money("1399.80", "earnest")
    )
    assert lines(booking) == [("package", Decimal("5999.00")), ("season", Decimal("1000.00"))]
    assert booking.events.filter(kind="season").count() == 1


def test_dating_later_applies_the_season_of_the_day_and_says_so(sale, shop):
    season(shop.package, "6799", date(2026, 10, 1), date(2026, 10, 7), basis="shot", name="Golden week")
    booking = sale.sell()
    assert seasons.change_for(booking, OCTOBER) == Decimal("800.00")
    assert seasons.change_for(booking, date(2026, 9, 30)) == 0
    shoot_on(sale, booking, OCTOBER)
    assert total_of(booking) == Decimal("6799.00")
    sentences = [event.sentence for event in booking.events.all()]
    assert "The price follows the season of the shoot: Golden week" in sentences
    assert not any("800" in sentence for sentence in sentences)  # R9.9


def test_moving_out_of_a_season_takes_its_line_back_and_into_another_puts_that_on(sale, shop):
    season(shop.package, "6799", date(2026, 10, 1), date(2026, 10, 7), basis="shot", name="Golden week")
    season(shop.package, "5499", date(2026, 11, 1), date(2026, 11, 30), basis="shot", name="Quiet")
    booking = sale.sell()
    row = shoot_on(sale, booking, OCTOBER)
    row = move_to(sale, row, date(2026, 10, 4))
    assert total_of(booking) == Decimal("6799.00")
    assert booking.events.filter(kind="season").count() == 1  # the same season: nothing new is written
    row = move_to(sale, row, date(2026, 11, 5))
    assert total_of(booking) == Decimal("5499.00")
    move_to(sale, row, date(2026, 12, 5))
    assert total_of(booking) == Decimal("5999.00")
    assert [kind for kind, _amount in lines(booking)] == [
        "package",
        "season",
        "reversal",
        "season",
        "reversal",
    ]


def test_calling_the_day_off_changes_nothing_until_the_next_is_agreed(sale, shop):
    season(shop.package, "6799", date(2026, 10, 1), date(2026, 10, 7), basis="shot")
    booking = sale.sell()
    row = shoot_on(sale, booking, OCTOBER)
    schedule.cancel(row, why="下雨", by=shop.owner, now=sale.now)
    assert total_of(booking) == Decimal("6799.00")
    shoot_on(sale, booking, date(2026, 12, 1))
    assert total_of(booking) == Decimal("5999.00")


def test_other_dates_than_the_shoot_have_no_season(sale, shop, booking):
    season(shop.package, "6799", date(2026, 5, 1), date(2026, 12, 31), basis="shot")
    sale.make(sale.slot(days=9, hours=1, resources=[]), kind="selection", booking=booking)
    assert total_of(booking) == Decimal("5999.00")


def test_an_order_keeps_the_seasons_that_it_was_sold_with(sale, shop):
    golden = season(shop.package, "6799", date(2026, 10, 1), date(2026, 10, 7), basis="shot")
    booking = sale.sell()
    golden.price = Decimal("9999")
    golden.save()
    season(shop.package, "7777", date(2026, 12, 1), date(2026, 12, 31), basis="shot")
    row = shoot_on(sale, booking, OCTOBER)
    assert total_of(booking) == Decimal("6799.00")
    move_to(sale, row, date(2026, 12, 5))
    assert total_of(booking) == Decimal("5999.00")
    SeasonalPrice.objects.all().delete()  # even where they are gone altogether
    assert [term.adds for term in seasons.terms_of(booking)] == [Decimal("800.00")]


def test_the_day_is_the_branchs_own(sale, shop):
    """Half past midnight in Shanghai is still the day before elsewhere."""
    season(shop.package, "6799", date(2026, 10, 1), date(2026, 10, 7), basis="shot")
    booking = sale.sell()
    start = day_of(shop, date(2026, 10, 1), hour=0) + timedelta(minutes=30)
    schedule.make_appointment(
        branch=shop.branch,
        customer=booking.customer,
        booking=booking,
        kind="shoot",
        slot=Slot(start, start + timedelta(hours=2), []),
        by=shop.owner,
        now=sale.now,
        overtime=True,
    )
    assert total_of(booking) == Decimal("6799.00")


def test_what_discounts_brought_to_nothing_stays_at_nothing_when_the_shoot_moves(sale, shop):
    season(shop.package, "6799", date(2026, 10, 1), date(2026, 10, 7), basis="shot")
    season(shop.package, "6299", date(2026, 11, 1), date(2026, 11, 7), basis="shot")
    booking = sale.sell()
    row = shoot_on(sale, booking, OCTOBER)
    discounts.give(booking, amount=Decimal("6799"), why="礼物", by=shop.manager, now=sale.now)
    assert seasons.change_for(booking, date(2026, 12, 1)) == 0
    row = move_to(sale, row, date(2026, 12, 1))
    assert total_of(booking) == Decimal("0.00")
    row = move_to(sale, row, date(2026, 11, 2))
    assert total_of(booking) == Decimal("0.00")
    move_to(sale, row, OCTOBER)
    assert total_of(booking) == Decimal("0.00")


# --- Prices prepared ahead -------------------------------------------------------------------------------
def test_a_prepared_price_is_on_sale_from_its_day_on(sale, shop, now):
    coming = revise(
        shop.package,
        by=None,
        now=now,
        price=Decimal("6299"),
        valid_from=shop.branch.today(now) + timedelta(days=1),
    )
    today = shop.branch.today(now)
    on_sale = PackageVersion.objects.on_sale
    assert list(on_sale(shop.branch, on=today)) == [shop.package]
    assert list(on_sale(shop.branch, on=coming.valid_from)) == [coming]
    assert list(PackageVersion.objects.prepared(shop.branch, after=today)) == [coming]
    assert not PackageVersion.objects.prepared(shop.branch, after=coming.valid_from).exists()
    assert total_of(sale.sell()) == Decimal("5999.00")
    with pytest.raises(NotSellable, match="not valid yet"):
        sale.sell(package_version=coming)


def test_when_the_day_has_come_the_old_price_is_refused_kindly(sale, shop, now):
    coming = revise(
        shop.package,
        by=None,
        now=now,
        price=Decimal("6299"),
        valid_from=shop.branch.today(now) + timedelta(days=1),
    )
    tomorrow = now + timedelta(days=1)
    with pytest.raises(NotSellable, match="changed meanwhile"):
        sale.sell(now=tomorrow)
    assert total_of(sale.sell(now=tomorrow, package_version=coming)) == Decimal("6299.00")


def test_a_revision_copies_what_it_holds_and_needs_and_the_seasons_to_come(shop, now):
    shop.package.services.create(name_en="Breakfast", name_zh_hans="早餐", name_zh_hant="早餐", quantity=2)
    shop.package.needs.create(kind="photographer", minutes=90, look=1, buffer_after=15)
    season(shop.package, "4999", date(2026, 5, 1), date(2026, 5, 15), name="Over")
    season(shop.package, "4999", date(2026, 6, 1), date(2026, 6, 15), name="June")
    successor = revise(shop.package, by=None, now=now, price=Decimal("6299"))
    assert [(str(one), one.quantity) for one in successor.services.all()] == [("Breakfast", 2)]
    assert [(one.kind, one.minutes, one.look, one.buffer_after) for one in successor.needs.all()] == [
        ("photographer", 90, 1, 15)
    ]
    assert [str(one) for one in successor.seasonal_prices.all()] == ["June"]
    assert shop.package.services.count() == shop.package.needs.count() == 1
    assert successor.valid_from is None


@pytest.mark.parametrize("holds", ["looks", "items", "services", "needs"])
def test_what_a_sold_version_holds_is_never_changed(sale, shop, holds):
    shop.package.services.create(name_en="Car", name_zh_hans="车", name_zh_hant="車")
    shop.package.needs.create(kind="photographer")
    sale.sell()
    row = getattr(shop.package, holds).first()
    for change in (row.save, row.delete):
        with pytest.raises(IntegrityError, match="is sold"), transaction.atomic():
            change()
