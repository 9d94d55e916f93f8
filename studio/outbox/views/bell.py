"""The bell in the head of every page: what rang for whoever acts here, in the branch where they act."""

from typing import Any
from urllib.parse import urlsplit

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from studio.foundation import answers
from studio.foundation.access import has_role, roles
from studio.foundation.request import StudioRequest
from studio.foundation.views import page_before
from studio.outbox import alerts, watching
from studio.outbox.alert_words import lines_of
from studio.staff.models.membership import ALL_ROLES, MANAGERS

LARGEST = 2**63 - 1


@roles(ALL_ROLES)
@require_safe
def index(request: StudioRequest) -> HttpResponse:
    """The page, and the same list in a dialog."""
    return answers.page(request, "outbox/bell.html", listed(request), fragment="outbox/_bell_dialog.html")


def listed(request: StudioRequest) -> dict[str, Any]:
    now = timezone.now()
    lines = lines_of(alerts.to_read(request.actor, request.branch, now))
    fresh = [line for line in lines if line.alert.seen_at is None]
    return {
        "fresh": fresh,
        "seen": [line for line in lines if line.alert.seen_at is not None],
        "until": max((line.alert.pk for line in fresh), default=0),
        "now": now,
    }


@roles(ALL_ROLES)
@require_safe
def part(request: StudioRequest) -> HttpResponse:
    """The bell alone, asked for by every open page; for managers with the banner of a standstill."""
    context: dict[str, Any] = {"unseen": alerts.unseen(request.actor, request.branch)}
    if has_role(request, watching.WATCHES):
        # Today says it by a duty of its own, with and without scripts.
        is_today = is_of_today(request.htmx.current_url or "")
        context |= {"watches": True, "still": [] if is_today else watching.still(timezone.now())}
        since = watching.since(context["still"])
        context["since"] = watching.moment_words(since) if since else ""
        context["url"] = watching.MESSAGES_PAGE if has_role(request, MANAGERS) else ""
    return render(request, "outbox/_bell_part.html", context)


def is_of_today(address: str) -> bool:
    """Whether this is the address of Today; it may be anything at all."""
    try:
        return urlsplit(address).path == "/"
    except ValueError:
        return False


@roles(ALL_ROLES)
@require_POST
def sight(request: StudioRequest) -> HttpResponse:
    """All of it was seen that stood on the page (`until`): what rang since then stays."""
    until = request.POST.get("until", "")
    number = int(until) if until.isascii() and until.isdigit() and len(until) < 19 else LARGEST
    alerts.see(request.actor, request.branch, now=timezone.now(), until=number)
    return after(request)


@roles(ALL_ROLES)
@require_POST
def sight_of_one(request: StudioRequest, pk: int) -> HttpResponse:
    """One alert was seen; with `open`, on to the thing itself."""
    alert = get_object_or_404(alerts.of(request.actor, request.branch), pk=min(pk, LARGEST))
    alerts.see(request.actor, request.branch, now=timezone.now(), alert=alert.pk)
    if "open" in request.POST and url_has_allowed_host_and_scheme(alert.link, allowed_hosts=None):
        return answers.done(request, alert.link)
    return after(request)


def after(request: StudioRequest) -> HttpResponse:
    if request.htmx and not request.htmx.boosted:
        response = render(request, "outbox/_bell_dialog.html", listed(request))
        response["HX-Trigger"] = "bell-changed"
        return response
    return redirect("outbox:bell")


@roles(ALL_ROLES)
@require_POST
def sound(request: StudioRequest) -> HttpResponse:
    """The off-switch: with sound, or without. It holds for whoever acts here, on every device."""
    request.actor.bell_sounds = request.POST.get("sounds") == "on"
    request.actor.save(update_fields=["bell_sounds"])
    return redirect(page_before(request))
