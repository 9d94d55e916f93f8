"""Both stand together (R5.1): one press gives and takes; offers by name, assistants, and the waiting offer."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bookings.models import Allocation, Resource
from studio.outbox import alerts
from studio.outbox.models import Alert
from studio.staff.models import Role
from tests import factories
from tests.bookings.together import together as at_once
from tests.workflow.shoots import (
    arrived,
    bring,
    make_family,
    make_order,
    party,
    presence,
    reread,
    second_artist,
)
from workflow import assistants, day, gaps, hand_watch, handoffs, house, house_rules
from workflow.models import HandOff, HandOffState, HouseRules, WorkOrderEvent
from workflow.refusals import NeedsReason, NotAllowed, Refused, TakenOver

MINUTE = timedelta(minutes=1)


def take(order, to, receiver, *, now, by=None, members=None, **more):
    return handoffs.together(
        order, members=members or party(order), to=to, receiver=receiver, by=by or receiver, now=now, **more
    )


def styled(shop, now, **order):
    made = arrived(shop, now=now, **order)
    bring(made, shop.styling, giver=shop.owner, receiver=shop.artist, now=now)
    return made


# --- Given and taken at once ---------------------------------------------------------------------
@pytest.mark.parametrize("presser", ["owner", "artist", "manager"])
def test_r5_1_giver_and_receiver_stand_together_and_one_press_is_enough(shop, now, presser) -> None:
    order = arrived(shop, now=now)
    by = getattr(shop, presser)
    rows = take(order, shop.styling, shop.artist, by=by, now=now + MINUTE)
    assert {(row.state, row.way, row.giver, row.receiver, row.by) for row in rows} == {
        ("accepted", "together", shop.owner, shop.artist, by)
    }
    here = presence(order, "李娜")
    assert (here.with_user, here.department, here.since) == (shop.artist, shop.styling, now + MINUTE)
    assert reread(order).styling_since == now + MINUTE  # R4.4
    event = WorkOrderEvent.objects.get(work_order=order, kind="taken_over")
    assert (event.actor, event.parameters["receiver"], event.parameters["way"]) == (
        by,
        shop.artist.pk,
        "together",
    )


def test_r5_1_nobody_else_gives_a_customer_away(shop, now) -> None:
    order = styled(shop, now)
    with pytest.raises(NotAllowed):
        take(order, shop.shooting, shop.photographer, by=shop.colleague, now=now)
    assert presence(order, "李娜").with_user == shop.artist


def test_r5_1_only_somebody_of_the_department_can_be_the_receiver(shop, now) -> None:
    order = arrived(shop, now=now)
    for stranger in (shop.photographer, shop.neighbour, shop.administrator, shop.cashier):
        with pytest.raises(NotAllowed):
            take(order, shop.styling, stranger, by=shop.owner, now=now)
    assert not HandOff.objects.exists()


def test_r5_2_the_receiver_alone_takes_only_where_the_route_leads(shop, now) -> None:
    order = styled(shop, now)
    with pytest.raises(NotAllowed):
        take(order, shop.selection, factories.make_person(
            shop.branch, Role.DEPARTMENT_STAFF, "何洁", "", shop.selection), now=now)  # fmt: skip
    with pytest.raises(NeedsReason):
        take(order, shop.front_desk, shop.owner, now=now)
    take(order, shop.front_desk, shop.owner, why="She feels faint", now=now)
    assert presence(order, "李娜").with_user == shop.owner


def test_r4_1_not_without_the_sheet_either(shop, now) -> None:
    order = arrived(shop, now=now, sheet=False)
    with pytest.raises(Refused, match="sheet"):
        take(order, shop.styling, shop.artist, now=now)


def test_an_open_offer_there_is_ended_by_it_and_one_elsewhere_stands_in_the_way(shop, now) -> None:
    order = arrived(shop, now=now)
    offers = handoffs.offer(order, members=party(order), to=shop.styling, by=shop.owner, now=now)
    rows = take(order, shop.styling, shop.artist, now=now + MINUTE)
    assert [row.pk for row in rows] == [row.pk for row in offers]
    assert set(HandOff.objects.values_list("state", "way")) == {("accepted", "together")}
    handoffs.offer(order, members=party(order), to=shop.shooting, by=shop.artist, now=now + 2 * MINUTE)
    with pytest.raises(Refused, match="on the way"):
        take(order, shop.front_desk, shop.owner, why="Her mother is here", now=now + 3 * MINUTE)


def test_a_second_press_changes_nothing(shop, now) -> None:
    order = arrived(shop, now=now)
    first = take(order, shop.styling, shop.artist, now=now)
    again = take(order, shop.styling, shop.artist, now=now + 5 * MINUTE)
    assert {row.pk for row in first} == {row.pk for row in again}
    assert presence(order, "李娜").since == now
    assert WorkOrderEvent.objects.filter(kind="taken_over").count() == 1


def test_r5_1_a_colleague_of_the_department_relieves_at_once(shop, now) -> None:
    order, relief = styled(shop, now), second_artist(shop)
    take(order, shop.styling, relief, now=now + MINUTE)
    assert presence(order, "李娜").with_user == relief
    assert HandOff.objects.filter(from_department=shop.styling, to_department=shop.styling).count() == 2


def test_who_presses_second_in_the_same_breath_relieves_nobody(shop, now) -> None:
    order, other = styled(shop, now), second_artist(shop)
    with pytest.raises(TakenOver):
        take(order, shop.styling, other, now=now + timedelta(seconds=9))
    take(order, shop.styling, other, now=now + timedelta(seconds=10))
    assert presence(order, "李娜").with_user == other


def test_r5_6_some_of_them_are_taken_and_the_others_stay(shop, now) -> None:
    order = arrived(shop, now=now)
    bride, groom = party(order)
    take(order, shop.styling, shop.artist, members=[bride], now=now)
    assert presence(order, groom.name).with_user == shop.owner


def test_the_number_of_questions_does_not_grow_with_the_party(shop, now) -> None:
    def asked(count) -> int:
        order = make_order(shop, now=now, resources=[])
        make_family(order, count)
        day.arrive(order, members=party(order), by=shop.owner, now=now)
        day.issue_sheet(order, by=shop.owner, now=now)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            handoffs.offer(order, members=party(order), to=shop.styling, by=shop.owner, now=now)
        return sum(query["sql"].startswith('SELECT "') for query in queries)

    assert asked(1) == asked(6)


# --- By name ---------------------------------------------------------------------------------------
def test_an_offer_may_be_meant_for_a_colleague_and_anybody_there_may_take_over(shop, now) -> None:
    order, other = arrived(shop, now=now), second_artist(shop)
    send = {"members": party(order), "to": shop.styling, "by": shop.owner, "now": now}
    rows = handoffs.offer(order, **send, meant_for=shop.artist)
    assert {row.meant_for for row in rows} == {shop.artist}
    rows = handoffs.offer(order, **send, meant_for=other)  # meant for somebody else now: the same offer
    assert set(HandOff.objects.values_list("meant_for", flat=True)) == {other.pk}
    handoffs.accept(rows, by=shop.artist, now=now)
    assert presence(order, "李娜").with_user == shop.artist


def test_an_offer_is_meant_for_somebody_who_works_there_and_not_for_the_giver(shop, now) -> None:
    order = styled(shop, now)
    for wrong, to in (
        (shop.artist, shop.shooting),
        (shop.neighbour, shop.shooting),
        (shop.artist, shop.styling),
    ):
        with pytest.raises(NotAllowed):
            handoffs.offer(order, members=party(order), to=to, by=shop.artist, now=now, meant_for=wrong)


# --- Assistants --------------------------------------------------------------------------------------
def booked_assistant(shop, order, department, name):
    person = factories.make_person(shop.branch, Role.DEPARTMENT_STAFF, name, "", department)
    resource = Resource.objects.create(branch=shop.branch, kind="assistant", user=person, name_en=name)
    shoot = order.booking.appointments.get(kind="shoot")
    Allocation.objects.create(
        appointment=shoot,
        resource=resource,
        during=(shoot.starts_at, shoot.ends_at),
        used=(shoot.starts_at, shoot.ends_at),
    )
    return person


def test_r5_1_the_booked_assistants_own_department_says_whom_they_help(shop, now) -> None:
    order = arrived(shop, now=now)
    assert assistants.of(order, "styling") is None
    makeup = booked_assistant(shop, order, shop.styling, "钱丽")
    photo = booked_assistant(shop, order, shop.shooting, "小周")
    assert assistants.of(order, "styling") == makeup
    assert assistants.of(order, "shooting") == photo
    assert assistants.of(order, "front_desk") is None


def test_r5_1_who_takes_over_introduces_the_assistant_and_the_hand_off_keeps_them(shop, now) -> None:
    order = arrived(shop, now=now)
    makeup = booked_assistant(shop, order, shop.styling, "钱丽")
    photo = booked_assistant(shop, order, shop.shooting, "小周")
    bring(order, shop.styling, giver=shop.owner, receiver=shop.artist, now=now)
    assert set(HandOff.objects.values_list("assistant", flat=True)) == {makeup.pk}
    [row] = house.of_order(reread(order), now=now)
    assert "my assistant 小周" in row.line_to(shop.shooting, receiver=shop.photographer).introduce
    assert "assistant" not in row.line_to(shop.shooting, receiver=photo).introduce
    other = second_artist(shop)
    take(order, shop.shooting, shop.photographer, assistant=other, now=now)  # somebody else helps today
    assert set(HandOff.objects.filter(to_department=shop.shooting).values_list("assistant", flat=True)) == {
        other.pk
    }


# --- Offers that wait ----------------------------------------------------------------------------------
def rung(kind="offer_waits"):
    return sorted(Alert.objects.filter(kind=kind).values_list("user__display_name", flat=True))


def test_r5_1_an_offer_not_taken_in_time_rings_quietly_on_both_sides_once(shop, now) -> None:
    order, other = arrived(shop, now=now), second_artist(shop)
    handoffs.offer(order, members=party(order), to=shop.styling, by=shop.owner, now=now)
    assert hand_watch.plan(now + 3 * MINUTE - timedelta(seconds=1)) == 0
    assert hand_watch.plan(now + 3 * MINUTE) == 2
    assert rung() == sorted([shop.owner.display_name, shop.artist.display_name, other.display_name])
    assert hand_watch.plan(now + 9 * MINUTE) == 0
    assert Alert.objects.filter(kind="offer_waits").count() == 3
    unseen = alerts.unseen(shop.artist, shop.branch)
    assert (unseen.count, unseen.newest) == (1, 0), "counted in the bell, and without a sound"


def test_an_offer_meant_for_somebody_rings_for_them(shop, now) -> None:
    order = arrived(shop, now=now)
    second_artist(shop)
    send = {"members": party(order), "to": shop.styling, "by": shop.owner, "now": now}
    handoffs.offer(order, **send, meant_for=shop.artist)
    hand_watch.plan(now + 3 * MINUTE)
    assert rung() == sorted([shop.owner.display_name, shop.artist.display_name])


def test_r8_1_who_is_off_is_not_rung_for_an_offer_their_deputy_is(shop, now) -> None:
    order, other = arrived(shop, now=now), second_artist(shop)
    today = shop.branch.today(now)
    factories.LeaveFactory(branch=shop.branch, user=shop.artist, deputy=other, starts_on=today, ends_on=today)
    handoffs.offer(order, members=party(order), to=shop.styling, by=shop.owner, now=now)
    hand_watch.plan(now + 3 * MINUTE)
    assert rung() == sorted([shop.owner.display_name, other.display_name])


def test_what_was_taken_over_returned_or_taken_back_in_time_never_rings(shop, now) -> None:
    order = arrived(shop, now=now)
    send = {"members": party(order), "to": shop.styling, "by": shop.owner}
    handoffs.send_back(handoffs.offer(order, **send, now=now), why="No sheet", by=shop.artist, now=now)
    handoffs.withdraw(handoffs.offer(order, **send, now=now), by=shop.owner, now=now)
    handoffs.accept(handoffs.offer(order, **send, now=now), by=shop.artist, now=now + MINUTE)
    assert hand_watch.plan(now + 10 * MINUTE) == 0
    assert rung() == []


def test_the_branch_decides_how_long_an_offer_may_wait_for_the_bell_and_for_the_board(shop, now) -> None:
    assert house_rules.of(shop.branch).pk is None
    HouseRules.objects.create(branch=shop.branch, offer_waits_seconds=60)
    assert house_rules.of(shop.branch).offer_waits_seconds == 60
    order = arrived(shop, now=now)
    handoffs.offer(order, members=party(order), to=shop.styling, by=shop.owner, now=now)
    assert not house.of_order(order, now=now + timedelta(seconds=59))[0].waits_too_long
    assert house.of_order(order, now=now + MINUTE)[0].waits_too_long
    assert hand_watch.plan(now + MINUTE) == 2


def test_the_planner_knows_when_there_is_something_to_do(shop, now) -> None:
    def due(moment) -> bool:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {hand_watch.TO_DO}", {"now": moment})
            return cursor.fetchone()[0]

    order = arrived(shop, now=now)
    assert not due(now)
    handoffs.offer(order, members=party(order), to=shop.styling, by=shop.owner, now=now)
    assert not due(now + 2 * MINUTE)
    assert due(now + 3 * MINUTE)
    hand_watch.plan(now + 3 * MINUTE)
    assert not due(now + 3 * MINUTE)


# --- At once -----------------------------------------------------------------------------------------
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "what", ["two_receivers", "receive_or_withdraw", "gap_or_accept", "together_or_offer"]
)
def test_two_people_press_in_the_same_second_and_the_record_stays_whole(transactional_db, now, what) -> None:
    shop = factories.make_shop()
    order, other = arrived(shop, now=now), second_artist(shop)
    members, moment = party(order), now + MINUTE
    offers = [] if what == "together_or_offer" else handoffs.offer(
        order, members=members, to=shop.styling, by=shop.owner, now=now
    )  # fmt: skip
    acts = {
        "two_receivers": [
            lambda: take(order, shop.styling, shop.artist, now=moment),
            lambda: handoffs.accept(offers, by=other, now=moment),
        ],
        "receive_or_withdraw": [
            lambda: handoffs.accept(offers, by=shop.artist, now=moment),
            lambda: handoffs.withdraw(offers, by=shop.owner, now=moment),
        ],
        "gap_or_accept": [
            lambda: gaps.leave_alone(order, members=members, by=shop.owner, now=moment),
            lambda: handoffs.accept(offers, by=shop.artist, now=moment),
        ],
        "together_or_offer": [
            lambda: take(order, shop.styling, shop.artist, now=moment),
            lambda: handoffs.offer(order, members=members, to=shop.styling, by=shop.owner, now=moment),
        ],
    }[what]
    answers = at_once(acts)
    strange = [one for one in answers if isinstance(one, Exception) and not isinstance(one, Refused)]
    assert not strange, answers
    rows = list(HandOff.objects.all())
    here = {presence(order, member.name).with_user for member in members}
    assert len(here) == 1
    whom = here.pop()
    if what == "two_receivers":
        assert whom in {shop.artist, other} and len(rows) == 2
        assert [type(one) for one in answers].count(TakenOver) == 1, "the second is told who has them"
    elif what == "receive_or_withdraw":
        assert sum(isinstance(one, Refused) for one in answers) == 1
        assert {row.state for row in rows} <= {HandOffState.ACCEPTED, HandOffState.WITHDRAWN}
    elif what == "together_or_offer":
        assert whom == shop.artist
    for member in members:
        assert presence(order, member.name).stays.filter(until=None, superseded_by=None).count() == 1
