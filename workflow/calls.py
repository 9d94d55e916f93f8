"""Calls to make (R3.2): on whose list they stand, and what each outcome does."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from bookings import schedule
from bookings.models import Appointment, AppointmentState
from customers import files
from customers.models import ContactPoint, Customer
from customers.names import clean
from studio.foundation.audit import acting
from studio.foundation.models import StaleEdit
from studio.staff.models import Branch, User
from workflow import follow_up_calls
from workflow.call_tries import OutcomeRefused, checked_moment, mark_wrong, next_try
from workflow.call_withdrawals import withdraw
from workflow.follow_up_calls import Told
from workflow.follow_ups import FollowUpRefused
from workflow.models import CallEvent, CallKind, CallOutcome, CallState, CallTask, ReminderRule
from workflow.models.calls import CallTaskQuerySet

TRIES = 3
OVERDUE_AFTER = timedelta(hours=2)
"""A call that stands on the list for longer is late; from three vain tries on a manager sees it."""
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


# --- Lists ----------------------------------------------------------------------------------
def calls_for(users: Iterable[User], branch: Branch, now: datetime) -> list[CallTask]:
    """The calls due for these people, the longest due first (R3.2, R8.1)."""
    return due(branch, now=now, users=users)


def due(branch: Branch, *, now: datetime, users: Iterable[User] | None = None) -> list[CallTask]:
    """The calls due in a branch; without `users` the whole branch's."""
    return listed(CallTask.objects.to_make().filter(branch=branch, due_at__lte=now), users)


def later_today(branch: Branch, *, now: datetime, users: Iterable[User] | None = None) -> list[CallTask]:
    """The calls that fall due before the day is over."""
    end = branch.day_bounds(branch.today(now))[1]
    later = CallTask.objects.to_make().filter(branch=branch, due_at__gt=now, due_at__lt=end)
    return listed(later, users)


def listed(rows: CallTaskQuerySet, users: Iterable[User] | None) -> list[CallTask]:
    rows = rows if users is None else rows.of(users)
    return list(rows.for_list().order_by("due_at", "id"))


def is_overdue(call: CallTask, now: datetime) -> bool:
    return call.state == CallState.OPEN and call.due_at <= now - OVERDUE_AFTER


# --- Making calls ---------------------------------------------------------------------------
def ask_for_another_time(
    appointment: Appointment, *, now: datetime, by: User | None = None, besides: int | None = None
) -> None:
    """One open call to agree another time; asked again, the same call serves. The appointment is locked.

    It takes the place of the calls that would ask whether the old time holds (but for `besides`, the call
    in which the customer said so).
    """
    asking_otherwise = CallTask.objects.open().filter(
        appointment=appointment, kind__in=[CallKind.CONFIRM, CallKind.NOT_REACHED]
    )
    withdraw(asking_otherwise.exclude(pk=besides or 0), by=by, now=now)
    asked = CallTask.objects.filter(
        appointment=appointment,
        schedule_version=appointment.schedule_version,
        kind=CallKind.ANOTHER_TIME,
    )
    if asked.open().exists():
        return
    CallTask.objects.create(
        branch_id=appointment.branch_id,
        customer_id=appointment.customer_id,
        kind=CallKind.ANOTHER_TIME,
        appointment=appointment,
        schedule_version=appointment.schedule_version,
        dedupe_key=f"another_time:{appointment.pk}:{appointment.schedule_version}:{asked.count()}",
        due_at=now,
        created_at=now,
    )


def bring_up(
    appointment: Appointment,
    *,
    kind: CallKind,
    reason: str,
    now: datetime,
    rule: ReminderRule | None = None,
    due_at: datetime | None = None,
) -> None:
    """A call about the appointment, once per schedule version and reason; none beside an open one like it.

    It is due at once, or at `due_at`, where the customer named hours that suit them."""
    about = {"appointment": appointment, "schedule_version": appointment.schedule_version, "kind": kind}
    same = CallTask.objects.open().filter(
        appointment=appointment,
        schedule_version=appointment.schedule_version,
        kind__in=[kind, CallKind.ANOTHER_TIME],
    )
    if same.exists():
        return
    CallTask.objects.bulk_create(
        [
            CallTask(
                **about,
                branch_id=appointment.branch_id,
                customer_id=appointment.customer_id,
                rule=rule,
                dedupe_key=f"{kind}:{appointment.pk}:{appointment.schedule_version}:{reason}",
                due_at=due_at or now,
                created_at=now,
            )
        ],
        ignore_conflicts=True,
    )


# --- Recording ------------------------------------------------------------------------------
def record(
    call: CallTask,
    *,
    outcome: str,
    version: int | None,
    by: User,
    now: datetime,
    note: str = "",
    again_at: datetime | None = None,
    contact: ContactPoint | None = None,
    told: Told | None = None,
) -> CallTask:
    """What became of a try. The same press twice is one; somebody else's press in between is a `StaleEdit`.

    No answer comes back after two hours, three times; then the manager sees it. A wrong number is marked
    and the call stays, for the next number or for the desk to find one. `told` is what the form of a
    follow-up call has besides.
    """
    with transaction.atomic(), acting(by):
        fresh = CallTask.locked(call.pk)
        if is_repeat(fresh, outcome=outcome, version=version, by=by):
            return fresh
        if fresh.state != CallState.OPEN or (version is not None and fresh.version != version):
            raise StaleEdit(fresh)
        if fresh.customer.do_not_contact and outcome != CallOutcome.DO_NOT_CONTACT:
            raise OutcomeRefused("outcome", _("This customer asked not to be contacted."))
        if outcome not in OUTCOMES[fresh.kind]:
            raise OutcomeRefused("outcome", _("Choose what became of the call."))
        fresh.note, fresh.outcome = clean(note)[:300], outcome
        if fresh.kind == CallKind.FOLLOW_UP:
            follow_up(fresh, told or Told(said=note), by=by, now=now, again_at=again_at)
        carry_out(fresh, by=by, now=now, again_at=again_at, contact=contact)
        fresh.save_version("state", "outcome", "note", "tries", "due_at", "done_by", "done_at")
        write(fresh, kind="recorded", by=by, now=now, outcome=outcome, version=version or fresh.version - 1)
        return fresh


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
    last = call.events.order_by("-at", "-id").first()
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
    contact: ContactPoint | None,
) -> None:
    outcome = call.outcome
    if outcome == CallOutcome.NO_ANSWER:
        call.tries += 1
        call.due_at = next_try(call, now)
    elif outcome == CallOutcome.LATER:
        call.due_at = checked_moment(call, again_at, now)
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


def withdraw_siblings(call: CallTask, *, by: User, now: datetime) -> None:
    """Who has just said yes on the telephone is not called about the same appointment once more."""
    others = CallTask.objects.open().filter(
        appointment=call.appointment_id, kind__in=[CallKind.CONFIRM, CallKind.NOT_REACHED]
    )
    withdraw(others.exclude(pk=call.pk), by=by, now=now)
