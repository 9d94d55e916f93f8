"""Who acts at this screen, and for which branch."""

from django.contrib import messages
from django.contrib.auth.forms import SetPasswordForm
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from studio.foundation.access import public, signed_in
from studio.foundation.request import StudioRequest
from studio.staff import pins
from studio.staff.forms import ActorForm, MeForm
from studio.staff.invitation import invited
from studio.staff.middleware import ACTOR, BRANCH, SCREEN
from studio.staff.models import Membership
from studio.staff.screen_forms import OwnScreenForm, ScreenForm


@signed_in
@require_http_methods(["GET", "POST"])
def actor(request: StudioRequest) -> HttpResponse:
    """Choose yourself by PIN, give the screen back; or say that it stands in a department for everybody
    there."""
    if request.branch is None:
        return redirect("staff:me")
    if request.screen is not None:
        return own_again(request)
    if request.method == "POST" and "back" in request.POST:
        request.session.pop(ACTOR, None)
        return redirect("desk:today")
    if request.method == "POST" and "screen" in request.POST:
        return stands_there(request)
    form = ActorForm(request.POST or None, branch=request.branch)
    if request.method == "POST" and form.is_valid():
        colleague = form.cleaned_data["colleague"]
        try:
            pins.check(colleague, form.cleaned_data["pin"], session=request.session.session_key)
        except pins.WrongPin as wrong:
            form.add_error("pin", str(wrong))
        else:
            request.session[ACTOR] = colleague.pk
            messages.success(
                request, _("%(name)s acts at this screen now.") % {"name": colleague.display_name}
            )
            return redirect("desk:today")
    context = {"form": form, "screen": ScreenForm(branch=request.branch)}
    return render(request, "staff/actor.html", context, status=422 if form.is_bound else 200)


def stands_there(request: StudioRequest) -> HttpResponse:
    """From now on the screen is a department's, and each press on it says who."""
    form = ScreenForm(request.POST, branch=request.branch)
    if not form.is_valid():
        context = {"form": ActorForm(branch=request.branch), "screen": form}
        return render(request, "staff/actor.html", context, status=422)
    request.session.pop(ACTOR, None)
    request.session[SCREEN] = form.cleaned_data["department"].pk
    return redirect("workflow:tablet")


def own_again(request: StudioRequest) -> HttpResponse:
    """Who is signed in takes the shared screen back, by PIN or password."""
    session = request.session.session_key
    form = OwnScreenForm(request.POST or None, user=request.user, session=session)
    if request.method == "POST" and form.is_valid():
        request.session.pop(SCREEN, None)
        return redirect("desk:today")
    return render(request, "staff/actor.html", {"own": form}, status=422 if form.is_bound else 200)


@signed_in
@require_POST
def branch(request: StudioRequest) -> HttpResponse:
    """Work in another branch of one's own. A screen of a department stands in one branch."""
    if request.screen is not None:
        return redirect("staff:actor")
    places = Membership.objects.active().filter(user=request.user)
    chosen = request.POST.get("branch", "")
    if chosen.isascii() and chosen.isdigit() and places.filter(branch_id=int(chosen[:12])).exists():
        request.session[BRANCH] = int(chosen[:12])
        request.session.pop(ACTOR, None)
    return redirect("desk:today")


@signed_in
@require_http_methods(["GET", "POST"])
def me(request: StudioRequest) -> HttpResponse:
    """One's own name, language and PIN; at a shared screen nobody's."""
    if request.screen is not None:
        return redirect("staff:actor")
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
