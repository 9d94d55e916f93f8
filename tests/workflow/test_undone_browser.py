"""What stands beside the stage, in a real browser: on a phone, with and without scripts, for everybody."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from tests.pages import complaints_in_both_themes, too_wide
from tests.workflow.shoots import arrived
from workflow import standing, undone

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PHONE = {"width": 360, "height": 740}


@pytest.fixture
def now():
    return timezone.now()


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_f2_a_look_that_was_not_shot_becomes_a_date_on_the_spot(shop, enter, now, scripts) -> None:
    order = arrived(shop, now=now - timedelta(hours=1))
    page = enter(
        shop.owner, f"/looks/{order.looks.first().pk}/undone/", java_script_enabled=scripts, viewport=PHONE
    )
    expect(page.get_by_label("What is promised")).to_be_hidden()
    page.get_by_label("Why it was not done").fill("rain")
    page.get_by_text("A date, agreed now", exact=True).first.click()
    page.locator(".ways__part--date label").filter(has_text=":").first.click()
    page.get_by_role("button", name="Write it down").last.click()
    expect(page.locator("#undone")).to_contain_text("A date of its own: shoot")
    assert undone.open_of(order) == []


def test_f2_the_other_kind_of_date_keeps_what_is_typed(shop, enter, now) -> None:
    order = arrived(shop, now=now - timedelta(hours=1))
    page = enter(shop.owner, f"/orders/{order.pk}/undone/", viewport=PHONE)
    page.get_by_label("What was not done").fill("礼服没改好")
    page.get_by_text("A date, agreed now", exact=True).first.click()
    page.get_by_role("button", name="Times for: fitting").click()
    expect(page.locator(".ways__part--date")).to_contain_text("The next free times: fitting")
    expect(page.get_by_label("What was not done")).to_have_value("礼服没改好")


def test_on_hold_and_on_again_from_the_order(shop, enter, now) -> None:
    order = arrived(shop, now=now - timedelta(hours=1))
    page = enter(shop.owner, order.get_absolute_url(), viewport=PHONE)
    page.locator(".page-head, main").get_by_label("More").first.click()
    page.get_by_role("link", name="Put on hold").click()
    page.get_by_label("Why it waits").fill("等妈妈出院")
    page.get_by_label("Look at it again on").fill(f"{shop.branch.today(now) + timedelta(days=3)}")
    page.get_by_role("button", name="Put on hold").click()
    expect(page.locator("#standing")).to_contain_text("等妈妈出院")
    page.locator("#standing").get_by_role("link", name="It goes on").click()
    page.get_by_role("button", name="It goes on").click()
    expect(page.locator("#standing")).to_have_count(0)


def test_the_pages_fit_a_phone_and_axe_has_nothing_to_say(shop, enter, now) -> None:
    order = arrived(shop, now=now - timedelta(hours=1))
    row = undone.write_down(order, what="捧花特写" * 12, why="花没送到" * 20, by=shop.artist, now=now)
    page = enter(shop.owner, f"/undone/{row.pk}/", viewport=PHONE)
    for way in ("A date, agreed now", "Promised, with a day", "They do without it"):
        page.get_by_text(way, exact=True).first.click()
        assert too_wide(page) == []
    assert complaints_in_both_themes(page) == []
    standing.put_on_hold(order, why="等" * 120, look_again_on=shop.branch.today(now), by=shop.owner, now=now)
    page.goto(page.url.split("/undone")[0] + order.get_absolute_url())
    page.locator(".gates summary").click()
    assert too_wide(page, 360, 820) == []
    assert complaints_in_both_themes(page) == []
