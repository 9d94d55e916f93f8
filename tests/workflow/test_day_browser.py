"""The day in a real browser: on phones and tablets, in both themes, with and without scripts."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from tests.pages import complaints_in_both_themes, too_wide
from tests.workflow.shoots import arrived, bring, make_order, party, presence, shot_and_back
from workflow import handoffs

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

FINGER = 44


@pytest.fixture
def earlier():
    return timezone.now() - timedelta(hours=1)


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_r5_1_two_tablets_pass_a_couple_from_hand_to_hand(shop, enter, earlier, scripts) -> None:
    order = arrived(shop, now=earlier)
    desk = enter(shop.owner, "/", java_script_enabled=scripts)
    desk.get_by_role("button", name="Hand over to styling").click()
    expect(desk.get_by_role("button", name="Take back")).to_be_visible()
    tablet = enter(shop.artist, "/", java_script_enabled=scripts, viewport={"width": 820, "height": 1180})
    tablet.get_by_role("button", name="I take over").click()
    expect(tablet.get_by_text("Hello, I am 王芳, your makeup artist.")).to_be_visible()
    tablet.get_by_role("link", name="Said").click()
    expect(tablet.get_by_role("button", name="Hand over to shooting")).to_be_visible()
    assert presence(order, "李娜").with_user == shop.artist


def test_r5_3_the_line_follows_the_choice(shop, enter, earlier) -> None:
    order = arrived(shop, now=earlier)
    page = enter(shop.owner, f"/orders/{order.pk}/hand-offs/")
    expect(page.locator("#line")).to_contain_text("these are Mr Zhang and Ms Li, friends of mine")
    page.get_by_text("张伟", exact=True).click()
    expect(page.locator("#line")).to_contain_text("this is Ms Li, a friend of mine")


def test_the_wall_refreshes_by_itself(shop, enter, earlier) -> None:
    order = arrived(shop, now=earlier)
    page = enter(shop.manager, "/house/?wall")
    expect(page.locator(".hall__party")).to_have_count(1)
    handoffs.offer(order, members=party(order)[:1], to=shop.styling, by=shop.owner, now=earlier)
    page.evaluate("document.getElementById('house').dispatchEvent(new CustomEvent('live'))")
    expect(page.locator(".hall__party")).to_have_count(2)
    expect(page.locator(".hall__party").first).to_contain_text("Waits to be taken over")


def test_targets_on_a_tablet_are_as_large_as_a_finger(shop, enter, earlier) -> None:
    order = arrived(shop, now=earlier)
    bring(order, shop.styling, giver=shop.owner, receiver=shop.artist, now=earlier)
    bring(order, shop.shooting, giver=shop.artist, receiver=shop.photographer, now=earlier)
    page = enter(
        shop.photographer, "/", has_touch=True, is_mobile=True, viewport={"width": 820, "height": 1180}
    )
    buttons = page.locator("#duty-with_me .button:visible")
    assert buttons.count() >= 5
    for number in range(buttons.count()):
        box = buttons.nth(number).bounding_box()
        assert box["height"] >= FINGER, buttons.nth(number).inner_text()


@pytest.fixture
def addresses(shop, earlier) -> list[str]:
    """Every page of the day, with something on it."""
    order = arrived(shop, now=earlier)
    offers = handoffs.offer(order, members=party(order)[:1], to=shop.styling, by=shop.owner, now=earlier)
    done = shot_and_back(shop, now=earlier - timedelta(hours=5), resources=[], name="欧阳家（八位）")
    soon = timezone.now() + timedelta(minutes=1)
    to_come = make_order(shop, now=timezone.now(), at=soon, resources=[])
    return [
        "/house/",
        "/house/?wall",
        order.get_absolute_url(),
        f"/orders/{order.pk}/hand-offs/",
        f"/orders/{order.pk}/hand-offs/return/?hand_off={offers[0].pk}",
        f"/orders/{order.pk}/sheet/",
        f"/orders/{order.pk}/sheet/customer/",
        f"/orders/{done.pk}/departure/",
        f"/orders/{to_come.pk}/arrival/",
        f"/looks/{order.looks.first().pk}/undone/",
    ]


def test_habit_18_nothing_to_complain_of(shop, enter, addresses) -> None:
    page = enter(shop.owner, "/house/", reduced_motion="reduce")
    for path in addresses:
        page.goto(path)
        assert complaints_in_both_themes(page) == [], path
        assert too_wide(page, 360, 768, 1440) == [], path


def test_no_page_of_the_day_breaks_the_policy_or_a_script(shop, enter, addresses) -> None:
    page = enter(shop.owner, "/house/")
    broken = []
    page.on("console", lambda message: broken.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: broken.append(str(error)))
    for path in addresses:
        page.goto(path, wait_until="networkidle")
        assert broken == [], path


def test_the_sheet_prints_on_one_page_of_a4(shop, enter, earlier) -> None:
    order = shot_and_back(shop, now=earlier - timedelta(hours=5))
    page = enter(shop.owner, f"/orders/{order.pk}/sheet/")
    paper = page.pdf(format="A4")
    assert len(re.findall(rb"/Type\s*/Page\b", paper)) == 1
    page.emulate_media(media="print")
    for part in (".rail", ".head", ".back", ".page__actions"):
        expect(page.locator(part).first).to_be_hidden()
