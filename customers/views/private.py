"""The card with the private code, and the page behind it: somebody else, please, and nobody embarrassed."""

import segno
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.utils.safestring import mark_safe
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from customers import private
from customers.files import greeting_name
from customers.forms_ownership import WishForm
from customers.models import Customer
from customers.views.files import customer_of
from studio.foundation import answers
from studio.foundation.access import public, roles
from studio.foundation.request import StudioRequest
from studio.staff.models import Branch
from studio.staff.models.membership import FRONT


@roles(FRONT)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def card(request: StudioRequest, pk: int) -> HttpResponse:
    """The card to print, in the customer's language; POST: a new one, and the old ones lead nowhere."""
    customer, now = customer_of(request, pk), timezone.now()
    if request.method == "POST":
        private.new_link(customer, now)
        return answers.done(request, request.path)
    link = private.link_for(customer, now)
    code = segno.make(private.address_of(link), error="m", micro=False)
    drawing = code.svg_inline(border=1, omitsize=True, svgclass=None, lineclass=None)
    context = {"customer": customer, "link": link, "code": mark_safe(drawing)}
    context["names"] = greeting_name(customer, customer.language)
    return secret(render(request, "customers/card.html", context))


def secret(response: HttpResponse) -> HttpResponse:
    """The address is the key: it is not told to other sites and not found by search engines."""
    response["Referrer-Policy"] = "no-referrer"
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response


@public
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def another(request: HttpRequest, token: str) -> HttpResponse:
    """The customer's page. GET changes nothing, and nothing on it tells whether anybody asked already."""
    now = timezone.now()
    customer = private.customer_of(token, now)
    if customer is None:
        return gone(request)
    with translation.override(language_of(request, customer)):
        data = request.POST if request.method == "POST" else None
        form = WishForm(data, choices=private.choices_for(customer))
        if form.is_bound and form.is_valid():
            asked = private.ask(token, to=form.cleaned_data["to"], note=form.cleaned_data["note"], now=now)
            return secret(redirect("wishes:thanks", token)) if asked else gone(request)
        return shown(
            request, "customers/wish.html", customer, form=form, status=422 if form.is_bound else 200
        )


@public
@never_cache
@require_http_methods(["GET", "HEAD"])
def thanks(request: HttpRequest, token: str) -> HttpResponse:
    """The same for who asked and for who only looks."""
    customer = private.customer_of(token, timezone.now())
    if customer is None:
        return gone(request)
    with translation.override(language_of(request, customer)):
        return shown(request, "customers/wish_thanks.html", customer)


def shown(
    request: HttpRequest, template: str, customer: Customer, *, status: int = 200, **more: object
) -> HttpResponse:
    names = greeting_name(customer, get_language() or "en")
    context = {"branch": customer.branch, "names": names, **more}
    response = render(request, template, context, status=status)
    response["Content-Language"] = get_language() or "en"
    return secret(response)


def gone(request: HttpRequest) -> HttpResponse:
    """Unknown, run out and replaced look the same."""
    shops = Branch.objects.filter(is_active=True).exclude(phone="")[:12]
    return secret(render(request, "customers/wish_gone.html", {"shops": shops}, status=404))


def language_of(request: HttpRequest, customer: Customer) -> str:
    """The customer's own language, unless they chose another on this page."""
    chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
    return chosen if chosen in dict(settings.LANGUAGES) else customer.language
