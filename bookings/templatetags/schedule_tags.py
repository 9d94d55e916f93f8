"""Addresses and marks on the page of the schedule."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from babel.dates import format_date
from django import template

from bookings.models import Allocation, Resource, ResourceKind
from bookings.schedule_filter import Filter
from studio.foundation.templatetags.studio import active_locale

register = template.Library()


@register.simple_tag
def schedule_address(filter: Filter, day: date, **changes: Any) -> str:
    """The same page on another day: "?view=week&day=2026-05-18"."""
    return filter.address(day=day, **changes)


@register.filter
def by_resource(held: Iterable[Allocation]) -> list[tuple[Resource, list[Allocation]]]:
    """Everybody and everything held, each named once, with its parts of the time in their order."""
    parts: dict[int, list[Allocation]] = {}
    for one in held:
        parts.setdefault(one.resource_id, []).append(one)
    return [(rows[0].resource, sorted(rows, key=lambda row: row.used.lower)) for rows in parts.values()]


@register.filter
def outside(held: Iterable[Allocation]) -> bool:
    """Whether a place outside the house is among what is held: there the weather has a say."""
    return any(one.resource.kind == ResourceKind.LOCATION for one in held)


@register.filter
def weekday(day: date) -> str:
    """周一, 週一, Mon: as narrow as a square of the calendar."""
    return format_date(day, "EEE", locale=active_locale())
