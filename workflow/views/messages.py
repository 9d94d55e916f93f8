"""What went out, what did not, and what is late; and how the machinery does: for managers (R12.1)."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.core.paginator import Paginator
from django.db.models import Prefetch
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from customers.grounds import in_words
from studio.foundation.access import roles
from studio.foundation.request import StudioRequest
from studio.outbox.endings import TOLD
from studio.outbox.models import Attempt, AttemptOutcome, GatewayHealth, Message, State
from studio.outbox.purposes import purposes
from studio.staff.models.membership import MANAGERS
from workflow import late_messages
from workflow.message_filters import ALL, TO_LOOK_AT, WAITING, Filter
from workflow.message_machinery import Machinery, machinery
from workflow.message_troubles import OUTCOMES, why
from workflow.models import CallKind, CallTask
from workflow.views.message_forms import FilterForm

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
TABS = [(TO_LOOK_AT, _("To look at")), (WAITING, _("Waiting")), (ALL, _("All"))]
PER_PAGE = 50
MOST_OTHERS = 12


@roles(MANAGERS)
@require_safe
def message_index(request: StudioRequest) -> HttpResponse:
    """Failed, unclear and late ones first; the whole list behind a tab, narrowed down by the address."""
    return render(request, "workflow/messages.html", index_context(request, timezone.now()))


def index_context(request: StudioRequest, now: datetime) -> dict[str, Any]:
    chosen = Filter.of(request.GET)
    page = Paginator(chosen.rows(request.branch, now), PER_PAGE).get_page(request.GET.get("page"))
    state = machinery(request.branch, now)
    lines = lines_of(page.object_list, now, state)
    return {
        "page_obj": page,
        "lines": lines,
        "choosable": any(line["repeatable"] or line["callable"] for line in lines),
        "tabs": TABS,
        "chosen": chosen,
        "form": FilterForm(chosen),
        "machinery": state,
        "counts": late_messages.counts(request.branch, now),
        "now": now,
    }


def lines_of(
    messages: Iterable[Message], now: datetime, state: Machinery | None = None
) -> list[dict[str, Any]]:
    """Each message with whom and what it is for, how its state looks, and why it is so."""
    messages = list(messages)
    customers = late_messages.customers_of(messages)
    health: dict[str, GatewayHealth | None] = state.health_by_channel() if state else {}
    return [
        {
            "message": message,
            "customer": customers.get(message.pk),
            "title": title_of(message),
            "tone": KINDS[State(message.state)],
            "is_late": late_messages.is_late(message, now),
            "why": why(message, now, health.get(message.channel)),
            "repeatable": message.state in TOLD and now < message.deadline,
            "callable": message.purpose in late_messages.ABOUT_APPOINTMENTS
            and message.state in (*TOLD, State.QUEUED),
        }
        for message in messages
    ]


def title_of(message: Message) -> Any:
    return purposes[message.purpose].title if message.purpose in purposes else message.purpose


@roles(MANAGERS)
@require_safe
def message_page(request: StudioRequest, pk: int) -> HttpResponse:
    """One message: its words, its way, every try, and what was reported of it."""
    return render(request, "workflow/message.html", page_context(message_of(request, pk), timezone.now()))


def message_of(request: StudioRequest, pk: int) -> Message:
    rows = Message.objects.filter(branch=request.branch).select_related("gateway", "by", "branch", "repeats")
    tries = Prefetch("attempts", Attempt.objects.select_related("gateway").order_by("number"))
    return get_object_or_404(rows.prefetch_related(tries, "receipts", "repeated_by__by"), pk=pk)


def page_context(message: Message, now: datetime, refused: Any = None) -> dict[str, Any]:
    line = lines_of([message], now, machinery(message.branch, now))[0]
    tries = [(attempt, *outcome_words(attempt)) for attempt in message.attempts.all()]
    return line | {
        "line": line,
        "tries": tries,
        "ground": in_words([message.basis])[message.basis],
        "calls": calls_about(message),
        "others": others_about(message) if message.purpose in late_messages.ABOUT_APPOINTMENTS else [],
        "may_have_arrived": message.state == State.UNKNOWN,
        "refused": refused,
        "now": now,
    }


def outcome_words(attempt: Attempt) -> tuple[str, str]:
    tone, words = OUTCOMES[AttemptOutcome(attempt.outcome)]
    return tone, words()


def others_about(message: Message) -> list[Message]:
    """What else was written about the same date or thing: by another way, or by another rule."""
    about = Message.objects.of(message.purpose, message.subject_id).filter(
        branch=message.branch, subject_version=message.subject_version
    )
    others = about.exclude(pk=message.pk).exclude(repeats=message)
    return list(others.exclude(pk=message.repeats_id or 0).order_by("pk")[:MOST_OTHERS])


def calls_about(message: Message) -> list[CallTask]:
    """The calls that came up because a message about this date did not arrive."""
    if message.purpose not in late_messages.ABOUT_APPOINTMENTS:
        return []
    about = CallTask.objects.filter(
        appointment=message.subject_id,
        schedule_version=message.subject_version,
        kind=CallKind.NOT_REACHED,
        branch=message.branch,
    )
    return list(about.order_by("pk"))
