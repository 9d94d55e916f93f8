"""The front door's own words: how long somebody waited, the seconds of a telephone (R1.5, R9.6)."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django import template
from django.utils.translation import gettext as _

from studio.foundation.templatetags.studio import elapsed_words

register = template.Library()


@register.filter
def waited(time: timedelta | None) -> str:
    """Seconds below a minute, then as everywhere."""
    if time is None:
        return ""
    seconds = max(0, int(time.total_seconds()))
    return _("%(seconds)d s") % {"seconds": seconds} if seconds < 60 else elapsed_words(seconds)


@register.filter
def entry(table: Mapping[str, Any], key: str) -> Any:
    """What stands under a key that only the template knows; nothing where there is nothing."""
    return table.get(key, "")
