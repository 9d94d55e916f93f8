"""Days off: the branch's month, asking, deciding, sudden illness (R8)."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from studio.foundation import answers, submissions
from studio.foundation.access import has_role, roles
from studio.foundation.models import StaleEdit
from studio.foundation.request import StudioRequest
from studio.staff import absence, handover, leaves
from studio.staff.leave_calendar import month_days, month_of, neighbours
from studio.staff.leave_duties import waiting_for
from studio.staff.leave_forms import EACH, IllnessForm, LeaveForm
from studio.staff.models import Leave, Membership, Role, User
from studio.staff.models.membership import ALL_ROLES, MANAGERS

DECIDE = MANAGERS | {Role.DEPARTMENT_HEAD}
MINE = 12


@roles(ALL_ROLES)
@require_safe
def month(request: StudioRequest) -> HttpResponse:
    """Who is off in this month, what waits for a decision, and one's own days."""
    now = timezone.now()
    today = request.branch.today(now)
    shown = month_of(request.GET.get("month", ""), today)
    before, after = neighbours(shown)
    mine = Leave.objects.filter(branch=request.branch, user=request.actor).prefetch_related("days__deputy")
    concerned = [
        row for row in handover.coming_up(request.branch, now) if request.actor in {row.user, row.acting}
    ]
    context = {
        "month": shown,
        "before": before,
        "after": after,
        "today": today,
        "days": month_days(request.branch, shown),
        "waiting": waiting_for(request.actor, request.branch),
        "mine": mine[:MINE],
        "hand_overs": concerned,
        "manages": has_role(request, MANAGERS),
    }
    return render(request, "staff/leave.html", context)


@roles(ALL_ROLES)
@require_http_methods(["GET", "POST"])
def new(request: StudioRequest) -> HttpResponse:
    """Ask for days off, with a deputy for all of them or for each; a manager enters them for anybody."""
    now, user = timezone.now(), whose_leave(request)
    form = LeaveForm(request.POST or None, user=user, branch=request.branch, now=now)
    context = {"form": form, "user": user, "colleagues": colleagues_for(request)}
    if request.method == "GET" or EACH in request.POST:
        unbothered(form)
        return render(request, "staff/leave_new.html", context)
    if not form.is_valid():
        return answers.invalid(request, "staff/leave_new.html", context)

    def create() -> str:
        given = form.cleaned_data
        leave = leaves.ask_leave(
            user=user, branch=request.branch, starts_on=given["starts_on"], ends_on=given["ends_on"],
            kind=given["kind"], note=given["note"], deputies=form.deputies(), by=request.actor, now=now,
        )  # fmt: skip
        if user != request.actor and leaves.may_decide(request.membership, leave):
            leaves.grant(leave, by=request.actor, now=now)
            messages.success(request, _("Entered and granted."))
        else:
            messages.success(request, _("Asked for. A manager decides."))
        return leave.get_absolute_url()

    try:
        return submissions.once(request, create)
    except ValidationError as error:
        form.refuse(error)
        return answers.invalid(request, "staff/leave_new.html", context)


def whose_leave(request: StudioRequest) -> User:
    """One's own; a manager also writes down what somebody asked for by word of mouth (`?for=`)."""
    typed = request.GET.get("for", "")
    if not typed or not has_role(request, MANAGERS):
        return request.actor
    number = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 19 else 0
    places = Membership.objects.active().filter(branch=request.branch).select_related("user")
    return get_object_or_404(places, user=number).user


def colleagues_for(request: StudioRequest) -> list[User]:
    """For whom one may enter leave; nobody but a manager for others."""
    if not has_role(request, MANAGERS):
        return []
    places = Membership.objects.active().filter(branch=request.branch).select_related("user")
    return [place.user for place in places.order_by("user__display_name")]


def unbothered(form: LeaveForm) -> None:
    """“A deputy for each day” only opens the fields: what is not filled in yet is no mistake."""
    if form.is_bound and form.days:
        form.full_clean()
        form.errors.clear()


# --- One leave ----------------------------------------------------------------------------------
def leave_of(request: StudioRequest, pk: int) -> Leave:
    """Through the branch, and only for who has to do with it."""
    rows = Leave.objects.filter(branch=request.branch).select_related("user", "decided_by", "branch")
    leave = get_object_or_404(rows.prefetch_related("days__deputy"), pk=pk)
    concerned = {leave.user_id, *(day.deputy_id for day in leave.days.all())}
    if request.actor.pk not in concerned and not leaves.may_decide(request.membership, leave):
        raise Http404
    return leave


@roles(ALL_ROLES)
@require_safe
def request_page(request: StudioRequest, pk: int) -> HttpResponse:
    return render(request, "staff/leave_request.html", leave_context(request, leave_of(request, pk)))


def leave_context(request: StudioRequest, leave: Leave) -> dict[str, Any]:
    today = request.branch.today(timezone.now())
    own = leave.user_id == request.actor.pk or has_role(request, MANAGERS)
    begun = leave.starts_on <= today
    return {
        "leave": leave,
        "days": list(leave.days.all()),
        "today": today,
        "decides": leave.is_asked and leaves.may_decide(request.membership, leave),
        "withdraws": own and (leave.is_asked or (leave.is_granted and not begun)),
        "comes_back": own and leave.is_granted and begun and today <= leave.ends_on and leave.back_at is None,
        "may_change": (leave.is_asked or leave.is_granted) and leave.ends_on >= today,
        "in_full": own or leaves.may_decide(request.membership, leave),
    }


def press(request: StudioRequest, leave: Leave, act: Any, said: str) -> HttpResponse:
    """One press on a leave: carried out and said, or refused in words."""
    try:
        act()
    except leaves.NotYours:
        messages.error(request, _("This is not yours to decide: ask a manager."))
    except StaleEdit as error:
        return answers.stale(request, error)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, said)
    return answers.done(request, leave.get_absolute_url())


@roles(DECIDE)
@require_POST
def consent(request: StudioRequest, pk: int) -> HttpResponse:
    """They may go."""
    leave = leave_of(request, pk)
    said = _("Granted: %(name)s is off then.") % {"name": leave.user.spoken_name}
    return press(request, leave, lambda: leaves.grant(leave, by=request.actor, now=timezone.now()), said)


@roles(DECIDE)
@require_POST
def refusal(request: StudioRequest, pk: int) -> HttpResponse:
    """No, and why: the reason is asked for at its field."""
    leave = leave_of(request, pk)
    why = request.POST.get("why", "")
    try:
        leaves.refuse(leave, why=why, by=request.actor, now=timezone.now())
    except ValidationError as error:
        context = {**leave_context(request, leave), "why": why, "why_error": " ".join(error.messages)}
        return answers.invalid(request, "staff/leave_request.html", context)
    except leaves.NotYours:
        messages.error(request, _("This is not yours to decide: ask a manager."))
    except StaleEdit as error:
        return answers.stale(request, error)
    return answers.done(request, leave.get_absolute_url())


@roles(ALL_ROLES)
@require_POST
def withdrawal(request: StudioRequest, pk: int) -> HttpResponse:
    leave = leave_of(request, pk)
    said = _("Taken back: nobody is off.")
    return press(request, leave, lambda: leaves.withdraw(leave, by=request.actor, now=timezone.now()), said)


@roles(ALL_ROLES)
@require_POST
def back(request: StudioRequest, pk: int) -> HttpResponse:
    """Back after all: from now on they work again."""
    leave = leave_of(request, pk)
    said = _("Welcome back: the work is with %(name)s again.") % {"name": leave.user.spoken_name}
    return press(request, leave, lambda: absence.come_back(leave, by=request.actor, now=timezone.now()), said)


# --- Sudden illness -----------------------------------------------------------------------------
@roles(MANAGERS)
@require_http_methods(["GET", "POST"])
def illness(request: StudioRequest) -> HttpResponse:
    """One step for today; then the hand-over shows whom somebody has to take over at once."""
    now = timezone.now()
    who = request.POST.get("user", request.GET.get("user", ""))
    form = IllnessForm(request.POST or None, branch=request.branch, now=now, who=who)
    if request.method == "GET":
        return render(request, "staff/illness.html", {"form": form})
    already = absence.off_today(who, branch=request.branch, now=now)
    if already is not None:
        return answers.done(request, already.get_absolute_url())
    if form.is_valid():
        given = form.cleaned_data
        try:
            leave = absence.fall_ill(
                user=given["user"], branch=request.branch, deputy=given["deputy"], by=request.actor, now=now
            )
        except ValidationError as error:
            form.refuse(error)
        else:
            off = leave.days.select_related("deputy").get(day=request.branch.today(now))
            messages.success(request, _("%(name)s stands in today.") % {"name": off.deputy.spoken_name})
            return answers.done(request, reverse("staff:hand_over", args=[off.pk]))
    return answers.invalid(request, "staff/illness.html", {"form": form})
