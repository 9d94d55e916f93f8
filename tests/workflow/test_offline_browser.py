"""The network goes and comes back while people are handed on (F9): in a real browser, with the plug pulled."""

import re
from datetime import datetime, timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from tests.pages import complaints, too_wide, wait_until
from tests.workflow.shoots import arrived, bring, party, presence, second_artist
from workflow import handoffs
from workflow.models import HandOff, HandOffWay, LateRecord, LookState

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

STORED = "() => Object.entries(localStorage).filter(([key]) => key.startsWith('shouwen:kept:'))"
NOTHING_KEPT = "() => !Object.keys(localStorage).some((key) => key.startsWith('shouwen:kept:'))"


@pytest.fixture
def earlier():
    return timezone.now() - timedelta(hours=1)


@pytest.fixture
def offered(shop, earlier):
    order = arrived(shop, now=earlier)
    return order, handoffs.offer(order, members=party(order), to=shop.styling, by=shop.owner, now=earlier)


def take_over(page) -> None:
    page.get_by_role("button", name="I take over").first.click()


def test_f9_i_take_over_without_network_is_kept_shown_and_sent_with_its_time(shop, enter, offered) -> None:
    order, _rows = offered
    page = enter(shop.artist, "/")
    page.context.set_offline(True)
    expect(page.locator("[data-offline]")).to_be_visible()
    before = timezone.now()
    take_over(page)
    kept = page.locator("#kept")
    expect(kept).to_be_visible()
    expect(kept.locator(".kept__row")).to_have_count(1)
    expect(kept).to_contain_text("I take over")
    expect(kept).to_contain_text("will be sent")
    after = timezone.now()
    take_over_again = page.get_by_role("button", name="I take over").first
    take_over_again.click(force=True)
    expect(kept.locator(".kept__row")).to_have_count(1)
    assert HandOff.objects.open().count() == 2
    page.wait_for_timeout(2500)  # long enough to tell the time of the press from that of the sending
    page.context.set_offline(False)
    wait_until(page, NOTHING_KEPT)
    expect(kept).to_be_hidden()
    expect(page.locator("#toasts")).to_contain_text("Entered with its time")
    row = presence(order, "李娜")
    assert row.with_user == shop.artist
    assert before - timedelta(seconds=1) <= row.since <= after
    record = LateRecord.objects.get()
    assert record.received_at - record.happened_at > timedelta(seconds=2)
    assert set(HandOff.objects.values_list("way", flat=True)) == {HandOffWay.OFFLINE}


def test_f9_what_is_kept_survives_a_reload(shop, enter, offered) -> None:
    order, _rows = offered
    page = enter(shop.artist, "/")
    page.context.set_offline(True)
    take_over(page)
    expect(page.locator("#kept .kept__row")).to_have_count(1)
    stored = page.evaluate(STORED)
    assert len(stored) == 1 and f":{shop.branch.pk}:{shop.artist.pk}" in stored[0][0]
    page.on("dialog", lambda dialog: dialog.accept())
    page.goto("about:blank")
    page.context.set_offline(False)
    page.goto("/house/")
    wait_until(page, NOTHING_KEPT)
    assert presence(order, "李娜").with_user == shop.artist
    assert LateRecord.objects.get().state == "carried_out"


def test_f9_a_house_that_does_not_answer_is_as_good_as_no_network(shop, enter, offered) -> None:
    """The tablet has its network, but the server is away: the press is kept all the same."""
    order, _rows = offered
    page = enter(shop.artist, "/")
    page.route("**/late-records/", lambda route: route.abort("connectionrefused"))
    take_over(page)
    expect(page.locator("#kept .kept__row")).to_have_count(1)
    assert "/orders/" not in page.url
    page.unroute("**/late-records/")
    page.evaluate("window.dispatchEvent(new Event('online'))")
    wait_until(page, NOTHING_KEPT)
    assert presence(order, "李娜").with_user == shop.artist


def test_f9_an_answer_that_got_lost_is_asked_for_again_and_entered_once(shop, enter, offered) -> None:
    page = enter(shop.artist, "/")
    page.context.set_offline(True)
    take_over(page)
    expect(page.locator("#kept .kept__row")).to_have_count(1)
    lost = []

    def lose(route):
        if route.request.method == "POST" and not lost:
            lost.append(route.fetch())
            route.abort()
        else:
            route.continue_()

    page.route("**/late-records/", lose)
    page.context.set_offline(False)
    wait_until(page, NOTHING_KEPT)
    assert lost and LateRecord.objects.count() == 1
    assert HandOff.objects.filter(state="accepted").count() == 2


def test_f9_a_clash_is_said_and_shown(shop, enter, offered) -> None:
    order, rows = offered
    other = second_artist(shop)
    page = enter(shop.artist, "/")
    page.context.set_offline(True)
    take_over(page)
    expect(page.locator("#kept .kept__row")).to_have_count(1)
    handoffs.accept(rows, by=other, now=timezone.now())
    page.context.set_offline(False)
    wait_until(page, NOTHING_KEPT)
    expect(page.locator('#toasts [data-toast="error"]')).to_contain_text("A colleague took them over")
    page.goto("/")
    duty = page.locator("#duty-late_clashes")
    expect(duty).to_contain_text("took them over")
    duty.get_by_role("link").filter(has_text=order.booking.customer.name).click()
    expect(page.get_by_role("heading", name="As it was pressed")).to_be_visible()
    page.get_by_label("As it was pressed").check()
    page.get_by_label("How you know").fill("She was with me")
    page.get_by_role("button", name="Settle it").click()
    expect(page.get_by_text("Everything fits")).to_be_visible()
    assert presence(order, "李娜").with_user == shop.artist


def test_f9_a_slip_is_taken_back_before_it_was_sent(shop, enter, offered) -> None:
    page = enter(shop.artist, "/")
    page.context.set_offline(True)
    take_over(page)
    page.locator("#kept").get_by_role("button", name="Take back").click()
    expect(page.locator("#kept")).to_be_hidden()
    page.context.set_offline(False)
    page.reload()
    expect(page.get_by_role("button", name="I take over").first).to_be_visible()
    assert LateRecord.objects.count() == 0


def test_f9_looks_and_hand_overs_of_a_whole_round_come_in_in_their_order(shop, enter, earlier) -> None:
    order = arrived(shop, now=earlier)
    bring(order, shop.styling, giver=shop.owner, receiver=shop.artist, now=earlier)
    bring(order, shop.shooting, giver=shop.artist, receiver=shop.photographer, now=earlier)
    page = enter(shop.photographer, "/")
    page.context.set_offline(True)
    mine = page.locator("#duty-with_me")
    mine.get_by_role("button", name="Look done").first.click()
    expect(page.locator("#kept .kept__row")).to_have_count(1)
    page.context.set_offline(False)
    wait_until(page, NOTHING_KEPT)
    look = order.looks.first()
    assert look.state == LookState.SHOT
    assert LateRecord.objects.get().happened_at == look.at


def test_f9_a_wrong_clock_of_the_tablet_changes_nothing(shop, enter, offered) -> None:
    page = enter(shop.artist, "/")
    page.evaluate("() => { const real = Date.now; Date.now = () => real() - 7200000; }")
    page.context.set_offline(True)
    before = timezone.now()
    take_over(page)
    expect(page.locator("#kept .kept__row")).to_have_count(1)
    told = datetime.fromisoformat(re.search(r'"at":"([^"]+)"', page.evaluate(STORED)[0][1])[1])
    assert abs(told - before) < timedelta(seconds=20)


def test_f9_signed_out_meanwhile_it_is_kept_and_said(shop, enter, offered) -> None:
    order, _rows = offered
    page = enter(shop.artist, "/")
    cookies = page.context.cookies()
    page.context.clear_cookies()
    take_over(page)
    expect(page.locator("#toasts")).to_contain_text("you are signed out")
    expect(page.locator("#kept .kept__row")).to_have_count(1)
    page.context.add_cookies(cookies)
    page.goto("/house/")
    wait_until(page, NOTHING_KEPT)
    assert presence(order, "李娜").with_user == shop.artist


def test_r5_1_at_a_shared_tablet_the_pin_is_asked_for_when_the_network_is_back(shop, enter, offered) -> None:
    order, _rows = offered
    shop.artist.set_pin("4711")
    shop.artist.save()
    page = enter(shop.colleague, "/actor/")
    page.get_by_label("styling").check()
    page.get_by_role("button", name="It stands there from now on").click()
    page.goto("/tablet/")
    page.context.set_offline(True)
    take_over(page)
    row = page.locator("#kept .kept__row")
    expect(row).to_have_count(1)
    assert "4711" not in str(page.evaluate(STORED))
    page.context.set_offline(False)
    expect(row.get_by_role("button", name="That was me")).to_be_visible()
    row.get_by_role("combobox").select_option(label="王老师")
    row.get_by_label("PIN or badge").fill("4711")
    row.get_by_role("button", name="That was me").click()
    wait_until(page, NOTHING_KEPT)
    assert "4711" not in str(page.evaluate("() => Object.values(localStorage).join()"))
    assert presence(order, "李娜").with_user == shop.artist


def test_with_network_a_press_is_a_press_and_nothing_is_kept(shop, enter, offered) -> None:
    order, _rows = offered
    page = enter(shop.artist, "/")
    with page.expect_navigation():
        take_over(page)
    assert presence(order, "李娜").with_user == shop.artist
    assert page.evaluate(NOTHING_KEPT)
    assert LateRecord.objects.count() == 0


def test_two_presses_in_one_moment_are_one(shop, enter, offered) -> None:
    page = enter(shop.artist, "/")
    with page.expect_navigation():
        page.evaluate(
            "() => { const form = document.querySelector('form[data-kept=accept]');"
            " form.requestSubmit(); form.requestSubmit(); }"
        )
    assert HandOff.objects.filter(state="accepted").count() == 2
    assert LateRecord.objects.count() == 0


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_habit_18_nothing_to_complain_of_while_things_are_kept(shop, enter, offered, theme) -> None:
    page = enter(shop.artist, "/", color_scheme=theme, reduced_motion="reduce")
    page.context.set_offline(True)
    take_over(page)
    expect(page.locator("#kept .kept__row")).to_have_count(1)
    assert complaints(page) == []
    assert too_wide(page, 360, 820, 1440) == []
