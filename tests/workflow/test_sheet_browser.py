"""The sheet as it is seen and printed (F2, F9): one page of paper, readable on a telephone, entered from paper."""

import re
from datetime import time, timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from customers.models import Taboo
from tests.pages import complaints, too_wide
from tests.workflow.shoots import make_family, make_order, shot_and_back
from workflow.models import LateRecord, Look

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PHONE = {"width": 360, "height": 740}


def pages_of(page) -> int:
    return len(re.findall(rb"/Type\s*/Page\b", page.pdf(prefer_css_page_size=True)))


@pytest.fixture
def noon(shop):
    return shop.branch.at(shop.branch.today(timezone.now()), time(12))


@pytest.fixture
def usual(shop, noon):
    """The most that a usual order has: six looks and four people, with what is to be minded."""
    order = make_order(shop, now=noon, at=noon + timedelta(days=1), looks=3, special_care="Pregnant, week 14")
    for position in (4, 5, 6):
        Look.objects.create(
            work_order=order,
            position=position,
            label={"en": f"Look {position}", "zh-hans": f"造型{position}"},
        )
    make_family(order, 2)
    Taboo.objects.create(customer=order.booking.customer, text="Never ask about her parents")
    return order


def test_f2_a_usual_order_is_one_page_empty_and_signed(shop, usual, noon, enter) -> None:
    page = enter(shop.owner, f"/orders/{usual.pk}/sheet/")
    assert pages_of(page) == 1
    page.goto(f"/orders/{usual.pk}/sheet/customer/")
    assert pages_of(page) == 1
    signed = shot_and_back(shop, now=noon - timedelta(days=1))
    page.goto(f"/orders/{signed.pk}/sheet/")
    assert pages_of(page) == 1


def test_f9_a_days_sheets_are_an_overview_and_a_page_each(shop, usual, enter) -> None:
    page = enter(shop.owner, "/day-sheets/")
    assert pages_of(page) == 2


def test_on_a_telephone_nothing_is_cut_off(shop, usual, noon, enter) -> None:
    signed = shot_and_back(shop, now=noon - timedelta(days=1))
    page = enter(shop.owner, "/day-sheets/", viewport=PHONE)
    for path in (
        "/day-sheets/", f"/orders/{usual.pk}/sheet/", f"/orders/{signed.pk}/sheet/", f"/orders/{usual.pk}/sheet/customer/",
        f"/orders/{usual.pk}/sheet/paper/",
    ):  # fmt: skip
        page.goto(path)
        assert too_wide(page) == [], path
        page.set_viewport_size({"width": 360, "height": 9000})  # the bar at the bottom lies over nothing
        assert complaints(page) == [], path


def test_f9_a_sheet_on_paper_is_typed_in_and_a_hole_is_asked_about(shop, noon, enter) -> None:
    order = make_order(shop, now=noon, at=noon - timedelta(days=1, hours=2), looks=1)
    page = enter(shop.owner, f"/orders/{order.pk}/sheet/paper/", viewport=PHONE)
    times = [
        ("09:30", "09:45"),
        ("09:45", "11:00"),
        ("11:10", "12:00"),
        ("12:00", "12:20"),
        ("12:20", "12:30"),
    ]
    people = [shop.owner, shop.artist, shop.photographer, shop.artist, shop.owner]
    for number, ((since, until), user) in enumerate(zip(times, people, strict=True)):
        page.locator(f"#id_form-{number}-user").select_option(str(user.pk))
        page.locator(f"#id_form-{number}-since").fill(since)
        page.locator(f"#id_form-{number}-until").fill(until)
    page.get_by_label("They went out of the door").check()
    page.get_by_text("moved", exact=True).click()
    page.get_by_role("button", name="Enter the sheet").click()
    expect(page.get_by_text("from 11:00 to 11:10").first).to_be_visible()
    expect(page.locator("#id_form-4-until")).to_have_value("12:30")  # nothing typed is lost
    assert complaints(page) == []
    page.locator("#line-3 summary").click()
    page.locator("#id_form-2-alone_before").check()
    page.get_by_role("button", name="Enter the sheet").click()
    expect(page.get_by_text("The sheet is entered, with its own times.")).to_be_visible()
    expect(page.get_by_text("on paper, entered by 小陈").first).to_be_visible()
    assert LateRecord.objects.count() == 1


def test_r9_9_a_stranger_who_scans_reads_a_kind_page(shop, usual, live_server, page) -> None:
    page.set_viewport_size(PHONE)
    page.goto(f"{live_server.url}/s/{usual.booking.number}/")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert too_wide(page) == []
    assert complaints(page) == []
    assert "张伟" not in page.content()
