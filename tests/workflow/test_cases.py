"""What a day holds for a colleague, as a hand-over lists it (R8.1), and that each case keeps its key."""

from datetime import timedelta
from types import SimpleNamespace

import pytest

from bookings import schedule
from bookings.schedule import Slot
from customers import files
from studio.staff.duties import duties, minds, workloads
from studio.staff.handover import by_customer, cases_on
from tests.factories import CustomerFactory
from tests.workflow import shoots
from tests.workflow.calling import Desk
from workflow import call_cases, cases, day, promises, readiness, undated, visits
from workflow.models import CallTask, FollowUp, FollowUpContact, IncomingCall, Visit

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(shop, now):
    return Desk(shop, now)


@pytest.fixture
def tomorrow_day(shop, now):
    return shop.branch.today(now) + timedelta(days=1)


def keys(found):
    return [case.key for case in found]


def of(desk: Desk, user, number: int = 1):
    day = desk.branch.today(desk.now) + timedelta(days=number)
    return cases_on(user, branch=desk.branch, day=day, now=desk.now)


# --- Calls ----------------------------------------------------------------------------------
def test_r8_1_calls_that_will_come_up_that_day_are_listed_under_the_key_they_will_have(desk):
    desk.rule(days=2, at="10:00")
    order = desk.order(starts_at=desk.now + timedelta(days=3))
    shoot = desk.shoot(order)
    found = [case for case in of(desk, desk.shop.owner) if case.key.startswith("call:")]
    assert keys(found) == [f"call:confirm:{shoot.pk}"]
    assert found[0].customer == order.booking.customer
    assert "shoot" in found[0].detail
    # The next morning the call is there, and its case is the same.
    desk.plan(desk.now + timedelta(days=1))
    assert call_cases.key_of(CallTask.objects.get()) == found[0].key
    later = call_cases.calls(
        desk.shop.owner,
        desk.branch,
        desk.branch.today(desk.now) + timedelta(days=1),
        desk.now + timedelta(days=1),
    )
    assert keys(later) == keys(found)


def test_a_call_of_a_rule_that_was_carried_out_is_not_listed_again(desk):
    desk.rule(days=2, at="10:00")
    shoot = desk.shoot(desk.order(starts_at=desk.now + timedelta(days=2)))
    desk.plan()
    call = shoot.calls.get()
    call.state, call.outcome, call.done_at = "done", "confirmed", desk.now
    call.save()
    assert not [case for case in of(desk, desk.shop.owner, 0) if case.key.startswith("call:")]


def test_calls_that_wait_are_handed_over_too_and_only_ones_own(desk):
    call = desk.call()
    assert call_cases.key_of(call) in keys(of(desk, desk.shop.owner))
    assert keys(of(desk, desk.shop.colleague)) == []


def test_r2_2_who_asked_not_to_be_contacted_is_on_no_list(desk):
    desk.rule(days=1)
    call = desk.call()
    desk.appointment(customer=call.customer, starts_at=desk.now + timedelta(days=2))
    files.refuse_contact(call.customer, by=desk.shop.owner, now=desk.now)
    assert not [case for case in of(desk, desk.shop.owner) if case.key.startswith("call:")]


def test_r3_3_an_order_without_a_date_is_listed_on_the_day_its_call_comes_up(desk):
    order = desk.order(now=desk.now - timedelta(days=6))
    assert order.stage == "confirm"
    key = f"call:agree_date:{order.pk}"
    assert key not in keys(of(desk, desk.shop.owner, 0))
    assert key in keys(of(desk, desk.shop.owner, 1))
    undated.plan(desk.now + timedelta(days=1))
    assert call_cases.key_of(CallTask.objects.get()) == key


def test_r2_1_a_contact_of_the_follow_up_that_falls_due_is_listed(desk):
    customer = desk.customer()
    visit = Visit.objects.create(branch=desk.branch, customer=customer, consultant=desk.shop.owner)
    plan = FollowUp.objects.create(branch=desk.branch, customer=customer, visit=visit, started_at=desk.now)
    due = desk.branch.today(desk.now) + timedelta(days=1)
    contact = FollowUpContact.objects.create(follow_up=plan, customer=customer, number=1, due_on=due)
    FollowUpContact.objects.create(
        follow_up=plan, customer=customer, number=2, due_on=due + timedelta(days=14)
    )
    assert f"call:follow_up:{contact.pk}" in keys(of(desk, desk.shop.owner))
    assert f"call:follow_up:{contact.pk}" not in keys(of(desk, desk.shop.owner, 0))


def test_r1_5_call_backs_promised_are_cases_of_who_promised_them(desk):
    call = IncomingCall.objects.create(
        branch=desk.branch, number="+8613800138000", caller="王小姐", matter="周年照", state="parked",
        handler=desk.shop.colleague, rang_at=desk.now, call_back_at=desk.now + timedelta(hours=2),
    )  # fmt: skip
    today = desk.branch.today(desk.now)
    found = call_cases.call_backs(desk.shop.colleague, desk.branch, today, desk.now)
    assert keys(found) == [f"incoming:{call.pk}"]
    assert "王小姐" in found[0].title
    assert call_cases.call_backs(desk.shop.owner, desk.branch, today, desk.now) == []


# --- Who comes, what must be ready, what was promised --------------------------------------------
def test_r8_1_arrivals_say_what_the_deputy_must_know(shop, now):
    order = shoots.make_order(shop, now=now, at=now + timedelta(days=1), confirmed=False)
    shoot = order.booking.appointments.get()
    found = cases.arrivals(shop.owner, shop.branch, shop.branch.today(now) + timedelta(days=1), now)
    assert keys(found) == [cases.arrival_key(shoot)]
    for word in (order.booking.number, "not confirmed", "a balance is open"):
        assert word in found[0].detail
    assert "4999" not in found[0].detail, "no amounts on a page that may be printed"
    assert found[0].at == shoot.starts_at
    assert cases.arrivals(shop.colleague, shop.branch, shop.branch.today(now) + timedelta(days=1), now) == []


def test_r8_1_who_is_booked_hands_over_their_customers(shop, now):
    order = shoots.make_order(shop, now=now, at=now + timedelta(days=1))
    found = cases_on(shop.artist, branch=shop.branch, day=shop.branch.today(now) + timedelta(days=1), now=now)
    assert keys(found) == [cases.arrival_key(order.booking.appointments.get())]
    assert cases.booked(shop.producer, shop.branch, shop.branch.today(now) + timedelta(days=1), now) == []


def test_r6_1_a_selection_two_days_ahead_that_is_not_ready_is_listed(shop, now, tomorrow_day):
    order = shoots.make_order(shop, now=now)
    begins = now + timedelta(days=3)
    selection = schedule.make_appointment(
        branch=shop.branch, customer=order.booking.customer, booking=order.booking, kind="selection", by=shop.owner,
        now=now, slot=Slot(begins, begins + timedelta(hours=1), [shop.selection_room]),
    )  # fmt: skip
    key = f"readiness:{selection.pk}"
    assert key in keys(cases.to_check(shop.owner, shop.branch, tomorrow_day, now)), "nobody was asked yet"
    rows = readiness.ensure(selection, now=now)
    assert key in keys(cases.to_check(shop.owner, shop.branch, tomorrow_day, now))
    for row in rows:
        readiness.mark_ready(row, by=shop.manager, now=now)
    assert key not in keys(cases.to_check(shop.owner, shop.branch, tomorrow_day, now))


def test_r9_1_promises_due_by_that_day_are_listed(shop, now, tomorrow_day):
    order = shoots.make_order(shop, now=now)
    due = promises.promise(order, what="两张精修", by_when=tomorrow_day, by=shop.owner, now=now)
    promises.promise(order, what="相框", by_when=tomorrow_day + timedelta(days=3), by=shop.owner, now=now)
    assert keys(cases.promises(shop.owner, shop.branch, tomorrow_day, now)) == [f"promise:{due.pk}"]


def test_f2_looks_not_shot_are_listed(shop, now, tomorrow_day):
    order = shoots.arrived(shop, now=now)
    day.leave_undone(order.looks.first(), why="rain", by=shop.photographer, now=now)
    assert f"undone:{order.undone.get().pk}" in keys(
        cases_on(shop.owner, branch=shop.branch, day=tomorrow_day, now=now)
    )


# --- Here now -----------------------------------------------------------------------------------
def test_r5_1_who_is_with_somebody_who_falls_ill_is_listed_first_for_today_only(shop, now, tomorrow_day):
    order = shoots.arrived(shop, now=now)
    today = shop.branch.today(now)
    assert keys(cases.held(shop.owner, shop.branch, today, now)) == [f"with:{order.pk}"]
    assert cases.held(shop.owner, shop.branch, tomorrow_day, now) == []


def test_r1_5_an_open_visit_is_listed_for_today_only(shop, now, tomorrow_day):
    visit = visits.receive(branch=shop.branch, by=shop.owner, now=now)
    assert keys(cases.received(visit.consultant, shop.branch, shop.branch.today(now), now)) == [
        f"visit:{visit.pk}"
    ]
    assert cases.received(visit.consultant, shop.branch, tomorrow_day, now) == []


# --- As a whole -----------------------------------------------------------------------------------
def test_r9_4_customers_come_with_what_to_mind_first(shop, now, tomorrow_day):
    order = shoots.make_order(shop, now=now, at=now + timedelta(days=1))
    customer = order.booking.customer
    files.add_taboo(customer, "别提前任", by=shop.owner, now=now)
    type(customer).objects.filter(pk=customer.pk).update(special_care="怀孕五个月")
    groups = by_customer(cases_on(shop.owner, branch=shop.branch, day=tomorrow_day, now=now))
    assert [(group.customer, group.minds) for group in groups] == [(customer, ["怀孕五个月", "别提前任"])]


def test_the_neighbour_branch_s_people_have_no_cases_here(shop, now, tomorrow_day):
    shoots.make_order(shop, now=now, at=now + timedelta(days=1))
    assert cases_on(shop.neighbour, branch=shop.branch, day=tomorrow_day, now=now) == []


def test_an_administrator_has_no_cases(shop, now, tomorrow_day):
    CustomerFactory(branch=shop.branch, owner=shop.administrator)
    assert cases_on(shop.administrator, branch=shop.branch, day=tomorrow_day, now=now) == []


def test_every_duty_of_calls_arrivals_promises_readiness_and_visits_says_its_cases():
    for name in (
        "calls",
        "arrivals",
        "promises",
        "not_ready",
        "visits",
        "undone",
        "standing",
        "deliveries",
        "with_me",
        "offered",
    ):
        assert duties[name].cases is not None, name
    assert "workflow" in workloads
    assert "customers" in minds


def test_the_workload_counts_by_whose_it_is(shop, now):
    shoots.make_order(shop, now=now, at=now + timedelta(days=1))
    day = shop.branch.today(now) + timedelta(days=1)
    assert cases.workload(shop.branch, day, now) == {
        shop.owner.pk: 1, shop.artist.pk: 1, shop.photographer.pk: 1,
    }  # fmt: skip
    assert cases.workload(shop.other_branch, day, now) == {}


def test_the_number_of_questions_does_not_grow_with_the_cases(desk, django_assert_max_num_queries):
    desk.rule(days=1)

    def fill(count: int) -> None:
        for _number in range(count):
            appointment = desk.appointment(starts_at=desk.now + timedelta(days=1))
            desk.appointment(starts_at=desk.now + timedelta(days=2))
            desk.call(appointment=appointment)

    def look() -> list[SimpleNamespace]:
        return by_customer(of(desk, desk.shop.owner))

    fill(2)
    look()
    with django_assert_max_num_queries(40) as few:
        look()
    fill(8)
    with django_assert_max_num_queries(len(few.captured_queries)):
        assert len(look()) == 20
