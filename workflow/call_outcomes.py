"""What became of a call, and what each outcome does (R3.2)."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from bookings import schedule
from bookings.models import Appointment, AppointmentState
from customers import contact_wishes, files
from customers.models import ContactPoint, Customer
from customers.names import clean
from studio.foundation.audit import acting
from studio.foundation.models import StaleEdit
from studio.staff.models import User
from workflow import call_holding, call_missed, disrupted_states, follow_up_calls
from workflow.call_making import ask_for_another_time
from workflow.call_rules import rules_of
from workflow.call_tries import OutcomeRefused, checked_moment, hours_around, mark_wrong, next_try
from workflow.call_withdrawals import withdraw
from workflow.follow_up_calls import Told
from workflow.follow_ups import FollowUpRefused
from workflow.models import CallEvent, CallKind, CallOutcome, CallState, CallTask

SETTLED = {CallOutcome.CONFIRMED, CallOutcome.CHAT}
WITHOUT_A_DATE = (
    CallOutcome.NO_ANSWER,
    CallOutcome.LATER,
    CallOutcome.WRONG_NUMBER,
    CallOutcome.DO_NOT_CONTACT,
)
ABOUT_A_TIME = (CallOutcome.CONFIRMED, CallOutcome.CHAT, CallOutcome.ANOTHER_TIME, *WITHOUT_A_DATE)
OUTCOMES: dict[str, tuple[str, ...]] = {
    CallKind.CONFIRM: ABOUT_A_TIME,
    CallKind.NOT_REACHED: ABOUT_A_TIME,
    # A new date closes these two by itself, the moment that it is agreed.
    CallKind.ANOTHER_TIME: (CallOutcome.CONFIRMED, CallOutcome.CHAT, *WITHOUT_A_DATE),
    CallKind.AGREE_DATE: WITHOUT_A_DATE,
    CallKind.DISRUPTED: (CallOutcome.ANOTHER_TIME, *WITHOUT_A_DATE),
    CallKind.FOLLOW_UP: (
        *follow_up_calls.TALKED,
        CallOutcome.NO_ANSWER,
        CallOutcome.LATER,
        CallOutcome.WRONG_NUMBER,
        CallOutcome.DECIDED,
        CallOutcome.DO_NOT_CONTACT,
    ),
}
"""What can become of a call of each kind."""


def record(
    call: CallTask,
    *,
    outcome: str,
    version: int | None,
    by: User,
    now: datetime,
    note: str = "",
    again_at: datetime | None = None,
    remember: bool = False,
    contact: ContactPoint | None = None,
    told: Told | None = None,
) -> CallTask:
    """What became of a try. The same press twice is one; somebody else's press in between is a `StaleEdit`.

    No answer comes back after a while, so many times as the branch's rules say; then they are written to,
    and a manager sees it. A wrong number is marked and the call stays, for the next number or for the desk
    to find one. `remember`: the hours around `again_at` suit them always. `told` is what the form of a
    follow-up call has besides. Whoever is on the line with the customer records; while nobody is, anybody.
    """
    with transaction.atomic(), acting(by):
        fresh = CallTask.locked(call.pk)
        if is_repeat(fresh, outcome=outcome, version=version, by=by):
            return fresh
        if fresh.state != CallState.OPEN or (version is not None and fresh.version != version):
            raise StaleEdit(fresh)
        check_line(fresh, by=by, now=now)
        if fresh.customer.do_not_contact and outcome != CallOutcome.DO_NOT_CONTACT:
            raise OutcomeRefused("outcome", _("This customer asked not to be contacted."))
        if outcome not in OUTCOMES[fresh.kind]:
            raise OutcomeRefused("outcome", _("Choose what became of the call."))
        fresh.note, fresh.outcome = clean(note)[:300], outcome
        if fresh.kind == CallKind.FOLLOW_UP:
            follow_up(fresh, told or Told(said=note), by=by, now=now, again_at=again_at)
        carry_out(fresh, by=by, now=now, again_at=again_at, remember=remember, contact=contact)
        fresh.save_version("state", "outcome", "note", "tries", "due_at", "done_by", "done_at")
        write(fresh, kind="recorded", by=by, now=now, outcome=outcome, version=version or fresh.version - 1)
        follow_up_the_outcome(fresh, by=by, now=now)
        return fresh


def check_line(call: CallTask, *, by: User, now: datetime) -> None:
    try:
        call_holding.check_free(call, by=by, now=now)
    except call_holding.LineTaken as taken:
        raise OutcomeRefused("outcome", taken.held.sentence) from None


def follow_up_the_outcome(call: CallTask, *, by: User, now: datetime) -> None:
    """The receiver is put down; nobody reached so many times is written to, and who was reached is not."""
    call_holding.give_up(call, by=by)
    if call.outcome != CallOutcome.NO_ANSWER:
        call_missed.withdraw_about(call, now=now)
    elif call.tries >= rules_of(call.branch).most_tries:
        call_missed.tell(call, now=now)


def follow_up(call: CallTask, told: Told, *, by: User, now: datetime, again_at: datetime | None) -> None:
    """What the outcome means for the plan behind a follow-up call (R2.2)."""
    try:
        if call.outcome == CallOutcome.DO_NOT_CONTACT:
            Customer.locked(call.customer_id)  # first, in the order of locks of workflow.follow_ups
        if call.outcome in follow_up_calls.MADE:
            follow_up_calls.make(call, told, by=by, now=now)
        elif call.outcome == CallOutcome.LATER:
            follow_up_calls.postpone(call, checked_moment(call, again_at, now), by=by, now=now)
        else:
            follow_up_calls.check_planned(call)
    except FollowUpRefused as refusal:
        raise OutcomeRefused(refusal.field, refusal.sentence) from None


def is_repeat(call: CallTask, *, outcome: str, version: int | None, by: User) -> bool:
    """Whether this very press was carried out already: the same person, page and outcome."""
    last = call.events.filter(kind="recorded").order_by("-at", "-id").first()
    return bool(
        last
        and version is not None
        and last.actor_id == by.pk
        and last.parameters == {"outcome": outcome, "version": version}
    )


def write(call: CallTask, *, kind: str, by: User | None, now: datetime, **parameters: object) -> None:
    CallEvent.objects.create(call=call, kind=kind, actor=by, at=now, parameters=parameters)


def carry_out(
    call: CallTask,
    *,
    by: User,
    now: datetime,
    again_at: datetime | None,
    remember: bool,
    contact: ContactPoint | None,
) -> None:
    outcome = call.outcome
    if outcome == CallOutcome.NO_ANSWER:
        call.tries += 1
        call.due_at = next_try(call, now)
    elif outcome == CallOutcome.LATER:
        call.due_at = checked_moment(call, again_at, now)
        if remember:
            first, last = hours_around(call.due_at, call.branch)
            contact_wishes.keep(call.customer, from_time=first, until_time=last, by=by, now=now)
    elif outcome == CallOutcome.WRONG_NUMBER:
        mark_wrong(call, contact)
    else:
        call.state, call.done_by, call.done_at = CallState.DONE, by, now
        if outcome == CallOutcome.DO_NOT_CONTACT:
            files.refuse_contact(call.customer, by=by, now=now)
        elif call.appointment_id is not None:
            settle(call, by=by, now=now)


def settle(call: CallTask, *, by: User, now: datetime) -> None:
    """Tell the appointment what the customer said; it must still be the one that the call was about."""
    appointment = Appointment.locked(call.appointment_id)
    if appointment.schedule_version != call.schedule_version or appointment.state != AppointmentState.PLANNED:
        raise OutcomeRefused(
            "outcome", _("The appointment was moved or ended meanwhile; this call is no longer needed.")
        )
    if call.outcome in SETTLED:
        via: schedule.Via = "chat" if call.outcome == CallOutcome.CHAT else "call"
        schedule.confirm(appointment, via=via, by=by, now=now)
        withdraw_siblings(call, by=by, now=now)
    elif call.outcome == CallOutcome.ANOTHER_TIME:
        schedule.ask_another_time(appointment, wish=call.note, via="call", by=by, now=now)
        ask_for_another_time(appointment, now=now, by=by, besides=call.pk)
        if call.kind == CallKind.DISRUPTED:
            disrupted_states.told_in_a_call(appointment, by=by, now=now, note=call.note)


def withdraw_siblings(call: CallTask, *, by: User, now: datetime) -> None:
    """Who has just said yes on the telephone is not called about the same appointment once more."""
    others = CallTask.objects.open().filter(
        appointment=call.appointment_id, kind__in=[CallKind.CONFIRM, CallKind.NOT_REACHED]
    )
    withdraw(others.exclude(pk=call.pk), by=by, now=now)
