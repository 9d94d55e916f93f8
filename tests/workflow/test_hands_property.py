"""Whatever people press in whatever order: each member in the house is with exactly one person or in a measured
gap, and time with people + gaps = time in the house, to the microsecond (R5.1, R5.6)."""

import random
from datetime import timedelta
from itertools import pairwise

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from studio.staff.models import LeaveDay
from tests import factories
from tests.workflow.hands_model import Day, House, Piece, lived, total
from tests.workflow.shoots import make_family, make_order, party, reread, second_artist
from workflow import day, gaps, hand_watch, handoffs, presences, side_trips
from workflow.models import HandOff, LateRecord, LookState, Presence, Stay
from workflow.presences import Hands
from workflow.refusals import Refused

FITTING = "fitting"  # whoever may really do it, so that many examples get far
PEOPLE = ["owner", "colleague", "artist", "other_artist", "photographer", "manager", *[FITTING] * 8]
PLACES = ["front_desk", "styling", "shooting", "selection"]
OFTEN = ["offer", "offer", "accept", "accept", "accept", "together", "together", "rewrite", "alone", "care"]
SELDOM = ["arrive", "sheet", "return", "withdraw", "shot", "undone", "see_off", "ill"]
TRIPS = ["step_out", "step_out", "come_back", "come_back", "location", "back_in_the_house"]
step = st.tuples(
    st.sampled_from(OFTEN) | st.sampled_from(SELDOM) | st.sampled_from(TRIPS),
    st.sampled_from(PEOPLE),
    st.sets(st.integers(0, 2), min_size=1),
    st.sampled_from(PLACES),
    # Seconds and microseconds, and clocks that differ.
    st.integers(-2 * 60 * 10**6, 30 * 60 * 10**6),
    st.integers(0, 2**16),
)
MINUTE = 60 * 10**6
LONG_DAY = [
    ("arrive", "owner", {0, 1, 2}, "front_desk", MINUTE, 0),
    ("sheet", "owner", {0}, "front_desk", MINUTE, 0),
    ("offer", "owner", {0, 1}, "styling", 5 * MINUTE, 0),
    ("accept", "artist", {0, 1}, "styling", 2 * MINUTE, 0),
    ("step_out", "artist", {0}, "styling", MINUTE, 0),
]


@pytest.fixture
def expected(shop, now):
    """A party of three that is expected now; every example begins from here."""
    shop.other_artist = second_artist(shop)
    order = make_order(shop, now=now, resources=[])
    make_family(order, 1)
    return shop, order


class Rollback(Exception):
    pass


@settings(
    max_examples=15,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=st.lists(step, min_size=8, max_size=26), started=st.booleans())
def test_r5_1_each_member_is_with_one_person_or_in_a_measured_gap(expected, now, steps, started) -> None:
    shop, order = expected
    try:
        with transaction.atomic():
            play(shop, order, now, (LONG_DAY if started else []) + steps)
            raise Rollback
    except Rollback:
        pass


def play(shop, order, now, steps) -> None:
    order = reread(order)
    house, moment = House(), now
    for kind, who, chosen, place, microseconds, seed in steps:
        moment += timedelta(microseconds=microseconds)
        members = [member for index, member in enumerate(party(order)) if index in chosen]
        person = fitting(shop, order, kind, members, house) if who == FITTING else getattr(shop, who)
        try:
            with transaction.atomic():
                ACTS[kind](shop, order, person, members, getattr(shop, place), moment, house, seed)
                settled()
        except Refused:
            pass
        check_now(order, house)
    check_all(order, house, moment)


def settled() -> None:
    """What is looked at when a transaction ends, now."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def fitting(shop, order, kind, members, house):
    """The holder for what a holder does, a colleague of the receiving department for what they do."""
    first = members[0]
    offer = HandOff.objects.open().filter(member=first).first()
    if kind in {"accept", "return", "care", "together"} and offer:
        there = [shop.owner, shop.colleague, shop.artist, shop.other_artist, shop.photographer]
        places = {person.pk: handoffs.place_of(person, shop.branch) for person in there}
        fits = [p for p in there if places[p.pk].department_id == offer.to_department_id]
        return next((p for p in fits if p.pk != offer.giver_id), shop.manager)
    here = Presence.objects.filter(work_order=order, member=first, left_at=None).first()
    return here.with_user if here and kind not in {"shot", "undone", "sheet", "see_off"} else shop.owner


# --- What people press, and what we expect of it -------------------------------------------------------
def offers_among(members):
    return list(HandOff.objects.open().filter(member__in=[member.pk for member in members]))


def arrive(shop, order, person, members, place, moment, house, seed) -> None:
    day.arrive(order, members=members, by=person, now=moment, received_by=person)
    for member in members:
        house.arrive(member.pk, person.pk, moment)


def sheet(shop, order, person, members, place, moment, house, seed) -> None:
    day.issue_sheet(order, by=person, now=moment)


def offer(shop, order, person, members, place, moment, house, seed) -> None:
    for row in handoffs.offer(order, members=members, to=place, by=person, now=moment, why="because"):
        house.offers.setdefault(row.member_id, row.giver_id)


def accept(shop, order, person, members, place, moment, house, seed) -> None:
    offers = offers_among(members)
    began = {row.member_id: row.offered_at for row in offers}
    for row in handoffs.accept(offers, by=person, now=moment):
        take(house, row.member_id, row.to_department.kind, person, max(moment, began[row.member_id]))


def take(house, member, kind, person, moment) -> None:
    """Out on location they give and take as well; elsewhere whoever takes over has them in the house."""
    here = house.here(member)
    stays_out = here.now.kind == "location" and kind in {"styling", "shooting"}
    here.turn(person.pk, "location" if stays_out else "with", moment)
    house.offers.pop(member, None)


def together(shop, order, person, members, place, moment, house, seed) -> None:
    """By the receiver; half of the time by the giver, with the receiver's badge."""
    began = {row.member_id: row.offered_at for row in offers_among(members)}
    here = {m.pk: house.here(m.pk) for m in members if house.here(m.pk)}
    presser = Presence.objects.filter(member=members[0], left_at=None).first() if seed % 2 else None
    by = presser.with_user if presser else person
    places = dict(Presence.objects.filter(member__in=here, left_at=None).values_list("member", "department"))
    handoffs.together(order, members=members, to=place, receiver=person, by=by, now=moment, why="because")
    for pk, mine in here.items():
        is_there = (
            places[pk] == place.pk and mine.now.who == person.pk and mine.now.kind in {"with", "location"}
        )
        if not is_there:
            take(house, pk, place.kind, person, max(moment, began.get(pk, moment)))


def send_back(shop, order, person, members, place, moment, house, seed) -> None:
    for row in handoffs.send_back(offers_among(members), why="not right", by=person, now=moment):
        house.offers.pop(row.member_id, None)


def withdraw(shop, order, person, members, place, moment, house, seed) -> None:
    for row in handoffs.withdraw(offers_among(members), by=person, now=moment):
        house.offers.pop(row.member_id, None)


def go(house, members, kind, escort, person, place, moment) -> None:
    for member in members:
        mine = house.here(member.pk)
        along = escort or (person if mine.now.is_gap else None)
        who = along.pk if along else mine.now.who
        row = Presence.objects.get(member=member, left_at=None)
        assert (row.with_user_id, row.kind, row.place) == (who, kind, place)
        if (mine.now.who, mine.now.kind, mine.now.since) != (who, kind, row.since):
            mine.turn(who, kind, moment)
            house.offers.pop(member.pk, None)


def step_out(shop, order, person, members, place, moment, house, seed) -> None:
    escort = [None, shop.colleague, shop.artist, person][seed % 4]
    where = ["washroom", "car"][seed % 2]
    side_trips.step_out(order, members=members, place=where, escort=escort, by=person, now=moment)
    go(house, members, "out", escort, person, where, moment)


def location(shop, order, person, members, place, moment, house, seed) -> None:
    along = [None, shop.photographer][seed % 2]
    side_trips.go_on_location(order, members=members, place="park", with_user=along, by=person, now=moment)
    go(house, members, "location", along, person, "park", moment)


def come_back(shop, order, person, members, place, moment, house, seed) -> None:
    relief = person if seed % 5 == 0 else None
    off = set(LeaveDay.objects.values_list("user", flat=True))
    side_trips.come_back(order, members=members, by=person, now=moment, takes_over=relief)
    for member in members:
        mine = house.here(member.pk)
        if mine.now.kind == "out":
            had = mine.held_before()
            who = relief.pk if relief else mine.now.who if had.who in off else had.who
            mine.turn(who, had.kind, moment)
            house.offers.pop(member.pk, None)


def back_in_the_house(shop, order, person, members, place, moment, house, seed) -> None:
    side_trips.back_in_the_house(order, members=members, by=person, now=moment)
    for member in members:
        mine = house.here(member.pk)
        if mine.now.kind == "location":
            mine.turn(mine.now.who, "with", moment)
            house.offers.pop(member.pk, None)


def alone(shop, order, person, members, place, moment, house, seed) -> None:
    since = moment - timedelta(seconds=seed % 300) if seed % 3 == 0 else None
    gaps.leave_alone(order, members=members, by=person, now=moment, since=since)
    for member in members:
        mine = house.here(member.pk)
        if not mine.now.is_gap:
            mine.turn(None, "alone", since or moment)


def care(shop, order, person, members, place, moment, house, seed) -> None:
    began = {row.member_id: row for row in offers_among(members)}
    gaps.take_care(order, members=members, by=person, now=moment)
    for member in members:
        mine, row = house.here(member.pk), began.get(member.pk)
        if mine.now.is_gap:
            offered = row.offered_at if row and HandOff.objects.get(pk=row.pk).receiver_id else moment
            mine.turn(person.pk, "with", max(moment, offered))
            house.offers.pop(member.pk, None)


def look(kind):
    def press(shop, order, person, members, place, moment, house, seed) -> None:
        found = order.looks.filter(state=LookState.PENDING).first()
        if found and kind == "shot":
            day.tick_look(found, by=person, now=moment)
        elif found:
            day.leave_undone(found, why="rain", by=person, now=moment)

    return press


def see_off(shop, order, person, members, place, moment, house, seed) -> None:
    at = max([moment, *(house.here(m.pk).now.since for m in members if house.here(m.pk))])
    day.see_off(order, members=members, mood="satisfied", no_date_because="later", by=person, now=moment)
    for member in members:
        house.here(member.pk).leave(at)


def ill(shop, order, person, members, place, moment, house, seed) -> None:
    """Somebody goes home ill at this moment; the planner looks a little later, perhaps twice."""
    today = shop.branch.today(moment)
    if LeaveDay.objects.filter(user=person).exists():
        return
    deputy = shop.colleague if person != shop.colleague else shop.manager
    fields = {"starts_on": today, "ends_on": today, "asked_at": moment, "decided_at": moment}
    factories.LeaveFactory(branch=shop.branch, user=person, deputy=deputy, **fields)
    later = moment + timedelta(seconds=seed % 20)
    for _time in range(1 + seed % 2):
        hand_watch.plan(later)
    for days in house.days.values():
        mine = days[-1]
        theirs = mine.left is None and mine.now.who == person.pk and mine.now.kind in {"with", "out"}
        if theirs and mine.now.since < moment:
            mine.turn(None, "alone", moment)


def rewrite(shop, order, person, members, place, moment, house, seed) -> None:
    """A sheet on paper tells it otherwise, sometimes in a way that cannot be true."""
    dice = random.Random(seed)
    row = Presence.objects.filter(work_order=order, member=members[0]).order_by("-arrived_at", "-pk").first()
    if row is None or moment <= row.arrived_at:
        return
    mine: Day = house.days[members[0].pk][-1]
    length = ((row.left_at or moment) - row.arrived_at) / timedelta(microseconds=1)
    times = sorted(dice.uniform(-0.02, 1.02) if dice.random() < 0.1 else dice.random() for _ in range(4))
    marks = [row.arrived_at + timedelta(microseconds=round(length * time)) for time in times]
    people = [shop.owner, shop.artist, shop.photographer, None]
    fresh, pieces = [], []
    for since, until in pairwise(marks[: dice.randint(2, 4)]):
        if dice.random() < 0.05:
            since += timedelta(seconds=1)  # a hole
        who = dice.choice(people)
        kind = "alone" if who is None else dice.choice(["with", "out", "location"])
        fresh.append(Piece(since, until, who.pk if who else None, kind))
        pieces.append(presences.Piece(Hands(who, place, kind), since, until))
    if dice.random() < 0.3:
        fresh[-1].until = None
        pieces[-1] = presences.Piece(pieces[-1].hands, pieces[-1].since, None)
    fields = {"source": "paper", "kind": "sheet", "actor": shop.owner, "entered_by": person}
    record = LateRecord.objects.create(
        branch=shop.branch, work_order=order, happened_at=row.arrived_at, received_at=moment, **fields
    )
    is_true = mine.is_true(fresh, now=moment)
    try:
        presences.rewrite(row, pieces, record=record, by=person)
    except Refused:
        assert not is_true
        raise
    assert is_true
    lasting = [piece for piece in fresh if piece.until is None or piece.until > piece.since]
    if lasting:
        mine.put_right(fresh)
    if house.offers.get(members[0].pk) and not offers_among(members[:1]):
        del house.offers[members[0].pk]


ACTS = {
    "arrive": arrive,
    "sheet": sheet,
    "offer": offer,
    "accept": accept,
    "together": together,
    "return": send_back,
    "withdraw": withdraw,
    "step_out": step_out,
    "come_back": come_back,
    "location": location,
    "back_in_the_house": back_in_the_house,
    "alone": alone,
    "care": care,
    "shot": look("shot"),
    "undone": look("undone"),
    "see_off": see_off,
    "ill": ill,
    "rewrite": rewrite,
}


# --- What the record says ------------------------------------------------------------------------------
def check_now(order, house) -> None:
    """With whom each is at this moment, and who is on the way."""
    rows = Presence.objects.filter(work_order=order, left_at=None)
    here = {row.member_id: (row.with_user_id if row.kind != "alone" else None, row.kind) for row in rows}
    expected = {pk: house.here(pk).now for pk in house.days if house.here(pk)}
    assert here == {pk: (piece.who, piece.kind) for pk, piece in expected.items()}
    offers = {row.member_id: row for row in HandOff.objects.open().filter(work_order=order)}
    assert set(offers) == set(house.offers) <= set(expected)
    for pk, row in offers.items():
        assert expected[pk].is_gap or row.giver_id == expected[pk].who


def check_all(order, house, moment) -> None:
    """Read back from the rows: every instant between the doors, once."""
    for member, days in house.days.items():
        rows = list(Presence.objects.filter(work_order=order, member=member).order_by("arrived_at", "pk"))
        assert len(rows) == len(days)
        for presence, expected in zip(rows, days, strict=True):
            stays = Stay.objects.standing().filter(presence=presence).order_by("since", "until", "pk")
            pieces = [Piece(stay.since, stay.until, stay.user_id, stay.kind) for stay in stays]
            assert presence.left_at == expected.left
            assert lived(pieces) == lived(expected.pieces)
            end = presence.left_at or max(moment, pieces[-1].since)
            inside = end - presence.arrived_at
            assert total(pieces, end, gaps=False) + total(pieces, end, gaps=True) == inside
            assert total(pieces, end, gaps=True) == total(expected.pieces, end, gaps=True)
