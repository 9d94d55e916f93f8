"""What the pages of the resources show: today's hours of all, and the coming weeks of one."""

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from bookings.availability import FOLLOWS_THE_HOUSE, Off, off
from bookings.models import Allocation, Resource, ResourceKind
from studio.staff.models import Branch

WEEKS = 3


@dataclass
class Standing:
    """One resource on one day: when it works, why not, and whom it is held for."""

    resource: Resource
    day: date
    at_work: list[tuple[datetime, datetime]]
    off: list[Off]
    held: list[Allocation] = field(default_factory=list)
    is_past: bool = False

    @property
    def is_always(self) -> bool:
        """A location or a gown without hours of its own: there is nothing to say."""
        if self.off or self.resource.kind in FOLLOWS_THE_HOUSE:
            return False
        return not self.resource.working_hours.all()

    @property
    def facts(self) -> list[str]:
        """Number, size, style, how many at once, and the time kept free around each use."""
        row = self.resource
        told = [row.code, row.size, row.style]
        if row.units > 1:
            told.append(_("%(number)s customers at once") % {"number": row.units})
        if row.buffer_before:
            told.append(_("kept free before: %(time)s") % {"time": lasting(row.buffer_before)})
        if row.buffer_after:
            told.append(_("kept free after: %(time)s") % {"time": lasting(row.buffer_after)})
        return [fact for fact in told if fact]

    @property
    def reason(self) -> Off | None:
        """Why it can't be had, where there is more to say than that the day is over."""
        return next((away for away in self.off if away.why != "hours"), None)


def lasting(minutes: int) -> str:
    """Whole days where it is whole days, for cleaning takes two of them."""
    if minutes % 1440:
        return ngettext("%(number)s minute", "%(number)s minutes", minutes) % {"number": minutes}
    days = minutes // 1440
    return ngettext("%(number)s day", "%(number)s days", days) % {"number": days}


def groups(branch: Branch, *, now: datetime) -> list[tuple[str, list[Standing]]]:
    """The branch's resources by kind, each with how it stands today."""
    rows = Resource.objects.bookable(branch, *ResourceKind.values).prefetch_related("skills", "working_hours")
    resources = list(rows.select_related("user", "branch").order_by("id"))
    today = branch.today(now)
    standing = {one.resource.pk: one for one in on_days(branch, resources, [today])}
    return [
        (str(kind.label), [standing[row.pk] for row in resources if row.kind == kind])
        for kind in ResourceKind
        if any(row.kind == kind for row in resources)
    ]


def weeks(resource: Resource, *, now: datetime) -> list[Standing]:
    """This week and the next two, day by day, from Monday on."""
    branch = resource.branch
    today = branch.today(now)
    monday = today - timedelta(days=today.weekday())
    days = [monday + timedelta(days=number) for number in range(7 * WEEKS)]
    found = on_days(branch, [resource], days)
    start, end = branch.day_bounds(days[0])[0], branch.day_bounds(days[-1])[1]
    held = list(
        resource.allocations.active()
        .filter(used__overlap=(start, end), closure=None)
        .select_related("appointment__customer", "appointment__booking__work_order")
        .order_by("used")
    )
    for one in found:
        first, last = branch.day_bounds(one.day)
        one.held = [row for row in held if row.used.lower < last and first < row.used.upper]
        one.is_past = one.day < today
    return found


def on_days(branch: Branch, resources: list[Resource], days: list[date]) -> list[Standing]:
    """How each stands on each of these days, which follow each other; always as many questions."""
    start, end = branch.day_bounds(days[0])[0], branch.day_bounds(days[-1])[1]
    away: dict[int, list[Off]] = {}
    for one in off(resources, start, end):
        if one.resource is not None:
            away.setdefault(one.resource.pk, []).append(one)
    found = []
    for resource in resources:
        for day in days:
            first, last = branch.day_bounds(day)
            mine = [o for o in away.get(resource.pk, []) if o.starts_at < last and first < o.ends_at]
            found.append(Standing(resource, day, free_of(mine, first, last), mine))
    return found


def free_of(away: list[Off], start: datetime, end: datetime) -> list[tuple[datetime, datetime]]:
    """What is left of a day."""
    left, moment = [], start
    for one in sorted(away, key=lambda o: o.starts_at):
        if one.starts_at > moment:
            left.append((moment, min(one.starts_at, end)))
        moment = max(moment, one.ends_at)
    return [*left, (moment, end)] if moment < end else left


def proposed_closure(branch: Branch, now: datetime) -> dict[str, Any]:
    local = timezone.localtime(now, branch.zone)
    return {"from_day": local.date(), "until_day": local.date(), "from_time": time(local.hour, local.minute)}
