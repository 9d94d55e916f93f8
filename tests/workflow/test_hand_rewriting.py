"""Put right afterwards, with the true times (F9): superseded and kept, never a hole, never two at once."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from tests.workflow.shoots import arrived, bring, party, presence, reread
from workflow import day, handoffs, presences
from workflow.models import HandOff, LateRecord, Presence, Stay
from workflow.presences import Hands, Piece
from workflow.refusals import Refused

MINUTE = timedelta(minutes=1)


@pytest.fixture
def order(shop, now):
    """An hour at the desk, since then with the makeup artist; now it is two hours later."""
    made = arrived(shop, now=now)
    bring(made, shop.styling, giver=shop.owner, receiver=shop.artist, now=now + 60 * MINUTE)
    return made


@pytest.fixture
def record(shop, now, order):
    return LateRecord.objects.create(
        branch=shop.branch,
        work_order=order,
        source="paper",
        kind="sheet",
        happened_at=now,
        received_at=now + 120 * MINUTE,
        actor=shop.artist,
        entered_by=shop.owner,
    )


def piece(user, department, now, since, until, **more):
    return Piece(
        Hands(user, department, **more),
        now + since * MINUTE,
        None if until is None else now + until * MINUTE,
    )


def rewrite(order, record, pieces, name="李娜"):
    row = Presence.objects.filter(work_order=order, member__name=name).latest("arrived_at")
    with transaction.atomic():
        rows = presences.rewrite(row, pieces, record=record, by=record.entered_by)
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")
    return rows


def told(now, name="李娜"):
    def minutes(moment):
        return None if moment is None else (moment - now) // MINUTE

    rows = Stay.objects.standing().filter(presence__member__name=name).order_by("since", "until", "pk")
    return [
        (minutes(row.since), minutes(row.until), row.user.spoken_name if row.user else None) for row in rows
    ]


def test_f9_a_span_in_the_middle_is_put_in_and_what_reaches_beyond_is_kept(shop, now, order, record) -> None:
    rewrite(order, record, [piece(shop.colleague, shop.front_desk, now, 20, 40)])
    assert told(now) == [(0, 20, "小陈"), (20, 40, "小周"), (40, 60, "小陈"), (60, None, "王老师")]
    assert told(now, "张伟") == [(0, 60, "小陈"), (60, None, "王老师")], "only hers"


def test_f9_nothing_is_deleted_and_each_row_says_where_it_comes_from(shop, now, order, record) -> None:
    before = set(Stay.objects.values_list("pk", flat=True))
    rewrite(order, record, [piece(shop.colleague, shop.front_desk, now, 50, 70)])
    assert before <= set(Stay.objects.values_list("pk", flat=True))
    assert Stay.objects.filter(superseded_by=record).count() == 2
    [fresh] = Stay.objects.filter(record=record)
    assert (fresh.written_by, fresh.written_at) == (shop.owner, record.received_at)
    kept = Stay.objects.standing().exclude(record=record).filter(presence__member__name="李娜")
    assert {row.written_by for row in kept} == {shop.owner, shop.artist}


def test_r4_4_styling_began_when_the_paper_says_so(shop, now, order, record) -> None:
    assert reread(order).styling_since == now + 60 * MINUTE
    rewrite(order, record, [piece(shop.artist, shop.styling, now, 12, 60)])
    assert reread(order).styling_since == now + 12 * MINUTE
    assert told(now) == [(0, 12, "小陈"), (12, 60, "王老师"), (60, None, "王老师")]


def test_the_end_that_is_still_so_moves_the_presence_with_it(shop, now, order, record) -> None:
    handoffs.offer(order, members=party(order), to=shop.shooting, by=shop.artist, now=now + 70 * MINUTE)
    rewrite(order, record, [piece(shop.photographer, shop.shooting, now, 65, None)])
    here = presence(order, "李娜")
    assert (here.with_user, here.department, here.since) == (
        shop.photographer,
        shop.shooting,
        now + 65 * MINUTE,
    )
    assert {row.member.name for row in HandOff.objects.open()} == {"张伟"}, "her offer is history"


def test_a_gap_may_be_put_in_and_taken_out(shop, now, order, record) -> None:
    rewrite(order, record, [piece(None, shop.styling, now, 90, None, kind="alone")])
    here = presence(order, "李娜")
    assert (here.is_alone, here.with_user) == (True, shop.artist)
    rewrite(order, record, [piece(shop.artist, shop.styling, now, 90, None)])
    assert not Stay.objects.gaps().exists()
    assert Stay.objects.filter(kind="alone").count() == 1


def test_several_pieces_follow_one_another(shop, now, order, record) -> None:
    rewrite(
        order,
        record,
        [
            piece(shop.artist, shop.styling, now, 10, 30),
            piece(shop.photographer, shop.shooting, now, 30, 30),
            piece(shop.photographer, shop.shooting, now, 30, 100),
        ],
    )
    assert told(now) == [(0, 10, "小陈"), (10, 30, "王老师"), (30, 100, "赵老师"), (100, None, "王老师")]


def test_after_the_door_the_day_may_still_be_put_right(shop, now, order, record) -> None:
    bring(order, shop.shooting, giver=shop.artist, receiver=shop.photographer, now=now + 61 * MINUTE)
    for look in order.looks.all():
        day.leave_undone(look, why="Rain", by=shop.photographer, now=now + 62 * MINUTE)
    bring(order, shop.styling, giver=shop.photographer, receiver=shop.artist, now=now + 63 * MINUTE)
    bring(order, shop.front_desk, giver=shop.artist, receiver=shop.owner, now=now + 64 * MINUTE)
    day.see_off(order, mood="moved", no_date_because="They call", by=shop.owner, now=now + 90 * MINUTE)
    rewrite(order, record, [piece(shop.colleague, shop.front_desk, now, 70, 90)])
    assert told(now)[-1] == (70, 90, "小周")
    with pytest.raises(Refused, match="after they left"):
        rewrite(order, record, [piece(shop.colleague, shop.front_desk, now, 70, 91)])
    with pytest.raises(Refused, match="after they left"):
        rewrite(order, record, [piece(shop.colleague, shop.front_desk, now, 70, None)])


@pytest.mark.parametrize(
    ("spans", "says"),
    [
        ([], "from when to when"),
        ([(30, 20)], "ends before it begins"),
        ([(10, 20), (21, 30)], "nobody is named"),
        ([(10, 20), (19, 30)], "overlap"),
        ([(10, None), (20, 30)], "overlap"),
        ([(-1, 20)], "before they arrived"),
        ([(100, 121)], "future"),
        ([(121, None)], "future"),
    ],
)
def test_what_cannot_be_true_is_refused_with_a_sentence_and_changes_nothing(
    shop, now, order, record, spans, says
) -> None:
    pieces = [piece(shop.artist, shop.styling, now, since, until) for since, until in spans]
    with pytest.raises(Refused, match=says) as refusal:
        rewrite(order, record, pieces)
    assert refusal.value.status == 422
    assert told(now) == [(0, 60, "小陈"), (60, None, "王老师")]


def test_r5_1_the_database_refuses_a_hole_and_two_pairs_of_hands(shop, now, order) -> None:
    stay = Stay.objects.standing().filter(until=None).first()
    for since in (stay.since + MINUTE, stay.since - MINUTE):
        with pytest.raises(IntegrityError), transaction.atomic():
            Stay.objects.filter(pk=stay.pk).update(since=since)
            with connection.cursor() as cursor:
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
