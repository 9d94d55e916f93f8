"""The roster and the board on the wall, as a browser shows them."""

from typing import Any

import pytest
import time_machine
from django.utils import timezone

from customers import knowledge
from studio.staff.models import Team
from tests import factories
from workflow import rotation, visits
from workflow.models import AwayReason, IncomingCall, RotationPlace, RotationRules, Visit

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(shop, sign_in):
    return sign_in(shop.owner)


@pytest.fixture
def lunch(shop):
    return reason(shop.branch)


def reason(branch: Any, name: str = "Lunch", **fields: Any) -> AwayReason:
    names = {"name_en": name, "name_zh_hans": name, "name_zh_hant": name}
    return AwayReason.objects.create(branch=branch, **names, **fields)


def page_of(client: Any, address: str = "/rotation/") -> str:
    return client.get(address).content.decode()


# --- The roster -------------------------------------------------------------------------------
def test_r1_2_each_turn_says_why_it_fell_so(shop, desk):
    desk.post("/visits/")
    desk.post("/visits/", {"named": shop.owner.pk})
    theirs = factories.CustomerFactory(branch=shop.branch, owner=shop.colleague)
    desk.post("/visits/", {"customer": theirs.pk})
    page = page_of(desk)
    assert "Was next: fewest turns of those who were free." in page
    assert "They asked for 陈晓静, who is with somebody and keeps the turn: was next." in page
    assert "Passed over: 陈晓静 (receiving)." in page
    assert "A returning customer goes to their owner." in page
    assert page.count("costs no turn") == 1


def test_r1_2_a_turn_given_back_says_so(shop, desk):
    desk.post("/visits/")
    theirs = factories.CustomerFactory(branch=shop.branch, owner=shop.colleague)
    visits.attach_customer(Visit.objects.get(), theirs, by=shop.owner, now=timezone.now())
    assert "turn given back" in page_of(desk)


def test_r1_2_who_is_with_whom_stands_on_the_roster(shop, desk):
    theirs = factories.CustomerFactory(branch=shop.branch, owner=shop.colleague, name="李娜 & 张伟")
    desk.post("/visits/", {"customer": theirs.pk})
    desk.post("/visits/")
    page = page_of(desk)
    assert "李娜 &amp; 张伟" in page
    assert "2 visitors" in page
    assert Visit.objects.first().get_absolute_url() in page


def test_f1_how_the_day_begins_is_said(shop, desk):
    assert "yesterday&#x27;s best closer first" in page_of(desk)
    RotationRules.objects.create(branch=shop.branch, first_place="plain")
    assert "plain order every day" in page_of(desk)


def test_the_roster_alone_answers_the_part_that_refreshes_itself(desk):
    part = desk.get("/rotation/", headers={"HX-Request": "true"}).content.decode()
    assert part.lstrip().startswith('<div class="stack stack--loose" id="roster"')
    assert "Step away" not in part, "what somebody types is not in a part that is replaced"


# --- Stepping away ----------------------------------------------------------------------------
def test_r1_2_one_steps_away_with_a_reason_of_the_branch(shop, desk, lunch):
    page = desk.post("/rotation/absence/", {"colleague": shop.owner.pk, "reason": lunch.pk}, follow=True)
    assert "Lunch" in page.content.decode()
    place = RotationPlace.objects.get(consultant=shop.owner)
    assert (place.away_reason, place.away_why) == (lunch, "")


@time_machine.travel("2026-05-16T04:00:00Z", tick=False)
def test_r1_2_back_at_is_a_time_of_the_branch(shop, desk, lunch):
    data = {"colleague": shop.owner.pk, "reason": lunch.pk, "back_at": "13:15"}
    desk.post("/rotation/absence/", data)
    assert RotationPlace.objects.get(consultant=shop.owner).back_at.isoformat() == "2026-05-16T05:15:00+00:00"
    assert "back at 13:15" in page_of(desk)


@time_machine.travel("2026-05-16T04:00:00Z", tick=False)
@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({"why": " \u200b"}, "Say why"),
        ({"why": "x" * 61}, "at most 60"),
        ({"why": "Dentist", "back_at": "11:00"}, "still to come today"),
        ({"why": "Dentist", "back_at": "soon"}, "Type a time as 14:30."),
        ({"why": "Dentist", "reason": "999999"}, "Select a valid choice"),
        ({"why": "Dentist", "reason": "x" * 2000}, "valid"),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_nothing_is_lost(shop, desk, data, sentence):
    response = desk.post("/rotation/absence/", {"colleague": shop.owner.pk, **data})
    page = response.content.decode()
    assert response.status_code == 422
    assert sentence in page
    assert not RotationPlace.objects.filter(away_since__isnull=False).exists()
    if data["why"] == "Dentist":
        assert 'value="Dentist"' in page


def test_reasons_of_the_neighbour_and_those_switched_off_are_not_offered(shop, desk):
    reason(shop.other_branch, "Next door")
    reason(shop.branch, "Long ago", is_active=False)
    page = page_of(desk)
    assert "Next door" not in page
    assert "Long ago" not in page


def test_f1_the_history_says_who_came_back_and_what_it_cost(shop, desk):
    errand = reason(shop.branch, "Errand", is_made_up=False)
    desk.post("/rotation/absence/", {"colleague": shop.owner.pk, "reason": errand.pk})
    for _ in range(2):
        desk.post("/visits/")
        visits.end(Visit.objects.first(), outcome="undecided", by=None, now=timezone.now())
    desk.post(f"/rotation/{shop.owner.pk}/presence/")
    page = page_of(desk)
    assert "Came back · Errand · turns not made up: 2" in page
    assert "2 forgone" in page


# --- Receiving with a word or two more -----------------------------------------------------------
def test_f1_the_receive_control_asks_whom_they_want(shop, desk):
    page = page_of(desk, "/")
    for person in (shop.owner, shop.colleague, shop.manager):
        assert f'<option value="{person.pk}">{person.display_name}</option>' in page
    assert f'<option value="{shop.artist.pk}">' not in page
    page = desk.post("/visits/", {"named": shop.colleague.pk}, follow=True).content.decode()
    assert "asked for 周敏" in page
    assert Visit.objects.get().consultant == shop.colleague


@pytest.mark.parametrize("who", ["artist", "neighbour"])
def test_who_cannot_be_asked_for_is_not_there(shop, desk, who):
    assert desk.post("/visits/", {"named": getattr(shop, who).pk}).status_code == 404
    assert not Visit.objects.exists()


@pytest.mark.parametrize("typed", ["x", "²", "-1", "9" * 40, "\x00"])
def test_a_crafted_name_is_not_there(desk, typed):
    assert desk.post("/visits/", {"named": typed}).status_code == 404


@pytest.mark.parametrize(
    ("came", "minutes"), [("5", 5), ("", 0), ("x", 0), ("7", 0), ("-5", 0), ("9" * 50, 0)]
)
def test_r1_5_they_came_some_minutes_ago(desk, came, minutes):
    desk.post("/visits/", {"came": came})
    visit = Visit.objects.get()
    waited = (visit.turn.taken_at - visit.arrived_at).total_seconds()
    assert waited == minutes * 60


# --- The wall ---------------------------------------------------------------------------------
def test_r9_9_the_wall_shows_how_they_are_greeted_and_no_face_to_lose(shop, desk, lunch):
    customer = factories.CustomerFactory(
        branch=shop.branch, owner=shop.owner, name="李娜 & 张伟 (bill open)", special_care="Pregnant"
    )
    factories.Member.objects.create(customer=customer, name="李娜", salutation="ms", role="bride")
    knowledge.add_taboo(customer, "Never mention her father", by=shop.owner, now=timezone.now())
    desk.post("/visits/", {"customer": customer.pk})
    rotation.step_away(
        branch=shop.branch,
        consultant=shop.colleague,
        reason=lunch,
        why="stomach",
        by=None,
        now=timezone.now(),
    )
    page = page_of(desk, "/rotation/board/")
    assert "Ms Li" in page
    assert "Lunch" in page
    for secret in ("bill open", "Pregnant", "father", "stomach"):
        assert secret not in page


def test_r1_2_the_wall_says_who_is_next_then_and_who_is_on_the_telephone(shop, desk):
    third = factories.make_person(shop.branch, "consultant", "许静", "小许", shop.front_desk)
    IncomingCall.objects.create(branch=shop.branch, state="talking", handler=shop.owner)
    page = page_of(desk, "/rotation/board/")
    assert page.index("Up next") < page.index("周敏") < page.index(third.display_name)
    assert page.index(third.display_name) < page.index("On the telephone")
    part = desk.get("/rotation/board/", headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in part
    assert 'data-live="10"' in part


def test_the_wall_of_an_empty_house_says_that_nobody_is_there(shop, sign_in):
    assert "Nobody is there" in page_of(sign_in(shop.neighbour), "/rotation/board/")


def test_r1_2_the_wall_of_the_neighbour_shows_nobody_of_ours(shop, desk, sign_in):
    desk.post("/visits/")
    page = page_of(sign_in(shop.neighbour), "/rotation/board/")
    assert "陈晓静" not in page


def test_queries_do_not_grow_with_the_day(shop, desk, django_assert_max_num_queries):
    team = Team.objects.create(branch=shop.branch, name_en="A", name_zh_hans="A", name_zh_hant="A")

    def fill(count: int) -> None:
        for number in range(count):
            person = factories.make_person(shop.branch, "consultant", f"门市{number}", "", shop.front_desk)
            person.memberships.update(team=team)
            customer = factories.CustomerFactory(branch=shop.branch, owner=person)
            visits.receive(branch=shop.branch, by=None, now=timezone.now(), customer=customer)
            visits.receive(branch=shop.branch, by=None, now=timezone.now(), named=person)
            rotation.step_away(
                branch=shop.branch, consultant=person, reason=reason(shop.branch), by=None, now=timezone.now()
            )

    addresses = ("/rotation/", "/rotation/board/")
    fill(2)
    few = {}
    for address in addresses:
        desk.get(address)
        with django_assert_max_num_queries(45) as seen:
            desk.get(address)
        few[address] = len(seen.captured_queries)
    fill(12)
    for address in addresses:
        with django_assert_max_num_queries(few[address]):
            desk.get(address)


# --- Settings ---------------------------------------------------------------------------------
def test_f1_the_rules_are_set_in_the_settings_within_bounds(shop, sign_in):
    own = sign_in(shop.general_manager)
    data = {
        "branch": shop.branch.pk,
        "first_place": "turning",
        "unnamed_to_owner": "on",
        "first_share": "100",
        "greet_within": "3",
        "ring_at_most": "20",
        "call_back_after": "10",
    }
    page = own.post("/admin/workflow/rotationrules/add/", data).content.decode()
    assert "Between 1 and 99 per cent." in page
    assert own.post("/admin/workflow/rotationrules/add/", {**data, "first_share": "60"}).status_code == 302
    rules = rotation.rules_of(shop.branch)
    assert (rules.first_place, rules.team_first, rules.greet_within) == ("turning", False, 3)
