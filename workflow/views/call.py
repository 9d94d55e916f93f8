"""One call: the line, the script, the outcome in one press, and what is agreed meanwhile (R3.2)."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from bookings import agreed_moves
from bookings.agreed_moves import PriceChanges
from bookings.allocation import SlotTaken
from bookings.schedule import NotBookable, NotWorking
from customers import consents, contact_wishes
from customers.forms_reach import ConsentForm
from customers.models import ConsentSource
from studio.foundation import answers
from studio.foundation.access import has_role, roles
from studio.foundation.request import StudioRequest
from studio.foundation.templatetags.studio import local_date, local_moment
from studio.staff.models.membership import FRONT, MANAGERS
from workflow import call_agreements, call_holding, call_numbers, calls, follow_up_changes
from workflow.call_holding import LineTaken, NotToCall
from workflow.call_rules import rules_of
from workflow.models import CallOutcome, CallState, CallTask, FollowUpContact
from workflow.views.call_context import call_context, find
from workflow.views.call_forms import AgreementForm, FollowUpOutcomeForm, NumberForm, WishForm, form_of
from workflow.views.sale_appointments import say_who_was_told

PAGE = "workflow/call.html"


@roles(FRONT)
@require_GET
def call(request: StudioRequest, pk: int) -> HttpResponse:
    """One call: whom, what to know first, what to say, and what became of it."""
    return answers.page(request, PAGE, call_context(request, find(request, pk)))


# --- The line -----------------------------------------------------------------------------------
@roles(FRONT)
@require_POST
def line(request: StudioRequest, pk: int) -> HttpResponse:
    """ "Call": the customer is kept for me, and the page shows the number. A manager may take over."""
    found, now = find(request, pk), timezone.now()
    over = "over" in request.POST and has_role(request, MANAGERS)
    try:
        call_holding.take(found, by=request.actor, now=now, over=over)
    except LineTaken as taken:
        messages.error(request, taken.held.sentence)
    except NotToCall:
        messages.error(request, _("Nobody needs to call them about this any more."))
    else:
        # The script opens the telephone once, then takes the mark out of the address.
        return answers.done(request, f"{found.get_absolute_url()}#dial", trigger="calls-changed")
    return answers.done(request, found.get_absolute_url(), trigger="calls-changed")


@roles(FRONT)
@require_POST
def line_end(request: StudioRequest, pk: int) -> HttpResponse:
    """The receiver is put down without an outcome: others may call."""
    found = find(request, pk)
    if call_holding.give_up(found, by=request.actor):
        messages.success(request, _("The line is free again; the call stays on the list."))
    return answers.done(request, reverse("workflow:calls"), trigger="calls-changed")


# --- The outcome --------------------------------------------------------------------------------
@roles(FRONT)
@require_POST
def call_outcome(request: StudioRequest, pk: int) -> HttpResponse:
    """Record the outcome in one press."""
    found = find(request, pk)
    form = form_of(found, request.POST)
    if form.is_valid():
        try:
            after = calls.record(
                found,
                outcome=form.cleaned_data["outcome"],
                version=form.cleaned_data["version"],
                by=request.actor,
                now=timezone.now(),
                note=form.cleaned_data["note"],
                again_at=form.cleaned_data["again_at"],
                remember=form.cleaned_data["remember"],
                contact=form.cleaned_data["contact"],
                told=form.told() if isinstance(form, FollowUpOutcomeForm) else None,
            )
        except calls.OutcomeRefused as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal.sentence))
        else:
            messages.success(request, said(after))
            return answers.done(request, next_page(after), trigger="calls-changed")
    return answers.invalid(request, PAGE, call_context(request, found, form=form))


def said(after: CallTask) -> str:
    """What the toast tells after an outcome."""
    if after.contact is not None and after.state == CallState.DONE:
        return said_of_contact(after.contact)
    if after.state == CallState.OPEN:
        if after.outcome == CallOutcome.WRONG_NUMBER:
            return said_of_number(after)
        if after.tries >= rules_of(after.branch).most_tries and after.outcome == CallOutcome.NO_ANSWER:
            return _("Nobody answered so many times: a manager sees it now.")
        when = timezone.localtime(after.due_at)
        return pgettext("a call", "Back on the list on %(day)s at %(time)s.") % {
            "day": f"{when:%Y-%m-%d}",
            "time": f"{when:%H:%M}",
        }
    return _("Recorded: %(outcome)s.") % {"outcome": CallOutcome(after.outcome).label}


def said_of_number(after: CallTask) -> str:
    if contact_wishes.first_number(after.customer) is not None:
        return _("The number is marked as wrong. The call stays on the list, with their next number.")
    return _("The number is marked as wrong. The desk looks for another one.")


def said_of_contact(contact: FollowUpContact) -> str:
    """After a follow-up call: when the next contact is, or that there is none."""
    following = follow_up_changes.next_contact(contact.follow_up)
    if following is None:
        return _("Recorded. Nobody calls them about this any more.")
    return _("Recorded. The next contact is on %(day)s.") % {"day": local_date(following.due_on)}


def next_page(after: CallTask) -> str:
    """Who has just heard of another wish goes on to the dates; everybody else back to the list."""
    if after.outcome == CallOutcome.ANOTHER_TIME and after.appointment_id:
        return reverse("workflow:move", args=[after.appointment_id])
    return reverse("workflow:calls")


# --- Another time, agreed at once -----------------------------------------------------------------
@roles(FRONT)
@require_POST
def agreement(request: StudioRequest, pk: int) -> HttpResponse:
    """One of the times that they chose, or of the three nearest: the date moves there in one press."""
    found = find(request, pk)
    form = AgreementForm(request.POST)
    refused: dict[str, Any] = {}
    if form.is_valid():
        starts_at = form.cleaned_data["starts_at"]
        refused = {"starts_at": starts_at}
        try:
            moved = call_agreements.agree(
                found,
                starts_at=starts_at,
                version=form.cleaned_data["version"],
                price=agreed_moves.read(request.POST.get("price")),
                by=request.actor,
                now=timezone.now(),
            )
        except PriceChanges as change:
            refused |= {"why": change.sentence, "costs": change}
        except (SlotTaken, NotWorking) as refusal:
            why = _("%(when)s can't be had any more.") % {"when": local_moment(starts_at)}
            refused |= {"why": why, "free": refusal.free}
        except NotBookable as refusal:
            refused |= {"why": " ".join(refusal.messages)}
        except calls.OutcomeRefused as refusal:
            refused |= {"why": str(refusal.sentence)}
        else:
            messages.success(request, _("Agreed: %(when)s.") % {"when": local_moment(starts_at)})
            if moved.starts_at != starts_at:
                messages.info(request, _("It is shifted as soon as the date behind it has agreed too."))
            say_who_was_told(request, moved)
            return answers.done(request, reverse("workflow:calls"), trigger="calls-changed")
    refused.setdefault("why", _("Choose one of the times."))
    return answers.invalid(request, PAGE, call_context(request, found, refused=refused))


# --- Whom to ring, when, and at which number --------------------------------------------------------
@roles(FRONT)
@require_POST
def wish(request: StudioRequest, pk: int) -> HttpResponse:
    """Whom of the party to ring, and when: kept for every call to come."""
    found = find(request, pk)
    form = WishForm(request.POST, customer=found.customer)
    if form.is_valid():
        try:
            contact_wishes.keep(found.customer, by=request.actor, now=timezone.now(), **form.wish)
        except ValidationError as refusal:
            form.add_error(None, refusal)
        else:
            contact_wishes.say_whose(found.customer, form.whose, by=request.actor, now=timezone.now())
            messages.success(request, _("Kept for every call to come."))
            return answers.done(request, found.get_absolute_url(), trigger="calls-changed")
    return answers.invalid(request, PAGE, call_context(request, found, wish_form=form))


@roles(FRONT)
@require_POST
def consent(request: StudioRequest, pk: int) -> HttpResponse:
    """Yes or no to one way and scope, or “stop”, as they said it in this call (R2.2)."""
    found, now = find(request, pk), timezone.now()
    told: dict[str, Any] = {"source": ConsentSource.CALL, "by": request.actor, "now": now}
    form = ConsentForm(request.POST)
    if "stop" in request.POST:
        consents.stop(found.customer, **told)
        messages.success(request, _("From now on they hear only about what they ordered."))
    elif form.is_valid():
        said = form.cleaned_data
        consents.say(found.customer, said["way"], said["scope"], said["allowed"], **told)
        messages.success(request, _("Noted."))
    else:
        messages.error(request, _("Nothing was changed: choose a way from the list."))
    return answers.done(request, f"{found.get_absolute_url()}#consent", trigger="calls-changed")


@roles(FRONT)
@require_http_methods(["GET", "HEAD", "POST"])
def number(request: StudioRequest, pk: int) -> HttpResponse:
    """The desk has found a number: it goes into the file, and the call is due."""
    found = find(request, pk)
    form = NumberForm(request.POST if request.method == "POST" else None, branch=found.branch, call=found.pk)
    if form.is_valid():
        try:
            call_numbers.find(found, form.cleaned_data["number"], by=request.actor, now=timezone.now())
        except ValidationError as refusal:
            form.add_error(None, refusal)
        else:
            messages.success(request, _("Written down. The call can be made now."))
            to = reverse("desk:today") if "today" in request.POST else found.get_absolute_url()
            return redirect(to)
    context = {"call": found, "customer": found.customer, "number_form": form}
    status = 422 if form.is_bound else 200
    return answers.page(request, "workflow/call_number.html", context, status=status)
