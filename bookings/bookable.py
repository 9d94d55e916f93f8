"""What is refused before anything is held, and why."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from bookings.availability import Off, closed, off
from bookings.free import EARLIEST, LATEST
from bookings.models import AppointmentKind, Booking, Resource
from bookings.models.resource import THINGS
from bookings.spans import Hold, Slot
from customers.models import Customer
from studio.staff.models import Branch

FURTHEST = timedelta(days=3 * 366)
LONGEST = timedelta(hours=18)
LONGEST_OUT = timedelta(days=60)
"""How long a gown or a vehicle may be away for one appointment."""
BY_NIGHT = {AppointmentKind.SHOOT, AppointmentKind.WEDDING}
"""Kinds that may begin before dawn or reach past midnight: sunrise, night views, a bride's morning."""


class NotBookable(ValidationError):
    """A time or resource that can't be agreed, and why; `field`: "day", "time", "resources", "why" or ""."""

    def __init__(self, message: Any, field: str = "", params: dict[str, Any] | None = None) -> None:
        super().__init__(message, params=params)
        self.field = field


class NotWorking(NotBookable):
    """Somebody is off, or a place is closed, in the wanted time: `off` says who and when. Where `is_hours`,
    only working hours are in the way, and the answer may be that overtime is agreed.

    `free` and `instead` are the other answers, as with `SlotTaken`.
    """

    def __init__(self, away: list[Off], branch: Branch) -> None:
        self.off = away
        self.is_hours = all(one.why == "hours" for one in away)
        self.free: list[Slot] = []
        self.instead: dict[int, list[Resource]] = {}
        with timezone.override(branch.zone):
            self.sentences = [str(one) for one in away]
        told = " ".join(dict.fromkeys(self.sentences))
        super().__init__(told, "time" if away[0].resource is None else "resources")


def check_slot(
    slot: Slot,
    *,
    branch: Branch,
    kind: str,
    now: datetime,
    overtime: bool = False,
    besides: Collection[tuple[Any, ...]] = (),
) -> bool:
    """`NotBookable` for a time that nobody can mean, for a resource that is not this branch's to give, and
    for one that does not work then; answers whether it is overtime, which must have been agreed.

    `besides` are holds (see `key_of`) that stand already: nothing more is asked about them.
    """
    overtime = overtime or slot.overtime
    check_time(slot, branch=branch, kind=kind, now=now)
    for hold in slot.all_holds():
        if hold.resource.branch_id != branch.pk or not hold.resource.is_active:
            raise NotBookable(_("%(name)s can't be booked here."), "resources", {"name": hold.resource})
        check_span(hold, slot)
    away = away_in(slot, branch=branch, kind=kind, besides=besides)
    if any(one.why != "hours" for one in away):
        raise NotWorking([one for one in away if one.why != "hours"], branch)
    if away and not overtime:
        raise NotWorking(away, branch)
    return bool(away)


def check_time(slot: Slot, *, branch: Branch, kind: str, now: datetime) -> None:
    if slot.ends_at <= slot.starts_at:
        raise NotBookable(_("The end lies before the beginning."), "time")
    if slot.starts_at < now.replace(second=0, microsecond=0):
        raise NotBookable(_("This time is over already. Choose one that is still to come."), "day")
    if slot.starts_at > now + FURTHEST:
        raise NotBookable(_("That is more than three years ahead. Check the year."), "day")
    start = timezone.localtime(slot.starts_at, branch.zone)
    end = timezone.localtime(slot.ends_at, branch.zone)
    by_day = start.time() >= EARLIEST and start.date() == end.date() and end.time() <= LATEST
    if kind not in BY_NIGHT and not by_day:
        raise NotBookable(
            _("From %(from)s to %(until)s reaches into the night. Begin after 05:00, end before midnight."),
            "time",
            {"from": f"{start:%H:%M}", "until": f"{end:%H:%M}"},
        )
    if slot.ends_at - slot.starts_at > LONGEST:
        raise NotBookable(_("Eighteen hours at most; make two dates of it."), "time")


def check_span(hold: Hold, slot: Slot) -> None:
    """People and places are held within the appointment; a gown or a vehicle may be out for longer."""
    if hold.ends_at <= hold.starts_at:
        raise NotBookable(_("The end lies before the beginning."), "time")
    if hold.resource.kind in THINGS:
        if hold.ends_at - hold.starts_at > LONGEST_OUT:
            raise NotBookable(
                _("%(name)s would be away for more than two months. Check the days."),
                "resources",
                {"name": hold.resource},
            )
    elif hold.starts_at < slot.starts_at or hold.ends_at > slot.ends_at:
        raise NotBookable(
            _("%(name)s is wanted outside the time of the appointment."), "resources", {"name": hold.resource}
        )


def away_in(slot: Slot, *, branch: Branch, kind: str, besides: Collection[tuple[Any, ...]]) -> list[Off]:
    """Who or what can't be had during its part of the slot.

    The service on the wedding day is outside the house and before dawn: leave counts, hours don't. Where
    nobody is held whose hours count (a consultation, a pickup), those of the branch do.
    """
    holds = [hold for hold in slot.all_holds() if key_of(hold) not in besides]
    if kind != AppointmentKind.WEDDING and not slot.all_holds():
        return [] if besides else closed(branch, slot.starts_at, slot.ends_at)
    if not holds:
        return []
    first, last = min(hold.starts_at for hold in holds), max(hold.ends_at for hold in holds)
    found = off(slot.wanted(), first, last)
    return [one for hold in holds for one in found if stands_against(one, hold, kind)]


def stands_against(away: Off, hold: Hold, kind: str) -> bool:
    counts = kind != AppointmentKind.WEDDING or away.why in {"leave", "closure"}
    same = away.resource == hold.resource
    return counts and same and away.starts_at < hold.ends_at and hold.starts_at < away.ends_at


def key_of(hold: Hold) -> tuple[Any, ...]:
    """What makes two holds the same: who, from when to when, for which look."""
    return hold.resource.pk, hold.starts_at, hold.ends_at, hold.look


def check_booking(booking: Booking, *, customer: Customer, branch: Branch) -> None:
    if booking.customer_id != customer.pk or booking.branch_id != branch.pk:
        raise NotBookable(_("This order belongs to somebody else."))
    if not booking.is_open:
        raise NotBookable(_("This order is not open any more."))
