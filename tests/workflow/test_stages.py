"""One door for state: a work order takes one step forward when nothing is missing, and never any other."""

import threading
from contextlib import suppress
from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.db import DatabaseError, connection, transaction
from django.urls import reverse
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from bookings import schedule, till
from bookings.models import Booking
from complaints import recovery
from studio.staff.models import Membership
from tests.factories import make_shop
from tests.workflow import orders
from workflow import pickup, presences, promises, selection, stages
from workflow.models import LookState, Stage, WorkOrder, WorkOrderEvent
from workflow.models.work_order import STAGES, STEPS
from workflow.presences import Hands

pytestmark = pytest.mark.django_db


def stage_events(order):
    return [(event.parameters["from"], event.parameters["to"]) for event in order.events.filter(kind="stage")]


# --- Each step ------------------------------------------------------------------------------------
def test_consult_lacks_terms_and_earnest_money(shop, now):
    order = orders.sold(shop, now, earnest=False, terms_accepted=False)
    assert order.stage == Stage.CONSULT
    assert orders.codes(order, now) == ["terms", "earnest"]


def test_consult_ends_when_the_earnest_money_is_paid(shop, now):
    order = orders.sold(shop, now, earnest=False)
    till.take_payment(
        order.booking, kind="prepayment", method="cash", amount=Decimal(500), by=shop.cashier, now=now
    )
    order = orders.fresh(order)
    assert order.stage == Stage.CONFIRM
    assert order.stage_since == now


def test_consult_ends_with_a_managers_waiver(shop, now):
    order = orders.sold(shop, now, earnest=False, by=shop.manager, waiver="a colleague's sister")
    assert order.stage == Stage.CONFIRM


def test_money_that_was_given_back_is_no_earnest_money(shop, now):
    order = orders.sold(shop, now, earnest=False, terms_accepted=False)
    payment = till.take_payment(
        order.booking, kind="prepayment", method="cash", amount=Decimal(500), by=shop.owner, now=now
    )
    till.reverse(payment, why="changed their mind", by=shop.manager, now=now)
    assert "earnest" in orders.codes(order, now)


def test_r3_3_an_undated_order_stays_in_confirm(shop, now):
    order = orders.sold(shop, now)
    assert order.stage == Stage.CONFIRM
    assert orders.codes(order, now) == ["shoot_date"]


def test_r3_1_a_dated_shoot_waits_for_the_confirmation(shop, now, tomorrow):
    order = orders.sold(shop, now)
    shoot = orders.dated(order, "shoot", tomorrow, now=now)
    assert orders.codes(order, now) == ["shoot_confirmed"]
    schedule.confirm(shoot, via="link", by=None, now=now)
    assert orders.fresh(order).stage == Stage.SHOOT


def test_who_wants_another_time_has_not_confirmed(shop, now, tomorrow):
    order = orders.sold(shop, now)
    shoot = orders.dated(order, "shoot", tomorrow, now=now)
    schedule.ask_another_time(shoot, wish="the week after", via="link", by=None, now=now)
    assert orders.codes(order, now) == ["another_time"]


def test_who_came_has_confirmed_with_their_feet(shop, now, tomorrow):
    order = orders.sold(shop, now)
    orders.dated(order, "shoot", tomorrow, now=now)
    WorkOrder.objects.filter(pk=order.pk).update(arrived_at=now)
    assert stages.try_advance(order, shop.owner, now)
    assert order.stage == Stage.SHOOT


def test_a_cancelled_shoot_is_no_date(shop, now, tomorrow):
    order = orders.sold(shop, now)
    shoot = orders.dated(order, "shoot", tomorrow, now=now)
    schedule.cancel(shoot, why="ill", by=shop.owner, now=now)
    assert orders.codes(order, now) == ["shoot_date"]


def test_f2_every_look_is_shot_or_written_down_why_not(shop, now):
    order = orders.in_shoot(shop, now)
    assert orders.codes(order, now) == ["arrival", "look", "look"]
    WorkOrder.objects.filter(pk=order.pk).update(arrived_at=now)
    first, second = order.looks.all()
    order.looks.filter(pk=first.pk).update(state=LookState.SHOT)
    assert orders.codes(order, now) == ["look"]
    assert second.name in str(stages.missing(orders.fresh(order), now=now)[0].text)
    order.looks.filter(pk=second.pk).update(state=LookState.UNDONE, why="rain")
    assert orders.codes(order, now) == []
    assert stages.try_advance(order, None, now)
    assert order.stage == Stage.SELECTION


def test_r5_2_nobody_is_still_with_a_department(shop, now):
    order = orders.in_shoot(shop, now)
    WorkOrder.objects.filter(pk=order.pk).update(arrived_at=now)
    order.looks.update(state=LookState.SHOT)
    bride = order.booking.customer.members.first()
    presence = presences.begin(order, [bride], Hands(shop.artist, shop.styling), by=shop.owner, at=now)[0]
    assert orders.codes(order, now) == ["party_back"]
    presences.change(presence, Hands(shop.owner, shop.front_desk), by=shop.owner, at=now)
    assert orders.codes(order, now) == []


def test_r6_4_selection_ends_with_the_signed_sheet(shop, now):
    order = orders.in_selection(shop, now)
    assert orders.codes(order, now) == ["selection_date"]
    orders.dated(order, "selection", now + timedelta(days=7), now=now)
    assert orders.codes(order, now) == ["selection_signed"]
    assert orders.in_pickup(shop, now).stage == Stage.PICKUP


def test_pickup_says_the_next_hand_of_each_item_and_what_else_blocks(shop, now):
    order = orders.in_pickup(shop, now)
    promises.promise(order, what="a frame", by_when=now.date(), by=shop.owner, now=now)
    assert orders.codes(order, now) == ["item_made", "item_made", "balance", "promise"]
    orders.made(order, by=shop.producer, now=now)
    assert orders.codes(order, now)[0] == "set_received"
    pickup.receive_set(order, by=shop.owner, now=now)
    assert orders.codes(order, now)[0] == "items_signed"


def test_the_last_fact_closes_the_order_and_its_sale(shop, now):
    order = orders.at_desk(shop, now)
    orders.sign_for_all(order, by=shop.owner, now=now)
    assert orders.codes(order, now) == ["balance"]
    orders.settle(order, by=shop.cashier, now=now)
    order = orders.fresh(order)
    assert (order.stage, order.closed_at) == (Stage.CLOSED, now)
    assert order.booking.state == Booking.State.CLOSED
    assert stage_events(order) == STEPS
    assert stages.missing(order, now=now) == []


def test_a_cancelled_order_goes_nowhere(shop, now):
    order = orders.in_shoot(shop, now)
    Booking.objects.filter(pk=order.booking_id).update(state=Booking.State.CANCELLED)
    assert orders.codes(order, now) == ["cancelled"]
    with pytest.raises(stages.NotYet):
        stages.advance(orders.fresh(order), by=shop.owner, now=now)


# --- The door ---------------------------------------------------------------------------------------
def test_a_step_is_refused_with_the_list_of_what_is_missing(shop, now):
    order = orders.sold(shop, now, earnest=False, terms_accepted=False)
    with pytest.raises(stages.NotYet) as refused:
        stages.advance(order, by=shop.owner, now=now)
    assert [one.code for one in refused.value.missing] == ["terms", "earnest"]
    assert all(str(one.text) and one.role and one.link for one in refused.value.missing)
    assert not order.events.filter(kind="stage").exists()


def test_a_repeat_does_nothing(shop, now):
    seen = orders.sold(shop, now, earnest=False)
    Booking.objects.filter(pk=seen.booking_id).update(earnest_waived_by=shop.manager, earnest_waived_why="x")
    old = orders.fresh(seen)
    stages.advance(seen, by=shop.owner, now=now)
    stages.advance(old, by=shop.owner, now=now + timedelta(minutes=1))
    assert stage_events(seen) == [("consult", "confirm")]
    assert orders.fresh(seen).stage_since == now


def test_a_stage_is_not_skipped(shop, now):
    order = orders.sold(shop, now)
    for target in (Stage.SELECTION, Stage.PICKUP, Stage.CLOSED):
        with pytest.raises(stages.NotYet) as refused:
            stages.advance(order, by=shop.manager, now=now, to=target)
        assert [one.code for one in refused.value.missing] == ["one_step", "shoot_date"]


def test_a_stage_is_not_walked_back(shop, now):
    order = orders.in_shoot(shop, now)
    with pytest.raises(stages.NotYet) as refused:
        stages.advance(order, by=shop.manager, now=now, to=Stage.CONSULT)
    assert refused.value.missing[0].code == "no_way_back"
    assert orders.fresh(order).stage == Stage.SHOOT


@pytest.mark.parametrize("old", STAGES)
@pytest.mark.parametrize("new", STAGES)
def test_the_database_itself_lets_it_go_one_step_forward_only(shop, now, old, new):
    order = orders.sold(shop, now, earnest=False)
    with connection.cursor() as cursor:
        table = WorkOrder._meta.db_table
        for stage in STAGES[1 : STAGES.index(old) + 1]:
            closed = now if stage == Stage.CLOSED else None
            cursor.execute(
                f"UPDATE {table} SET stage = %s, closed_at = %s WHERE id = %s", [stage, closed, order.pk]
            )
        change = f"UPDATE {table} SET stage = %s, closed_at = %s WHERE id = %s"
        values = [new, now if new == Stage.CLOSED else None, order.pk]
        if STAGES.index(new) - STAGES.index(old) in {0, 1}:
            cursor.execute(change, values)
            return
        with pytest.raises(DatabaseError, match="Invalid transition"), transaction.atomic():
            cursor.execute(change, values)


def test_the_event_stands_beside_the_fact_and_cannot_be_changed(shop, now):
    order = orders.sold(shop, now)
    event = order.events.get(kind="stage")
    assert (event.actor, event.at, event.parameters) == (
        shop.owner,
        now,
        {"from": "consult", "to": "confirm"},
    )
    with pytest.raises(DatabaseError), transaction.atomic():
        WorkOrderEvent.objects.filter(pk=event.pk).update(kind="other")


@pytest.mark.django_db(transaction=True)
def test_two_advances_at_once_take_one_step(now):
    shop = make_shop()
    order = orders.sold(shop, now, earnest=False)
    Booking.objects.filter(pk=order.booking_id).update(earnest_waived_by=shop.manager, earnest_waived_why="x")
    orders.dated(order, "shoot", now + timedelta(days=1), now=now)
    order = orders.fresh(order)
    assert order.stage == Stage.CONFIRM  # the facts moved it; two people now press for the shoot
    order.booking.appointments.update(confirmation="confirmed", confirmed_at=now)
    copies, start, errors = [orders.fresh(order) for _ in range(4)], threading.Barrier(4), []

    def press(copy):
        start.wait()
        try:
            stages.advance(copy, by=shop.owner, now=now)
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=press, args=[copy]) for copy in copies]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert orders.fresh(order).stage == Stage.SHOOT
    assert stage_events(order) == [("consult", "confirm"), ("confirm", "shoot")]


# --- The crafted POST ---------------------------------------------------------------------------------
def post_stage(client, order, **fields):
    return client.post(reverse("workflow:stage", args=[order.pk]), {"version": order.version, **fields})


def test_a_stage_skipped_by_a_crafted_post_is_refused_with_what_is_missing(shop, now, sign_in):
    order = orders.sold(shop, now)
    answer = post_stage(sign_in(shop.owner), order, to="closed")
    assert answer.status_code == 422
    assert "The shoot has no date yet." in answer.content.decode()
    assert "one step at a time" in answer.content.decode()
    assert orders.fresh(order).stage == Stage.CONFIRM


def test_a_stage_walked_back_by_a_crafted_post_is_refused(shop, now, sign_in):
    order = orders.in_shoot(shop, now)
    assert post_stage(sign_in(shop.manager), order, to="consult").status_code == 422
    assert orders.fresh(order).stage == Stage.SHOOT


@pytest.mark.parametrize(
    "fields", [{"to": "nowhere"}, {"to": ""}, {"to": "shoot", "version": "x"}, {"version": ""}]
)
def test_nonsense_is_refused_without_a_500(shop, now, sign_in, fields):
    order = orders.sold(shop, now)
    assert post_stage(sign_in(shop.owner), order, **fields).status_code == 400


def test_an_old_page_gets_409_and_a_second_press_nothing(shop, now, sign_in):
    order = orders.sold(shop, now, earnest=False)
    Booking.objects.filter(pk=order.booking_id).update(earnest_waived_by=shop.manager, earnest_waived_why="x")
    client = sign_in(shop.owner)
    assert post_stage(client, order, to="confirm").status_code == 302
    assert post_stage(client, order, to="confirm").status_code == 302
    assert post_stage(client, order, to="shoot").status_code == 409
    assert stage_events(order) == [("consult", "confirm")]


def test_fields_that_the_form_does_not_show_change_nothing(shop, now, sign_in):
    order = orders.sold(shop, now)
    post_stage(sign_in(shop.owner), order, to="shoot", stage="closed", closed_at="2026-01-01", branch="2")
    assert orders.fresh(order).stage == Stage.CONFIRM


def test_the_neighbour_gets_404_and_the_administrator_403(shop, now, sign_in):
    order = orders.sold(shop, now)
    assert post_stage(sign_in(shop.neighbour), order, to="shoot").status_code == 404
    assert post_stage(sign_in(shop.administrator), order, to="shoot").status_code == 403


# --- Any sequence of facts ------------------------------------------------------------------------------
FACTS = {
    "earnest": lambda shop, order, now: till.take_payment(
        order.booking, kind="prepayment", method="cash", amount=Decimal(100), by=shop.owner, now=now
    ),
    "date": lambda shop, order, now: orders.dated(order, "shoot", now + timedelta(days=1), now=now),
    "confirm": lambda shop, order, now: schedule.confirm(
        order.booking.appointments.get(kind="shoot", state="planned"), via="desk", by=shop.owner, now=now
    ),
    "arrive": lambda shop, order, now: WorkOrder.objects.filter(pk=order.pk).update(arrived_at=now),
    "look": lambda shop, order, now: order.looks.filter(
        pk__in=order.looks.filter(state="pending").values("pk")[:1]
    ).update(state="shot"),
    "undone": lambda shop, order, now: order.looks.filter(
        pk__in=order.looks.filter(state="pending").values("pk")[:1]
    ).update(state="undone", why="rain"),
    "selection": lambda shop, order, now: orders.dated(
        order, "selection", now + timedelta(days=1, hours=3), now=now
    ),
    "ready": lambda shop, order, now: orders.make_ready(
        order.booking.appointments.get(kind="selection", state="planned"), by=shop.manager, now=now
    ),
    "sign": lambda shop, order, now: selection.sign_selection(
        order, frames=3, wishes="", signed_name="李娜", by=shop.owner, now=now
    ),
    "make": lambda shop, order, now: orders.made(order, by=shop.producer, now=now),
    "receive": lambda shop, order, now: pickup.receive_set(order, by=shop.owner, now=now),
    "take": lambda shop, order, now: orders.sign_for_all(order, by=shop.owner, now=now),
    "settle": lambda shop, order, now: orders.settle(order, by=shop.owner, now=now),
    "promise": lambda shop, order, now: promises.promise(
        order, what="a frame", by_when=now.date() + timedelta(days=9), by=shop.owner, now=now
    ),
    "keep": lambda shop, order, now: [
        promises.keep(one, by=shop.owner, now=now) for one in order.promises.all()
    ],
    "unhappy": lambda shop, order, now: orders.leave(order, mood="unhappy", by=shop.owner, now=now),
    "word": lambda shop, order, now: [
        recovery.give_word(one, word="called", by=shop.manager, now=now) for one in order.departures.all()
    ],
}
REFUSALS = (stages.NotYet, ValidationError, ObjectDoesNotExist)
ANY_WAY = st.lists(st.sampled_from([*FACTS, "advance", "to"]), max_size=25)
MOSTLY_FORWARD = st.lists(
    st.one_of(st.sampled_from([*FACTS, "advance"]), st.just("next")), min_size=5, max_size=40
)
IN_ORDER = [name for name in FACTS if name not in {"promise", "unhappy", "undone"}]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.one_of(ANY_WAY, MOSTLY_FORWARD), target=st.sampled_from(STAGES))
def test_any_sequence_of_facts_never_skips_never_walks_back(shop, now, steps, target):
    """And nothing is missing exactly where an advance succeeds."""
    with transaction.atomic():
        order = orders.sold(shop, now, earnest=False)
        seen, coming = [Stage(order.stage)], list(IN_ORDER)
        for number, step in enumerate(steps):
            moment = now + timedelta(minutes=number)
            if step == "next" and coming:
                step = coming.pop(0)
            check_advance(order, moment, target if step == "to" else None)
            if step in FACTS:
                # What is refused at this moment (no date to confirm, nothing to pay) changes nothing.
                with suppress(*REFUSALS), transaction.atomic():
                    FACTS[step](shop, orders.fresh(order), moment)
            seen.append(Stage(orders.fresh(order).stage))
        check_history(order)
        event(f"came to {orders.fresh(order).stage}")
        transaction.set_rollback(True)


def check_advance(order, now, to):
    """`missing` empty ⇔ `advance` succeeds, for the next stage; any other is refused or nothing."""
    current = orders.fresh(order)
    before, lacks = Stage(current.stage), stages.missing(current, now=now)
    try:
        with transaction.atomic():
            stages.advance(current, by=None, now=now, to=to)
    except stages.NotYet as refused:
        assert refused.missing
        assert lacks or (to is not None and STAGES.index(to) - STAGES.index(before) != 1)
        assert orders.fresh(order).stage == before
        return
    after = Stage(orders.fresh(order).stage)
    if before == Stage.CLOSED or to == before:
        assert after == before
    else:
        assert lacks == []
        assert STAGES.index(after) == STAGES.index(before) + 1


def check_history(order):
    """The events tell a way from the first stage to the present one, each step once, none skipped."""
    steps = stage_events(order)
    reached = STAGES.index(Stage(orders.fresh(order).stage))
    assert steps == [(STAGES[n], STAGES[n + 1]) for n in range(reached)]


def test_everybody_who_serves_may_look_and_the_roles_of_what_is_missing_exist(shop, now):
    order = orders.in_pickup(shop, now)
    for one in stages.missing(order, now=now):
        assert Membership.objects.filter(branch=shop.branch, role__in=one.role.roles).exists()
