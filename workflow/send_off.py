"""Seen off (R5.5, R9.3): nothing stays behind, the selection is agreed, and the farewell is said."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from bookings import gowns, schedule
from bookings.models import Allocation, AppointmentKind, AppointmentState
from bookings.spans import Slot
from customers.models import Member
from studio.foundation.audit import acting
from studio.staff.models import User
from studio.staff.models.branch import DepartmentKind
from workflow import care, departures, lines, presences, stages
from workflow.departures import Told
from workflow.handoffs import presences_of
from workflow.models import (
    CareKind,
    CareNote,
    Departure,
    HandOff,
    Mood,
    Presence,
    SelectionSheet,
    WorkOrder,
    WorkOrderEvent,
)
from workflow.refusals import NeedsReason, Refused


class NotEmptied(NeedsReason):
    """Something of theirs, or of ours, is not where it belongs."""


def needs_selection_date(order: WorkOrder) -> bool:
    """Whether the selection is still without a date (R5.5)."""
    if SelectionSheet.objects.filter(work_order=order).exists():
        return False
    return not order.booking.appointments.filter(
        kind=AppointmentKind.SELECTION, state__in=[AppointmentState.PLANNED, AppointmentState.HELD]
    ).exists()


def see_off(
    order: WorkOrder,
    *,
    mood: str,
    note: str = "",
    by: User,
    now: datetime,
    members: Iterable[Member] | None = None,
    selection: Slot | None = None,
    no_date_because: str = "",
    emptied: bool = False,
    farewell_said: bool = True,
    told: Told | None = None,
) -> Departure:
    """Walked out of the door, a few steps beyond it, with the farewell that is never left out (R5.5, R9.3).

    All who are here, or some of them (`members`). Refused while one is with another department or on the
    way to it. When the last leave: while a locker of theirs is not `emptied`, and while the selection has no
    date (`selection` agrees it in the same press) and no reason why not. `told` is what an unhappy customer
    said. Raises `bookings.schedule.NotBookable` and `SlotTaken` too; nothing has happened then.
    """
    if mood not in Mood.values:
        raise Refused(_("Say how they left."))
    if not farewell_said:
        raise Refused(_("The farewell is said every time, without exception."))
    told = told or Told()
    with transaction.atomic(), acting(by):
        order = stages.lock(order)
        here = Presence.objects.filter(work_order=order, left_at=None).select_related("member", "department")
        leaving = list(here) if members is None else presences_of(order, members)
        if not leaving:
            raise Refused(_("Nobody of this party is in the house: they have been seen off."))
        check_at_the_door(leaving)
        is_last = len(leaving) == here.count()
        reason = no_date_because.strip()
        if is_last:
            empty_lockers(order, emptied=emptied, by=by, now=now)
            if selection is None and not reason and needs_selection_date(order):
                raise NeedsReason(
                    _("Fix the selection date before they leave, or say why there is none yet.")
                )
        moment = max([now, *(presence.since for presence in leaving)])
        for presence in leaving:
            presences.finish(presence, at=moment)
        if selection is not None:
            agree_selection(order, selection, by=by, now=now)
            reason = ""
        departure = Departure.objects.create(
            work_order=order,
            by=by,
            at=moment,
            mood=mood,
            farewell_said=True,
            note=in_one_line(told.what, note, reason),
        )
        ids = [presence.member_id for presence in leaving]
        WorkOrderEvent.objects.create(
            work_order=order,
            actor=by,
            at=now,
            kind="seen_off",
            parameters={"members": ids, "mood": mood, "departure": departure.pk, "undated": bool(reason)},
        )
        departures.tell(departure, by=by, now=now, told=told)
        stages.try_advance(order, by=by, now=now)
        return departure


def in_one_line(*parts: str) -> str:
    return " · ".join(part.strip() for part in parts if part.strip())[:300]


def agree_selection(order: WorkOrder, slot: Slot, *, by: User, now: datetime) -> None:
    schedule.make_appointment(
        branch=order.branch,
        customer=order.booking.customer,
        booking=order.booking,
        kind=AppointmentKind.SELECTION,
        slot=slot,
        by=by,
        now=now,
    )


# --- What is checked at the door ----------------------------------------------------------------------
def check_at_the_door(leaving: list[Presence]) -> None:
    """Nobody goes home from a makeup chair: who leaves is at the front desk, and on no other way (R5.5)."""
    for presence in leaving:
        if presence.department.kind != DepartmentKind.FRONT_DESK:
            sentence = _("%(name)s is still with %(department)s. The front desk takes them back first.")
            raise Refused(sentence % {"name": presence.member.name, "department": presence.department.name})
    waiting = (
        HandOff.objects.open().filter(member__in=[p.member_id for p in leaving]).select_related("member")
    )
    for row in waiting:
        sentence = _("%(name)s is being handed over. End that first.")
        raise Refused(sentence % {"name": row.member.name})


def empty_lockers(order: WorkOrder, *, emptied: bool, by: User, now: datetime) -> None:
    """Nothing of theirs stays behind (R4.2)."""
    theirs = list(CareNote.objects.filter(work_order=order, kind=CareKind.LOCKER, ended_at=None))
    if theirs and not emptied:
        numbers = lines.listed(sorted(row.what for row in theirs))
        raise NotEmptied(
            ngettext(
                "Locker %(numbers)s is not emptied yet: take their things out with them.",
                "Lockers %(numbers)s are not emptied yet: take their things out with them.",
                len(theirs),
            )
            % {"numbers": numbers}
        )
    for row in theirs:
        care.empty_locker(row, by=by, now=now)


def gowns_worn(order: WorkOrder, *, now: datetime) -> list[Allocation]:
    """The gowns held for what took place today and not gone out with them: they stay here, and are looked
    at before the party goes."""
    today = order.branch.today(now)
    out = set(
        order.booking.appointments.filter(outings__back_at=None, outings__isnull=False).values_list(
            "outings__resource", flat=True
        )
    )
    of_today = [
        row.pk
        for row in order.booking.appointments.all()
        if row.state == AppointmentState.HELD and order.branch.today(row.starts_at) == today
    ]
    rows = gowns.holds_of(Q(appointment__in=of_today)) if of_today else []
    return list({row.resource_id: row for row in rows if row.resource_id not in out}.values())
