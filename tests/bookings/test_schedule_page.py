"""The page of a day, the customer's orders, and the history in sentences."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation
from django.utils.html import escape

from bookings import almanac, day
from bookings.capitals import capitals
from bookings.models import Resource
from bookings.panels import orders_of
from bookings.schedule import Slot, cancel, confirm, hold, make_appointment, move
from bookings.till import reverse
from bookings.timeline import of_booking, of_customer
from tests.factories import CustomerFactory

HOUR = timedelta(hours=1)


def test_a_day_shows_who_is_held_when_and_in_words_too(sale, shop, sign_in):
    row = sale.make(sale.slot(days=2))
    confirm(row, via="call", by=shop.owner, now=sale.now)
    text = sign_in(shop.artist).get("/schedule/?day=2026-05-18").content.decode()
    assert text.count(f'aria-label="12:00–18:00 {escape(row.customer.name)}, fitting, Confirmed"') == 3
    assert "Lunar month 4, day 2" in text
    assert 'rel="prev"' in text and "?day=2026-05-17" in text and "?day=2026-05-19" in text
    assert "Confirmed" in text


def test_what_was_called_off_is_not_shown(sale, shop, sign_in):
    row = sale.make(sale.slot(days=2))
    cancel(row, why="x", by=None, now=sale.now)
    page = sign_in(shop.artist).get("/schedule/?day=2026-05-18")
    assert page.context["plan"].appointments == []
    assert "Nobody has a date on this day" in page.content.decode()


@pytest.mark.parametrize(
    "asked", ["", "x", "2026-02-31", "0001-01-01", "9999-12-31", "2026-05-18'--", "\x00"]
)
def test_a_day_that_nobody_means_is_today(shop, sign_in, asked):
    page = sign_in(shop.owner).get("/schedule/", {"day": asked})
    assert page.status_code == 200
    assert page.context["plan"].day == shop.branch.today(timezone.now())


def test_the_neighbours_day_is_empty_and_the_administrator_has_none(sale, shop, sign_in):
    sale.make(sale.slot(days=2))
    page = sign_in(shop.neighbour).get("/schedule/?day=2026-05-18")
    assert (page.context["plan"].lines, page.context["plan"].appointments) == ([], [])
    assert sign_in(shop.administrator).get("/schedule/").status_code == 403


def test_a_day_costs_the_same_number_of_questions_however_full_it_is(sale, shop, sign_in):
    client = sign_in(shop.owner)

    def questions():
        with CaptureQueriesContext(connection) as asked:
            client.get("/schedule/?day=2026-05-18")
        return len(asked)

    sale.make(sale.slot(days=2))
    questions()
    before = questions()
    for number in range(5):
        floor = Resource.objects.create(
            branch=shop.branch, kind="floor", name_en=str(number), name_zh_hans="x", name_zh_hant="x"
        )
        sale.make(sale.slot(days=2, resources=[floor]), "shoot", sale.sell())
    assert questions() == before


def test_forms_ask_for_the_plan_alone(sale, shop, sign_in):
    text = (
        sign_in(shop.owner).get("/schedule/?day=2026-05-18", headers={"HX-Request": "true"}).content.decode()
    )
    assert 'class="day-plan"' in text
    assert "<html" not in text


def test_names_are_drawn_as_names_and_never_run(sale, shop, sign_in):
    customer = CustomerFactory(branch=shop.branch, owner=shop.owner, name='"><script>alert(1)</script>')
    make_appointment(
        branch=shop.branch,
        customer=customer,
        booking=None,
        kind="fitting",
        slot=sale.slot(days=2),
        by=None,
        now=sale.now,
    )
    text = sign_in(shop.owner).get("/schedule/?day=2026-05-18").content.decode()
    assert "<script>alert" not in text


def test_blocks_stand_where_the_clock_says(sale, shop):
    """The shop is open from 9:30 to 21:00, the line from 9 to 21: noon stands at a quarter, six hours are a half."""
    sale.make(sale.slot(days=2))
    plan = day.plan_of(shop.branch, date(2026, 5, 18), now=sale.now)
    block = plan.lines[0].blocks[0]
    assert (block.x, block.width) == ("25.000%", "50.000%")
    assert plan.hours[0] == ("0.000%", 9)
    assert plan.now_at == ""
    assert day.plan_of(shop.branch, date(2026, 5, 16), now=sale.now).now_at == "25.000%"


def test_a_day_reaches_as_far_as_what_is_on_it(sale, shop):
    early = sale.now + timedelta(days=2, hours=-6)
    sale.make(Slot(early, early + 17.5 * HOUR, [shop.floor]), "wedding")
    plan = day.plan_of(shop.branch, date(2026, 5, 18), now=sale.now)
    assert [hour for _x, hour in plan.hours] == list(range(6, 24))


def test_a_resource_for_two_has_two_lines(sale, shop):
    shop.floor.units = 2
    shop.floor.save()
    for _ in range(2):
        sale.make(sale.slot(days=2, resources=[shop.floor]))
    line = next(
        line
        for line in day.plan_of(shop.branch, date(2026, 5, 18), now=sale.now).lines
        if line.resource == shop.floor
    )
    assert sorted(block.y for block in line.blocks) == [0, day.LANE]
    assert line.height == 2 * day.LANE


# --- The almanac ----------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("when", "language", "said"),
    [
        (date(2026, 11, 22), "en", "Lunar month 10, day 14"),
        (date(2026, 2, 17), "en", "Lunar month 1, day 1"),
        (date(2025, 7, 25), "en", "Lunar leap month 6, day 1"),
    ],
)
def test_lunar_dates(when, language, said):
    with translation.override(language):
        assert almanac.lunar_date(when) == said


def test_days_of_the_moon_are_named_as_people_say_them():
    named = [almanac.day_in_chinese(number) for number in (1, 10, 11, 20, 21, 29, 30)]
    assert named == ["初一", "初十", "十一", "二十", "廿一", "廿九", "三十"]


def test_solar_terms():
    assert almanac.solar_term(date(2026, 11, 22)) == "Minor snow"
    assert almanac.solar_term(date(2026, 11, 23)) == ""
    terms = {almanac.solar_term(date(2026, 1, 1) + timedelta(days=n)) for n in range(365)}
    assert len(terms - {""}) == 24


# --- Figures nobody can turn into others ----------------------------------------------------------
@pytest.mark.parametrize(
    ("amount", "words"),
    [
        ("0", "零元整"),
        ("0.05", "伍分"),
        ("0.50", "伍角整"),
        ("1200", "壹仟贰佰元整"),
        ("1200.05", "壹仟贰佰元零伍分"),
        ("10005", "壹万零伍元整"),
        ("100500.40", "壹拾万零伍佰元肆角整"),
        ("99999999.99", "玖仟玖佰玖拾玖万玖仟玖佰玖拾玖元玖角玖分"),
    ],
)
def test_capital_figures(amount, words):
    assert capitals(Decimal(amount), "zh-hans") == words
    assert capitals(Decimal(amount), "en") == ""


def test_capital_figures_in_traditional_characters():
    assert capitals(Decimal("23680"), "zh-hant") == "貳萬參仟陸佰捌拾元整"


# --- History and orders on the customer's file ----------------------------------------------------
def test_the_history_reads_in_sentences_without_amounts(sale, shop):
    booking = sale.sell(shoot=sale.slot(), payment=sale.money("1000"))
    row = booking.appointments.get()
    row = move(row, slot=sale.slot(days=8), version=row.version, by=shop.owner, now=sale.now)
    confirm(row, via="link", by=None, now=sale.now)
    hold(row, by=shop.owner, now=sale.now)
    reverse(booking.payments.get(), why="x", by=shop.manager, now=sale.now)
    with timezone.override(shop.branch.zone), time_machine.travel(sale.now, tick=False):
        told = [entry.text for entry in of_customer(booking.customer)]
    assert told == [
        f"Order {booking.number} was sold",
        "The terms were accepted",
        "The shoot was agreed for Sat 23 May 12:00",
        "A payment was taken: prepayment (refundable), receipt 2026-000001",
        "The shoot was moved from Sat 23 May 12:00 to Sun 24 May 12:00",
        "The customer confirmed the shoot on their page",
        "They came for the shoot",
        "A payment was reversed, receipt 2026-000002",
    ]
    assert [entry.text for entry in of_booking(booking)] == [
        entry.text for entry in of_customer(booking.customer)
    ]


def test_the_history_costs_one_question(sale, django_assert_num_queries):
    customer = sale.customer()
    for _ in range(3):
        sale.sell(customer, payment=sale.money("10"))
    with django_assert_num_queries(1):
        assert len(list(of_customer(customer))) == 9


def test_the_file_shows_orders_and_money_only_to_those_who_see_money(sale, shop, sign_in):
    booking = sale.sell(payment=sale.money("1000"))
    page = f"/customers/{booking.customer_id}/"
    text = sign_in(shop.cashier).get(page).content.decode()
    assert booking.number in text
    assert "Balance due ¥4,999" in text
    hidden = sign_in(shop.artist).get(page).content.decode()
    assert booking.number in hidden
    assert "4,999" not in hidden
    assert "5,999" not in hidden


def test_the_orders_of_a_file_cost_one_question(sale, django_assert_num_queries):
    customer = sale.customer()
    for _ in range(3):
        sale.sell(customer)
    with django_assert_num_queries(1):
        rows = orders_of(customer, sale.now)["orders"]
        assert [row.balance for row in rows] == [Decimal("5999.00")] * 3
