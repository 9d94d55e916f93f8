"""The parts of the interface in a real browser: keys, drafts, one press, live parts, both themes, a phone."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import BrowserContext, Page, expect

from tests.pages import complaints, drafted, too_wide, wait_until

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

Open = Callable[..., Page]


@pytest.fixture
def signed_in(live_server: Any, shop: SimpleNamespace, browser: Any) -> Open:
    """Opens the specimen sheet as a manager, in a browser of its own."""
    client = Client()
    client.force_login(shop.manager, backend="allauth.account.auth_backends.AuthenticationBackend")
    cookie = client.cookies[settings.SESSION_COOKIE_NAME].value

    def enter(path: str = "/specimen/", **options: Any) -> Page:
        context: BrowserContext = browser.new_context(base_url=live_server.url, **options)
        context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}])
        page = context.new_page()
        answer = page.goto(path)
        assert answer is not None and answer.status == 200
        return page

    return enter


def draft_field(page: Page) -> Any:
    return page.locator("form[data-draft] [name=name]")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_habit_18_nothing_to_complain_of_in_either_theme(signed_in, theme):
    page = signed_in("/specimen/?wrong=1", color_scheme=theme, reduced_motion="reduce")
    assert complaints(page) == []


def test_the_page_breaks_no_rule_of_its_own_policy(signed_in):
    said: list[str] = []
    page = signed_in()
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    page.reload()
    page.get_by_role("button", name="打电话").first.scroll_into_view_if_needed()
    assert said == []


def test_no_width_needs_to_be_scrolled_sideways(signed_in):
    page = signed_in()
    assert too_wide(page, 360, 768, 1024, 1440, 1920) == []


def test_habit_16_targets_are_44_pixels_for_a_finger(signed_in):
    page = signed_in(viewport={"width": 834, "height": 1100}, has_touch=True, is_mobile=True)
    small = page.evaluate(
        """[...document.querySelectorAll("a.button, button, .rail__link, select, .choice")]
        .filter((it) => it.offsetParent && it.getBoundingClientRect().height < 43.5)
        .map((it) => it.className + ": " + it.textContent.trim().slice(0, 20))"""
    )
    assert small == []


def test_habit_1_keys_search_and_can_be_switched_off(signed_in):
    page = signed_in()
    search = page.locator("[data-search]")
    page.keyboard.press("/")
    expect(search).to_be_focused()
    page.keyboard.type("a?b/")
    expect(search).to_have_value("a?b/")  # in a field they are letters
    search.blur()
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()
    page.get_by_label("Use single keys").uncheck()
    page.keyboard.press("Escape")
    expect(page.locator("#keys")).to_be_hidden()
    page.keyboard.press("?")
    page.keyboard.press("/")
    expect(page.locator("#keys")).to_be_hidden()
    expect(search).not_to_be_focused()
    page.keyboard.press("Control+k")
    expect(search).to_be_focused()


def test_habit_1_keys_are_off_while_chinese_is_composed(signed_in):
    page = signed_in()
    page.evaluate(
        "document.body.dispatchEvent(new KeyboardEvent('keydown', {key: '?', isComposing: true, bubbles: true}))"
    )
    expect(page.locator("#keys")).to_be_hidden()


def test_habit_4_a_draft_survives_a_reload_until_it_is_given_up(signed_in):
    page = signed_in()
    draft_field(page).fill("张伟、李娜")
    page.locator("form[data-draft]").get_by_text("外景").click()
    drafted(page, r'["floor","c",true]')
    page.reload()
    expect(draft_field(page)).to_have_value("张伟、李娜")
    expect(page.get_by_label("外景")).to_be_checked()
    kept = page.evaluate("JSON.stringify(localStorage)")
    assert "csrfmiddlewaretoken" not in kept
    assert "submission" not in kept
    page.get_by_role("button", name="Start afresh").click()
    expect(draft_field(page)).to_have_value("")
    page.reload()
    expect(draft_field(page)).to_have_value("")


def test_a_draft_is_not_for_the_next_person_at_the_tablet(signed_in):
    page = signed_in()
    page.evaluate(
        "localStorage.setItem('shouwen:draft:999-999:specimen', JSON.stringify({at: Date.now(), values: []}))"
    )
    page.reload()
    assert page.evaluate("localStorage.getItem('shouwen:draft:999-999:specimen')") is None


def test_habit_10_a_button_is_held_while_its_form_is_on_the_way(signed_in):
    page = signed_in()
    page.route("**/specimen/", lambda route: route.fulfill(status=204))  # the page stays where it is
    page.eval_on_selector("form[data-draft]", "(form) => { form.noValidate = true; }")
    save = page.get_by_role("button", name="保存并接待")
    save.click()
    expect(save).to_be_disabled()
    expect(save).to_have_attribute("aria-busy", "true")
    expect(page.get_by_role("button", name="保存草稿")).to_be_disabled()


def test_habit_11_the_focus_goes_to_what_is_wrong(signed_in):
    page = signed_in("/specimen/?wrong=1")
    expect(page.locator("[data-form-errors]")).to_be_focused()


def test_habit_12_a_live_part_refreshes_and_keeps_the_focus(signed_in):
    page = signed_in()
    expect(page.locator("[data-live-note]")).to_contain_text("Updated")
    page.locator('#live a[href="#twin"]').focus()
    page.evaluate("addEventListener('htmx:afterSettle', () => { window.settled = true; })")
    wait_until(page, "window.settled")
    expect(page.locator('#live a[href="#twin"]')).to_be_focused()


def test_habit_12_the_page_tells_when_the_network_is_gone(signed_in):
    page = signed_in()
    notice = page.locator("[data-offline]")
    expect(notice).to_be_hidden()
    page.context.set_offline(True)
    expect(notice).to_be_visible()
    page.context.set_offline(False)
    expect(notice).to_be_hidden()


def test_a_menu_closes_by_escape_and_gives_the_focus_back(signed_in):
    page = signed_in()
    summary = page.locator(".person-menu > summary")
    summary.click()
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()
    page.locator(".person-menu a").first.focus()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Sign out")).to_be_hidden()
    expect(summary).to_be_focused()


def test_habit_19_the_theme_is_chosen_by_the_server_so_nothing_flashes(signed_in):
    page = signed_in("/specimen/?wrong=1", color_scheme="light")
    page.locator(".person-menu > summary").click()
    page.get_by_role("button", name="Dark").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    assert page.url.endswith("/specimen/?wrong=1")


def test_every_page_works_without_scripts(signed_in):
    page = signed_in(java_script_enabled=False, viewport={"width": 360, "height": 700})
    page.locator(".rail__more summary").click()
    expect(page.locator(".rail__more .menu__panel a").first).to_be_visible()
    page.locator(".person-menu > summary").click()
    page.get_by_role("button", name="繁體中文").click()
    expect(page.locator("html")).to_have_attribute("lang", "zh-hant")
