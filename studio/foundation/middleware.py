"""Preferences before the language is chosen; polite answers to what views raise."""

from collections.abc import Callable

from django.core.exceptions import BadRequest
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from psycopg import errors

from studio.foundation.answers import stale
from studio.foundation.models import StaleEdit

THEMES = {"light", "dark"}


class PreferencesMiddleware:
    """Puts the chosen theme on the request, and refuses bytes that no form of ours can send."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        theme = request.COOKIES.get("theme", "")
        request.theme = theme if theme in THEMES else ""  # type: ignore[attr-defined]
        return self.get_response(request)


class AnswersMiddleware:
    """Turns what every view may meet into a clear sentence: a stale edit, a busy row, a broken request."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if isinstance(error, StaleEdit):
            return stale(request, error)
        if isinstance(error, OperationalError) and isinstance(
            error.__cause__, errors.LockNotAvailable | errors.QueryCanceled | errors.DeadlockDetected
        ):
            message = _(
                "Somebody else is working on the same thing this second."
                " Nothing was changed; please try again."
            )
            return render(request, "409.html", {"message": message}, status=409)
        if isinstance(error, BadRequest):
            return render(request, "400.html", {"message": str(error)}, status=400)
        return None
