"""One press of a button at a hand-off: on one's own phone, and on the screen of a department (R5).

The names of the presses are those by which a page keeps them while the network is gone (`late_kept.KINDS`).
Each is harmless when it is pressed twice; none needs more than the page shows.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from customers.models import Member
from studio.staff.models import Department, User
from studio.staff.models.branch import DepartmentKind
from workflow import day, gaps, handoffs, route, side_trips, tablet_alerts
from workflow.hand_checks import works_in
from workflow.models import HandOff, Look, WorkOrder
from workflow.refusals import NotAllowed, Refused


@dataclass(frozen=True)
class Pressed:
    """What a button says; which of it is there depends on the press."""

    order: WorkOrder
    members: list[Member] = field(default_factory=list)
    hand_offs: list[HandOff] = field(default_factory=list)
    to: Department | None = None
    look: Look | None = None
    place: str = ""
    escort: User | None = None
    meant_for: User | None = None
    why: str = ""


def press(act: str, pressed: Pressed, *, by: User, now: datetime) -> list[HandOff]:
    """Do it; `Refused` in words where it cannot be. Answers the hand-offs by which members came to `by`."""
    if act not in ACTS:
        raise Refused(_("This page is out of date. Go back and look again."))
    return ACTS[act](pressed, by, now) or []


# --- Taking over ----------------------------------------------------------------------------------
def accept(pressed: Pressed, by: User, now: datetime) -> list[HandOff]:
    return handoffs.accept(pressed.hand_offs, by=by, now=now)


def together(pressed: Pressed, by: User, now: datetime) -> list[HandOff]:
    """Taken where they were brought, both standing together; relief within the department is the same
    press."""
    return handoffs.together(
        pressed.order,
        members=pressed.members,
        to=there(pressed),
        receiver=by,
        by=by,
        now=now,
        why=pressed.why,
    )


# --- Handing on -----------------------------------------------------------------------------------
def offer(pressed: Pressed, by: User, now: datetime) -> None:
    with transaction.atomic():
        rows = handoffs.offer(
            pressed.order,
            members=pressed.members,
            to=there(pressed),
            by=by,
            now=now,
            why=pressed.why,
            meant_for=pressed.meant_for,
        )
        tablet_alerts.ring_brought(rows, now=now)


def look_done(pressed: Pressed, by: User, now: datetime) -> None:
    """The look is ticked and the party brought to styling, in one press (R5.2). A look that was ticked
    already stays so; where no styling department is, nobody is brought."""
    if pressed.look is None:
        raise Refused(_("This page is out of date. Go back and look again."))
    with transaction.atomic():
        day.tick_look(pressed.look, by=by, now=now)
        if pressed.to is not None or pressed.members:
            to = pressed.to or route.department_of(pressed.order.branch, DepartmentKind.STYLING)
            handoffs.offer(pressed.order, members=pressed.members, to=to, by=by, now=now)


def withdraw(pressed: Pressed, by: User, now: datetime) -> None:
    handoffs.withdraw(pressed.hand_offs, by=by, now=now)


# --- Out for a moment, on location, alone ---------------------------------------------------------
def step_out(pressed: Pressed, by: User, now: datetime) -> None:
    side_trips.step_out(
        pressed.order, members=pressed.members, place=pressed.place, escort=pressed.escort, by=by, now=now
    )


def come_back(pressed: Pressed, by: User, now: datetime) -> None:
    """Back to who had them; who else of the department says so has them from now on."""
    try:
        side_trips.come_back(pressed.order, members=pressed.members, by=by, now=now)
    except NotAllowed:
        side_trips.come_back(pressed.order, members=pressed.members, by=by, now=now, takes_over=by)


def location(pressed: Pressed, by: User, now: datetime) -> None:
    side_trips.go_on_location(
        pressed.order, members=pressed.members, place=pressed.place, with_user=pressed.escort, by=by, now=now
    )


def location_back(pressed: Pressed, by: User, now: datetime) -> None:
    side_trips.back_in_the_house(pressed.order, members=pressed.members, by=by, now=now)


def alone(pressed: Pressed, by: User, now: datetime) -> None:
    gaps.leave_alone(pressed.order, members=pressed.members, by=by, now=now)


def take_care(pressed: Pressed, by: User, now: datetime) -> None:
    """They stay where they stand; is that the department of `by`, or do they go along, says `to`."""
    go_along = pressed.to if pressed.to is not None and works_in(by, pressed.to, now=now) else None
    gaps.take_care(pressed.order, members=pressed.members, by=by, now=now, department=go_along)


def there(pressed: Pressed) -> Department:
    if pressed.to is None:
        raise Refused(_("Choose where they go."))
    return pressed.to


Act = Callable[[Pressed, User, datetime], list[HandOff] | None]
ACTS: dict[str, Act] = {
    "accept": accept,
    "together": together,
    "offer": offer,
    "look_done": look_done,
    "withdraw": withdraw,
    "step_out": step_out,
    "come_back": come_back,
    "location": location,
    "location_back": location_back,
    "alone": alone,
    "take_care": take_care,
}
