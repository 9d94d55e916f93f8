"""In the house: the time to the second, and what does not fit the record of an order."""

from datetime import datetime
from typing import Any

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from workflow import late_clashes, late_duties

register = template.Library()


@register.simple_tag
def server_now() -> str:
    """The server's time, from which a page counts on."""
    return timezone.now().isoformat()


@register.simple_tag
def seconds_since(moment: datetime | None, now: datetime | None = None) -> SafeString | str:
    """4:05, counted on to the second: for who waits or stands alone."""
    if not moment:
        return ""
    seconds = max(0, int(((now or timezone.now()) - moment).total_seconds()))
    return format_html(
        '<time datetime="{}" data-elapsed="{}" data-seconds>{}</time>',
        moment.isoformat(),
        seconds,
        clock_words(seconds),
    )


def clock_words(seconds: int) -> str:
    """As a clock shows it; `static/js/live.js` counts on in the same way."""
    hours, rest = divmod(seconds, 3600)
    minutes, left = divmod(rest, 60)
    return f"{hours}:{minutes:02d}:{left:02d}" if hours else f"{minutes}:{left:02d}"


@register.filter
def lasted(seconds: float | None) -> str:
    """40 s, 12 min, 1 h 5 min; a dash where nothing was measured."""
    if seconds is None:
        return "–"
    whole = max(0, int(seconds))
    if whole < 60:
        return _("%(seconds)d s") % {"seconds": whole}
    minutes = whole // 60
    if minutes < 60:
        return _("%(minutes)d min") % {"minutes": minutes}
    return _("%(hours)d h %(minutes)d min") % {"hours": minutes // 60, "minutes": minutes % 60}


@register.inclusion_tag("workflow/_late_of_order.html")
def late_of_order(order: Any) -> dict[str, Any]:
    """What was pressed without network about this order and does not fit; one question."""
    return {"rows": [late_duties.row(record) for record in late_clashes.of_order(order)]}
