"""The bell and the managers' panel in a real browser: for one and not for another, with and without sound,
with and without scripts, on a phone, in both themes."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from studio.outbox import alerts
from studio.outbox.models import Alert, Gateway, GatewayHealth, Heartbeat, Message
from tests.pages import complaints_in_both_themes, too_wide, wait_until
from tests.workflow.calling import Desk
from workflow import links, message_calls
from workflow.models import CallTask

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
# Counts the strokes of the bell; the sound itself goes nowhere in a browser without a screen.
LISTEN = """
    window.strokes = window.looks = 0;
    document.addEventListener("htmx:afterSettle", ({detail}) => { if (detail.elt.id === "bell") window.looks += 1; });
    const start = OscillatorNode.prototype.start;
    OscillatorNode.prototype.start = function (...args) { window.strokes += 1; return start.apply(this, args); };
"""
# What drives the page counts as a touch for the browser; here only a real press does.
UNTOUCHED = """
    let touched = false;
    addEventListener("pointerdown", () => { touched = true; }, true);
    Object.defineProperty(Navigator.prototype, "userActivation", { get: () => ({ hasBeenActive: touched }) });
"""
STROKES = 2


@pytest.fixture
def desk(shop):
    return Desk(shop, timezone.now())


@pytest.fixture
def answer(desk):
    """A customer of the owner's confirms by their link."""

    def confirm():
        now = timezone.now()
        date = desk.appointment(now + 2 * DAY)
        links.confirm(links.link_for(date, now).rstrip("/").rsplit("/", 1)[1], now=now)
        return date

    return confirm


@pytest.fixture
def listening(enter):
    """A page whose strokes are counted, the first look at the bell over."""

    def open_page(person, path="/leave/", page=None, **options):
        page = page or enter(person, path, **options)
        page.add_init_script(LISTEN)
        page.goto(path)
        looked(page)
        return page

    return open_page


def looked(page):
    expect(page.locator("#bell[data-newest]")).to_be_attached()


def look(page):
    """As the clock does every twenty seconds."""
    looks = page.evaluate("window.looks")
    page.evaluate("document.getElementById('bell').dispatchEvent(new CustomEvent('live'))")
    wait_until(page, "(looks) => window.looks > looks", looks)


def strokes(page):
    """Behind whoever holds the lock of the bell: what was about to ring has rung."""
    return page.evaluate(
        "navigator.locks.request(`bell.heard.${document.body.dataset.user}`, () => window.strokes)"
    )


# --- Whom it rings for ----------------------------------------------------------------------
def test_r3_2_it_rings_for_the_owner_and_not_for_a_colleague(shop, listening, answer) -> None:
    owner, colleague = listening(shop.owner), listening(shop.colleague)
    for page in (owner, colleague):
        page.locator("h1").click()
    answer()
    for page in (owner, colleague):
        look(page)
    expect(owner.locator(".bell__count")).to_have_text("1")
    expect(owner.locator("#bell-says")).to_have_text("The bell: 1 new")
    assert strokes(owner) == STROKES
    expect(colleague.locator(".bell__count")).to_have_count(0)
    assert strokes(colleague) == 0


def test_it_rings_once_for_each_thing(shop, listening, answer) -> None:
    page = listening(shop.owner)
    page.locator("h1").click()
    answer()
    for _time in range(3):
        look(page)
    assert strokes(page) == STROKES
    answer()
    look(page)
    assert strokes(page) == 2 * STROKES


def test_two_windows_of_one_person_make_one_sound(shop, listening, answer) -> None:
    first = listening(shop.owner)
    second = listening(shop.owner, page=first.context.new_page())
    for page in (first, second):
        page.bring_to_front()
        page.locator("h1").click()
    answer()
    for page in (first, second):
        look(page)
    assert strokes(first) + strokes(second) == STROKES
    for page in (first, second):
        expect(page.locator(".bell__count")).to_have_text("1")


def test_never_before_somebody_has_touched_the_page(shop, enter, listening, answer) -> None:
    page = enter(shop.owner, "/leave/")
    page.add_init_script(UNTOUCHED)
    page = listening(shop.owner, page=page)
    answer()
    look(page)
    expect(page.locator(".bell__count")).to_have_text("1")
    assert strokes(page) == 0
    page.locator("h1").click()
    assert strokes(page) == STROKES


def test_what_waited_before_the_first_look_is_shown_in_silence(shop, listening, answer) -> None:
    answer()
    page = listening(shop.owner)
    page.locator("h1").click()
    look(page)
    expect(page.locator(".bell__count")).to_have_text("1")
    assert strokes(page) == 0


def test_the_off_switch_in_the_menu_is_silent_and_still_counts(shop, listening, answer) -> None:
    page = listening(shop.owner)
    page.locator(".person-menu > summary").click()
    with page.expect_navigation():
        page.get_by_role("button", name="Silent").click()
    looked(page)
    page.locator("h1").click()
    answer()
    look(page)
    expect(page.locator(".bell__count")).to_have_text("1")
    expect(page.locator("#bell-says")).to_have_text("The bell: 1 new")
    assert strokes(page) == 0


# --- The list -------------------------------------------------------------------------------
def test_the_list_opens_over_the_page_and_the_count_goes(shop, listening, answer) -> None:
    answer()
    answer()
    page = listening(shop.owner)
    page.locator("#bell-link").click()
    dialog = page.locator("#dialog")
    expect(dialog.get_by_text("confirmed by the link").first).to_be_visible()
    dialog.get_by_role("button", name="Seen:").first.click()
    expect(page.locator(".bell__count")).to_have_text("1")
    expect(dialog).to_be_visible()
    dialog.get_by_role("button", name="All seen").click()
    expect(page.locator(".bell__count")).to_have_count(0)
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    assert page.url.endswith("/leave/")


def test_by_keyboard_from_the_bell_to_the_thing(shop, listening, answer) -> None:
    date = answer()
    page = listening(shop.owner)
    page.locator("#bell-link").press("Enter")
    page.locator("#dialog .bell__open").press("Enter")
    page.wait_for_url(f"**{date.get_absolute_url()}")
    assert Alert.objects.get().seen_at is not None


def test_without_scripts_there_is_a_page(shop, enter, answer) -> None:
    date = answer()
    page = enter(shop.owner, "/leave/", java_script_enabled=False)
    page.locator("#bell-link").click()
    page.get_by_role("button", name="All seen").click()
    expect(page.get_by_role("heading", name="Seen")).to_be_visible()
    page.get_by_role("link", name="confirmed by the link").click()
    assert page.url.endswith(date.get_absolute_url())
    page.goto("/bell/")
    page.get_by_role("main").get_by_role("button", name="Silent").click()
    shop.owner.refresh_from_db()
    assert not shop.owner.bell_sounds


# --- Standing still -------------------------------------------------------------------------
def test_the_banner_comes_and_goes_on_an_open_page(shop, listening) -> None:
    Heartbeat.objects.create(name="dispatcher", at=timezone.now())
    Heartbeat.objects.create(name="beat", at=timezone.now())
    page = listening(shop.manager, "/customers/")
    banner = page.locator("#standstill .standstill")
    expect(banner).to_have_count(0)
    Heartbeat.objects.update(at=timezone.now() - HOUR)
    look(page)
    expect(banner).to_contain_text("Reminders stand still since")
    page.locator("#standstill-more").click()
    expect(page.get_by_text("stands still", exact=True).first).to_be_visible()
    Heartbeat.objects.update(at=timezone.now())
    look(page)
    expect(banner).to_have_count(0)


# --- The panel ------------------------------------------------------------------------------
@pytest.fixture
def panel(shop, desk, answer):
    """Something of every sort to look at."""
    now = timezone.now()
    gateway = Gateway.objects.create(
        branch=shop.branch,
        channel="sms",
        kind="console",
        name_en="Text",
        name_zh_hans="短信",
        name_zh_hant="簡訊",
    )
    GatewayHealth.objects.create(
        gateway=gateway, failures=5, rests_until=now + HOUR, last_success_at=now - HOUR, trouble="HTTP 500 " + "x" * 120
    )  # fmt: skip
    Heartbeat.objects.create(name="dispatcher", at=now)
    Heartbeat.objects.create(name="beat", at=now - HOUR)
    rows = []
    for number, state in enumerate(["failed", "unknown", "expired", "queued", "delivered", "failed"]):
        date = desk.appointment(now + (2 + number) * DAY)
        rows.append(
            Message.objects.create(
                branch=shop.branch,
                purpose="reminder",
                subject_id=date.pk,
                channel="email" if number == 1 else "sms",
                language="zh-hans",
                recipient="a.rather.long.address.of.somebody@mail.example"
                if number == 1
                else "+8613800000001",
                due_at=now - HOUR,
                deadline=now + DAY,
                dedupe_key=f"panel {number}",
                about_customer=date.customer_id,
                basis="order",
                state=state,
                finished_at=None if state == "queued" else now,
                trouble="" if state in ("queued", "delivered") else "HTTP 500 something that a gateway said",
                body="张先生您好" * 12,
                gateway=gateway,
            )
        )
        rows[-1].attempts.create(
            number=1, gateway=gateway, started_at=now, finished_at=now, outcome="trouble", detail="HTTP 500"
        )
    message_calls.call_instead(rows[0], by=shop.manager, now=now)
    answer()
    return rows


def test_r12_1_a_manager_chooses_and_sends_again(shop, enter, panel) -> None:
    page = enter(shop.manager, "/messages/")
    boxes = page.locator('tbody input[name="message"]')
    expect(boxes).to_have_count(5)
    page.locator("[data-choose-all]").check()
    expect(page.get_by_text("Chosen: 5")).to_be_visible()
    boxes.first.uncheck()
    expect(page.get_by_text("Chosen: 4")).to_be_visible()
    page.locator(".message-choose").get_by_role("button", name="Send again").click()
    expect(page.get_by_text("are sent again.")).to_be_visible()
    expect(page.get_by_text("goes out by itself")).to_be_visible()


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_r12_1_one_press_makes_a_call_of_it(shop, enter, panel, scripts) -> None:
    page = enter(shop.manager, "/messages/?state=expired", java_script_enabled=scripts)
    page.get_by_role("button", name="Call instead").click()
    expect(page.get_by_role("link", name="A call came up")).to_be_visible()
    assert CallTask.objects.filter(appointment_id=panel[2].subject_id, state="open").count() == 1


def addresses(panel):
    return ["/messages/", "/messages/?show=all", "/bell/", *(f"/messages/{row.pk}/" for row in panel[:3])]


def test_habit_18_nothing_to_complain_of(shop, enter, panel) -> None:
    now = timezone.now()
    alerts.ring([shop.manager], "standstill", branch=shop.branch, about="1", now=now, link="/messages/",
                parameters={"name": "beat", "since": now.isoformat()})  # fmt: skip
    page = enter(shop.manager, "/bell/", reduced_motion="reduce")
    for path in addresses(panel):
        page.goto(path)
        looked(page)
        assert complaints_in_both_themes(page) == [], path
        assert too_wide(page, 360, 768, 1440) == [], path
    page.set_viewport_size({"width": 1440, "height": 900})
    page.goto("/customers/")
    looked(page)
    page.locator("#bell-link").click()
    expect(page.locator("#dialog .bell__open").first).to_be_visible()
    assert complaints_in_both_themes(page) == []


def test_no_page_of_it_breaks_the_policy_or_a_script(shop, enter, panel) -> None:
    page = enter(shop.manager, "/bell/")
    broken: list[str] = []
    page.on("pageerror", lambda error: broken.append(str(error)))
    page.on("console", lambda message: broken.append(message.text) if message.type == "error" else None)
    for path in addresses(panel):
        page.goto(path)
        looked(page)
    assert broken == []
