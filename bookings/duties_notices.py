"""What the schedule puts on everybody's day: changed dates that one has not seen yet."""

from django.utils.translation import gettext_lazy as _

from bookings import notices
from studio.staff.duties import Duty
from studio.staff.models.membership import SERVING

CHANGED_DATES = Duty(
    title=_("Changed dates"),
    template="bookings/_notices.html",
    roles=frozenset(SERVING),
    items=notices.unseen,
    icon="calendar-sync",
    order=12,
)
