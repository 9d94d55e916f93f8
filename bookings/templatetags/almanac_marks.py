"""What stands beside a day: its lunar date, its solar term, the holiday that it is."""

from datetime import date

from django import template

from bookings import almanac

register = template.Library()


@register.simple_tag
def day_marks(day: date | None, region: str = "CN") -> str:
    """农历八月廿一 · 国庆节; nothing for no day, or one that the almanac does not know."""
    if day is None or not 1990 <= day.year <= 2100:
        return ""
    marks = [almanac.lunar_date(day), almanac.solar_term(day), almanac.holiday(day, region)]
    return " · ".join(mark for mark in marks if mark)
