"""Free times of a package with anybody who can do it: one free combination of people, room and things."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from bookings.consultants import Consultants
from bookings.free import DAYS_AROUND, Calendar, starts_on
from bookings.models import AppointmentKind, PackageVersion, Resource, ResourceKind
from bookings.needs import Need, holds_for, minutes_for, needs_of, rows_of
from bookings.spans import Hold, Slot, laid_out
from studio.staff.models import Branch

APART = timedelta(minutes=60)
"""Answers lie an hour apart: a customer looks for a time of the day, not for a minute."""


@dataclass(frozen=True)
class Team:
    """What an appointment needs, and everybody who could do each part of it."""

    needs: tuple[Need, ...]
    able: dict[str, list[Resource]]

    @property
    def is_possible(self) -> bool:
        return all(self.able[need.key] for need in self.needs)


def team_of(branch: Branch, version: PackageVersion | None, kind: str) -> Team:
    """Only what must be there: what a package calls optional is left to the desk. Without rows of its own a
    package needs what is usual, in the studio."""
    needs = needs_of(version, kind)
    if rows_of(version, kind):
        needs = [need for need in needs if not need.is_optional]
    kinds = {kind for need in needs for kind in need.kinds}
    everybody = list(Resource.objects.bookable(branch, *kinds).prefetch_related("skills").order_by("id"))
    return Team(tuple(needs), {need.key: able(need, everybody) for need in needs})


def able(need: Need, everybody: list[Resource]) -> list[Resource]:
    """Who can do it; a place inside before one outside."""
    if need.resource is not None:
        return [one for one in everybody if one == need.resource]
    fit = [one for one in everybody if need.suits(one, [skill.pk for skill in one.skills.all()])]
    inside = [one for one in fit if one.kind != ResourceKind.LOCATION]
    return inside or fit


class FreeTimes:
    """What is free within six weeks before and after `middle`; asked once, however many times are tried.

    Customers by themselves take a consultation only while a consultant is left for it; at the `desk` people
    decide that. `besides` is the id of an appointment that counts as moved away; `length` is how long it
    takes, where that is not what the package says.
    """

    def __init__(
        self,
        branch: Branch,
        version: PackageVersion | None,
        kind: str,
        *,
        middle: date,
        now: datetime,
        desk: bool = False,
        besides: int | None = None,
        length: timedelta | None = None,
    ) -> None:
        self.branch, self.version, self.kind, self.now = branch, version, kind, now
        if version is not None:  # asked once, not for every time that is tried
            fresh = PackageVersion.objects.prefetch_related("needs__skill", "needs__resource")
            self.version = version = fresh.get(pk=version.pk)
        self.team = team_of(branch, version, kind)
        self.length = length or timedelta(minutes=minutes_for(version, kind))
        start = branch.at(middle, time(12))
        everybody = {one.pk: one for able in self.team.able.values() for one in able}.values()
        holds = [Hold(one, start, start + self.length) for one in everybody]
        asked = Slot(start, start + self.length, (), holds)
        self.calendar = Calendar(asked, branch=branch, kind=kind, besides=besides)
        limited = kind == AppointmentKind.CONSULT and not desk
        self.consultants = Consultants(branch, middle, timedelta(DAYS_AROUND + 1)) if limited else None

    def starts(self, day: date) -> Iterator[Slot]:
        """The free slots of a day, the earliest first, an hour apart."""
        if not self.team.is_possible:
            return
        special = self.calendar.special.get(day)
        last: datetime | None = None
        for start in sorted(starts_on(self.branch, day, time(9), self.length, special=special)):
            if start <= self.now or (last is not None and start < last + APART):
                continue
            slot = self.slot(start)
            if slot is not None:
                last = start
                yield slot

    def is_free(self, day: date) -> bool:
        return next(self.starts(day), None) is not None

    def slot(self, start: datetime) -> Slot | None:
        """The slot at this time with somebody free for each need; None where nobody is, or it is over."""
        if start <= self.now:
            return None
        end = start + self.length
        if self.consultants is not None and not self.consultants.has_room(start, end):
            return None
        if not self.team.needs:
            return Slot(start, end) if self.calendar.is_free(start) else None
        chosen = self.seat(start, end, dict[str, Resource](), list(self.team.needs))
        if chosen is None:
            return None
        return Slot(start, end, (), holds_for(self.version, self.kind, start, end, chosen))

    def seat(
        self, start: datetime, end: datetime, chosen: dict[str, Resource], left: list[Need]
    ) -> dict[str, Resource] | None:
        """One after the other, with a step back where somebody later finds nobody."""
        if not left:
            return chosen
        need, rest = left[0], left[1:]
        candidates = self.team.able[need.key]
        if need.follows in chosen:
            # Whoever did it before goes on with it, where they can.
            candidates = sorted(candidates, key=lambda one: one != chosen[need.follows])
        taken = {one.pk for key, one in chosen.items() if self.overlaps(key, need, start, end)}
        for one in candidates:
            if one.pk not in taken and self.has_room(one, need, start, end):
                found = self.seat(start, end, chosen | {need.key: one}, rest)
                if found is not None:
                    return found
        return None

    def overlaps(self, key: str, need: Need, start: datetime, end: datetime) -> bool:
        other = next(one for one in self.team.needs if one.key == key)
        (begins, ends), (mine, until) = other.span(start, end), need.span(start, end)
        return begins < until and mine < ends

    def has_room(self, resource: Resource, need: Need, start: datetime, end: datetime) -> bool:
        begins, ends = need.span(start, end)
        before = max(resource.buffer_before, need.buffer_before)
        after = max(resource.buffer_after, need.buffer_after)
        (span,) = laid_out([Hold(resource, begins, ends, need.look, before, after)])
        return self.calendar.has_room(span)

    def nearest(self, wanted: datetime, *, first: date, last: date, count: int = 3) -> list[Slot]:
        """The free slots nearest to a time, at most two of them on its own day."""
        day = self.branch.today(wanted)
        found: list[Slot] = []
        for distance in range((last - first).days + 1):
            for other in sorted({day + timedelta(distance), day - timedelta(distance)}):
                if first <= other <= last:
                    near = sorted(self.starts(other), key=lambda slot: abs(slot.starts_at - wanted))
                    found += near[: 2 if distance == 0 else 1]
            if len(found) >= count:
                break
        return sorted(found[:count], key=lambda slot: slot.starts_at)


def kind_for(version: PackageVersion | None) -> AppointmentKind:
    """With a package they want its shoot, without one to talk."""
    return AppointmentKind.SHOOT if version else AppointmentKind.CONSULT
