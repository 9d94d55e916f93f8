"""What still blocks a step of a work order; apps above register gates of their own in `AppConfig.ready`."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from studio.foundation.registry import Registry
from studio.staff.models.membership import FRONT, MANAGERS, TAKES_MONEY, Role
from workflow.models import WorkOrder


class Doer(models.TextChoices):
    """Who does what is missing."""

    FRONT = "front", _("front desk")
    MONEY = "money", _("front desk or cashier")
    FLOOR = "floor", _("shooting floor")
    PRODUCTION = "production", _("production department")
    DEPARTMENT = "department", _("department")
    MANAGER = "manager", _("manager")

    @property
    def roles(self) -> frozenset[str]:
        """The roles that see the button for it."""
        if self == Doer.FRONT:
            return frozenset(FRONT)
        if self == Doer.MONEY:
            return frozenset(TAKES_MONEY)
        if self == Doer.MANAGER:
            return frozenset(MANAGERS)
        return frozenset({Role.DEPARTMENT_STAFF, Role.DEPARTMENT_HEAD}) | MANAGERS


@dataclass(frozen=True)
class Missing:
    """One thing that is still missing: a short sentence, where it is done (`link`), by whom (`role`,
    a `Doer`), and the word on its button (`action`)."""

    code: str
    text: Any
    link: str = ""
    role: str = ""
    action: Any = ""


Check = Callable[[WorkOrder, datetime], list[Missing]]


@dataclass(frozen=True)
class Condition:
    """One thing that a step asks for, as data: what it is called where it is ticked off, who sees to it, and
    the check that says what of it is missing."""

    title: Any
    doer: str
    check: Check


@dataclass(frozen=True)
class Gate:
    """`check(order, now)` before the step to `stage_to`. It reads relations of the order by `.all()`,
    and names them in `prefetch`, so that the board asks once for all its cards. `title` is what it is called
    where the page ticks it off."""

    stage_to: str
    check: Check
    prefetch: tuple[str, ...] = ()
    title: Any = ""
    doer: str = Doer.MANAGER

    @property
    def condition(self) -> Condition:
        return Condition(self.title, self.doer, self.check)


gates: Registry[Gate] = Registry("gate")

Step = Callable[[WorkOrder, Any, datetime], None]
steps: Registry[Step] = Registry("listener to steps of work orders")
"""Each is called with (order, by, now), in the transaction in which the order took a step, after its
event."""
