"""How the house looked after who was in it: every figure against a count by hand of the rows (R5.1, R5.4,
R12.1)."""

import random
import re
from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.workflow.shoots import arrived, party, presence, second_artist, shot_and_back
from workflow import day, gaps, handoffs, house_record, side_trips
from workflow.models import HouseRules, Presence, StayKind

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


@pytest.fixture
def frozen(now):
    with time_machine.travel(now + 5 * HOUR, tick=False) as clock:
        yield clock


def record(shop, now, days: int = 0) -> house_record.Record:
    today = shop.branch.today(now)
    return house_record.of(shop.branch, today - timedelta(days=days), today, now=now)


@pytest.fixture
def busy(shop, now):
    """A day with everything in it: hand-offs, a gap, a side trip, a return, an offer that waited."""
    order = arrived(shop, now=now)
    bride, groom = party(order)
    back = handoffs.offer(order, members=[bride, groom], to=shop.styling, by=shop.owner, now=now + 5 * MINUTE)
    handoffs.send_back(back, why="The sheet is not complete", by=shop.artist, now=now + 6 * MINUTE)
    rows = handoffs.offer(
        order, members=[bride, groom], to=shop.styling, by=shop.owner, now=now + 10 * MINUTE
    )
    handoffs.accept(rows, by=shop.artist, now=now + 20 * MINUTE)
    side_trips.step_out(order, members=[groom], place="car", by=shop.artist, now=now + 30 * MINUTE)
    side_trips.come_back(order, members=[groom], by=shop.artist, now=now + 42 * MINUTE)
    gaps.leave_alone(order, members=[bride], by=shop.artist, now=now + 50 * MINUTE)
    gaps.take_care(order, members=[bride], by=shop.colleague, now=now + 57 * MINUTE)
    return order


def test_r5_1_gaps_are_counted_measured_and_placed(shop, now, busy) -> None:
    found = record(shop, now + 2 * HOUR)
    assert (len(found.gaps), found.gap_seconds, found.longest_gap) == (1, 420, 420)
    assert [(place.kind, times, seconds) for place, times, seconds in found.gaps_by_department()] == [
        ("styling", 1, 420)
    ]
    assert dict(found.gaps_by_hour())[12] == 420, "noon in the branch's own clock"
    assert (found.people, found.parties) == (2, 1)


def test_r5_1_time_with_people_and_gaps_is_the_time_in_the_house(shop, now, busy) -> None:
    found = record(shop, now + 2 * HOUR)
    assert found.in_house == 2 * 2 * 3600
    assert found.with_people + found.gap_seconds == found.in_house
    assert house_record.total(found.side_trips) == 12 * 60


def test_r5_1_a_gap_that_is_still_open_counts_to_now(shop, now) -> None:
    order = arrived(shop, now=now)
    gaps.leave_alone(order, members=party(order)[:1], by=shop.owner, now=now + MINUTE)
    assert record(shop, now + 4 * MINUTE).longest_gap == 180


def test_r4_4_arrival_to_styling_against_the_rule_of_the_house(shop, now, busy) -> None:
    found = record(shop, now + 2 * HOUR)
    assert [(wait.seconds, wait.too_long) for wait in found.styling] == [(1200, True)]
    HouseRules.objects.create(branch=shop.branch, styling_within_minutes=20)
    assert [wait.too_long for wait in record(shop, now + 2 * HOUR).styling] == [False]


def test_r5_1_offers_that_waited_too_long(shop, now, busy) -> None:
    found = record(shop, now + 2 * HOUR)
    assert [(wait.seconds, wait.too_long) for wait in found.offers] == [(60, False)] * 2 + [(600, True)] * 2


def test_r5_1_given_and_taken_at_once_waits_for_nobody(shop, now, busy) -> None:
    before = len(record(shop, now + 2 * HOUR).offers)
    handoffs.together(
        busy, members=party(busy)[1:], to=shop.shooting, receiver=shop.photographer, by=shop.photographer,
        now=now + HOUR,
    )  # fmt: skip
    assert len(record(shop, now + 2 * HOUR).offers) == before


def test_r5_4_returns_stand_by_department_with_their_reasons(shop, now, busy) -> None:
    found = record(shop, now + 2 * HOUR).returns_by_department()
    assert [(place.kind, [row.why for row in rows]) for place, rows in found] == [
        ("styling", ["The sheet is not complete"] * 2)
    ]


def test_r12_2_work_stands_by_department_and_name_and_a_gap_is_nobodys(shop, now, busy) -> None:
    found = record(shop, now + 2 * HOUR)
    work = {row.user: row for row in found.workload()}
    assert work[shop.owner].seconds == 2 * 20 * 60
    assert work[shop.artist].taken == 2
    assert sum(row.seconds for row in found.workload()) == found.with_people
    names = [(row.department.pk, row.user.display_name) for row in found.workload()]
    assert names == sorted(names)


def test_a_day_begins_and_ends_at_the_branchs_midnight(shop, now) -> None:
    """Somebody who stays past midnight counts on both days, each with its part."""
    late = shop.branch.day_bounds(shop.branch.today(now))[1] - 30 * MINUTE
    order = arrived(shop, now=late)
    gaps.leave_alone(order, members=party(order), by=shop.owner, now=late + 20 * MINUTE)
    after = late + 2 * HOUR
    today, tomorrow = shop.branch.today(late), shop.branch.today(after)
    first = house_record.of(shop.branch, today, today, now=after)
    second = house_record.of(shop.branch, tomorrow, tomorrow, now=after)
    both = house_record.of(shop.branch, today, tomorrow, now=after)
    assert (first.in_house, first.gap_seconds) == (2 * 1800, 2 * 600)
    assert (second.in_house, second.gap_seconds) == (2 * 5400, 2 * 5400)
    assert both.in_house == first.in_house + second.in_house
    assert len(both.gaps) == 2


# --- By brute force --------------------------------------------------------------------------------
def a_day(shop, now, chance: random.Random):
    """Three parties that are moved about at random; answers the end of it."""
    shop.other_artist = second_artist(shop)
    orders = [arrived(shop, now=now + number * 7 * MINUTE, resources=[]) for number in range(3)]
    at = now + 30 * MINUTE
    for _press in range(40):
        at += timedelta(seconds=chance.randrange(1, 400))
        order = chance.choice(orders)
        here = list(Presence.objects.filter(work_order=order, left_at=None))
        if not here:
            continue
        members = [one.member for one in chance.sample(here, chance.randrange(1, len(here) + 1))]
        one = Presence.objects.get(member=members[0], left_at=None)
        same = [
            m
            for m in members
            if (presence(order, m.name).with_user, presence(order, m.name).kind) == (one.with_user, one.kind)
        ]
        if one.kind == StayKind.ALONE:
            gaps.take_care(order, members=same, by=chance.choice([shop.owner, shop.artist]), now=at)
        elif one.kind == StayKind.STEPPED_OUT:
            side_trips.come_back(order, members=same, by=one.with_user, now=at)
        else:
            act = chance.choice(["alone", "out", "relief", "relief", "relief"])
            if act == "alone":
                gaps.leave_alone(order, members=same, by=one.with_user, now=at)
            elif act == "out":
                side_trips.step_out(order, members=same, place="car", by=one.with_user, now=at)
            else:
                why = {"why": "because"}
                to, who = chance.choice(
                    [(shop.styling, shop.other_artist), (shop.front_desk, shop.colleague)]
                )
                if who != one.with_user:
                    rows = handoffs.offer(order, members=same, to=to, by=shop.manager, now=at, **why)
                    at += timedelta(seconds=chance.randrange(1, 400))
                    handoffs.accept(rows, by=who, now=at)
    return orders, at + 10 * MINUTE


@pytest.mark.parametrize("seed", range(4))
def test_every_figure_is_what_a_count_second_by_second_finds(shop, now, seed) -> None:
    _orders, end = a_day(shop, now, random.Random(seed))
    found = record(shop, end)
    seconds = {"house": 0, "alone": 0, "out": 0}
    hours: dict[int, int] = {}
    people: dict[int, int] = {}
    rows = [
        list(one.stays.filter(superseded_by=None).order_by("since", "pk")) for one in Presence.objects.all()
    ]
    moment = now
    while moment < end:
        for stays in rows:
            here = [
                stay for stay in stays if stay.since <= moment and (stay.until is None or moment < stay.until)
            ]
            assert len(here) <= 1
            for stay in here:
                seconds["house"] += 1
                if stay.kind in seconds:
                    seconds[stay.kind] += 1
                if stay.kind == "alone":
                    hour = moment.astimezone(shop.branch.zone).hour
                    hours[hour] = hours.get(hour, 0) + 1
                else:
                    people[stay.user_id] = people.get(stay.user_id, 0) + 1
        moment += timedelta(seconds=1)
    assert (found.in_house, found.gap_seconds) == (seconds["house"], seconds["alone"])
    assert house_record.total(found.side_trips) == seconds["out"]
    assert {hour: each for hour, each in found.gaps_by_hour() if each} == hours
    by_user: dict[int, float] = {}
    for work in found.workload():
        by_user[work.user.pk] = by_user.get(work.user.pk, 0) + work.seconds
    assert by_user == people


# --- The page ----------------------------------------------------------------------------------------
def test_r12_1_each_figure_opens_its_rows(shop, sign_in, busy, frozen) -> None:
    client = sign_in(shop.manager)
    text = client.get("/house/record/").content.decode()
    for words in ("7 min", "12 min", "The sheet is not complete", "styling", "王芳"):
        assert words in text, words
    links = set(re.findall(r'href="(/house/record/[a-z]+/\?[^"]+)"', text))
    assert {link.split("/")[3] for link in links} >= {
        "house",
        "gaps",
        "styling",
        "offers",
        "trips",
        "returns",
        "late",
    }
    for link in links:
        shown = client.get(link.replace("&amp;", "&"))
        assert shown.status_code == 200, link
    assert "李娜" in client.get("/house/record/gaps/").content.decode()


def test_r5_6_stepped_out_with_somebody_is_drawn_calmly_and_only_a_gap_is_red(
    shop, sign_in, busy, frozen
) -> None:
    shares = sign_in(shop.manager).get("/house/record/").context["shares"]
    colours = {str(word): colour for word, _minutes, colour in shares}
    assert colours["unattended"] == "bad"
    assert colours["stepped out with somebody"] == 3
    assert list(colours.values()).count("bad") == 1


def test_nobody_was_here_says_so(shop, sign_in) -> None:
    text = sign_in(shop.manager).get("/house/record/").content.decode()
    assert "Nobody was in the house in these days" in text


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("first=2026-05-12&last=2026-05-10", "The last day comes before the first."),
        ("first=0001-01-01&last=2026-05-10", "Choose a day up to today."),
        ("first=9999-12-31&last=9999-12-31", "Choose a day up to today."),
        ("first=2025-01-01&last=2026-05-10", "At most 92 days at once."),
        ("first=yesterday", "Enter a valid date."),
        ("last=%00", "Enter a valid date."),
    ],
)
def test_days_that_cannot_be_are_said_at_the_field(shop, sign_in, frozen, query, says) -> None:
    for address in ("/house/record/", "/house/record/gaps/"):
        response = sign_in(shop.manager).get(f"{address}?{query}")
        assert response.status_code == 422
        if address == "/house/record/":
            assert says in response.content.decode()


def test_a_figure_that_there_is_not_has_no_rows(shop, sign_in) -> None:
    assert sign_in(shop.manager).get("/house/record/nothing/").status_code == 404


def test_the_neighbours_house_has_figures_of_its_own(shop, sign_in, busy, frozen) -> None:
    text = sign_in(shop.neighbour).get("/house/record/").content.decode()
    assert "Nobody was in the house in these days" in text


def test_the_questions_do_not_grow_with_the_house(shop, sign_in, now, frozen) -> None:
    def questions(address: str) -> int:
        client = sign_in(shop.manager)
        client.get(address)
        with CaptureQueriesContext(connection) as captured:
            assert client.get(address).status_code == 200
        return len(captured)

    def fill(count: int) -> None:
        for number in range(count):
            order = shot_and_back(shop, now=now, resources=[])
            gaps.leave_alone(
                order, members=party(order)[:1], by=shop.owner, now=now + 4 * HOUR + number * MINUTE
            )
            rows = handoffs.offer(
                order,
                members=party(order)[1:],
                to=shop.styling,
                why="again",
                by=shop.owner,
                now=now + 4 * HOUR,
            )
            handoffs.send_back(rows, why="not now", by=shop.artist, now=now + 4 * HOUR)

    addresses = [
        "/house/record/",
        *(f"/house/record/{what}/" for what in ("house", "offers", "returns", "styling")),
    ]
    fill(2)
    few = [questions(address) for address in addresses]
    fill(6)
    assert [questions(address) for address in addresses] == few


def test_who_was_seen_off_stays_in_the_record(shop, now, busy) -> None:
    gone = now + 3 * HOUR
    order = arrived(shop, now=now, resources=[], name="Short")
    day.see_off(order, mood="moved", no_date_because="later", by=shop.owner, now=now + 10 * MINUTE)
    assert record(shop, gone).people == 4
