"""Other times for a date that is agreed already: what its customer may choose from, and what they get."""

from collections.abc import Iterator
from datetime import date, datetime, time

from bookings.arrangements import arranged, slot_at
from bookings.free import Calendar, moved, starts_on
from bookings.models import Appointment, AppointmentKind
from bookings.spans import Slot
from bookings.teams import APART, FreeTimes

AFTER_WORK_OF_OURS = {AppointmentKind.SELECTION, AppointmentKind.LAYOUT, AppointmentKind.PICKUP}
"""Before the day that was agreed, what is looked at or taken home may not be ready."""


class OtherTimes:
    """The free times of an appointment's own length, six weeks before and after `middle`; asked once.

    With the people, room and things that it has now where they can, otherwise with anybody who can do it.
    Its own time counts as moved away, and is not offered.
    """

    def __init__(self, appointment: Appointment, *, middle: date, now: datetime) -> None:
        self.appointment, self.now, self.branch = appointment, now, appointment.branch
        length = appointment.ends_at - appointment.starts_at
        version = appointment.booking.package_version if appointment.booking else None
        self.anybody = FreeTimes(
            self.branch,
            version,
            appointment.kind,
            middle=middle,
            now=now,
            besides=appointment.pk,
            length=length,
        )
        start = self.branch.at(middle, time(12))
        self.same = slot_at(appointment, start, start + length)
        self.calendar = Calendar(self.same, branch=self.branch, kind=appointment.kind, besides=appointment.pk)
        self.has_people = bool(arranged(appointment))

    @property
    def is_possible(self) -> bool:
        """The service on the wedding day itself moves with the wedding, not with what is free."""
        return self.appointment.kind != AppointmentKind.WEDDING

    def slot(self, start: datetime) -> Slot | None:
        """The slot at this time; None where it is not free, over, or the one that they have."""
        if not self.is_possible or start <= self.now or start == self.appointment.starts_at:
            return None
        if self.appointment.kind in AFTER_WORK_OF_OURS and start < self.appointment.starts_at:
            return None
        if self.has_people and self.calendar.is_free(start):
            return moved(self.same, start)
        return self.anybody.slot(start) if self.anybody.team.is_possible else None

    def starts(self, day: date) -> Iterator[datetime]:
        """The free times of a day, the earliest first, an hour apart."""
        special = self.calendar.special.get(day) or self.anybody.calendar.special.get(day)
        last: datetime | None = None
        length = self.anybody.length
        for start in sorted(starts_on(self.branch, day, time(9), length, special=special)):
            if (last is None or start >= last + APART) and self.slot(start) is not None:
                last = start
                yield start


def other_slot(appointment: Appointment, start: datetime, *, now: datetime) -> Slot | None:
    """The slot to move the appointment to this time with whom it has, or whoever can; None: not free."""
    middle = appointment.branch.today(start)
    return OtherTimes(appointment, middle=middle, now=now).slot(start)
