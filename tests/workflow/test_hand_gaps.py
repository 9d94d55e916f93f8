"""Nobody is with them (R5.1): opened as soon as it is known, rung, measured, ended by who comes first."""

from datetime import timedelta

import pytest

from studio.outbox import alert_words
from studio.outbox.models import Alert, Message
from studio.staff.models import Membership
from tests import factories
from tests.bookings.together import together as at_once
from tests.workflow.shoots import arrived, bring, party, presence, second_artist
from workflow import cases, estates, gaps, hand_alarms, hand_watch, handoffs, house, side_trips
from workflow.models import HandOff, Stay, WorkOrderEvent
from workflow.refusals import NotAllowed, Refused, TakenOver

MINUTE, SECOND = timedelta(minutes=1), timedelta(seconds=1)


@pytest.fixture
def order(shop, now):
    """With the makeup artist."""
    made = arrived(shop, now=now)
    bring(made, shop.styling, giver=shop.owner, receiver=shop.artist, now=now)
    return made


def leave(order, by, *, now, **more):
    return gaps.leave_alone(order, members=party(order), by=by, now=now, **more)


def care(order, by, *, now, **more):
    return gaps.take_care(order, members=party(order), by=by, now=now, **more)


def goes_home(shop, person, at, deputy=None):
    today = shop.branch.today(at)
    return factories.LeaveFactory(
        branch=shop.branch,
        user=person,
        deputy=deputy or shop.colleague,
        starts_on=today,
        ends_on=today,
        kind="illness",
        asked_at=at,
        decided_at=at,
    )


# --- Said by somebody ------------------------------------------------------------------------------
def test_r5_1_who_has_to_go_says_so_and_the_gap_is_measured(shop, now, order) -> None:
    leave(order, shop.artist, now=now + MINUTE)
    here = presence(order, "李娜")
    assert (here.is_alone, here.with_user, here.department) == (True, shop.artist, shop.styling)
    care(order, shop.cashier, now=now + MINUTE + 17 * SECOND)
    here = presence(order, "李娜")
    assert (here.is_alone, here.with_user, here.department) == (False, shop.cashier, shop.styling)
    assert [gap.seconds(now) for gap in Stay.objects.gaps()] == [17.0, 17.0]
    kinds = list(WorkOrderEvent.objects.order_by("pk").values_list("kind", flat=True))
    assert kinds[-2:] == ["left_alone", "care_taken"]


def test_r5_1_anybody_who_serves_reports_it_and_nobody_else(shop, now, order) -> None:
    for stranger in (shop.administrator, shop.neighbour):
        with pytest.raises(NotAllowed):
            leave(order, stranger, now=now + MINUTE)
        with pytest.raises(NotAllowed):
            care(order, stranger, now=now + MINUTE)
    leave(order, shop.cashier, now=now + MINUTE)
    assert presence(order, "李娜").is_alone


def test_it_is_reported_since_when_and_not_from_before_they_came_or_from_tomorrow(shop, now, order) -> None:
    with pytest.raises(Refused, match="later than that"):
        leave(order, shop.colleague, now=now + 9 * MINUTE, since=now - SECOND)
    with pytest.raises(Refused, match="future"):
        leave(order, shop.colleague, now=now + 9 * MINUTE, since=now + 10 * MINUTE)
    leave(order, shop.colleague, now=now + 9 * MINUTE, since=now + 4 * MINUTE)
    assert presence(order, "李娜").since == now + 4 * MINUTE


def test_a_second_report_and_a_second_care_change_nothing(shop, now, order) -> None:
    leave(order, shop.artist, now=now + MINUTE)
    leave(order, shop.colleague, now=now + 2 * MINUTE)
    assert presence(order, "李娜").since == now + MINUTE
    care(order, shop.colleague, now=now + 3 * MINUTE)
    care(order, shop.colleague, now=now + 4 * MINUTE)
    assert presence(order, "李娜").since == now + 3 * MINUTE
    with pytest.raises(TakenOver):
        care(order, shop.owner, now=now + 5 * MINUTE)


def test_r5_1_it_rings_for_owner_managers_and_department_and_not_for_who_pressed(shop, now, order) -> None:
    second_artist(shop)
    leave(order, shop.artist, now=now + MINUTE)
    rung = set(Alert.objects.filter(kind="left_alone").values_list("user__display_name", flat=True))
    assert rung == {"陈晓静", "林店长", "何总", "冯丽"}
    [line] = alert_words.lines_of(Alert.objects.filter(user=shop.owner))
    assert line.words.startswith("张伟 & 李娜: nobody is with them since ")


def test_r9_9_the_group_chat_hears_where_and_not_who(shop, now, order) -> None:
    leave(order, shop.artist, now=now + MINUTE)
    parameters = Alert.objects.filter(kind="left_alone").first().parameters
    words = hand_alarms.KINDS["left_alone"].aloud(parameters)
    assert "styling" in words and "张伟" not in words and "李娜" not in words
    assert hand_alarms.still_alone(parameters)
    care(order, shop.colleague, now=now + 2 * MINUTE)
    assert not hand_alarms.still_alone(parameters)
    assert not Message.objects.filter(body__contains="李娜").exists()


# --- Who takes care ----------------------------------------------------------------------------------
def test_they_go_along_to_the_desk_or_to_where_the_colleague_works(shop, now, order) -> None:
    leave(order, shop.artist, now=now + MINUTE)
    with pytest.raises(NotAllowed):
        care(order, shop.owner, now=now + 2 * MINUTE, department=shop.shooting)
    care(order, shop.owner, now=now + 2 * MINUTE, department=shop.front_desk)
    assert presence(order, "李娜").department == shop.front_desk


def test_whoever_comes_from_where_they_were_brought_takes_over_with_it(shop, now, order) -> None:
    handoffs.offer(order, members=party(order), to=shop.shooting, by=shop.artist, now=now)
    leave(order, shop.artist, now=now + MINUTE)
    assert house.of_order(order, now=now + MINUTE)[0].hand_off is not None, "they are still expected there"
    care(order, shop.photographer, now=now + 2 * MINUTE)
    here = presence(order, "李娜")
    assert (here.with_user, here.department) == (shop.photographer, shop.shooting)
    assert set(HandOff.objects.filter(to_department=shop.shooting).values_list("state", flat=True)) == {
        "accepted"
    }


def test_does_somebody_else_come_the_waiting_offer_is_taken_back(shop, now, order) -> None:
    handoffs.offer(order, members=party(order), to=shop.shooting, by=shop.artist, now=now)
    leave(order, shop.artist, now=now + MINUTE)
    care(order, shop.colleague, now=now + 2 * MINUTE)
    assert not HandOff.objects.open().exists()
    handoffs.offer(order, members=party(order), to=shop.shooting, by=shop.colleague, now=now + 3 * MINUTE)


# --- Nobody said so ------------------------------------------------------------------------------------
@pytest.mark.parametrize("stepped_out", [False, True])
def test_r5_1_whoever_goes_home_ill_leaves_a_gap_from_then_on(shop, now, order, stepped_out) -> None:
    if stepped_out:
        side_trips.step_out(order, members=party(order), place="car", by=shop.artist, now=now + MINUTE)
    goes_home(shop, shop.artist, now + 5 * MINUTE)
    assert house.of_order(order, now=now + 5 * MINUTE + SECOND)[0].alone_since == now + 5 * MINUTE
    assert hand_watch.plan(now + 5 * MINUTE + 20 * SECOND) == 2
    here = presence(order, "李娜")
    assert (here.is_alone, here.since) == (True, now + 5 * MINUTE)
    assert hand_watch.plan(now + 6 * MINUTE) == 0, "once"
    event = WorkOrderEvent.objects.get(kind="left_alone")
    assert event.actor is None
    assert Alert.objects.filter(kind="left_alone", user=shop.owner).count() == 1


def test_r5_1_whose_place_in_the_house_ended_leaves_a_gap_too(shop, now, order) -> None:
    Membership.objects.filter(user=shop.artist).update(is_active=False)
    hand_watch.plan(now + MINUTE)
    assert presence(order, "李娜").since == now + MINUTE


def test_who_is_off_and_has_come_in_all_the_same_has_them(shop, now, order) -> None:
    goes_home(shop, shop.photographer, now - 60 * MINUTE)
    bring(order, shop.shooting, giver=shop.artist, receiver=shop.photographer, now=now + MINUTE)
    assert hand_watch.plan(now + 2 * MINUTE) == 0
    assert not house.of_order(order, now=now + 2 * MINUTE)[0].is_unattended


def test_leave_that_is_only_asked_for_or_of_another_day_opens_nothing(shop, now, order) -> None:
    leave_of_today = goes_home(shop, shop.artist, now + MINUTE)
    leave_of_today.days.update(is_granted=False)
    tomorrow = goes_home(shop, shop.artist, now + timedelta(days=1))
    tomorrow.decided_at = now + MINUTE
    tomorrow.save()
    assert hand_watch.plan(now + 5 * MINUTE) == 0


def test_r5_6_on_location_there_is_no_gap_alarm(shop, now, order) -> None:
    side_trips.go_on_location(order, members=party(order), place="park", by=shop.artist, now=now)
    goes_home(shop, shop.artist, now + MINUTE)
    assert hand_watch.plan(now + 5 * MINUTE) == 0


def test_who_comes_before_anybody_noticed_ends_the_gap_that_was(shop, now, order) -> None:
    goes_home(shop, shop.artist, now + MINUTE)
    care(order, shop.colleague, now=now + MINUTE + 9 * SECOND)
    assert [gap.seconds(now) for gap in Stay.objects.gaps()] == [9.0, 9.0]
    assert presence(order, "李娜").with_user == shop.colleague


def test_the_neighbours_house_is_looked_after_by_its_own_day(shop, now, order) -> None:
    goes_home(shop, shop.artist, now + MINUTE).days.update(branch=shop.other_branch)
    assert hand_watch.plan(now + 5 * MINUTE) == 0


# --- Who has them, elsewhere -----------------------------------------------------------------------------
def test_who_left_them_alone_has_nobody_in_hand(shop, now, order) -> None:
    assert estates.count_present(shop.artist, shop.branch, now) == 2
    leave(order, shop.artist, now=now + MINUTE)
    assert estates.count_present(shop.artist, shop.branch, now) == 0
    [case] = cases.held(shop.artist, shop.branch, shop.branch.today(now), now)
    assert case.title == "Stands alone in the house"


@pytest.mark.django_db(transaction=True)
def test_two_colleagues_run_to_them_at_once_and_one_has_them(transactional_db, now) -> None:
    shop = factories.make_shop()
    order = arrived(shop, now=now)
    leave(order, shop.owner, now=now + MINUTE)
    answers = at_once(
        [
            lambda: care(order, shop.colleague, now=now + 2 * MINUTE),
            lambda: care(order, shop.cashier, now=now + 2 * MINUTE),
            lambda: hand_watch.plan(now + 2 * MINUTE),
        ]
    )
    assert [type(one) for one in answers].count(TakenOver) == 1, answers
    assert Stay.objects.standing().filter(until=None).values("user").distinct().count() == 1
