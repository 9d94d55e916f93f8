"""Nobody has to remember: the rules of a branch bring up calls and send reminders by themselves (R3.1–R3.3).

When each rule falls due is written down beforehand (`reminder_plan`). Here what has fallen due is carried
out, in as many processes as there are: the appointment is locked and its version and state are asked again,
and the row `Reminder` is settled together with its call or message, in one transaction. So a move at the same
moment comes wholly before or wholly after, and each row is carried out once.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

import structlog
from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from bookings.models import Appointment
from customers.models import ContactWish
from workflow import calls, outdated, reminder_message, reminder_plan, undated
from workflow.disrupted_states import broken
from workflow.models import CallKind, Reminder, ReminderRule, ReminderState, RuleAction

BATCH = 50
"""So many appointments are locked together: somebody at the desk may be waiting to move one of them."""
ROUNDS = 100

DUE_NOW = f"""
    EXISTS (SELECT 1 FROM {Appointment._meta.db_table}
            WHERE state = 'planned' AND planned_version <> schedule_version)
    OR EXISTS (SELECT 1 FROM {Reminder._meta.db_table} WHERE state = 'planned' AND due_at <= %(now)s)
    OR EXISTS (SELECT 1 FROM {ReminderRule._meta.db_table} WHERE replan)
"""
"""Whether there is anything to plan or to carry out; indexes answer, whatever the number of orders."""

log = structlog.get_logger(__name__)


def plan(now: datetime) -> int:
    """Everything that comes up by itself; take off the lists what is no longer meant. Safe any number of
    times; answers how many calls and messages were made."""
    outdated.withdraw_calls(now)
    return plan_reminders(now) + undated.plan(now)


def plan_reminders(now: datetime) -> int:
    """Write down what falls due when, and carry out what is due."""
    reminder_plan.plan(now)
    return carry_out_due(now)


# --- What is due ------------------------------------------------------------------------------
def carry_out_due(now: datetime) -> int:
    """Batch by batch, the longest due first. A row that can't be carried out does not hold up the others."""
    done, last = 0, (datetime.min.replace(tzinfo=UTC), 0)
    for _round in range(ROUNDS):
        behind = Q(due_at__gt=last[0]) | Q(due_at=last[0], pk__gt=last[1])
        due = list(
            Reminder.objects.filter(behind, state=ReminderState.PLANNED, due_at__lte=now)
            .order_by("due_at", "pk")
            .values_list("due_at", "pk", "appointment")[:BATCH]
        )
        if due:
            done += carry_out_batch({appointment for _due_at, _pk, appointment in due}, now)
        if len(due) < BATCH:
            break
        last = due[-1][:2]
    return done


def carry_out_batch(appointment_ids: Iterable[int], now: datetime) -> int:
    """What is due for these appointments. One that somebody is changing this second waits for the next tick,
    one whose rule was changed until that is planned."""
    with transaction.atomic():
        appointments = {
            appointment.pk: appointment
            for appointment in Appointment.objects.filter(pk__in=appointment_ids)
            .annotate(is_broken=Exists(broken().filter(appointment=OuterRef("pk"))))
            .select_related("branch", "customer")
            .order_by("pk")
            .select_for_update(no_key=True, skip_locked=True, of=("self",))
        }
        # Asked under the lock: another planner may have been here since.
        rows = Reminder.objects.filter(
            appointment__in=appointments,
            due_at__lte=now,
            state__in=[ReminderState.PLANNED, ReminderState.DONE],
        )
        to_do = []
        for row in sort_out(rows.select_related("rule").order_by("due_at", "pk"), appointments, now):
            row.appointment = appointments[row.appointment_id]
            row.rule.branch = row.appointment.branch
            to_do.append(row)
        return carry_out_all(to_do, now)


def sort_out(
    rows: Iterable[Reminder], appointments: Mapping[int, Appointment], now: datetime
) -> list[Reminder]:
    """Those that are to be carried out; what is no longer meant, and what a nearer one speaks for, is settled
    here. Where several rules of the same sort have come due together (a late appointment, a power cut), only
    the one nearest to the appointment speaks; one that is no longer meant itself speaks for none."""
    rows = list(rows)
    alike: dict[int, list[Reminder]] = {}
    for row in rows:
        if row.state == ReminderState.DONE or is_meant(row, appointments[row.appointment_id], now):
            alike.setdefault(row.appointment_id, []).append(row)
    to_do, settled = [], []
    for row in rows:
        appointment = appointments[row.appointment_id]
        if row.state != ReminderState.PLANNED or waits(row, appointment):
            continue
        if not is_meant(row, appointment, now):
            row.state, row.done_at = ReminderState.WITHDRAWN, now
        elif nearer := [other for other in alike[row.appointment_id] if speaks_for(other, row)]:
            if all(other.state == ReminderState.PLANNED and waits(other, appointment) for other in nearer):
                continue  # what becomes of that one says whether this one speaks
            row.state, row.done_at = ReminderState.OVERTAKEN, now
        else:
            to_do.append(row)
            continue
        settled.append(row)
    Reminder.objects.bulk_update(settled, ["state", "done_at"])
    return to_do


def waits(row: Reminder, appointment: Appointment) -> bool:
    """Its moment is being worked out anew; or the date itself is (R9.7), and nobody is reminded of a time
    that does not hold."""
    behind = appointment.is_planned and appointment.planned_version != appointment.schedule_version
    return behind or row.rule.replan or getattr(appointment, "is_broken", False)


def is_meant(row: Reminder, appointment: Appointment, now: datetime) -> bool:
    customer = appointment.customer
    return (
        appointment.is_planned
        and appointment.starts_at > now
        and row.schedule_version == appointment.schedule_version
        and row.rule.is_active
        and appointment.branch.is_active
        and customer.is_active
        and not customer.do_not_contact
    )


def speaks_for(other: Reminder, row: Reminder) -> bool:
    """Whether `other` is due (or was carried out) for the same time by the same means, and is the nearer."""

    def about(one: Reminder) -> tuple[object, ...]:
        return one.appointment_id, one.schedule_version, one.rule.action, one.rule.channel

    def nearness(one: Reminder) -> tuple[object, ...]:
        return -one.rule.days_before, one.rule.at, one.rule_id

    return (
        other.state in (ReminderState.PLANNED, ReminderState.DONE)
        and about(other) == about(row)
        and nearness(other) > nearness(row)
    )


# --- Carried out -------------------------------------------------------------------------------
def carry_out_all(rows: Sequence[Reminder], now: datetime) -> int:
    """All together; where one of them can't be, each by itself."""
    if not rows:
        return 0
    try:
        with transaction.atomic():
            carry_out_together(rows, now)
    except Exception:
        log.warning("reminders are carried out one by one", first=rows[0].pk, count=len(rows))
        return sum(carry_out_safely(row, now) for row in rows)
    return len(rows)


def carry_out_safely(row: Reminder, now: datetime) -> int:
    try:
        with transaction.atomic():
            carry_out_together([row], now)
    except Exception:
        log.exception("reminder not carried out", rule=row.rule_id, appointment=row.appointment_id)
        return 0
    return 1


def carry_out_together(rows: Sequence[Reminder], now: datetime) -> None:
    letters = [row for row in rows if row.rule.action == RuleAction.MESSAGE]
    messages = reminder_message.write_all(
        [reminder_message.Letter(row.appointment, row.rule) for row in letters], now=now
    )
    for row, message in zip(letters, messages, strict=True):
        row.message = message
    bring_up([row for row in rows if row.rule.action == RuleAction.CALL], now)
    for row in rows:
        row.state, row.done_at = ReminderState.DONE, now
    Reminder.objects.bulk_update(rows, ["state", "done_at", "message"])


def bring_up(rows: Sequence[Reminder], now: datetime) -> None:
    """The owners' calls, in the hours that suit the customers where the appointment leaves the time."""
    if not rows:
        return
    wishes = ContactWish.objects.filter(customer__in={row.appointment.customer_id for row in rows})
    hours = {wish.customer_id: wish for wish in wishes}
    for row in rows:
        appointment = row.appointment
        suits = reminder_plan.suiting(
            hours.get(appointment.customer_id),
            now,
            branch=appointment.branch,
            now=now,
            before=appointment.starts_at,
        )
        calls.bring_up(
            appointment,
            kind=CallKind.CONFIRM,
            reason=f"rule{row.rule_id}",
            rule=row.rule,
            due_at=suits,
            now=now,
        )
