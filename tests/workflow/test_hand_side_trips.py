"""Out for a moment and on location (R5.6): somebody is always along, and neither is a gap."""

from datetime import timedelta

import pytest

from tests import factories
from tests.workflow.shoots import arrived, bring, party, presence, second_artist
from workflow import gaps, handoffs, house, serving, side_trips
from workflow.models import HandOff, Stay, WorkOrderEvent
from workflow.refusals import NotAllowed, Refused
from workflow.stays import stays

MINUTE = timedelta(minutes=1)


@pytest.fixture
def order(shop, now):
    """With the makeup artist."""
    made = arrived(shop, now=now)
    bring(made, shop.styling, giver=shop.owner, receiver=shop.artist, now=now)
    return made


def out(order, by, *, now, place="washroom", members=None, **more):
    return side_trips.step_out(order, members=members or party(order), place=place, by=by, now=now, **more)


def back(order, by, *, now, **more):
    return side_trips.come_back(order, members=party(order), by=by, now=now, **more)


def where(order, name="李娜"):
    here = presence(order, name)
    return here.kind, here.with_user, here.place, here.department


def test_r5_6_who_has_them_goes_along_and_back(shop, now, order) -> None:
    out(order, shop.artist, now=now + MINUTE)
    assert where(order) == ("out", shop.artist, "washroom", shop.styling)
    back(order, shop.artist, now=now + 3 * MINUTE)
    assert where(order) == ("with", shop.artist, "", shop.styling)
    assert not Stay.objects.gaps().exists()
    kinds = [(stay.kind, stay.seconds(now)) for stay in stays(order) if stay.presence.member.name == "李娜"]
    assert kinds[2] == ("out", 120.0)


def test_r5_6_a_colleague_goes_along_and_they_come_back_to_who_had_them(shop, now, order) -> None:
    bride = party(order)[0]
    out(order, shop.artist, members=[bride], escort=shop.colleague, now=now + MINUTE)
    assert where(order)[:2] == ("out", shop.colleague)
    assert where(order, "张伟")[:2] == ("with", shop.artist)
    side_trips.come_back(order, members=[bride], by=shop.colleague, now=now + 3 * MINUTE)
    assert where(order)[:2] == ("with", shop.artist)
    event = WorkOrderEvent.objects.get(kind="came_back")
    assert (event.actor, event.parameters["user"]) == (shop.colleague, shop.artist.pk)


def test_r5_6_the_escort_says_so_too_and_so_do_owner_and_manager_and_nobody_else(shop, now, order) -> None:
    with pytest.raises(NotAllowed):
        out(order, shop.photographer, now=now)
    with pytest.raises(NotAllowed):
        out(order, shop.artist, escort=shop.neighbour, now=now)
    with pytest.raises(NotAllowed):
        out(order, shop.artist, escort=shop.administrator, now=now)
    out(order, shop.photographer, escort=shop.photographer, now=now)
    assert where(order)[1] == shop.photographer
    with pytest.raises(NotAllowed):
        back(order, shop.colleague, now=now + MINUTE)
    back(order, shop.manager, now=now + MINUTE)
    assert where(order)[1] == shop.artist


def test_is_who_had_them_gone_meanwhile_the_escort_stays_with_them(shop, now, order) -> None:
    out(order, shop.artist, escort=shop.colleague, now=now + MINUTE)
    today = shop.branch.today(now)
    factories.LeaveFactory(
        branch=shop.branch, user=shop.artist, deputy=shop.colleague, starts_on=today, ends_on=today
    )
    back(order, shop.colleague, now=now + 2 * MINUTE)
    assert where(order)[:2] == ("with", shop.colleague)


def test_somebody_else_of_the_department_may_take_them_back(shop, now, order) -> None:
    other = second_artist(shop)
    out(order, shop.artist, now=now + MINUTE)
    with pytest.raises(NotAllowed):
        back(order, shop.artist, takes_over=shop.photographer, now=now + 2 * MINUTE)
    back(order, other, takes_over=other, now=now + 2 * MINUTE)
    assert where(order)[:2] == ("with", other)


def test_a_second_press_changes_nothing(shop, now, order) -> None:
    out(order, shop.artist, now=now + MINUTE)
    out(order, shop.artist, now=now + 2 * MINUTE)
    assert presence(order, "李娜").since == now + MINUTE
    back(order, shop.artist, now=now + 3 * MINUTE)
    back(order, shop.artist, now=now + 4 * MINUTE)
    assert presence(order, "李娜").since == now + 3 * MINUTE
    kinds = list(WorkOrderEvent.objects.values_list("kind", flat=True))
    assert (kinds.count("stepped_out"), kinds.count("came_back")) == (1, 1)


def test_from_the_washroom_on_to_the_car_and_back_to_who_had_them_first(shop, now, order) -> None:
    out(order, shop.artist, escort=shop.colleague, now=now + MINUTE)
    out(order, shop.colleague, place="car", now=now + 2 * MINUTE)
    assert where(order)[:3] == ("out", shop.colleague, "car")
    back(order, shop.colleague, now=now + 3 * MINUTE)
    assert where(order)[1] == shop.artist


def test_who_steps_out_is_brought_there_when_they_are_here_again(shop, now, order) -> None:
    offers = handoffs.offer(order, members=party(order), to=shop.shooting, by=shop.artist, now=now)
    out(order, shop.artist, now=now + MINUTE)
    with pytest.raises(Refused):
        handoffs.accept(offers, by=shop.photographer, now=now + 2 * MINUTE)
    back(order, shop.artist, now=now + 2 * MINUTE)
    bring(order, shop.shooting, giver=shop.artist, receiver=shop.photographer, now=now + 3 * MINUTE)


def test_who_fetches_them_from_there_takes_them_from_who_had_them(shop, now, order) -> None:
    out(order, shop.photographer, escort=shop.photographer, now=now + MINUTE)
    rows = handoffs.together(
        order, members=party(order), to=shop.shooting, receiver=shop.photographer, by=shop.photographer, now=now + 2 * MINUTE
    )  # fmt: skip
    assert {(row.giver, row.receiver) for row in rows} == {(shop.artist, shop.photographer)}
    assert where(order) == ("with", shop.photographer, "", shop.shooting)


def test_who_stands_alone_does_not_come_back_somebody_goes_to_them(shop, now, order) -> None:
    out(order, shop.artist, now=now + MINUTE)
    gaps.leave_alone(order, members=party(order), by=shop.artist, now=now + 2 * MINUTE)
    assert where(order)[0] == "alone" and presence(order, "李娜").place == "washroom"
    with pytest.raises(Refused, match="alone"):
        back(order, shop.artist, now=now + 3 * MINUTE)
    with pytest.raises(NotAllowed):
        out(order, shop.artist, escort=shop.colleague, now=now + 3 * MINUTE)
    out(order, shop.colleague, now=now + 3 * MINUTE)
    assert where(order)[:2] == ("out", shop.colleague)


def test_a_place_is_short_and_in_one_line(shop, now, order) -> None:
    out(order, shop.artist, place="  the  big\ncar " + "x" * 300, now=now)
    assert presence(order, "李娜").place.startswith("the big car x")
    assert len(presence(order, "李娜").place) == 80


# --- On location ---------------------------------------------------------------------------------------
def go(order, by, *, now, **more):
    return side_trips.go_on_location(order, members=party(order), place="West Lake", by=by, now=now, **more)


def home(order, by, *, now):
    return side_trips.back_in_the_house(order, members=party(order), by=by, now=now)


def test_r5_6_on_location_they_are_in_our_care(shop, now, order) -> None:
    go(order, shop.photographer, with_user=shop.photographer, now=now + MINUTE)
    assert where(order) == ("location", shop.photographer, "West Lake", shop.styling)
    assert not house.of_order(order, now=now + 300 * MINUTE)[0].is_unattended
    home(order, shop.photographer, now=now + 300 * MINUTE)
    assert where(order) == ("with", shop.photographer, "", shop.styling)


def test_r5_6_artist_and_photographer_give_and_take_on_location_as_well(shop, now, order) -> None:
    go(order, shop.artist, now=now + MINUTE)
    bring(order, shop.shooting, giver=shop.artist, receiver=shop.photographer, now=now + 2 * MINUTE)
    assert where(order) == ("location", shop.photographer, "West Lake", shop.shooting)
    assert not HandOff.objects.filter(alarm_at__isnull=False, to_department=shop.shooting).exists()
    out(order, shop.photographer, place="car", now=now + 3 * MINUTE)
    back(order, shop.photographer, now=now + 4 * MINUTE)
    assert where(order)[:3] == ("location", shop.photographer, "West Lake")
    handoffs.together(
        order, members=party(order), to=shop.front_desk, receiver=shop.owner, by=shop.owner, now=now + 5 * MINUTE, why="Rain"
    )  # fmt: skip
    assert where(order) == ("with", shop.owner, "", shop.front_desk)


# --- Who has them, elsewhere on the screen ---------------------------------------------------------------
def test_r1_4_the_file_says_who_is_along_where_and_when_nobody_is(shop, now, order) -> None:
    customer = order.booking.customer
    out(order, shop.artist, escort=shop.colleague, members=party(order)[:1], now=now + MINUTE)
    holders = {one.whom: (one.user, one.where) for one in serving.holders_of(customer, now)}
    assert holders["李娜"][0] == shop.colleague and "washroom" in holders["李娜"][1]
    assert holders["张伟"] == (shop.artist, "styling")
    gaps.leave_alone(order, members=party(order), by=shop.manager, now=now + 2 * MINUTE)
    assert {one.user for one in serving.holders_of(customer, now)} == {None}


def test_r1_4_the_pages_of_a_file_show_it(shop, now, order, sign_in) -> None:
    gaps.leave_alone(order, members=party(order), by=shop.artist, now=now + MINUTE)
    file = order.booking.customer
    for path in (file.get_absolute_url(), f"/customers/{file.pk}/ownership/"):
        page = sign_in(shop.owner).get(path)
        assert page.status_code == 200
    assert "Nobody is with them" in page.content.decode()
