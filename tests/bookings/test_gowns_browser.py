"""Gowns and the waiting list in a real browser: given out from a tablet, with and without scripts; by axe."""

import io
from datetime import timedelta

import pytest
from django.utils import timezone
from PIL import Image
from playwright.sync_api import expect

from bookings import gowns, outings, waiting
from bookings.models import Outing
from tests.bookings.test_gowns import make_gown
from tests.pages import complaints_in_both_themes, too_wide
from tests.workflow.orders import dated, sold

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

DAY = timedelta(days=1)
TABLET = {"viewport": {"width": 820, "height": 1180}}


@pytest.fixture
def wedding(shop):
    """In ten days at noon, with a gown held from now on."""
    now = timezone.now()
    order = sold(shop, now)
    noon = shop.branch.day_bounds(shop.branch.today(now) + 10 * DAY)[0] + timedelta(hours=12)
    row = dated(order, "wedding", noon, now=now, hours=8)
    gown = make_gown(shop)
    gowns.hold(row, gown, starts_at=now, ends_at=row.ends_at + DAY, by=shop.owner, now=now)
    return row


def photograph(name: str) -> dict:
    data = io.BytesIO()
    Image.new("RGB", (1200, 2400), "ivory").save(data, "JPEG")
    return {"name": name, "mimeType": "image/jpeg", "buffer": data.getvalue()}


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_a_gown_goes_out_and_comes_back_from_a_tablet(shop, wedding, enter, scripts) -> None:
    page = enter(shop.artist, wedding.get_absolute_url(), java_script_enabled=scripts, **TABLET)
    page.get_by_role("link", name="Give out").click()
    page.get_by_label("The front").set_input_files([photograph("front.jpg")])
    page.get_by_label("Others, taken before").set_input_files([photograph("a.jpg"), photograph("b.jpg")])
    page.get_by_role("button", name="Give out").click()
    expect(page.get_by_role("heading", name="Gown G-1")).to_be_visible()
    pictures = page.get_by_role("img", name="As it left")
    expect(pictures).to_have_count(3)
    assert pictures.first.evaluate("(image) => image.decode().then(() => image.naturalHeight)") == 1600
    page.get_by_role("link", name="It is back").click()
    page.get_by_text("signs of wear").click()
    page.get_by_role("button", name="Take it back").click()
    expect(page.get_by_text("in the house", exact=True)).to_be_visible()
    assert Outing.objects.get().back_condition == "worn"


def test_a_substitute_is_two_presses_away_on_today(shop, wedding, enter) -> None:
    now = timezone.now()
    gown = wedding.allocations.active().get().resource
    outings.give_out(wedding, gown, due_back_at=now + timedelta(seconds=1), by=shop.artist, now=now)
    other = make_gown(shop, "G-2")
    order = sold(shop, now)
    fitting = dated(order, "fitting", wedding.ends_at + 3 * DAY + timedelta(hours=1), now=now, hours=1)
    gowns.hold(
        fitting, gown, starts_at=wedding.ends_at + 3 * DAY, ends_at=fitting.ends_at, by=shop.owner, now=now
    )
    Outing.objects.update(out_at=now - 2 * DAY, due_back_at=now - DAY)
    page = enter(shop.owner, "/")
    page.get_by_role("link", name="Another gown").click()
    page.get_by_text("G-2").first.click()
    page.get_by_role("button", name="Exchange").click()
    expect(page.get_by_text("Exchanged.")).to_be_visible()
    assert fitting.allocations.active().get().resource == other


def test_every_page_reads_well_for_everybody(shop, wedding, enter) -> None:
    now = timezone.now()
    hold = wedding.allocations.active().get()
    first = shop.branch.today(now) + 20 * DAY
    waiting.join(
        branch=shop.branch, customer=wedding.customer, kind="fitting", first_day=first, last_day=first,
        minutes=60, by=shop.owner, now=now,
    )  # fmt: skip
    page = enter(shop.owner, "/gowns/")
    addresses = [
        "/gowns/", f"/gowns/{hold.resource_id}/", f"/gowns/{hold.resource_id}/label/", f"/gown-holds/{hold.pk}/out/",
        f"/appointments/{wedding.pk}/gowns/", f"/gown-holds/{hold.pk}/substitute/", "/waiting/",
        f"/waiting/new/?customer={wedding.customer_id}", wedding.get_absolute_url(), "/",
    ]  # fmt: skip
    wrong = {}
    for address in addresses:
        page.goto(address)
        if found := complaints_in_both_themes(page):
            wrong[address] = found
    assert wrong == {}


def test_on_a_phone_nothing_runs_out_of_the_page(shop, wedding, enter) -> None:
    page = enter(shop.owner, "/gowns/", viewport={"width": 360, "height": 740})
    for address in ("/gowns/", "/waiting/", wedding.get_absolute_url()):
        page.goto(address)
        assert too_wide(page) == [], address
