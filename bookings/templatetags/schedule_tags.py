"""Addresses and marks on the page of the schedule."""

from datetime import date
from typing import Any

from django import template

from bookings.schedule_filter import Filter

register = template.Library()


@register.simple_tag
def schedule_address(filter: Filter, day: date, **changes: Any) -> str:
    """The same page on another day: "?view=week&day=2026-05-18"."""
    return filter.address(day=day, **changes)
