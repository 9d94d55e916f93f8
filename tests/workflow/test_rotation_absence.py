"""Stepping away, on the telephone, late, on leave: what becomes of the turns missed meanwhile (R1.2, F1)."""

from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from studio.staff.models import LeaveDay, User
from tests import factories
from tests.workflow import shoots
from workflow import rotation, visits
from workflow.models import AwayReason, IncomingCall, RotationEvent, RotationRules, TurnReason, Visit
from workflow.rotation import Presence, Standing

pytestmark = pytest.mark.django_db


@pytest.fixture
def third(shop: SimpleNamespace) -> User:
    return factories.make_person(shop.branch, "consultant", "许静", "小许", shop.front_desk)


def reason(shop: SimpleNamespace, name: str = "Lunch", **fields: Any) -> AwayReason:
    names = {"name_en": name, "name_zh_hans": name, "name_zh_hant": name}
    return AwayReason.objects.create(branch=shop.branch, **names, **fields)


def come_and_go(shop: SimpleNamespace, now: datetime, times: int) -> list[Visit]:
    """So many parties come in and go again."""
    seen = []
    for minute in range(times):
        at = now + timedelta(minutes=minute)
        visit = visits.receive(branch=shop.branch, by=None, now=at)
        visits.end(visit, outcome="undecided", by=None, now=at)
        seen.append(visit)
    return seen


def standing(shop: SimpleNamespace, person: User, now: datetime) -> Standing:
    return next(one for one in rotation.roster(shop.branch, now=now) if one.consultant == person)


def away(shop: SimpleNamespace, person: User, now: datetime, **more: Any) -> None:
    more.setdefault("why", "Upstairs") if "reason" not in more else None
    rotation.step_away(branch=shop.branch, consultant=person, by=person, now=now, **more)


def back(shop: SimpleNamespace, person: User, now: datetime) -> None:
    rotation.come_back(branch=shop.branch, consultant=person, by=person, now=now)


# --- Reasons --------------------------------------------------------------------------------
def test_r1_2_a_reason_says_why_and_when_they_are_back(shop, now):
    lunch = reason(shop, minutes=30)
    away(shop, shop.owner, now, reason=lunch, why="noodles")
    seen = standing(shop, shop.owner, now)
    assert (seen.presence, seen.reason, seen.why_away) == (Presence.AWAY, lunch, "Lunch · noodles")
    assert seen.back_at == now + timedelta(minutes=30)


def test_r1_2_another_reason_keeps_since_when(shop, now):
    away(shop, shop.owner, now, reason=reason(shop, minutes=30))
    later = now + timedelta(minutes=10)
    away(shop, shop.owner, later, why="Dentist", back_at=now + timedelta(hours=2))
    seen = standing(shop, shop.owner, later)
    assert (seen.since, seen.why_away, seen.reason) == (now, "Dentist", None)
    assert seen.back_at == now + timedelta(hours=2)


@pytest.mark.parametrize("offset", [timedelta(0), timedelta(minutes=-1), timedelta(days=1)])
def test_back_at_lies_ahead_and_today(shop, now, offset):
    with pytest.raises(ValidationError) as refusal:
        away(shop, shop.owner, now, why="Dentist", back_at=now + offset)
    assert "back_at" in refusal.value.message_dict
    assert standing(shop, shop.owner, now).presence == Presence.READY


def test_a_reason_of_the_neighbour_branch_is_refused(shop, now):
    names = {"name_en": "x", "name_zh_hans": "x", "name_zh_hant": "x"}
    other = AwayReason.objects.create(branch=shop.other_branch, **names)
    with pytest.raises(ValidationError):
        away(shop, shop.owner, now, reason=other)


def test_r1_2_the_history_tells_who_went_and_came(shop, now):
    lunch = reason(shop)
    away(shop, shop.owner, now, reason=lunch)
    back(shop, shop.owner, now + timedelta(minutes=5))
    back(shop, shop.owner, now + timedelta(minutes=6))
    events = RotationEvent.objects.order_by("pk")
    assert [(event.kind, event.parameters["reason"]) for event in events] == [
        ("stepped_away", lunch.pk),
        ("came_back", lunch.pk),
    ]


# --- Made up, or forgone --------------------------------------------------------------------
def test_f1_turns_missed_at_a_meeting_are_made_up_and_say_so(shop, third, now):
    away(shop, shop.owner, now, reason=reason(shop, "Meeting", is_made_up=True))
    come_and_go(shop, now, 4)
    back(shop, shop.owner, now)
    assert standing(shop, shop.owner, now).forgone == 0
    seen = come_and_go(shop, now, 3)
    assert [visit.consultant for visit in seen] == [shop.owner, shop.owner, shop.owner]
    assert {visit.turn.reason for visit in seen[:2]} == {TurnReason.MADE_UP}
    assert seen[2].turn.reason == TurnReason.NEXT, "the third is the regular round again"


def test_f1_turns_missed_on_a_private_errand_are_forgone(shop, third, now):
    away(shop, shop.owner, now, reason=reason(shop, "Errand", is_made_up=False))
    come_and_go(shop, now, 4)
    back(shop, shop.owner, now)
    mine = standing(shop, shop.owner, now)
    assert (mine.turns, mine.forgone, mine.weight) == (0, 2, 2)
    seen = come_and_go(shop, now, 3)
    assert [visit.consultant for visit in seen] == [shop.owner, shop.colleague, third]
    assert {visit.turn.reason for visit in seen} == {TurnReason.NEXT}
    assert RotationEvent.objects.get(kind="came_back").parameters["forgone"] == 2


def test_f1_a_branch_that_makes_up_nothing_levels_everybody_who_comes_back(shop, third, now):
    RotationRules.objects.create(branch=shop.branch, make_up=False)
    away(shop, shop.owner, now, reason=reason(shop, "Meeting", is_made_up=True))
    come_and_go(shop, now, 4)
    back(shop, shop.owner, now)
    assert standing(shop, shop.owner, now).weight == 2


def test_f1_who_had_more_turns_than_the_rest_loses_none_by_stepping_away(shop, now):
    come_and_go(shop, now, 1)
    away(shop, shop.owner, now, reason=reason(shop, "Errand", is_made_up=False))
    back(shop, shop.owner, now)
    mine = standing(shop, shop.owner, now)
    assert (mine.turns, mine.forgone) == (1, 0)


def test_f1_coming_back_to_an_empty_house_forgoes_nothing(shop, now):
    come_and_go(shop, now, 2)
    errand = reason(shop, "Errand", is_made_up=False)
    for person in (shop.owner, shop.colleague):
        away(shop, person, now, reason=errand)
    back(shop, shop.owner, now)
    assert standing(shop, shop.owner, now).forgone == 0


def test_f1_who_was_busy_makes_up_the_turn_that_went_past(shop, third, now):
    long_talk = visits.receive(branch=shop.branch, by=None, now=now)
    come_and_go(shop, now, 3)
    visits.end(long_talk, outcome="undecided", by=None, now=now)
    seen = visits.receive(branch=shop.branch, by=None, now=now)
    assert (seen.consultant, seen.turn.reason) == (shop.owner, TurnReason.MADE_UP)


def test_f1_the_last_of_a_round_makes_up_nothing(shop, third, now):
    """Passed over long ago and level again: being the last in the round is no missed turn."""
    first = visits.receive(branch=shop.branch, by=None, now=now)
    come_and_go(shop, now, 3)
    visits.end(first, outcome="undecided", by=None, now=now)
    reasons = [(visit.consultant, visit.turn.reason) for visit in come_and_go(shop, now, 8)]
    assert reasons[0] == (shop.owner, TurnReason.MADE_UP)
    assert {why for _who, why in reasons[1:]} == {TurnReason.NEXT}


# --- Who joins in the course of the day -------------------------------------------------------
def test_f1_a_newcomer_starts_level_and_last(shop, now):
    come_and_go(shop, now, 4)
    new = factories.make_person(shop.branch, "consultant", "新来的", "", shop.front_desk)
    shown = standing(shop, new, now)
    assert (shown.turns, shown.forgone, shown.place) == (0, 2, 3)
    seen = come_and_go(shop, now, 3)
    assert [visit.consultant for visit in seen] == [shop.owner, shop.colleague, new]
    assert RotationEvent.objects.get().kind == "joined"
    assert standing(shop, new, now).forgone == 2, "kept, and not reckoned anew"


def test_f1_who_comes_back_from_leave_starts_level(shop, third, now):
    day = shop.branch.today(now)
    factories.LeaveFactory(
        branch=shop.branch, user=shop.owner, deputy=shop.colleague, starts_on=day, ends_on=day
    )
    come_and_go(shop, now, 4)
    assert standing(shop, shop.owner, now).presence == Presence.OFF
    LeaveDay.objects.update(is_granted=False)
    assert standing(shop, shop.owner, now).weight == 2
    seen = come_and_go(shop, now, 3)
    assert [visit.consultant for visit in seen] == [shop.owner, shop.colleague, third]
    assert RotationEvent.objects.get().kind == "back_from_leave"


def test_f1_who_falls_ill_and_comes_back_after_all_starts_level(shop, now):
    come_and_go(shop, now, 1)
    day = shop.branch.today(now)
    factories.LeaveFactory(
        branch=shop.branch, user=shop.owner, deputy=shop.colleague, starts_on=day, ends_on=day
    )
    come_and_go(shop, now, 4)
    LeaveDay.objects.update(is_granted=False)
    rotation.locked_day(shop.branch, now)
    mine = standing(shop, shop.owner, now)
    assert (mine.turns, mine.weight) == (1, 4)
    kinds = list(RotationEvent.objects.order_by("pk").values_list("kind", flat=True))
    assert kinds == ["went_off", "back_from_leave"]


def test_f1_who_is_off_or_away_is_not_what_others_are_levelled_with(shop, third, now):
    away(shop, third, now, why="Upstairs")
    come_and_go(shop, now, 4)
    new = factories.make_person(shop.branch, "consultant", "新来的", "", shop.front_desk)
    assert standing(shop, new, now).weight == 2, "third, who is away, has none"


# --- On the telephone (R1.5) -----------------------------------------------------------------
def ring(shop: SimpleNamespace, person: User, now: datetime, **fields: Any) -> IncomingCall:
    values = {"state": "talking", "handler": person, "rang_at": now, "answered_at": now, **fields}
    return IncomingCall.objects.create(branch=shop.branch, **values)


def test_r1_5_who_is_on_the_telephone_is_passed_over_and_makes_it_up(shop, now):
    call = ring(shop, shop.owner, now)
    mine = standing(shop, shop.owner, now)
    assert (mine.presence, mine.since, mine.is_here) == (Presence.ON_PHONE, now, True)
    visit = come_and_go(shop, now, 1)[0]
    assert visit.consultant == shop.colleague
    assert visit.turn.passed_over == [{"consultant": shop.owner.pk, "why": "on_phone"}]
    IncomingCall.objects.filter(pk=call.pk).update(state="done", ended_at=now)
    seen = come_and_go(shop, now, 1)[0]
    assert (seen.consultant, seen.turn.reason) == (shop.owner, TurnReason.MADE_UP)


def test_r1_5_where_the_others_are_with_customers_who_telephones_ends_the_call(shop, now):
    ring(shop, shop.colleague, now)
    visits.receive(branch=shop.branch, by=None, now=now)
    assert rotation.next_up(shop.branch, now=now) == shop.colleague
    assert visits.receive(branch=shop.branch, by=None, now=now).consultant == shop.colleague


@pytest.mark.parametrize(
    "fields",
    [
        {"state": "done"},
        {"state": "parked", "number": "+8613800138000"},
        {"state": "waiting", "handler": None, "answered_at": None},
        {"days": 1},
    ],
    ids=["done", "parked", "waiting", "yesterday"],
)
def test_r1_5_only_a_call_of_today_that_is_on_keeps_somebody_busy(shop, now, fields):
    if fields.get("state") == "done":
        fields = {**fields, "ended_at": now}
    if fields.get("state") == "parked":
        fields = {**fields, "call_back_at": now}
    at = now - timedelta(days=fields.pop("days", 0)) if "days" in fields else now
    ring(shop, shop.owner, at, **fields)
    assert standing(shop, shop.owner, now).presence == Presence.READY


# --- With whom (R1.2) ------------------------------------------------------------------------
def test_r1_2_the_roster_tells_who_is_with_whom_since_when(shop, now):
    customer = factories.CustomerFactory(branch=shop.branch, owner=shop.owner)
    visits.receive(branch=shop.branch, by=None, now=now, customer=customer)
    later = now + timedelta(minutes=3)
    visits.receive(branch=shop.branch, by=None, now=later)
    mine, other = standing(shop, shop.owner, later), standing(shop, shop.colleague, later)
    assert [(one.customer, one.since) for one in mine.company] == [(customer, now)]
    assert [(one.customer, one.size, one.greeting) for one in other.company] == [(None, 2, "")]


def test_r5_1_who_has_a_party_of_the_day_in_hand_is_busy_until_it_is_taken_over(shop, now):
    order = shoots.arrived(shop, now=now)
    mine = standing(shop, shop.owner, now)
    assert (mine.presence, mine.since) == (Presence.BUSY, now)
    assert [(one.customer, one.size) for one in mine.company] == [(order.booking.customer, 2)]
    assert rotation.next_up(shop.branch, now=now) == shop.colleague
    shoots.bring(order, shop.styling, giver=shop.owner, receiver=shop.artist, now=now)
    assert standing(shop, shop.owner, now).presence == Presence.READY


def test_r1_2_a_party_that_nobody_saw_off_yesterday_keeps_nobody_busy_today(shop, now):
    shoots.arrived(shop, now=now - timedelta(days=1))
    assert standing(shop, shop.owner, now).presence == Presence.READY
