"""Who reads the page, and where they may go from here."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from studio.foundation.access import has_role
from studio.staff.models import Membership
from studio.staff.models.membership import (
    ALL_ROLES,
    CONFIGURES,
    DEPARTMENTS,
    FRONT,
    MANAGERS,
    SERVING,
    TAKES_MONEY,
)

PLACES = [
    ("today", lambda: pgettext("place", "Today"), "desk:today", "sun", ALL_ROLES),
    ("tablet", lambda: _("Department"), "workflow:tablet", "tablet", DEPARTMENTS),
    ("house", lambda: _("In the house"), "workflow:house", "house", SERVING),
    ("customers", lambda: _("Customers"), "customers:list", "users", SERVING),
    ("board", lambda: _("Board"), "workflow:board", "kanban", SERVING),
    ("schedule", lambda: _("Schedule"), "bookings:schedule", "calendar-days", SERVING),
    ("visits", lambda: _("Visitor log"), "workflow:visits", "notebook-pen", FRONT),
    ("calls", lambda: _("Calls"), "workflow:calls", "phone", FRONT),
    ("till", lambda: _("Till"), "bookings:till", "wallet", TAKES_MONEY),
    ("voices", lambda: _("Voices"), "complaints:list", "message-circle-heart", MANAGERS),
    ("dashboards", lambda: _("Dashboards"), "dashboards:pulse", "activity", MANAGERS),
    (
        "settings",
        lambda: _("Settings"),
        "admin:index",
        "settings",
        CONFIGURES,
    ),
]


def who(request: HttpRequest) -> dict[str, Any]:
    """`nav`: the places this role may go to, the current one marked; `branches`: where one may work."""
    if getattr(request, "membership", None) is None:
        return {"nav": [], "branches": []}
    nav = []
    for key, label, route, icon, allowed in PLACES:
        if has_role(request, allowed):
            url = reverse(route)
            current = request.path == url or (url != "/" and request.path.startswith(url))
            nav.append({"key": key, "label": label(), "url": url, "icon": icon, "current": current})
    own = Membership.objects.active().filter(user_id=request.user.pk or 0).select_related("branch")
    return {"nav": nav, "branches": SimpleLazyObject(lambda: [place.branch for place in own])}
