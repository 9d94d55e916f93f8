"""When resources do not work: hours and breaks, days off, leave, closures, special days of the branch.

A colleague or room without working hours of its own follows the opening hours of the branch; a location, a
vehicle or a gown without any is always there.
"""

from collections.abc import Iterable, Iterator
from copy import copy
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from django.utils import timezone
from django.utils.translation import gettext as _

from bookings.models import Closure, Resource, ResourceKind, WorkingHours
from bookings.models.resource import PEOPLE
from bookings.spans import count_in_utc
from studio.foundation.templatetags.studio import local_date, local_moment, local_time
from studio.staff.models import Branch, LeaveDay, SpecialDay

Why = Literal["leave", "hours", "closure", "special_day"]
FOLLOWS_THE_HOUSE = PEOPLE | {ResourceKind.FLOOR, ResourceKind.SELECTION_ROOM}
"""Kinds that work when the branch is open, where nothing else is said."""
Spans = list[tuple[datetime, datetime]]


@dataclass(frozen=True)
class Off:
    """A time in which `resource` (None: the branch itself) can't be had. `why`: "leave"; "hours", outside the
    working hours or in a break, where overtime is an answer; "closure"; "special_day", the branch is closed.
    `note` is the name of the special day, or why it is kept free."""

    resource: Resource | None
    starts_at: datetime
    ends_at: datetime
    why: Why
    note: str = ""

    def __post_init__(self) -> None:
        count_in_utc(self)

    def __str__(self) -> str:
        words = {
            "resource": self.resource,
            "day": local_date(self.starts_at),
            "from": local_moment(self.starts_at),
            "until": until(self.starts_at, self.ends_at),
            "note": self.note,
        }
        if self.why == "leave":
            return _("%(resource)s is off on %(day)s.") % words
        if self.why == "closure":
            return _("%(resource)s is kept free %(from)s–%(until)s: %(note)s.") % words
        if self.why == "special_day":
            return _("The branch is closed on %(day)s: %(note)s.") % words
        if self.resource is None:
            return _("The branch is not open %(from)s–%(until)s.") % words
        return _("%(resource)s does not work %(from)s–%(until)s.") % words


def until(start: datetime, end: datetime) -> str:
    """The end, with its day only where that is another one."""
    same = timezone.localtime(start).date() == timezone.localtime(end).date()
    return local_time(end) if same else local_moment(end)


def off(resources: Iterable[Resource], start: datetime, end: datetime) -> list[Off]:
    """Every time between `start` and `end` in which one of these can't be had, by resource and time; the
    number of questions does not depend on how many there are."""
    rows = list(resources)
    facts = Facts(rows, start, end)
    return [away for row in rows for away in facts.off(row)]


def closed(branch: Branch, start: datetime, end: datetime) -> list[Off]:
    """When the branch itself is not open between `start` and `end`."""
    return Facts([], start, end, branches=[branch]).closed(branch)


def opening(branch: Branch, day: date, special: SpecialDay | None) -> Spans:
    """When the branch is open on a day: as usual, or as the special day says."""
    if special is not None and not special.is_open:
        return []
    opens, closes = branch.opens_at, branch.closes_at
    if special is not None and special.opens_at and special.closes_at:
        opens, closes = special.opens_at, special.closes_at
    late = day if closes > opens else day + timedelta(days=1)
    return [(branch.at(day, opens), branch.at(late, closes))]


class Facts:
    """What is known of some resources between two moments, asked once."""

    def __init__(
        self, resources: list[Resource], start: datetime, end: datetime, branches: Iterable[Branch] = ()
    ) -> None:
        self.start, self.end = start, end
        self.branches = {branch.pk: branch for branch in branches}
        missing = {row.branch_id for row in resources} - self.branches.keys()
        self.branches |= Branch.objects.in_bulk(missing) if missing else {}
        first, last = start - timedelta(days=2), end + timedelta(days=2)
        self.special = {
            (row.branch_id, row.day): row
            for row in SpecialDay.objects.filter(
                branch__in=list(self.branches), day__range=(first.date(), last.date())
            )
        }
        self.hours: dict[int, list[WorkingHours]] = {}
        self.leave: set[tuple[int | None, date]] = set()
        self.closures: dict[int, list[Closure]] = {}
        if not resources:
            return
        for hours in WorkingHours.objects.filter(resource__in=resources).order_by("weekday", "starts_at"):
            self.hours.setdefault(hours.resource_id, []).append(hours)
        people = {row.user_id for row in resources if row.user_id}
        days = LeaveDay.objects.filter(
            user__in=people, is_granted=True, day__range=(first.date(), last.date())
        )
        self.leave = set(days.values_list("user_id", "day"))
        standing = Closure.objects.filter(
            resource__in=resources, lifted_at=None, starts_at__lt=end, ends_at__gt=start
        )
        for closure in standing:
            self.closures.setdefault(closure.resource_id, []).append(closure)

    def between(self, start: datetime, end: datetime) -> "Facts":
        """The same facts for a part of the time; nothing is asked again."""
        part = copy(self)
        part.start, part.end = start, end
        return part

    def off(self, resource: Resource) -> list[Off]:
        branch = self.branches[resource.branch_id]
        found = [
            Off(resource, row.starts_at, row.ends_at, "closure", row.why)
            for row in self.closures.get(resource.pk, [])
        ]
        follows = resource.kind in FOLLOWS_THE_HOUSE or resource.pk in self.hours
        at_work: Spans = []
        for day in self.days(branch):
            special = self.special.get((branch.pk, day))
            if (resource.user_id, day) in self.leave:
                found.append(Off(resource, *branch.day_bounds(day), "leave"))
                at_work.append(branch.day_bounds(day))  # said already; the hours of the day say no more
            elif special and not special.is_open and resource.kind in FOLLOWS_THE_HOUSE:
                found.append(Off(resource, *branch.day_bounds(day), "special_day", str(special)))
                at_work.append(branch.day_bounds(day))
            elif follows:
                at_work += self.working(resource, branch, day, special)
        if follows:
            found += [Off(resource, start, end, "hours") for start, end in self.gaps(at_work)]
        return self.within(found)

    def closed(self, branch: Branch) -> list[Off]:
        found: list[Off] = []
        at_work: Spans = []
        for day in self.days(branch):
            special = self.special.get((branch.pk, day))
            if special and not special.is_open:
                found.append(Off(None, *branch.day_bounds(day), "special_day", str(special)))
                at_work.append(branch.day_bounds(day))
            else:
                at_work += opening(branch, day, special)
        found += [Off(None, start, end, "hours") for start, end in self.gaps(at_work)]
        return self.within(found)

    def working(self, resource: Resource, branch: Branch, day: date, special: SpecialDay | None) -> Spans:
        """The spans of a day in which the resource works, where it has no leave."""
        rows = self.hours.get(resource.pk)
        open_then = opening(branch, day, special)
        if rows is None:
            return open_then
        own = [
            (branch.at(day, row.starts_at), branch.at(day, row.ends_at))
            for row in rows
            if row.weekday == day.weekday()
        ]
        if special is None or special.opens_at is None or resource.kind not in FOLLOWS_THE_HOUSE:
            return own
        ((opens, closes),) = open_then
        return [(max(a, opens), min(b, closes)) for a, b in own if max(a, opens) < min(b, closes)]

    def days(self, branch: Branch) -> Iterator[date]:
        """The days of the branch that have a part in it, and the one before: its night may reach into it."""
        day = timezone.localtime(self.start, branch.zone).date() - timedelta(days=1)
        last = timezone.localtime(self.end, branch.zone).date()
        while day <= last:
            yield day
            day += timedelta(days=1)

    def gaps(self, spans: Spans) -> Spans:
        """The time between `start` and `end` that none of these spans covers."""
        found, moment = [], self.start
        for start, end in sorted(spans):
            if start > moment:
                found.append((moment, min(start, self.end)))
            moment = max(moment, end)
            if moment >= self.end:
                return found
        return [*found, (moment, self.end)]

    def within(self, found: list[Off]) -> list[Off]:
        inside = [away for away in found if away.starts_at < self.end and self.start < away.ends_at]
        return sorted(inside, key=lambda away: (away.starts_at, away.ends_at))
