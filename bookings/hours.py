"""The weekly working hours of a resource."""

from collections.abc import Iterable
from datetime import time
from itertools import pairwise

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from bookings.allocation import lock
from bookings.bookable import NotBookable
from bookings.models import Resource
from studio.foundation.audit import acting
from studio.staff.models import User

Week = list[tuple[int, time, time]]
"""Spans as (weekday, from, until), in order; none at all: the opening hours of the branch."""


def week_of(resource: Resource) -> Week:
    rows = resource.working_hours.order_by("weekday", "starts_at")
    return list(rows.values_list("weekday", "starts_at", "ends_at"))


def set_week(resource: Resource, week: Iterable[tuple[int, time, time]], *, by: User | None) -> Week:
    """Put these hours in the place of the old ones; dates that stand stay where they are. `NotBookable` where
    a span ends before it begins or reaches into the next one. A repeat does nothing."""
    wanted = sorted(week)
    for weekday, start, end in wanted:
        if end <= start:
            raise NotBookable(_("The end lies before the beginning."), f"until_{weekday}")
    for (weekday, _start, end), (next_day, start, _end) in pairwise(wanted):
        if weekday == next_day and start < end:
            raise NotBookable(_("The second part begins before the first has ended."), f"from_{weekday}")
    with transaction.atomic(), acting(by):
        (row,) = lock([resource])
        if week_of(row) != wanted:
            row.working_hours.all().delete()
            for weekday, start, end in wanted:
                row.working_hours.create(weekday=weekday, starts_at=start, ends_at=end)
        return wanted
