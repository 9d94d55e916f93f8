"""Whatever several pages kept, in whatever order and however often it comes in (F9): each press is entered
once or shown as a clash, the record has no hole, and what came in together is what it would have been with
network."""

import itertools
from datetime import timedelta

from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.workflow.keeping import kept
from tests.workflow.shoots import arrived, bring, party, second_artist
from workflow import handoffs, late_records, presses
from workflow.models import HandOff, LateRecord, LateState, Presence, Stay
from workflow.presses import Pressed
from workflow.refusals import Refused

MINUTE = timedelta(minutes=1)
PEOPLE = ["owner", "artist", "other_artist", "photographer", "colleague"]
PLACES = ["front_desk", "styling", "shooting"]
KINDS = [
    "offer", "offer", "accept", "accept", "together", "together", "withdraw", "step_out", "come_back", "take_care",
    "alone", "look_shot", "location", "location_back",
]  # fmt: skip
step = st.tuples(
    st.sampled_from(KINDS),
    st.sampled_from(PEOPLE),
    st.sets(st.integers(0, 1), min_size=1),
    st.sampled_from(PLACES),
    st.integers(0, 12),
)
SETTINGS = {
    "deadline": None,
    "database": None,
    "suppress_health_check": [HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
}


class Rollback(Exception):
    pass


def afterwards(function):
    """The shop is as it was after each example."""

    def example(shop, now, **drawn) -> None:
        try:
            with transaction.atomic():
                function(shop, now, **drawn)
                raise Rollback
        except Rollback:
            pass

    example.__name__ = function.__name__
    example.__doc__ = function.__doc__
    return example


def scene(shop, now):
    """A couple in styling; the offer to the shooting floor stands already."""
    shop.other_artist = second_artist(shop)
    order = arrived(shop, now=now, resources=[])
    bring(order, shop.styling, giver=shop.owner, receiver=shop.artist, now=now)
    handoffs.offer(order, members=party(order), to=shop.shooting, by=shop.artist, now=now + MINUTE)
    return order


def pressed(shop, order, now, steps):
    """The kept presses of a morning: what a page can know of offers is the one that stood when the network
    went."""
    offers, found, at = list(HandOff.objects.open().filter(work_order=order)), [], now + 2 * MINUTE
    members, look = party(order), order.looks.first()
    for kind, who, chosen, place, minutes in steps:
        at += minutes * MINUTE
        some = [members[number] for number in sorted(chosen)]
        fields: dict = {"members": some}
        if kind in {"accept", "withdraw"}:
            fields = {"hand_off": [row for row in offers if row.member in some]}
        elif kind == "look_shot":
            fields = {"look": look}
        elif kind in {"offer", "together"}:
            fields |= {"to": getattr(shop, place)}
        elif kind in {"step_out", "location"}:
            fields |= {"place": "car"}
        found.append(kept(order, kind, at, actor=getattr(shop, who), shop=shop, **fields))
    return found, at + 5 * MINUTE


def hands(order):
    """Who had whom, and when: neighbouring pieces that say the same are one."""
    rows = Stay.objects.standing().filter(presence__work_order=order)
    found: dict = {}
    for stay in rows.order_by("since", "until", "pk"):
        if stay.until == stay.since:
            continue
        mine = found.setdefault(stay.presence.member_id, [])
        says = (stay.user_id, stay.department_id, stay.kind)
        if mine and mine[-1][0] == says:
            mine[-1] = (says, mine[-1][1], stay.until)
        else:
            mine.append((says, stay.since, stay.until))
    return found


def no_hole(order) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
    for presence in Presence.objects.filter(work_order=order):
        stays = list(Stay.objects.standing().filter(presence=presence).order_by("since", "until", "pk"))
        assert stays[0].since == presence.arrived_at
        for before, after in itertools.pairwise(stays):
            assert before.until == after.since
        last = stays[-1]
        assert (last.until, last.kind, last.department_id) == (None, presence.kind, presence.department_id)
        assert last.user_id in {None, presence.with_user_id}
    for row in HandOff.objects.open().filter(work_order=order):
        assert row.giver_id == Presence.objects.get(member=row.member_id, left_at=None).with_user_id


@settings(max_examples=15, **SETTINGS)
@given(steps=st.lists(step, min_size=1, max_size=9), data=st.data())
@afterwards
def test_f9_however_it_comes_in_each_press_is_entered_once_or_shown(shop, now, steps, data) -> None:
    order = scene(shop, now)
    records, received = pressed(shop, order, now, steps)
    mixed = data.draw(st.permutations(records * 2))
    cuts = data.draw(st.lists(st.integers(0, len(mixed)), max_size=3))
    edges = [0, *sorted(cuts), len(mixed)]
    for number, (start, end) in enumerate(itertools.pairwise(edges)):
        late_records.receive(shop.branch, mixed[start:end], by=shop.owner, now=received + number * MINUTE)
        no_hole(order)
    rows = {row.key: row for row in LateRecord.objects.filter(work_order=order)}
    assert set(rows) == {record.key for record in records}
    assert {row.state for row in rows.values()} <= {LateState.CARRIED_OUT, LateState.CLASH}
    assert all(row.clash["code"] for row in rows.values() if row.state == LateState.CLASH)
    before = hands(order)
    late_records.receive(shop.branch, records, by=shop.owner, now=received + 60 * MINUTE)
    assert hands(order) == before, "sent once more, nothing changes"


@settings(max_examples=15, **SETTINGS)
@given(steps=st.lists(step, min_size=1, max_size=9), data=st.data())
@afterwards
def test_f9_what_comes_in_together_is_what_it_would_have_been_with_network(shop, now, steps, data) -> None:
    order = scene(shop, now)
    records, received = pressed(shop, order, now, steps)
    with_network = None
    try:
        with transaction.atomic():
            for record in records:
                live(record, order)
            with_network = hands(order)
            raise Rollback
    except Rollback:
        pass
    mixed = data.draw(st.permutations(list(enumerate(records))))
    in_time = [record for _place, record in sorted(mixed, key=lambda one: (one[1].at, one[0]))]
    late_records.receive(shop.branch, in_time, by=shop.owner, now=received)
    assert hands(order) == with_network


def live(record, order) -> None:
    said = Pressed(
        order=order, members=record.members, hand_offs=record.hand_offs, to=record.to, look=record.look, place=record.place
    )  # fmt: skip
    try:
        with transaction.atomic():
            if record.kind == "look_shot":
                record.look.refresh_from_db()
                presses.press(
                    "look_done", Pressed(order=order, look=record.look), by=record.actor, now=record.at
                )
            else:
                presses.press(record.kind, said, by=record.actor, now=record.at)
    except Refused:
        pass
