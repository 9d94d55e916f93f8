"""The telephone rings: one press, one page, and what becomes of it (R9.6, R1.5)."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse, reverse_lazy
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from bookings.models import Appointment
from customers import files
from customers.contacts import NumberTaken
from customers.fields import LineField, PhoneField
from customers.models import Customer
from customers.views.files import version_of
from studio.foundation import answers, submissions
from studio.foundation.access import roles
from studio.foundation.request import StudioRequest
from studio.staff.duties import stands_in_for, who_acts_for
from studio.staff.models import User
from studio.staff.models.membership import FRONT
from workflow import incoming_calls
from workflow.models import IncomingCall
from workflow.models.incoming_call import IncomingState
from workflow.rotation_order import rules_of

PARK = "park-"
SHOWN_DONE = 20


class CallForm(forms.Form):
    """What a caller says; all of it optional until it is needed."""

    number = PhoneField(required=False)
    caller = LineField(
        label=gettext_lazy("Who calls"),
        required=False,
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    matter = LineField(label=gettext_lazy("What about"), required=False, max_length=200)
    answer = LineField(label=gettext_lazy("What we answered"), required=False, max_length=300)
    call_back_at = forms.DateTimeField(
        label=gettext_lazy("Call back at"),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )
    to = forms.ModelChoiceField(
        User.objects.none(),
        label=gettext_lazy("Colleague"),
        required=False,
        empty_label=gettext_lazy("Choose …"),
    )

    def __init__(self, data: Any, *, call: IncomingCall) -> None:
        initial = {name: getattr(call, name) for name in incoming_calls.DESCRIBED}
        super().__init__(data, initial=initial)
        phone = self.fields["number"]
        phone.region = call.branch.region  # type: ignore[attr-defined]
        phone.widget.attrs |= {
            "hx-get": reverse_lazy("workflow:incoming_number"),
            "hx-trigger": "input changed delay:400ms, change",
            "hx-target": "#known",
        }
        self.fields["to"].queryset = files.owners_of(call.branch)  # type: ignore[attr-defined]

    def told(self) -> dict[str, str]:
        return {name: self.cleaned_data[name] for name in incoming_calls.DESCRIBED}


# --- All of them ----------------------------------------------------------------------------
@roles(FRONT)
@require_http_methods(["GET", "HEAD", "POST"])
def calls(request: StudioRequest) -> HttpResponse:
    """GET: who is on the line, whom to call back. POST: the telephone rings, or I have answered it."""
    if request.method == "POST":
        return submissions.once(request, lambda: begun(request, timezone.now()))
    now, branch = timezone.now(), request.branch
    everybody = request.GET.get("all") == "1"
    people = stands_in_for(request.actor, branch=branch, day=branch.today(now))

    def lines(rows: Any) -> list[incoming_calls.Line]:
        return incoming_calls.lines_of(rows, branch, now=now, reader=request.actor)

    start = branch.day_bounds(branch.today(now))[0]
    done = IncomingCall.objects.filter(branch=branch, state=IncomingState.DONE, ended_at__gte=start)
    context = {
        "line": lines(incoming_calls.on_the_line(branch, now)),
        "call_backs": lines(incoming_calls.call_backs(branch, now, None if everybody else people)),
        "left_open": lines(incoming_calls.left_open(branch, now)),
        "done": done.select_related("customer", "handler").order_by("-ended_at", "-pk")[:SHOWN_DONE],
        "everybody": everybody,
    }
    return answers.page(
        request, "workflow/incoming_calls.html", context, fragment="workflow/_incoming_list.html"
    )


def begun(request: StudioRequest, now: datetime) -> str:
    if request.POST.get("do") == "ring":
        incoming_calls.ring(branch=request.branch, by=request.actor, now=now)
        return reverse("workflow:incoming_calls")
    return incoming_calls.take(branch=request.branch, by=request.actor, now=now).get_absolute_url()


# --- One call -------------------------------------------------------------------------------
def call_of(request: StudioRequest, pk: int) -> IncomingCall:
    rows = incoming_calls.for_list(IncomingCall.objects.filter(branch=request.branch))
    return get_object_or_404(rows, pk=pk)


@roles(FRONT)
@require_http_methods(["GET", "HEAD", "POST"])
def call(request: StudioRequest, pk: int) -> HttpResponse:
    """One screen; every button saves what is typed, and then does what it says."""
    row, now = call_of(request, pk), timezone.now()
    form = CallForm(request.POST if request.method == "POST" else None, call=row)
    if request.method == "POST" and form.is_valid():
        try:
            row = carried_out(request, row, form, now)
        except ValidationError as error:
            put(form, error)
        except NumberTaken as error:
            form.add_error("number", _("This belongs to %(name)s.") % {"name": error.customer.name})
        except incoming_calls.IsOver:
            form.add_error(None, _("This call is done already."))
        else:
            return answers.done(request, after(request, row), trigger="calls-changed")
    context = call_context(request, row, form, now)
    if request.method == "POST":
        return answers.invalid(request, "workflow/incoming_call.html", context)
    return render(request, "workflow/incoming_call.html", context)


def put(form: CallForm, error: ValidationError) -> None:
    """What the domain refused, at its field."""
    told = error.message_dict if hasattr(error, "error_dict") else {"__all__": error.messages}
    for name, sentences in told.items():
        form.add_error(name if name in form.fields else None, sentences)


def carried_out(request: StudioRequest, row: IncomingCall, form: CallForm, now: datetime) -> IncomingCall:
    """Save, and then what the button says; all of it or nothing."""
    what, by = request.POST.get("do", ""), request.actor
    with transaction.atomic():
        row = incoming_calls.describe(row, version=version_of(request), by=by, now=now, **form.told())
        if what == "answer":
            return incoming_calls.answer(row, by=by, now=now)
        if what == "done":
            return incoming_calls.finish(row, by=by, now=now)
        if what == "open":
            return incoming_calls.open_file(row, by=by, now=now)
        if what == "call":
            return incoming_calls.call_now(row, by=by, now=now)
        if what == "again":
            return incoming_calls.try_again(row, by=by, now=now)
        if what == "hand-on" or what == "to-owner":
            return incoming_calls.hand_on(row, to=receiver(row, form, what, now), by=by, now=now)
        if what.startswith(PARK):
            return incoming_calls.park(row, at=moment(what, form, now), by=by, now=now)
        return row


def receiver(row: IncomingCall, form: CallForm, what: str, now: datetime) -> User:
    """The owner, or who acts for them today; or whom they chose."""
    owner = row.customer.owner if row.customer else None
    if what == "to-owner" and owner:
        return who_acts_for(owner, branch=row.branch, day=row.branch.today(now))
    chosen: User | None = form.cleaned_data["to"]
    if chosen is None:
        raise ValidationError({"to": _("To whom? Choose a colleague.")})
    return chosen


def moment(what: str, form: CallForm, now: datetime) -> datetime:
    """In so many minutes, or at the time that was agreed."""
    minutes = what.removeprefix(PARK)
    if minutes.isascii() and minutes.isdigit() and len(minutes) < 4:
        return now + timedelta(minutes=int(minutes))
    at: datetime | None = form.cleaned_data["call_back_at"]
    if at is None:
        raise ValidationError({"call_back_at": _("When shall we call back?")})
    return at


def after(request: StudioRequest, row: IncomingCall) -> str:
    """What is parked or done leads back to Today; the rest stays where it is."""
    what = request.POST.get("do", "")
    if row.state == IncomingState.DONE and what == "done":
        messages.success(request, _("Done. Thank you for answering so soon."))
        return reverse("desk:today")
    if row.state == IncomingState.PARKED and (what == "again" or what.startswith(PARK)):
        when = timezone.localtime(row.call_back_at)
        messages.success(request, _("To be called back at %(time)s.") % {"time": f"{when:%H:%M}"})
        return reverse("desk:today")
    if what in ("hand-on", "to-owner") and row.handler:
        messages.success(request, _("%(name)s has the call now.") % {"name": row.handler.spoken_name})
    return row.get_absolute_url()


def call_context(request: StudioRequest, row: IncomingCall, form: CallForm, now: datetime) -> dict[str, Any]:
    rules = rules_of(row.branch)
    typed = form.data.get("number", "") if form.is_bound else row.number
    known = row.customer or files.find_by_number(typed, branch=row.branch)
    return {
        "call": row,
        "form": form,
        "line": incoming_calls.line_of(row, rules, now=now, reader=request.actor),
        "minutes": sorted({5, rules.call_back_after, 30}),
        "usual": rules.call_back_after,
        "door": incoming_calls.at_the_door(row.branch, now),
        "events": row.events.select_related("actor"),
        "now": now,
        **known_context(known, typed, row.branch, now),
    }


def known_context(known: Customer | None, typed: str, branch: Any, now: datetime) -> dict[str, Any]:
    """Who it is: the owner or who acts for them, what to keep in mind, the last visit and what comes next."""
    if known is None:
        return {"known": None, "elsewhere": files.elsewhere(typed, branch=branch)}
    acting = who_acts_for(known.owner, branch=branch, day=branch.today(now)) if known.owner else None
    upcoming = Appointment.objects.planned().filter(customer=known, starts_at__gte=now).order_by("starts_at")
    return {
        "known": known,
        "acting": acting,
        "taboos": known.taboos.filter(is_active=True),
        "last_visit": known.visits.select_related("consultant").first(),
        "upcoming": upcoming.first(),
    }


# --- Parts of the page ----------------------------------------------------------------------
@roles(FRONT)
@require_safe
def number(request: StudioRequest) -> HttpResponse:
    """Whose number is this? Of another branch's customer only owner and place (F8)."""
    typed = request.GET.get("number", "")
    known = files.find_by_number(typed, branch=request.branch)
    context = known_context(known, typed, request.branch, timezone.now())
    return render(request, "workflow/_incoming_known.html", context)


@roles(FRONT)
@require_safe
def door(request: StudioRequest) -> HttpResponse:
    """While somebody telephones: has a customer come in? (R1.5)"""
    now = timezone.now()
    return render(
        request, "workflow/_incoming_door.html", {"door": incoming_calls.at_the_door(request.branch, now)}
    )
