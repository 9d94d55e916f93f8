"""What went out, what did not, and what is late: for managers (R12.1)."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from studio.foundation import answers
from studio.foundation.access import roles
from studio.foundation.request import StudioRequest
from studio.outbox.models import Message, State
from studio.outbox.purposes import purposes
from studio.staff.models.membership import MANAGERS
from workflow import late_messages

KINDS = {
    State.QUEUED: "idle",
    State.LEASED: "info",
    State.SENT: "ok",
    State.DELIVERED: "ok",
    State.FAILED: "bad",
    State.UNKNOWN: "warn",
    State.CANCELLED: "idle",
    State.EXPIRED: "bad",
}
TABS = [("", _("To look at")), ("open", _("Waiting")), ("all", _("All"))]
PER_PAGE = 50


@roles(MANAGERS)
@require_GET
def message_index(request: StudioRequest) -> HttpResponse:
    """Failed, unclear and late ones first; the whole list behind a tab."""
    now = timezone.now()
    chosen = request.GET.get("show", "")
    rows = late_messages.to_look_at(request.branch, now)
    if chosen == "open":
        rows = Message.objects.filter(branch=request.branch).open().order_by("due_at", "id")
    elif chosen == "all":
        rows = Message.objects.filter(branch=request.branch)
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    context = {"page_obj": page, "lines": lines_of(page.object_list, now), "tabs": TABS, "chosen": chosen}
    return answers.page(request, "workflow/messages.html", context)


def lines_of(messages: Iterable[Message], now: datetime) -> list[dict[str, Any]]:
    """Each message with whom and what it is for, and how its state looks."""
    messages = list(messages)
    customers = late_messages.customers_of(messages)
    return [
        {
            "message": message,
            "customer": customers.get(message.pk),
            "title": purposes[message.purpose].title if message.purpose in purposes else message.purpose,
            "tone": KINDS[State(message.state)],
            "is_late": late_messages.is_late(message, now),
        }
        for message in messages
    ]
