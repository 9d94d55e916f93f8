"""Nobody has to remember: the rules of a branch bring up calls and send reminders by themselves (R3.1–R3.3).

`plan` runs at every tick, in as many processes as there are. A rule is carried out once for each schedule
version of an appointment: the row `Reminder` is made together with its call or message, in one transaction,
with the appointment locked, so that a move at the same moment comes wholly before or wholly after.
"""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

import structlog
from django.db import connection, transaction

from bookings.models import Appointment, AppointmentState
from customers.models import Customer
from workflow import calls, outdated, reminder_message, undated
from workflow.models import CallKind, Reminder, ReminderRule, RuleAction

BATCH = 100
ROUNDS = 20

log = structlog.get_logger(__name__)


def plan(now: datetime) -> int:
    """Bring up what has fallen due, take off the lists what is no longer meant. Safe any number of times."""
    outdated.withdraw_calls(now)
    return plan_rules(now) + undated.plan(now)


# --- When a rule's moment comes -------------------------------------------------------------
def moment_of(rule: ReminderRule, day: date) -> datetime:
    """When the rule falls due for an appointment on `day` of the branch's calendar."""
    return rule.branch.at(day - timedelta(days=rule.days_before), rule.at)


def horizon(rule: ReminderRule, now: datetime) -> datetime:
    """Appointments that start before this are due by the rule: the end of the last day that has come up."""
    day = rule.branch.today(now) + timedelta(days=rule.days_before)
    while moment_of(rule, day) > now:
        day -= timedelta(days=1)
    return rule.branch.day_bounds(day)[1]


def is_due(rule: ReminderRule, appointment: Appointment, now: datetime) -> bool:
    return (
        rule.branch_id == appointment.branch_id
        and rule.appointment_kind == appointment.kind
        and appointment.starts_at < horizon(rule, now)
    )


# --- Rules ----------------------------------------------------------------------------------
DUE = f"""
    SELECT a.id, r.rule
    FROM unnest(%s::bigint[], %s::bigint[], %s::text[], %s::timestamptz[]) AS r(rule, branch, kind, horizon)
    JOIN {Appointment._meta.db_table} a
      ON a.branch_id = r.branch AND a.kind = r.kind AND a.starts_at > %s AND a.starts_at < r.horizon
    JOIN {Customer._meta.db_table} c ON c.id = a.customer_id
    WHERE a.state = '{AppointmentState.PLANNED.value}' AND c.is_active AND NOT c.do_not_contact
      AND NOT EXISTS (
        SELECT 1 FROM {Reminder._meta.db_table} m
        WHERE m.appointment_id = a.id AND m.rule_id = r.rule AND m.schedule_version = a.schedule_version)
    ORDER BY a.starts_at, a.id, r.rule
    LIMIT %s
"""


def plan_rules(now: datetime) -> int:
    """One question for all rules and branches, whatever their number; then batch by batch."""
    rules = {
        rule.pk: rule
        for rule in ReminderRule.objects.filter(is_active=True, branch__is_active=True).select_related(
            "branch"
        )
    }
    made = 0
    for _round in range(ROUNDS):
        pairs = due_pairs(rules.values(), now)
        done = carry_out_all(pairs, rules, now) if pairs else 0
        made += done
        if len(pairs) < BATCH or not done:
            break
    return made


def due_pairs(rules: Iterable[ReminderRule], now: datetime) -> list[tuple[int, int]]:
    """(appointment, rule), the nearest appointments first, never more than a batch."""
    rules = list(rules)
    if not rules:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            DUE,
            [
                [rule.pk for rule in rules],
                [rule.branch_id for rule in rules],
                [rule.appointment_kind for rule in rules],
                [horizon(rule, now) for rule in rules],
                now,
                BATCH,
            ],
        )
        return cursor.fetchall()


def carry_out_all(pairs: list[tuple[int, int]], rules: dict[int, ReminderRule], now: datetime) -> int:
    """One batch. An appointment that somebody is moving this second waits for the next tick."""
    made = 0
    with transaction.atomic():
        appointments = {
            appointment.pk: appointment
            for appointment in Appointment.objects.planned()
            .filter(pk__in=[appointment for appointment, _rule in pairs], starts_at__gt=now)
            .select_related("branch", "customer")
            .prefetch_related("customer__contact_points")
            .order_by("pk")
            .select_for_update(no_key=True, skip_locked=True, of=("self",))
        }
        # Asked again under the lock: another planner may have been here since.
        there = set(
            Reminder.objects.filter(appointment__in=appointments).values_list(
                "appointment_id", "rule_id", "schedule_version"
            )
        )
        for appointment_id, rule_id in pairs:
            appointment, rule = appointments.get(appointment_id), rules[rule_id]
            if appointment is None or not is_due(rule, appointment, now):
                continue
            if (appointment_id, rule_id, appointment.schedule_version) in there:
                continue
            made += carry_out_safely(rule, appointment, rules.values(), now)
    return made


def carry_out_safely(
    rule: ReminderRule, appointment: Appointment, rules: Iterable[ReminderRule], now: datetime
) -> int:
    """One row that can't be carried out must not hold up the others."""
    try:
        with transaction.atomic():
            carry_out(rule, appointment, rules, now)
    except Exception:
        log.exception("reminder not planned", rule=rule.pk, appointment=appointment.pk)
        return 0
    return 1


def carry_out(
    rule: ReminderRule, appointment: Appointment, rules: Iterable[ReminderRule], now: datetime
) -> Reminder:
    """The reminder's row, with its call or message. Where several rules of the same sort have come due
    together (a late appointment, a power cut), only the one nearest to the appointment speaks."""
    reminder = Reminder(
        appointment=appointment,
        rule=rule,
        schedule_version=appointment.schedule_version,
        created_at=now,
    )
    if not is_overtaken(rule, appointment, rules, now):
        if rule.action == RuleAction.CALL:
            calls.bring_up(appointment, kind=CallKind.CONFIRM, reason=f"rule{rule.pk}", rule=rule, now=now)
        else:
            reminder.message = reminder_message.write(
                appointment, channel=rule.channel, reason=str(rule.pk), now=now
            )
    reminder.save()
    return reminder


def is_overtaken(
    rule: ReminderRule, appointment: Appointment, rules: Iterable[ReminderRule], now: datetime
) -> bool:
    def nearness(other: ReminderRule) -> tuple[int, object, int]:
        return (-other.days_before, other.at, other.pk)

    return any(
        (other.action, other.channel) == (rule.action, rule.channel)
        and nearness(other) > nearness(rule)
        and is_due(other, appointment, now)
        for other in rules
    )
