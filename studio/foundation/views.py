"""Preferences of this browser, and what a watchdog asks."""

from django.conf import settings
from django.db import OperationalError, connection
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.utils.crypto import constant_time_compare
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_POST
from django_prometheus.exports import ExportToDjangoView

from studio.foundation.access import public
from studio.foundation.middleware import THEMES

YEAR = 60 * 60 * 24 * 365


def page_before(request: HttpRequest) -> str:
    """The page that the form stood on, never another host's."""
    there = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(there, {request.get_host()}, require_https=request.is_secure())
    return there if safe else "/"


@public
@require_POST
def theme(request: HttpRequest) -> HttpResponse:
    """Light, dark, or as the machine has it."""
    response = redirect(page_before(request))
    chosen = request.POST.get("theme", "")
    if chosen in THEMES:
        response.set_cookie("theme", chosen, max_age=YEAR, samesite="Lax", httponly=True)
    else:
        response.delete_cookie("theme")
    return response


@public
@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """The language of this browser; the page stays the same."""
    response = redirect(page_before(request))
    chosen = request.POST.get("language", "")
    if chosen in dict(settings.LANGUAGES):
        response.set_cookie(settings.LANGUAGE_COOKIE_NAME, chosen, max_age=YEAR, samesite="Lax")
    return response


@public
@require_GET
def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers."""
    return JsonResponse({"ok": True})


@public
@require_GET
def readyz(request: HttpRequest) -> HttpResponse:
    """The process and its database answer."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except OperationalError:
        return JsonResponse({"ok": False, "database": False}, status=503)
    return JsonResponse({"ok": True, "database": True})


@public
@require_GET
def metrics(request: HttpRequest) -> HttpResponse:
    """Figures for Prometheus, for who brings METRICS_TOKEN as a bearer token; with none set, nothing."""
    brought = request.headers.get("Authorization", "")
    if not settings.METRICS_TOKEN or not constant_time_compare(brought, f"Bearer {settings.METRICS_TOKEN}"):
        raise Http404
    return ExportToDjangoView(request)
