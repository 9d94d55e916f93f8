"""Where there is still a place: free times for what a package needs, with whoever suits and is free then.

Everything that is known of the branch's resources between two days is asked once; then any number of wishes
can be tried against it.
"""

from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timedelta

from django.utils import timezone

from bookings.free import Calendar, starts_on
from bookings.models import AppointmentKind, PackageVersion, PartOfDay, Resource, ResourceKind
from bookings.needs import Need, holds_from, needs_of, rows_of
from bookings.spans import Hold, Slot, laid_out
from studio.staff.models import Branch

PARTS = {
    PartOfDay.ANY: (time.min, time.max),
    PartOfDay.MORNING: (time.min, time(12)),
    PartOfDay.AFTERNOON: (time(12), time(17)),
    PartOfDay.EVENING: (time(17), time.max),
}
"""When an appointment begins that is wanted in this part of the day."""
HOUR = timedelta(hours=1)


class Places:
    """The branch between two days, with every resource that can be booked there."""

    def __init__(self, branch: Branch, first: date, last: date, *, now: datetime) -> None:
        self.branch, self.now = branch, now
        rows = Resource.objects.bookable(branch, *ResourceKind.values)
        self.resources = list(rows.prefetch_related("skills").order_by("id"))
        self.span = branch.day_bounds(first)[0], branch.day_bounds(last)[1]
        self.calendars: dict[bool, Calendar] = {}

    def calendar(self, kind: str) -> Calendar:
        """On a wedding day hours don't count, leave does: there are two calendars."""
        wedding = kind == AppointmentKind.WEDDING
        if wedding not in self.calendars:
            whole = Slot(*self.span, self.resources)
            self.calendars[wedding] = Calendar(
                whole,
                branch=self.branch,
                kind=AppointmentKind.WEDDING if wedding else AppointmentKind.SHOOT,
            )
        return self.calendars[wedding]

    def free(
        self,
        kind: str,
        minutes: int,
        days: Iterable[date],
        *,
        version: PackageVersion | None = None,
        wanted: Iterable[Resource] = (),
        part: str = PartOfDay.ANY,
        count: int = 3,
        per_day: int = 2,
    ) -> list[Slot]:
        """The first `count` free times on these days, at most `per_day` of each, an hour apart. `wanted` are
        had in person; without any, whoever the package needs."""
        needs, wanted = self.needs(version, kind), list(wanted)
        found: list[Slot] = []
        for day in days:
            of_day: list[Slot] = []
            for start in self.starts(kind, day, timedelta(minutes=minutes), part):
                if any(abs(start - slot.starts_at) < HOUR for slot in of_day):
                    continue
                slot = self.slot(kind, start, minutes, needs=needs, wanted=wanted)
                if slot is not None:
                    of_day.append(slot)
                if len(of_day) == per_day or len(found) + len(of_day) == count:
                    break
            found += of_day
            if len(found) >= count:
                break
        return found

    def starts(self, kind: str, day: date, duration: timedelta, part: str) -> Iterator[datetime]:
        """The starting times of a day within the part of it, the earliest first, none that is over."""
        anywhen = kind == AppointmentKind.WEDDING
        first, last = PARTS[PartOfDay(part)]
        special = self.calendar(kind).special.get(day)
        for start in sorted(
            starts_on(self.branch, day, self.branch.opens_at, duration, anywhen=anywhen, special=special)
        ):
            clock = timezone.localtime(start, self.branch.zone).time()
            if start >= self.now and first <= clock < last:
                yield start

    def needs(self, version: PackageVersion | None, kind: str) -> list[tuple[Need, bool]]:
        """What is needed, and whether a place without it is none. Where the package says nothing, whatever
        the house has of the usual is needed."""
        said = bool(rows_of(version, kind))
        return [
            (need, not need.is_optional if said else any(need.suits(row) for row in self.resources))
            for need in needs_of(version, kind)
        ]

    def slot(
        self,
        kind: str,
        start: datetime,
        minutes: int,
        *,
        needs: list[tuple[Need, bool]],
        wanted: Iterable[Resource] = (),
    ) -> Slot | None:
        """The slot that begins at `start`, with the wanted ones, or one free combination of who is needed."""
        end, calendar = start + timedelta(minutes=minutes), self.calendar(kind)
        wanted = list(wanted)
        if wanted:
            holds = [Hold(row, start, end) for row in wanted]
            return Slot(start, end, (), holds) if self.has_room(calendar, holds) else None
        chosen: dict[str, Resource | None] = {}
        taken: list[Hold] = []
        for need, is_needed in needs:
            found = next(
                (
                    row
                    for row in self.candidates(need, chosen)
                    if self.fits(calendar, need, row, taken, start, end)
                ),
                None,
            )
            if found is None and is_needed:
                return None
            chosen[need.key] = found
            taken += holds_from([need], start, end, {need.key: found})
        return Slot(start, end, (), taken)

    def candidates(self, need: Need, chosen: dict[str, Resource | None]) -> list[Resource]:
        """Who suits, whoever did the part before first."""
        before = chosen.get(need.follows)
        suits = [
            row
            for row in self.resources
            if need.suits(row, {skill.pk for skill in row.skills.all()})
            and (need.resource is None or row == need.resource)
        ]
        return sorted(suits, key=lambda row: row != before)

    def fits(
        self, calendar: Calendar, need: Need, row: Resource, taken: list[Hold], start: datetime, end: datetime
    ) -> bool:
        holds = holds_from([need], start, end, {need.key: row})
        mine = [hold for hold in taken if hold.resource == row]
        overlap = any(a.starts_at < b.ends_at and b.starts_at < a.ends_at for a in mine for b in holds)
        return not overlap and self.has_room(calendar, [*mine, *holds])

    @staticmethod
    def has_room(calendar: Calendar, holds: list[Hold]) -> bool:
        return all(calendar.has_room(span) for span in laid_out(holds))
