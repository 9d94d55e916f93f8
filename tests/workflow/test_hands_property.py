"""Whatever people press in whatever order: each member in the house is with exactly one person, and the
times in and out have no gap and no overlap (R5.1, R5.6)."""

from datetime import timedelta
from itertools import pairwise

from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.workflow.shoots import make_family, make_order, party, second_artist
from workflow import day, handoffs
from workflow.models import HandOff, LookState, Presence
from workflow.refusals import Refused
from workflow.stays import stays as stays_of

FITTING = "fitting"  # whoever may really do it, so that many examples get far
PEOPLE = ["owner", "colleague", "artist", "other_artist", "photographer", "manager", *[FITTING] * 6]
PLACES = ["front_desk", "styling", "shooting", "selection"]
step = st.tuples(
    st.sampled_from(["arrive", "sheet", "offer", "offer", "offer", "accept", "accept", "accept", "return"])
    | st.sampled_from(["withdraw", "shot", "undone", "see_off"]),
    st.sampled_from(PEOPLE),
    st.sets(st.integers(0, 2), min_size=1),
    st.sampled_from(PLACES),
    st.integers(-2, 30),
)
LONG_DAY = [
    ("arrive", "owner", {0, 1, 2}, "front_desk", 1),
    ("sheet", "owner", {0}, "front_desk", 1),
    ("offer", "owner", {0, 1}, "styling", 5),
    ("accept", "artist", {0, 1}, "styling", 2),
]


class Rollback(Exception):
    pass


@settings(
    max_examples=25,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=st.lists(step, min_size=6, max_size=22), started=st.booleans())
def test_r5_1_each_member_is_with_one_person_without_gap_or_overlap(shop, now, steps, started) -> None:
    try:
        with transaction.atomic():
            play(shop, now, (LONG_DAY if started else []) + steps)
            raise Rollback
    except Rollback:
        pass


def play(shop, now, steps) -> None:
    shop.other_artist = second_artist(shop)
    order = make_order(shop, now=now, resources=[])
    make_family(order, 1)
    holders: dict[int, int] = {}  # what we expect, kept apart from the database
    moment = now
    for kind, who, chosen, place, minutes in steps:
        moment += timedelta(minutes=minutes)
        members = [member for index, member in enumerate(party(order)) if index in chosen]
        person = fitting(shop, order, kind, members) if who == FITTING else getattr(shop, who)
        try:
            with transaction.atomic():
                act(kind, order, person, members, getattr(shop, place), moment, holders)
        except Refused:
            pass
        check(order, holders)


def fitting(shop, order, kind, members):
    """The holder for what a holder does, a colleague of the receiving department for what they do."""
    first = members[0] if members else None
    offer = HandOff.objects.open().filter(member=first).first()
    if kind in {"accept", "return"} and offer:
        there = [shop.owner, shop.colleague, shop.artist, shop.other_artist, shop.photographer]
        places = {person.pk: handoffs.place_of(person, shop.branch) for person in there}
        fits = [p for p in there if places[p.pk].department_id == offer.to_department_id]
        return next((p for p in fits if p.pk != offer.giver_id), shop.manager)
    here = Presence.objects.filter(work_order=order, member=first, left_at=None).first()
    return here.with_user if here and kind == "offer" else shop.owner


def act(kind, order, person, members, place, moment, holders) -> None:
    ids = [member.pk for member in members]
    offers = list(HandOff.objects.open().filter(member__in=ids))
    if kind == "arrive":
        for row in day.arrive(order, members=members, by=person, now=moment, received_by=person):
            holders.setdefault(row.member_id, person.pk)
    elif kind == "sheet":
        day.issue_sheet(order, by=person, now=moment)
    elif kind == "offer":
        handoffs.offer(order, members=members, to=place, by=person, now=moment, why="because")
    elif kind == "accept":
        for row in handoffs.accept(offers, by=person, now=moment):
            holders[row.member_id] = person.pk
    elif kind == "return":
        handoffs.send_back(offers, why="not right", by=person, now=moment)
    elif kind == "withdraw":
        handoffs.withdraw(offers, by=person, now=moment)
    elif kind in {"shot", "undone"}:
        look = order.looks.filter(state=LookState.PENDING).first()
        if look and kind == "shot":
            day.tick_look(look, by=person, now=moment)
        elif look:
            day.leave_undone(look, why="rain", by=person, now=moment)
    else:
        day.see_off(order, members=members, mood="satisfied", no_date_because="later", by=person, now=moment)
        for pk in ids:
            del holders[pk]


def check(order, holders) -> None:
    here = dict(Presence.objects.filter(work_order=order, left_at=None).values_list("member", "with_user"))
    assert here == holders
    offers = HandOff.objects.open().filter(work_order=order)
    assert offers.count() == len({row.member_id for row in offers})
    assert {row.member_id for row in offers} <= set(holders)
    for row in offers:
        assert row.giver_id == holders[row.member_id]
    stays = stays_of(order)
    for member in {stay.presence.member_id for stay in stays}:
        mine = [stay for stay in stays if stay.presence.member_id == member]
        for before, after in pairwise(mine):
            assert before.until is not None
            assert before.since <= before.until <= after.since
        for presence in Presence.objects.filter(work_order=order, member=member):
            end = presence.left_at
            inside = [s for s in mine if s.since >= presence.arrived_at and (end is None or s.since <= end)]
            assert inside[0].since == presence.arrived_at
        last = mine[-1]
        assert (last.until is None) == (member in holders)
        if member in holders:
            assert last.user.pk == holders[member]
