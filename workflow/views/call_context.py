"""What the page of one call shows, and the words of its buttons."""

from datetime import datetime, timedelta
from typing import Any

from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _

from customers import consents, contact_wishes
from studio.foundation.access import has_role
from studio.foundation.request import StudioRequest
from studio.staff.models.membership import MANAGERS
from workflow import call_agreements, call_lists, call_script, calls, disrupted_script, follow_up_lists
from workflow.call_rules import rules_of
from workflow.last_words import last_words
from workflow.models import CallKind, CallOutcome, CallState, CallTask, WorkOrder
from workflow.views.call_forms import NumberForm, OutcomeForm, WishForm, form_of

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


def find(request: StudioRequest, pk: int) -> CallTask:
    """A call of the actor's branch; the neighbour's does not exist."""
    rows = CallTask.objects.filter(branch=request.branch).select_related(
        "branch",
        "customer__owner",
        "customer__contact_wish",
        "appointment__branch",
        "appointment__booking__package_version__package",
        "contact__occasion",
        "contact__follow_up__visit__branch",
        "work_order__booking",
        "assigned_to",
        "done_by",
    )
    people = ("customer__members", "customer__contact_points__member")
    return get_object_or_404(rows.prefetch_related(*people), pk=pk)


def call_context(request: StudioRequest, found: CallTask, **forms: Any) -> dict[str, Any]:
    """`forms`: a form that was filled in wrongly takes the place of the empty one (form, wish, number)."""
    now = timezone.now()
    customer, scripts = found.customer, call_script.scripts_for(found, caller=request.actor, now=now)
    standing = consents.by_scope(customer)
    points = [point for point in customer.contact_points.all() if point.kind == "phone"]
    return {
        "call": found,
        "line": call_lists.line_of(found, reader=request.actor, now=now),
        "customer": customer,
        "appointment": found.appointment,
        "order": order_of(found),
        "taboos": customer.taboos.filter(is_active=True),
        "script": scripts[0],
        "own_script": scripts[-1],
        "choices": choices(found, request.branch.region),
        "may_call": found.state == CallState.OPEN and customer.is_active and not customer.do_not_contact,
        "manages": has_role(request, MANAGERS),
        "rules": rules_of(found.branch),
        "numbers": points,
        "first": contact_wishes.first_number(customer),
        "wished": contact_wishes.wish_of(customer),
        "standing": standing,
        "stopped": not any(row.allowed for scope, rows in standing for row in rows if scope == "news"),
        "wished_times": call_agreements.wished_times(found, now),
        "broken": disrupted_script.open_row(found.appointment)
        if found.kind == CallKind.DISRUPTED and found.appointment
        else None,
        "last_words": last_words(customer, besides=found),
        "form": empty_form(found, now),
        "wish_form": WishForm(customer=customer),
        "number_form": NumberForm(branch=found.branch, call=found.pk),
        "steps": follow_up_lists.path(found.contact.follow_up) if found.contact else [],
        "history": found.events.select_related("actor").order_by("-at", "-id"),
        "now": now,
        **forms,
    }


def order_of(found: CallTask) -> WorkOrder | None:
    if found.work_order is not None or found.appointment is None or found.appointment.booking_id is None:
        return found.work_order
    orders = WorkOrder.objects.filter(booking=found.appointment.booking_id)
    return orders.select_related("booking").first()


def empty_form(found: CallTask, now: datetime) -> OutcomeForm:
    return form_of(found, initial={"again_at": rounded(now + timedelta(hours=1))})


def rounded(moment: datetime) -> datetime:
    """On the quarter of an hour, in the branch's clock."""
    local = timezone.localtime(moment)
    return local.replace(minute=local.minute // 15 * 15, second=0, microsecond=0)


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
