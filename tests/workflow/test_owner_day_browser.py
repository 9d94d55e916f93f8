"""The owner's day on a phone, from the brief to the farewell (R4, R5.5, R9.2): with scripts and without."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from complaints.models import Recovery
from customers import knowledge
from tests.pages import complaints, too_wide
from tests.workflow.shoots import arrived, make_order, shot_and_back
from workflow import care, send_off
from workflow.departures import Told
from workflow.models import CareNote, Departure, Presence, Undone

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PHONE = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}
FINGER = 44


@pytest.fixture
def moment():
    return timezone.now()


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_r4_1_from_the_brief_to_styling_on_a_phone(shop, enter, moment, scripts) -> None:
    order = make_order(shop, now=moment, at=moment)
    knowledge.observe(order.booking.customer, "He is proud of his sailing boat", by=shop.artist, now=moment)
    page = enter(shop.owner, f"/orders/{order.pk}/brief/", java_script_enabled=scripts, **PHONE)
    expect(page.get_by_text("He is proud of his sailing boat")).to_be_visible()
    page.get_by_role("link", name="They are here").click()
    page.locator("summary", has_text="Somebody else came along").click()
    page.get_by_label("Somebody else came along").fill("王芳")
    page.get_by_role("button", name="They are here").click()
    page.get_by_role("button", name="Issue the work-order sheet").click()
    expect(page.get_by_text("Take them there yourself, with the sheet")).to_be_visible()
    page.get_by_role("button", name="Water or tea").click()
    expect(page.get_by_text("Something to drink: noted.")).to_be_visible()
    page.get_by_role("link", name="Locker").click()
    page.get_by_role("button", name="Locker 3", exact=True).click()
    expect(page.get_by_role("heading", name="Lockers")).to_be_visible()
    assert CareNote.objects.filter(kind="locker", what="3").exists()
    assert Presence.objects.filter(left_at=None).count() == 3


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_r5_5_the_farewell_with_the_selection_agreed_on_a_phone(shop, enter, moment, scripts) -> None:
    order = shot_and_back(shop, now=moment - timedelta(hours=7), resources=[])
    care.give_locker(order, number="7", by=shop.owner, now=moment)
    page = enter(shop.owner, f"/orders/{order.pk}/departure/", java_script_enabled=scripts, **PHONE)
    page.locator(".mood", has_text="moved").click()
    page.locator("#id_selection_group .choice").nth(1).click()
    page.get_by_label("I walked them out of the door and said it").check()
    page.get_by_role("button", name="Seen off").click()
    expect(page.get_by_text("Locker 7 is not emptied yet")).to_be_visible()
    assert not Departure.objects.exists()
    expect(page.locator('.mood input[value="moved"]')).to_be_checked()
    page.get_by_label("Emptied: nothing of theirs stays behind").check()
    page.get_by_role("button", name="Seen off").click()
    expect(page.get_by_text("Seen off. Thank you for looking after them.")).to_be_visible()
    assert order.booking.appointments.filter(kind="selection", state="planned").count() == 1
    assert not Presence.objects.filter(left_at=None).exists()


def test_r9_3_who_is_unhappy_is_asked_what_it_was_and_only_they(shop, enter, moment) -> None:
    order = shot_and_back(shop, now=moment - timedelta(hours=7), resources=[])
    page = enter(shop.owner, f"/orders/{order.pk}/departure/", **PHONE)
    what = page.get_by_label("What was it, in their words?")
    expect(what).to_be_hidden()
    page.locator(".mood", has_text="unhappy").click()
    what.fill("They waited an hour")
    page.get_by_label("Who speaks to them now, before the door").select_option(str(shop.manager.pk))
    page.get_by_label("Why there is no selection date yet").fill("They call")
    page.get_by_label("I walked them out of the door and said it").check()
    page.get_by_role("button", name="Seen off").click()
    expect(page.get_by_text("Seen off. Thank you for looking after them.")).to_be_visible()
    row = Recovery.objects.get()
    assert (row.what, row.taken_by) == ("They waited an hour", shop.manager)


def test_another_day_is_looked_at_with_everything_typed_still_there(shop, enter, moment) -> None:
    order = shot_and_back(shop, now=moment - timedelta(hours=7), resources=[])
    page = enter(shop.owner, f"/orders/{order.pk}/departure/")
    page.locator(".mood", has_text="surprised").click()
    page.get_by_label("What we should know").fill("Jasmine tea")
    wanted = shop.branch.today(moment) + timedelta(days=30)
    page.get_by_label("Another day").fill(wanted.isoformat())
    page.get_by_role("button", name="Times of this day").click()
    page.wait_for_load_state()
    expect(page.get_by_label("What we should know")).to_have_value("Jasmine tea")
    expect(page.locator('.mood input[value="surprised"]')).to_be_checked()


def test_targets_on_a_phone_are_as_large_as_a_finger(shop, enter, moment) -> None:
    arrived(shop, now=moment - timedelta(minutes=20))
    page = enter(shop.owner, "/", **PHONE)
    buttons = page.locator("#duty-guests .button")
    assert buttons.count() == 5
    for number in range(buttons.count()):
        assert buttons.nth(number).bounding_box()["height"] >= FINGER, buttons.nth(number).inner_text()


@pytest.fixture
def addresses(shop, moment) -> list[str]:
    """Every page of the owner's day, with something on it."""
    hour = timedelta(hours=1)
    soon = make_order(shop, now=moment, at=moment + hour, resources=[], special_care="18th week")
    late = make_order(shop, now=moment, at=moment - hour, resources=[])
    here = arrived(shop, now=moment - 2 * hour, resources=[])
    care.give_locker(here, number="7", by=shop.owner, now=moment)
    back = shot_and_back(shop, now=moment - 7 * hour, resources=[])
    care.give_locker(back, number="8", by=shop.owner, now=moment)
    Undone.objects.create(branch=shop.branch, work_order=back, what="With the dog", why="Rain", by=shop.owner)
    gone = shot_and_back(shop, now=moment - 8 * hour, resources=[])
    departure = send_off.see_off(
        gone, mood="unhappy", no_date_because="They call", told=Told("Late"), by=shop.owner, now=moment
    )
    missed = late.booking.appointments.get(kind="shoot")
    return [
        "/",
        f"/orders/{soon.pk}/brief/",
        f"/orders/{soon.pk}/arrival/",
        f"/orders/{here.pk}/arrival/",
        f"/orders/{here.pk}/care/",
        f"/orders/{back.pk}/departure/",
        f"/appointments/{missed.pk}/absence/",
        f"/voices/{departure.pk}/",
    ]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_habit_18_nothing_to_complain_of(shop, enter, addresses, theme) -> None:
    page = enter(shop.manager, "/voices/", color_scheme=theme, reduced_motion="reduce")
    assert complaints(page) == []
    page = enter(shop.owner, "/", color_scheme=theme, reduced_motion="reduce")
    for path in addresses:
        page.goto(path)
        page.evaluate("document.querySelectorAll('details').forEach(fold => fold.open = true)")
        assert complaints(page) == [], path
        assert too_wide(page, 360, 768, 1440) == [], path
