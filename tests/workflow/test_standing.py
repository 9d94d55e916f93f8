"""On hold: the order waits beside its stage, with who, why and when it is looked at again."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from bookings.models import AppointmentKind
from studio.staff.duties import stands_in_for
from tests.factories import LeaveFactory, make_shop
from tests.workflow import orders, shoots
from tests.workflow.racing import both
from workflow import day, deliveries, readiness, stages, standing, standing_duties, undated
from workflow.models import CallTask, OnHold, Readiness, Stage
from workflow.refusals import Refused
from workflow.stages import NotYet
from workflow.timeline import KINDS

pytestmark = pytest.mark.django_db
WEEK = timedelta(days=7)


def hold(order, shop, now, *, why="新娘的妈妈住院", days=7, by=None):
    day_again = shop.branch.today(now) + timedelta(days=days)
    return standing.put_on_hold(order, why=why, look_again_on=day_again, by=by or shop.owner, now=now)


def due(person, shop, now):
    users = stands_in_for(person, branch=shop.branch, day=shop.branch.today(now))
    return [row.on_hold for row in standing_duties.waiting(users, shop.branch, now)]


# --- Said -----------------------------------------------------------------------------------------
def test_it_waits_with_who_why_and_until_when(shop, now):
    order = orders.sold(shop, now)
    row = hold(order, shop, now)
    assert (row.by, row.at, row.why) == (shop.owner, now, "新娘的妈妈住院")
    assert standing.now_of(order) == row
    assert order.events.get(kind="on_hold").parameters["on_hold"] == row.pk


@pytest.mark.parametrize(
    ("wrong", "field"),
    [({"why": " "}, "why"), ({"days": -1}, "look_again_on"), ({"days": 9999}, "look_again_on")],
)
def test_what_is_wrong_is_said_at_its_field(shop, now, wrong, field):
    order = orders.sold(shop, now)
    with pytest.raises(ValidationError) as refused:
        hold(order, shop, now, **wrong)
    assert list(refused.value.message_dict) == [field]
    assert not OnHold.objects.exists()


def test_the_same_words_twice_are_one_hold(shop, now):
    order = orders.sold(shop, now)
    assert hold(order, shop, now) == hold(order, shop, now + timedelta(minutes=1))
    assert order.events.filter(kind="on_hold").count() == 1


def test_another_day_keeps_the_first_in_the_record(shop, now):
    order = orders.sold(shop, now)
    first, second = hold(order, shop, now), hold(order, shop, now + WEEK, days=30)
    first.refresh_from_db()
    assert (first.ended_at, first.ended_by, second.ended_at) == (now + WEEK, shop.owner, None)


def test_one_at_a_time_says_the_database_too(shop, now):
    order = orders.sold(shop, now)
    hold(order, shop, now)
    with pytest.raises(IntegrityError), transaction.atomic():
        OnHold.objects.create(work_order=order, why="x", look_again_on=now.date(), by=shop.owner)


def test_a_closed_order_does_not_wait(shop, now):
    order = orders.at_desk(shop, now)
    orders.settle(order, by=shop.cashier, now=now)
    orders.sign_for_all(order, by=shop.owner, now=now)
    with pytest.raises(Refused):
        hold(order, shop, now)


# --- What it means ----------------------------------------------------------------------------------
def test_it_takes_no_step_by_itself_nor_by_hand(shop, now):
    order = orders.sold(shop, now, earnest=False)
    hold(order, shop, now)
    orders.settle(order, by=shop.cashier, now=now)
    assert orders.fresh(order).stage == Stage.CONSULT
    with pytest.raises(NotYet) as refused:
        stages.advance(orders.fresh(order), by=shop.owner, now=now, to=Stage.CONFIRM)
    assert [one.code for one in refused.value.missing] == ["on_hold"]
    assert "新娘的妈妈住院" in str(refused.value.missing[0].text)


def test_when_it_goes_on_it_takes_the_step_that_it_waited_with(shop, now):
    order = orders.sold(shop, now, earnest=False)
    hold(order, shop, now)
    orders.settle(order, by=shop.cashier, now=now)
    standing.go_on(order, by=shop.colleague, now=now + WEEK, why="妈妈出院了")
    order = orders.fresh(order)
    row = order.on_hold.get()
    assert order.stage == Stage.CONFIRM
    assert (row.ended_by, row.ended_why, row.ended_at) == (shop.colleague, "妈妈出院了", now + WEEK)


def test_going_on_twice_or_without_a_hold_changes_nothing(shop, now):
    order = orders.sold(shop, now)
    assert standing.go_on(order, by=shop.owner, now=now) is None
    hold(order, shop, now)
    standing.go_on(order, by=shop.owner, now=now)
    standing.go_on(order, by=shop.manager, now=now + WEEK)
    assert order.on_hold.get().ended_by == shop.owner
    assert order.events.filter(kind="goes_on").count() == 1


def test_who_stands_in_the_door_does_not_wait(shop, now):
    order = shoots.make_order(shop, now=now)
    hold(order, shop, now)
    day.arrive(order, members=shoots.party(order), by=shop.owner, now=now)
    assert standing.now_of(shoots.reread(order)) is None
    assert shoots.reread(order).stage == Stage.SHOOT


# --- Nobody is pressed for it -------------------------------------------------------------------------
def test_r3_3_nobody_is_nudged_to_agree_a_date(shop, now):
    order = orders.sold(shop, now)
    later = now + timedelta(days=60)
    assert list(undated.waiting(later)) == [order]
    hold(order, shop, now)
    assert list(undated.waiting(later)) == []
    assert undated.plan(later) == 0 and not CallTask.objects.exists()
    standing.go_on(order, by=shop.owner, now=later)
    assert list(undated.waiting(later)) == [order]


def test_r6_1_nothing_is_chased_for_a_selection_of_it(shop, now):
    order = orders.in_selection(shop, now, at=now + timedelta(hours=20))
    hold(order, shop, now)
    assert readiness.plan(now) == 0 and not Readiness.objects.exists()
    standing.go_on(order, by=shop.owner, now=now)
    assert readiness.plan(now) > 0
    departments = [shop.production, shop.shooting, shop.selection]
    assert deliveries.of_departments(shop.branch, departments, now=now)
    assert readiness.not_ready([shop.owner], shop.branch, now)
    hold(order, shop, now)
    assert deliveries.of_departments(shop.branch, departments, now=now) == []
    assert readiness.not_ready([shop.owner], shop.branch, now) == []


def test_production_leaves_it(shop, now):
    order = orders.in_pickup(shop, now)
    assert deliveries.to_make(shop.branch, now=now)
    hold(order, shop, now)
    assert deliveries.to_make(shop.branch, now=now) == []


def test_dates_that_stand_keep_standing(shop, now):
    order = orders.sold(shop, now)
    date = orders.dated(order, AppointmentKind.SHOOT, now + WEEK, now=now)
    version = date.schedule_version
    hold(order, shop, now)
    date.refresh_from_db()
    assert (date.state, date.schedule_version) == ("planned", version)


# --- Looked at again ------------------------------------------------------------------------------------
def test_from_the_day_on_it_stands_on_the_owners_today(shop, now):
    order = orders.sold(shop, now)
    row = hold(order, shop, now)
    assert due(shop.owner, shop, now) == []
    assert due(shop.owner, shop, now + timedelta(days=6)) == []
    assert due(shop.owner, shop, now + WEEK) == [row]
    assert due(shop.owner, shop, now + 3 * WEEK) == [row]
    assert due(shop.colleague, shop, now + WEEK) == []
    standing.go_on(order, by=shop.owner, now=now + WEEK)
    assert due(shop.owner, shop, now + WEEK) == []


def test_r8_1_on_the_owners_day_off_the_deputy_looks_at_it(shop, now):
    row = hold(orders.sold(shop, now), shop, now, days=0)
    today = shop.branch.today(now)
    LeaveFactory(branch=shop.branch, user=shop.owner, deputy=shop.colleague, starts_on=today, ends_on=today)
    assert due(shop.colleague, shop, now) == [row]
    case = standing_duties.waiting_cases(shop.owner, shop.branch, today, now)[0]
    assert case.key == f"on_hold:{row.pk}" and case.detail == row.why


def test_today_shows_it_with_its_reason(shop, now, sign_in):
    order = orders.sold(shop, now)
    OnHold.objects.create(
        work_order=order, why="等妈妈出院", look_again_on=shop.branch.today(timezone.now()), by=shop.owner
    )
    shown = sign_in(shop.owner).get("/").content.decode()
    assert "Waiting: look at it again" in shown and "等妈妈出院" in shown


# --- Two at once ----------------------------------------------------------------------------------------
@pytest.mark.django_db(transaction=True)
def test_two_who_put_it_on_hold_at_once_leave_one(now):
    shop = make_shop()
    order = orders.sold(shop, now)
    assert not both(
        lambda: hold(orders.fresh(order), shop, now, why="A"),
        lambda: hold(orders.fresh(order), shop, now, why="B", by=shop.colleague),
    )
    assert order.on_hold.filter(ended_at=None).count() == 1


@pytest.mark.django_db(transaction=True)
def test_it_goes_on_once(now):
    shop = make_shop()
    order = orders.sold(shop, now)
    hold(order, shop, now)
    assert not both(
        lambda: standing.go_on(orders.fresh(order), by=shop.owner, now=now),
        lambda: standing.go_on(orders.fresh(order), by=shop.colleague, now=now),
    )
    assert order.events.filter(kind="goes_on").count() == 1


def test_every_event_of_it_has_a_sentence(shop, now):
    order = orders.sold(shop, now)
    hold(order, shop, now)
    standing.go_on(order, by=shop.owner, now=now)
    for event in order.events.all():
        assert event.kind in KINDS and event.sentence != event.kind
