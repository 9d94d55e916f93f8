"""Nobody has to remember: the rules of a branch bring up calls and send reminders by themselves (R3.1–R3.3).

`plan` runs at every tick, in as many processes as there are. A rule is carried out once for each schedule
version of an appointment: the row `Reminder` is made together with its call or message, in one transaction,
with the appointment locked, so that a move at the same moment comes wholly before or wholly after.
"""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

import structlog
from django.db import connection, transaction
from django.db.models import Exists, F, OuterRef, Q
from studio.outbox.queue import queue

from bookings.models import Appointment, AppointmentKind, AppointmentState, Booking
from customers.models import ContactKind, Customer
from studio.outbox.models import Channel
from workflow import calls
from workflow.models import (
    CallKind,
    CallTask,
    Reminder,
    ReminderRule,
    RuleAction,
    Stage,
    WorkOrder,
)

PURPOSE = "reminder"
BATCH = 100
ROUNDS = 20
NOTICE = timedelta(hours=2)
AGREE_EVERY = timedelta(days=7)
CONTACTS = {Channel.SMS: ContactKind.PHONE, Channel.EMAIL: ContactKind.EMAIL}

log = structlog.get_logger(__name__)


def plan(now: datetime) -> int:
    """Bring up what has fallen due, and take off the lists what is no longer meant. Safe any number of times."""
    made = plan_rules(now) + plan_undated(now)
    withdraw_outdated(now)
    return made


# --- When a rule's moment comes -------------------------------------------------------------
def moment_of(rule: ReminderRule, day: date) -> datetime:
    """When the rule falls due for an appointment on `day` of the branch's calendar."""
    return rule.branch.at(day - timedelta(days=rule.days_before), rule.at)


def horizon(rule: ReminderRule, now: datetime) -> datetime:
    """Appointments that start before this are due by the rule: the end of the last day whose moment has come."""
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
            bring_up_call(appointment, kind=CallKind.CONFIRM, reason=f"rule{rule.pk}", rule=rule, now=now)
        else:
            reminder.message = write(appointment, rule=rule, now=now)
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


def bring_up_call(
    appointment: Appointment,
    *,
    kind: CallKind,
    reason: str,
    now: datetime,
    rule: ReminderRule | None = None,
) -> None:
    """A call about the appointment, once per schedule version and reason; none beside an open one of its kind."""
    about = {"appointment": appointment, "schedule_version": appointment.schedule_version, "kind": kind}
    if CallTask.objects.open().filter(**about).exists():
        return
    CallTask.objects.bulk_create(
        [
            CallTask(
                **about,
                branch_id=appointment.branch_id,
                customer_id=appointment.customer_id,
                rule=rule,
                dedupe_key=f"{kind}:{appointment.pk}:{appointment.schedule_version}:{reason}",
                due_at=now,
                created_at=now,
            )
        ],
        ignore_conflicts=True,
    )


# --- Messages -------------------------------------------------------------------------------
def write(appointment: Appointment, *, rule: ReminderRule, now: datetime):
    """Queue the reminder to where the customer can be reached; nowhere: the owner calls instead."""
    channel, address = address_of(appointment.customer, rule.channel)
    if not address:
        bring_up_call(appointment, kind=CallKind.NOT_REACHED, reason=f"rule{rule.pk}", rule=rule, now=now)
        return None
    due_at = appointment.branch.outside_quiet_hours(now)
    deadline = deadline_of(appointment, due_at)
    if deadline <= due_at:
        return None
    return queue(
        branch=appointment.branch,
        purpose=PURPOSE,
        subject_id=appointment.pk,
        subject_version=appointment.schedule_version,
        channel=channel,
        language=appointment.customer.language,
        recipient=address,
        due_at=due_at,
        deadline=deadline,
        dedupe_key=f"{PURPOSE}:{appointment.pk}:{appointment.schedule_version}:{rule.pk}",
    )


def address_of(customer: Customer, preferred: str) -> tuple[str, str]:
    """(channel, address): the first number or address of the preferred channel, else of the other."""
    for channel in sorted(CONTACTS, key=lambda channel: channel != preferred):
        for contact in customer.contact_points.all():
            if contact.kind == CONTACTS[channel] and not contact.is_wrong:
                return channel, contact.value
    return "", ""


def deadline_of(appointment: Appointment, due_at: datetime) -> datetime:
    """Two hours before, when who reads it can still act on it; for who books at the last minute, the start."""
    early = appointment.starts_at - NOTICE
    return early if early > due_at else appointment.starts_at


# --- No date agreed (R3.3) ------------------------------------------------------------------
def plan_undated(now: datetime) -> int:
    """Every seven days, while an order waits for a date and nobody is on it: a call to agree one."""
    a_shoot = Appointment.objects.planned().filter(booking=OuterRef("booking"), kind=AppointmentKind.SHOOT)
    calls_of_order = CallTask.objects.filter(work_order=OuterRef("pk"), kind=CallKind.AGREE_DATE)
    a_call = calls_of_order.filter(Q(state="open") | Q(done_at__gt=now - AGREE_EVERY))
    orders = (
        WorkOrder.objects.filter(
            ~Exists(a_shoot),
            ~Exists(a_call),
            stage=Stage.CONFIRM,
            stage_since__lte=now - AGREE_EVERY,
            booking__state=Booking.State.OPEN,
            booking__customer__is_active=True,
            booking__customer__do_not_contact=False,
            branch__is_active=True,
        )
        .select_related("booking")
        .prefetch_related("calls")
        .order_by("stage_since", "pk")[:BATCH]
    )
    rows = [
        CallTask(
            branch_id=order.branch_id,
            customer_id=order.booking.customer_id,
            kind=CallKind.AGREE_DATE,
            work_order=order,
            dedupe_key=f"{CallKind.AGREE_DATE}:{order.pk}:{len(order.calls.all())}",
            due_at=now,
            created_at=now,
        )
        for order in orders
    ]
    before = CallTask.objects.filter(dedupe_key__in=[row.dedupe_key for row in rows]).count()
    CallTask.objects.bulk_create(rows, ignore_conflicts=True)
    return len(rows) - before


# --- What is no longer meant ----------------------------------------------------------------
def withdraw_outdated(now: datetime) -> int:
    """Open calls about a time that was moved, called off, begun or is over; and about a date that is agreed."""
    a_shoot = Appointment.objects.planned().filter(
        booking=OuterRef("work_order__booking"), kind=AppointmentKind.SHOOT
    )
    outdated = CallTask.objects.open().filter(
        Q(appointment__isnull=False)
        & (
            ~Q(appointment__state=AppointmentState.PLANNED)
            | Q(appointment__schedule_version__gt=F("schedule_version"))
            | Q(appointment__ends_at__lte=now)
        )
        | Q(kind=CallKind.AGREE_DATE)
        & (
            ~Q(work_order__stage=Stage.CONFIRM)
            | ~Q(work_order__booking__state=Booking.State.OPEN)
            | Exists(a_shoot)
        )
    )
    with transaction.atomic():
        return calls.withdraw(outdated.order_by("pk")[:BATCH], by=None, now=now)
