"""The board and the wall in a real browser (R5.1): read across a room, counting by themselves, touching nothing."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from tests.pages import complaints, too_wide, wait_until
from tests.workflow.shoots import arrived, bring, party, presence
from workflow import gaps, handoffs

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

FULL_HD = {"width": 1920, "height": 1080}
FOUR_K = {"width": 3840, "height": 2160}
CUT = """() => [...document.querySelectorAll("[data-page]:not([hidden]) .hall__party")].filter((party) =>
    party.scrollHeight > party.clientHeight + 1 || party.getBoundingClientRect().bottom > innerHeight).length"""
SCROLLS = "() => document.documentElement.scrollHeight > innerHeight"
LETTERS = "() => parseFloat(getComputedStyle(document.querySelector('.hall__name')).fontSize) / innerHeight"


@pytest.fixture
def earlier():
    return timezone.now() - timedelta(hours=1)


def fill(shop, earlier, count: int) -> list:
    return [arrived(shop, now=earlier, resources=[], name=f"Party {number}") for number in range(count)]


def test_the_wall_holds_twelve_parties_at_full_hd_and_four_k_without_scrolling(shop, enter, earlier) -> None:
    orders = fill(shop, earlier, 12)
    bring(orders[0], shop.styling, giver=shop.owner, receiver=shop.artist, now=earlier)
    handoffs.offer(orders[1], members=party(orders[1]), to=shop.styling, by=shop.owner, now=earlier)
    gaps.leave_alone(orders[2], members=party(orders[2]), by=shop.owner, now=earlier)
    page = enter(shop.manager, "/house/?wall", viewport=FULL_HD)
    for size in (FULL_HD, FOUR_K):
        page.set_viewport_size(size)
        expect(page.locator(".hall__party:visible")).to_have_count(12)
        assert not page.evaluate(SCROLLS), size
        assert page.evaluate(CUT) == 0, size
        # A letter of 1/40 of a screen of 65 inches is two centimetres high: read at five metres.
        assert page.evaluate(LETTERS) >= 1 / 40, size


def test_more_than_twelve_turn_by_themselves_and_the_red_ones_stay(shop, enter, earlier) -> None:
    orders = fill(shop, earlier, 14)
    gaps.leave_alone(orders[13], members=party(orders[13]), by=shop.owner, now=earlier)
    page = enter(shop.manager, "/house/?wall", viewport=FULL_HD)
    expect(page.locator(".hall__page:visible")).to_have_count(1)
    expect(page.locator("[data-page-number]")).to_have_text("1/2")
    for number in ("1/2", "2/2"):
        wait_until(
            page, "(text) => document.querySelector('[data-page-number]').textContent === text", number
        )
        expect(page.locator(".hall__party--red:visible")).to_have_count(1)
        assert not page.evaluate(SCROLLS)


def test_without_scripts_the_wall_shows_all_its_pages_and_asks_again(shop, enter, earlier) -> None:
    fill(shop, earlier, 14)
    page = enter(shop.manager, "/house/?wall", viewport=FULL_HD, java_script_enabled=False)
    expect(page.locator(".hall__party:visible")).to_have_count(14)
    assert page.locator('meta[http-equiv="refresh"]').count() == 1


def test_r5_1_a_gap_counts_its_seconds_without_asking_anybody(shop, enter, earlier) -> None:
    order = arrived(shop, now=earlier)
    gaps.leave_alone(order, members=party(order), by=shop.owner, now=timezone.now())
    page = enter(shop.manager, "/house/?wall", viewport=FULL_HD)
    page.context.set_offline(True)
    since = page.locator(".hall__party--red .hall__since")
    expect(since).to_have_text(re.compile(r"^\d:\d\d$"))
    first = since.inner_text()
    expect(since).not_to_have_text(first)
    expect(page.locator("[data-offline]")).to_be_visible()


def test_habit_12_the_wall_follows_by_itself_and_says_how_fresh_it_is(shop, enter, earlier) -> None:
    order = arrived(shop, now=earlier)
    page = enter(shop.manager, "/house/?wall", viewport=FULL_HD)
    expect(page.locator(".hall__with")).to_contain_text("front desk")
    bring(order, shop.styling, giver=shop.owner, receiver=shop.artist, now=timezone.now())
    expect(page.locator(".hall__with")).to_contain_text("王老师")
    expect(page.locator("[data-live-note]")).to_contain_text("Updated")


def test_habit_12_a_look_that_finds_nothing_new_swaps_nothing_and_is_fresh_all_the_same(
    shop, enter, earlier
) -> None:
    arrived(shop, now=earlier)
    page = enter(shop.artist, "/house/")
    page.evaluate("document.getElementById('house').dataset.mine = 'yes'")
    quiet = []
    page.on("response", lambda response: quiet.append(response.status) if "mark=" in response.url else None)
    wait_until(page, "() => document.querySelector('[data-live-note]').textContent.includes('5 s')")
    wait_until(page, "() => / [0-2] s/.test(document.querySelector('[data-live-note]').textContent)")
    # Once a minute it is drawn anew; within one it is not.
    if 200 not in quiet:
        assert page.evaluate("document.getElementById('house').dataset.mine") == "yes"
    assert 204 in quiet or 200 in quiet


def test_r5_1_i_take_care_from_the_board_on_a_phone(shop, enter, earlier) -> None:
    order = arrived(shop, now=earlier)
    gaps.leave_alone(order, members=party(order), by=shop.owner, now=timezone.now())
    page = enter(
        shop.artist, "/house/", viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True
    )
    button = page.get_by_role("button", name="I take care")
    assert button.bounding_box()["height"] >= 44
    button.click()
    expect(page.locator(".care__with")).to_contain_text("王老师")
    assert presence(order, "李娜").with_user == shop.artist


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_habit_18_the_house_and_its_record_have_nothing_to_complain_of(shop, enter, earlier, theme) -> None:
    orders = fill(shop, earlier, 3)
    handoffs.offer(orders[0], members=party(orders[0]), to=shop.styling, by=shop.owner, now=earlier)
    gaps.leave_alone(orders[1], members=party(orders[1])[:1], by=shop.owner, now=earlier)
    page = enter(shop.manager, "/house/", color_scheme=theme, reduced_motion="reduce")
    for path in (
        "/house/",
        "/house/?wall",
        "/house/record/",
        "/house/record/gaps/",
        "/late-records/clashes/",
    ):
        page.goto(path)
        assert complaints(page) == [], path
        assert too_wide(page, 360, 820, 1440) == [], path
