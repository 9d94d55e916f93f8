"""The stages of a work order: the table of steps, and the one door through which it moves.

A step is taken as soon as nothing is missing for it: whoever changes a fact (a payment, a confirmation,
a look, a signature) calls `try_advance` in the same transaction.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from bookings.models import Booking
from studio.foundation.audit import acting
from studio.staff.models import User
from workflow import checks
from workflow.gates import Condition, Doer, Missing, gates, steps
from workflow.models import Stage, WorkOrder, WorkOrderEvent
from workflow.models.work_order import STAGES, STEPS


class NotYet(Exception):
    """The step can't be taken; `missing` says why."""

    def __init__(self, missing: list[Missing]) -> None:
        super().__init__("; ".join(str(one.text) for one in missing))
        self.missing = missing


@dataclass(frozen=True)
class Transition:
    """One step. Its conditions are asked in this order; the first thing missing is the next thing to do."""

    stage: Stage
    to: Stage
    conditions: tuple[Condition, ...]


TERMS = Condition(_("Terms accepted"), Doer.FRONT, checks.terms)
EARNEST = Condition(_("Earnest money, or a waiver"), Doer.MONEY, checks.earnest)
SHOOT_DATE = Condition(_("Shoot dated and confirmed"), Doer.FRONT, checks.shoot_date)
ARRIVAL = Condition(_("They have arrived"), Doer.FRONT, checks.arrival)
LOOKS = Condition(_("Each look shot, or written down why not"), Doer.FLOOR, checks.looks)
PARTY_BACK = Condition(_("Everybody back at the front desk"), Doer.DEPARTMENT, checks.party_back)
SELECTION = Condition(_("Selection sheet signed"), Doer.FRONT, checks.selection_signed)
RESHOT = Condition(_("Nothing left to be shot again"), Doer.FLOOR, checks.reshot)
ITEMS = Condition(
    _("Everything made, at the front desk and signed for"), Doer.PRODUCTION, checks.items_signed
)
BALANCE = Condition(_("Balance settled"), Doer.MONEY, checks.balance_settled)
PROMISES = Condition(_("Every promise kept"), Doer.FRONT, checks.promises_kept)

TRANSITIONS: tuple[Transition, ...] = (
    Transition(Stage.CONSULT, Stage.CONFIRM, (TERMS, EARNEST)),
    Transition(Stage.CONFIRM, Stage.SHOOT, (SHOOT_DATE,)),
    Transition(Stage.SHOOT, Stage.SELECTION, (ARRIVAL, LOOKS, PARTY_BACK)),
    Transition(Stage.SELECTION, Stage.PICKUP, (SELECTION, RESHOT)),
    Transition(Stage.PICKUP, Stage.CLOSED, (RESHOT, ITEMS, BALANCE, PROMISES)),
)
BY_STAGE = {transition.stage: transition for transition in TRANSITIONS}
if [(step.stage, step.to) for step in TRANSITIONS] != STEPS:
    raise AssertionError("The table of transitions and the database's trigger do not allow the same steps.")


def prefetch() -> list[str]:
    """The relations that `missing` reads, those of the registered gates included."""
    return [*checks.PREFETCH, *(name for gate in gates for name in gate.prefetch)]


def missing(order: WorkOrder, *, now: datetime) -> list[Missing]:
    """What still blocks the next step, in the order in which it is best done; empty where nothing does,
    and for an order that is closed."""
    step = BY_STAGE.get(Stage(order.stage))
    if step is None:
        return []
    if order.booking.state == Booking.State.CANCELLED:
        return [Missing("cancelled", _("The order is cancelled."), checks.where(order), Doer.FRONT)]
    asked = [checks.on_hold, *(condition.check for condition in conditions(step))]
    return [one for check in asked for one in check(order, now)]


def conditions(step: Transition) -> list[Condition]:
    """What a step asks for: its own conditions, then those of the apps above."""
    return [*step.conditions, *(gate.condition for gate in gates if gate.stage_to == step.to)]


def lock(order: WorkOrder) -> WorkOrder:
    """The order as it is now, locked together with its sale, in the order that everybody keeps
    (appointment, booking, work order), so that no money moves while the step is decided."""
    booking = Booking.locked(order.booking_id)
    locked = WorkOrder.locked(order.pk)
    locked.booking = booking
    return locked


def refusal(order: WorkOrder, to: str) -> Missing:
    """Why a stage that is not the next one can't be reached."""
    if STAGES.index(Stage(to)) < STAGES.index(Stage(order.stage)):
        return Missing("no_way_back", _("A work order never walks back."), checks.where(order))
    step = BY_STAGE[Stage(order.stage)]
    return Missing(
        "one_step",
        _("A work order takes one step at a time; the next one is “%(stage)s”.") % {"stage": step.to.label},
        checks.where(order),
    )


def advance(order: WorkOrder, *, by: User | None, now: datetime, to: str | None = None) -> WorkOrder:
    """The one door: one step forward, with its event, in one transaction.

    `to` is the stage that the caller means (without it: the one after the stage of the `order` in hand).
    An order that is there already stays as it is, so a second press does nothing. Raises `NotYet`.
    """
    seen = BY_STAGE.get(Stage(order.stage))
    target = Stage(to) if to else seen.to if seen else Stage.CLOSED
    with transaction.atomic(), acting(by):
        current = lock(order)
        if current.stage == target:
            return refreshed(order, current)
        step = BY_STAGE.get(Stage(current.stage))
        if step is None or target != step.to:
            raise NotYet([refusal(current, target), *missing(current, now=now)])
        lacks = missing(current, now=now)
        if lacks:
            raise NotYet(lacks)
        take(current, step, by=by, now=now)
    return refreshed(order, current)


def try_advance(order: WorkOrder, by: User | None, now: datetime) -> bool:
    """The stage follows the facts: as many steps as they allow, perhaps none. True where it moved."""
    with transaction.atomic(), acting(by):
        current = lock(order)
        before = current.stage
        while (step := BY_STAGE.get(Stage(current.stage))) and not missing(current, now=now):
            take(current, step, by=by, now=now)
    refreshed(order, current)
    return current.stage != before


def take(order: WorkOrder, step: Transition, *, by: User | None, now: datetime) -> None:
    """Save the step of a locked order and write its event; the sale closes with its order."""
    order.stage, order.stage_since = step.to, now
    fields = ["stage", "stage_since"]
    if step.to == Stage.CLOSED:
        order.closed_at = now
        fields.append("closed_at")
        order.booking.state = Booking.State.CLOSED
        order.booking.save_version("state")
    order.save_version(*fields)
    WorkOrderEvent.objects.create(
        work_order=order, actor=by, at=now, kind="stage", parameters={"from": step.stage, "to": step.to}
    )
    for listener in steps:
        listener(order, by, now)


def refreshed(order: WorkOrder, current: WorkOrder) -> WorkOrder:
    """The caller's own object shows the stage as it now is."""
    order.stage, order.stage_since = current.stage, current.stage_since
    order.closed_at, order.version = current.closed_at, current.version
    return order


def follow_facts(booking: Booking, by: User | None, now: datetime) -> None:
    """Told by `bookings` when a fact of a sale changed."""
    order = WorkOrder.objects.filter(booking=booking).first()
    if order is not None:
        try_advance(order, by, now)
