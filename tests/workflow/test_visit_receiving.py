"""The clock from the door, to whom they were lost, and who is told of an ending (R1.3, R1.5)."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from tests import factories
from workflow import visit_endings, visits
from workflow.greeting import greeting_of
from workflow.models import RotationRules, Visit
from workflow.visit_history import of_customer
from workflow.visits import AlreadyEnded

pytestmark = pytest.mark.django_db


@pytest.fixture
def visit(shop, now):
    return visits.receive(branch=shop.branch, by=shop.owner, now=now)


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[tuple[str, Any]]]:
    """What a listener to endings hears: the outcome, and whose the visit is."""
    heard: list[tuple[str, Any]] = []

    def listen(visit: Visit, by: Any, now: datetime) -> None:
        heard.append((visit.outcome, visit.customer))

    monkeypatch.setattr(visit_endings.visit_endings, "_entries", {"test": listen})
    yield heard


# --- The clock --------------------------------------------------------------------------------
def test_r1_5_who_came_some_minutes_ago_has_waited_since_then(shop, now):
    visit = visits.receive(branch=shop.branch, by=None, now=now, came_before=timedelta(minutes=5))
    assert visit.arrived_at == now - timedelta(minutes=5)
    assert visit.turn.taken_at == now
    visit = visits.greet(visit, by=None, now=now + timedelta(minutes=1))
    greeting = greeting_of(visit, RotationRules(branch=shop.branch), now=now + timedelta(hours=1))
    assert (greeting.is_greeted, greeting.waited, greeting.level) == (True, timedelta(minutes=6), "bad")


@pytest.mark.parametrize("came", [timedelta(minutes=-1), timedelta(hours=2)])
def test_r1_5_nobody_comes_in_later_than_now_or_hours_ago(shop, now, came):
    with pytest.raises(ValidationError):
        visits.receive(branch=shop.branch, by=None, now=now, came_before=came)
    assert not Visit.objects.exists()


@pytest.mark.parametrize(
    ("seconds", "level"), [(0, "ok"), (60, "ok"), (61, "warn"), (120, "warn"), (121, "bad"), (-5, "ok")]
)
def test_r1_5_the_clock_warns_before_the_time_is_over(shop, visit, now, seconds, level):
    rules = RotationRules(branch=shop.branch)
    assert greeting_of(visit, rules, now=now + timedelta(seconds=seconds)).level == level


@pytest.mark.parametrize(("seconds", "level"), [(119, "ok"), (120, "ok"), (121, "bad")])
def test_r1_5_greeted_in_time_is_well_and_too_late_is_not(shop, visit, now, seconds, level):
    visit = visits.greet(visit, by=None, now=now + timedelta(seconds=seconds))
    rules = RotationRules(branch=shop.branch)
    assert greeting_of(visit, rules, now=now + timedelta(hours=1)).level == level


def test_r1_5_the_branch_says_within_how_many_minutes(shop, visit, now):
    rules = RotationRules.objects.create(branch=shop.branch, greet_within=10)
    assert greeting_of(visit, rules, now=now + timedelta(minutes=5)).level == "ok"


# --- To which competitor ----------------------------------------------------------------------
def lose(shop: Any, now: datetime, competitor: str = "", reason: str = "competitor") -> Visit:
    visit = visits.receive(branch=shop.branch, by=None, now=now)
    return visits.end(
        visit, outcome="lost", loss_reason=reason, competitor=competitor, by=shop.owner, now=now
    )


def test_r11_4_which_competitor_is_kept_with_the_reason_and_offered_again(shop, now):
    assert lose(shop, now, " Golden\u200b Lady ").competitor == "Golden Lady"
    lose(shop, now, "Golden Lady")
    lose(shop, now, "Aurora")
    lose(shop, now)
    assert visits.competitors_of(shop.branch) == ["Golden Lady", "Aurora"]
    assert visits.competitors_of(shop.other_branch) == []


def test_r11_4_for_another_reason_no_competitor_is_kept(shop, now):
    assert lose(shop, now, "Golden Lady", reason="price").competitor == ""


def test_r11_4_the_competitor_may_be_named_afterwards_and_goes_with_the_outcome(shop, now):
    visit = visits.name_competitor(lose(shop, now), competitor="Aurora", by=shop.owner, now=now)
    assert visit.competitor == "Aurora"
    assert visits.name_competitor(visit, competitor="Aurora", by=None, now=now).version == visit.version
    visit = visits.reopen(visit, by=shop.owner, now=now)
    assert (visit.competitor, visit.loss_reason) == ("", "")
    assert visits.name_competitor(visit, competitor="Aurora", by=None, now=now).competitor == ""


def test_r11_4_a_visit_lost_to_a_competitor_can_still_be_won(shop, now):
    visit = lose(shop, now, "Aurora")
    customer = factories.CustomerFactory(branch=shop.branch, owner=shop.owner)
    visits.attach_customer(visit, customer, by=None, now=now)
    assert of_customer(customer)[0].text == "Was here: Lost (to the competitor Aurora)"
    visit = visits.end(visit, outcome="won", by=None, now=now)
    assert (visit.outcome, visit.competitor) == ("won", "")


# --- Who is told ------------------------------------------------------------------------------
def test_r1_3_an_ending_is_told_once(shop, visit, now, told):
    for _ in range(2):
        visits.end(visit, outcome="undecided", by=shop.owner, now=now)
    assert told == [("undecided", None)]


def test_r2_1_so_is_an_outcome_taken_back_and_a_customer_known_afterwards(shop, visit, now, told):
    customer = factories.CustomerFactory(branch=shop.branch, owner=shop.owner)
    visits.end(visit, outcome="lost", loss_reason="price", by=shop.owner, now=now)
    visits.attach_customer(visit, customer, by=shop.owner, now=now)
    visits.reopen(visit, by=shop.owner, now=now)
    visits.end(visit, outcome="won", by=shop.owner, now=now)
    assert told == [("lost", None), ("lost", customer), ("open", customer), ("won", customer)]


def test_r1_3_who_is_known_while_the_talk_goes_on_is_no_ending(shop, visit, now, told):
    customer = factories.CustomerFactory(branch=shop.branch, owner=shop.owner)
    visits.attach_customer(visit, customer, by=shop.owner, now=now)
    visits.greet(visit, by=shop.owner, now=now)
    visits.describe(visit, version=None, by=None, now=now, notes="x")
    assert told == []


def test_r1_3_a_listener_that_fails_undoes_the_ending(shop, visit, now, monkeypatch):
    def fail(*_: Any) -> None:
        raise RuntimeError

    monkeypatch.setattr(visit_endings.visit_endings, "_entries", {"test": fail})
    with pytest.raises(RuntimeError):
        visits.end(visit, outcome="undecided", by=None, now=now)
    visit.refresh_from_db()
    assert visit.outcome == "open"
    assert not visit.events.filter(kind="ended").exists()


def test_r1_3_a_refused_ending_tells_nobody(shop, visit, now, told):
    visits.end(visit, outcome="undecided", by=None, now=now)
    with pytest.raises(AlreadyEnded):
        visits.end(visit, outcome="lost", loss_reason="price", by=None, now=now)
    assert len(told) == 1
