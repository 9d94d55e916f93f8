"""How long something took, as one would say it."""

from datetime import timedelta

from django import template
from django.utils.translation import gettext as _

from studio.foundation.templatetags.studio import elapsed_words

register = template.Library()


@register.filter
def duration(length: timedelta | None) -> str:
    """40 s, 12 min, 1 h 5 min; a dash where nothing was measured."""
    if length is None:
        return "–"
    seconds = max(0, int(length.total_seconds()))
    if seconds < 60:
        return _("%(seconds)d s") % {"seconds": seconds}
    return elapsed_words(seconds)
