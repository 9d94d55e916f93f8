"""When something undone can be made up for (F2): the free times that a colleague offers on the spot."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from bookings import schedule
from bookings.models import Appointment, AppointmentKind, AppointmentState
from bookings.needs import minutes_for
from bookings.schedule import NotBookable, SlotTaken
from bookings.spans import Slot
from bookings.teams import FreeTimes
from studio.staff.models import User
from workflow.models import WorkOrder
from workflow.refusals import Refused

KINDS = [AppointmentKind.SHOOT, AppointmentKind.FITTING]
"""What something undone can become a date of."""
OFFERED, A_DAY, DAYS = 6, 2, 45
SHORTEST = timedelta(hours=1)


@dataclass(frozen=True)
class Times:
    """What can be chosen on the spot: a date that is agreed already, else free times."""

    kind: AppointmentKind
    there: Appointment | None
    free: list[datetime]


def offered(order: WorkOrder, kind: str, *, now: datetime) -> Times:
    """The date of this kind that the order has already (only one is planned at a time), or the next free
    times, two of a day at most, from tomorrow on."""
    there = planned(order, kind)
    if there is not None:
        return Times(AppointmentKind(kind), there, [])
    times = free_times(order, kind, now=now)
    day, found = order.branch.today(now), list[datetime]()
    for _day in range(DAYS):
        day += timedelta(days=1)
        found += [slot.starts_at for slot in spread(list(times.starts(day)))]
        if len(found) >= OFFERED:
            break
    return Times(AppointmentKind(kind), None, found[:OFFERED])


def planned(order: WorkOrder, kind: str) -> Appointment | None:
    return order.booking.appointments.filter(kind=kind, state=AppointmentState.PLANNED).first()


def spread(slots: list[Slot]) -> list[Slot]:
    """The first and the last of a day: one for the morning, one for the afternoon."""
    return slots if len(slots) <= A_DAY else [slots[0], slots[-1]]


def free_times(order: WorkOrder, kind: str, *, now: datetime) -> FreeTimes:
    version, middle = order.booking.package_version, order.branch.today(now) + timedelta(days=DAYS // 2)
    length = length_of(order, kind)
    return FreeTimes(order.branch, version, kind, middle=middle, now=now, desk=True, length=length)


def length_of(order: WorkOrder, kind: str) -> timedelta:
    """One look takes its share of the shoot, an hour at least; a fitting what it usually takes."""
    whole = timedelta(minutes=minutes_for(order.booking.package_version, kind))
    if kind != AppointmentKind.SHOOT:
        return whole
    share = whole / max(1, order.looks.count())
    half_hours = -(-share // timedelta(minutes=30))
    return max(SHORTEST, half_hours * timedelta(minutes=30))


def agree(order: WorkOrder, kind: str, start: datetime, *, by: User, now: datetime) -> Appointment:
    """The date that was chosen, with whoever is free for it; `Refused` where it was taken meanwhile."""
    there = planned(order, kind)
    if there is not None:
        return there
    slot = free_times(order, kind, now=now).slot(start)
    if slot is None:
        raise Refused(_("This time was taken in the meantime. Choose another."))
    try:
        return schedule.make_appointment(
            branch=order.branch,
            customer=order.booking.customer,
            booking=order.booking,
            kind=kind,
            slot=slot,
            by=by,
            now=now,
        )
    except SlotTaken as taken:
        raise Refused(_("This time was taken in the meantime. Choose another.")) from taken
    except NotBookable as refusal:
        raise Refused(" ".join(refusal.messages)) from refusal
