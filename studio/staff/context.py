"""Who reads the page, and where they may go from here."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from studio.foundation.access import has_role
from studio.staff.models.membership import ALL_ROLES, CONFIGURES, FRONT, MANAGERS, SERVING

PLACES = [
    ("today", lambda: _("Today"), "desk:today", "sun", ALL_ROLES),
    ("house", lambda: _("In the house"), "workflow:house", "house", SERVING),
    ("customers", lambda: _("Customers"), "customers:list", "users", SERVING),
    ("board", lambda: _("Board"), "workflow:board", "kanban", SERVING),
    ("calls", lambda: _("Calls"), "workflow:calls", "phone", FRONT),
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
    """`nav`: the places this role may go to, the current one marked by the view's namespace."""
    if getattr(request, "membership", None) is None:
        return {"nav": []}
    nav = []
    for key, label, route, icon, allowed in PLACES:
        if has_role(request, allowed):
            url = reverse(route)
            current = request.path == url or (url != "/" and request.path.startswith(url))
            nav.append({"key": key, "label": label(), "url": url, "icon": icon, "current": current})
    return {"nav": nav}
