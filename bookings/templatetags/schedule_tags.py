"""Addresses and marks on the page of the schedule."""

from datetime import date
from typing import Any

from babel.dates import format_date
from django import template

from bookings.schedule_filter import Filter
from studio.foundation.templatetags.studio import active_locale

register = template.Library()


@register.simple_tag
def schedule_address(filter: Filter, day: date, **changes: Any) -> str:
    """The same page on another day: "?view=week&day=2026-05-18"."""
    return filter.address(day=day, **changes)


@register.filter
def weekday(day: date) -> str:
    """周一, 週一, Mon: as narrow as a square of the calendar."""
    return format_date(day, "EEE", locale=active_locale())
