"""The telephone and the log in a real browser: seconds that run, numbers that are known, nothing hidden (R9.6)."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from tests import factories
from tests.pages import complaints, too_wide
from tests.workflow.test_visit_imports import row, workbook
from workflow import incoming_calls, visit_imports, visits

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_r9_6_the_seconds_run_and_say_when_it_is_too_long(shop, enter) -> None:
    incoming_calls.ring(branch=shop.branch, by=shop.owner, now=timezone.now() - timedelta(seconds=24))
    page = enter(shop.owner, "/")
    expect(page.get_by_text("Waiting on the line")).to_be_visible()
    expect(page.get_by_text("Waits too long", exact=True)).to_be_visible(timeout=15000)
    expect(page.get_by_text("Waiting on the line")).to_be_hidden()


def test_r1_5_a_call_is_taken_recognised_and_parked(shop, enter) -> None:
    customer = factories.CustomerFactory(branch=shop.branch, owner=shop.colleague, phone="+8613800138001")
    page = enter(shop.owner, "/")
    page.get_by_role("button", name="A call").click()
    page.get_by_label("Telephone").fill("138 0013 8001")
    expect(page.locator("#known")).to_contain_text(customer.name)
    page.get_by_label("What about").fill("改期")
    visits.receive(branch=shop.branch, by=shop.colleague, now=timezone.now())
    expect(page.get_by_text("A customer has come in")).to_be_visible(timeout=15000)
    expect(page.get_by_label("What about")).to_have_value("改期")
    page.get_by_role("button", name="in 10 minutes").click()
    expect(page.get_by_text("To be called back at")).to_be_visible()
    expect(page.get_by_role("link", name="138 0013 8001")).to_be_visible()


@pytest.mark.parametrize(("scheme", "width"), [("light", 1440), ("dark", 360)])
def test_the_pages_can_be_read_by_everybody(shop, enter, scheme, width) -> None:
    now = timezone.now()
    call = incoming_calls.take(branch=shop.branch, by=shop.manager, now=now)
    incoming_calls.ring(branch=shop.branch, by=shop.manager, now=now - timedelta(minutes=1))
    content = workbook(row(), row(day="odd", consultant="老王"))
    entry = visit_imports.upload(
        branch=shop.branch, by=shop.manager, now=now, file_name="old.xlsx", content=content
    )
    visit = visits.receive(branch=shop.branch, by=shop.manager, now=now)
    visits.end(visit, outcome="lost", loss_reason="price", by=shop.manager, now=now)
    places = ["/visits/", "/visits/paper/", "/visits/imports/", "/incoming/"]
    page = enter(shop.manager, "/visits/", color_scheme=scheme, viewport={"width": width, "height": 3000})
    for path in [*places, entry.get_absolute_url(), call.get_absolute_url()]:
        page.goto(path)
        assert complaints(page) == [], path
        assert too_wide(page) == [], path
