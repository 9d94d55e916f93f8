"""Calendars for the telephone in one's pocket: addresses made and revoked, and the file that they lead to."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotModified
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bookings import calendar_files, feeds
from bookings.day import in_order
from bookings.models import CalendarFeed, Resource, ResourceKind
from studio.foundation.access import has_role, public, roles
from studio.foundation.answers import invalid
from studio.foundation.models import Submission
from studio.foundation.request import StudioRequest
from studio.foundation.submissions import submission_key
from studio.staff.models.membership import MANAGERS, SERVING


class FeedForm(forms.Form):
    """Whose calendar: one's own, for managers also a resource's."""

    resource = forms.ModelChoiceField(
        label=_("Whose schedule"),
        queryset=Resource.objects.none(),
        required=False,
        empty_label=_("My own dates"),
        error_messages={"invalid_choice": _("This can't be booked here any more. Choose again.")},
    )

    def __init__(self, *args: Any, request: StudioRequest, **options: Any) -> None:
        super().__init__(*args, **options)
        field = self.fields["resource"]
        assert isinstance(field, forms.ModelChoiceField)
        if not has_role(request, MANAGERS):
            del self.fields["resource"]
            return
        field.queryset = Resource.objects.bookable(request.branch, *ResourceKind.values)
        rows = in_order(field.queryset)
        field.choices = [("", field.empty_label), *((row.pk, str(row)) for row in rows)]


@roles(SERVING)
@require_http_methods(["GET", "POST"])
def calendars(request: StudioRequest) -> HttpResponse:
    """One's own addresses, and for managers those of resources. A new one is shown in the answer to the press
    that made it, and never again."""
    if request.method == "GET":
        return show(request, FeedForm(request=request))
    form = FeedForm(request.POST, request=request)
    if not form.is_valid():
        return invalid(request, "bookings/calendars.html", context_of(request, form))
    if is_second_press(request):
        messages.info(request, _("The address was made already, and is shown once only."))
        return redirect("bookings:calendars")
    resource = form.cleaned_data.get("resource")
    try:
        feed, address = feeds.make(
            request.branch,
            user=None if resource else request.actor,
            resource=resource,
            by=request.actor,
            now=timezone.now(),
        )
    except ValidationError as refusal:
        form.add_error(None, refusal)
        return invalid(request, "bookings/calendars.html", context_of(request, form))
    return show(request, FeedForm(request=request), made=feed, address=address)


def is_second_press(request: StudioRequest) -> bool:
    key = submission_key(request)
    return key is not None and not Submission.objects.get_or_create(key=key)[1]


def context_of(request: StudioRequest, form: FeedForm) -> dict[str, Any]:
    return {
        "form": form,
        "own": feeds.mine(request.actor, request.branch),
        "of_resources": feeds.of_resources(request.branch) if has_role(request, MANAGERS) else [],
    }


def show(request: StudioRequest, form: FeedForm, **more: Any) -> HttpResponse:
    response = render(request, "bookings/calendars.html", context_of(request, form) | more)
    response["Cache-Control"] = "no-store"
    return response


@roles(SERVING)
@require_POST
def revocation(request: StudioRequest, pk: int) -> HttpResponse:
    """An address is worth nothing from now on. One's own; managers also those of resources."""
    rows = CalendarFeed.objects.filter(branch=request.branch)
    allowed = rows.filter(user=request.actor)
    if has_role(request, MANAGERS):
        allowed = allowed | rows.filter(resource__isnull=False)
    feeds.revoke(get_object_or_404(allowed, pk=pk), by=request.actor, now=timezone.now())
    messages.success(request, _("Revoked. Whoever has the address reads nothing any more."))
    return redirect("bookings:calendars")


@public
@require_safe
def calendar(request: HttpRequest, token: str) -> HttpResponse:
    """The file, for a calendar program: no sign-in, no cookie. Unknown and revoked look the same."""
    now = timezone.now()
    feed = feeds.find(token, now=now)
    if feed is None:
        raise Http404
    feeds.note_reading(feed, now=now)
    body = calendar_files.of(feed, now=now)
    etag = calendar_files.etag_of(body)
    asked = [tag.strip().removeprefix("W/") for tag in request.headers.get("If-None-Match", "").split(",")]
    response: HttpResponse
    if etag in asked:
        response = HttpResponseNotModified()
    else:
        response = HttpResponse(body, content_type="text/calendar; charset=utf-8")
        response["Content-Disposition"] = 'inline; filename="calendar.ics"'
    response["ETag"] = etag
    response["Cache-Control"] = "private, no-store"
    response["Referrer-Policy"] = "no-referrer"
    response["X-Robots-Tag"] = "noindex"
    return response
