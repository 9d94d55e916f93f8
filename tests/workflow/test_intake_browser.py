"""The intake by keyboard alone, in a real browser: nobody at the desk has to reach for the mouse."""

import re
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Page, expect

from customers import files
from customers.files import MemberDraft
from customers.models import Customer
from tests.pages import drafted
from workflow import visits
from workflow.models import Visit

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
HERE = re.compile(r"/visits/\d+/$")


@pytest.fixture
def desk(live_server: Any, shop: SimpleNamespace, browser: Any) -> Callable[..., Page]:
    """Opens a page as the consultant `shop.owner`. The mouse is never touched."""
    client = Client()
    client.force_login(shop.owner, backend="allauth.account.auth_backends.AuthenticationBackend")
    cookie = client.cookies[settings.SESSION_COOKIE_NAME].value

    def enter(path: str = "/", **options: Any) -> Page:
        context = browser.new_context(base_url=live_server.url, **options)
        context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}])
        page = context.new_page()
        page.goto(path)
        return page

    return enter


def tab_to(page: Page, words: str, *, backwards: bool = False) -> None:
    """Press Tab until what has the focus is called `words` (a field by its label, a button by its text)."""
    name = """() => {
        const at = document.activeElement;
        return (at.labels?.[0]?.innerText || at.getAttribute("aria-label") || at.innerText || "").trim();
    }"""
    for _press in range(80):
        if page.evaluate(name).startswith(words):
            return
        page.keyboard.press("Shift+Tab" if backwards else "Tab")
    raise AssertionError(f"{words} cannot be reached with the Tab key")


def received(page: Page) -> None:
    """Somebody came in: one press, wherever the control stands."""
    page.keyboard.press("Alt+r")
    expect(page).to_have_url(HERE)


def test_r1_1_a_new_visitor_is_received_and_written_down_by_keyboard_alone(desk, shop):
    page = desk()
    received(page)
    page.keyboard.press("Alt+g")
    expect(page.get_by_text("greeted after")).to_be_visible()
    tab_to(page, "Telephone")
    page.keyboard.type("139 0013 9000")
    tab_to(page, "Name")
    page.keyboard.type("王芳")
    tab_to(page, "What for")
    page.keyboard.type("Wedding photos")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="王芳", level=1)).to_be_visible()
    visit, customer = Visit.objects.get(), Customer.objects.get()
    assert (visit.customer, visit.came_for, visit.outcome) == (customer, "Wedding photos", "open")
    assert (customer.owner, bool(visit.greeted_at)) == (shop.owner, True)


def test_r1_2_a_returning_visitor_is_known_by_the_number_and_brings_the_owner(desk, shop):
    customer = files.open_file(
        branch=shop.branch,
        by=shop.colleague,
        now=timezone.now(),
        owner=shop.colleague,
        kind="couple",
        members=[MemberDraft("李娜", "ms", "bride"), MemberDraft("张伟", "mr", "groom")],
        phones=["13800138000"],
    )
    page = desk()
    received(page)
    tab_to(page, "Telephone")
    page.keyboard.insert_text("１３８ 0013-8000")
    page.keyboard.press("Enter")
    expect(page.get_by_text("周敏 is free and comes")).to_be_visible()
    expect(page.get_by_label("Telephone")).to_be_focused()
    tab_to(page, "This is them")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Please fetch 周敏", exact=False).first).to_be_visible()
    visit = Visit.objects.get()
    assert (visit.customer, visit.consultant, visit.turn_given_back) == (customer, shop.colleague, True)


def test_r1_3_lost_in_one_keystroke_also_while_typing(desk, shop):
    visits.receive(branch=shop.branch, by=None, now=timezone.now())
    page = desk(Visit.objects.get().get_absolute_url())
    tab_to(page, "Which competitor")
    page.keyboard.type("Golden Lady")
    page.keyboard.press("Alt+6")
    expect(page.get_by_text("The visit is in the log.")).to_be_visible()
    visit = Visit.objects.get()
    assert (visit.outcome, visit.loss_reason, visit.competitor) == ("lost", "competitor", "Golden Lady")


def test_r1_5_what_is_typed_survives_a_reload(desk, shop):
    page = desk()
    received(page)
    tab_to(page, "Notes")
    page.keyboard.type("She looked long at the red gown")
    drafted(page, "She looked long at the red gown")
    page.reload()
    expect(page.get_by_label("Notes")).to_have_value("She looked long at the red gown")


def test_keys_that_were_switched_off_do_nothing(desk, shop):
    visits.receive(branch=shop.branch, by=None, now=timezone.now())
    page = desk(Visit.objects.get().get_absolute_url())
    page.evaluate("localStorage.setItem('shouwen:keys-off', '1')")
    page.keyboard.press("Alt+2")
    page.evaluate("localStorage.removeItem('shouwen:keys-off')")
    expect(page).to_have_url(HERE)
    assert Visit.objects.get().outcome == "open"


def test_while_chinese_is_being_composed_a_key_belongs_to_it(desk, shop):
    visits.receive(branch=shop.branch, by=None, now=timezone.now())
    page = desk(Visit.objects.get().get_absolute_url())
    tab_to(page, "Notes")
    page.evaluate(
        """() => document.activeElement.dispatchEvent(new KeyboardEvent("keydown",
            {bubbles: true, isComposing: true, altKey: true, code: "Digit2", key: "2"}))"""
    )
    expect(page).to_have_url(HERE)
    assert Visit.objects.get().outcome == "open"


def test_the_list_of_keys_names_those_of_the_page(desk, shop):
    visits.receive(branch=shop.branch, by=None, now=timezone.now())
    page = desk(Visit.objects.get().get_absolute_url())
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("Undecided")).to_be_visible()
    expect(dialog.get_by_text("Alt U")).to_be_visible()


def test_f8_a_number_typed_for_a_new_file_is_looked_up_at_once(desk, shop):
    customer = files.open_file(
        branch=shop.other_branch,
        by=shop.neighbour,
        now=timezone.now(),
        owner=shop.neighbour,
        kind="person",
        members=[MemberDraft("林怡", "ms", "contact")],
        phones=["+886912345678"],
    )
    page = desk("/customers/new/")
    tab_to(page, "Telephone")
    page.keyboard.insert_text("+886 912 345 678")
    expect(page.get_by_text("A customer of 黃店長, Taipei.")).to_be_visible()
    assert customer.name not in page.content()
