"""What stands on paper: whole dates, for there is no "today" on a sheet that is read next year."""

from datetime import date, datetime

from babel.dates import format_date
from django import template

from studio.foundation.templatetags.studio import active_locale, local

register = template.Library()


@register.filter
def long_date(day: date | datetime | None) -> str:
    """2026年11月22日星期日; in English Sunday, 22 November 2026."""
    if not day:
        return ""
    whole = local(day).date() if isinstance(day, datetime) else day
    return format_date(whole, "full", locale=active_locale())
