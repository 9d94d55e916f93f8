"""What is pressed without network comes in with its true time; what does not fit is shown (F9)."""

import threading
from datetime import timedelta

import pytest
from django.db import connection

from studio.outbox.models import Alert
from tests.workflow.keeping import kept, press
from tests.workflow.shoots import arrived, bring, party, presence, reread, second_artist
from workflow import day, gaps, handoffs, late_clashes, late_records, looks
from workflow.models import (
    HandOff,
    HandOffState,
    HandOffWay,
    LateRecord,
    LateState,
    LookState,
    Stay,
    StayKind,
)
from workflow.refusals import NeedsReason, NotAllowed

MINUTE = timedelta(minutes=1)


@pytest.fixture
def offered(shop, now):
    """A couple that the owner brings to styling, a minute after they came."""
    order = arrived(shop, now=now)
    return order, handoffs.offer(
        order, members=party(order), to=shop.styling, by=shop.owner, now=now + MINUTE
    )


@pytest.fixture
def in_studio(shop, now):
    order = arrived(shop, now=now)
    bring(order, shop.styling, giver=shop.owner, receiver=shop.artist, now=now + MINUTE)
    bring(order, shop.shooting, giver=shop.artist, receiver=shop.photographer, now=now + 60 * MINUTE)
    return reread(order)


def day_of(order, member):
    rows = Stay.objects.standing().filter(presence__work_order=order, presence__member=member)
    return [
        (stay.user, stay.kind, stay.since, stay.until)
        for stay in rows.select_related("user").order_by("since", "until", "pk")
    ]


# --- It fits ----------------------------------------------------------------------------------------
def test_f9_i_take_over_counts_from_the_moment_it_was_pressed(shop, now, offered) -> None:
    order, rows = offered
    record = press(
        order, "accept", now + 2 * MINUTE, hand_off=rows, actor=shop.artist, shop=shop, now=now + 30 * MINUTE
    )
    assert record.state == LateState.CARRIED_OUT
    here = presence(order, "李娜")
    assert (here.with_user, here.department, here.since) == (shop.artist, shop.styling, now + 2 * MINUTE)
    row = HandOff.objects.get(pk=rows[0].pk)
    assert (row.state, row.way, row.ended_at) == ("accepted", HandOffWay.OFFLINE, now + 2 * MINUTE)
    assert row.written_at == now + 30 * MINUTE
    assert Stay.objects.filter(record=record).count() == 2
    assert reread(order).styling_since == now + 2 * MINUTE, "R4.4 is measured by the true time"


def test_f9_a_whole_round_kept_on_one_page_comes_in_as_it_was(shop, now, in_studio) -> None:
    order, look = in_studio, in_studio.looks.first()
    at = now + 90 * MINUTE
    pressed = [
        kept(order, "look_done", at + 20 * MINUTE, look=look, members=party(order), to=shop.styling,
             actor=shop.photographer, shop=shop),
        kept(order, "come_back", at + 9 * MINUTE, members=party(order), actor=shop.photographer, shop=shop),
        kept(order, "step_out", at, members=party(order), place="car", actor=shop.photographer, shop=shop),
    ]  # fmt: skip
    found = late_records.receive(shop.branch, pressed, by=shop.photographer, now=at + 40 * MINUTE)
    assert [record.kind for record in found] == ["step_out", "come_back", "look_done"], "as they were pressed"
    assert {record.state for record in found} == {LateState.CARRIED_OUT}
    look.refresh_from_db()
    assert (look.state, look.at) == (LookState.SHOT, at + 20 * MINUTE)
    bride = party(order)[0]
    out = [stay for stay in day_of(order, bride) if stay[1] == StayKind.STEPPED_OUT]
    assert out == [(shop.photographer, "out", at, at + 9 * MINUTE)]
    offer = HandOff.objects.open().get(member=bride)
    assert (offer.to_department, offer.offered_at, offer.way) == (shop.styling, at + 20 * MINUTE, "offline")


def test_f9_pressed_again_with_network_the_first_press_tells_the_time(shop, now, offered) -> None:
    order, rows = offered
    handoffs.accept(rows, by=shop.artist, now=now + 20 * MINUTE)
    record = press(
        order, "accept", now + 3 * MINUTE, hand_off=rows, actor=shop.artist, shop=shop, now=now + 21 * MINUTE
    )
    assert record.state == LateState.CARRIED_OUT
    bride = party(order)[0]
    assert [(who, since) for who, _kind, since, _until in day_of(order, bride)][-2:] == [
        (shop.artist, now + 3 * MINUTE),
        (shop.artist, now + 20 * MINUTE),
    ]
    assert HandOff.objects.get(pk=rows[0].pk).ended_at == now + 3 * MINUTE


def test_f9_who_went_to_somebody_alone_ended_the_gap_then(shop, now, in_studio) -> None:
    order, bride = in_studio, party(in_studio)[0]
    gaps.leave_alone(order, members=[bride], by=shop.photographer, now=now + 70 * MINUTE)
    gaps.take_care(order, members=[bride], by=shop.owner, now=now + 80 * MINUTE)
    record = press(
        order,
        "take_care",
        now + 72 * MINUTE,
        members=bride,
        actor=shop.artist,
        shop=shop,
        now=now + 85 * MINUTE,
    )
    assert record.state == LateState.CARRIED_OUT
    alone = [(since, until) for _who, kind, since, until in day_of(order, bride) if kind == StayKind.ALONE]
    assert alone == [(now + 70 * MINUTE, now + 72 * MINUTE)]
    assert presence(order, bride.name).with_user == shop.owner


def test_f9_what_the_record_says_already_changes_nothing(shop, now, in_studio) -> None:
    order, look = in_studio, in_studio.looks.first()
    day.tick_look(look, by=shop.artist, now=now + 80 * MINUTE)
    before = day_of(order, party(order)[0])
    for kind, fields in [
        ("look_shot", {"look": look}),
        ("together", {"members": party(order), "to": shop.shooting}),
    ]:
        at = now + 81 * MINUTE
        record = press(order, kind, at, actor=shop.photographer, shop=shop, now=at + MINUTE, **fields)
        assert record.state == LateState.CARRIED_OUT, kind
    look.refresh_from_db()
    assert look.at == now + 80 * MINUTE
    assert day_of(order, party(order)[0]) == before


def test_f9_an_offer_whose_people_are_there_by_now_has_done_its_work(shop, now, in_studio) -> None:
    order = in_studio
    looks.tick_look(order.looks.first(), by=shop.photographer, now=now + 80 * MINUTE)
    handoffs.together(
        order,
        members=party(order),
        to=shop.styling,
        receiver=shop.artist,
        by=shop.artist,
        now=now + 85 * MINUTE,
    )
    record = press(
        order, "offer", now + 82 * MINUTE, members=party(order), to=shop.styling, actor=shop.photographer,
        shop=shop, now=now + 90 * MINUTE,
    )  # fmt: skip
    assert record.state == LateState.CARRIED_OUT
    assert not HandOff.objects.open().exists()


# --- Once -------------------------------------------------------------------------------------------
def test_f9_sent_twice_it_is_entered_once(shop, now, offered) -> None:
    order, rows = offered
    one = kept(order, "accept", now + 2 * MINUTE, hand_off=rows, actor=shop.artist, shop=shop)
    first = late_records.receive(shop.branch, [one, one], by=shop.artist, now=now + 9 * MINUTE)
    again = late_records.receive(shop.branch, [one], by=shop.artist, now=now + 19 * MINUTE)
    assert {record.pk for record in [*first, *again]} == {LateRecord.objects.get().pk}
    assert Stay.objects.filter(presence__work_order=order).count() == 4


@pytest.mark.django_db(transaction=True)
def test_f9_two_windows_that_send_the_same_at_once_enter_it_once(shop, now) -> None:
    order = arrived(shop, now=now)
    rows = handoffs.offer(order, members=party(order), to=shop.styling, by=shop.owner, now=now)
    one = kept(order, "accept", now + MINUTE, hand_off=rows, actor=shop.artist, shop=shop)
    start, found = threading.Barrier(4), []

    def deliver() -> None:
        try:
            start.wait()
            found.extend(late_records.receive(shop.branch, [one], by=shop.artist, now=now + 9 * MINUTE))
        finally:
            connection.close()

    threads = [threading.Thread(target=deliver) for _number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4 and {record.state for record in found} == {LateState.CARRIED_OUT}
    assert LateRecord.objects.count() == 1
    assert HandOff.objects.filter(state="accepted").count() == 2


# --- It does not fit ----------------------------------------------------------------------------------
def test_f9_a_colleague_was_quicker_and_both_hear_of_it(shop, now, offered) -> None:
    order, rows = offered
    other = second_artist(shop)
    handoffs.accept(rows, by=other, now=now + 3 * MINUTE)
    record = press(
        order, "accept", now + 2 * MINUTE, hand_off=rows, actor=shop.artist, shop=shop, now=now + 9 * MINUTE
    )
    assert (record.state, record.clash["code"], record.clash["user"]) == ("clash", "taken", other.pk)
    assert presence(order, "李娜").with_user == other, "the record stands until somebody settles it"
    rang = set(Alert.objects.filter(kind="late_clash").values_list("user", flat=True))
    assert {shop.artist.pk, other.pk, shop.owner.pk, shop.manager.pk} <= rang
    for person in (shop.artist, other, shop.owner):
        assert late_clashes.of_people([person], shop.branch, now) == [record]
    assert late_clashes.of_people([shop.photographer], shop.branch, now) == []


@pytest.mark.parametrize(("after", "code"), [("withdraw", "ended"), ("send_back", "ended")])
def test_f9_the_offer_was_ended_meanwhile(shop, now, offered, after, code) -> None:
    order, rows = offered
    if after == "withdraw":
        handoffs.withdraw(rows, by=shop.owner, now=now + 3 * MINUTE)
    else:
        handoffs.send_back(rows, why="no sheet", by=shop.artist, now=now + 3 * MINUTE)
    other = second_artist(shop)
    record = press(
        order, "accept", now + 2 * MINUTE, hand_off=rows, actor=other, shop=shop, now=now + 9 * MINUTE
    )
    assert (record.state, record.clash["code"]) == ("clash", code)


@pytest.mark.parametrize(
    ("at", "code"),
    [(timedelta(hours=2), "future"), (-timedelta(hours=25), "too_old"), (-timedelta(minutes=10), "not_here")],
)
def test_f9_a_time_that_cannot_be_is_kept_as_a_clash(shop, now, offered, at, code) -> None:
    order, rows = offered
    received = now + 30 * MINUTE
    record = press(
        order, "accept", (received if code == "future" else now) + at, hand_off=rows, actor=shop.artist,
        shop=shop, now=received,
    )  # fmt: skip
    assert (record.state, record.clash["code"]) == ("clash", code)
    assert record.happened_at <= record.received_at
    assert record.told["at"], "what the page said stays"


def test_f9_a_clock_that_is_a_little_ahead_is_forgiven(shop, now, offered) -> None:
    order, rows = offered
    received = now + 5 * MINUTE
    record = press(
        order, "accept", received + MINUTE, hand_off=rows, actor=shop.artist, shop=shop, now=received
    )
    assert (record.state, record.happened_at) == ("carried_out", received)


def test_f9_what_the_house_would_not_allow_is_a_clash_and_changes_nothing(shop, now, offered) -> None:
    order, rows = offered
    record = press(
        order,
        "accept",
        now + 2 * MINUTE,
        hand_off=rows,
        actor=shop.photographer,
        shop=shop,
        now=now + 3 * MINUTE,
    )
    assert (record.state, record.clash["code"]) == ("clash", "refused")
    assert HandOff.objects.open().count() == 2


def test_f2_a_look_that_somebody_wrote_down_as_not_shot(shop, now, in_studio) -> None:
    order, look = in_studio, in_studio.looks.first()
    day.leave_undone(look, why="rain", by=shop.artist, now=now + 80 * MINUTE)
    record = press(
        order,
        "look_shot",
        now + 70 * MINUTE,
        look=look,
        actor=shop.photographer,
        shop=shop,
        now=now + 90 * MINUTE,
    )
    assert record.clash["code"] == "look_undone"
    late_clashes.settle(record, as_pressed=True, why="I saw it", by=shop.manager, now=now + 95 * MINUTE)
    look.refresh_from_db()
    assert (look.state, look.at) == (LookState.SHOT, now + 70 * MINUTE)


def test_f9_who_left_the_house_long_ago_is_not_moved(shop, now) -> None:
    order = arrived(shop, now=now)
    day.see_off(order, mood="moved", no_date_because="later", by=shop.owner, now=now + 10 * MINUTE)
    record = press(
        order,
        "alone",
        now + 20 * MINUTE,
        members=party(order),
        actor=shop.owner,
        shop=shop,
        now=now + 30 * MINUTE,
    )
    assert record.clash["code"] == "not_here"


# --- Settled ------------------------------------------------------------------------------------------
@pytest.fixture
def clash(shop, now, offered):
    """Two artists say "I take over" of the same couple; the second has the network."""
    order, rows = offered
    shop.other_artist = second_artist(shop)
    handoffs.accept(rows, by=shop.other_artist, now=now + 4 * MINUTE)
    bring_on = now + 50 * MINUTE
    bring(order, shop.shooting, giver=shop.other_artist, receiver=shop.photographer, now=bring_on)
    return press(
        order, "accept", now + 2 * MINUTE, hand_off=rows, actor=shop.artist, shop=shop, now=now + 60 * MINUTE
    )


def test_f9_as_it_was_pressed_puts_the_record_right(shop, now, clash) -> None:
    settled = late_clashes.settle(
        clash, as_pressed=True, why="Both say so", by=shop.owner, now=now + 70 * MINUTE
    )
    assert (settled.state, settled.settled_by, settled.why) == ("settled", shop.owner, "Both say so")
    bride = party(clash.work_order)[0]
    assert [(who, since, until) for who, _kind, since, until in day_of(clash.work_order, bride)] == [
        (shop.owner, now, now + 2 * MINUTE),
        (shop.artist, now + 2 * MINUTE, now + 50 * MINUTE),
        (shop.photographer, now + 50 * MINUTE, None),
    ]
    kept_rows = Stay.objects.filter(superseded_by=settled, presence__member=bride)
    assert kept_rows.filter(user=shop.other_artist).exists(), "what was recorded stays, as superseded"


def test_f9_as_it_is_recorded_leaves_it(shop, now, clash) -> None:
    before = day_of(clash.work_order, party(clash.work_order)[0])
    late_clashes.settle(clash, as_pressed=False, why="a slip", by=shop.other_artist, now=now + 70 * MINUTE)
    assert day_of(clash.work_order, party(clash.work_order)[0]) == before
    assert late_clashes.of_branch(shop.branch) == []


def test_f9_who_has_them_now_follows_what_is_put_right(shop, now, offered) -> None:
    order, rows = offered
    other = second_artist(shop)
    handoffs.accept(rows, by=other, now=now + 4 * MINUTE)
    handoffs.offer(order, members=party(order), to=shop.shooting, by=other, now=now + 20 * MINUTE)
    record = press(
        order, "accept", now + 2 * MINUTE, hand_off=rows, actor=shop.artist, shop=shop, now=now + 60 * MINUTE
    )
    late_clashes.settle(record, as_pressed=True, why="She had them", by=shop.manager, now=now + 70 * MINUTE)
    here = presence(order, "李娜")
    assert (here.with_user, here.since) == (shop.artist, now + 2 * MINUTE)
    assert not HandOff.objects.open().exists(), "who does not have them brings nobody"
    assert HandOff.objects.filter(state=HandOffState.WITHDRAWN).count() == 2


def test_f9_the_two_the_owner_and_managers_settle_and_nobody_else(shop, now, clash) -> None:
    for person in (shop.photographer, shop.colleague, shop.neighbour):
        with pytest.raises(NotAllowed):
            late_clashes.settle(clash, as_pressed=False, why="so", by=person, now=now)
    for person in (shop.artist, shop.other_artist, shop.owner, shop.manager):
        assert late_clashes.may_settle(person, clash, now=now)
    with pytest.raises(NeedsReason):
        late_clashes.settle(clash, as_pressed=False, why="  ", by=shop.owner, now=now)


def test_f9_settled_twice_it_stays_as_it_was_settled_first(shop, now, clash) -> None:
    late_clashes.settle(clash, as_pressed=False, why="first", by=shop.owner, now=now + 70 * MINUTE)
    again = late_clashes.settle(clash, as_pressed=True, why="second", by=shop.manager, now=now + 71 * MINUTE)
    assert (again.why, again.clash["kept"]) == ("first", "recorded")


def test_f9_a_side_trip_that_nobody_contradicts_is_put_in_between(shop, now, in_studio) -> None:
    order, bride = in_studio, party(in_studio)[0]
    looks.tick_look(order.looks.first(), by=shop.photographer, now=now + 80 * MINUTE)
    bring(order, shop.styling, giver=shop.photographer, receiver=shop.artist, now=now + 100 * MINUTE)
    at = now + 65 * MINUTE
    for kind, moment in [("step_out", at), ("come_back", at + 5 * MINUTE)]:
        record = press(
            order,
            kind,
            moment,
            members=bride,
            place="car",
            actor=shop.photographer,
            shop=shop,
            now=now + 110 * MINUTE,
        )
        assert record.state == LateState.CARRIED_OUT, kind
    assert [(kind, since, until) for _who, kind, since, until in day_of(order, bride)][-4:-1] == [
        ("with", now + 60 * MINUTE, at),
        ("out", at, at + 5 * MINUTE),
        ("with", at + 5 * MINUTE, now + 100 * MINUTE),
    ]
