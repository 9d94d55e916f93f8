"""R3.2: the customer's link on a telephone, with and without scripts, in three languages, replay and all."""

from datetime import time

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from bookings import schedule
from bookings.other_times import other_slot
from customers import consents
from tests.pages import complaints, too_wide
from tests.workflow.behind import last_four, path_of, shoot_of
from workflow import public_times
from workflow.models import CallTask, WishedTime

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PHONE = {"width": 360, "height": 740}
WORDS = {
    "en": ("Hello, Wei and Na", "Yes, the time holds"),
    "zh-hans": ("伟和娜", "可以，就这个时间"),
    "zh-hant": ("偉和娜", ""),
}


@pytest.fixture
def shoot(shop):
    """The day after tomorrow at noon, whatever the hour at which this runs."""
    today = timezone.localtime(timezone.now(), shop.branch.zone).date()
    noon = shop.branch.at(today, time(12))
    shop.branch.address, shop.branch.phone = "300 Nanjing Road", "021 5550 0100"
    shop.branch.save()
    return shoot_of(shop, noon)


@pytest.fixture
def url(shoot):
    return path_of(shoot, timezone.now())


@pytest.fixture
def hold(live_server, browser):
    contexts = []

    def open_page(path, **options):
        context = browser.new_context(
            base_url=live_server.url, **{"viewport": PHONE, "locale": "en-GB"} | options
        )
        contexts.append(context)
        page = context.new_page()
        page.goto(path)
        return page

    yield open_page
    for context in contexts:
        context.close()


def assert_well_made(page):
    """Nothing is wider than the screen, and axe has nothing to say."""
    assert too_wide(page) == []
    assert complaints(page) == []


@pytest.mark.parametrize(("scripts", "scheme"), [(True, "dark"), (True, "light"), (False, "light")])
def test_r3_2_a_minute_on_a_telephone(shop, hold, shoot, url, scripts, scheme):
    page = hold(url, java_script_enabled=scripts, color_scheme=scheme)
    if scripts:
        assert_well_made(page)
    page.get_by_role("button", name="Yes, the time holds").click()
    expect(page.get_by_text("it is noted")).to_be_visible()
    expect(page.locator(".stamp")).to_be_visible()
    shoot.refresh_from_db()
    assert shoot.confirmation == "confirmed"
    page.get_by_label("The last four digits of your telephone number").fill(last_four(shoot))
    page.get_by_role("button", name="Show it").click()
    expect(page.get_by_text(shoot.booking.number)).to_be_visible()
    page.locator("#reach summary").click()
    if scripts:
        assert_well_made(page)
    page.get_by_text("繁體中文").first.click()
    page.get_by_role("button", name="Keep it like this").click()
    expect(page.locator("html")).to_have_attribute("lang", "zh-hant")
    page.locator("#stop button").click()
    expect(page.locator("#stop button")).to_have_attribute("name", "again")
    assert consents.has_stopped(shoot.customer)
    page.locator("#stop button").click()
    expect(page.locator("#stop button")).not_to_have_attribute("name", "again")
    assert not consents.has_stopped(shoot.customer)


def test_r3_2_another_time_is_ticked_in_order_of_preference(shop, hold, shoot, url):
    page = hold(url)
    page.get_by_role("link", name="I would like another time").click()
    expect(page.get_by_role("heading", name="When would suit you better?")).to_be_visible()
    assert_well_made(page)
    chips = page.locator(".wish")
    for place in (6, 2, 9):
        chips.nth(place).click()
    assert [chips.nth(place).get_attribute("data-place") for place in (6, 2, 9)] == ["1", "2", "3"]
    expect(chips.nth(0).locator("input")).to_be_disabled()
    chips.nth(6).click()
    assert chips.nth(2).get_attribute("data-place") == "1"
    values = [chips.nth(place).locator("input").get_attribute("value") for place in (2, 9)]
    page.get_by_role("button", name="Later days").click()
    expect(page.locator(".wishes__kept .wish")).to_have_count(2)
    page.get_by_label("Or in your own words").fill("or after the holidays")
    page.get_by_role("button", name="Ask for another time").click()
    expect(page.get_by_text("This would suit you better:")).to_be_visible()
    wished = WishedTime.objects.order_by("position").values_list("starts_at", flat=True)
    zone = shop.branch.zone
    assert [f"{timezone.localtime(moment, zone):%Y-%m-%dT%H:%M}" for moment in wished] == values
    assert CallTask.objects.open().get().kind == "another_time"


def test_without_scripts_later_days_keep_what_was_ticked(hold, shoot, url):
    page = hold(f"{url}times/", java_script_enabled=False)
    chosen = page.locator(".wish input").nth(3)
    value = chosen.get_attribute("value")
    chosen.check(force=True)
    page.get_by_role("button", name="Later days").click()
    kept = page.locator(".wishes__kept input")
    expect(kept).to_have_count(1)
    assert kept.get_attribute("value") == value
    page.get_by_role("button", name="Ask for another time").click()
    expect(page.get_by_text("This would suit you better:")).to_be_visible()
    assert WishedTime.objects.count() == 1


@pytest.mark.parametrize("language", ["en", "zh-hans", "zh-hant"])
def test_in_their_language_and_in_another_by_one_press(shop, hold, shoot, url, language):
    shoot.customer.language = language
    shoot.customer.save()
    page = hold(url)
    expect(page.locator("html")).to_have_attribute("lang", language)
    hello, yes = WORDS[language]
    if language != "zh-hant":
        expect(page.locator("h1")).to_contain_text(hello)
        expect(page.get_by_role("button", name=yes)).to_be_visible()
    other = "en" if language != "en" else "zh-hans"
    page.locator(f".switch__choice[value={other}]").click()
    expect(page.locator("html")).to_have_attribute("lang", other)
    assert page.url.endswith(url)


def test_r3_2_an_old_page_in_the_hand_is_worth_nothing_after_a_move(shop, hold, shoot, url):
    page = hold(url)
    now = timezone.now()
    start = public_times.offered(shoot, "", "en", now=now).days[2].times[0]
    moved = schedule.move(shoot, slot=other_slot(shoot, start, now=now), version=None, by=shop.owner, now=now)
    page.get_by_role("button", name="Yes, the time holds").click()
    expect(page.get_by_role("heading", name="This link is no longer in use")).to_be_visible()
    assert_well_made(page)
    page.goto(path_of(moved, now))
    page.get_by_role("button", name="Yes, the time holds").click()
    expect(page.locator(".stamp")).to_be_visible()
    page.go_back()
    page.reload()
    moved.refresh_from_db()
    assert moved.confirmation == "confirmed"
    assert moved.events.filter(kind="confirmed").count() == 1


def test_the_address_is_told_to_nobody_and_every_target_suits_a_thumb(hold, shoot, url):
    asked = []
    page = hold("about:blank", has_touch=True, is_mobile=True)
    page.on("request", lambda request: asked.append((request.url, request.headers.get("referer", ""))))
    page.goto(url)
    page.wait_for_load_state("networkidle")
    host = page.evaluate("location.origin")
    assert all(address.startswith(host) for address, _referer in asked)
    for button in page.locator(".public__actions .button").all():
        assert button.bounding_box()["height"] >= 44


def test_the_calendar_file_comes_down_by_one_press(hold, shoot, url):
    page = hold(url)
    with page.expect_download() as download:
        page.get_by_role("link", name="Add to my calendar").click()
    assert download.value.suggested_filename == "appointment.ics"


def test_r3_2_what_they_asked_for_is_on_the_owners_list(shop, hold, enter, shoot, url):
    page = hold(f"{url}times/")
    page.locator(".wish").nth(1).click()
    page.get_by_role("button", name="Ask for another time").click()
    expect(page.get_by_text("This would suit you better:")).to_be_visible()
    desk = enter(shop.owner, "/calls/")
    expect(desk.get_by_text(shoot.customer.name).first).to_be_visible()
