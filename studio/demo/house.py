"""The house in the demo: lockers and tea, who steps out, who stood alone for a minute, what was not shot."""

import random
from dataclasses import replace
from datetime import datetime, timedelta

from django.db.models import QuerySet

from bookings import schedule
from bookings.models import Allocation, Appointment, AppointmentKind, Resource
from bookings.spans import Hold
from studio.demo.cast import Stage
from studio.demo.words import HOUSE
from studio.staff.models import User
from workflow import care, disruptions, gaps, reshoots, side_trips, standing, undone, weather
from workflow.models import (
    CareKind,
    CareNote,
    DisruptionKind,
    HandOff,
    Look,
    LookState,
    PlanB,
    Presence,
    ReshootCause,
    ReshootKind,
    StayKind,
    WorkOrder,
)
from workflow.models import Stage as OrderStage

MEALS = range(11, 14)


def look_after(order: WorkOrder, stage: Stage, *, owner: User, now: datetime, chance: random.Random) -> None:
    """What the owner does between two steps of a day: most of it is care, now and then somebody steps out,
    and rarely somebody stands alone until it is seen."""
    here = list(Presence.objects.filter(work_order=order, left_at=None).select_related("member", "with_user"))
    if not here or any(presence.kind != StayKind.WITH for presence in here):
        return
    if now > stage.limit or HandOff.objects.open().filter(work_order=order).exists():
        return
    notes = set(CareNote.objects.filter(work_order=order).values_list("kind", flat=True))
    if CareKind.LOCKER not in notes:
        free = care.free_lockers(stage.branch, care.house_rules.of(stage.branch))
        if free:
            care.give_locker(order, number=chance.choice(free[:6]), by=owner, now=now)
        care.give(order, kind=CareKind.WATER, what=chance.choice(words(stage)["drinks"]), by=owner, now=now)
        return
    if CareKind.MEAL not in notes and now.astimezone(stage.branch.zone).hour in MEALS:
        care.give(order, kind=CareKind.MEAL, what=chance.choice(words(stage)["meals"]), by=owner, now=now)
    roll, first = chance.random(), here[0]
    if roll < 0.1:
        place = chance.choice(words(stage)["places"])
        side_trips.step_out(order, members=[first.member], place=place, by=first.with_user, now=now)
        later = now + timedelta(seconds=chance.randrange(60, 150))
        if later <= stage.limit:
            side_trips.come_back(order, members=[first.member], by=first.with_user, now=later)
    elif roll < 0.14:
        gaps.leave_alone(order, members=[first.member], by=first.with_user, now=now)
        later = min(now + timedelta(seconds=chance.randrange(30, 110)), stage.limit)
        gaps.take_care(order, members=[first.member], by=first.with_user, now=later)
    elif roll < 0.4:
        kind = CareKind.PRAISE if roll < 0.25 else CareKind.LOOK_IN
        care.give(order, kind=kind, by=owner, now=now)


def empty_lockers(order: WorkOrder, *, by: User, now: datetime) -> None:
    """Before the door."""
    for found in CareNote.objects.filter(work_order=order, kind=CareKind.LOCKER, ended_at=None):
        care.empty_locker(found, by=by, now=now)


def leave_out(look: Look, stage: Stage, *, by: User, owner: User, now: datetime) -> None:
    """It rained, or there was no time left: promised on the spot, or left for the owner to agree (F2)."""
    chance = random.Random(f"{look.work_order_id}:{look.position}:undone")
    row = undone.write_down(
        look.work_order, look=look, why=chance.choice(words(stage)["undone"]), by=by, now=now
    )
    if chance.random() < 0.7:
        undone.settle_by_promise(
            row,
            what=words(stage)["made_good"],
            by_when=stage.branch.today(stage.limit) + timedelta(days=14),
            by=owner,
            now=now,
        )


# --- Beside the stages ---------------------------------------------------------------------------
def wait(stage: Stage, *, now: datetime) -> None:
    """One order waits: the wedding is put off, and somebody looks at it again in a month."""
    order = of_stage(stage, OrderStage.CONFIRM).order_by("pk").first()
    if order is not None:
        standing.put_on_hold(
            order,
            why=words(stage)["waits"],
            look_again_on=stage.branch.today(now) + timedelta(days=30),
            by=owner_of(order),
            now=now,
        )


def shoot_again(stage: Stage, *, now: datetime) -> None:
    """One look is shot again: the customer saw it, and we agree that it can be better."""
    order = of_stage(stage, OrderStage.SELECTION).filter(selection_sheet=None).order_by("-pk").first()
    look = order and order.looks.filter(state=LookState.SHOT).first()
    if order is not None and look:
        reshoots.open_reshoot(
            order,
            kind=ReshootKind.AGAIN,
            cause=ReshootCause.OURS,
            why=words(stage)["again"],
            looks=[look],
            by=owner_of(order),
            now=now,
        )


def leave_something(stage: Stage, *, now: datetime) -> None:
    """One thing was not done and waits for the owner; another the customer lets go (F2)."""
    told = words(stage)
    for what, order in zip(
        told["missing"], of_stage(stage, OrderStage.SELECTION).order_by("pk"), strict=False
    ):
        row = undone.write_down(order, what=what, why=told["why_missing"], by=owner_of(order), now=now)
        if what != told["missing"][0]:
            undone.let_go(row, why=told["let_go"], by=owner_of(order), now=now)


def step_out_now(stage: Stage, *, now: datetime) -> None:
    """This minute one of a party is out with somebody, the others are looked after."""
    here = Presence.objects.filter(work_order__branch=stage.branch, left_at=None, kind=StayKind.WITH)
    offered = HandOff.objects.open().values("member")
    rows = here.exclude(member__in=offered).select_related("member", "with_user", "work_order__branch")
    for row in rows.order_by("-arrived_at", "pk"):
        if here.filter(work_order=row.work_order).count() > 1:
            place = words(stage)["places"][0]
            side_trips.step_out(row.work_order, members=[row.member], place=place, by=row.with_user, now=now)
            return


# --- Days that break -------------------------------------------------------------------------------
def break_a_day(stage: Stage, *, now: datetime) -> None:
    """A photographer is ill the day after tomorrow: one customer has agreed a new time, the others are to be
    called."""
    day = stage.branch.today(now) + timedelta(days=2)
    start, end = stage.branch.at(day, stage.branch.opens_at), stage.branch.at(day, stage.branch.closes_at)
    busiest = max(stage.resources["photographer"], key=lambda one: len(touching(one, start, end)))
    row = disruptions.open_disruption(
        stage.branch,
        kind=DisruptionKind.ILLNESS,
        resource=busiest,
        starts_at=start,
        ends_at=end,
        why=words(stage)["ill"],
        by=stage.manager,
        now=now,
    )
    disruptions.set_going(row, by=stage.manager, now=now)
    dates = list(row.dates.select_related("appointment__customer__owner").order_by("position", "pk"))
    if len(dates) > 1 and dates[0].proposed_at is not None:
        owner = dates[0].appointment.customer.owner or stage.manager
        disruptions.agree(
            dates[0], starts_at=dates[0].proposed_at, version=None, by=owner, now=now, overtime=True
        )


def touching(resource: Resource, start: datetime, end: datetime) -> list[Allocation]:
    held = Allocation.objects.active().filter(resource=resource, appointment__isnull=False)
    return list(held.overlapping(start, end))


def go_outside(stage: Stage, *, now: datetime) -> None:
    """One shoot of the next days is by the river, and rain decides the evening before."""
    locations, floors = stage.resources.get("location", []), stage.resources.get("floor", [])
    shoots = Appointment.objects.planned().in_branch(stage.branch).filter(kind=AppointmentKind.SHOOT)
    coming = shoots.filter(starts_at__gt=now + timedelta(days=1)).select_related("customer__owner", "branch")
    date = coming.order_by("starts_at").first()
    if date is None or not locations or not floors:
        return
    slot = schedule.slot_at(date, date.starts_at, date.ends_at)
    hold = Hold(locations[0], date.starts_at, date.ends_at)
    owner = date.customer.owner or stage.manager
    slot = replace(slot, holds=[*slot.all_holds(), hold], resources=[])
    schedule.move(date, slot=slot, version=None, by=owner, now=now, overtime=True, knows=True)
    weather.plan(
        date,
        decides_at=weather.usual_hour(date, now),
        plan_b=PlanB.INDOORS,
        indoors=floors[0],
        note=words(stage)["rain"],
        by=owner,
        now=now,
    )


def of_stage(stage: Stage, where: str) -> "QuerySet[WorkOrder]":
    orders = WorkOrder.objects.open().filter(branch=stage.branch, stage=where, reshoots=None, on_hold=None)
    return orders.select_related("booking__customer__owner", "branch")


def owner_of(order: WorkOrder) -> User:
    owner = order.booking.customer.owner
    assert owner is not None
    return owner


def words(stage: Stage) -> dict:
    return HOUSE[stage.branch.customer_language]
