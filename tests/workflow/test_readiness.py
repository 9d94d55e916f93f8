"""A customer never comes for nothing (R6.1, R7.1)."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from bookings import schedule
from bookings.schedule import Slot
from studio.outbox.purposes import planners
from studio.staff.duties import duties, stands_in_for
from studio.staff.models import Department, Membership
from tests.factories import LeaveFactory
from tests.workflow import orders
from workflow import deliveries, pickup, readiness, stages
from workflow.models import Readiness, ReadinessKind

pytestmark = pytest.mark.django_db


@pytest.fixture
def coming(shop, now):
    """An order whose selection is in five days, and that selection."""
    order = orders.in_selection(shop, now, at=now + timedelta(days=5))
    return order, order.booking.appointments.get(kind="selection")


def two_days_before(appointment):
    return readiness.begins(appointment)


def owed_to(rows):
    return {row.kind: row.department.kind for row in rows}


# --- The plan ---------------------------------------------------------------------------------------
def test_r6_1_from_two_days_before_each_thing_is_asked_of_its_department(shop, now, coming):
    _order, appointment = coming
    assert readiness.plan(two_days_before(appointment) - timedelta(minutes=1)) == 0
    assert readiness.plan(two_days_before(appointment)) == 3
    rows = Readiness.objects.filter(appointment=appointment)
    assert owed_to(rows) == {"sheet": "shooting", "proofs_ready": "production", "proofs_loaded": "production"}
    local = {row.due_at.astimezone(shop.branch.zone) for row in rows}
    assert {(due.date(), due.time()) for due in local} == {
        (shop.branch.today(appointment.starts_at) - timedelta(days=1), shop.branch.closes_at)
    }


def test_r6_1_the_selection_room_loads_the_proofs_where_somebody_works_there(shop, now, coming):
    _order, appointment = coming
    Membership.objects.filter(user=shop.producer).update(department=shop.selection)
    readiness.plan(two_days_before(appointment))
    assert owed_to(appointment.readiness.all())["proofs_loaded"] == "selection"


def test_planning_again_changes_nothing(shop, now, coming):
    _order, appointment = coming
    readiness.plan(two_days_before(appointment))
    assert readiness.plan(two_days_before(appointment) + timedelta(hours=1)) == 0
    assert appointment.readiness.count() == 3


def test_the_dispatcher_plans_it_at_every_tick(shop):
    assert planners["readiness"].run is readiness.plan


def test_what_is_agreed_for_tomorrow_is_asked_for_at_once(shop, now):
    order = orders.in_selection(shop, now, at=now + timedelta(hours=20))
    appointment = order.booking.appointments.get(kind="selection")
    assert readiness.plan(now) == 3
    assert set(appointment.readiness.values_list("due_at", flat=True)) == {readiness.eve(appointment)}


def test_what_is_agreed_for_today_is_due_when_they_come_and_not_late_already(shop, now):
    order = orders.in_selection(shop, now, at=now + timedelta(hours=3))
    appointment = order.booking.appointments.get(kind="selection")
    readiness.plan(now)
    readiness.plan(now + timedelta(minutes=1))
    assert set(appointment.readiness.values_list("due_at", flat=True)) == {appointment.starts_at}


def test_the_deadlines_move_with_the_appointment_and_what_is_done_stays(shop, now, coming):
    _order, appointment = coming
    moment = two_days_before(appointment)
    readiness.plan(moment)
    done = readiness.mark_ready(appointment.readiness.get(kind="sheet"), by=shop.photographer, now=moment)
    start = appointment.starts_at + timedelta(days=10)
    moved = schedule.move(
        appointment,
        slot=Slot(start, start + timedelta(hours=2), overtime=True),
        version=None,
        by=shop.owner,
        now=moment,
    )
    readiness.plan(moment)
    open_rows = moved.readiness.filter(done_at__isnull=True)
    assert set(open_rows.values_list("due_at", flat=True)) == {readiness.eve(moved)}
    assert moved.readiness.get(kind="sheet").due_at == done.due_at


def test_nothing_is_owed_for_a_cancelled_appointment(shop, now, coming):
    _order, appointment = coming
    moment = two_days_before(appointment)
    readiness.plan(moment)
    schedule.cancel(appointment, why="ill", by=shop.owner, now=moment)
    assert deliveries.of_departments(shop.branch, Department.objects.all(), now=moment) == []
    assert readiness.not_ready([shop.owner], shop.branch, moment + timedelta(days=1)) == []


def test_r7_1_before_a_pickup_the_sheet_and_the_set_are_asked_for(shop, now):
    order = orders.in_pickup(shop, now)
    appointment = orders.dated(order, "pickup", now + timedelta(days=4), now=now)
    readiness.plan(two_days_before(appointment))
    assert owed_to(appointment.readiness.all()) == {"sheet": "production", "items": "production"}


def test_f3_a_set_that_is_at_the_desk_is_ready_by_itself(shop, now):
    order = orders.at_desk(shop, now)
    appointment = orders.dated(order, "pickup", now + timedelta(days=1), now=now)
    readiness.plan(now)
    assert appointment.readiness.get(kind="items").done_by == shop.owner


def test_f3_receiving_the_set_makes_the_pickup_ready(shop, now):
    order = orders.made(orders.in_pickup(shop, now), by=shop.producer, now=now)
    appointment = orders.dated(order, "pickup", now + timedelta(days=1), now=now)
    readiness.plan(now)
    assert ReadinessKind.ITEMS in {row.kind for row in readiness.what_is_missing(appointment)}
    pickup.receive_set(order, by=shop.owner, now=now)
    assert {row.kind for row in readiness.what_is_missing(appointment)} == {ReadinessKind.SHEET}


def test_planning_asks_the_same_number_of_questions_for_one_and_for_many(
    shop, now, django_assert_num_queries
):
    def planned(number):
        for _n in range(number):
            orders.in_selection(shop, now, at=now + timedelta(hours=20))
        readiness.plan(now)

    planned(1)
    with django_assert_num_queries(2):
        readiness.plan(now)
    planned(5)
    with django_assert_num_queries(2):
        readiness.plan(now)


# --- Ready ------------------------------------------------------------------------------------------
def test_ready_is_one_press_with_its_event_and_a_repeat_does_nothing(shop, now, coming):
    order, appointment = coming
    readiness.ensure(appointment, now=now)
    row = appointment.readiness.get(kind="proofs_ready")
    readiness.mark_ready(row, by=shop.producer, now=now)
    readiness.mark_ready(row, by=shop.head, now=now + timedelta(minutes=5))
    row.refresh_from_db()
    assert (row.done_by, row.done_at) == (shop.producer, now)
    assert order.events.get(kind="ready").parameters["kind"] == "proofs_ready"


def test_f3_a_set_is_not_made_ready_by_word(shop, now):
    order = orders.in_pickup(shop, now)
    appointment = orders.dated(order, "pickup", now + timedelta(days=1), now=now)
    readiness.plan(now)
    with pytest.raises(stages.NotYet):
        readiness.mark_ready(appointment.readiness.get(kind="items"), by=shop.manager, now=now)


def test_the_database_keeps_one_row_for_a_thing_and_somebody_for_ready(shop, now, coming):
    _order, appointment = coming
    readiness.ensure(appointment, now=now)
    with pytest.raises(IntegrityError), transaction.atomic():
        Readiness.objects.create(appointment=appointment, kind="sheet", department=shop.shooting, due_at=now)
    with pytest.raises(IntegrityError), transaction.atomic():
        appointment.readiness.update(done_at=now)


def test_what_is_missing_is_known_before_anybody_was_asked(shop, now, coming):
    _order, appointment = coming
    missing = readiness.what_is_missing(appointment)
    assert [row.kind for row in missing] == ["sheet", "proofs_ready", "proofs_loaded"]
    assert not appointment.readiness.exists()


# --- Today --------------------------------------------------------------------------------------------
def test_r6_1_what_is_not_ready_for_tomorrow_stands_on_the_owners_day(shop, now):
    order = orders.in_selection(shop, now, at=now + timedelta(hours=20))
    appointment = order.booking.appointments.get(kind="selection")
    readiness.plan(now)
    duty = duties["not_ready"]
    assert duty.items([shop.owner], shop.branch, now) == [appointment]
    assert duty.items([shop.colleague], shop.branch, now) == []
    orders.make_ready(appointment, by=shop.manager, now=now)
    assert duty.items([shop.owner], shop.branch, now) == []


def test_r8_1_it_stands_on_the_deputys_day_while_the_owner_is_away(shop, now):
    orders.in_selection(shop, now, at=now + timedelta(hours=20))
    readiness.plan(now)
    today = shop.branch.today(now)
    LeaveFactory(branch=shop.branch, user=shop.owner, deputy=shop.colleague, starts_on=today, ends_on=today)
    people = stands_in_for(shop.colleague, branch=shop.branch, day=today)
    assert len(duties["not_ready"].items(people, shop.branch, now)) == 1


def test_two_days_before_it_is_on_the_owners_list_and_the_day_before_it_is_an_alarm(shop, now, coming):
    _order, appointment = coming
    moment = two_days_before(appointment)
    readiness.plan(moment)
    (row,) = readiness.not_ready([shop.owner], shop.branch, moment)
    assert not row.is_near
    (row,) = readiness.not_ready([shop.owner], shop.branch, moment + timedelta(days=1))
    assert row.is_near


def test_each_department_sees_what_it_owes_by_when(shop, now, coming):
    _order, appointment = coming
    moment = two_days_before(appointment)
    readiness.plan(moment)
    duty = duties["deliveries"]
    floor = duty.items([shop.photographer], shop.branch, moment)
    assert [one.readiness.kind for one in floor] == ["sheet"]
    production = duty.items([shop.producer], shop.branch, moment)
    assert [one.readiness.kind for one in production] == ["proofs_ready", "proofs_loaded"]
    assert not any(one.is_late for one in production)
    assert all(
        one.is_late for one in duty.items([shop.producer], shop.branch, moment + timedelta(days=1, hours=23))
    )
    assert duty.items([shop.artist], shop.branch, moment) == []


def test_r7_1_production_has_until_the_next_day_for_what_is_missing(shop, now):
    order = orders.in_pickup(shop, now)
    appointment = orders.dated(order, "pickup", now + timedelta(days=2), now=now)
    readiness.plan(now)
    first, second, *rest = [
        one for one in deliveries.of_departments(shop.branch, [shop.production], now=now) if not one.readiness
    ]
    assert rest == []
    assert {first.item.name, second.item.name} == {"Album", "Frame"}
    assert first.due_at == readiness.eve(appointment)
    orders.made(order, by=shop.producer, now=now)
    (bring,) = [
        one for one in deliveries.of_departments(shop.branch, [shop.production], now=now) if not one.readiness
    ]
    assert bring.item is None
    pickup.receive_set(order, by=shop.owner, now=now)
    assert not [
        one for one in deliveries.of_departments(shop.branch, [shop.production], now=now) if not one.readiness
    ]


# --- The button ------------------------------------------------------------------------------------
def press(client, appointment, kind, **fields):
    return client.post(reverse("workflow:readiness", args=[appointment.pk]), {"kind": kind, **fields})


@pytest.mark.parametrize(
    ("person", "kind", "status"),
    [
        ("producer", "proofs_ready", 302),
        ("head", "proofs_loaded", 302),
        ("manager", "proofs_ready", 302),
        ("photographer", "sheet", 302),
        ("owner", "sheet", 302),
        ("owner", "proofs_ready", 403),
        ("artist", "proofs_ready", 403),
        ("photographer", "proofs_ready", 403),
        ("cashier", "sheet", 403),
        ("administrator", "sheet", 403),
        ("neighbour", "sheet", 404),
        ("producer", "nonsense", 400),
    ],
)
def test_who_may_say_ready(shop, now, coming, sign_in, person, kind, status):
    _order, appointment = coming
    answer = press(sign_in(getattr(shop, person)), appointment, kind)
    assert answer.status_code == status
    assert appointment.readiness.filter(done_at__isnull=False).count() == (1 if status == 302 else 0)


def test_ready_leads_back_to_where_it_was_pressed(shop, now, coming, sign_in):
    order, appointment = coming
    client = sign_in(shop.producer)
    answer = press(client, appointment, "proofs_ready", back="deliveries")
    assert answer.url == reverse("workflow:deliveries")
    answer = press(client, appointment, "proofs_loaded", back="https://elsewhere.example/")
    assert answer.url == reverse("workflow:selection", args=[order.pk])


def test_a_department_sees_its_own_deliveries_first(shop, now, sign_in):
    order = orders.in_selection(shop, now, at=now + timedelta(hours=20))
    readiness.plan(now)
    page = sign_in(shop.producer).get(reverse("workflow:deliveries")).content.decode()
    assert order.booking.number in page
    assert "Have the proofs ready" in page
    assert "Bring the work-order sheet" not in page
    page = sign_in(shop.manager).get(reverse("workflow:deliveries")).content.decode()
    assert "Bring the work-order sheet" in page
    assert sign_in(shop.administrator).get(reverse("workflow:deliveries")).status_code == 403
    page = sign_in(shop.neighbour).get(reverse("workflow:deliveries")).content.decode()
    assert order.booking.number not in page
