"""Hand-to-hand (R5): who has whom, and how a customer goes from one to the other."""

import threading
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction

from bookings import schedule, till
from tests import factories
from tests.workflow.shoots import (
    arrived,
    bring,
    make_order,
    party,
    presence,
    reread,
    second_artist,
    shot_and_back,
)
from workflow import day, handoffs, route
from workflow.models import HandOff, HandOffState, WorkOrderEvent
from workflow.refusals import NeedsReason, NotAllowed, Refused, TakenOver

MINUTE = timedelta(minutes=1)


def offer(order, shop, *, to=None, by=None, now, members=None, why=""):
    return handoffs.offer(
        order, members=members or party(order), to=to or shop.styling, by=by or shop.owner, now=now, why=why
    )


# --- R5.1 --------------------------------------------------------------------------------------
def test_r5_1_the_customer_stays_with_the_giver_until_somebody_says_i_take_over(shop, now) -> None:
    order = arrived(shop, now=now)
    offers = offer(order, shop, now=now + MINUTE)
    assert presence(order, "李娜").with_user == shop.owner
    handoffs.accept(offers, by=shop.artist, now=now + 4 * MINUTE)
    here = presence(order, "李娜")
    assert (here.with_user, here.department, here.since) == (shop.artist, shop.styling, now + 4 * MINUTE)


def test_r5_1_only_somebody_of_the_receiving_department_takes_over(shop, now) -> None:
    order = arrived(shop, now=now)
    offers = offer(order, shop, now=now)
    for stranger in (shop.photographer, shop.colleague, shop.manager, shop.neighbour, shop.administrator):
        with pytest.raises(NotAllowed):
            handoffs.accept(offers, by=stranger, now=now)
    assert presence(order, "李娜").with_user == shop.owner


def test_r5_1_nobody_hands_a_customer_to_themself(shop, now) -> None:
    order = arrived(shop, now=now)
    bring(order, shop.styling, giver=shop.owner, receiver=shop.artist, now=now)
    relief = offer(order, shop, by=shop.artist, to=shop.styling, now=now + MINUTE)
    with pytest.raises(NotAllowed):
        handoffs.accept(relief, by=shop.artist, now=now + MINUTE)
    relieving = second_artist(shop)
    handoffs.accept(relief, by=relieving, now=now + 2 * MINUTE)
    assert presence(order, "李娜").with_user == relieving


def test_r5_1_only_who_has_the_customer_the_owner_or_a_manager_hands_over(shop, now) -> None:
    order = arrived(shop, now=now)
    bring(order, shop.styling, giver=shop.owner, receiver=shop.artist, now=now)
    with pytest.raises(NotAllowed, match="王老师"):
        offer(order, shop, by=shop.photographer, to=shop.shooting, now=now)
    row = offer(order, shop, by=shop.manager, to=shop.shooting, now=now)[0]
    assert row.giver == shop.artist  # on behalf: the giver is who has them, the event keeps who pressed
    event = WorkOrderEvent.objects.filter(work_order=order, kind="handed_over").latest("pk")
    assert (event.actor, event.parameters["giver"]) == (shop.manager, shop.artist.pk)


def test_r8_1_the_deputy_hands_over_in_the_owners_place(shop, now) -> None:
    factories.LeaveFactory(
        branch=shop.branch,
        user=shop.owner,
        deputy=shop.colleague,
        starts_on=shop.branch.today(now),
        ends_on=shop.branch.today(now),
    )
    order = arrived(shop, now=now)
    assert presence(order, "李娜").with_user == shop.colleague
    assert offer(order, shop, by=shop.colleague, now=now)[0].giver == shop.colleague


def test_a_second_press_of_each_button_changes_nothing(shop, now) -> None:
    order = arrived(shop, now=now)
    first, again = offer(order, shop, now=now), offer(order, shop, now=now + MINUTE)
    assert [row.pk for row in first] == [row.pk for row in again]
    handoffs.accept(first, by=shop.artist, now=now + MINUTE)
    handoffs.accept(first, by=shop.artist, now=now + 5 * MINUTE)
    assert presence(order, "李娜").since == now + MINUTE
    back = offer(order, shop, by=shop.artist, to=shop.shooting, now=now + 6 * MINUTE)
    handoffs.send_back(back, why="no flowers", by=shop.photographer, now=now + 7 * MINUTE)
    handoffs.send_back(back, why="no flowers", by=shop.photographer, now=now + 8 * MINUTE)
    kinds = list(WorkOrderEvent.objects.filter(work_order=order).values_list("kind", flat=True))
    assert (kinds.count("handed_over"), kinds.count("taken_over"), kinds.count("returned")) == (2, 1, 1)


def test_the_database_allows_one_open_hand_off_per_member(shop, now) -> None:
    order = arrived(shop, now=now)
    row = offer(order, shop, now=now)[0]
    row.pk = None
    with pytest.raises(IntegrityError), transaction.atomic():
        row.save(force_insert=True)


def test_the_database_keeps_each_member_in_the_house_once(shop, now) -> None:
    order = arrived(shop, now=now)
    with pytest.raises(IntegrityError), transaction.atomic():
        here = presence(order, "李娜")
        here.pk = None
        here.save(force_insert=True)


# --- R5.2 --------------------------------------------------------------------------------------
def test_r5_2_the_whole_route_leads_from_the_desk_through_every_look_and_back(shop, now) -> None:
    order = shot_and_back(shop, now=now)
    names = list(
        HandOff.objects.filter(work_order=order, member__name="李娜").values_list(
            "from_department__kind", "to_department__kind", "round"
        )
    )
    assert names == [
        ("front_desk", "styling", 1),
        ("styling", "shooting", 1),
        ("shooting", "styling", 2),
        ("styling", "shooting", 2),
        ("shooting", "styling", 2),  # headdress and makeup off
        ("styling", "front_desk", 2),
    ]
    assert order.stage == "selection"


@pytest.mark.parametrize(
    ("kind", "pending", "there"),
    [
        ("front_desk", True, "styling"),
        ("front_desk", False, None),
        ("styling", True, "shooting"),
        ("styling", False, "front_desk"),
        ("shooting", True, "styling"),
        ("shooting", False, "styling"),
        ("selection", False, "front_desk"),
        ("cashier", True, "front_desk"),
    ],
)
def test_r5_2_each_department_knows_where_the_route_leads(kind, pending, there) -> None:
    assert route.next_kind(kind, looks_pending=pending) == there


def test_r5_2_elsewhere_only_for_the_owner_or_a_manager_and_with_a_reason(shop, now) -> None:
    order = arrived(shop, now=now)
    bring(order, shop.styling, giver=shop.owner, receiver=shop.artist, now=now)
    with pytest.raises(NotAllowed):
        offer(order, shop, by=shop.artist, to=shop.front_desk, now=now, why="she feels faint")
    with pytest.raises(NeedsReason):
        offer(order, shop, by=shop.owner, to=shop.front_desk, now=now)
    row = offer(order, shop, by=shop.owner, to=shop.front_desk, now=now, why="she feels faint")[0]
    assert (row.why, row.to_department) == ("she feels faint", shop.front_desk)


def test_r4_1_nobody_leaves_the_front_desk_without_the_sheet(shop, now) -> None:
    order = arrived(shop, now=now, sheet=False)
    with pytest.raises(Refused, match="sheet"):
        offer(order, shop, now=now)
    day.issue_sheet(order, by=shop.owner, now=now)
    assert len(offer(order, shop, now=now)) == 2


def test_r4_4_styling_begins_when_styling_first_takes_over(shop, now) -> None:
    order = arrived(shop, now=now)
    offers = offer(order, shop, now=now + 3 * MINUTE)
    assert reread(order).styling_since is None
    handoffs.accept(offers, by=shop.artist, now=now + 7 * MINUTE)
    assert reread(order).styling_since - reread(order).arrived_at == 7 * MINUTE
    bring(order, shop.shooting, giver=shop.artist, receiver=shop.photographer, now=now + 60 * MINUTE)
    bring(order, shop.styling, giver=shop.photographer, receiver=shop.artist, now=now + 90 * MINUTE)
    assert reread(order).styling_since == now + 7 * MINUTE


def test_another_branchs_department_is_no_destination(shop, now) -> None:
    order = arrived(shop, now=now)
    theirs = factories.DepartmentFactory(branch=shop.other_branch, kind="styling")
    with pytest.raises(NotAllowed):
        offer(order, shop, to=theirs, now=now)


# --- R5.4 --------------------------------------------------------------------------------------
def test_r5_4_a_receiver_returns_what_is_not_right_with_a_reason(shop, now) -> None:
    order = arrived(shop, now=now)
    offers = offer(order, shop, now=now)
    with pytest.raises(NeedsReason):
        handoffs.send_back(offers, why="   ", by=shop.artist, now=now)
    handoffs.send_back(offers, why="The evening dress is missing", by=shop.artist, now=now + MINUTE)
    row = HandOff.objects.filter(work_order=order).first()
    assert (row.state, row.why, row.receiver) == ("returned", "The evening dress is missing", shop.artist)
    assert presence(order, "李娜").with_user == shop.owner
    assert HandOff.objects.filter(from_department=shop.front_desk, state="returned").count() == 2
    bring(order, shop.styling, giver=shop.owner, receiver=shop.artist, now=now + 2 * MINUTE)
    assert presence(order, "李娜").with_user == shop.artist


def test_r5_4_the_giver_does_not_return_their_own_offer(shop, now) -> None:
    order = arrived(shop, now=now)
    offers = offer(order, shop, now=now)
    with pytest.raises(NotAllowed):
        handoffs.send_back(offers, why="no", by=shop.owner, now=now)
    handoffs.withdraw(offers, by=shop.owner, now=now)
    assert {row.state for row in HandOff.objects.all()} == {HandOffState.WITHDRAWN}


def test_an_offer_that_is_ended_cannot_be_ended_otherwise(shop, now) -> None:
    order = arrived(shop, now=now)
    offers = offer(order, shop, now=now)
    handoffs.withdraw(offers, by=shop.owner, now=now)
    with pytest.raises(Refused):
        handoffs.accept(offers, by=shop.artist, now=now)
    with pytest.raises(Refused):
        handoffs.send_back(offers, why="too late", by=shop.artist, now=now)
    taken = bring(order, shop.styling, giver=shop.owner, receiver=shop.artist, now=now)
    with pytest.raises(TakenOver):
        handoffs.withdraw(taken, by=shop.owner, now=now)


def test_only_the_giver_the_owner_or_a_manager_takes_an_offer_back(shop, now) -> None:
    order = arrived(shop, now=now)
    offers = offer(order, shop, now=now)
    with pytest.raises(NotAllowed):
        handoffs.withdraw(offers, by=shop.colleague, now=now)
    handoffs.withdraw(offers, by=shop.manager, now=now)


# --- R5.6 --------------------------------------------------------------------------------------
def test_r5_6_the_bride_goes_ahead_and_the_groom_waits_with_the_owner(shop, now) -> None:
    order = arrived(shop, now=now)
    bride, groom = party(order)
    handoffs.accept(offer(order, shop, members=[bride], now=now), by=shop.artist, now=now + MINUTE)
    assert presence(order, bride.name).with_user == shop.artist
    assert presence(order, groom.name).with_user == shop.owner


def test_r5_6_who_is_on_the_way_cannot_be_sent_somewhere_else(shop, now) -> None:
    order = arrived(shop, now=now)
    offer(order, shop, now=now)
    with pytest.raises(Refused, match="李娜"):
        offer(order, shop, by=shop.manager, to=shop.shooting, why="in a hurry", now=now)


def test_who_is_not_in_the_house_is_not_handed_over(shop, now) -> None:
    order = arrived(shop, now=now)
    stranger = factories.CustomerFactory(branch=shop.branch, owner=shop.owner).members.first()
    with pytest.raises(Refused):
        offer(order, shop, members=[stranger], now=now)
    with pytest.raises(Refused):
        handoffs.offer(order, members=[], to=shop.styling, by=shop.owner, now=now)


# --- Together ----------------------------------------------------------------------------------
@pytest.mark.django_db(transaction=True)
def test_two_artists_take_over_at_once_and_one_has_the_customer(transactional_db, now) -> None:
    shop = factories.make_shop()
    order = arrived(shop, now=now)
    other = second_artist(shop)
    offers = offer(order, shop, now=now)
    start, answers = threading.Barrier(2), {}

    def take(person) -> None:
        start.wait()
        try:
            handoffs.accept(offers, by=person, now=now + MINUTE)
            answers[person.pk] = "mine"
        except TakenOver as taken:
            answers[person.pk] = taken.receiver.pk
        finally:
            connection.close()

    threads = [threading.Thread(target=take, args=(person,)) for person in (shop.artist, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    winner = presence(order, "李娜").with_user_id
    loser = ({shop.artist.pk, other.pk} - {winner}).pop()
    assert answers == {winner: "mine", loser: winner}
    assert presence(order, "张伟").with_user_id == winner
    assert WorkOrderEvent.objects.filter(kind="taken_over").count() == 1


def test_time_never_runs_backwards_between_two_servers_clocks(shop, now) -> None:
    order = arrived(shop, now=now)
    offers = offer(order, shop, now=now + 5 * MINUTE)
    handoffs.accept(offers, by=shop.artist, now=now + 4 * MINUTE)
    assert presence(order, "李娜").since == now + 5 * MINUTE


def test_the_order_of_events_holds_ids_and_kinds_and_no_names(shop, now) -> None:
    order = shot_and_back(shop, now=now)
    for event in WorkOrderEvent.objects.filter(work_order=order):
        assert "李娜" not in str(event.parameters)
        assert event.sentence


@pytest.mark.django_db(transaction=True)
def test_the_door_the_till_and_the_customers_link_at_once_do_not_block_each_other(
    transactional_db, now
) -> None:
    shop = factories.make_shop()
    for _attempt in range(4):
        order = make_order(shop, now=now, confirmed=False, resources=[])
        appointment = order.booking.appointments.get(kind="shoot")
        start, wrong = threading.Barrier(3), []
        acts = [
            lambda: day.arrive(order, members=party(order), by=shop.owner, now=now),  # noqa: B023
            lambda: schedule.confirm(appointment, via="link", by=None, now=now),  # noqa: B023
            lambda: till.take_payment(
                order.booking,  # noqa: B023
                kind="prepayment",
                method="cash",
                amount=Decimal(10),
                by=shop.cashier,
                now=now,
            ),
        ]

        def run(act) -> None:
            start.wait()  # noqa: B023
            try:
                act()
            except schedule.NotBookable:
                pass  # they stood in the door before the link was pressed
            except Exception as error:
                wrong.append(error)  # noqa: B023
            finally:
                connection.close()

        threads = [threading.Thread(target=run, args=(act,)) for act in acts]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert wrong == []
        assert reread(order).stage == "shoot"
