"""The customer's page behind the link of a message: confirm the time, or ask for another (R3.2).

No sign-in, one screen, and nothing on it that should not be seen over a shoulder (R9.9). GET changes
nothing, because chat apps fetch links to show a preview.
"""

from typing import Any

from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from bookings.models import Appointment, AppointmentKind, Confirmation
from customers import files
from studio.foundation.access import public
from studio.staff.models import Branch
from workflow import advice, letters, links

CONFIRM, ANOTHER_TIME = "confirm", "another_time"


class AnswerForm(forms.Form):
    answer = forms.ChoiceField(choices=[(CONFIRM, CONFIRM), (ANOTHER_TIME, ANOTHER_TIME)])
    wish = forms.CharField(
        label=_("When would suit you better?"),
        help_text=_("A day, a weekday, “after the holidays”: as you like."),
        max_length=200,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


@public
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    """The page and its two answers. Unknown, expired and outdated links get one and the same answer."""
    now = timezone.now()
    appointment = links.appointment_of(token, now)
    form = AnswerForm(request.POST if request.method == "POST" else None)
    if appointment is not None and form.is_bound and form.is_valid():
        wish = form.cleaned_data["wish"]
        if form.cleaned_data["answer"] == CONFIRM:
            appointment = links.confirm(token, now=now)
        else:
            appointment = links.ask_another_time(token, wish=wish, now=now)
        if appointment is not None:
            return secret(redirect("workflow:confirm", token))
    if appointment is None:
        shops = Branch.objects.filter(is_active=True).exclude(phone="")[:12]
        return secret(render(request, "workflow/confirm_gone.html", {"shops": shops}, status=404))
    language = language_of(request, appointment)
    with translation.override(language), timezone.override(appointment.branch.zone):
        context = page_context(appointment, form, language)
        status = 422 if form.is_bound else 200
        response = render(request, "workflow/confirm.html", context, status=status)
        response["Content-Language"] = language
        return secret(response)


def secret(response: HttpResponse) -> HttpResponse:
    """The address is the key: it is not told to other sites, not kept, and not found by search engines."""
    response["Referrer-Policy"] = "no-referrer"
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response


def language_of(request: HttpRequest, appointment: Appointment) -> str:
    """The customer's own language, unless they chose another on this page."""
    chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
    return chosen if chosen in dict(settings.LANGUAGES) else appointment.customer.language


def page_context(appointment: Appointment, form: AnswerForm, language: str) -> dict[str, Any]:
    branch, when = appointment.branch, appointment.starts_at
    return {
        "names": files.first_names(appointment.customer, language),
        "occasion": AppointmentKind(appointment.kind).label,
        "day": letters.day_in_words(when, branch=branch, language=language),
        "lunar": letters.lunar_words(when, branch=branch, language=language),
        "time": letters.time_in_words(when, branch=branch, language=language),
        "branch": branch,
        "confirmed": appointment.confirmation == Confirmation.CONFIRMED,
        "asked": appointment.confirmation == Confirmation.ANOTHER_TIME,
        "confirmed_at": appointment.confirmed_at,
        "wish": appointment.wish,
        "advice": advice.preparation(appointment),
        "cares": advice.caring_notes(appointment),
        "form": form,
    }
