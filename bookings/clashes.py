"""Dates that stood before somebody's leave was granted, before hours were changed, or before the branch
decided to close: somebody who is booked is off by now, and the date must be moved, another found, or overtime
agreed (R8.1, R9.7)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from bookings.availability import Facts, Off
from bookings.bookable import stands_against
from bookings.models import Allocation, Appointment, AppointmentKind, BookingEvent
from bookings.spans import Hold
from studio.staff.models import Branch, User

FURTHEST = timedelta(days=400)


@dataclass(frozen=True)
class Clash:
    """A planned date, and who or what of it can't be had."""

    appointment: Appointment
    off: list[Off]

    @property
    def is_hours(self) -> bool:
        """Whether overtime would be an answer."""
        return all(one.why == "hours" for one in self.off)


def clashes(branch: Branch, *, now: datetime, owners: Iterable[User] | None = None) -> list[Clash]:
    """The coming dates of a branch (of the customers of `owners`) for which somebody is off by now, the
    nearest first; the number of questions does not depend on how many there are."""
    rows = Appointment.objects.planned().in_branch(branch).filter(ends_at__gt=now)
    rows = rows.filter(starts_at__lt=now + FURTHEST).with_resources()
    if owners is not None:
        rows = rows.filter(customer__owner__in=list(owners))
    related = "customer__owner", "booking__work_order", "booking__customer", "branch"
    found = among(list(rows.select_related(*related).order_by("starts_at", "pk")), branch)
    agreed = with_overtime([clash.appointment for clash in found if clash.is_hours])
    return [clash for clash in found if not (clash.is_hours and clash.appointment.pk in agreed)]


def among(appointments: list[Appointment], branch: Branch) -> list[Clash]:
    """Those of these dates for which somebody can't be had, whatever was agreed."""
    if not appointments:
        return []
    spans = [(row.starts_at, row.ends_at) for row in appointments]
    spans += [(held.used.lower, held.used.upper) for row in appointments for held in row.held]
    facts = Facts(
        list({held.resource_id: held.resource for row in appointments for held in row.held}.values()),
        min(start for start, _end in spans),
        max(end for _start, end in spans),
        branches=[branch],
    )
    away = ((row, off_during(row, branch, facts)) for row in appointments)
    return [Clash(row, off) for row, off in away if off]


def off_during(row: Appointment, branch: Branch, facts: Facts) -> list[Off]:
    """Who or what of a date is off by now. Where nobody is held (a consultation, a pickup), the branch is;
    what is kept free over a booking is a gown that is being mended, and said with the gowns."""
    if not row.held:
        if row.kind == AppointmentKind.WEDDING:
            return []
        return facts.between(row.starts_at, row.ends_at).closed(branch)
    found = []
    for held in row.held:
        for away in facts.between(held.used.lower, held.used.upper).off(held.resource):
            if away.why != "closure" and stands_against(away, hold_of(held), row.kind) and away not in found:
                found.append(away)
    return found


def hold_of(held: Allocation) -> Hold:
    return Hold(held.resource, held.used.lower, held.used.upper)


# --- Overtime ---------------------------------------------------------------------------------------
def with_overtime(appointments: Iterable[Appointment]) -> set[int]:
    """The ids of those for whose time overtime was agreed, with the time or afterwards."""
    events = BookingEvent.objects.filter(
        appointment__in=list(appointments), kind__in=["dated", "moved", "overtime"]
    ).order_by("-pk")
    agreed, over = set(), set()
    for event in events:
        pk, told = event.appointment_id, event.parameters
        assert pk is not None
        if pk in over:
            continue
        if event.kind == "overtime" or told.get("overtime"):
            agreed.add(pk)
        if event.kind == "moved" and not is_same_time(event):
            over.add(pk)
    return agreed


def is_same_time(event: BookingEvent) -> bool:
    """Only people were exchanged: what was agreed about the hours stands."""
    told = event.parameters
    return (told.get("before"), told.get("before_until")) == (told["from"], told["until"])
