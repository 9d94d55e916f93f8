"""The route of the day (R5.2): where a customer goes next, with which look, in which round."""

from collections.abc import Iterable

from django.utils.translation import gettext as _

from studio.staff.models import Branch, Department
from studio.staff.models.branch import DepartmentKind
from workflow.models import Look, LookState, Presence, Stage, WorkOrder
from workflow.refusals import Refused

SHOOT_DAY = {Stage.CONSULT, Stage.CONFIRM, Stage.SHOOT}
"""Stages in which a party that is here came for the shoot."""


def next_kind(kind: str, *, looks_pending: bool, came_for_selection: bool = False) -> str | None:
    """Where the route leads from a department of this kind; None: to the door.

    Front desk → styling → shooting floor → (after each look) styling → … → after the last look styling
    takes off headdress and makeup → front desk.
    """
    if kind == DepartmentKind.FRONT_DESK:
        if came_for_selection:
            return DepartmentKind.SELECTION
        return DepartmentKind.STYLING if looks_pending else None
    if kind == DepartmentKind.STYLING:
        return DepartmentKind.SHOOTING if looks_pending else DepartmentKind.FRONT_DESK
    if kind == DepartmentKind.SHOOTING:
        return DepartmentKind.STYLING
    return DepartmentKind.FRONT_DESK


def next_look(looks: Iterable[Look]) -> Look | None:
    """The look that is to be styled or shot next."""
    return next((look for look in looks if look.state == LookState.PENDING), None)


def round_of(looks: Iterable[Look]) -> int:
    """The number of the look that the party is on: 1 for the first, never more than there are."""
    states = [look.state for look in looks]
    return min(1 + sum(state != LookState.PENDING for state in states), max(1, len(states)))


def next_stop(presence: Presence, *, order: WorkOrder, looks: list[Look]) -> str | None:
    """The kind of the department that this member goes to next; None: to the door."""
    came_for_selection = order.stage == Stage.SELECTION and presence.arrived_at >= order.stage_since
    pending = order.stage in SHOOT_DAY and next_look(looks) is not None
    return next_kind(presence.department.kind, looks_pending=pending, came_for_selection=came_for_selection)


def department_of(branch: Branch, kind: str) -> Department:
    """The branch's department of this kind; `Refused` in words where the settings have none yet."""
    found = Department.objects.filter(branch=branch, kind=kind).first()
    if found is None:
        sentence = _("This branch has no department “%(kind)s” yet; a manager adds it in the settings.")
        raise Refused(sentence % {"kind": DepartmentKind(kind).label})
    return found
