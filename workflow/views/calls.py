"""The list of calls, one call with its script, and its outcome."""

from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_GET, require_POST

from studio.foundation import answers
from studio.foundation.access import has_role, roles
from studio.foundation.request import StudioRequest
from studio.foundation.templatetags.studio import local_date
from studio.staff.duties import stands_in_for, who_acts_for
from studio.staff.models.membership import FRONT, MANAGERS
from workflow import call_lists, call_script, calls, follow_up_changes, follow_up_lists
from workflow.call_rules import rules_of
from workflow.models import CallKind, CallOutcome, CallState, CallTask, FollowUpContact, WorkOrder
from workflow.views.call_forms import FollowUpOutcomeForm, OutcomeForm, form_of

CHAT_APPS = {"TW": "LINE", "JP": "LINE", "TH": "LINE"}
ICONS = {
    CallOutcome.CONFIRMED: "circle-check",
    CallOutcome.CHAT: "message-circle",
    CallOutcome.ANOTHER_TIME: "calendar-clock",
    CallOutcome.NO_ANSWER: "phone-missed",
    CallOutcome.LATER: "clock",
    CallOutcome.WRONG_NUMBER: "circle-question-mark",
    CallOutcome.DO_NOT_CONTACT: "ban",
    CallOutcome.INTERESTED: "message-circle-heart",
    CallOutcome.COMING: "door-open",
    CallOutcome.NOT_NOW: "sprout",
    CallOutcome.DECIDED: "flag",
}


@roles(FRONT)
@require_GET
def call_index(request: StudioRequest) -> HttpResponse:
    """My calls and those of whom I stand in for; a manager may look at the whole branch."""
    now, branch = timezone.now(), request.branch
    manages = has_role(request, MANAGERS)
    everybody = manages and request.GET.get("all") == "1"
    users = None if everybody else stands_in_for(request.actor, branch=branch, day=branch.today(now))
    acting = who_acts_for(request.actor, branch=branch, day=branch.today(now))
    context = {
        "list": call_lists.call_list(users, branch=branch, reader=request.actor, now=now, manages=manages),
        "everybody": everybody,
        "manages": manages,
        "deputy": acting if acting != request.actor else None,
        "stands_in_for": [user for user in users or [] if user != request.actor],
        "now": now,
    }
    return answers.page(request, "workflow/calls.html", context, fragment="workflow/_calls_list.html")


@roles(FRONT)
@require_GET
def call(request: StudioRequest, pk: int) -> HttpResponse:
    """One call: whom, what to know first, what to say, and what became of it."""
    found = find(request, pk)
    return answers.page(request, "workflow/call.html", call_context(request, found, form=None))


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
                told=form.told() if isinstance(form, FollowUpOutcomeForm) else None,
            )
        except calls.OutcomeRefused as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal.sentence))
        else:
            messages.success(request, said(after))
            return answers.done(request, next_page(after), trigger="calls-changed")
    return answers.invalid(request, "workflow/call.html", call_context(request, found, form=form))


def find(request: StudioRequest, pk: int) -> CallTask:
    rows = CallTask.objects.filter(branch=request.branch).select_related(
        "branch",
        "customer__owner",
        "appointment__branch",
        "appointment__booking__package_version__package",
        "contact__occasion",
        "contact__follow_up__visit__branch",
        "done_by",
    )
    return get_object_or_404(rows.prefetch_related("customer__members", "customer__contact_points"), pk=pk)


def call_context(request: StudioRequest, found: CallTask, *, form: OutcomeForm | None) -> dict[str, Any]:
    now = timezone.now()
    customer, appointment = found.customer, found.appointment
    order = found.work_order or (
        WorkOrder.objects.filter(booking=appointment.booking_id).first()
        if appointment and appointment.booking_id
        else None
    )
    return {
        "call": found,
        "line": call_lists.line_of(found, reader=request.actor, now=now),
        "customer": customer,
        "appointment": appointment,
        "order": order,
        "taboos": customer.taboos.filter(is_active=True),
        "script": call_script.script_for(found, caller=request.actor, now=now),
        "choices": choices(found, request.branch.region),
        "may_call": found.state == CallState.OPEN and customer.is_active and not customer.do_not_contact,
        "form": form or form_of(found, initial={"again_at": rounded(now + timedelta(hours=1))}),
        "steps": follow_up_lists.path(found.contact.follow_up) if found.contact else [],
        "history": found.events.select_related("actor").order_by("-at", "-id"),
        "now": now,
    }


def choices(found: CallTask, region: str) -> list[dict[str, str]]:
    """The buttons of this call, in the order in which they are needed."""
    return [
        {"value": value, "label": label_of(value, found.kind, region), "icon": ICONS[CallOutcome(value)]}
        for value in calls.OUTCOMES[found.kind]
    ]


def label_of(outcome: str, kind: str, region: str) -> str:
    if outcome == CallOutcome.CHAT and region in CHAT_APPS:
        return _("Confirmed on LINE")
    if outcome == CallOutcome.CONFIRMED and kind == CallKind.ANOTHER_TIME:
        return _("The old time holds after all")
    if outcome == CallOutcome.LATER and kind == CallKind.AGREE_DATE:
        return _("Not decided yet, call again")
    return str(CallOutcome(outcome).label)


def rounded(moment: datetime) -> datetime:
    """On the quarter of an hour, in the branch's clock."""
    local = timezone.localtime(moment)
    return local.replace(minute=local.minute // 15 * 15, second=0, microsecond=0)


def said(after: CallTask) -> str:
    """What the toast tells after an outcome."""
    if after.contact is not None and after.state == CallState.DONE:
        return said_of_contact(after.contact)
    if after.state == CallState.OPEN:
        if after.outcome == CallOutcome.WRONG_NUMBER:
            return _("The number is marked as wrong. The call stays on the list.")
        when = timezone.localtime(after.due_at)
        if after.tries >= rules_of(after.branch).most_tries and after.outcome == CallOutcome.NO_ANSWER:
            return _("Nobody answered three times: a manager sees it now.")
        return pgettext("a call", "Back on the list on %(day)s at %(time)s.") % {
            "day": f"{when:%Y-%m-%d}",
            "time": f"{when:%H:%M}",
        }
    return _("Recorded: %(outcome)s.") % {"outcome": CallOutcome(after.outcome).label}


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
