"""Small words for the pages of the wardrobe."""

from django import template
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from bookings.gown_dangers import Danger
from bookings.models import Allocation, Resource

register = template.Library()


@register.filter
def of_hold(dangers: dict[int, Danger], hold: Allocation) -> Danger | None:
    return dangers.get(hold.pk)


@register.simple_tag
def gown_cleaning(gown: Resource) -> str:
    """Two days, or 90 min."""
    minutes = gown.buffer_after
    if not minutes:
        return _("at once")
    if minutes % 1440 == 0:
        days = minutes // 1440
        return ngettext("%(days)d day", "%(days)d days", days) % {"days": days}
    return _("%(minutes)d min") % {"minutes": minutes}
