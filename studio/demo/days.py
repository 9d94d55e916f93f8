"""The demo shop's days: three months behind in their final states, one that is alive, and two weeks ahead.

`advance(now)` lives every day since the last one to its end and then sets today's scene. The same day
again changes nothing. What lies behind never sends anything: only real rules, at the real time, do.
"""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from random import Random

import structlog
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import connection, transaction

from bookings.models import Appointment, AppointmentKind, Confirmation
from customers.models import Customer
from studio.demo import configuration, drawer, front, house, post, stories, wishes
from studio.demo.cast import Stage
from studio.demo.models import DemoDay
from studio.demo.people import KINDS, Party, dice, party
from studio.demo.words import CAME_FOR, COMPETITORS
from studio.staff.models import Branch
from workflow import visits
from workflow.models import Presence, Visit, VisitOutcome, WorkOrder

BEGUN = [8, 4]  # steps: one is offered back to styling after the first look, one sits in styling
AHEAD = range(5, 14)
SHOOTS_TODAY = {"sh": 3, "tp": 1}
VISITS_A_DAY = {"sh": [1, 1, 2], "tp": [0, 0, 1]}
QUIETER_BEFORE = timedelta(days=45)  # the first half of the past is thinner, so that the first start is short

log = structlog.get_logger(__name__)


def advance(*, now: datetime, tell: Callable[[str], None] = lambda line: None) -> int:
    """Bring the demo shop up to today; answers how many branch-days were lived."""
    lived = 0
    for branch in configuration.configure(now=now):
        with transaction.atomic():
            # Two starts at once: the second waits here and finds the day done.
            Branch.objects.select_for_update().get(pk=branch.pk)
            lived += advance_branch(branch, now=now, tell=tell)
    return lived


def advance_branch(branch: Branch, *, now: datetime, tell: Callable[[str], None]) -> int:
    today = branch.today(now)
    last = DemoDay.objects.filter(branch=branch).order_by("-day").first()
    if last is not None and last.day >= today:
        return 0
    # The day that was alive at the last start is lived to its end first.
    begin = last.day if last is not None else today - timedelta(days=settings.DEMO_DAYS_BEHIND)
    # Away for longer than the story reaches back: what is older stays as it was.
    begin = max(begin, today - timedelta(days=settings.DEMO_DAYS_BEHIND))
    total = (today - begin).days
    for index in range(total):
        stage = Stage(branch, begin + timedelta(days=index), now)
        live(stage)
        if index % 5 == 0:
            look_at_the_tables()
        if index % 15 == 14:
            tell(f"{branch.code}: {index + 1}/{total}")
    set_scene(Stage(branch, today, now))
    DemoDay.objects.create(branch=branch, day=today)
    return total + 1


def look_at_the_tables() -> None:
    """All of it is one transaction: without this the database would plan its questions for empty tables."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def tell_story(what: str, story: Callable[..., object], *args: object, **named: object) -> None:
    """One story in a savepoint of its own. Somebody played with this order: it stays as they left it."""
    try:
        with transaction.atomic():
            story(*args, **named)
    except (ValidationError, ValueError, LookupError, *stories.REFUSALS) as error:
        log.info("demo_story_left_alone", story=what, why=str(error)[:200])


# --- A day that is over ------------------------------------------------------------------------
def live(stage: Stage) -> None:
    tell_story("drawer", drawer.open_drawer, stage, now=stage.at(9, 40))
    tell_story("drawer", drawer.take_over, stage, now=stage.at(9, 40))
    for order in orders_of(stage, AppointmentKind.PICKUP):
        tell_story("pickup", stories.collect, order, stage, now=stage.at(16))
    for turn, order in enumerate(orders_of(stage, AppointmentKind.SELECTION)):
        tell_story("selection", hold_selection, order, stage, turn)
    for turn, order in enumerate(orders_of(stage, AppointmentKind.SHOOT) + in_the_house(stage)):
        tell_story("shoot", whole_shoot, order, stage, turn)
    produce_ahead(stage)
    confirm_ahead(stage, hour=10)
    for call in front.prospects_to_call(stage, now=stage.at(11)):
        tell_story("follow-up", front.follow, call, stage, now=stage.at(11))
    receive_visitors(stage)
    for visit in front.welcome_back(stage):
        tell_story("back again", decide_at_last, visit, stage)
    tell_story("telephone", front.answer_the_telephone, stage)
    tell_story("rest", front.plan_rest, stage, now=stage.at(18))
    tell_story("drawer", drawer.cash_up, stage, now=stage.at(20, 50))


def orders_of(stage: Stage, kind: str) -> list[WorkOrder]:
    """The orders with a planned appointment of this kind on the day."""
    start, end = stage.branch.day_bounds(stage.day)
    planned = (
        Appointment.objects.planned()
        .between(start, end)
        .filter(branch=stage.branch, kind=kind, booking__isnull=False)
    )
    rows = WorkOrder.objects.filter(booking__in=planned.values("booking")).select_related(
        "booking__customer__owner", "branch"
    )
    return sorted(rows, key=lambda order: order.pk)


def in_the_house(stage: Stage) -> list[WorkOrder]:
    """Who stood in the house when the demo was last started: they are seen through to the door."""
    here = Presence.objects.filter(work_order__branch=stage.branch, left_at=None).values("work_order")
    return list(WorkOrder.objects.filter(pk__in=here).select_related("booking__customer__owner", "branch"))


def planned(order: WorkOrder, kind: str) -> Appointment | None:
    return (
        Appointment.objects.planned()
        .filter(booking=order.booking, kind=kind)
        .select_related("customer__owner")
        .first()
    )


def whole_shoot(order: WorkOrder, stage: Stage, turn: int) -> None:
    appointment = planned(order, AppointmentKind.SHOOT)
    moment = appointment.starts_at if appointment else stage.at(10)
    chance = dice(stage.branch.code, stage.day, f"house {order.pk}")
    for step in range(60):
        moment = stage.after(moment, 3 + (turn * 5 + step * 7) % 26)
        if not stories.go_on(order, stage, now=moment, turn=turn):
            return
        owner = stories.acting(order.booking.customer.owner, stage, moment)
        house.look_after(order, stage, owner=owner, now=moment + timedelta(seconds=25), chance=chance)


def hold_selection(order: WorkOrder, stage: Stage, turn: int) -> None:
    appointment = planned(order, AppointmentKind.SELECTION)
    if appointment is not None:
        stories.make_ready(
            appointment, stage, now=stage.branch.at(stage.day - timedelta(days=1), configuration.EVENING)
        )
        stories.select(order, stage, now=stage.at(15), turn=turn)


def produce_ahead(stage: Stage, days: int = 3) -> None:
    """Three days before the pickup the set is complete and at the front desk."""
    soon = Stage(stage.branch, stage.day + timedelta(days=days), stage.limit)
    for order in orders_of(soon, AppointmentKind.PICKUP):
        tell_story("production", stories.produce, order, stage, now=stage.at(17))


def confirm_ahead(stage: Stage, *, hour: int) -> None:
    """The call two days before, with its answer."""
    ahead = Stage(stage.branch, stage.day + timedelta(days=2), stage.limit)
    for order in orders_of(ahead, AppointmentKind.SHOOT):
        appointment = planned(order, AppointmentKind.SHOOT)
        if appointment and appointment.confirmation != Confirmation.CONFIRMED:
            tell_story(
                "call",
                stories.call_and_confirm,
                appointment,
                stage,
                now=stage.at(hour, 20),
            )


def receive_visitors(stage: Stage) -> None:
    chance = dice(stage.branch.code, stage.day, "visits")
    visitors = chance.choice(VISITS_A_DAY[stage.branch.code])
    if stage.branch.today(stage.limit) - stage.day > QUIETER_BEFORE:
        visitors = chance.randrange(visitors + 1)
    for index in range(visitors):
        tell_story("visit", receive, stage, index)


def receive(stage: Stage, index: int) -> Visit:
    """One party through the door, and how it ended: some six of ten order."""
    chance = dice(stage.branch.code, stage.day, f"visit {index}")
    arrived = stage.at(10 + index * 2, chance.randrange(50))
    visit = visits.receive(branch=stage.branch, by=stage.manager, now=arrived)
    visits.greet(visit, by=visit.consultant, now=stage.after(arrived, chance.choice([0, 1, 1, 2, 4])))
    kind = chance.choice(KINDS)
    who = party(kind, language=stage.branch.customer_language, chance=chance)
    end = stage.after(arrived, 55)
    result = chance.random()
    if result < 0.12:
        visits.end(visit, outcome=VisitOutcome.LOST, loss_reason="left", by=visit.consultant, now=end)
        return visit
    customer = stories.open_customer(
        stage, who, owner=visit.consultant, now=stage.after(arrived, 10), chance=chance
    )
    visit = visits.attach_customer(visit, customer, by=visit.consultant, now=stage.after(arrived, 12))
    visit = tell_us(
        visit,
        stage,
        chance,
        kind=kind,
        heard_from=customer.heard_from,
        people=len(who.members),
        now=stage.after(arrived, 20),
    )
    if result < 0.24:
        lose(visit, stage, chance, now=end)
    elif result < 0.4:
        visits.end(visit, outcome=VisitOutcome.UNDECIDED, by=visit.consultant, now=end)
    else:
        front.share_now_and_then(visit, customer, stage, now=stage.after(arrived, 30))
        buy(visit, customer, who, stage, chance, now=end)
    return visit


def tell_us(
    visit: Visit, stage: Stage, chance: Random, *, kind: str, heard_from: str, people: int, now: datetime
) -> Visit:
    """What they told at the tea (R2.3)."""
    return visits.describe(
        visit,
        version=None,
        by=visit.consultant,
        now=now,
        party_size=max(people, 1),
        heard_from=heard_from,
        came_for=CAME_FOR[stage.branch.customer_language][kind],
        visitor_kind=chance.choice(["purpose", "purpose", "looking", "impulse"]),
        interest=chance.choice(["interest", "desire", "comparison", "trust", "action"]),
    )


def lose(visit: Visit, stage: Stage, chance: Random, *, now: datetime) -> None:
    reason = chance.choice(["comparing", "price", "style", "date_full", "family", "competitor"])
    rival = chance.choice(COMPETITORS[stage.branch.customer_language])
    visits.end(
        visit, outcome=VisitOutcome.LOST, loss_reason=reason, competitor=rival, by=visit.consultant, now=now
    )


def buy(visit: Visit, customer: Customer, who: Party, stage: Stage, chance: Random, *, now: datetime) -> None:
    order = stories.sell(
        stage,
        customer,
        who,
        shoot_days=quiet_days(stage, chance.random()),
        visit=visit,
        now=now,
        chance=chance,
    )
    if order is not None and chance.random() < 0.3:
        stories.add_promise(order, stage, now=now, chance=chance)


def decide_at_last(visit: Visit, stage: Stage) -> None:
    """They came because somebody kept calling: most of them order now."""
    customer = visit.customer
    assert customer is not None
    chance = dice(stage.branch.code, stage.day, f"back {visit.pk}")
    now = stage.after(visit.arrived_at, 50)
    if chance.random() < 0.25:
        visits.end(visit, outcome=VisitOutcome.UNDECIDED, by=visit.consultant, now=now)
        return
    who = party(
        customer.kind if customer.kind != "person" else "portrait",
        language=stage.branch.customer_language,
        chance=chance,
    )
    buy(visit, customer, who, stage, chance, now=now)


def quiet_days(stage: Stage, roll: float) -> list[date]:
    """The days ahead with the fewest shoots first; one order in twelve agrees no date yet (R3.3)."""
    if roll < 0.08:
        return []
    days = [stage.day + timedelta(days=ahead) for ahead in AHEAD]
    taken = dict.fromkeys(days, 0)
    start, end = stage.branch.day_bounds(days[0])[0], stage.branch.day_bounds(days[-1])[1]
    shoots = (
        Appointment.objects.planned()
        .between(start, end)
        .filter(branch=stage.branch, kind=AppointmentKind.SHOOT)
    )
    for starts_at in shoots.values_list("starts_at", flat=True):
        day = stage.branch.today(starts_at)
        taken[day] = taken.get(day, 0) + 1
    return sorted(days, key=lambda day: (taken[day], day))[:4]


# --- The day that is alive -----------------------------------------------------------------------
def set_scene(stage: Stage) -> None:
    """Today: somebody in styling, somebody before the camera, somebody expected, somebody at the desk."""
    for ahead in range(3):
        fill(Stage(stage.branch, stage.day + timedelta(days=ahead), stage.limit))
    # What was sold to fill these days came in last week: it is counted before this morning's drawer opens.
    yesterday = Stage(stage.branch, stage.day - timedelta(days=1), stage.limit)
    tell_story("drawer", drawer.cash_up, yesterday, now=yesterday.at(20, 55))
    tell_story("drawer today", drawer.take_over, stage, now=stage.at(9, 40))
    for turn, order in enumerate(orders_of(stage, AppointmentKind.SHOOT)[: len(BEGUN)]):
        tell_story("shoot today", begin_shoot, order, stage, turn)
    for lacking in range(3):
        later = Stage(stage.branch, stage.day + timedelta(days=lacking), stage.limit)
        for order in orders_of(later, AppointmentKind.SELECTION):
            tell_story("proofs", prepare_selection, order, stage, all_but=lacking)
    for days in range(4):
        produce_ahead(stage, days)
    for visit in front.welcome_back(stage):
        tell_story("back again", decide_at_last, visit, stage)
    receive_today(stage)
    tell_story("telephone today", front.telephone_today, stage)
    tell_story("the desk", front.set_desk, stage)
    tell_story("for the manager", front.ask_for_others, stage)
    earlier = stage.limit - timedelta(minutes=25)
    tell_story("booking page", wishes.wish_online, stage, now=earlier)
    tell_story("discount", wishes.ask_discount, stage, now=earlier)
    tell_story("waiting list", wishes.wait_for_a_day, stage, now=earlier)
    tell_story("gown", wishes.lend_a_gown, stage, now=stage.limit)
    tell_story("post", post.answer_today, stage, now=earlier)
    tell_story("post in vain", post.go_wrong_today, stage, now=earlier)
    tell_story("on hold", house.wait, stage, now=earlier)
    tell_story("not done", house.leave_something, stage, now=earlier)
    tell_story("out for a moment", house.step_out_now, stage, now=stage.limit)
    tell_story("a broken day", house.break_a_day, stage, now=earlier)
    tell_story("outside", house.go_outside, stage, now=earlier)
    tell_story("shot again", house.shoot_again, stage, now=earlier)


def fill(stage: Stage) -> None:
    """So many shoots at least: what is wanting was sold six days before, to invented parties."""
    wanting = SHOOTS_TODAY[stage.branch.code] - len(orders_of(stage, AppointmentKind.SHOOT))
    sold = Stage(stage.branch, stage.day - timedelta(days=6), stage.limit)
    kinds = ["couple", "family", "bride_alone"]
    for index in range(max(wanting, 0)):
        tell_story("filling", sell_for, stage, sold, kinds[index % 3], index)


def sell_for(stage: Stage, sold: Stage, kind: str, index: int) -> None:
    chance = dice(stage.branch.code, stage.day, f"filling {index}")
    now = sold.at(15)
    visit = visits.receive(branch=stage.branch, by=stage.manager, now=now)
    who = party(kind, language=stage.branch.customer_language, chance=chance)
    customer = stories.open_customer(sold, who, owner=visit.consultant, now=now, chance=chance)
    visit = visits.attach_customer(visit, customer, by=visit.consultant, now=now)
    order = stories.sell(sold, customer, who, shoot_days=[stage.day], visit=visit, now=now, chance=chance)
    if order is None:
        raise LookupError("the day is full")
    appointment = planned(order, AppointmentKind.SHOOT)
    if appointment is not None and stage.branch.today(stage.limit) == stage.day:
        stories.call_and_confirm(appointment, sold, now=sold.after(now, 60))


def begin_shoot(order: WorkOrder, stage: Stage, turn: int) -> None:
    """The first steps of a day of the shoot, the last of them a few minutes ago."""
    moment = stage.limit - timedelta(minutes=11 * BEGUN[turn])
    chance = dice(stage.branch.code, stage.day, f"house {order.pk}")
    for step in range(BEGUN[turn]):
        stories.go_on(order, stage, now=moment, turn=turn)
        owner = stories.acting(order.booking.customer.owner, stage, moment)
        if step < BEGUN[turn] - 1:
            house.look_after(order, stage, owner=owner, now=moment + timedelta(minutes=1), chance=chance)
        moment += timedelta(minutes=11)


def prepare_selection(order: WorkOrder, stage: Stage, *, all_but: int) -> None:
    appointment = planned(order, AppointmentKind.SELECTION)
    if appointment is not None:
        stories.make_ready(appointment, stage, now=stage.limit, all_but=all_but)


def receive_today(stage: Stage) -> None:
    """A party that left, one that thinks it over, and one that sits with its tea this minute."""
    for index, minutes in enumerate([170, 95, 6]):
        tell_story("visit today", receive_one, stage, index, minutes)


def receive_one(stage: Stage, index: int, minutes: int) -> None:
    chance = dice(stage.branch.code, stage.day, f"today {index}")
    arrived = stage.limit - timedelta(minutes=minutes)
    visit = visits.receive(branch=stage.branch, by=stage.manager, now=arrived)
    visits.greet(visit, by=visit.consultant, now=arrived + timedelta(minutes=1))
    end = arrived + timedelta(minutes=50)
    visit = tell_us(visit, stage, chance, kind="couple", heard_from="internet", people=2, now=arrived)
    if index == 0:
        visits.end(visit, outcome=VisitOutcome.LOST, loss_reason="comparing", by=visit.consultant, now=end)
    elif index == 1:
        who = party("couple", language=stage.branch.customer_language, chance=chance)
        customer = stories.open_customer(stage, who, owner=visit.consultant, now=end, chance=chance)
        visit = visits.attach_customer(visit, customer, by=visit.consultant, now=end)
        visits.end(visit, outcome=VisitOutcome.UNDECIDED, by=visit.consultant, now=end)
