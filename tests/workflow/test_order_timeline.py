"""Everything in one line of time: from hand to hand, gaps, care, money, calls, what was not done."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.workflow import orders, shoots
from workflow import day, gaps, handoffs, side_trips, stage_outline, stages, undone
from workflow.models import CareNote, LateRecord, Stage, WorkOrder
from workflow.order_timeline import Group, history

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


def texts(order, chosen=""):
    return [line.text for day_ in history(order, chosen=chosen).days for line in day_.lines]


@pytest.fixture
def order(shop, now):
    return shoots.arrived(shop, now=now)


# --- One line ---------------------------------------------------------------------------------------
def test_r5_1_each_piece_of_the_way_says_who_was_with_whom_where(order, shop, now):
    shoots.bring(order, shop.styling, giver=shop.owner, receiver=shop.artist, now=now + MINUTE)
    said = " | ".join(texts(order))
    assert f"with {shop.owner.spoken_name}, {shop.front_desk.name}" in said
    assert f"with {shop.artist.spoken_name}, {shop.styling.name}" in said


def test_r5_6_a_side_trip_says_with_whom_and_where(order, shop, now):
    bride, _groom = shoots.party(order)
    side_trips.step_out(
        order, members=[bride], place="洗手间", escort=shop.owner, by=shop.owner, now=now + MINUTE
    )
    assert any("stepped out with" in text and "洗手间" in text for text in texts(order))


def test_r5_1_a_gap_is_told_with_its_length(order, shop, now):
    gaps.leave_alone(order, members=shoots.party(order), by=shop.owner, now=now + MINUTE)
    assert any("nobody is with them" in text for text in texts(order))
    gaps.take_care(order, members=shoots.party(order), by=shop.colleague, now=now + 4 * MINUTE)
    (line,) = [
        line for day_ in history(order).days for line in day_.lines if "nobody was with them" in line.text
    ]
    assert "3 minutes" in line.text and line.tone == "bad"


def test_r5_4_a_return_tells_its_reason(order, shop, now):
    offers = handoffs.offer(order, members=shoots.party(order), to=shop.styling, by=shop.owner, now=now)
    handoffs.send_back(offers, why="婚纱没到", by=shop.artist, now=now + MINUTE)
    assert any("婚纱没到" in text for text in texts(order))


def test_r4_2_what_was_done_for_them_is_there(order, shop, now):
    CareNote.objects.create(
        branch=shop.branch, work_order=order, kind="locker", what="7", by=shop.owner, at=now,
        ended_at=now + MINUTE, ended_by=shop.owner,
    )  # fmt: skip
    care = texts(order, chosen=Group.CARE)
    assert care == ["Locker 7 was emptied", "locker · 7"]


def test_f2_what_was_not_done_and_what_became_of_it(order, shop, now):
    row = undone.write_down(order, what="捧花", why="忘了", by=shop.artist, now=now)
    undone.let_go(row, why="没关系", by=shop.owner, now=now + MINUTE)
    said = texts(order, chosen=Group.ORDER)
    assert "Something was not done, and was written down" in said
    assert "They do without what was not done" in said


def test_f9_what_came_in_later_says_for_whom_and_with_which_time(order, shop, now):
    LateRecord.objects.create(
        branch=shop.branch, work_order=order, source="paper", kind="sheet", happened_at=now,
        received_at=now + MINUTE, actor=shop.artist, entered_by=shop.owner,
    )  # fmt: skip
    assert any(shop.artist.spoken_name in text and "Entered later" in text for text in texts(order))


def test_money_and_dates_are_there_without_amounts(order):
    assert texts(order, chosen=Group.MONEY) and texts(order, chosen=Group.DATES)
    assert not any("1000" in text or "1,000" in text for text in texts(order))


# --- Read -------------------------------------------------------------------------------------------
def test_the_newest_stands_first_and_days_fold(order, shop, now):
    made = history(order)
    moments = [line.at for day_ in made.days for line in day_.lines]
    assert moments == sorted(moments, reverse=True)
    assert [day_.is_open for day_ in made.days] == [True] + [False] * (len(made.days) - 1)
    assert made.number == len(moments)


def test_chips_count_and_filter(order):
    made = history(order)
    assert sum(number for _key, _label, number in made.chips) == made.number
    for key, _label, number in made.chips:
        assert len(texts(order, chosen=key)) == number
    assert texts(order, chosen="nonsense") == texts(order)


def test_the_page_filters_by_address(order, shop, sign_in):
    client = sign_in(shop.owner)
    shown = client.get(f"{order.get_absolute_url()}?history=money").content.decode()
    assert 'aria-current="page"' in shown
    assert client.get(f"{order.get_absolute_url()}?history=%00<script>").status_code == 200


def test_the_questions_do_not_grow_with_the_day(order, shop, now):
    def asked():
        with CaptureQueriesContext(connection) as counted:
            texts(shoots.reread(order))
        return len(counted)

    shoots.bring(order, shop.styling, giver=shop.owner, receiver=shop.artist, now=now + MINUTE)
    undone.write_down(order, what="0", why="x", by=shop.artist, now=now)
    CareNote.objects.create(branch=shop.branch, work_order=order, kind="water", by=shop.owner, at=now)
    before = asked()
    shoots.bring(order, shop.shooting, giver=shop.artist, receiver=shop.photographer, now=now + 2 * MINUTE)
    day.tick_look(order.looks.first(), by=shop.photographer, now=now + 3 * MINUTE)
    shoots.bring(order, shop.styling, giver=shop.photographer, receiver=shop.artist, now=now + 4 * MINUTE)
    for number in range(1, 6):
        undone.write_down(order, what=str(number), why="x", by=shop.artist, now=now)
        CareNote.objects.create(branch=shop.branch, work_order=order, kind="water", by=shop.owner, at=now)
    assert asked() == before


# --- Gates as data ------------------------------------------------------------------------------------
def test_each_stage_tells_what_it_asks_and_what_of_it_is_done(shop, now):
    order = orders.in_selection(shop, now)
    made = stage_outline.outline(orders.fresh(order), now=now)
    assert [gate.place for gate in made] == ["done", "done", "done", "now", "ahead"]
    by_stage = {gate.stage: {str(one.title): one.is_done for one in gate.asked} for gate in made}
    assert by_stage[Stage.SHOOT]["Each look shot, or written down why not"] is True
    assert by_stage[Stage.SELECTION] == {
        "Selection sheet signed": False,
        "Nothing left to be shot again": True,
    }
    assert by_stage[Stage.PICKUP]["Balance settled"] is False
    assert by_stage[Stage.PICKUP]["Nobody left unhappy without a manager's word"] is True


def test_what_the_gates_say_and_what_blocks_the_step_are_the_same(shop, now):
    """Of the stage that it is in, the outline and the table of steps cannot tell two stories."""
    for make in (orders.sold, orders.in_shoot, orders.in_selection, orders.in_pickup, orders.at_desk):
        order = orders.fresh(make(shop, now))
        (current,) = [gate for gate in stage_outline.outline(order, now=now) if gate.is_now]
        missing = [one.code for asked in current.asked for one in asked.missing]
        assert missing == [one.code for one in stages.missing(order, now=now)]


def test_the_outline_asks_nothing_beyond_what_a_page_fetches(shop, now):
    order = orders.in_pickup(shop, now)
    fetched = WorkOrder.objects.for_board().prefetch_related(*stages.prefetch()).get(pk=order.pk)
    with CaptureQueriesContext(connection) as counted:
        stage_outline.outline(fetched, now=now)
    assert len(counted) == 0, [query["sql"] for query in counted]
