"""Who acts at this screen, and for which branch."""

from django.contrib import messages
from django.contrib.auth.forms import SetPasswordForm
from django.core.cache import cache
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from studio.foundation.access import public, signed_in
from studio.foundation.request import StudioRequest
from studio.staff.forms import ActorForm, MeForm
from studio.staff.invitation import invited
from studio.staff.middleware import ACTOR, BRANCH
from studio.staff.models import Membership

WRONG_PINS = 5
WAIT_SECONDS = 300


@signed_in
@require_http_methods(["GET", "POST"])
def actor(request: StudioRequest) -> HttpResponse:
    """On a shared tablet: choose yourself by PIN, or give the screen back.

    Five wrong PINs rest for five minutes.
    """
    if request.branch is None:
        return redirect("staff:me")
    form = ActorForm(request.POST or None, branch=request.branch)
    if request.method == "POST" and "back" in request.POST:
        request.session.pop(ACTOR, None)
        return redirect("desk:today")
    if request.method == "POST" and form.is_valid():
        colleague = form.cleaned_data["colleague"]
        tries = f"pin:{colleague.pk}"
        if cache.get(tries, 0) >= WRONG_PINS:
            form.add_error("pin", _("Too many wrong PINs. Wait five minutes, or sign in with your password."))
        elif not colleague.check_pin(form.cleaned_data["pin"]):
            cache.set(tries, cache.get(tries, 0) + 1, WAIT_SECONDS)
            form.add_error("pin", _("This PIN is not right."))
        else:
            cache.delete(tries)
            request.session[ACTOR] = colleague.pk
            messages.success(
                request, _("%(name)s acts at this screen now.") % {"name": colleague.display_name}
            )
            return redirect("desk:today")
    return render(request, "staff/actor.html", {"form": form}, status=422 if form.is_bound else 200)


@signed_in
@require_POST
def branch(request: StudioRequest) -> HttpResponse:
    """Work in another branch of one's own."""
    places = Membership.objects.active().filter(user=request.user)
    chosen = request.POST.get("branch", "")
    if chosen.isascii() and chosen.isdigit() and places.filter(branch_id=int(chosen[:12])).exists():
        request.session[BRANCH] = int(chosen[:12])
        request.session.pop(ACTOR, None)
    return redirect("desk:today")


@signed_in
@require_http_methods(["GET", "POST"])
def me(request: StudioRequest) -> HttpResponse:
    """One's own name, language and PIN."""
    form = MeForm(request.POST or None, instance=request.user)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, _("Saved."))
        return redirect("staff:me")
    places = Membership.objects.active().filter(user=request.user).select_related("branch", "department")
    context = {"form": form, "places": places}
    return render(request, "staff/me.html", context, status=422 if form.is_bound else 200)


@public
@require_http_methods(["GET", "POST"])
def welcome(request: StudioRequest, uid: str, token: str) -> HttpResponse:
    """The first password, from the invitation link."""
    user = invited(uid, token)
    if user is None:
        return render(request, "staff/welcome_gone.html", status=404)
    form = SetPasswordForm(user, request.POST or None)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, _("Your password is set. Please sign in with it."))
        return redirect("account_login")
    context = {"form": form, "colleague": user}
    response = render(request, "staff/welcome.html", context, status=422 if form.is_bound else 200)
    response["Referrer-Policy"] = "no-referrer"
    return response
