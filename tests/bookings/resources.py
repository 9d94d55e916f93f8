"""Resources of the shop and spans of a day, for the tests of holds and hours."""

from datetime import datetime, time, timedelta
from types import SimpleNamespace
from typing import Any

from bookings.models import Resource, WorkingHours
from bookings.spans import Hold, Slot


def make(shop: SimpleNamespace, kind: str, name: str, **fields: Any) -> Resource:
    names = {"name_en": name, "name_zh_hans": name, "name_zh_hant": name}
    return Resource.objects.create(branch=shop.branch, kind=kind, **names | fields)


def works(resource: Resource, week: dict[int, list[tuple[str, str]]]) -> None:
    """`works(li, {0: [("09:00", "12:00"), ("13:00", "18:00")]})`: Mondays with a break."""
    for weekday, spans in week.items():
        for start, end in spans:
            WorkingHours.objects.create(
                resource=resource,
                weekday=weekday,
                starts_at=time.fromisoformat(start),
                ends_at=time.fromisoformat(end),
            )


class Day:
    """A day of the branch, by the clock: `day.at("10:30")`, `day.slot("9:00", "12:45", holds=[…])`."""

    def __init__(self, shop: SimpleNamespace, now: datetime, days: int = 3) -> None:
        self.branch = shop.branch
        self.day = shop.branch.today(now) + timedelta(days=days)

    def at(self, clock: str) -> datetime:
        hour, minute = clock.split(":")
        return self.branch.at(self.day + timedelta(days=int(hour) // 24), time(int(hour) % 24, int(minute)))

    def hold(self, resource: Resource, start: str, end: str, **fields: Any) -> Hold:
        return Hold(resource, self.at(start), self.at(end), **fields)

    def slot(self, start: str, end: str, resources: Any = (), holds: Any = (), **fields: Any) -> Slot:
        return Slot(self.at(start), self.at(end), list(resources), list(holds), **fields)
