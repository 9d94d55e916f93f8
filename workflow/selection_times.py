"""When they may come to choose their pictures: real free times, offered while they are still here (R5.5)."""

from datetime import date, datetime, time, timedelta

from bookings.free import DAYS_AROUND
from bookings.models import AppointmentKind
from bookings.spans import Slot
from bookings.teams import FreeTimes
from workflow.models import WorkOrder

OFFERED = 6
TIMES_OF_DAY = [time(10), time(14), time(17)]


class SelectionTimes:
    """The free times around the day on which the pictures of this order can be looked at; asked once."""

    def __init__(self, order: WorkOrder, *, now: datetime, day: date | None = None) -> None:
        self.order, self.now, self.branch = order, now, order.branch
        version = order.booking.package_version
        today = self.branch.today(now)
        self.ready_on = today + timedelta(days=max(1, version.selection_after_days))
        last = today + timedelta(days=365)
        self.asked = day if day is not None and today <= day <= last else None
        self.times = FreeTimes(
            self.branch,
            version,
            AppointmentKind.SELECTION,
            middle=self.asked or self.ready_on,
            now=now,
            desk=True,
        )

    def offered(self) -> list[Slot]:
        """Of the day that was asked for every free hour; else from the day on which the pictures are ready a
        few times, two of a day at most, so that the first days do not crowd out the weekend."""
        if self.asked is not None:
            return list(self.times.starts(self.asked))
        found: list[Slot] = []
        for distance in range(DAYS_AROUND - 1):
            day = self.ready_on + timedelta(days=distance)
            found += self.of_day(day, most=2 if distance else 3)
            if len(found) >= OFFERED:
                break
        return found[:OFFERED]

    def of_day(self, day: date, *, most: int) -> list[Slot]:
        """The free times of a day nearest to the morning, the afternoon and the evening."""
        free = list(self.times.starts(day))
        chosen: dict[datetime, Slot] = {}
        for clock in TIMES_OF_DAY:
            wanted = self.branch.at(day, clock)
            near = min(free, key=lambda slot: abs(slot.starts_at - wanted), default=None)
            if near is not None:
                chosen[near.starts_at] = near
        return sorted(chosen.values(), key=lambda slot: slot.starts_at)[:most]

    def slot(self, start: datetime) -> Slot | None:
        """The slot at this time, where it is free; None: somebody else has it by now, or it is over."""
        return self.times.slot(start)


def slot_for(order: WorkOrder, start: datetime, *, now: datetime) -> Slot | None:
    """Asked again when it is agreed."""
    return SelectionTimes(order, now=now, day=order.branch.today(start)).slot(start)
