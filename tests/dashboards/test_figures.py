"""R12.1: every figure of the dashboard is what a plain count over all rows gives."""

import random
from datetime import date, time, timedelta
from statistics import median

import pytest

from bookings.models import Appointment
from customers.models import Customer, Member
from studio.dashboards import month, overdue, today
from studio.outbox.models import Message
from studio.staff.models import Branch
from tests.workflow.calling import Desk
from workflow import calls, late_messages, presences
from workflow.models import (
    CallTask,
    Item,
    LossReason,
    Presence,
    Promise,
    Readiness,
    Stage,
    Visit,
    WorkOrder,
)
from workflow.presences import Hands

DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)


@pytest.fixture
def desk(shop, now):
    return Desk(shop, now)


@pytest.fixture
def busy(desk, shop, now):
    """Forty days of everything, thrown at random (always the same), some of it in the neighbour's branch."""
    chance = random.Random(20260516)
    customers = [desk.customer() for _ in range(6)] + [desk.customer(branch=shop.other_branch)]
    for number in range(160):
        customer = chance.choice(customers)
        arrived = now - chance.random() * 40 * DAY + chance.choice([0, 0, 6]) * HOUR
        outcome = chance.choice(["open", "won", "won", "undecided", "lost"])
        greeted = chance.random() < 0.8
        Visit.objects.create(
            branch=customer.branch,
            customer=customer,
            consultant=shop.owner,
            arrived_at=arrived,
            greeted_at=arrived + chance.random() * 5 * MINUTE if greeted else None,
            ended_at=None if outcome == "open" else arrived + HOUR,
            outcome=outcome,
            loss_reason=chance.choice(LossReason.values) if outcome in ("lost", "undecided") else "",
        )
        start = now + (chance.random() * 4 - 2) * DAY
        shoot = desk.appointment(
            start,
            customer=customer,
            branch=customer.branch,
            kind=chance.choice(["shoot", "selection"]),
            state=chance.choice(["planned", "held", "cancelled", "missed"]),
        )
        if number % 2:
            desk.call(
                appointment=shoot, branch=customer.branch, due_at=now - (chance.random() * 8 - 2) * HOUR
            )
        else:
            message(shoot, now - (chance.random() * 60 - 5) * HOUR, chance)
    for _number in range(8):
        order = desk.order(customer=customers[0], now=now - 60 * DAY)
        arrived = now - chance.random() * 9 * DAY
        WorkOrder.objects.filter(pk=order.pk).update(
            arrived_at=arrived, styling_since=arrived + chance.random() * 30 * MINUTE
        )
        member = Member.objects.create(customer=customers[0], name="客人")
        hands = Hands(shop.owner, shop.front_desk)
        here = presences.begin(order, [member], hands, by=shop.owner, at=arrived)
        if chance.random() < 0.5:
            presences.finish(here[0], at=arrived + HOUR)
    Customer.objects.filter(pk=customers[5].pk).update(do_not_contact=True)
    return shop.branch


def message(appointment, due, chance):
    state = chance.choice(
        ["queued", "leased", "sent", "delivered", "failed", "unknown", "cancelled", "expired"]
    )
    is_open = state in ("queued", "leased")
    return Message.objects.create(
        branch=appointment.branch,
        purpose="reminder",
        subject_id=appointment.pk,
        channel="sms",
        language="en",
        recipient="+8613800000000",
        dedupe_key=f"test:{Message.objects.count()}",
        due_at=due,
        deadline=due + DAY,
        state=state,
        lease_until=due + HOUR if state == "leased" else None,
        finished_at=None if is_open else due + MINUTE,
    )


def on(branch: Branch, moment, day: date) -> bool:
    return branch.today(moment) == day


def test_r12_1_the_pulse_is_what_a_plain_count_gives(busy, now):
    day = busy.today(now)
    found = today.today(busy, now)
    visits = [v for v in Visit.objects.all() if v.branch_id == busy.pk]
    mine = [v for v in visits if on(busy, v.arrived_at, day)]
    assert found.visits == len(mine) > 0
    assert found.waiting == len([v for v in mine if v.outcome == "open" and not v.greeted_at])
    assert found.won == len([v for v in mine if v.outcome == "won"])
    greeted = [v.greeted_at - v.arrived_at for v in mine if v.greeted_at]
    assert found.to_greeting.today == median(greeted)
    assert found.to_greeting.longest_today == max(greeted)
    week = [v for v in visits if v.greeted_at and day - 6 * DAY <= busy.today(v.arrived_at) <= day]
    assert found.to_greeting.week == median(v.greeted_at - v.arrived_at for v in week)
    here = [p for p in Presence.objects.all() if p.left_at is None]
    assert found.people_in_house == len(here) > 0
    assert found.parties_in_house == len({p.work_order_id for p in here})
    assert found.people_alone == len([p for p in here if p.kind == "alone"])


def test_r12_1_shoots_calls_messages_and_styling_too(busy, now):
    day = busy.today(now)
    found = today.today(busy, now)
    shoots = [
        a
        for a in Appointment.objects.filter(branch=busy, kind="shoot")
        if on(busy, a.starts_at, day) and a.state in ("planned", "held")
    ]
    assert found.shoots == len(shoots) > 0
    assert found.shoots_begun == len([a for a in shoots if a.state == "held"])
    due = [
        c
        for c in CallTask.objects.filter(branch=busy).select_related("customer")
        if c.state == "open" and not c.customer.do_not_contact and c.due_at <= now
    ]
    assert found.calls_due == len(due) > 0
    assert found.calls_overdue == len([c for c in due if c.due_at <= now - calls.OVERDUE_AFTER]) > 0
    sent = list(Message.objects.filter(branch=busy))
    ended = [m for m in sent if m.finished_at and on(busy, m.finished_at, day)]
    assert found.sent == len([m for m in ended if m.state in ("sent", "delivered")]) > 0
    assert found.failed == len([m for m in ended if m.state in ("failed", "expired")]) > 0
    assert found.unknown == len([m for m in ended if m.state == "unknown"])
    late = [m for m in sent if m.state in ("queued", "leased") and m.due_at <= now - late_messages.LATE_AFTER]
    assert found.late == len(late) > 0
    styled = list(WorkOrder.objects.filter(branch=busy, styling_since__isnull=False))
    week = [w for w in styled if day - 6 * DAY <= busy.today(w.arrived_at) <= day]
    assert found.to_styling.week == median(w.styling_since - w.arrived_at for w in week)


def test_r11_4_won_undecided_lost_and_why_over_thirty_days(busy, now):
    first = busy.today(now) - 29 * DAY
    rows = [
        v for v in Visit.objects.filter(branch=busy) if first <= busy.today(v.arrived_at) <= busy.today(now)
    ]
    found = month.month(busy, now)
    for outcome in ("won", "undecided", "lost"):
        assert getattr(found, outcome) == len([v for v in rows if v.outcome == outcome]) > 0
    by_day = dict(found.by_day)
    assert len(by_day) == 30
    for day, count in by_day.items():
        assert count == len([v for v in rows if v.outcome == "won" and on(busy, v.arrived_at, day)])
    reasons = [v.loss_reason for v in rows if v.outcome in ("lost", "undecided") and v.loss_reason]
    counts = sorted((reasons.count(reason) for reason in set(reasons)), reverse=True)
    assert [count for _label, count in found.reasons] == counts


def test_orders_by_stage(desk, busy):
    counts = dict(month.stages(busy))
    assert counts == {
        stage: WorkOrder.objects.filter(branch=busy, stage=stage).count()
        for stage in Stage
        if stage != Stage.CLOSED
    }
    assert sum(counts.values()) == 8


def test_days_are_the_branchs_days(desk, shop, now):
    """A visit at half past midnight belongs to the day that the shop's clock shows."""
    moment = shop.branch.at(date(2026, 5, 16), time(0, 30))
    Visit.objects.create(branch=shop.branch, consultant=shop.owner, arrived_at=moment)
    Visit.objects.create(branch=shop.branch, consultant=shop.owner, arrived_at=moment - HOUR)
    assert today.today(shop.branch, now).visits == 1


def test_an_empty_branch_shows_nothing_and_breaks_nothing(shop, now):
    found = today.today(shop.branch, now)
    assert (found.visits, found.calls_due, found.sent, found.trouble) == (0, 0, 0, 0)
    assert found.to_greeting == found.to_styling == today.Waits(None, None, None)
    assert month.month(shop.branch, now).ended == 0
    assert overdue.total(overdue.piles(shop.branch, now)) == 0


# --- Overdue --------------------------------------------------------------------------------
def pile(branch, now, title):
    return {str(found.title): found for found in overdue.piles(branch, now)}[title]


def test_late_calls_the_oldest_first_and_all_counted(busy, now):
    late = [
        c
        for c in CallTask.objects.filter(branch=busy).select_related("customer")
        if c.state == "open" and not c.customer.do_not_contact and c.due_at <= now - calls.OVERDUE_AFTER
    ]
    found = pile(busy, now, "Calls")
    assert found.count == len(late) > overdue.SHOWN
    oldest = sorted(late, key=lambda c: c.due_at)[: overdue.SHOWN]
    assert [one.since for one in found.oldest] == [c.due_at for c in oldest]


def test_r9_1_a_promise_is_late_from_the_day_after(desk, shop, now):
    order, day = desk.order(), shop.branch.today(now)
    for days in (-1, 0, 1):
        Promise.objects.create(
            branch=shop.branch,
            customer=order.booking.customer,
            work_order=order,
            what=f"in {days}",
            by_when=day + days * DAY,
            made_by=shop.owner,
        )
    found = pile(shop.branch, now, "Promises")
    assert [one.what for one in found.oldest] == ["in -1"]
    Promise.objects.update(kept_at=now, kept_by=shop.owner)
    assert pile(shop.branch, now, "Promises").count == 0


@pytest.mark.parametrize(
    ("change", "late"),
    [({}, 1), ({"state": "cancelled"}, 0), ({"state": "held"}, 0)],
)
def test_r6_1_what_should_be_ready_is_late_after_its_hour(desk, shop, now, change, late):
    order = desk.order()
    selection = desk.appointment(
        now + DAY, customer=order.booking.customer, booking=order.booking, kind="selection", **change
    )
    for kind, hours in (("sheet", -1), ("proofs_ready", 1)):
        Readiness.objects.create(
            appointment=selection, kind=kind, department=shop.production, due_at=now + hours * HOUR
        )
    assert pile(shop.branch, now, "Not ready").count == late


def test_r7_1_a_set_is_late_on_the_evening_before_the_pickup(desk, shop, now):
    order, day = desk.order(), shop.branch.today(now)
    WorkOrder.objects.filter(pk=order.pk).update(stage="shoot")
    WorkOrder.objects.filter(pk=order.pk).update(stage="selection")
    WorkOrder.objects.filter(pk=order.pk).update(stage="pickup")
    desk.appointment(
        shop.branch.at(day + DAY, time(15)),
        customer=order.booking.customer,
        booking=order.booking,
        kind="pickup",
    )
    closing = shop.branch.at(day, shop.branch.closes_at)
    assert pile(shop.branch, closing, "Sets for a pickup").count == 0
    assert pile(shop.branch, closing + MINUTE, "Sets for a pickup").count == 1
    Item.objects.update(made_at=now, made_by=shop.producer, at_desk_at=now, at_desk_by=shop.owner)
    assert pile(shop.branch, closing + MINUTE, "Sets for a pickup").count == 0


def test_the_neighbours_late_things_are_not_ours(busy, shop, now):
    ours = {call.pk for call in CallTask.objects.filter(branch=shop.branch)}
    for found in overdue.piles(shop.other_branch, now):
        assert all(one.customer.branch == shop.other_branch for one in found.oldest)
    assert ours
