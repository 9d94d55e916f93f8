"""To be shot again, or at last (补拍/重拍): beside the stage, with a day of its own, and production waits."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bookings import schedule
from bookings.models import AppointmentState
from tests.factories import make_shop
from tests.workflow import orders, shoots
from tests.workflow.racing import both
from workflow import day, handoffs, looks, reshoots, route, selection, stages, standing_duties, undone
from workflow.models import LookState, Reshoot, Stage
from workflow.refusals import NeedsReason, Refused

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def order(shop, now):
    """Both looks are shot, the party has left, the sheet was issued."""
    return after_the_shoot(shop, now)


def after_the_shoot(shop, now):
    order = orders.in_selection(shop, now)
    order.booking.appointments.filter(kind="shoot").update(state=AppointmentState.HELD)
    type(order).objects.filter(pk=order.pk).update(sheet_issued_at=now, sheet_issued_by=shop.owner)
    return shoots.reread(order)


def again(order, shop, now, *, which=None, kind="again", cause="ours", why="闭眼了"):
    chosen = list(order.looks.all()) if which is None else [order.looks.all()[place] for place in which]
    return reshoots.open_reshoot(order, kind=kind, cause=cause, why=why, looks=chosen, by=shop.owner, now=now)


def on_its_day(order, shop, now, *, which=(0,)):
    """The reshoot is dated for today, and they are in the house."""
    reshoot = again(order, shop, now, which=list(which))
    date = orders.dated(order, "shoot", now + timedelta(hours=2), now=now)
    order = shoots.reread(order)
    day.arrive(order, members=shoots.party(order), by=shop.owner, now=now)
    return reshoot, date, shoots.reread(order)


def states(order):
    return [look.state for look in order.looks.all()]


# --- Opened ---------------------------------------------------------------------------------------
def test_the_looks_are_pending_again_and_the_stage_does_not_walk_back(order, shop, now):
    reshoot = again(order, shop, now, which=[0])
    order = shoots.reread(order)
    assert (order.stage, states(order)) == (Stage.SELECTION, [LookState.PENDING, LookState.SHOT])
    assert list(reshoot.looks.all()) == [order.looks.first()]
    event = order.events.get(kind="reshoot")
    assert event.parameters["cause"] == "ours" and event.parameters["numbers"] == [1]


@pytest.mark.parametrize(
    ("said", "refused"),
    [
        ({"why": " "}, NeedsReason),
        ({"which": []}, NeedsReason),
        ({"kind": "x"}, Refused),
        ({"cause": ""}, Refused),
    ],
)
def test_without_a_look_a_reason_or_whose_doing_nothing_is_opened(order, shop, now, said, refused):
    with pytest.raises(refused):
        again(order, shop, now, **said)
    assert not Reshoot.objects.exists()


def test_before_the_shoot_is_over_there_is_nothing_to_shoot_again(shop, now):
    order = shoots.arrived(shop, now=now)
    with pytest.raises(Refused):
        again(order, shop, now)


def test_another_orders_look_is_refused(order, shop, now):
    other = shoots.arrived(shop, now=now, resources=[])
    with pytest.raises(Refused):
        reshoots.open_reshoot(
            order, kind="again", cause="ours", why="x", looks=other.looks.all(), by=shop.owner, now=now
        )


def test_one_at_a_time_and_the_same_again_changes_nothing(order, shop, now):
    first = again(order, shop, now, which=[0])
    assert again(order, shop, now, which=[0]) == first
    with pytest.raises(Refused):
        again(order, shop, now, which=[1])
    with pytest.raises(IntegrityError), transaction.atomic():
        Reshoot.objects.create(work_order=order, kind="again", cause="ours", why="x", by=shop.owner)


def test_production_waits_for_it(order, shop, now):
    again(order, shop, now)
    orders.dated(order, "selection", now + timedelta(hours=1), now=now)
    orders.make_ready(order.booking.appointments.get(kind="selection"), by=shop.manager, now=now)
    order = orders.fresh(order)
    selection.sign_selection(order, frames=10, wishes="", signed_name="李娜", by=shop.owner, now=now)
    assert orders.fresh(order).stage == Stage.SELECTION
    assert orders.codes(order, now) == ["reshoot_date"]


def test_after_the_selection_it_holds_up_the_end(shop, now):
    order = orders.in_pickup(shop, now)
    order.booking.appointments.filter(kind="shoot").update(state=AppointmentState.HELD)
    again(order, shop, now)
    assert "reshoot_date" in orders.codes(order, now)


# --- Its date -------------------------------------------------------------------------------------
def test_a_shoot_that_is_agreed_is_its_date_and_called_off_it_has_none(order, shop, now):
    reshoot = again(order, shop, now)
    date = orders.dated(order, "shoot", now + 3 * DAY, now=now)
    reshoot.refresh_from_db()
    assert reshoot.appointment == date
    assert orders.codes(order, now) == ["selection_date", "reshoot"]
    schedule.cancel(date, why="ill", by=shop.owner, now=now)
    reshoot.refresh_from_db()
    assert reshoot.appointment is None and reshoot.ended_at is None


def test_a_shoot_that_was_planned_before_is_taken_as_its_date(order, shop, now):
    date = orders.dated(order, "shoot", now + 3 * DAY, now=now)
    assert again(order, shop, now).appointment == date


def test_without_a_date_it_stands_on_the_owners_today(order, shop, now):
    again(order, shop, now)
    (row,) = standing_duties.waiting([shop.owner], shop.branch, now)
    assert row.reshoot is not None and row.customer == order.booking.customer
    case = standing_duties.waiting_cases(shop.owner, shop.branch, shop.branch.today(now), now)[0]
    assert case.key == f"reshoot:{row.reshoot.pk}"
    orders.dated(order, "shoot", now + 3 * DAY, now=now)
    assert standing_duties.waiting([shop.owner], shop.branch, now) == []


# --- Its day --------------------------------------------------------------------------------------
def test_r5_2_on_its_day_the_party_goes_the_way_of_a_shoot(order, shop, now):
    _reshoot, date, order = on_its_day(order, shop, now)
    date.refresh_from_db()
    assert date.state == AppointmentState.HELD
    assert route.is_shoot_day(order)
    shoots.bring(order, shop.styling, giver=shop.owner, receiver=shop.artist, now=now)
    shoots.bring(order, shop.shooting, giver=shop.artist, receiver=shop.photographer, now=now)
    day.tick_look(order.looks.first(), by=shop.photographer, now=now)
    shoots.bring(order, shop.styling, giver=shop.photographer, receiver=shop.artist, now=now)
    shoots.bring(order, shop.front_desk, giver=shop.artist, receiver=shop.owner, now=now)
    order = shoots.reread(order)
    assert order.stage == Stage.SELECTION and not route.is_shoot_day(order)


def test_r5_3_its_first_round_has_the_courtesies_of_a_first_round(order, shop, now):
    _reshoot, _date, order = on_its_day(order, shop, now, which=[1])
    (first, *_rest) = handoffs.offer(
        order, members=shoots.party(order), to=shop.styling, by=shop.owner, now=now
    )
    assert (first.round, first.look) == (1, order.looks.last())


def test_on_the_day_of_the_selection_nobody_is_led_to_styling(order, shop, now):
    again(order, shop, now)
    orders.dated(order, "shoot", now + 3 * DAY, now=now)
    order = shoots.reread(order)
    day.arrive(order, members=shoots.party(order), by=shop.owner, now=now)
    order = shoots.reread(order)
    presence = order.presences.first()
    assert not route.is_shoot_day(order)
    assert route.next_stop(presence, order=order, looks=route.looks_of_day(order)) == "selection"


def test_only_the_looks_of_it_are_ticked_and_only_on_its_day(order, shop, now):
    again(order, shop, now, which=[0])
    with pytest.raises(Refused):
        day.tick_look(order.looks.first(), by=shop.photographer, now=now)
    orders.dated(order, "shoot", now + timedelta(hours=2), now=now)
    day.arrive(shoots.reread(order), members=shoots.party(order), by=shop.owner, now=now)
    with pytest.raises(Refused):
        day.take_back_look(order.looks.last(), by=shop.photographer, now=now)
    assert day.tick_look(order.looks.first(), by=shop.photographer, now=now).state == LookState.SHOT


def test_it_ends_by_itself_when_its_looks_are_shot(order, shop, now):
    reshoot, _date, order = on_its_day(order, shop, now)
    day.tick_look(order.looks.first(), by=shop.photographer, now=now)
    reshoot.refresh_from_db()
    assert (reshoot.ended_at, reshoot.ended_by, reshoot.called_off_why) == (now, shop.photographer, "")
    assert "reshoot" not in orders.codes(order, now)


def test_a_slip_of_the_last_tick_opens_it_again(order, shop, now):
    reshoot, _date, order = on_its_day(order, shop, now)
    day.tick_look(order.looks.first(), by=shop.photographer, now=now)
    day.take_back_look(order.looks.first(), by=shop.photographer, now=now)
    reshoot.refresh_from_db()
    assert reshoot.ended_at is None and order.looks.first().state == LookState.PENDING


def test_f2_a_look_that_could_not_be_shot_again_either_is_an_open_matter(order, shop, now):
    reshoot, _date, order = on_its_day(order, shop, now, which=(0, 1))
    day.tick_look(order.looks.first(), by=shop.photographer, now=now)
    undone.write_down(order, look=order.looks.last(), why="rain", by=shop.photographer, now=now)
    reshoot.refresh_from_db()
    assert reshoot.ended_at == now
    assert [row.look for row in undone.open_of(order)] == [order.looks.last()]


def test_f2_the_mother_who_comes_later_on_the_day_does_not_begin_the_reshoot(shop, now):
    """A look of today is dated for next week; whoever arrives later today comes to today's shoot."""
    order = shoots.make_order(shop, now=now)
    bride, groom = shoots.party(order)
    day.arrive(order, members=[bride], by=shop.owner, now=now)
    day.issue_sheet(order, by=shop.owner, now=now)
    row = undone.write_down(order, look=order.looks.first(), why="rain", by=shop.owner, now=now)
    date = orders.dated(order, "shoot", now + 7 * DAY, now=now)
    undone.settle_by_date(row, appointment=date, by=shop.owner, now=now)
    day.arrive(shoots.reread(order), members=[groom], by=shop.owner, now=now)
    date.refresh_from_db()
    assert date.state == AppointmentState.PLANNED


# --- Undone things and their reshoot ----------------------------------------------------------------
@pytest.fixture
def undone_order(shop, now):
    """After the shoot; the second look was left undone, and nothing is agreed about it."""
    order = after_the_shoot(shop, now)
    look = order.looks.last()
    type(look).objects.filter(pk=look.pk).update(state=LookState.UNDONE, why="rain")
    undone.Undone.objects.create(
        branch=shop.branch, work_order=order, look=look, why="rain", by=shop.photographer, at=now
    )
    return order


def test_f2_a_date_for_what_was_not_shot_opens_the_reshoot_at_once_after_the_shoot(undone_order, shop, now):
    (row,) = undone.open_of(undone_order)
    date = orders.dated(undone_order, "shoot", now + 3 * DAY, now=now)
    undone.settle_by_date(row, appointment=date, cause="nobody", by=shop.owner, now=now)
    reshoot = undone_order.reshoots.get()
    assert (reshoot.kind, reshoot.cause, reshoot.why, reshoot.appointment) == (
        "missing",
        "nobody",
        "rain",
        date,
    )
    assert undone_order.looks.last().state == LookState.PENDING


def test_f2_the_reshoot_of_an_undone_look_settles_it_with_its_date(undone_order, shop, now):
    again(undone_order, shop, now, which=[1], kind="missing")
    assert len(undone.open_of(undone_order)) == 1  # no date yet: it stays on Today
    date = orders.dated(undone_order, "shoot", now + 3 * DAY, now=now)
    assert undone.open_of(undone_order) == []
    schedule.cancel(date, why="ill", by=shop.owner, now=now)
    assert len(undone.open_of(undone_order)) == 1


def test_f2_they_do_without_the_look_and_the_reshoot_is_over(undone_order, shop, now):
    reshoot = again(undone_order, shop, now, which=[1], kind="missing")
    (row,) = undone.open_of(undone_order)
    undone.let_go(row, why="不拍了", by=shop.owner, now=now)
    reshoot.refresh_from_db()
    assert reshoot.ended_at == now and reshoot.called_off_why == "不拍了"
    look = undone_order.looks.last()
    assert (look.state, look.why) == (LookState.UNDONE, "不拍了")


# --- Called off -----------------------------------------------------------------------------------
def test_called_off_each_look_is_again_what_it_was(order, shop, now):
    order.looks.filter(position=1).update(state=LookState.SHOT, by=shop.photographer, at=now)
    reshoot = again(order, shop, now)
    reshoots.call_off(reshoot, why="他们喜欢原来的", by=shop.owner, now=now)
    look = order.looks.first()
    assert (look.state, look.by, look.at) == (LookState.SHOT, shop.photographer, now)
    reshoot.refresh_from_db()
    assert reshoot.called_off_why == "他们喜欢原来的" and reshoot.ended_by == shop.owner
    assert orders.codes(order, now) == ["selection_date"]


def test_called_off_with_its_date_and_a_second_press_changes_nothing(order, shop, now):
    reshoot = again(order, shop, now)
    date = orders.dated(order, "shoot", now + 3 * DAY, now=now)
    reshoot = reshoots.call_off(reshoot, why="x", by=shop.owner, now=now)
    date.refresh_from_db()
    assert date.state == AppointmentState.CANCELLED
    assert reshoots.call_off(reshoot, why="y", by=shop.manager, now=now + DAY).called_off_why == "x"


def test_called_off_without_a_reason_it_stays(order, shop, now):
    reshoot = again(order, shop, now)
    with pytest.raises(NeedsReason):
        reshoots.call_off(reshoot, why="", by=shop.owner, now=now)
    assert states(order) == [LookState.PENDING, LookState.PENDING]


def test_what_is_done_is_not_called_off(order, shop, now):
    reshoot, _date, order = on_its_day(order, shop, now)
    day.tick_look(order.looks.first(), by=shop.photographer, now=now)
    with pytest.raises(Refused):
        reshoots.call_off(reshoot, why="x", by=shop.owner, now=now)


def test_f2_called_off_what_was_undone_is_an_open_matter_once_more(undone_order, shop, now):
    (row,) = undone.open_of(undone_order)
    date = orders.dated(undone_order, "shoot", now + 3 * DAY, now=now)
    undone.settle_by_date(row, appointment=date, by=shop.owner, now=now)
    reshoots.call_off(undone_order.reshoots.get(), why="x", by=shop.owner, now=now)
    assert [one.pk for one in undone.open_of(undone_order)] == [row.pk]
    look = undone_order.looks.last()
    assert (look.state, look.why) == (LookState.UNDONE, "rain")


# --- Whatever is pressed ----------------------------------------------------------------------------
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["open", "date", "cancel", "arrive", "tick", "undone", "back", "off"]),
        st.integers(0, 1),
    ),
    max_size=10,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_whatever_is_pressed_the_looks_and_the_reshoot_agree(shop, now, steps):
    """A reshoot is open exactly while one of its looks is pending; the stage never walks back; a look that is
    pending after the shoot belongs to an open reshoot."""
    with transaction.atomic():
        order = after_the_shoot(shop, now)
        moment = now
        for step, place in steps:
            moment += timedelta(minutes=1)
            press(order, shop, moment, step, place)
            order = shoots.reread(order)
            rows = list(order.reshoots.all())
            assert sum(row.ended_at is None for row in rows) <= 1
            for look in order.looks.select_related("reshoot"):
                is_open = look.reshoot is not None and look.reshoot.ended_at is None
                assert look.state != LookState.PENDING or is_open
            for row in rows:
                pending = row.looks.filter(state=LookState.PENDING).exists()
                assert pending == (row.ended_at is None)
            assert order.stage == Stage.SELECTION
        transaction.set_rollback(True)


def press(order, shop, now, step, place):
    """One press, legal or not: what is refused has changed nothing."""
    look = list(order.looks.all())[place]
    planned = order.booking.appointments.filter(kind="shoot", state="planned").first()
    reshoot = order.reshoots.filter(ended_at=None).first()
    try:
        with transaction.atomic():
            if step == "open":
                again(order, shop, now, which=[place])
            elif step == "date" and planned is None:
                orders.dated(order, "shoot", now + timedelta(hours=2), now=now)
            elif step == "cancel" and planned is not None:
                schedule.cancel(planned, why="x", by=shop.owner, now=now)
            elif step == "arrive":
                day.arrive(order, members=shoots.party(order), by=shop.owner, now=now)
            elif step == "tick":
                looks.tick_look(look, by=shop.photographer, now=now)
            elif step == "undone":
                undone.write_down(order, look=look, why="rain", by=shop.photographer, now=now)
            elif step == "back":
                looks.take_back_look(look, by=shop.photographer, now=now)
            elif step == "off" and reshoot is not None:
                reshoots.call_off(reshoot, why="x", by=shop.owner, now=now)
    except Refused:
        pass


# --- Two at once --------------------------------------------------------------------------------
@pytest.mark.django_db(transaction=True)
def test_two_desks_that_open_a_reshoot_at_once_open_one(now):
    shop = make_shop()
    order = after_the_shoot(shop, now)
    errors = both(
        lambda: again(shoots.reread(order), shop, now, which=[0]),
        lambda: again(shoots.reread(order), shop, now, which=[1]),
    )
    assert [type(error) for error in errors] == [Refused]
    assert Reshoot.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_called_off_while_its_last_look_is_ticked_it_has_one_end(now):
    shop = make_shop()
    order = after_the_shoot(shop, now)
    reshoot, _date, order = on_its_day(order, shop, now)
    look = order.looks.first()
    errors = both(
        lambda: day.tick_look(look, by=shop.photographer, now=now),
        lambda: reshoots.call_off(reshoot, why="x", by=shop.owner, now=now),
    )
    assert len(errors) <= 1 and all(isinstance(error, Refused) for error in errors)
    reshoot.refresh_from_db()
    assert reshoot.ended_at is not None
    assert order.looks.first().state == LookState.SHOT


def test_the_gates_know_of_it_as_data():
    asked = {step.stage: step.conditions for step in stages.TRANSITIONS}
    assert stages.RESHOT in asked[Stage.SELECTION] and stages.RESHOT in asked[Stage.PICKUP]
