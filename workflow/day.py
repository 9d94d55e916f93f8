"""The day of the shoot (R4): arrival, the sheet, the looks, and the door."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from bookings import schedule
from bookings.models import Appointment, AppointmentKind, AppointmentState, Booking
from customers.models import Member
from studio.foundation.audit import acting
from studio.staff.models import User
from studio.staff.models.branch import DepartmentKind
from workflow import checks, presences, reshoots, stages, standing
from workflow.gates import Missing
from workflow.handoffs import answers_for, place_of
from workflow.looks import take_back_look, tick_look
from workflow.models import (
    Presence,
    Stage,
    WorkOrder,
    WorkOrderEvent,
)
from workflow.presences import Hands
from workflow.refusals import NotAllowed, Refused
from workflow.route import department_of
from workflow.send_off import needs_selection_date, see_off
from workflow.undone import leave_undone

__all__ = [
    "arrive",
    "hold_shoot",
    "issue_sheet",
    "leave_undone",
    "needs_selection_date",
    "see_off",
    "sheet_lacks",
    "shoot_of",
    "take_back_look",
    "tick_look",
    "who_receives",
]


def note(
    order: WorkOrder, kind: str, *, by: User | None, now: datetime, **parameters: object
) -> WorkOrderEvent:
    return WorkOrderEvent.objects.create(work_order=order, actor=by, at=now, kind=kind, parameters=parameters)


# --- Arrival ----------------------------------------------------------------------------------
def shoot_of(order: WorkOrder) -> Appointment | None:
    """The shoot that this order is about: the planned one, or the last that was held."""
    shoots = order.booking.appointments.filter(
        kind=AppointmentKind.SHOOT, state__in=[AppointmentState.PLANNED, AppointmentState.HELD]
    )
    planned = shoots.filter(state=AppointmentState.PLANNED).order_by("starts_at").first()
    return planned or shoots.order_by("-starts_at").first()


def arrive(
    order: WorkOrder,
    *,
    members: Iterable[Member],
    by: User | None,
    now: datetime,
    received_by: User | None = None,
) -> list[Presence]:
    """These members are in the door, and somebody is with them from now on (R4.1, R5.1, R5.6).

    That is their owner, or who acts for the owner today; `received_by` names somebody else at the front
    desk. Before the shoot is over its appointment becomes held; was it not time yet, "came early" is
    recorded. Who is here already is left as they are: a second press changes nothing.
    """
    with transaction.atomic(), acting(by):
        appointment = shoot_of(order)
        if appointment is not None:
            Appointment.locked(appointment.pk)  # before the order, as everybody locks them
        order = stages.lock(order)
        party = {member.pk: member for member in members}
        if not party:
            raise Refused(_("Choose who has come."))
        if any(member.customer_id != order.booking.customer_id for member in party.values()):
            raise Refused(_("Somebody among them belongs to another party."))
        if order.stage == Stage.CLOSED or order.booking.state != Booking.State.OPEN:
            raise Refused(_("This order is closed. Receive them as a new visit."))
        receiver = who_receives(order, by=by, now=now, received_by=received_by)
        here = Presence.objects.filter(member__in=party, left_at=None)
        elsewhere = here.exclude(work_order=order).select_related("member").first()
        if elsewhere is not None:
            sentence = _("%(name)s is in the house for another order. See them off there first.")
            raise Refused(sentence % {"name": elsewhere.member.name})
        already = set(here.values_list("member_id", flat=True))
        fresh = [member for pk, member in party.items() if pk not in already]
        if fresh:
            nobody_here = not Presence.objects.filter(work_order=order, left_at=None).exists()
            if order.styling_since is None and nobody_here:
                # The way from the door to styling is measured from here (R4.4).
                order.arrived_at = now
                order.save(update_fields=["arrived_at"])
            desk = department_of(order.branch, DepartmentKind.FRONT_DESK)
            presences.begin(order, fresh, Hands(receiver, desk), by=by, at=now)
            ids = [member.pk for member in fresh]
            note(order, "arrived", by=by, now=now, members=ids, receiver=receiver.pk)
            standing.go_on(order, by=by, now=now)  # who stands in the door does not wait
            hold_shoot(order, by=by, now=now)
            stages.try_advance(order, by=by, now=now)
        return list(Presence.objects.filter(work_order=order, left_at=None).select_related("member"))


def who_receives(
    order: WorkOrder, *, by: User | None, now: datetime, received_by: User | None = None
) -> User:
    """Who is with them from the door on: the one named, else the owner or their deputy, else who presses."""
    candidates = [received_by] if received_by else [answers_for(order, now=now), by]
    for person in candidates:
        if person is not None and place_of(person, order.branch) is not None:
            return person
    raise NotAllowed(_("Somebody of this branch receives the customer: choose who."))


def hold_shoot(order: WorkOrder, *, by: User | None, now: datetime) -> None:
    """The party stands in the door, so the shoot takes place: today, even if another day was agreed."""
    appointment = reshoots.date_to_hold(order, now=now)
    if appointment is None:
        return
    if now < appointment.starts_at:
        minutes = int((appointment.starts_at - now).total_seconds() // 60)
        note(order, "came_early", by=by, now=now, appointment=appointment.pk, minutes=minutes)
    schedule.hold(appointment, by=by, now=now)


# --- The sheet ----------------------------------------------------------------------------------
def sheet_lacks(order: WorkOrder, *, now: datetime) -> list[Missing]:
    """What must be in order before the work-order sheet goes out: package, terms, payment, date (R4.1)."""
    lacks = []
    if not Presence.objects.filter(work_order=order, left_at=None).exists():
        lacks += checks.arrival(order, now) or [
            Missing("arrival", _("Nobody of the party is in the house now."), checks.where(order, "day"))
        ]
    if not order.looks.exists():
        lacks.append(
            Missing("looks", _("The package has no looks: check what was ordered."), checks.where(order))
        )
    return [*lacks, *checks.terms(order, now), *checks.earnest(order, now), *checks.shoot_date(order, now)]


def issue_sheet(order: WorkOrder, *, by: User, now: datetime) -> WorkOrder:
    """Package and payment are checked, the sheet goes along with the customer (R4.1). Once is enough."""
    with transaction.atomic(), acting(by):
        order = stages.lock(order)
        if order.sheet_issued_at is not None:
            return order
        lacks = sheet_lacks(order, now=now)
        if lacks:
            raise Refused(" ".join(str(lack.text) for lack in lacks))
        order.sheet_issued_at, order.sheet_issued_by = now, by
        order.save(update_fields=["sheet_issued_at", "sheet_issued_by"])
        note(order, "sheet_issued", by=by, now=now)
        stages.try_advance(order, by=by, now=now)
        return order
