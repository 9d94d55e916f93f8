"""The selection (R6): ready before the customer comes, suggestions noted, signed at its end."""

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from bookings import schedule
from bookings.models import Appointment, AppointmentKind, AppointmentState
from studio.foundation.audit import acting
from studio.staff.models import User
from workflow import checks, readiness
from workflow.gates import Doer, Missing
from workflow.models import SelectionSheet, Stage, WorkOrder, WorkOrderEvent
from workflow.stages import NotYet, lock, missing, try_advance

MOST_FRAMES = 2000


def blockers(order: WorkOrder, *, now: datetime) -> list[Missing]:
    """Why the selection sheet can't be signed now; empty where it can."""
    if order.stage not in {Stage.SELECTION, Stage.PICKUP, Stage.CLOSED}:
        return missing(order, now=now) or [
            Missing("not_in_selection", _("This order has not come to the selection."), checks.where(order))
        ]
    appointment = checks.appointment_of(order, AppointmentKind.SELECTION, AppointmentState.PLANNED)
    if appointment is None:
        return [
            Missing(
                "selection_date",
                _("The selection has no date yet."),
                checks.page(order, "agree", kind=AppointmentKind.SELECTION),
                Doer.FRONT,
                _("Agree a selection date"),
            )
        ]
    return [readiness.still_missing(row, order) for row in readiness.what_is_missing(appointment)]


def sign_selection(
    order: WorkOrder, *, frames: int, wishes: str, signed_name: str, by: User, now: datetime
) -> SelectionSheet:
    """The customer's signature on the selection sheet (R6.4); from here on production may start.

    Refused with `NotYet` while something is not ready (R6.1). Signed already: the sheet stays as it is.
    """
    signed_name = signed_name.strip()
    if not signed_name:
        raise ValidationError({"signed_name": _("The customer's name is their signature.")})
    if not 0 < frames <= MOST_FRAMES:
        raise ValidationError({"frames": _("Between 1 and %(most)d frames.") % {"most": MOST_FRAMES}})
    with transaction.atomic(), acting(by):
        found = checks.appointment_of(order, AppointmentKind.SELECTION, AppointmentState.PLANNED)
        appointment = Appointment.locked(found.pk) if found is not None else None
        order = lock(order)
        signed = SelectionSheet.objects.filter(work_order=order).first()
        if signed is not None:
            return signed
        lacks = blockers(order, now=now)
        if lacks:
            raise NotYet(lacks)
        sheet = SelectionSheet.objects.create(
            work_order=order,
            frames=frames,
            wishes=wishes.strip(),
            signed_name=signed_name,
            signed_at=now,
            by=by,
        )
        if appointment is not None:
            schedule.hold(appointment, by=by, now=now)
        WorkOrderEvent.objects.create(
            work_order=order, actor=by, at=now, kind="selection_signed", parameters={"frames": frames}
        )
        try_advance(order, by, now)
    return sheet


def note_suggestion(order: WorkOrder, *, text: str, version: int, by: User, now: datetime) -> WorkOrder:
    """R6.2: before the selection the owner looks through the proofs and notes what to suggest."""
    with transaction.atomic(), acting(by):
        order = WorkOrder.locked(order.pk, version=version)
        if order.selection_note != text.strip():
            order.selection_note = text.strip()
            order.save_version("selection_note")
            WorkOrderEvent.objects.create(work_order=order, actor=by, at=now, kind="suggestion_noted")
    return order
