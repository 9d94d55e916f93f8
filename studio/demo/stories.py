"""What happens to one party: the sale, the day of the shoot, the selection, the pickup.

Everything goes through the same functions as the pages do, so the demo shop can hold nothing that the
product would refuse. Each story goes on from where the order stands.
"""

import random
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from django.core.exceptions import ObjectDoesNotExist

from bookings import add_ons, gowns, prices, schedule, till
from bookings.models import Appointment, AppointmentKind, PackageVersion, Resource
from bookings.needs import Need, holds_from, needs_of
from bookings.schedule import NotBookable, Slot, SlotTaken
from bookings.till import Money
from complaints import recovery
from customers import files, knowledge
from customers.contacts import NumberTaken
from customers.models import Customer
from studio.demo import configuration, house, reach
from studio.demo.cast import Stage
from studio.demo.people import Party
from studio.demo.words import FAMILY_HOPES, HOPES, OBSERVATIONS, PROMISES, RECOVERIES, TABOOS
from studio.staff import leaves
from studio.staff.duties import who_acts_for
from studio.staff.models import User
from workflow import (
    calls,
    day,
    follow_ups,
    handoffs,
    orders,
    pickup,
    promises,
    readiness,
    rotation,
    selection,
    stages,
)
from workflow.departures import Told
from workflow.models import (
    CallKind,
    CallOutcome,
    CallTask,
    HandOff,
    LookState,
    Mood,
    Presence,
    ReminderRule,
    Visit,
    WorkOrder,
)

REFUSALS = (
    stages.NotYet,
    handoffs.Refused,
    SlotTaken,
    NumberTaken,
    ObjectDoesNotExist,
    calls.OutcomeRefused,
    follow_ups.FollowUpRefused,
    rotation.NobodyThere,
    leaves.NotYours,
)
STARTS = [time(9, 30), time(13, 30), time(11, 0)]


def acting(owner: User | None, stage: Stage, now: datetime) -> User:
    """The owner, or who stands in for them on that day (R8.1)."""
    assert owner is not None
    return who_acts_for(owner, branch=stage.branch, day=stage.branch.today(now))


# --- The sale ----------------------------------------------------------------------------------
def open_customer(
    stage: Stage, party: Party, *, owner: User, now: datetime, chance: random.Random
) -> Customer:
    language = stage.branch.customer_language
    customer = files.open_file(
        branch=stage.branch,
        by=owner,
        now=now,
        owner=owner,
        kind=party.kind,
        name=party.name,
        members=party.members,
        phones=[party.phone, *([party.second_phone] if party.second_phone else [])],
        emails=[party.email] if party.email else [],
        special_care=party.special_care,
        heard_from=chance.choice(["friend", "internet", "walked_in", "fair", "hotel"]),
    )
    if chance.random() < 0.5:
        knowledge.observe(customer, chance.choice(OBSERVATIONS[language]), by=owner, now=now)
    if chance.random() < 0.2:
        knowledge.add_taboo(customer, chance.choice(TABOOS[language]), by=owner, now=now)
    reach.tell(customer, stage, by=owner, now=now, chance=chance)
    return customer


def version_of(stage: Stage, key: str) -> PackageVersion:
    name = configuration.named(f"package_{key}")["name_en"]
    return PackageVersion.objects.on_sale(stage.branch).get(package__name_en=name)


def free_slot(stage: Stage, version: PackageVersion, *, on: date, turn: int) -> list[Slot]:
    """Times on a day that suit the package, the least likely to be taken first."""
    length = timedelta(minutes=version.shoot_minutes)
    needs = needs_of(version, AppointmentKind.SHOOT)
    slots = []
    for index in range(4):
        starts = stage.branch.at(on, STARTS[(turn + index) % 2])
        asked = [need for need in needs if need.sort != "assistant"]
        chosen = {need.key: who_does(need, stage, turn + index // 2) for need in asked}
        holds = holds_from(needs, starts, starts + length, chosen)
        slots.append(Slot(starts, starts + length, holds=holds))
    return slots


def who_does(need: Need, stage: Stage, turn: int) -> Resource | None:
    """Each in turn of those who can do it; what goes on with the same person is left to them."""
    if need.follows:
        return None
    able = [row for kind in need.kinds for row in stage.resources.get(kind, [])]
    able = [row for row in able if row.kind != "location" and need.suits(row, stage.skills.get(row.pk, ()))]
    return able[turn % len(able)] if able else None


def sell(
    stage: Stage,
    customer: Customer,
    party: Party,
    *,
    shoot_days: list[date],
    visit: Visit | None,
    now: datetime,
    chance: random.Random,
) -> WorkOrder | None:
    """Sell in the first free slot of these days (no days: no date yet); None where all is full."""
    version = version_of(stage, party.package)
    language = stage.branch.customer_language
    price = prices.price_on(version, sold_on=stage.branch.today(now)).total
    limit = price * stage.branch.earnest_limit_percent / 100
    earnest = Money(
        "earnest", chance.choice(["wechat", "card", "cash"]), limit.quantize(Decimal("1")) // 10 * 10
    )
    seller = customer.owner
    assert seller is not None
    wedding_day = stage.day + timedelta(days=chance.randrange(60, 200)) if party.is_wedding else None
    offers: list[Slot | None] = [
        slot for on in shoot_days for slot in free_slot(stage, version, on=on, turn=chance.randrange(4))
    ]
    for slot in offers or [None]:
        try:
            order = orders.sell_and_open(
                customer=customer,
                package_version=version,
                by=seller,
                now=now,
                visit=visit,
                hopes=chance.choice(HOPES[language] if party.is_wedding else FAMILY_HOPES[language]),
                payment=earnest,
                terms_accepted=True,
                shoot=slot,
                wedding_day=wedding_day,
            )
        except (SlotTaken, NotBookable):
            continue
        if party.is_wedding:
            hold_gowns(order, stage, by=seller, now=now)
        return order
    return None


def hold_gowns(order: WorkOrder, stage: Stage, *, by: User, now: datetime) -> None:
    """The first gown that is free on the day, for the first look; a shop has fewer gowns than brides."""
    shoot = order.booking.appointments.filter(kind=AppointmentKind.SHOOT).first()
    if shoot is None:
        return
    for gown in stage.resources.get("gown", []):
        try:
            gowns.hold(shoot, gown, starts_at=shoot.starts_at, ends_at=shoot.ends_at, look=1, by=by, now=now)
        except (SlotTaken, NotBookable):
            continue
        return


def add_promise(order: WorkOrder, stage: Stage, *, now: datetime, chance: random.Random) -> None:
    owner = order.booking.customer.owner
    assert owner is not None
    what = chance.choice(PROMISES[stage.branch.customer_language])
    promises.promise(order, what=what, by_when=stage.day + timedelta(days=10), by=owner, now=now)


# --- The confirmation call ------------------------------------------------------------------
def call_and_confirm(appointment: Appointment, stage: Stage, *, now: datetime) -> None:
    """The call that the rule brings up, made and answered (R3.1, R3.2)."""
    owner = acting(appointment.customer.owner, stage, now)
    rules = list(
        ReminderRule.objects.filter(branch=stage.branch, appointment_kind=appointment.kind, action="call")
    )
    for rule in rules:
        calls.bring_up(appointment, kind=CallKind.CONFIRM, reason=f"rule{rule.pk}", rule=rule, now=now)
    call = CallTask.objects.filter(appointment=appointment, state="open").first()
    if call is not None:
        calls.record(call, outcome=CallOutcome.CONFIRMED, version=call.version, by=owner, now=now)
    else:
        schedule.confirm(appointment, via="call", by=owner, now=now)


# --- The day of the shoot -------------------------------------------------------------------
def go_on(order: WorkOrder, stage: Stage, *, now: datetime, turn: int) -> bool:
    """One step of the day of the shoot, from where the order stands; False when they have left."""
    order = WorkOrder.objects.select_related("booking__customer__owner", "branch").get(pk=order.pk)
    owner = acting(order.booking.customer.owner, stage, now)
    here = list(
        Presence.objects.filter(work_order=order, left_at=None).select_related(
            "department", "with_user", "member"
        )
    )
    if not here:
        if order.styling_since:
            return False
        day.arrive(order, members=order.booking.customer.members.all(), by=owner, now=now)
        return True
    if order.sheet_issued_at is None:
        day.issue_sheet(order, by=owner, now=now)
        return True
    offered = list(HandOff.objects.open().filter(work_order=order).select_related("to_department"))
    if offered:
        receiver = (
            owner
            if offered[0].to_department.kind == "front_desk"
            else stage.worker(offered[0].to_department, turn)
        )
        handoffs.accept(offered, by=receiver, now=now)
        return True
    looks = list(order.looks.all())
    pending = [look for look in looks if look.state == LookState.PENDING]
    members, place, giver = [presence.member for presence in here], here[0].department.kind, here[0].with_user
    if place == "shooting" and pending and not just_ticked(order, looks):
        is_last = len(pending) == 1 < len(looks)
        if is_last and random.Random(f"{order.booking.number}:last look").random() < 0.1:
            house.leave_out(pending[0], stage, by=giver, owner=owner, now=now)
        else:
            day.tick_look(pending[0], by=giver, now=now)
        return True
    if place == "front_desk" and not pending:
        leave(order, stage, now=now, turn=turn)
        return True
    to = {"front_desk": "styling", "shooting": "styling", "styling": "shooting" if pending else "front_desk"}[
        place
    ]
    handoffs.offer(order, members=members, to=stage.departments[to], by=giver, now=now)
    return True


def just_ticked(order: WorkOrder, looks: list) -> bool:
    """Whether the look of this round is done, so that the next step is the way back to styling."""
    done = [look.at for look in looks if look.state != LookState.PENDING]
    taken_over = HandOff.objects.filter(work_order=order, state="accepted").order_by("-ended_at").first()
    return bool(done) and taken_over is not None and max(done) >= taken_over.ended_at


def leave(order: WorkOrder, stage: Stage, *, now: datetime, turn: int) -> None:
    """Selection date fixed, the rest of the money as it comes, the farewell, the door (R5.5)."""
    chance = random.Random(f"{order.booking.number}:leave")
    owner = acting(order.booking.customer.owner, stage, now)
    if (
        not Appointment.objects.planned()
        .filter(booking=order.booking, kind=AppointmentKind.SELECTION)
        .exists()
    ):
        add_appointment(order, stage, AppointmentKind.SELECTION, days=7, hour=[14, 16, 11][turn % 3], now=now)
    house.empty_lockers(order, by=owner, now=now)
    mood = chance.choices([Mood.UNHAPPY, Mood.SATISFIED, Mood.SURPRISED, Mood.MOVED], [4, 60, 25, 11])[0]
    if turn == 0 and stage.day == stage.branch.today(stage.limit) - timedelta(days=1):
        # One of yesterday is still to be won back.
        told = Told(what=house.words(stage)["unhappy"], speaks=owner)
        day.see_off(order, mood=Mood.UNHAPPY, told=told, by=owner, now=now)
        return
    day.see_off(order, mood=mood, by=owner, now=now)
    if mood == Mood.UNHAPPY:
        recover(order, stage, now=now)


def recover(order: WorkOrder, stage: Stage, *, now: datetime) -> None:
    """The manager's word for a customer who left unhappy, the same evening (R9.3)."""
    departure = order.departures.order_by("-at").first()
    if departure is not None:
        word = RECOVERIES[stage.branch.customer_language]
        recovery.give_word(departure, word=word, by=stage.manager, now=now)


def add_appointment(
    order: WorkOrder, stage: Stage, kind: str, *, days: int, hour: int, now: datetime
) -> None:
    """The next appointment, on the first day from `days` ahead on which a place is free."""
    resources = stage.resources["selection_room"] if kind == AppointmentKind.SELECTION else []
    minutes = 90 if kind == AppointmentKind.SELECTION else 30
    for later in range(14):
        for clock in [hour, 10, 15, 18]:
            starts = stage.branch.at(stage.day + timedelta(days=days + later), time(clock))
            try:
                schedule.make_appointment(
                    branch=stage.branch,
                    customer=order.booking.customer,
                    booking=order.booking,
                    kind=kind,
                    slot=Slot(starts, starts + timedelta(minutes=minutes), resources),
                    by=acting(order.booking.customer.owner, stage, now),
                    now=now,
                )
            except (SlotTaken, NotBookable):
                continue
            return


# --- Selection and pickup -------------------------------------------------------------------
def make_ready(appointment: Appointment, stage: Stage, *, now: datetime, all_but: int = 0) -> None:
    """The departments deliver what the selection needs (R6.1); `all_but` things are still missing."""
    readiness.ensure(appointment, now=now)
    rows = list(appointment.readiness.select_related("department").order_by("id"))
    for row in rows[: len(rows) - all_but]:
        readiness.mark_ready(row, by=stage.worker(row.department, 0), now=now)


def select(order: WorkOrder, stage: Stage, *, now: datetime, turn: int) -> None:
    customer = order.booking.customer
    owner = acting(customer.owner, stage, now)
    member = customer.members.first()
    sell_more(order, stage, by=owner, now=now, chance=random.Random(f"{order.booking.number}:more"))
    selection.sign_selection(
        order,
        frames=30 + turn * 4,
        wishes="",
        signed_name=member.name if member else customer.name,
        by=owner,
        now=now,
    )
    add_appointment(order, stage, AppointmentKind.PICKUP, days=16, hour=[11, 17, 15][turn % 3], now=now)


def sell_more(order: WorkOrder, stage: Stage, *, by: User, now: datetime, chance: random.Random) -> None:
    """Half of them take something more at the selection; some pay for it at once, half in cash."""
    if chance.random() < 0.5:
        return
    offered = [row for row in add_ons.on_sale(stage.branch) if row.kind in {"item", "retouch"}]
    for add_on in chance.sample(offered, min(2, len(offered))):
        quantity = chance.choice([3, 6]) if add_on.kind == "retouch" else 1
        add_ons.sell(order.booking, add_on, quantity=quantity, by=by, now=now)
    if chance.random() < 0.4:
        due = min(till.balance(order.booking), Decimal(400))
        half = (due / 2).quantize(Decimal("1"))
        parts = [Money("balance", "cash", half), Money("balance", "card", due - half)]
        till.take(order.booking, parts, by=stage.cashier, now=now)


def produce(order: WorkOrder, stage: Stage, *, now: datetime) -> None:
    """Every item made, and the complete set at the front desk (F3)."""
    producer = stage.worker(stage.departments["production"], 0)
    for item in order.items.filter(made_at=None):
        pickup.make_item(item, by=producer, now=now)
    pickup.receive_set(order, by=stage.worker(stage.departments["front_desk"], 0), now=now)


def settle_balance(order: WorkOrder, stage: Stage, *, now: datetime) -> None:
    due = till.balance(order.booking)
    if due > 0:
        till.take_payment(
            order.booking, kind="balance", method="wechat", amount=due, by=stage.cashier, now=now
        )


def collect(order: WorkOrder, stage: Stage, *, now: datetime) -> None:
    """The balance, the kept promises, the signature for each item: the order closes by itself."""
    owner = acting(order.booking.customer.owner, stage, now)
    member = order.booking.customer.members.first()
    settle_balance(order, stage, now=now)
    for promise in order.promises.open():
        promises.keep(promise, by=owner, now=now)
    name = member.name if member else order.booking.customer.name
    pickup.sign_for(
        order, item_ids=[item.pk for item in order.items.all()], signed_name=name, by=owner, now=now
    )
