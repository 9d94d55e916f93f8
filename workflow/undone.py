"""What was not done on the day (F2): written down, and on the spot made a date of its own or a promise, or
let go in the customer's words; until then it stands on the owner's Today.

Every function locks the date that is meant, then the order; a repeat does nothing.
"""

from collections.abc import Callable, Iterable
from datetime import date, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from bookings.models import Appointment, AppointmentState, Booking
from studio.foundation.audit import acting
from studio.staff.models import Branch, User
from workflow import promises, reshoots, stages, undone_alerts
from workflow.looks import set_look
from workflow.models import Look, LookState, ReshootCause, Stage, Undone, WorkOrder, WorkOrderEvent
from workflow.refusals import NeedsReason, Refused

GONE = [AppointmentState.CANCELLED, AppointmentState.MISSED]
"""A date in one of these states makes nothing good any more."""


# --- Written down -------------------------------------------------------------------------------
def write_down(
    order: WorkOrder, *, what: str = "", look: Look | None = None, why: str, by: User, now: datetime
) -> Undone:
    """A look that was not shot, or `what` else was not done, and why; the owner is told by the bell."""
    what, why = what.strip(), why.strip()
    if not why:
        raise NeedsReason(_("Say why it was not done: the owner agrees the next date from it."))
    if look is None and not what:
        raise NeedsReason(_("Say what was not done."))
    if look is not None and look.work_order_id != order.pk:
        raise Refused(_("This look belongs to another order."))
    with transaction.atomic(), acting(by):
        order = stages.lock(order)
        if order.stage == Stage.CLOSED or order.booking.state != Booking.State.OPEN:
            raise Refused(_("This order is closed."))
        there = standing(order, look=look, what=what)
        if there is not None:
            return with_reason(there, why, by=by, now=now)
        if look is not None:
            # Written down first: the last look that is accounted for may take the order one stage further.
            row = Undone.objects.create(
                branch_id=order.branch_id, work_order=order, look=look, why=why, by=by, at=now
            )
            set_look(look, LookState.UNDONE, "look_undone", why=why, by=by, now=now)
        else:
            row = Undone.objects.create(
                branch_id=order.branch_id, work_order=order, what=what, why=why, by=by, at=now
            )
            note(row, "undone", by=by, now=now)
        undone_alerts.ring_owner(row, by=by, now=now)
        return row


def leave_undone(look: Look, *, why: str, by: User, now: datetime) -> Look:
    """This look was not shot today, and why (rain, an outfit missing …)."""
    if not why.strip():
        raise NeedsReason(_("Say why it was not shot: the owner agrees the next date from it."))
    write_down(look.work_order, look=look, why=why, by=by, now=now)
    return Look.objects.get(pk=look.pk)


def standing(order: WorkOrder, *, look: Look | None, what: str) -> Undone | None:
    """The same thing, written down already and still undone."""
    rows = Undone.objects.filter(work_order=order, look=look)
    if look is None:
        return rows.open().filter(what=what).first()
    undone = Look.objects.filter(pk=look.pk, state=LookState.UNDONE).exists()
    return rows.last() if undone else None


def with_reason(row: Undone, why: str, *, by: User, now: datetime) -> Undone:
    """Written down a second time: the last reason stands."""
    if row.why != why:
        row.why = why
        row.save_version("why")
        if row.look is not None:
            Look.objects.filter(pk=row.look.pk).update(why=why)
    return row


# --- Settled ------------------------------------------------------------------------------------
def settle_by_date(
    undone: Undone,
    *,
    appointment: Appointment,
    by: User,
    now: datetime,
    cause: str = ReshootCause.NOBODY,
) -> Undone:
    """It is made up for on a date that is agreed with the customer; for a look that is a reshoot, and `cause`
    says whose doing. Called off, it is open again."""

    def settle(row: Undone) -> dict[str, Any]:
        date = Appointment.objects.get(pk=appointment.pk)
        if date.booking_id != row.work_order.booking_id or date.state != AppointmentState.PLANNED:
            raise Refused(_("This date is not one that is agreed for this order."))
        return {"appointment": date}

    return settled(undone, "undone_dated", settle, by=by, now=now, appointment=appointment, cause=cause)


def settle_by_promise(undone: Undone, *, what: str, by_when: date, by: User, now: datetime) -> Undone:
    """It is promised, with a day, and followed like every promise (R9.1). `ValidationError` names the field
    that is wrong."""

    def settle(row: Undone) -> dict[str, Any]:
        return {"promise": promises.promise(row.work_order, what=what, by_when=by_when, by=by, now=now)}

    return settled(undone, "undone_promised", settle, by=by, now=now)


def let_go(undone: Undone, *, why: str, by: User, now: datetime) -> Undone:
    """The customer does without it; `why` are their words."""
    why = why.strip()
    if not why:
        raise ValidationError({"let_go": _("Say in their words why they do without it.")})
    return settled(undone, "undone_let_go", lambda row: {"let_go": why}, by=by, now=now)


def settled(
    undone: Undone,
    kind: str,
    settle: Callable[[Undone], dict[str, Any]],
    *,
    by: User,
    now: datetime,
    appointment: Appointment | None = None,
    **parameters: Any,
) -> Undone:
    """What is settled already stays as it was settled first."""
    with transaction.atomic(), acting(by):
        if appointment is not None:
            Appointment.locked(appointment.pk)  # before the order, as everybody locks them
        order = stages.lock(undone.work_order)
        row = Undone.locked(undone.pk)
        row.work_order = order
        if row.settled_at is None:
            for field, value in settle(row).items():
                setattr(row, field, value)
            row.settled_by, row.settled_at = by, now
            row.save_version("appointment", "promise", "let_go", "settled_by", "settled_at")
            note(row, kind, by=by, now=now, **parameters)
            reshoots.follow_undone(row, by=by, now=now)
        return row


def follow_facts(booking: Booking, by: User | None, now: datetime) -> None:
    """Listener to the facts of a sale: the date that was to make it good is called off, or they did not
    come, so it is open again."""
    gone = Undone.objects.filter(work_order__booking=booking, appointment__state__in=GONE)
    rows = gone.exclude(settled_at=None).exclude(look__state=LookState.SHOT)
    for row in rows.select_for_update(no_key=True, of=("self",)).select_related("work_order", "look"):
        if row.look_id and Undone.objects.open().filter(look=row.look_id).exists():
            continue
        row.appointment = row.settled_by = row.settled_at = None
        row.save_version("appointment", "settled_by", "settled_at")
        note(row, "undone_again", by=by, now=now)
        undone_alerts.ring_owner(row, by=by, now=now)


# --- Read ---------------------------------------------------------------------------------------
def open_of(order: WorkOrder) -> list[Undone]:
    """What of this order waits to be settled, the oldest first."""
    return list(Undone.objects.open().filter(work_order=order).select_related("look", "by"))


def of_owners(users: Iterable[User], branch: Branch, now: datetime) -> list[Undone]:
    """What waits to be settled with the customers of these owners (F2)."""
    rows = Undone.objects.open().filter(
        branch=branch,
        work_order__booking__state=Booking.State.OPEN,
        work_order__booking__customer__owner__in=list(users),
    )
    return list(rows.select_related("look", "by", "work_order__booking__customer__owner"))


def note(row: Undone, kind: str, *, by: User | None, now: datetime, **more: Any) -> None:
    parameters = {"undone": row.pk, **more}
    if row.look is not None:
        parameters |= {"look": row.look_id, "number": row.look.position}
    WorkOrderEvent.objects.create(
        work_order_id=row.work_order_id, actor=by, at=now, kind=kind, parameters=parameters
    )
