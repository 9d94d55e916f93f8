"""A manager has messages sent again, or turns them into calls: one, those that are ticked, or all that a
filter lists (R12.1, habit 17)."""

from collections import Counter
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.contrib import messages as notes
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from studio.foundation.access import roles
from studio.foundation.request import StudioRequest
from studio.outbox.models import Message
from studio.outbox.resending import ResendRefused, resend
from studio.staff.models.membership import MANAGERS
from workflow.message_calls import CallRefused, call_instead
from workflow.message_filters import Filter
from workflow.views.messages import message_of, page_context

MOST_AT_ONCE = 200


@roles(MANAGERS)
@require_POST
def resending(request: StudioRequest, pk: int) -> HttpResponse:
    """One is sent again; what is unclear only when `sure` says so."""
    message, now = message_of(request, pk), timezone.now()
    try:
        again = resend(message, by=request.actor, now=now, sure="sure" in request.POST)
    except ResendRefused as refusal:
        return refused(request, message, now, refusal)
    notes.success(request, _("It is sent again."))
    return redirect("workflow:message", again.pk)


@roles(MANAGERS)
@require_POST
def call(request: StudioRequest, pk: int) -> HttpResponse:
    """One becomes a call to make, on its owner's list."""
    message, now = message_of(request, pk), timezone.now()
    try:
        call_instead(message, by=request.actor, now=now)
    except CallRefused as refusal:
        return refused(request, message, now, refusal)
    notes.success(request, _("A call stands on the owner’s list now."))
    return redirect("workflow:message", message.pk)


def refused(
    request: StudioRequest, message: Message, now: datetime, refusal: ResendRefused | CallRefused
) -> HttpResponse:
    context = page_context(message, now, refused=refusal.sentence)
    return render(request, "workflow/message.html", context, status=422)


@roles(MANAGERS)
@require_POST
def resendings(request: StudioRequest) -> HttpResponse:
    """Several are sent again; unclear ones only where `sure` is ticked."""
    now, sure = timezone.now(), "sure" in request.POST

    def one(message: Message) -> None:
        resend(message, by=request.actor, now=now, sure=sure)

    done = each(request, now, one)
    if done:
        words = ngettext("%(count)d message is sent again.", "%(count)d messages are sent again.", done)
        notes.success(request, words % {"count": done})
    return back(request)


@roles(MANAGERS)
@require_POST
def calls(request: StudioRequest) -> HttpResponse:
    """Several become calls to make."""
    now = timezone.now()

    def one(message: Message) -> None:
        call_instead(message, by=request.actor, now=now)

    done = each(request, now, one)
    if done:
        words = ngettext("%(count)d call is to be made.", "%(count)d calls are to be made.", done)
        notes.success(request, words % {"count": done})
    return back(request)


def each(request: StudioRequest, now: datetime, act: Callable[[Message], Any]) -> int:
    """Do it for each that was chosen; how many it was done for. Who was left out is said with the reason."""
    done, reasons = 0, Counter[str]()
    rows = chosen(request, now)
    if not rows:
        notes.warning(request, _("Choose at least one message."))
    for message in rows:
        try:
            act(message)
            done += 1
        except (ResendRefused, CallRefused) as refusal:
            reasons[str(refusal.sentence)] += 1
    for sentence, count in reasons.items():
        words = ngettext("%(count)d is left: %(why)s", "%(count)d are left: %(why)s", count)
        notes.warning(request, words % {"count": count, "why": sentence})
    return done


def chosen(request: StudioRequest, now: datetime) -> list[Message]:
    """Those that are ticked, or with `all` those of the filter; never more than can be done at once."""
    if "all" in request.POST:
        return list(Filter.of(request.POST).rows(request.branch, now)[:MOST_AT_ONCE])
    ticked = [
        int(pk) for pk in request.POST.getlist("message") if pk.isascii() and pk.isdigit() and len(pk) < 19
    ]
    rows = Message.objects.filter(branch=request.branch, pk__in=ticked[:MOST_AT_ONCE])
    return list(rows.order_by("pk"))


def back(request: StudioRequest) -> HttpResponse:
    """The list as it stood, with its filter."""
    query = Filter.of(request.POST).query
    return redirect(reverse("workflow:messages") + (f"?{query}" if query else ""))
