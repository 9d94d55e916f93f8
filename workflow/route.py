"""The route of the day (R5.2): where a customer goes next, with which look, in which round."""

from collections.abc import Iterable

from django.utils.translation import gettext as _

from bookings.models import AppointmentState
from studio.staff.models import Branch, Department
from studio.staff.models.branch import DepartmentKind
from workflow.models import Look, LookState, Presence, Reshoot, Stage, WorkOrder
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


def reshoot_of(order: WorkOrder) -> Reshoot | None:
    """The reshoot that is open beside the stage. Asks nothing where `reshoots` was fetched before."""
    return next((one for one in order.reshoots.all() if one.ended_at is None), None)


def is_shoot_day(order: WorkOrder) -> bool:
    """Whether a party that is here came to be photographed: the shoot is to come or going on, or they came
    on the day of a reshoot, whatever the stage (it never walks back)."""
    if order.stage in SHOOT_DAY:
        return True
    reshoot = reshoot_of(order)
    date = reshoot.appointment if reshoot else None
    return date is not None and date.state == AppointmentState.HELD


def looks_of_day(order: WorkOrder) -> list[Look]:
    """The looks that this day is about: all of the order's, or on the day of a reshoot those of it."""
    looks, reshoot = list(order.looks.all()), reshoot_of(order)
    if reshoot is None or order.stage in SHOOT_DAY or not is_shoot_day(order):
        return looks
    return [look for look in looks if look.reshoot_id == reshoot.pk]


def next_stop(presence: Presence, *, order: WorkOrder, looks: list[Look]) -> str | None:
    """The kind of the department that this member goes to next; None: to the door."""
    shoots = is_shoot_day(order)
    came_for_selection = (
        not shoots and order.stage == Stage.SELECTION and presence.arrived_at >= order.stage_since
    )
    pending = shoots and next_look(looks) is not None
    return next_kind(presence.department.kind, looks_pending=pending, came_for_selection=came_for_selection)


def department_of(branch: Branch, kind: str) -> Department:
    """The branch's department of this kind; `Refused` in words where the settings have none yet."""
    found = Department.objects.filter(branch=branch, kind=kind).first()
    if found is None:
        sentence = _("This branch has no department “%(kind)s” yet; a manager adds it in the settings.")
        raise Refused(sentence % {"kind": DepartmentKind(kind).label})
    return found
