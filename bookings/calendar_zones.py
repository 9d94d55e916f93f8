"""A time zone as calendars write it: each change of the clocks by itself, with the offsets on either side."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from icalendar import Timezone, TimezoneDaylight, TimezoneStandard

DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)


def zone_of(name: str, first: datetime, last: datetime) -> Timezone:
    """The VTIMEZONE for the moments between `first` and `last` (UTC)."""
    zone = ZoneInfo(name)
    component = Timezone()
    component.add("tzid", name)
    component.add_component(observance(first, zone, before=offset(first, zone)))
    for moment in changes(zone, first, last):
        component.add_component(observance(moment, zone, before=offset(moment - SECOND, zone)))
    return component


def observance(moment: datetime, zone: ZoneInfo, *, before: timedelta) -> TimezoneStandard | TimezoneDaylight:
    """From `moment` on the clocks show this. Its start is told by the clocks as they were just before."""
    local = moment.astimezone(zone)
    part = TimezoneDaylight() if local.dst() else TimezoneStandard()
    part.add("dtstart", (moment + before).replace(tzinfo=None))
    part.add("tzoffsetfrom", before)
    part.add("tzoffsetto", offset(moment, zone))
    part.add("tzname", local.tzname())
    return part


def offset(moment: datetime, zone: ZoneInfo) -> timedelta:
    found = moment.astimezone(zone).utcoffset()
    assert found is not None
    return found


def changes(zone: ZoneInfo, first: datetime, last: datetime) -> Iterator[datetime]:
    """Every moment between the two at which the clocks are changed; found by halving the day it is in."""
    moment = first.astimezone(UTC).replace(microsecond=0)
    while moment < last:
        if offset(moment, zone) != offset(moment + DAY, zone):
            low, high = moment, moment + DAY
            while high - low > SECOND:
                middle = low + timedelta(seconds=int((high - low).total_seconds()) // 2)
                if offset(middle, zone) == offset(low, zone):
                    low = middle
                else:
                    high = middle
            yield high
        moment += DAY
