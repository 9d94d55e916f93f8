"""A move into or out of a season is done once the difference was read: by dragging, and by "Move to…"."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
import time_machine
from django.utils.html import escape

from bookings import agreed_moves, discounts, schedule, seasons
from bookings.price_lines import total_of
from tests.bookings.selling import season

DAY = timedelta(days=1)


@pytest.fixture
def client(shop, sign_in):
    return sign_in(shop.owner)


@pytest.fixture
def send(sale, client):
    def post(row, **changes):
        row.refresh_from_db()
        values = {"appointment": row.pk, "version": row.version, "allocation": ""}
        values |= {"starts": seconds(row.starts_at), "ends": seconds(row.ends_at)}
        with time_machine.travel(sale.now, tick=False):
            return client.post("/schedule/moves/", values | changes, headers={"HX-Request": "true"})

    return post


def seconds(moment):
    return int(moment.timestamp())


def test_a_shoot_dropped_into_a_season_says_what_it_costs_before_it_moves(sale, shop, send):
    """Nothing moves until the difference was read; what was agreed is what happens; the undo takes it back."""
    season(shop.package, "6799", date(2026, 5, 20), date(2026, 5, 26), basis="shot", name="Golden week")
    booking = sale.sell()
    row = sale.make(sale.slot(days=2, hours=2), "shoot", booking)
    drop = {"starts": seconds(row.starts_at + 2 * DAY), "ends": seconds(row.ends_at + 2 * DAY)}
    asked = send(row, **drop)
    assert asked.status_code == 422
    text = asked.content.decode()
    assert "The order then costs ¥800 more" in text
    assert 'name="price" value="800.00"' in text
    row.refresh_from_db()
    assert (row.starts_at, total_of(booking)) == (sale.slot(days=2).starts_at, Decimal("5999.00"))
    assert not row.events.filter(kind="moved").exists()
    for other in ("-800.00", "799.99", "x", "NaN"):
        assert send(row, **drop, price=other).status_code == 422
    assert send(row, **drop, price="800.00").status_code == 200
    assert total_of(booking) == Decimal("6799.00")
    move = row.events.get(kind="moved")
    schedule.undo(row, event=move, by=shop.owner, now=sale.now)
    row.refresh_from_db()
    assert (row.starts_at, total_of(booking)) == (sale.slot(days=2).starts_at, Decimal("5999.00"))


def test_out_of_a_season_it_says_what_is_saved_and_a_taken_place_comes_first(sale, shop, send):
    season(shop.package, "6799", date(2026, 5, 18), date(2026, 5, 18), basis="shot")
    booking = sale.sell()
    row = sale.make(sale.slot(days=2, hours=2), "shoot", booking)
    there = sale.make(sale.slot(days=4, hours=2))
    drop = {"starts": seconds(there.starts_at), "ends": seconds(there.ends_at)}
    text = send(row, **drop).content.decode()
    assert escape(there.customer.name) in text and "The order then costs" not in text
    schedule.cancel(there, why="x", by=shop.owner, now=sale.now)
    text = send(row, **drop).content.decode()
    assert "The order then costs ¥800 less" in text and 'name="price" value="-800.00"' in text
    assert send(row, **drop, price="-800.00").status_code == 200
    assert total_of(booking) == Decimal("5999.00")


def test_within_a_season_or_at_other_dates_than_the_shoot_nothing_is_asked(sale, shop, send):
    season(shop.package, "6799", date(2026, 5, 18), date(2026, 5, 21), basis="shot")
    booking = sale.sell()
    row = sale.make(sale.slot(days=2, hours=2), "shoot", booking)
    fitting = sale.make(sale.slot(days=2, hours=2, resources=[]), "fitting", booking)
    for one, days in ((row, 1), (fitting, 9)):
        moved = send(one, starts=seconds(one.starts_at + days * DAY), ends=seconds(one.ends_at + days * DAY))
        assert moved.status_code == 200
    assert total_of(booking) == Decimal("6799.00")


def test_move_to_asks_for_the_price_too_and_works_without_scripts(sale, shop, client):
    season(shop.package, "6799", date(2026, 5, 20), date(2026, 5, 26), basis="shot")
    booking = sale.sell()
    row = sale.make(sale.slot(days=2), "shoot", booking)
    typed = {"version": row.version, "day": "2026-05-20", "time": "12:00", "minutes": "360"}
    held = zip(("photographer", "place", "artist"), sale.team, strict=True)
    typed |= {name: resource.pk for name, resource in held}
    with time_machine.travel(sale.now, tick=False):
        asked = client.post(f"/appointments/{row.pk}/move/", typed)
        text = asked.content.decode()
        assert asked.status_code == 422
        assert "The order then costs ¥800 more" in text
        assert 'name="price" value="800.00"' in text and 'value="2026-05-20"' in text
        assert total_of(booking) == Decimal("5999.00")
        assert client.post(f"/appointments/{row.pk}/move/", typed | {"price": "800.00"}).status_code == 302
    row.refresh_from_db()
    assert row.starts_at == sale.slot(days=4).starts_at
    assert total_of(booking) == Decimal("6799.00")


@pytest.mark.parametrize("discount", [None, "6000"])
def test_what_is_said_is_what_happens(sale, shop, discount):
    """Also where discounts leave less to take off than the season would."""
    season(shop.package, "6799", date(2026, 5, 18), date(2026, 5, 19), basis="shot")
    season(shop.package, "5000", date(2026, 5, 24), date(2026, 5, 26), basis="shot")
    booking = sale.sell()
    row = sale.make(sale.slot(days=2), "shoot", booking)
    if discount:
        discounts.give(booking, amount=Decimal(discount), why="x", by=shop.manager, now=sale.now)
    for days in (8, 6, 2, 6, 8, 2):
        slot, before = sale.slot(days=days), total_of(booking)
        expected = seasons.change_for(booking, shop.branch.today(slot.starts_at))
        given = {"slot": slot, "version": None, "by": shop.owner, "now": sale.now}
        if expected:
            with pytest.raises(agreed_moves.PriceChanges) as asked:
                agreed_moves.move(row, agreed=None, **given)
            assert asked.value.difference == expected
        row = agreed_moves.move(row, agreed=expected, **given)
        assert total_of(booking) - before == expected
