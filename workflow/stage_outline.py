"""Where an order is, as data: each stage with what it asks for, done or missing, and who sees to it; those
still to come too, so that nobody is surprised by them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from workflow import stages
from workflow.gates import Condition, Doer, Missing
from workflow.models import Stage, WorkOrder
from workflow.models.work_order import STAGES

DONE, NOW, AHEAD = "done", "now", "ahead"


@dataclass(frozen=True)
class Asked:
    """One condition of a step. `is_done` of a stage that is left: it was, whatever became of it since."""

    title: Any
    doer: Any
    is_done: bool
    missing: tuple[Missing, ...] = ()

    @property
    def link(self) -> str:
        return next((one.link for one in self.missing if one.link), "")


@dataclass(frozen=True)
class StageGate:
    """One stage with its gate: what is asked before the next."""

    stage: Stage
    place: str
    asked: tuple[Asked, ...]

    @property
    def is_now(self) -> bool:
        return self.place == NOW

    @property
    def done(self) -> int:
        return sum(one.is_done for one in self.asked)


def outline(order: WorkOrder, *, now: datetime) -> list[StageGate]:
    """The open stages in their order. It reads what `stages.prefetch()` fetches, and asks nothing else."""
    current = STAGES.index(Stage(order.stage))
    found = []
    for step in stages.TRANSITIONS:
        at = STAGES.index(step.stage)
        place = DONE if at < current else NOW if at == current else AHEAD
        conditions = stages.conditions(step)
        asked = been(conditions) if place == DONE else tuple(ask(one, order, now) for one in conditions)
        found.append(StageGate(step.stage, place, asked))
    return found


def been(conditions: Iterable[Condition]) -> tuple[Asked, ...]:
    return tuple(Asked(one.title, Doer(one.doer).label, True) for one in conditions)


def ask(condition: Condition, order: WorkOrder, now: datetime) -> Asked:
    missing = tuple(condition.check(order, now))
    return Asked(condition.title, Doer(condition.doer).label, not missing, missing)
