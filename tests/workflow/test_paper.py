"""A sheet signed on paper is entered on behalf, with the true times (F9)."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection

from complaints.models import Recovery
from tests.bookings.together import together
from tests.workflow.papers import MINUTE, line, whole_day
from tests.workflow.shoots import arrived, bring, make_order, party, presence, reread
from workflow import day, paper, sheet
from workflow.models import (
    Departure,
    HandOff,
    LateRecord,
    LookState,
    Presence,
    Stage,
    Stay,
    StayKind,
    Undone,
    WorkOrderEvent,
)
from workflow.orders import sell_and_open
from workflow.paper import Leaving
from workflow.paper_rows import WrongSheet

HOUR = timedelta(hours=1)


def settle() -> None:
    """What the database looks at when a transaction ends, at once."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


@pytest.fixture
def order(shop, now):
    """Shot yesterday while the power was gone: nothing was recorded."""
    return make_order(shop, now=now, at=now - 25 * HOUR, looks=1)


@pytest.fixture
def start(now):
    return now - 25 * HOUR


def faults(order, rows, *, by, now, **more) -> list[tuple[int, str]]:
    with pytest.raises(WrongSheet) as wrong:
        paper.enter(order, rows, by=by, now=now, **more)
    assert not LateRecord.objects.filter(work_order=order).exists()
    return [(fault.number, fault.field) for fault in wrong.value.faults]


# --- A party that was never recorded ----------------------------------------------------------------
def test_f9_a_whole_day_is_entered_with_its_true_times(shop, order, start, now) -> None:
    record = paper.enter(
        order, whole_day(shop, order, start), leaving=Leaving("moved"), by=shop.colleague, now=now
    )
    settle()
    rows = list(Presence.objects.filter(work_order=order))
    assert len(rows) == 2
    for row in rows:
        assert (row.arrived_at, row.left_at) == (start, start + 100 * MINUTE)
        stays = list(Stay.objects.standing().filter(presence=row))
        assert [stay.user for stay in stays] == [
            shop.owner, shop.artist, shop.photographer, shop.artist, shop.owner,
        ]  # fmt: skip
        assert {stay.record for stay in stays} == {record} and {stay.written_by for stay in stays} == {
            shop.colleague
        }
        assert sum(stay.seconds(now) for stay in stays) == (row.left_at - row.arrived_at).total_seconds()
    assert record.source == "paper" and record.happened_at == start and record.entered_by == shop.colleague


def test_f9_the_order_goes_on_as_if_it_had_been_pressed_in_time(shop, order, start, now) -> None:
    paper.enter(order, whole_day(shop, order, start), leaving=Leaving("moved"), by=shop.colleague, now=now)
    order = reread(order)
    assert order.stage == Stage.SELECTION
    assert order.arrived_at == start and order.sheet_issued_at == start
    assert order.styling_since == start + 20 * MINUTE  # R4.4
    assert order.booking.appointments.get(kind="shoot").state == "held"
    look = order.looks.get()
    assert (look.state, look.by, look.at) == (LookState.SHOT, shop.photographer, start + 60 * MINUTE)
    departure = Departure.objects.get(work_order=order)
    assert (departure.mood, departure.at, departure.by) == ("moved", start + 100 * MINUTE, shop.owner)


def test_f9_each_signature_is_a_hand_off_on_paper(shop, order, start, now) -> None:
    paper.enter(order, whole_day(shop, order, start), leaving=Leaving("moved"), by=shop.colleague, now=now)
    moves = HandOff.objects.filter(work_order=order, member=party(order)[0])
    assert [(row.giver, row.receiver, row.way) for row in moves] == [
        (shop.owner, shop.artist, "paper"),
        (shop.artist, shop.photographer, "paper"),
        (shop.photographer, shop.artist, "paper"),
        (shop.artist, shop.owner, "paper"),
    ]
    assert all(row.by == shop.colleague and row.written_at == now and row.ended_at < now for row in moves)


def test_f9_the_timeline_says_who_entered_it_for_whom(shop, order, start, now) -> None:
    record = paper.enter(
        order, whole_day(shop, order, start), leaving=Leaving("moved"), by=shop.colleague, now=now
    )
    entered = WorkOrderEvent.objects.get(work_order=order, kind="paper_entered")
    assert (entered.actor, entered.at, entered.parameters["record"]) == (shop.colleague, now, record.pk)
    assert set(entered.parameters["signers"]) == {shop.owner.pk, shop.artist.pk, shop.photographer.pk}
    shot = WorkOrderEvent.objects.get(work_order=order, kind="look_shot")
    assert (shot.actor, shot.at) == (shop.photographer, start + 60 * MINUTE)
    assert "小周" in str(entered.sentence) or "paper" in str(entered.sentence).lower()


def test_f2_the_sheet_on_screen_says_that_it_was_signed_on_paper(shop, order, start, now, sign_in) -> None:
    paper.enter(order, whole_day(shop, order, start), leaving=Leaving("moved"), by=shop.colleague, now=now)
    whole = sheet.orders(shop.branch).get(pk=order.pk)
    assert {step.signed for step in sheet.steps(whole)} == {"on paper, entered by 小周"}
    assert (
        "on paper, entered by 小周" in sign_in(shop.artist).get(f"/orders/{order.pk}/sheet/").content.decode()
    )


def test_r5_6_who_of_the_party_was_where_is_entered_apart(shop, order, start, now) -> None:
    bride, groom = party(order)
    rows = [
        line(order, 1, shop.owner, shop.front_desk, start, start + 20 * MINUTE),
        line(order, 2, shop.artist, shop.styling, start + 20 * MINUTE, start + 60 * MINUTE, members=[bride]),
        line(
            order, 3, shop.owner, shop.front_desk, start + 20 * MINUTE, start + 60 * MINUTE, members=[groom]
        ),
        line(order, 4, shop.owner, shop.front_desk, start + 60 * MINUTE, start + 70 * MINUTE),
    ]
    paper.enter(order, rows, leaving=Leaving("satisfied"), by=shop.colleague, now=now)
    settle()
    alone = Stay.objects.filter(user=shop.artist)
    assert [stay.presence.member for stay in alone] == [bride]
    assert not HandOff.objects.filter(member=groom).exists()


def test_f9_a_side_trip_and_a_gap_stand_as_the_paper_says(shop, order, start, now) -> None:
    rows = [
        line(order, 1, shop.owner, shop.front_desk, start, start + 10 * MINUTE),
        line(order, 2, shop.owner, shop.front_desk, start + 10 * MINUTE, start + 15 * MINUTE, kind=StayKind.STEPPED_OUT, place="洗手间"),
        line(order, 3, shop.owner, shop.front_desk, start + 25 * MINUTE, start + 40 * MINUTE, alone_before=True),
    ]  # fmt: skip
    paper.enter(order, rows, leaving=Leaving("satisfied"), by=shop.colleague, now=now)
    settle()
    first = Presence.objects.filter(work_order=order).first()
    assert [stay.kind for stay in Stay.objects.standing().filter(presence=first)] == [
        "with",
        "out",
        "alone",
        "with",
    ]
    [gap] = Stay.objects.gaps().filter(presence=first)
    assert gap.seconds(now) == 600
    assert not HandOff.objects.filter(work_order=order).exists()


def test_r9_3_an_unhappy_departure_on_paper_opens_a_recovery(shop, order, start, now) -> None:
    paper.enter(
        order, whole_day(shop, order, start), leaving=Leaving("unhappy", "waited"), by=shop.colleague, now=now
    )
    assert Recovery.objects.filter(departure__work_order=order).exists()


def test_f9_today_the_paper_may_end_while_they_are_still_here(shop, now) -> None:
    order = make_order(shop, now=now, at=now - HOUR, looks=1)
    rows = [
        line(order, 1, shop.owner, shop.front_desk, now - HOUR, now - 30 * MINUTE),
        line(order, 2, shop.artist, shop.styling, now - 30 * MINUTE, None),
    ]
    paper.enter(order, rows, by=shop.owner, now=now)
    settle()
    assert presence(order, "李娜").with_user == shop.artist
    assert presence(order, "李娜").left_at is None


# --- What was recorded already -----------------------------------------------------------------------
def test_f9_the_paper_puts_right_what_was_recorded_otherwise(shop, now) -> None:
    order = arrived(shop, now=now, looks=1)
    bring(order, shop.styling, giver=shop.owner, receiver=shop.artist, now=now + 40 * MINUTE)
    later = now + 2 * HOUR
    rows = [line(order, 1, shop.artist, shop.styling, now + 10 * MINUTE, now + 40 * MINUTE)]
    record = paper.enter(order, rows, by=shop.colleague, now=later)
    settle()
    row = presence(order, "李娜")
    stays = list(Stay.objects.standing().filter(presence=row))
    assert [(stay.user, stay.since) for stay in stays] == [
        (shop.owner, now),
        (shop.artist, now + 10 * MINUTE),
        (shop.artist, now + 40 * MINUTE),
    ]
    assert record.superseded.exists()
    assert reread(order).styling_since == now + 10 * MINUTE


def test_f9_the_paper_may_end_a_day_that_was_begun_on_screen(shop, now) -> None:
    order = arrived(shop, now=now, looks=1)
    rows = whole_day(shop, order, now)
    paper.enter(order, rows, leaving=Leaving("surprised"), by=shop.colleague, now=now + 3 * HOUR)
    settle()
    assert not Presence.objects.filter(work_order=order, left_at=None).exists()
    assert Presence.objects.filter(work_order=order).count() == 2
    assert reread(order).stage == Stage.SELECTION


def test_f9_nothing_recorded_after_the_paper_is_lost(shop, now) -> None:
    """They went on, on screen, after the time at which the paper has them leave."""
    order = arrived(shop, now=now, looks=1)
    bring(order, shop.styling, giver=shop.owner, receiver=shop.artist, now=now + 3 * HOUR)
    rows = whole_day(shop, order, now)
    found = faults(order, rows, leaving=Leaving("moved"), by=shop.colleague, now=now + 4 * HOUR)
    assert found == [(5, "until")]


def test_f9_before_the_recorded_arrival_and_after_the_recorded_door_nothing_is_entered(shop, now) -> None:
    order = arrived(shop, now=now, looks=1)
    early = [line(order, 1, shop.owner, shop.front_desk, now - HOUR, now)]
    assert faults(
        order,
        [*early, replace(early[0], number=2, since=now, until=now + MINUTE)],
        by=shop.owner,
        now=now + HOUR,
    ) == [(1, "since")]


# --- What cannot have been ----------------------------------------------------------------------------
def test_f9_a_hole_that_nobody_wrote_down_is_asked_about(shop, order, start, now) -> None:
    rows = whole_day(shop, order, start)
    rows[2] = replace(rows[2], since=rows[2].since + 5 * MINUTE)
    assert faults(order, rows, leaving=Leaving("moved"), by=shop.owner, now=now) == [(3, "since")]
    with pytest.raises(WrongSheet, match="alone before that"):
        paper.enter(order, rows, leaving=Leaving("moved"), by=shop.owner, now=now)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"until": timedelta(minutes=-30)}, (3, "until")),
        ({"since": timedelta(minutes=-5)}, (3, "since")),
        ({"since": timedelta(days=30), "until": timedelta(days=30)}, (3, "since")),
        ({"until": timedelta(days=30)}, (3, "until")),
    ],
)
def test_f9_times_that_cannot_be_are_said_at_the_line(shop, order, start, now, change, expected) -> None:
    rows = whole_day(shop, order, start)
    moved = {name: getattr(rows[2], name) + by for name, by in change.items()}
    rows[2] = replace(rows[2], **moved)
    assert expected in faults(order, rows, leaving=Leaving("moved"), by=shop.owner, now=now)


def test_f9_only_the_last_line_may_be_open(shop, order, start, now) -> None:
    rows = whole_day(shop, order, start)
    rows[1] = replace(rows[1], until=None)
    assert faults(order, rows, leaving=Leaving("moved"), by=shop.owner, now=now) == [(2, "until")]


def test_f9_a_day_that_is_over_ends_at_the_door(shop, order, start, now) -> None:
    assert faults(order, whole_day(shop, order, start), by=shop.owner, now=now) == [(0, "left")]
    rows = whole_day(shop, order, start)
    rows[-1] = replace(rows[-1], until=None)
    assert faults(order, rows, leaving=Leaving("moved"), by=shop.owner, now=now) == [(5, "until")]


def test_f9_an_empty_sheet_says_so(shop, order, now) -> None:
    assert faults(order, [], by=shop.owner, now=now) == [(0, "")]


def test_f2_a_look_is_ticked_on_one_line(shop, order, start, now) -> None:
    rows = whole_day(shop, order, start)
    rows[3] = replace(rows[3], look=rows[2].look)
    assert faults(order, rows, leaving=Leaving("moved"), by=shop.owner, now=now) == [(4, "look")]


def test_f9_the_same_sheet_entered_again_is_said_to_be_recorded(shop, order, start, now) -> None:
    rows = whole_day(shop, order, start)
    paper.enter(order, rows, leaving=Leaving("moved"), by=shop.owner, now=now)
    with pytest.raises(WrongSheet, match="recorded already"):
        paper.enter(order, rows, leaving=Leaving("moved"), by=shop.owner, now=now)
    assert LateRecord.objects.filter(work_order=order).count() == 1


def test_f9_who_is_in_the_house_for_another_order_is_seen_off_there_first(shop, order, start, now) -> None:
    other = sales_twin(shop, order, now)
    day.arrive(other, members=party(order), by=shop.owner, now=now - HOUR)
    found = faults(order, whole_day(shop, order, start), leaving=Leaving("moved"), by=shop.owner, now=now)
    assert found == [(1, "since")]


def sales_twin(shop, order, now):
    """A second order of the same party."""
    return sell_and_open(
        customer=order.booking.customer,
        package_version=shop.package,
        by=shop.owner,
        now=now - 2 * HOUR,
        terms_accepted=True,
    )


def test_f2_a_look_that_was_written_down_as_undone_and_shot_on_paper_is_no_open_matter(
    shop, order, start, now
) -> None:
    look = order.looks.get()
    Undone.objects.create(branch=shop.branch, work_order=order, look=look, why="Rain", by=shop.owner, at=now)
    paper.enter(order, whole_day(shop, order, start), leaving=Leaving("moved"), by=shop.colleague, now=now)
    assert not Undone.objects.open().filter(work_order=order).exists()


@pytest.mark.django_db(transaction=True)
def test_f9_two_who_enter_the_same_sheet_at_once_enter_it_once(shop, now) -> None:
    order = make_order(shop, now=now, at=now - 25 * HOUR, looks=1)
    rows = whole_day(shop, order, now - 25 * HOUR)

    def enter(person):
        return lambda: paper.enter(order, rows, leaving=Leaving("moved"), by=person, now=now)

    answers = together([enter(shop.owner), enter(shop.colleague), enter(shop.artist)])
    assert sorted(type(answer).__name__ for answer in answers) == ["LateRecord", "WrongSheet", "WrongSheet"]
    assert Presence.objects.filter(work_order=order).count() == 2
    assert Departure.objects.filter(work_order=order).count() == 1
