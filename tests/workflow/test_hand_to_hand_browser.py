"""The proof of hand-to-hand (R5) in a real browser: three looks, three people at once, and the wall beside them."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.utils import timezone
from playwright.sync_api import expect

from studio.staff import badges
from tests.pages import complaints, too_wide
from tests.workflow.shoots import arrived, bring, party, presence, second_artist
from tests.workflow.tablets import PIN, give_pins
from workflow import handoffs
from workflow.models import HandOffState, LookState, Presence, Stay, StayKind

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

TABLET = {"viewport": {"width": 820, "height": 1180}, "has_touch": True}
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
BY_ITSELF = 40_000  # the wall asks every five seconds; a busy machine takes its time
FINGER = 44


@pytest.fixture
def earlier():
    return timezone.now() - timedelta(hours=1)


def button(page, name):
    return page.get_by_role("button", name=name, exact=True)


def wall_says(wall, *words):
    """The wall shows it without anybody touching it."""
    for word in words:
        expect(wall.locator("#house")).to_contain_text(word, timeout=BY_ITSELF)


# --- The three-look shoot -------------------------------------------------------------------------
def test_r5_a_shoot_of_three_looks_on_three_screens_with_the_wall_beside(shop, enter, earlier) -> None:
    order = arrived(shop, now=earlier, looks=3)
    desk = enter(shop.owner, "/", **PHONE)
    styling = enter(shop.artist, "/tablet/", **TABLET)
    floor = enter(shop.photographer, "/tablet/", **TABLET)
    wall = enter(shop.manager, "/house/?wall", viewport={"width": 1920, "height": 1080})
    wall_says(wall, "小陈")

    # R5.3: the owner hands over friends of theirs, and tells the couple whom they will meet.
    expect(desk.locator("#duty-with_me")).to_contain_text("friends of mine. Please take good care of them")
    expect(desk.locator("#duty-with_me")).to_contain_text("our very best makeup artist")
    button(desk, "Hand over to styling").click()
    expect(button(desk, "Take back")).to_be_visible()

    styling.goto("/tablet/")
    expect(styling.locator("#tablet")).to_contain_text("小陈 brings them from front desk")
    button(styling, "I take over").click()
    expect(styling.locator(".now")).to_contain_text("Hello, I am 王芳, your makeup artist")
    wall_says(wall, "王老师")

    for number, look in enumerate(order.looks.all(), start=1):
        button(styling, "Hand over to shooting").click()
        expect(button(styling, "Take back")).to_be_visible()
        floor.goto("/tablet/")
        button(floor, "I take over").click()
        if number == 1:
            expect(floor.locator(".now")).to_contain_text("Hello, I am 赵明, your photographer")
        else:
            expect(floor.locator(".now")).to_have_count(0)
        expect(button(floor, "Look done")).to_be_visible()
        wall_says(wall, "赵老师", look.name)
        button(floor, "Look done").click()
        expect(button(floor, "Take back")).to_be_visible()
        look.refresh_from_db()
        assert look.state == LookState.SHOT and look.by == shop.photographer
        styling.goto("/tablet/")
        button(styling, "I take over").click()
        wall_says(wall, "王老师")

    # R5.2: after the last look headdress and makeup come off, and they go back to the owner.
    button(styling, "Hand over to front desk").click()
    expect(button(styling, "Take back")).to_be_visible()
    desk.goto("/")
    button(desk, "I take over").click()
    expect(desk.get_by_role("link", name="See off").first).to_be_visible()
    wall_says(wall, "小陈")
    desk.get_by_role("link", name="See off").first.click()
    see_off(desk)
    expect(wall.locator("#house")).not_to_contain_text("张", timeout=BY_ITSELF)

    order.refresh_from_db()
    assert order.stage == "selection"
    assert order.hand_offs.filter(state=HandOffState.ACCEPTED).count() == 2 * 8
    for whose in Presence.objects.filter(work_order=order):
        stays = list(Stay.objects.standing().filter(presence=whose).order_by("since", "pk"))
        assert [stay.user for stay in stays[:3]] == [shop.owner, shop.artist, shop.photographer]
        assert not any(stay.kind == StayKind.ALONE for stay in stays)
        length = sum((stay.until - stay.since for stay in stays), timedelta())
        assert length == whose.left_at - whose.arrived_at


def see_off(page) -> None:
    page.locator("[name=mood][value=moved]").check(force=True)
    page.locator("[name=no_date_because]").fill("看婚期再定")
    page.locator("label[for=id_farewell_said]").click()
    button(page, "Seen off").click()
    expect(page.locator("body")).to_contain_text("Seen off. Thank you")


# --- The shared tablet ----------------------------------------------------------------------------
def set_up(page, department) -> None:
    """This screen stands in a department, as a colleague does it by hand."""
    page.goto("/actor/")
    page.get_by_text(department, exact=True).click()
    button(page, "It stands there from now on").click()
    expect(page.get_by_text("Each press says who")).to_be_visible()


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_r5_1_a_face_and_a_pin_sign_at_the_shared_tablet(shop, enter, earlier, scripts) -> None:
    cache.clear()
    feng = second_artist(shop)
    give_pins(shop.artist, feng)
    order = arrived(shop, now=earlier)
    handoffs.offer(order, members=party(order), to=shop.styling, by=shop.owner, now=earlier)
    page = enter(shop.artist, "/", java_script_enabled=scripts, **TABLET)
    set_up(page, "styling")
    button(page, "I take over").click()
    expect(page.get_by_role("heading", name="Who are you?")).to_be_visible()
    page.locator(f"#face-{feng.pk}").check(force=True)
    if scripts:
        for digit in "0000":
            page.locator(f"[data-digit='{digit}']").click()
    else:
        page.get_by_label("PIN").fill("0000")
    button(page, "That's me").click()
    expect(page.get_by_text("This PIN is not right.")).to_be_visible()
    expect(page.locator(f"#face-{feng.pk}")).to_be_checked()
    page.get_by_label("PIN").fill(PIN)
    button(page, "That's me").click()
    expect(page.locator(".now")).to_contain_text("Hello, I am 冯丽, your makeup artist")
    expect(page.get_by_text("With 冯老师")).to_be_visible()
    assert presence(order, "李娜").with_user == feng


def test_r5_1_one_scan_gives_and_takes(shop, enter, earlier) -> None:
    """The scanner is a keyboard: nobody touches the screen."""
    cache.clear()
    feng = second_artist(shop)
    _badge, code = badges.new_badge(feng, by=shop.manager, now=earlier)
    order = arrived(shop, now=earlier)
    page = enter(shop.artist, "/", **TABLET)
    set_up(page, "styling")
    expect(page.locator("#scan")).to_be_focused()
    page.keyboard.type(badges.address_of(code))
    page.keyboard.press("Enter")
    expect(page.locator(".now")).to_contain_text("Hello, I am 冯丽, your makeup artist")
    assert presence(order, "李娜").with_user == feng


def test_a_scan_finds_its_field_from_wherever_the_focus_was(shop, enter, earlier) -> None:
    cache.clear()
    _badge, code = badges.new_badge(shop.artist, by=shop.manager, now=earlier)
    order = arrived(shop, now=earlier)
    page = enter(shop.artist, "/", **TABLET)
    set_up(page, "styling")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.type(badges.address_of(code))
    expect(page.locator("#scan")).to_have_value(badges.address_of(code))
    page.keyboard.press("Enter")
    expect(page.locator(".now")).to_contain_text("王芳")
    assert presence(order, "李娜").with_user == shop.artist


def test_a_badge_signs_on_the_page_who_are_you(shop, enter, earlier) -> None:
    cache.clear()
    give_pins(shop.artist)
    _badge, code = badges.new_badge(shop.artist, by=shop.manager, now=earlier)
    order = arrived(shop, now=earlier)
    handoffs.offer(order, members=party(order), to=shop.styling, by=shop.owner, now=earlier)
    page = enter(shop.artist, "/", **TABLET)
    set_up(page, "styling")
    button(page, "I take over").click()
    expect(page.get_by_role("heading", name="Who are you?")).to_be_visible()
    page.keyboard.type(code)
    page.keyboard.press("Enter")
    expect(page.locator(".now")).to_contain_text("王芳")
    assert presence(order, "李娜").with_user == shop.artist


# --- By touch, in both themes, narrow ----------------------------------------------------------
@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_r5_6_stepped_out_with_two_taps_and_back_with_one(shop, enter, earlier, scripts) -> None:
    order = arrived(shop, now=earlier)
    bring(order, shop.styling, giver=shop.owner, receiver=shop.artist, now=earlier)
    page = enter(shop.artist, "/tablet/", java_script_enabled=scripts, **TABLET)
    page.get_by_text("Stepped out", exact=True).click()
    page.get_by_text("张伟", exact=True).click()
    button(page, "washroom").click()
    expect(button(page, "They are back")).to_be_visible()
    assert presence(order, "李娜").kind == StayKind.STEPPED_OUT
    assert presence(order, "张伟").kind == StayKind.WITH
    button(page, "They are back").click()
    expect(button(page, "They are back")).to_have_count(0)
    assert presence(order, "李娜").kind == StayKind.WITH


def full_tablet(shop, earlier) -> None:
    """Somebody of each kind on the page of styling."""
    now = timezone.now()
    feng = second_artist(shop)
    coming = arrived(shop, now=earlier)
    handoffs.offer(coming, members=party(coming), to=shop.styling, by=shop.owner, now=earlier)
    customer = coming.booking.customer
    customer.special_care = "怀孕五个月"
    customer.save(update_fields=["special_care"])
    here = arrived(shop, now=earlier, resources=[], name="王磊 & 周婷")
    bring(here, shop.styling, giver=shop.owner, receiver=shop.artist, now=now)
    arrived(shop, now=earlier, resources=[], name="一家很长很长名字的公司年会团体照（八位）")
    out = arrived(shop, now=earlier, resources=[], name="欧阳家")
    bring(out, shop.styling, giver=shop.owner, receiver=feng, now=now)


def test_targets_are_as_large_as_a_finger_and_nothing_is_wider_than_the_tablet(shop, enter, earlier) -> None:
    full_tablet(shop, earlier)
    page = enter(shop.artist, "/tablet/", **TABLET)
    targets = page.locator("#tablet .button:visible, #tablet summary:visible")
    assert targets.count() >= 8
    for number in range(targets.count()):
        box = targets.nth(number).bounding_box()
        assert box["height"] >= FINGER, targets.nth(number).inner_text()
    assert too_wide(page) == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_habit_18_nothing_to_complain_of(shop, enter, earlier, theme) -> None:
    full_tablet(shop, earlier)
    cache.clear()
    give_pins(shop.artist, shop.owner)
    _badge, code = badges.new_badge(shop.artist, by=shop.artist, now=earlier)
    order = arrived(shop, now=earlier, resources=[])
    taken = bring(order, shop.styling, giver=shop.owner, receiver=shop.artist, now=earlier)
    page = enter(shop.owner, "/", color_scheme=theme, reduced_motion="reduce")
    paths = [
        f"/tablet/{shop.styling.pk}/",
        f"/tablet/{shop.styling.pk}/?said={taken[0].pk}",
        f"/hand-offs/{taken[0].pk}/words/",
        f"/orders/{order.pk}/hand-offs/",
        f"/b/{code}/",
        "/me/badge/",
        "/actor/",
    ]
    for path in paths:
        page.goto(path)
        assert complaints(page) == [], path
        assert too_wide(page, 360, 820, 1440) == [], path
    set_up(page, "styling")
    button(page, "I take over").first.click()
    expect(page.get_by_role("heading", name="Who are you?")).to_be_visible()
    assert complaints(page) == []
    assert too_wide(page, 360, 820, 1440) == []


def test_what_is_to_be_minded_is_folded_until_somebody_looks(shop, enter, earlier) -> None:
    full_tablet(shop, earlier)
    page = enter(shop.artist, "/tablet/", **TABLET)
    expect(page.get_by_text("怀孕五个月")).to_be_hidden()
    page.get_by_text("Please mind").first.click()
    expect(page.get_by_text("怀孕五个月")).to_be_visible()


def test_the_page_follows_by_itself_and_leaves_what_is_typed(shop, enter, earlier) -> None:
    order = arrived(shop, now=earlier)
    page = enter(shop.artist, "/tablet/", **TABLET)
    page.locator("#scan").fill("half a")
    handoffs.offer(order, members=party(order), to=shop.styling, by=shop.owner, now=timezone.now())
    expect(button(page, "I take over")).to_be_visible(timeout=BY_ITSELF)
    expect(page.locator("#scan")).to_have_value("half a")


def test_no_page_breaks_the_policy_or_a_script(shop, enter, earlier) -> None:
    full_tablet(shop, earlier)
    page = enter(shop.artist, "/", **TABLET)
    broken = []
    page.on("console", lambda message: broken.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: broken.append(str(error)))
    for path in ["/tablet/", "/me/badge/", "/actor/"]:
        page.goto(path, wait_until="networkidle")
        assert broken == [], path


def test_a_badge_prints_as_a_card(shop, enter) -> None:
    page = enter(shop.artist, "/me/badge/")
    button(page, "Print a badge").click()
    expect(page.locator(".badge")).to_be_visible()
    page.emulate_media(media="print")
    expect(page.locator(".badge__code svg")).to_be_visible()
    for part in (".rail", ".head", ".page__actions"):
        expect(page.locator(part).first).to_be_hidden()
    box = page.locator(".badge").bounding_box()
    assert abs(box["width"] / box["height"] - 85 / 54) < 0.2
