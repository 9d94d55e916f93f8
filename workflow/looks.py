"""The looks of an order (F2): ticked when shot, written down when not, and a slip taken back."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from bookings.models import AppointmentState
from studio.foundation.audit import acting
from studio.staff.models import User
from workflow import stages
from workflow.models import Look, LookState, Reshoot, Stage, Undone, WorkOrder, WorkOrderEvent
from workflow.refusals import Refused
from workflow.route import is_shoot_day, reshoot_of


def tick_look(look: Look, *, by: User, now: datetime) -> Look:
    """This look is shot (F2)."""
    return set_look(look, LookState.SHOT, "look_shot", by=by, now=now)


def take_back_look(look: Look, *, by: User, now: datetime) -> Look:
    """The tick was a slip of the finger: the look is to be shot again."""
    return set_look(look, LookState.PENDING, "look_reopened", by=by, now=now)


def set_look(look: Look, state: LookState, kind: str, *, by: User, now: datetime, why: str = "") -> Look:
    """One look has another state; a repeat does nothing. What is written down as undone about it follows,
    and so does the reshoot that it belongs to."""
    with transaction.atomic(), acting(by):
        order = stages.lock(look.work_order)
        look = Look.objects.select_for_update(no_key=True, of=("self",)).get(pk=look.pk)
        if look.state == state and look.why == why:
            return look
        if not may_tick(order, look):
            raise Refused(_("Looks are ticked while the shoot is on, after the sheet was issued."))
        look.state, look.why = state, why
        look.by, look.at = (None, None) if state == LookState.PENDING else (by, now)
        look.save(update_fields=["state", "why", "by", "at"])
        WorkOrderEvent.objects.create(
            work_order=order,
            actor=by,
            at=now,
            kind=kind,
            parameters={"look": look.pk, "number": look.position},
        )
        if state != LookState.UNDONE:
            end_undone(look, by=by, now=now)
        follow_reshoot(order, look, by=by, now=now)
        stages.try_advance(order, by=by, now=now)
        return look


def may_tick(order: WorkOrder, look: Look | None = None) -> bool:
    """While the shoot is on and the sheet is out; on the day of a reshoot only the looks of it."""
    if order.sheet_issued_at is None:
        return False
    if order.stage == Stage.SHOOT:
        return True
    if order.stage == Stage.SELECTION and look is not None and may_reopen(order, look):
        return True
    reshoot = reshoot_of(order)
    if reshoot is None or not is_shoot_day(order) or order.stage not in {Stage.SELECTION, Stage.PICKUP}:
        return False
    return look is None or look.reshoot_id == reshoot.pk


def end_undone(look: Look, *, by: User, now: datetime) -> None:
    """What is written down as undone about it is no open matter any more: shot on the day of a reshoot it
    was made good by that date; else it was a slip, and the history alone keeps it, as an event."""
    rows = Undone.objects.open().filter(look=look)
    date = look.reshoot.appointment if look.reshoot else None
    if look.state == LookState.SHOT and date is not None:
        rows.update(appointment=date, settled_by=by, settled_at=now)
    else:
        rows.delete()


# --- The reshoot that a look belongs to -----------------------------------------------------------
def may_reopen(order: WorkOrder, look: Look) -> bool:
    """The last tick of a reshoot ended it; a slip is taken back while nothing else has come of it."""
    reshoot = look.reshoot
    return (
        reshoot is not None and reshoot.ended_at is not None and was_shot(reshoot) and not reshoot_of(order)
    )


def was_shot(reshoot: Reshoot) -> bool:
    """It ended by its looks, on its day; it was not called off."""
    date = reshoot.appointment
    return not reshoot.called_off_why and date is not None and date.state == AppointmentState.HELD


def follow_reshoot(order: WorkOrder, look: Look, *, by: User, now: datetime) -> None:
    """It ends by itself when each of its looks is shot, or written down as undone; a slip opens it again."""
    if look.reshoot_id is None:
        return
    reshoot = Reshoot.objects.select_for_update(no_key=True, of=("self",)).get(pk=look.reshoot_id)
    if reshoot.called_off_why:
        return
    is_pending = Look.objects.filter(reshoot=reshoot, state=LookState.PENDING).exists()
    if is_pending == (reshoot.ended_at is None):
        return
    reshoot.ended_at, reshoot.ended_by = (None, None) if is_pending else (now, by)
    reshoot.save(update_fields=["ended_at", "ended_by"])
    kind = "reshoot_reopened" if is_pending else "reshoot_done"
    WorkOrderEvent.objects.create(
        work_order=order, actor=by, at=now, kind=kind, parameters={"reshoot": reshoot.pk}
    )
