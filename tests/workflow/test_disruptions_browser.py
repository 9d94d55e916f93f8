"""R9.7 in a browser: the photographer is ill, five bookings, each is made good; on a phone too, and without scripts."""

import re
from types import SimpleNamespace

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from tests.pages import complaints, too_wide
from tests.workflow.broken import BrokenDay, row_of, states
from workflow import disruptions
from workflow.models import CallTask, Disruption

pytestmark = pytest.mark.django_db(transaction=True)
PHONE = {"width": 360, "height": 740}


@pytest.fixture
def day(shop) -> BrokenDay:
    """Three days ahead: somebody else is free in the morning, and has parties of their own after that."""
    day = BrokenDay(shop, timezone.now())
    spare = day.make("photographer", "李雷")
    day.shoot("12:00", hours=8, held=[spare])
    return day


@pytest.fixture
def five(day: BrokenDay) -> list:
    return [day.date(clock) for clock in ("10:00", "12:00", "14:00", "16:00", "18:00")]


def open_it(page, day: BrokenDay) -> Disruption:
    page.get_by_label("Who or what").select_option(str(day.shop.photographer_resource.pk))
    page.get_by_label("From", exact=True).fill(f"{day.day}")
    page.get_by_label("Until", exact=True).fill(f"{day.day}")
    page.get_by_label("What happened").fill("发烧")
    page.get_by_role("button", name="See what it touches").click()
    expect(page.locator("#touched .row")).to_have_count(5)
    page.get_by_role("button", name="It is so: see to all 5").click()
    expect(page.get_by_text("0 of 5 seen to")).to_be_visible()
    return Disruption.objects.get()


def test_r9_7_an_ill_photographer_with_five_bookings_all_end_made_good(
    day, five, shop: SimpleNamespace, enter
) -> None:
    page = enter(shop.owner, "/disruptions/new/")
    found = open_it(page, day)
    assert page.locator(".disrupted").count() == 5
    assert CallTask.objects.open().count() == 5

    # The first one with somebody else at the same time, the second one on another day.
    page.locator(f"#agree-{row_of(five[0]).pk}").click()
    expect(page.get_by_text("1 of 5 seen to")).to_be_visible()
    page.locator(f"#agree-{row_of(five[1]).pk}").click()
    expect(page.get_by_text("2 of 5 seen to")).to_be_visible()

    # The third one on the telephone.
    page.locator(f"#date-{row_of(five[2]).pk}").get_by_role("link", name="the call is on the list").click()
    expect(page.get_by_role("heading", name="What we propose")).to_be_visible()
    page.locator("#agreement").get_by_role("button", name="They agree").click()
    expect(page.get_by_role("heading", name="Calls", exact=True)).to_be_visible()
    page.goto(found.get_absolute_url())
    expect(page.get_by_text("3 of 5 seen to")).to_be_visible()

    # The fourth one would rather call it off, the fifth stands, with a small thing that makes it good.
    page.locator(f"#off-{row_of(five[3]).pk}").click()
    page.get_by_label(re.compile("Why")).fill("改到明年")
    page.get_by_role("button", name=re.compile("Call it off|Call off")).click()
    page.goto(found.get_absolute_url())
    expect(page.get_by_text("4 of 5 seen to")).to_be_visible()
    page.locator(f"#promise-{row_of(five[4]).pk}").click()
    page.get_by_label("What was promised").fill("多送一张精修")
    page.get_by_label(re.compile("By when", re.I)).fill(f"{day.day}")
    page.get_by_role("button", name="Promise").click()
    page.locator(f"#stands-{row_of(five[4]).pk}").click()
    expect(page.get_by_text("It stands as it is.")).to_be_visible()
    expect(page.get_by_text("4 of 5 seen to")).to_be_visible()
    page.goto("/")
    page.get_by_role("button", name=re.compile("Kept")).first.click()
    page.goto(found.get_absolute_url())
    expect(page.get_by_text("Every date is settled")).to_be_visible()
    assert sorted(states(found)) == ["called_off", "made_good", "moved", "moved", "stands"]
    found.refresh_from_db()
    assert found.ended_at is not None


def test_r9_7_every_page_fits_a_phone_and_reads_for_everybody(
    day, five, shop: SimpleNamespace, enter
) -> None:
    beach = day.make("location", "海边")
    outside = day.date("10:00", days=1, held=[beach])
    found = disruptions.set_going(day.break_it(), by=shop.manager, now=day.now)
    disruptions.stand(row_of(five[0]), version=None, by=shop.manager, now=day.now)
    page = enter(shop.owner, "/disruptions/", viewport=PHONE)
    look = f"?kind=illness&resource={shop.photographer_resource.pk}&from_day={day.day}&until_day={day.day}&from_time=&until_time=&why=x"
    for path in (
        "/disruptions/",
        found.get_absolute_url(),
        f"/disruptions/new/{look}",
        f"/disruptions/late/?resource={shop.photographer_resource.pk}&minutes=40&why=",
        f"/disrupted-dates/{row_of(five[1]).pk}/promise/",
        f"/appointments/{outside.pk}/weather/",
        row_of(five[1]).call.get_absolute_url(),
    ):
        page.goto(path)
        assert too_wide(page, 360) == [], path
        page.set_viewport_size({"width": 820, "height": 1180})  # no bar over the buttons at the bottom
        assert complaints(page) == [], path


def test_r9_7_without_scripts_too(day, five, shop: SimpleNamespace, enter) -> None:
    page = enter(shop.owner, "/disruptions/new/", java_script_enabled=False)
    found = open_it(page, day)
    page.locator(f"#agree-{row_of(five[0]).pk}").click()
    expect(page.get_by_text("1 of 5 seen to")).to_be_visible()
    assert "stands" in states(found)
