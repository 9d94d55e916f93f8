"""The day of the shoot (R4): arrival, sheet, looks, and the door (R5.5, R9.3, F2)."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from bookings import sales, schedule, till
from bookings.schedule import Slot
from tests import factories
from tests.workflow.shoots import (
    arrived,
    bring,
    make_family,
    make_order,
    party,
    presence,
    reread,
    shot_and_back,
)
from workflow import day, handoffs
from workflow.models import Departure, Look, Presence, WorkOrderEvent
from workflow.orders import open_order
from workflow.refusals import NeedsReason, NotAllowed, Refused

MINUTE = timedelta(minutes=1)


def kinds(order) -> list[str]:
    return list(WorkOrderEvent.objects.filter(work_order=order).values_list("kind", flat=True))


def arrive(order, shop, *, now, members=None, **more):
    return day.arrive(order, members=members or party(order), by=shop.owner, now=now, **more)


def date_selection(order, shop, now) -> None:
    start = now + timedelta(days=7)
    schedule.make_appointment(
        branch=shop.branch,
        customer=order.booking.customer,
        booking=order.booking,
        kind="selection",
        slot=Slot(start, start + timedelta(hours=2), [shop.selection_room]),
        by=shop.owner,
        now=now,
    )


# --- Arrival ------------------------------------------------------------------------------------
def test_r5_1_from_the_door_on_each_of_them_is_with_the_owner(shop, now) -> None:
    order = make_order(shop, now=now)
    arrive(order, shop, now=now)
    for name in ("李娜", "张伟"):
        here = presence(order, name)
        assert (here.with_user, here.department, here.since) == (shop.owner, shop.front_desk, now)
    assert reread(order).arrived_at == now


def test_r5_1_a_colleague_at_the_desk_may_be_the_one_who_receives(shop, now) -> None:
    order = make_order(shop, now=now)
    day.arrive(order, members=party(order), by=shop.colleague, now=now, received_by=shop.colleague)
    assert presence(order, "李娜").with_user == shop.colleague


def test_nobody_of_another_branch_receives(shop, now) -> None:
    order = make_order(shop, now=now)
    with pytest.raises(NotAllowed):
        arrive(order, shop, now=now, received_by=shop.neighbour)


def test_an_arrival_takes_the_order_to_the_shoot(shop, now) -> None:
    order = make_order(shop, now=now, confirmed=False)
    assert order.stage == "confirm"
    arrive(order, shop, now=now)
    assert reread(order).stage == "shoot"
    assert order.booking.appointments.get(kind="shoot").state == "held"


def test_who_comes_before_the_day_came_early_and_is_received_all_the_same(shop, now) -> None:
    order = make_order(shop, now=now, at=now + timedelta(days=1))
    arrive(order, shop, now=now)
    event = WorkOrderEvent.objects.get(work_order=order, kind="came_early")
    assert event.parameters["minutes"] == 24 * 60
    assert reread(order).stage == "shoot"


def test_who_comes_on_time_did_not_come_early(shop, now) -> None:
    assert "came_early" not in kinds(arrived(shop, now=now))


def test_r5_6_the_mother_comes_an_hour_later(shop, now) -> None:
    order = make_order(shop, now=now)
    make_family(order, 1)
    bride, groom, mother = party(order)
    arrive(order, shop, now=now, members=[bride, groom])
    arrive(order, shop, now=now + 60 * MINUTE, members=[mother])
    assert presence(order, mother.name).arrived_at == now + 60 * MINUTE
    assert presence(order, bride.name).arrived_at == now
    assert reread(order).arrived_at == now


def test_a_second_press_of_arrival_changes_nothing(shop, now) -> None:
    order = arrived(shop, now=now)
    bring(order, shop.styling, giver=shop.owner, receiver=shop.artist, now=now)
    arrive(order, shop, now=now + MINUTE)
    assert presence(order, "李娜").with_user == shop.artist
    assert kinds(order).count("arrived") == 1


def test_a_member_of_another_party_does_not_arrive_here(shop, now) -> None:
    order = make_order(shop, now=now)
    stranger = factories.CustomerFactory(branch=shop.branch, owner=shop.owner).members.first()
    with pytest.raises(Refused):
        arrive(order, shop, now=now, members=[stranger])
    with pytest.raises(Refused):
        day.arrive(order, members=[], by=shop.owner, now=now)


def test_who_is_here_for_one_order_does_not_arrive_for_a_second_one(shop, now) -> None:
    order = arrived(shop, now=now)
    package = factories.make_package(shop.branch)
    booking = sales.sell(
        customer=order.booking.customer, package_version=package, by=shop.owner, now=now, terms_accepted=True
    )
    with pytest.raises(Refused, match=r"李娜|张伟"):
        arrive(open_order(booking, by=shop.owner, now=now), shop, now=now, members=party(order))


# --- The sheet ----------------------------------------------------------------------------------
def test_r4_1_no_sheet_without_arrival_and_payment(shop, now) -> None:
    order = make_order(shop, now=now, paid=False, confirmed=False)
    codes = {lack.code for lack in day.sheet_lacks(order, now=now)}
    assert {"arrival", "earnest"} <= codes
    arrive(order, shop, now=now)
    with pytest.raises(Refused, match="earnest"):
        day.issue_sheet(order, by=shop.owner, now=now)
    till.take_payment(
        order.booking, kind="prepayment", method="cash", amount=Decimal(500), by=shop.cashier, now=now
    )
    day.issue_sheet(order, by=shop.owner, now=now)
    assert reread(order).sheet_issued_by == shop.owner
    assert reread(order).stage == "shoot"


def test_r4_1_a_managers_waiver_is_as_good_as_a_payment(shop, now) -> None:
    order = make_order(shop, now=now, paid=False, confirmed=False)
    sales.waive_earnest(order.booking, why="An old friend of the house", by=shop.manager, now=now)
    arrive(order, shop, now=now)
    assert day.issue_sheet(order, by=shop.owner, now=now).sheet_issued_at == now


def test_the_sheet_is_issued_once(shop, now) -> None:
    order = arrived(shop, now=now)
    day.issue_sheet(order, by=shop.colleague, now=now + MINUTE)
    assert reread(order).sheet_issued_at == now
    assert kinds(order).count("sheet_issued") == 1


# --- Looks --------------------------------------------------------------------------------------
def test_f2_each_look_is_ticked_or_left_undone_with_a_reason(shop, now) -> None:
    order = arrived(shop, now=now)
    first, second = order.looks.all()
    day.tick_look(first, by=shop.photographer, now=now)
    day.tick_look(first, by=shop.artist, now=now + MINUTE)  # a second press
    with pytest.raises(NeedsReason):
        day.leave_undone(second, why=" ", by=shop.photographer, now=now)
    day.leave_undone(second, why="Rain", by=shop.photographer, now=now)
    rows = list(Look.objects.filter(work_order=order).values_list("state", "why", "by"))
    assert rows == [("shot", "", shop.photographer.pk), ("undone", "Rain", shop.photographer.pk)]
    assert kinds(order).count("look_shot") == 1


def test_a_tick_by_mistake_is_taken_back(shop, now) -> None:
    order = arrived(shop, now=now)
    look = order.looks.first()
    day.tick_look(look, by=shop.photographer, now=now)
    day.take_back_look(look, by=shop.photographer, now=now)
    look.refresh_from_db()
    assert (look.state, look.by, look.at) == ("pending", None, None)


def test_no_look_is_ticked_before_the_shoot_or_after_it(shop, now) -> None:
    order = make_order(shop, now=now)
    with pytest.raises(Refused):
        day.tick_look(order.looks.first(), by=shop.photographer, now=now)
    done = shot_and_back(shop, now=now, resources=[])
    assert done.stage == "selection"
    with pytest.raises(Refused):
        day.leave_undone(done.looks.first(), why="after all", by=shop.photographer, now=now)


def test_f2_with_an_undone_look_the_order_goes_on_when_the_party_is_back(shop, now) -> None:
    order = arrived(shop, now=now, looks=1)
    bring(order, shop.styling, giver=shop.owner, receiver=shop.artist, now=now)
    bring(order, shop.shooting, giver=shop.artist, receiver=shop.photographer, now=now)
    day.leave_undone(order.looks.get(), why="The dress is torn", by=shop.photographer, now=now)
    bring(order, shop.styling, giver=shop.photographer, receiver=shop.artist, now=now)
    assert reread(order).stage == "shoot"
    bring(order, shop.front_desk, giver=shop.artist, receiver=shop.owner, now=now)
    assert reread(order).stage == "selection"


# --- The door -----------------------------------------------------------------------------------
def test_r5_5_seen_off_with_a_date_for_the_selection_and_how_they_left(shop, now) -> None:
    order = shot_and_back(shop, now=now)
    date_selection(order, shop, now)
    later = now + timedelta(hours=6)
    departure = day.see_off(order, mood="moved", note="They want to come again", by=shop.owner, now=later)
    assert (departure.mood, departure.by, departure.farewell_said) == ("moved", shop.owner, True)
    assert set(Presence.objects.values_list("left_at", flat=True)) == {later}
    with pytest.raises(Refused):
        day.see_off(order, mood="moved", by=shop.owner, now=later)


def test_r5_5_without_a_selection_date_only_with_a_reason(shop, now) -> None:
    order = shot_and_back(shop, now=now)
    with pytest.raises(NeedsReason):
        day.see_off(order, mood="satisfied", by=shop.owner, now=now + timedelta(hours=6))
    assert Presence.objects.filter(work_order=order, left_at=None).count() == 2
    day.see_off(
        order,
        mood="satisfied",
        no_date_because="They fly tonight, we call on Monday",
        by=shop.owner,
        now=now + timedelta(hours=6),
    )
    assert "Monday" in Departure.objects.get().note


def test_r5_5_nobody_goes_home_from_the_makeup_chair(shop, now) -> None:
    order = arrived(shop, now=now)
    bring(order, shop.styling, giver=shop.owner, receiver=shop.artist, now=now)
    date_selection(order, shop, now)
    with pytest.raises(Refused, match="styling"):
        day.see_off(order, mood="satisfied", by=shop.owner, now=now)


def test_r5_5_nobody_goes_home_while_being_handed_over(shop, now) -> None:
    order = arrived(shop, now=now)
    date_selection(order, shop, now)
    handoffs.offer(order, members=party(order), to=shop.styling, by=shop.owner, now=now)
    with pytest.raises(Refused, match="handed over"):
        day.see_off(order, mood="satisfied", by=shop.owner, now=now)


def test_r5_5_the_farewell_is_never_left_out(shop, now) -> None:
    order = shot_and_back(shop, now=now)
    date_selection(order, shop, now)
    with pytest.raises(Refused):
        day.see_off(order, mood="moved", by=shop.owner, now=now, farewell_said=False)
    with pytest.raises(IntegrityError), transaction.atomic():
        Departure.objects.create(work_order=order, by=shop.owner, mood="moved", farewell_said=False)


def test_r9_3_a_mood_that_is_none_of_the_four_is_refused(shop, now) -> None:
    order = shot_and_back(shop, now=now)
    for mood in ("", "furious", "satisfied "):
        with pytest.raises(Refused):
            day.see_off(order, mood=mood, by=shop.owner, now=now)


def test_r5_6_the_mother_leaves_first_and_the_others_stay(shop, now) -> None:
    order = make_order(shop, now=now)
    make_family(order, 1)
    arrive(order, shop, now=now)
    mother = party(order)[-1]
    day.see_off(order, members=[mother], mood="satisfied", by=shop.owner, now=now + MINUTE)
    assert Presence.objects.filter(work_order=order, left_at=None).count() == 2


def test_who_comes_back_another_day_is_received_again(shop, now) -> None:
    order = arrived(shop, now=now)
    day.see_off(order, mood="unhappy", no_date_because="Power cut", by=shop.owner, now=now + 30 * MINUTE)
    tomorrow = now + timedelta(days=1)
    arrive(order, shop, now=tomorrow)
    assert reread(order).arrived_at == tomorrow  # the way to styling is measured from here (R4.4)
    assert Presence.objects.filter(work_order=order).count() == 4
