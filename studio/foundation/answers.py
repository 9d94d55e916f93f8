"""The answers every page gives in the same way: page or fragment, 422, 409, and the polite refusals."""

import json
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django_htmx.middleware import HtmxDetails

from studio.foundation.models import StaleEdit


def page(
    request: HttpRequest,
    template: str,
    context: dict[str, Any],
    *,
    fragment: str | None = None,
    status: int = 200,
    trigger: str | None = None,
) -> HttpResponse:
    """The whole page, or its `fragment` template where htmx asks for it; the same context either way."""
    htmx: HtmxDetails = request.htmx  # type: ignore[attr-defined]
    part = fragment if htmx and not htmx.boosted and not htmx.history_restore_request else None
    response = render(request, part or template, context, status=status)
    response["Vary"] = "HX-Request"
    if trigger:
        response["HX-Trigger"] = json.dumps({trigger: True})
    return response


def invalid(
    request: HttpRequest, template: str, context: dict[str, Any], *, fragment: str | None = None
) -> HttpResponse:
    """The form again, with a sentence at its field and everything typed still in it: 422."""
    return page(request, template, context, fragment=fragment, status=422)


def done(request: HttpRequest, to: str, *, trigger: str | None = None) -> HttpResponse:
    """After a change: the next page. htmx follows by HX-Redirect so that the address changes too."""
    htmx: HtmxDetails = request.htmx  # type: ignore[attr-defined]
    if htmx and not htmx.boosted:
        response = HttpResponse(status=204)
        response["HX-Redirect"] = to
    else:
        response = redirect(to)
    if trigger:
        response["HX-Trigger"] = json.dumps({trigger: True})
    return response


def stale(request: HttpRequest, error: StaleEdit) -> HttpResponse:
    """409: what the row is now, who changed it and when, and what was typed, kept to send again."""
    typed = [
        (name, value)
        for name, values in request.POST.lists()
        if name not in {"csrfmiddlewaretoken", "version", "submission"}
        for value in values
    ]
    context = {
        "current": error.current,
        "changes": error.current.recent_changes() if hasattr(error.current, "recent_changes") else [],
        "typed": typed,
        "action": request.get_full_path(),
        "back": error.current.get_absolute_url() if hasattr(error.current, "get_absolute_url") else "/",
    }
    return page(
        request, "foundation/conflict.html", context, fragment="foundation/_conflict.html", status=409
    )


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403 in words: the page was open for too long, or the form came from elsewhere."""
    message = _(
        "This page was open for a long time, or the form came from another site."
        " Go back, reload, and send it again."
    )
    return render(request, "403.html", {"message": message}, status=403)
