"""What stands beside a day: its lunar date, its solar term, the holiday that it is."""

from datetime import date
from functools import lru_cache

import holidays
from django import template
from django.utils.translation import get_language

from bookings import almanac

register = template.Library()

LANGUAGES = {"zh-hans": "zh_CN", "zh-hant": "zh_TW", "en": "en_US"}


@register.simple_tag
def day_marks(day: date | None, region: str = "CN") -> str:
    """农历八月廿一 · 国庆节; nothing for no day, or one that the almanac does not know."""
    if day is None or not 1990 <= day.year <= 2100:
        return ""
    marks = [almanac.lunar_date(day), almanac.solar_term(day), holiday(day, region)]
    return " · ".join(mark for mark in marks if mark)


def holiday(day: date, region: str) -> str:
    """The public holiday of this country, in the reader's language where the library knows it."""
    return of_year(region, day.year, LANGUAGES.get(get_language() or "")).get(day, "")


@lru_cache(maxsize=60)
def of_year(region: str, year: int, language: str | None) -> dict[date, str]:
    try:
        return dict(holidays.country_holidays(region, years=year, language=language))
    except NotImplementedError:
        return {}  # a country that the library does not know has no holidays here
