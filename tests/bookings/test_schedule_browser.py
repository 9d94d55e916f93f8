"""The schedule in a real browser: dragged, resized, undone; what is taken is answered; without a mouse too."""

from datetime import time, timedelta
from decimal import Decimal

import pytest
import time_machine
from django.utils import timezone
from playwright.sync_api import expect

from bookings.models import Resource
from bookings.price_lines import total_of
from bookings.schedule import Slot, make_appointment, move, nearest_free
from tests.bookings.selling import season
from tests.factories import CustomerFactory
from tests.pages import complaints_in_both_themes, too_wide

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

DESK = {"width": 1440, "height": 900}


@pytest.fixture
def enter(enter):
    """On a screen as wide as a desk's."""
    return lambda person, path, **options: enter(person, path, **{"viewport": DESK, **options})


@pytest.fixture
def tuesday(shop):
    """A Tuesday at least a week ahead, whatever day and hour the test runs at."""
    today = shop.branch.today(timezone.now())
    return today + timedelta(days=14 - (today.weekday() - 1) % 7)


@pytest.fixture
def book(shop, tuesday):
    def make(name, clock, minutes, resources, kind="fitting", days=0):
        start = shop.branch.at(tuesday + timedelta(days=days), clock)
        customer = CustomerFactory(branch=shop.branch, owner=shop.owner, name=name)
        return make_appointment(
            branch=shop.branch, customer=customer, booking=None, kind=kind, by=shop.owner, now=timezone.now(),
            slot=Slot(start, start + timedelta(minutes=minutes), resources),
        )  # fmt: skip

    return make


def block_of(page, row, resource):
    return page.locator(
        f'svg[data-resource="{resource.pk}"] [data-appointment="{row.pk}"] .block__ground'
    ).first


def drag(page, source, target, *, clock):
    """Take a block at its beginning and put it down on a line, at an hour."""
    start = source.bounding_box()
    grip = start["x"] + 14
    hours = float(target.get_attribute("data-minutes")) / 60
    first = float(target.get_attribute("data-clock")) / 60
    box = target.bounding_box()
    x = box["x"] + (clock - first) / hours * box["width"] + 14
    page.mouse.move(grip, start["y"] + 14)
    page.mouse.down()
    page.mouse.move(grip + 12, start["y"] + 14)
    page.mouse.move(x, box["y"] + 17, steps=8)
    return x, box["y"] + 17


def line_of(page, resource):
    return page.locator(f'svg[data-line][data-resource="{resource.pk}"]').first


def at(row):
    row.refresh_from_db()
    local = timezone.localtime(row.starts_at, row.branch.zone)
    return local.hour + local.minute / 60


def test_a_shoot_is_dragged_to_another_hour_and_the_move_is_undone(shop, enter, book, tuesday) -> None:
    row = book("周婷", time(10), 120, [shop.photographer_resource, shop.floor])
    page = enter(shop.owner, f"/schedule/?day={tuesday}")
    drag(page, block_of(page, row, shop.floor), line_of(page, shop.floor), clock=15)
    expect(page.locator(".block--ghost")).to_contain_text("15:00–17:00")
    page.mouse.up()
    expect(page.locator("#told")).to_contain_text("赵老师")
    expect(page.locator("#toasts")).to_contain_text("Moved to")
    assert at(row) == 15
    page.locator("#told").get_by_role("button", name="Undo").click()
    expect(page.locator("#toasts")).to_contain_text("Undone")
    assert at(row) == 10


def test_a_shoot_is_dragged_onto_a_taken_slot_and_takes_the_second_proposal(
    shop, enter, book, tuesday
) -> None:
    row = book("周婷", time(10), 120, [shop.photographer_resource, shop.floor])
    book("张伟 & 李娜", time(15), 120, [shop.floor])
    page = enter(shop.owner, f"/schedule/?day={tuesday}")
    drag(page, block_of(page, row, shop.floor), line_of(page, shop.floor), clock=15.5)
    page.mouse.up()
    dialog = page.locator("#dialog")
    expect(dialog).to_contain_text("张伟 & 李娜")
    answers = dialog.locator("[data-answer]")
    expect(answers.nth(2)).to_be_visible()
    second = answers.nth(1).inner_text().strip()
    assert at(row) == 10
    wanted = shop.branch.at(tuesday, time(15, 30))
    expected = nearest_free(
        branch=shop.branch, kind="fitting", duration=timedelta(hours=2), around=wanted, now=timezone.now(),
        resources=[shop.photographer_resource, shop.floor], besides=row.pk,
    )[1].starts_at  # fmt: skip
    answers.nth(1).click()
    expect(dialog).to_be_hidden()
    expect(page.locator("#told")).to_contain_text(second.split()[-1])
    row.refresh_from_db()
    assert row.starts_at == expected
    assert f"{timezone.localtime(row.starts_at, shop.branch.zone):%H:%M}" == second.split()[-1]
    held = row.allocations.active()
    assert {one.resource for one in held} == {shop.photographer_resource, shop.floor}
    assert {(one.used.lower, one.used.upper) for one in held} == {(row.starts_at, row.ends_at)}


def test_dragged_into_a_season_it_says_the_price_and_waits_for_the_answer(shop, enter, tuesday, sale) -> None:
    day = tuesday + timedelta(days=2)
    season(shop.package, "6799", day, day, basis="shot")
    booking = sale.sell(now=timezone.now())
    start = shop.branch.at(tuesday, time(10))
    row = make_appointment(
        branch=shop.branch, customer=booking.customer, booking=booking, kind="shoot", by=shop.owner,
        now=timezone.now(), slot=Slot(start, start + timedelta(hours=2), [shop.floor]),
    )  # fmt: skip
    page = enter(shop.owner, f"/schedule/?view=week&day={tuesday}&who=r{shop.floor.pk}")
    drag(page, block_of(page, row, shop.floor), page.locator("svg[data-line]").nth(3), clock=11)
    page.mouse.up()
    dialog = page.locator("#dialog")
    expect(dialog).to_contain_text("¥800 more")
    assert (at(row), total_of(booking)) == (10, Decimal("5999.00"))
    dialog.get_by_role("button", name="They agree to the price").click()
    expect(page.locator("#told")).to_be_visible()
    assert (at(row), total_of(booking)) == (11, Decimal("6799.00"))
    page.locator("#told").get_by_role("button", name="Undo").click()
    expect(page.locator("#toasts")).to_contain_text("Undone")
    assert (at(row), total_of(booking)) == (10, Decimal("5999.00"))


def test_a_block_goes_to_another_colleague_and_not_to_a_room(shop, enter, book, tuesday) -> None:
    other = Resource.objects.create(
        branch=shop.branch, kind="photographer", name_en="Lin", name_zh_hans="林", name_zh_hant="林"
    )
    row = book("周婷", time(10), 120, [shop.photographer_resource])
    page = enter(shop.owner, f"/schedule/?day={tuesday}")
    drag(page, block_of(page, row, shop.photographer_resource), line_of(page, shop.floor), clock=10)
    expect(page.locator(f'svg[data-resource="{shop.floor.pk}"] .block--ghost')).to_have_count(0)
    page.mouse.up()
    drag(page, block_of(page, row, shop.photographer_resource), line_of(page, other), clock=10)
    page.mouse.up()
    expect(page.locator("#told")).to_contain_text("Lin")
    assert [held.resource for held in row.allocations.filter(is_active=True)] == [other]
    assert at(row) == 10


def test_the_end_is_pulled_and_escape_leaves_it(shop, enter, book, tuesday) -> None:
    row = book("周婷", time(10), 120, [shop.floor])
    page = enter(shop.owner, f"/schedule/?day={tuesday}")
    box = block_of(page, row, shop.floor).bounding_box()
    hour = box["width"] / 2
    handle = page.locator(f'[data-appointment="{row.pk}"] [data-edge="end"]').bounding_box()
    grip = handle["x"] + 4, handle["y"] + 14
    page.mouse.move(*grip)
    page.mouse.down()
    page.mouse.move(grip[0] + hour, grip[1], steps=5)
    expect(page.locator(".block--ghost")).to_contain_text("10:00–13:00")
    page.keyboard.press("Escape")
    expect(page.locator(".block--ghost")).to_have_count(0)
    page.mouse.up()
    row.refresh_from_db()
    assert row.ends_at - row.starts_at == timedelta(hours=2)
    page.mouse.move(*grip)
    page.mouse.down()
    page.mouse.move(grip[0] + hour, grip[1], steps=5)
    page.mouse.up()
    expect(page.locator("#told")).to_be_visible()
    row.refresh_from_db()
    assert row.ends_at - row.starts_at == timedelta(hours=3)


def test_outside_the_hours_overtime_is_an_answer(shop, enter, book, tuesday) -> None:
    row = book("周婷", time(18), 120, [shop.floor])
    page = enter(shop.owner, f"/schedule/?day={tuesday}")
    drag(page, block_of(page, row, shop.floor), line_of(page, shop.floor), clock=19.75)
    page.mouse.up()
    page.get_by_role("button", name="Overtime is agreed").click()
    expect(page.locator("#told")).to_be_visible()
    assert at(row) == 19.75


def test_a_block_that_somebody_moved_meanwhile_stays(shop, enter, book, tuesday) -> None:
    row = book("周婷", time(10), 120, [shop.floor])
    page = enter(shop.owner, f"/schedule/?day={tuesday}")
    later = row.starts_at + timedelta(hours=1)
    move(
        row, slot=Slot(later, later + timedelta(hours=2), [shop.floor]), version=row.version,
        by=shop.colleague, now=timezone.now(),
    )  # fmt: skip
    drag(page, block_of(page, row, shop.floor), line_of(page, shop.floor), clock=15)
    page.mouse.up()
    dialog = page.locator("#dialog")
    expect(dialog).to_contain_text("Somebody else changed this date meanwhile")
    expect(dialog).to_contain_text("周敏")
    dialog.get_by_role("link", name="Take it as it is now").click()
    expect(page.locator("#dialog")).to_be_hidden()
    assert at(row) == 11


def test_enter_opens_the_card_and_m_the_page_that_does_the_same(shop, enter, book, tuesday) -> None:
    row = book("周婷", time(10), 120, [shop.floor])
    page = enter(shop.owner, f"/schedule/?day={tuesday}")
    link = page.locator(f'[data-appointment="{row.pk}"] a').first
    link.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#dialog")).to_contain_text("Floor 1")
    page.keyboard.press("Escape")
    expect(page.locator("#dialog")).to_be_hidden()
    link.focus()
    page.keyboard.press("m")
    page.wait_for_url(f"**/appointments/{row.pk}/move/")


def test_a_finger_holds_before_it_drags(shop, enter, book, tuesday) -> None:
    row = book("周婷", time(10), 120, [shop.floor])
    page = enter(
        shop.owner, f"/schedule/?day={tuesday}", has_touch=True, viewport={"width": 1180, "height": 820}
    )
    box = block_of(page, row, shop.floor).bounding_box()
    page.evaluate(
        """([selector, x, y]) => {
            const at = document.elementFromPoint(x, y);
            window.finger = (type, x, y) => at.dispatchEvent(new PointerEvent(type, {
              bubbles: true, pointerType: "touch", pointerId: 5, button: 0, clientX: x, clientY: y}));
            window.finger("pointerdown", x, y);
        }""",
        ["", box["x"] + 20, box["y"] + 10],
    )
    page.evaluate("([x, y]) => window.finger('pointermove', x, y)", [box["x"] + 60, box["y"] + 10])
    expect(page.locator(".block--ghost")).to_have_count(0)
    page.evaluate("([x, y]) => window.finger('pointerdown', x, y)", [box["x"] + 20, box["y"] + 10])
    expect(page.locator(".block--ghost")).to_have_count(1)
    hour = box["width"] / 2
    page.evaluate(
        "([x, y]) => { window.finger('pointermove', x, y); window.finger('pointerup', x, y); }",
        [box["x"] + 20 + 3 * hour, box["y"] + 10],
    )
    expect(page.locator("#told")).to_be_visible()
    assert at(row) == 13


def test_in_the_week_of_one_a_block_goes_to_another_day(shop, enter, book, tuesday) -> None:
    row = book("周婷", time(10), 120, [shop.floor])
    page = enter(shop.owner, f"/schedule/?view=week&day={tuesday}&who=r{shop.floor.pk}")
    lines = page.locator("svg[data-line]")
    expect(lines).to_have_count(7)
    drag(page, block_of(page, row, shop.floor), lines.nth(3), clock=11)
    page.mouse.up()
    expect(page.locator("#told")).to_be_visible()
    row.refresh_from_db()
    local = timezone.localtime(row.starts_at, shop.branch.zone)
    assert (local.date(), local.hour) == (tuesday + timedelta(days=2), 11)


def test_departments_look_and_do_not_move(shop, enter, book, tuesday) -> None:
    row = book("周婷", time(10), 120, [shop.floor])
    page = enter(shop.artist, f"/schedule/?day={tuesday}")
    drag(page, block_of(page, row, shop.floor), line_of(page, shop.floor), clock=15)
    expect(page.locator(".block--ghost")).to_have_count(0)
    page.mouse.up()
    assert at(row) == 10


def test_without_scripts_links_do_it(shop, enter, book, tuesday) -> None:
    row = book("周婷", time(10), 120, [shop.floor])
    page = enter(shop.owner, f"/schedule/?day={tuesday}", java_script_enabled=False)
    page.locator(".rows").get_by_role("link", name="Move to…").click()
    assert page.url.endswith(f"/appointments/{row.pk}/move/")


@pytest.mark.parametrize("query", ["", "&view=week", "&view=week&who=r{floor}", "&view=week&who=p{owner}"])
def test_everybody_can_read_it(shop, enter, book, tuesday, query) -> None:
    book("周婷", time(10), 120, [shop.floor, shop.photographer_resource])
    query = query.format(floor=shop.floor.pk, owner=shop.owner.pk)
    page = enter(shop.owner, f"/schedule/?day={tuesday}{query}")
    assert complaints_in_both_themes(page) == []
    assert too_wide(page, 360) == []


def test_the_line_of_now_moves_by_itself(shop, enter, live_server) -> None:
    day = shop.branch.today(timezone.now())
    page = enter(shop.owner, "/accounts/")
    page.clock.install()
    noon = shop.branch.at(day, time(12))
    with time_machine.travel(noon, tick=False):
        page.goto(f"{live_server.url}/schedule/?day={day}")
    mark = page.locator("[data-now-line]").first
    expect(mark).to_have_attribute("x1", "25.000%")
    page.clock.run_for("00:50")
    assert 25.05 < float(mark.get_attribute("x1").removesuffix("%")) < 25.2


def test_who_knows_already_stays_ticked_when_the_plan_is_drawn_anew(shop, enter, tuesday, book):
    book("吴玉兰", time(10), 60, [shop.floor])
    page = enter(shop.owner, f"/schedule/?day={tuesday}")
    page.get_by_label("The customer knows already").check()
    with page.expect_response(lambda answer: "/schedule/" in answer.url):
        page.evaluate("document.body.dispatchEvent(new CustomEvent('schedule-changed'))")
    page.wait_for_load_state("networkidle")
    expect(page.locator("[data-knows]")).to_have_count(1)
    expect(page.get_by_label("The customer knows already")).to_be_checked()
