"""R3.2 in a real browser: a morning of calls, by mouse, by keyboard, on a phone, with and without scripts."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from customers.models import ContactPoint, Observation, Taboo
from tests.pages import complaints_in_both_themes, too_wide, wait_until
from tests.workflow.calling import Desk
from workflow import call_holding
from workflow.models import CallInProgress, CallRules, CallTask, WishedTime

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PHONE = {"viewport": {"width": 360, "height": 780}, "has_touch": True, "is_mobile": True}
DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
DIALLED = """document.addEventListener("click", (event) => {
  const link = event.target.closest('a[href^="tel:"]');
  if (link) { event.preventDefault(); window.sessionStorage.dialled = (window.sessionStorage.dialled || "") + link.href; }
}, true);"""


@pytest.fixture
def enter(enter):
    """No telephone is at hand here: Chromium would ask which program opens one, over the page."""

    def go(person, path, **options):
        page = enter(person, path, **options)
        page.context.add_init_script(DIALLED)
        return page

    return go


@pytest.fixture
def desk(shop):
    """A branch whose colleagues look at what is not called by an hour that never comes today."""
    CallRules.objects.create(branch=shop.branch, behind_at="23:59")
    return Desk(shop, timezone.now())


@pytest.fixture
def row(desk):
    def make(name="张伟 & 李娜", **fields):
        shoot = desk.appointment(desk.now + 3 * DAY, customer=desk.customer(name=name, language="en"))
        return desk.call(appointment=shoot, **fields)

    return make


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_r3_2_take_the_line_and_the_list_empties_with_one_press(shop, enter, row, scripts) -> None:
    call = row()
    owner = enter(shop.owner, "/calls/", java_script_enabled=scripts)
    owner.get_by_role("button", name="Call").click()
    number = owner.locator("#line a[href^='tel:']")
    expect(number).to_be_visible()
    other = enter(shop.manager, "/calls/?all=1", java_script_enabled=scripts)
    expect(other.locator("#calls")).to_contain_text("小陈 is on the line with them since")
    expect(other.get_by_role("button", name=re.compile("^Call"))).to_have_count(0)
    owner.get_by_role("button", name="Confirmed", exact=True).click()
    expect(owner.get_by_text("All your calls are made")).to_be_visible()
    call.refresh_from_db()
    assert (call.state, call.outcome) == ("done", "confirmed")
    assert not CallInProgress.objects.exists()


def test_the_number_is_dialled_once_by_the_press_and_not_by_a_reload(shop, enter, row) -> None:
    call = row()
    page = enter(shop.owner, call.get_absolute_url(), **PHONE)
    page.get_by_role("button", name="Call", exact=True).tap()
    expect(page.locator("#line a[href^='tel:']")).to_be_visible()
    value = call.customer.contact_points.get().value
    wait_until(page, "window.sessionStorage.dialled")
    assert page.evaluate("window.sessionStorage.dialled") == f"tel:{value}"
    assert "#" not in page.url
    page.reload()
    expect(page.locator("#line a[href^='tel:']")).to_be_visible()
    assert page.evaluate("window.sessionStorage.dialled") == f"tel:{value}"


def test_a_computer_does_not_dial_by_itself_and_the_outcome_is_one_press_away(shop, enter, row) -> None:
    row()
    page = enter(shop.owner, "/calls/", viewport={"width": 1440, "height": 900})
    page.get_by_role("button", name="Call").click()
    expect(page.locator("#line a[href^='tel:']")).to_be_visible()
    expect(page).to_have_url(re.compile(r"/calls/\d+/$"))
    assert page.evaluate("window.sessionStorage.dialled") is None
    assert page.evaluate("window.scrollY") == 0
    expect(page.get_by_role("button", name="Confirmed", exact=True)).to_be_in_viewport(ratio=1)
    page.set_viewport_size({"width": 1440, "height": 700})
    page.get_by_label("In the customer's words").focus()
    shade = """() => {
      const field = document.activeElement.getBoundingClientRect();
      return field.bottom <= document.querySelector(".call-outcomes").getBoundingClientRect().top;
    }"""
    assert page.evaluate(shade), "the bar hides the field that has the focus"


def test_who_looks_at_the_call_sees_that_the_line_is_taken_and_free_again(shop, enter, row) -> None:
    call = row()
    page = enter(shop.colleague, call.get_absolute_url())
    expect(page.get_by_role("button", name="Call", exact=True)).to_be_visible()
    call_holding.take(call, by=shop.owner, now=timezone.now())
    live = "document.getElementById('line').dispatchEvent(new CustomEvent('live'))"
    page.evaluate(live)
    expect(page.locator("#line")).to_contain_text("小陈 is on the line")
    expect(page.get_by_role("button", name="Call", exact=True)).to_have_count(0)
    call_holding.give_up(call, by=shop.owner)
    page.evaluate(live)
    expect(page.get_by_role("button", name="Call", exact=True)).to_be_visible()


def test_by_keyboard_alone(shop, enter, row) -> None:
    call = row()
    page = enter(shop.owner, "/calls/")
    page.locator(f"#dial-due-{call.pk}").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#line a[href^='tel:']")).to_be_visible()
    page.get_by_label("In the customer's words").focus()
    page.keyboard.type("we are coming")
    page.get_by_role("button", name="Confirmed", exact=True).focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("All your calls are made")).to_be_visible()
    call.refresh_from_db()
    assert call.note == "we are coming"


def test_on_a_phone_the_outcome_is_one_touch_away_from_the_number(shop, enter, row) -> None:
    call = row()
    page = enter(shop.owner, call.get_absolute_url(), **PHONE)
    page.get_by_role("button", name="Call", exact=True).tap()
    expect(page.locator("#line a[href^='tel:']")).to_be_visible()
    page.get_by_role("link", name="To the outcome").tap()
    expect(page.get_by_role("button", name="No answer, try again")).to_be_in_viewport()
    page.get_by_role("button", name="No answer, try again").tap()
    expect(page.get_by_text("Back on the list on")).to_be_visible()
    call.refresh_from_db()
    assert call.tries == 1


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_a_manager_ticks_calls_and_gives_them(shop, enter, row, scripts) -> None:
    rows = [row(name) for name in ("张伟 & 李娜", "王芳一家", "赵敏")]
    page = enter(shop.manager, "/calls/?all=1", java_script_enabled=scripts)
    for call in rows[:2]:
        page.locator(f"#pick-due-{call.pk}").check()
    if scripts:
        expect(page.locator("[data-ticked]")).to_have_text("2")
    page.get_by_label("Give to").select_option(label=shop.colleague.display_name)
    page.get_by_role("button", name="Give", exact=True).click()
    expect(page.get_by_text("2 calls given to 小周.")).to_be_visible()
    assert CallTask.objects.filter(assigned_to=shop.colleague).count() == 2


def test_what_is_ticked_stays_ticked_while_the_list_refreshes_itself(shop, enter, row) -> None:
    call = row()
    page = enter(shop.manager, "/calls/?all=1")
    box = page.locator(f"#pick-due-{call.pk}")
    box.check()
    row("王芳一家")
    live = "document.getElementById('calls').dispatchEvent(new CustomEvent('live'))"
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.evaluate(live)
    expect(box).to_be_checked()
    assert not asked
    box.uncheck()
    page.evaluate(live)
    expect(page.locator("#calls .row")).to_have_count(2)


@pytest.fixture
def full(shop, desk, row):
    """Every part of the screens, with something in it."""
    call = row(due_at=desk.now - 3 * HOUR, tries=1)
    Taboo.objects.create(customer=call.customer, text="别提体重", by=shop.owner)
    Observation.objects.create(customer=call.customer, text="喜欢桂花乌龙", by=shop.owner)
    call.customer.language = "zh-hans"
    call.customer.save()
    ContactPoint.objects.create(
        branch=shop.branch, customer=call.customer, kind="phone", value="+8613900000009", position=1
    )
    wished = row("王芳一家", kind="another_time")
    WishedTime.objects.create(
        appointment=wished.appointment, schedule_version=1, starts_at=desk.now + 5 * DAY
    )
    taken = row("赵敏")
    call_holding.take(taken, by=shop.colleague, now=timezone.now())
    mine = row("周婷")
    call_holding.take(mine, by=shop.owner, now=timezone.now())
    wrong = row("欧阳家（八位）", outcome="wrong_number")
    wrong.customer.contact_points.update(is_wrong=True)
    row("陈志豪", tries=3)
    return [row.get_absolute_url() for row in (call, wished, taken, mine, wrong)] + [
        "/calls/",
        f"/calls/{wrong.pk}/number/?today",
    ]


def assert_well_made(page, path):
    page.goto(path)
    assert complaints_in_both_themes(page) == [], path
    assert too_wide(page, 360, 768, 1440) == [], path


def test_habit_18_nothing_to_complain_of(shop, enter, full) -> None:
    page = enter(shop.owner, "/calls/", reduced_motion="reduce")
    for path in full:
        assert_well_made(page, path)
    manager = enter(shop.manager, "/calls/?all=1", reduced_motion="reduce")
    for path in ("/calls/?all=1", "/calls/?all=1&late=late", full[2]):
        assert_well_made(manager, path)


def test_no_page_of_the_calls_breaks_the_policy_or_a_script(shop, enter, full) -> None:
    page = enter(shop.owner, "/calls/")
    broken = []
    page.on("console", lambda message: broken.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: broken.append(str(error)))
    for path in full:
        page.goto(path, wait_until="networkidle")
        assert broken == [], path


def test_habit_16_targets_are_as_large_as_a_finger(shop, enter, full) -> None:
    page = enter(shop.manager, "/calls/?all=1", **PHONE)
    for path in ("/calls/?all=1", full[0]):
        page.goto(path)
        for target in page.locator("#main .button, #main .outcome, #main .pick").all():
            box = target.bounding_box()
            if box is not None and box["height"]:  # what is folded away has none
                assert box["height"] >= 44, (path, target.inner_text())
