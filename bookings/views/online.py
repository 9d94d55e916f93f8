"""The customers' own booking page: what is on offer, free days, who they are, the code, and the answer.

No sign-in, one thing to do on each screen, nothing of anybody else on it. GET changes nothing.
"""

from collections.abc import Callable
from datetime import date, datetime
from functools import wraps
from typing import Any

from django.http import HttpResponse
from django.http.response import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.dateparse import parse_date
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from bookings import codes, online, online_days
from bookings.knocks import TooManyKnocks, address_of
from bookings.models import BookingRequest, OnlineBooking, PackageVersion, PartOfDay, RequestState
from bookings.online import NotOffered
from bookings.online_forms import CodeForm, WishForm, moment_of
from studio.foundation.access import public
from studio.foundation.request import StudioRequest
from studio.foundation.submissions import once
from studio.staff.models import Branch

TALK = "talk"
Page = Callable[..., HttpResponse]


def at_the_counter(view: Page) -> Page:
    """The branch's open page by its clock: closed and too busy are said kindly, with the telephone."""

    @wraps(view)
    def opened(request: StudioRequest, code: str, *args: Any, **kwargs: Any) -> HttpResponse:
        branch = get_object_or_404(Branch.objects.filter(is_active=True), code=code)
        settings = online.settings_of(branch)
        with timezone.override(branch.zone):
            if settings is None:
                return quiet(render(request, "bookings/online_closed.html", {"branch": branch}))
            try:
                response = view(request, settings, *args, **kwargs)
            except TooManyKnocks as busy:
                context = {"branch": branch, "sort": busy.sort}
                response = render(request, "bookings/online_busy.html", context, status=429)
                response["Retry-After"] = "3600"
            return quiet(response)

    return opened


def quiet(response: HttpResponse) -> HttpResponse:
    """Told to no other site, and found by no search engine."""
    response["Referrer-Policy"] = "no-referrer"
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response


def asked_for(settings: OnlineBooking, what: str, now: datetime) -> PackageVersion | None:
    """The package of an address, or None for a talk; 404 for what is not on offer."""
    if what == TALK:
        return None
    try:
        return online.offered(settings, int(what), now=now)
    except (NotOffered, ValueError):
        raise Http404 from None


@public
@never_cache
@require_safe
@at_the_counter
def start(request: StudioRequest, settings: OnlineBooking) -> HttpResponse:
    """What there is to choose from, each at the price of today."""
    offers = online.offers(settings, now=timezone.now())
    context = {"branch": settings.branch, "offers": offers, "currency": settings.branch.currency}
    return render(request, "bookings/online.html", context)


@public
@never_cache
@require_safe
@at_the_counter
def days(request: StudioRequest, settings: OnlineBooking, what: str) -> HttpResponse:
    """Two months of days, the free ones to be chosen; the times of the chosen day."""
    now = timezone.now()
    version, (first, last) = asked_for(settings, what, now), online.days_of(settings, now=now)
    day = day_of(request.GET.get("day", ""))
    chosen = day if day is not None and first <= day <= last else None
    months = online_days.months_from(day_of(request.GET.get("from", "")) or chosen, first=first, last=last)
    times = online.free_times(settings, version, around=online_days.middle_of(months), now=now)
    context = page_context(settings, what, version, now) | {
        "months": online_days.drawn(months, times, first=first, last=last, chosen=chosen),
        "earlier": online_days.earlier(months, first=first),
        "later": online_days.later(months, last=last),
        "day": chosen,
        "slots": list(times.starts(chosen)) if chosen else [],
        "parts": PartOfDay.choices,
        "weekdays": online_days.weekdays(),
        "gone": "gone" in request.GET,
    }
    return render(request, "bookings/online_days.html", context)


def day_of(text: str) -> date | None:
    try:
        return parse_date(text)
    except ValueError:
        return None


def page_context(
    settings: OnlineBooking, what: str, version: PackageVersion | None, now: datetime
) -> dict[str, Any]:
    offers = online.offers(settings, now=now) if version else []
    return {
        "branch": settings.branch,
        "currency": settings.branch.currency,
        "online": settings,
        "what": what,
        "version": version,
        "offer": next((offer for offer in offers if offer.version == version), None),
    }


@public
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@at_the_counter
def details(request: StudioRequest, settings: OnlineBooking, what: str) -> HttpResponse:
    """Who they are; the wish is written down and a code is on its way."""
    now, branch = timezone.now(), settings.branch
    version, when = asked_for(settings, what, now), chosen_time(request, branch)
    if when["starts_at"] is None and when["day"] is None:
        return redirect("bookings:online_days", branch.code, what)
    form = WishForm(request.POST if request.method == "POST" else None, branch=branch)
    if form.is_bound and form.is_trapped:
        return redirect("bookings:online", branch.code)
    if form.is_bound and form.is_valid():
        try:
            return once(request, lambda: write_down(request, settings, version, form, when, now))
        except NotOffered:
            days = reverse("bookings:online_days", args=[branch.code, what])
            day = when["day"] or branch.today(when["starts_at"])
            return redirect(f"{days}?day={day:%Y-%m-%d}&gone=1")
    context = page_context(settings, what, version, now) | when | {"form": form}
    context["part"] = PartOfDay(when["part_of_day"]).label
    context["submission"] = request.POST.get("submission", "")
    status = 422 if form.is_bound else 200
    return render(request, "bookings/online_details.html", context, status=status)


def chosen_time(request: StudioRequest, branch: Branch) -> dict[str, Any]:
    """The time, or only the day, that stands in the address."""
    part = request.GET.get("part", "")
    return {
        "starts_at": moment_of(request.GET.get("start", ""), branch),
        "day": day_of(request.GET.get("day", "")),
        "part_of_day": part if part in PartOfDay.values else PartOfDay.ANY.value,
    }


def write_down(
    request: StudioRequest,
    settings: OnlineBooking,
    version: PackageVersion | None,
    form: WishForm,
    when: dict[str, Any],
    now: datetime,
) -> str:
    data = form.cleaned_data
    wish = online.ask(
        settings,
        version=version,
        name=data["name"],
        phone=data["phone"],
        party=data["party"],
        words=data["words"],
        language=translation.get_language() or settings.branch.customer_language,
        address=address_of(request),
        now=now,
        **when,
    )
    return address_for(wish)


def address_for(wish: BookingRequest) -> str:
    return reverse("bookings:online_request", args=[wish.branch.code, online.token_of(wish)])


@public
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@at_the_counter
def wish(request: StudioRequest, settings: OnlineBooking, token: str) -> HttpResponse:
    """The code, and then what became of the wish."""
    now = timezone.now()
    found = online.found(token, settings.branch)
    if found is None:
        raise Http404
    form = CodeForm()
    context: dict[str, Any] = {"branch": settings.branch, "online": settings, "wish": found}
    if request.method == "POST":
        act = ACTS.get(request.POST.get("act", ""), type_code)
        answered = act(request, found, context, now)
        if answered is None:
            return redirect(address_for(found))
        form = answered
        found.refresh_from_db()
    context |= state_of(found, now) | {"form": form}
    status = 422 if request.method == "POST" else 200
    return render(request, "bookings/online_request.html", context, status=status)


def state_of(wish: BookingRequest, now: datetime) -> dict[str, Any]:
    """What the page shows: the code, other times, or the answer."""
    waits = wish.state == RequestState.UNVERIFIED and wish.verified_at is None
    gone = wish.state == RequestState.UNVERIFIED and wish.verified_at is not None
    return {
        "waits": waits,
        "may_try": waits and codes.may_try(wish, now=now),
        "may_resend": waits and wish.codes_sent < codes.SENDINGS,
        "minutes": int(codes.VALID.total_seconds() // 60),
        "gone": gone,
        "instead": online.instead(wish, now=now) if gone else [],
        "counts": wish.state in {RequestState.NEW, RequestState.TAKEN, RequestState.DONE},
        "too_many": wish.answer == online.TOO_MANY,
        "may_withdraw": wish.state == RequestState.NEW and wish.appointment_id is None,
    }


Act = Callable[[StudioRequest, BookingRequest, dict[str, Any], datetime], CodeForm | None]


def type_code(
    request: StudioRequest, wish: BookingRequest, context: dict[str, Any], now: datetime
) -> CodeForm | None:
    form = CodeForm(request.POST)
    if not form.is_valid():
        return form
    answer = online.verify(wish, form.cleaned_data["code"], now=now)
    if answer is online.Answer.RIGHT:
        return None
    context["wrong"] = answer.value
    return form


def resend(
    request: StudioRequest, wish: BookingRequest, context: dict[str, Any], now: datetime
) -> CodeForm | None:
    try:
        codes.send(wish, now=now)
    except codes.NotSent as early:
        context["wait"] = early.wait
        return CodeForm()
    return None


def choose(request: StudioRequest, wish: BookingRequest, context: dict[str, Any], now: datetime) -> None:
    text = request.POST.get("start", "")
    online.choose(wish, moment_of(text, wish.branch) if text else None, now=now)


def withdraw(request: StudioRequest, wish: BookingRequest, context: dict[str, Any], now: datetime) -> None:
    online.withdraw(wish, now=now)


ACTS: dict[str, Act] = {"resend": resend, "choose": choose, "withdraw": withdraw}
