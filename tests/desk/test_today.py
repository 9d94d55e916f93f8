"""Today: the duties of one's role, also those of whom one stands in for; and where everybody else is led."""

import pytest
from django.utils import timezone

from studio.staff.duties import duties
from tests import factories
from workflow import rotation, visits

pytestmark = pytest.mark.django_db


def test_everybody_of_the_branch_has_a_today(shop, sign_in):
    for name in ("owner", "artist", "head", "cashier", "manager", "general_manager", "administrator"):
        response = sign_in(getattr(shop, name)).get("/")
        assert response.status_code == 200, name


def test_r1_2_a_consultant_sees_who_is_next_and_the_one_press(shop, sign_in):
    page = sign_in(shop.owner).get("/").content.decode()
    assert "Receive a visitor" in page
    assert page.index("陈晓静") < page.index("周敏")


def test_departments_receive_nobody(shop, sign_in):
    page = sign_in(shop.artist).get("/").content.decode()
    assert "Receive a visitor" not in page
    assert "Rotation" not in page


def test_the_administrator_is_led_to_the_settings_and_sees_no_customer(shop, sign_in):
    visits.receive(branch=shop.branch, by=shop.owner, now=timezone.now())
    page = sign_in(shop.administrator).get("/").content.decode()
    assert "To the settings" in page
    assert "Being received" not in page
    assert "Search customers" not in page


def test_without_a_place_in_a_branch_one_is_led_to_ones_own_page(shop, sign_in):
    response = sign_in(factories.UserFactory()).get("/")
    assert response.status_code == 302
    assert response["Location"] == "/me/"


def test_r1_5_who_was_not_greeted_shows_to_every_consultant(shop, sign_in):
    visits.receive(branch=shop.branch, by=shop.owner, now=timezone.now())
    page = sign_in(shop.colleague).get("/").content.decode()
    assert "Not greeted yet" in page


def test_r8_1_who_stands_in_sees_it_said_and_the_work_of_the_other(shop, sign_in):
    now = timezone.now()
    day = shop.branch.today(now)
    visit = visits.receive(branch=shop.branch, by=shop.owner, now=now)
    visits.greet(visit, by=shop.owner, now=now)
    client = sign_in(shop.colleague)
    assert 'id="duty-visits"' not in client.get("/").content.decode()
    factories.LeaveFactory(
        branch=shop.branch, user=shop.owner, deputy=shop.colleague, starts_on=day, ends_on=day
    )
    page = client.get("/").content.decode()
    assert "for 小陈" in page
    assert visit.get_absolute_url() in page[page.index('id="duty-visits"') :]
    assert "You are off today" in sign_in(shop.owner).get("/").content.decode()


def test_the_living_part_is_the_part_of_the_page(shop, sign_in):
    client = sign_in(shop.owner)
    fragment = client.get("/today/", headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in fragment
    assert 'data-live="20"' in fragment
    visible = [piece for piece in fragment.split("<input")[1:] if 'type="hidden"' not in piece]
    assert not visible, "nothing to type into stands in a region that refreshes itself"


def test_every_registered_duty_is_drawn_for_its_roles(shop, sign_in):
    loud = [duty for duty in duties if not duty.extra.get("silent")]
    titles = {str(duty.title) for duty in loud if "manager" in duty.roles}
    page = sign_in(shop.manager).get("/").content.decode()
    assert titles
    for title in titles:
        assert title in page


def test_the_number_of_queries_does_not_grow_with_the_rows(shop, sign_in, django_assert_max_num_queries):
    client = sign_in(shop.manager)

    def fill(count: int) -> None:
        for number in range(count):
            factories.make_person(shop.branch, "consultant", f"门市{number}", "", shop.front_desk)
            visits.receive(branch=shop.branch, by=shop.owner, now=timezone.now())

    fill(3)
    client.get("/")
    with django_assert_max_num_queries(70) as few:
        client.get("/")
    fill(27)
    with django_assert_max_num_queries(len(few.captured_queries)):
        client.get("/")


def test_with_nobody_on_the_roster_today_still_answers(shop, sign_in):
    for person in (shop.owner, shop.colleague):
        rotation.step_away(branch=shop.branch, consultant=person, why="Lunch", by=person, now=timezone.now())
    client = sign_in(shop.manager)
    assert client.get("/").status_code == 200
    response = client.post("/visits/", follow=True)
    assert "Nobody is on the roster right now" in response.content.decode()
