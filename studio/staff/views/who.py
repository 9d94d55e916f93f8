"""Who signs a press. On one's own phone it is oneself; at a shared screen each press says who (R5.1).

A view sees as `request.actor` and `request.membership` whoever signed this press, for this request only;
nobody stays at the screen. Until then the page "Who are you?" carries everything that was pressed, so that a
wrong PIN loses nothing. `signs` stands above the views of the hands; `EveryPressIsSigned` asks before all
others."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from studio.foundation.request import StudioRequest
from studio.staff import screens
from studio.staff.screen_forms import WhoForm

View = TypeVar("View", bound=Callable[..., HttpResponse])
NOT_CARRIED = {"csrfmiddlewaretoken", *WhoForm.FIELDS}


def signs(view: View) -> View:
    """Above `@roles`, whose check is then made for the signer."""
    return signs_unless()(view)


def signs_unless(*only_looks: str) -> Callable[[View], View]:
    """The same for a form with buttons of these names, which only look something up and need nobody's
    name."""

    def decorate(view: View) -> View:
        return signed_by_hand(view, frozenset(only_looks))

    return decorate


def signed_by_hand(view: View, only_looks: frozenset[str]) -> View:
    @wraps(view)
    def signed(request: StudioRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        unsigned = None if only_looks & request.POST.keys() else asked(request)
        return unsigned or view(request, *args, **kwargs)

    return asks_itself(signed)  # type: ignore[return-value]


def asks_itself(view: View) -> View:
    """The view asks who signs, or refuses, in its own way: the house does not ask before it."""
    view.asks_who = True  # type: ignore[attr-defined]
    return view


class EveryPressIsSigned:
    """At a shared screen whatever is written is signed, on every page of the house: also where nobody has
    thought of such a screen. What a page asks for by itself (htmx) goes on."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: StudioRequest, view: View, *_arguments: Any) -> HttpResponse | None:
        by_role = isinstance(getattr(view, "access", None), frozenset)
        if not by_role or getattr(view, "asks_who", False) or request.htmx:
            return None
        return asked(request)


def asked(request: StudioRequest) -> HttpResponse | None:
    """The page "Who are you?", or None: nobody need be asked, or who signed acts from here on."""
    if request.method != "POST" or request.screen is None:
        return None
    form = who_form(request)
    if not form.is_asked or not form.is_valid():
        return ask(request, form)
    assert form.place is not None
    request.membership, request.actor = form.place, form.place.user
    return None


def who_form(request: StudioRequest) -> WhoForm:
    now = timezone.now()
    faces = screens.in_today(request.branch, day=request.branch.today(now))
    session = request.session.session_key
    return WhoForm(request.POST, branch=request.branch, faces=faces, session=session, now=now)


def ask(request: StudioRequest, form: WhoForm) -> HttpResponse:
    """ "Who are you?", with all that was pressed in it."""
    assert request.screen is not None
    day = request.branch.today(form.now)
    here = screens.of_department(request.screen, day=day)
    ids = {face.user.pk for face in here}
    if not form.is_asked:
        form = WhoForm(branch=form.branch, faces=form.faces, session=form.session, now=form.now)
    context = {
        "form": form,
        "here": [face for face in here if face.has_pin],
        "others": [face for face in form.faces if face.user.pk not in ids and face.has_pin],
        "without_pin": [face.user for face in here if not face.has_pin],
        "carried": [
            (name, value)
            for name, values in request.POST.lists()
            if name not in NOT_CARRIED
            for value in values
        ],
        "chosen": str(form.data.get("signer", "")),
        "department": request.screen,
    }
    return render(request, "staff/who.html", context, status=422 if form.is_bound else 200)
