"""The customer's pages behind the link of a message: confirm the time, or ask for another (R3.2).

No sign-in, one screen, and nothing on it that should not be seen over a shoulder (R9.9). GET changes
nothing, because chat apps fetch links to show a preview.
"""

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bookings.models import Appointment
from customers import consents, reaching
from customers.forms_reach import ReachForm
from customers.models import ConsentSource
from studio.foundation.access import public
from studio.staff.models import Branch
from workflow import links, public_calendar, public_digits, public_page, public_times
from workflow.links import Opened
from workflow.public_forms import CONFIRM, AnswerForm, DigitsForm, TimesForm

View = Callable[..., HttpResponse]


def behind_the_link(view: View) -> View:
    """The view gets what the link opens, in the customer's language and by the branch's clock. Unknown,
    expired and outdated links get one and the same answer."""

    @wraps(view)
    def opened(request: HttpRequest, token: str) -> HttpResponse:
        now = timezone.now()
        found = links.open_link(token, now)
        if found is None:
            return gone(request)
        language = language_of(request, found.appointment)
        with translation.override(language), timezone.override(found.appointment.branch.zone):
            response = view(request, token, found, now)
        response.headers.setdefault("Content-Language", language)
        return secret(response)

    return opened


def gone(request: HttpRequest) -> HttpResponse:
    shops = Branch.objects.filter(is_active=True).exclude(phone="")[:12]
    return secret(render(request, "workflow/confirm_gone.html", {"shops": shops}, status=404))


def secret(response: HttpResponse) -> HttpResponse:
    """The address is the key: it is not told to other sites, not kept, and not found by search engines."""
    response["Referrer-Policy"] = "no-referrer"
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response


def language_of(request: HttpRequest, appointment: Appointment) -> str:
    """The customer's own language, unless they chose another on this page."""
    chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
    return chosen if chosen in dict(settings.LANGUAGES) else appointment.customer.language


def back_to(token: str, place: str = "") -> HttpResponse:
    response = redirect("workflow:confirm", token)
    response["Location"] += place
    return response


def page(
    request: HttpRequest, token: str, opened: Opened, now: datetime, *, status: int = 200, **more: Any
) -> HttpResponse:
    """The one page; `more` holds a form that is shown again."""
    appointment, language = opened.appointment, translation.get_language() or ""
    context = public_page.open_page(appointment, language) | {"token": token, "form": AnswerForm()}
    if public_digits.is_known(request, opened.link):
        context |= public_page.own_page(appointment, now=now)
        context["reach_form"] = ReachForm(customer=appointment.customer)
    else:
        context["digits_form"] = DigitsForm()
    return render(request, "workflow/confirm.html", context | more, status=status)


@public
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@behind_the_link
def confirm(request: HttpRequest, token: str, opened: Opened, now: datetime) -> HttpResponse:
    """The page, and its one big yes."""
    if request.method != "POST":
        return page(request, token, opened, now)
    form = AnswerForm(request.POST)
    if not form.is_valid():
        return page(request, token, opened, now, status=422, form=form)
    if form.cleaned_data["answer"] != CONFIRM:
        return other_times(request, token, opened, now)  # from a page that was drawn some time ago
    if links.confirm(token, now=now) is None:
        return gone(request)
    return back_to(token)


@public
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@behind_the_link
def times(request: HttpRequest, token: str, opened: Opened, now: datetime) -> HttpResponse:
    """Another time: by free ones, in words, or both."""
    return other_times(request, token, opened, now)


def other_times(request: HttpRequest, token: str, opened: Opened, now: datetime) -> HttpResponse:
    """The page of free times and what is sent from it. Looking at later days keeps what was ticked."""
    appointment = opened.appointment
    sent = request.POST if request.method == "POST" else None
    form = TimesForm(sent, appointment=appointment, now=now)
    looks_on = sent is not None and "from" in sent
    if sent is not None and not looks_on and form.is_valid():
        said = form.cleaned_data
        if links.ask_another_time(token, wish=said["wish"], times=said["times"], now=now) is None:
            return gone(request)
        return back_to(token)
    language = translation.get_language() or ""
    asked = (sent or request.GET).get("from", "")
    context = public_page.open_page(appointment, language) | {
        "token": token,
        "offered": public_times.offered(appointment, asked, language, now=now),
        "ticked": form.ticked if sent is not None else links.wished_times(appointment),
        "most": public_times.MOST,
    }
    shown = {moment for day in context["offered"].days for moment in day.times}
    context["kept"] = [moment for moment in context["ticked"] if moment not in shown]
    if sent is None or looks_on:
        known = public_digits.is_known(request, opened.link)
        words = sent.get("wish", "") if sent else public_page.own_words(appointment) if known else ""
        form = form.afresh(words, context["ticked"])
    status = 422 if form.is_bound else 200
    return render(request, "workflow/confirm_times.html", context | {"form": form}, status=status)


@public
@never_cache
@require_POST
@behind_the_link
def digits(request: HttpRequest, token: str, opened: Opened, now: datetime) -> HttpResponse:
    """The last four digits: whoever knows them sees the order, and says how to be reached."""
    form = DigitsForm(request.POST)
    if form.is_valid():
        if public_digits.check(opened.link, form.cleaned_data["digits"], now=now):
            response = back_to(token, "#order")
            public_digits.remember(response, opened.link, token)
            return response
        form.add_error(
            "digits",
            _("These are not the last four digits of your number. After several tries, wait a while."),
        )
    return page(request, token, opened, now, status=422, digits_form=form)


@public
@never_cache
@require_POST
@behind_the_link
def reach(request: HttpRequest, token: str, opened: Opened, now: datetime) -> HttpResponse:
    """How they may be reached: only for who typed the digits."""
    if not public_digits.is_known(request, opened.link):
        return back_to(token, "#order")
    customer = opened.appointment.customer
    form = ReachForm(request.POST, customer=customer)
    if form.is_valid():
        try:
            reaching.reach(
                customer,
                language=form.cleaned_data["language"],
                allowed=form.allowed,
                wish=form.wish,
                source=ConsentSource.LINK,
                now=now,
            )
        except ValidationError as refusal:
            form.add_error(None, refusal)
        else:
            return back_to(token, "#reach")
    return page(request, token, opened, now, status=422, reach_form=form)


@public
@never_cache
@require_POST
@behind_the_link
def stop(request: HttpRequest, token: str, opened: Opened, now: datetime) -> HttpResponse:
    """Nothing but what they ordered, at once; taken back only by who typed the digits."""
    customer = opened.appointment.customer
    if "again" not in request.POST:
        consents.stop(customer, source=ConsentSource.LINK, now=now)
    elif public_digits.is_known(request, opened.link):
        consents.take_back_stop(customer, source=ConsentSource.LINK, now=now)
    return back_to(token, "#stop")


@public
@never_cache
@require_safe
@behind_the_link
def calendar(request: HttpRequest, token: str, opened: Opened, now: datetime) -> HttpResponse:
    """The appointment for the calendar of their telephone."""
    body = public_calendar.file_of(opened.appointment, now=now)
    response = HttpResponse(body, content_type="text/calendar; charset=utf-8; method=PUBLISH")
    response["Content-Disposition"] = 'attachment; filename="appointment.ics"'
    return response
