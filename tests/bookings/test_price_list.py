"""The price list: what is on sale on a day, for everybody who serves, and for a customer who reads along."""

import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bookings import price_list
from bookings.sales import revise
from tests.bookings.selling import add_on, limit, season
from tests.factories import make_package

pytestmark = pytest.mark.django_db
URL = "/price-list/"


@pytest.fixture
def today(shop):
    return shop.branch.today(timezone.now())


def text_of(client, **query):
    answer = client.get(URL, query)
    assert answer.status_code == 200
    return answer.content.decode()


def test_it_shows_what_a_package_holds_and_needs_and_costs(shop, sign_in, today):
    shop.package.services.create(name_en="Breakfast", name_zh_hans="早餐", name_zh_hant="早餐", quantity=2)
    season(shop.package, "4999", today, today + timedelta(days=5), name="Offer of the week")
    season(
        shop.package,
        "6799",
        today + timedelta(days=60),
        today + timedelta(days=67),
        basis="shot",
        name="Golden week",
    )
    add_on(shop.branch, kind="look", price="800", name="Red gown", extra_minutes=60)
    text = text_of(sign_in(shop.artist))
    for word in (
        *("Evergreen", "¥4,999", "<s>", "¥5,999", "Offer of the week", "Golden week", "¥6,799"),
        *("White gown", "Album", "Breakfast × 2", "360 minutes", "Photographer", "Makeup artist"),
        *("Red gown", "¥800", "60 minutes longer"),
    ):
        assert word in text, word


def test_r9_9_no_limits_and_no_earnest_money_stand_on_it(shop, sign_in):
    limit(shop.branch, "consultant", "17.77")
    words = re.sub(r"<svg.*?</svg>|<[^>]*>", " ", text_of(sign_in(shop.owner)), flags=re.DOTALL)
    for word in ("17.77", "earnest", "1,199"):
        assert word not in words


@pytest.mark.parametrize("person", ["owner", "artist", "head", "cashier", "manager"])
def test_everybody_who_serves_looks_at_it(shop, sign_in, person):
    assert "Evergreen" in text_of(sign_in(getattr(shop, person)))


def test_the_neighbour_sees_their_own(shop, sign_in):
    assert "Evergreen" not in text_of(sign_in(shop.neighbour))
    assert sign_in(shop.administrator).get(URL).status_code == 403


def test_prepared_prices_are_for_managers_until_their_day_has_come(shop, sign_in, today, now):
    day = today + timedelta(days=10)
    revise(shop.package, by=None, now=now, price=Decimal("6299"), valid_from=day)
    assert "¥6,299" in text_of(sign_in(shop.manager))
    assert "¥6,299" not in text_of(sign_in(shop.owner))
    shown = text_of(sign_in(shop.owner), day=f"{day}")
    assert "¥6,299" in shown
    assert "¥5,999" not in shown


def test_filters_of_the_address(shop, sign_in, today):
    baby = make_package(shop.branch, price="1888")
    baby.package.kind = "baby"
    baby.package.name_en = "Hundred days"
    baby.package.save()
    own = sign_in(shop.owner)
    assert "Hundred days" in text_of(own)
    only = text_of(own, kind="baby")
    assert "Hundred days" in only
    assert "Evergreen" not in only
    for query in (
        {"kind": "x' OR 1=1"},
        {"day": "soon"},
        {"day": "0001-01-01"},
        {"day": "9999-12-31"},
        {"day": "\x00"},
        {"day": f"{today - timedelta(days=400)}"},
    ):
        assert "Evergreen" in text_of(own, **query)


def test_switched_off_it_is_gone(shop, sign_in):
    shop.package.package.is_active = False
    shop.package.package.save()
    add_on(shop.branch, name="Old album", is_active=False)
    text = text_of(sign_in(shop.owner))
    assert "Nothing is on sale that day" in text
    assert "Old album" not in text


def test_it_asks_the_same_number_of_questions_however_much_there_is(shop, sign_in, today):
    own = sign_in(shop.manager)

    def questions():
        with CaptureQueriesContext(connection) as asked:
            text_of(own)
        return len(asked)

    def more():
        version = make_package(shop.branch)
        version.needs.create(kind="photographer", resource=shop.photographer_resource)
        version.services.create(name_en="Car", name_zh_hans="车", name_zh_hant="車")
        season(version, "4999", today, today)
        add_on(shop.branch)
        revise(version, by=None, now=timezone.now(), valid_from=today + timedelta(days=9))

    more()
    questions()
    before = questions()
    for _number in range(4):
        more()
    assert questions() == before


def test_an_offer_is_ordered_by_kind_and_price(shop, today):
    dear, cheap = make_package(shop.branch, price="9999"), make_package(shop.branch, price="99")
    offers = price_list.offers(shop.branch, on=today)
    assert [offer.version for offer in offers] == [cheap, shop.package, dear]
