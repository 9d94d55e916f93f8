"""The code on the sheet opens the order at the step of whoever scans it (F2)."""

from datetime import timedelta

import pytest
from django.test import override_settings
from django.utils import timezone

from studio.desk.finding import find
from studio.staff.models import Membership
from tests.factories import LeaveFactory
from tests.workflow import orders
from tests.workflow.shoots import arrived, bring, make_order, party, reread, shot_and_back
from workflow import handoffs, scanning
from workflow.models import HandOff, WorkOrderEvent

HOUR = timedelta(hours=1)


def step(order, user, now) -> str:
    place = Membership.objects.select_related("department", "user").get(user=user)
    return scanning.step_for(reread(order), place, now=now).replace(f"/orders/{order.pk}/", "…/")


@override_settings(PUBLIC_URL="https://shop.example")
def test_f2_the_code_names_the_order_and_nobody(shop, now) -> None:
    order = make_order(shop, now=now)
    assert scanning.address_of(order) == f"https://shop.example/s/{order.booking.number}/"


# --- Whose step ----------------------------------------------------------------------------------------
def test_f2_the_owner_at_the_door_comes_to_the_arrival(shop, now) -> None:
    order = make_order(shop, now=now, at=now + HOUR)
    assert step(order, shop.owner, now) == "…/arrival/"
    assert step(order, shop.manager, now) == "…/arrival/"
    assert step(order, shop.artist, now) == "…/"  # nothing to do for styling yet


def test_f2_on_another_day_the_order_itself_opens(shop, now) -> None:
    order = make_order(shop, now=now, at=now + timedelta(days=3))
    assert step(order, shop.owner, now) == "…/"


def test_f2_who_is_brought_to_me_is_taken_over(shop, now) -> None:
    order = arrived(shop, now=now)
    handoffs.offer(order, members=party(order), to=shop.styling, by=shop.owner, now=now)
    assert step(order, shop.artist, now) == "…/#day"
    assert step(order, shop.photographer, now) == "…/"
    assert step(order, shop.owner, now) == "…/#day"  # waits with the giver


def test_f2_who_takes_them_next_comes_to_the_press_for_where_both_stand_together(shop, now) -> None:
    order = arrived(shop, now=now)
    assert step(order, shop.artist, now) == "…/#day"
    assert step(order, shop.photographer, now) == "…/"
    bring(order, shop.styling, giver=shop.owner, receiver=shop.artist, now=now)
    assert step(order, shop.photographer, now) == "…/#day"


def test_r8_1_a_deputy_scans_for_the_department_that_they_stand_in_for(shop, now) -> None:
    order = arrived(shop, now=now)
    today = shop.branch.today(now)
    LeaveFactory(branch=shop.branch, user=shop.artist, starts_on=today, ends_on=today, deputy=shop.colleague)
    handoffs.offer(order, members=party(order), to=shop.styling, by=shop.owner, now=now)
    assert step(order, shop.colleague, now) == "…/#day"


def test_f2_who_has_them_comes_to_the_next_hand_off_and_at_the_end_to_the_door(shop, now) -> None:
    order = arrived(shop, now=now)
    bring(order, shop.styling, giver=shop.owner, receiver=shop.artist, now=now)
    assert step(order, shop.artist, now) == "…/hand-offs/"


def test_r5_5_back_at_the_front_desk_the_owner_comes_to_the_door(shop, now) -> None:
    over = shot_and_back(shop, now=now)
    assert step(over, shop.owner, now + timedelta(hours=5)) == "…/departure/"


def test_r4_1_without_the_sheet_the_day_part_opens(shop, now) -> None:
    order = arrived(shop, now=now, sheet=False)
    assert step(order, shop.owner, now) == "…/#day"


def test_f2_the_cashier_comes_to_the_money(shop, now) -> None:
    order = make_order(shop, now=now)
    assert step(order, shop.cashier, now) == "…/payments/new/"


def test_f2_selection_and_production_come_to_their_pages(shop, now) -> None:
    chosen = orders.in_selection(shop, now)
    assert step(chosen, shop.owner, now) == "…/selection/"
    made = orders.in_pickup(shop, now)
    assert step(made, shop.producer, now) == "…/pickup/"
    assert step(made, shop.owner, now) == "…/pickup/"
    assert step(made, shop.artist, now) == "…/"


def test_f2_an_order_that_was_called_off_opens_itself(shop, now) -> None:
    order = make_order(shop, now=now, at=now + HOUR)
    order.booking.state = "cancelled"
    order.booking.save_version("state")
    assert step(order, shop.owner, now) == "…/"


# --- The page behind the code --------------------------------------------------------------------------
def test_a_scan_leads_on_and_changes_nothing(shop, sign_in) -> None:
    now = timezone.now()
    order = arrived(shop, now=now)
    handoffs.offer(order, members=party(order), to=shop.styling, by=shop.owner, now=now)
    events = WorkOrderEvent.objects.count()
    answer = sign_in(shop.artist).get(f"/s/{order.booking.number.lower()}/")
    assert answer.status_code == 302 and answer["Location"] == f"/orders/{order.pk}/#day"
    assert not HandOff.objects.exclude(state="offered").exists()
    assert WorkOrderEvent.objects.count() == events
    assert sign_in(shop.artist).post(f"/s/{order.booking.number}/").status_code == 405


def test_r9_9_a_stranger_reads_a_kind_sentence_and_nothing_else(shop, client, now) -> None:
    order = make_order(shop, now=now, name="张伟 & 李娜")
    known = client.get(f"/s/{order.booking.number}/")
    unknown = client.get("/s/XX99-99999/")
    assert known.status_code == unknown.status_code == 200
    body = known.content.decode()
    for secret in ("张伟", "李娜", "Bund", "王老师", "小陈", order.booking.number[2:]):
        assert secret not in body.replace(f"/s/{order.booking.number}/", "")
    assert "no-cache" in known["Cache-Control"] or "no-store" in known["Cache-Control"]


def test_a_colleague_who_is_not_signed_in_signs_in_and_comes_back(shop, client, now) -> None:
    order = make_order(shop, now=now)
    answer = client.get(f"/s/{order.booking.number}/?sign-in")
    assert answer.status_code == 302
    assert answer["Location"].startswith("/accounts/login/") and order.booking.number in answer["Location"]


def test_f8_the_neighbour_finds_nothing_and_the_administrator_may_not(shop, sign_in, now) -> None:
    order = make_order(shop, now=now)
    assert sign_in(shop.neighbour).get(f"/s/{order.booking.number}/").status_code == 404
    assert sign_in(shop.administrator).get(f"/s/{order.booking.number}/").status_code == 403
    assert sign_in(shop.owner).get("/s/nothing/").status_code == 404


@pytest.mark.parametrize("number", ["%00", "a" * 300, "%F0%9F%8E%81", "'; drop", "..%2F"])
def test_nonsense_behind_the_code_is_no_page(shop, sign_in, number) -> None:
    assert sign_in(shop.owner).get(f"/s/{number}/").status_code in {404, 400}


# --- A hand scanner types into the search box -----------------------------------------------------------
def test_f2_the_search_box_reads_what_a_hand_scanner_types(shop, sign_in, now) -> None:
    order = make_order(shop, now=now)
    for typed in (order.booking.number, scanning.address_of(order), f" {scanning.address_of(order)} "):
        assert find(typed, branch=shop.branch).only == f"/orders/{order.pk}/"
    answer = sign_in(shop.owner).get("/search/", {"q": scanning.address_of(order)})
    assert answer.status_code == 302
    assert answer["Location"] == f"/orders/{order.pk}/"
