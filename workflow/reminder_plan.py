"""When each rule falls due for each appointment, written down: being due is a column (R3.1).

An appointment whose `planned_version` is behind its `schedule_version` gets one `Reminder` per rule, with
its moment; what was planned for an older version is withdrawn. Everything that a moment depends on and that
may change (the rule, a closed day, the branch's clock, the hours that suit a customer) sets `planned_version`
back, so that it is planned anew. Rows are written only by whoever holds the appointment; one that was carried
out never changes again.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import structlog
from django.db import transaction
from django.db.models import F, Q

from bookings.models import Appointment
from customers.models import ContactWish
from studio.staff.models import Branch, SpecialDay
from workflow.models import Reminder, ReminderRule, ReminderState, RuleAction
from workflow.models.reminder import OnClosedDays

BATCH = 100
ROUNDS = 50
NOTICE = timedelta(hours=2)
"""On the day itself: never later than this before the appointment."""
FURTHEST_BACK = timedelta(days=14)
"""So far a reminder goes back from a closed day to an open one."""

Closed = Collection[tuple[int, date]]
"""(branch, day) on which a branch is closed."""

log = structlog.get_logger(__name__)


# --- When -----------------------------------------------------------------------------------
def moment_of(rule: ReminderRule, starts_at: datetime, *, closed: Closed = ()) -> datetime:
    """When the rule falls due for an appointment that starts then, by the branch's clock (R3.1).

    On the day itself it is never later than two hours before the start. A rule that minds closed days goes
    back to the last open one, at most fourteen days; are all of them closed, it stays where it was.
    """
    wanted = rule.branch.today(starts_at) - timedelta(days=rule.days_before)
    moment = rule.branch.at(last_open_day(rule, wanted, closed), rule.at)
    return min(moment, starts_at - NOTICE) if rule.days_before == 0 else moment


def last_open_day(rule: ReminderRule, wanted: date, closed: Closed) -> date:
    if rule.on_closed_days != OnClosedDays.BEFORE:
        return wanted
    day = wanted
    while (rule.branch_id, day) in closed:
        day -= timedelta(days=1)
        if wanted - day > FURTHEST_BACK:
            return wanted
    return day


def suiting(
    wish: ContactWish | None, moment: datetime, *, branch: Branch, now: datetime, before: datetime
) -> datetime:
    """The moment of a call, moved into the hours that suit the customer: on that day, else on the next, and
    always before the appointment; where that can't be, it stays."""
    if wish is None or wish.from_time is None or wish.until_time is None:
        return moment
    # A moment that has passed would be carried out at once.
    today = branch.today(max(moment, now))
    first, last = branch.at(today, wish.from_time), branch.at(today, wish.until_time)
    if first <= max(moment, now) < last:
        return moment
    for start, end in ((first, last), (first + timedelta(days=1), last + timedelta(days=1))):
        better = max(start, now)
        if better < min(end, before):
            return better
    return moment


# --- What the moments of a batch depend on ---------------------------------------------------------
@dataclass(frozen=True)
class Grounds:
    """Rules, closed days and the hours that suit, for several appointments; three questions altogether."""

    rules: dict[tuple[int, str], list[ReminderRule]]
    closed: Closed
    wishes: dict[int, ContactWish]

    @classmethod
    def of(cls, appointments: Sequence[Appointment]) -> "Grounds":
        rules: dict[tuple[int, str], list[ReminderRule]] = {}
        active = ReminderRule.objects.filter(is_active=True, branch__is_active=True)
        for rule in active.filter(branch__in={row.branch_id for row in appointments}).select_related(
            "branch"
        ):
            rules.setdefault((rule.branch_id, rule.appointment_kind), []).append(rule)
        minding = [
            rule
            for several in rules.values()
            for rule in several
            if rule.on_closed_days == OnClosedDays.BEFORE
        ]
        days = [row.branch.today(row.starts_at) for row in appointments]
        closed: set[tuple[int, date]] = set()
        if minding and days:
            first = min(days) - timedelta(days=max(rule.days_before for rule in minding)) - FURTHEST_BACK
            special = SpecialDay.objects.filter(
                is_open=False, branch__in={rule.branch_id for rule in minding}
            )
            closed = set(special.filter(day__range=(first, max(days))).values_list("branch_id", "day"))
        wishes = ContactWish.objects.filter(
            customer__in={row.customer_id for row in appointments}, from_time__isnull=False
        )
        return cls(rules, closed, {wish.customer_id: wish for wish in wishes})

    def moments(self, appointment: Appointment, now: datetime) -> dict[int, datetime]:
        """When each rule falls due for the appointment, by the rule's id; none for one that has begun."""
        if appointment.starts_at <= now:
            return {}
        found = {}
        for rule in self.rules.get((appointment.branch_id, appointment.kind), []):
            try:
                found[rule.pk] = self.moment(rule, appointment, now)
            except (OverflowError, ValueError):
                log.warning("no such day", rule=rule.pk, appointment=appointment.pk)
        return found

    def moment(self, rule: ReminderRule, appointment: Appointment, now: datetime) -> datetime:
        moment = moment_of(rule, appointment.starts_at, closed=self.closed)
        if rule.action != RuleAction.CALL:
            return moment
        wish = self.wishes.get(appointment.customer_id)
        return suiting(wish, moment, branch=rule.branch, now=now, before=appointment.starts_at)


# --- Written down ---------------------------------------------------------------------------
def plan(now: datetime) -> int:
    """Plan what was agreed, moved or changed since; answers of how many appointments. Safe any number of
    times, in several processes: an appointment that somebody is moving this second waits for the next one."""
    plan_changed_rules(now)
    planned, last = 0, 0
    for _round in range(ROUNDS):
        with transaction.atomic():
            rows = list(
                to_plan()
                .filter(pk__gt=last)
                .select_related("branch")
                .order_by("pk")
                .select_for_update(no_key=True, skip_locked=True, of=("self",))[:BATCH]
            )
            write_rows(rows, now)
        planned += len(rows)
        if len(rows) < BATCH:
            break
        last = rows[-1].pk
    return planned


def to_plan() -> Any:
    return Appointment.objects.planned().exclude(planned_version=F("schedule_version"))


def write_rows(appointments: Sequence[Appointment], now: datetime) -> None:
    """The rows of these appointments, which are locked, as rules and calendar want them now."""
    if not appointments:
        return
    grounds, there, new, changed = Grounds.of(appointments), rows_of(appointments), [], []
    for appointment in appointments:
        moments = grounds.moments(appointment, now)
        for row in there.get(appointment.pk, []):
            is_current = row.schedule_version == appointment.schedule_version
            moment = moments.pop(row.rule_id, None) if is_current else None
            if adjust(row, moment, now):
                changed.append(row)
        new += [
            Reminder(
                appointment=appointment,
                rule_id=rule,
                schedule_version=appointment.schedule_version,
                due_at=moment,
                state=ReminderState.PLANNED,
                created_at=now,
            )
            for rule, moment in moments.items()
        ]
    Reminder.objects.bulk_create(new, ignore_conflicts=True)
    Reminder.objects.bulk_update(changed, ["due_at", "state", "done_at"])
    Appointment.objects.filter(pk__in=[row.pk for row in appointments]).update(
        planned_version=F("schedule_version")
    )


def rows_of(appointments: Sequence[Appointment]) -> dict[int, list[Reminder]]:
    """What stands there for their present version, and what is still planned for older ones."""
    rows = Reminder.objects.filter(appointment__in=appointments).filter(
        Q(schedule_version=F("appointment__schedule_version")) | Q(state=ReminderState.PLANNED)
    )
    found: dict[int, list[Reminder]] = {}
    for row in rows.order_by("pk"):
        found.setdefault(row.appointment_id, []).append(row)
    return found


def adjust(row: Reminder, moment: datetime | None, now: datetime) -> bool:
    """Give a row that was not carried out its moment, or withdraw it; whether that changes anything."""
    if row.state in (ReminderState.DONE, ReminderState.OVERTAKEN):
        return False
    before = (row.state, row.due_at)
    if moment is not None:
        row.state, row.due_at, row.done_at = ReminderState.PLANNED, moment, None
    elif row.state == ReminderState.PLANNED:
        row.state, row.done_at = ReminderState.WITHDRAWN, now
    return (row.state, row.due_at) != before


def withdraw(appointment: Appointment, now: datetime) -> None:
    """What was planned for the time that has just been given up, in the transaction that gave it up."""
    old = Reminder.objects.filter(appointment=appointment, state=ReminderState.PLANNED)
    if appointment.is_planned:
        old = old.filter(schedule_version__lt=appointment.schedule_version)
    old.update(state=ReminderState.WITHDRAWN, done_at=now)


# --- Planned anew ----------------------------------------------------------------------------
def plan_changed_rules(now: datetime) -> None:
    """Rules that were written or changed: what they planned, and shall plan, is planned anew."""
    for pk in list(ReminderRule.objects.filter(replan=True).order_by("pk").values_list("pk", flat=True)):
        try:
            with transaction.atomic():
                plan_changed_rule(pk, now)
        except Exception:
            log.exception("rule not planned anew", rule=pk)


def plan_changed_rule(pk: int, now: datetime) -> None:
    rows = ReminderRule.objects.filter(pk=pk, replan=True)
    rule = rows.select_for_update(no_key=True, skip_locked=True, of=("self",)).first()
    if rule is None:
        return
    concerned = Appointment.objects.filter(
        branch=rule.branch_id, kind=rule.appointment_kind, starts_at__gt=now
    )
    planned = Reminder.objects.filter(rule=rule, state=ReminderState.PLANNED)
    ids = {*concerned.planned().values_list("pk", flat=True), *planned.values_list("appointment", flat=True)}
    plan_anew(Appointment.objects.filter(pk__in=ids))
    rows.update(replan=False)


def plan_anew(appointments: Any) -> None:
    """Locked by their ids, in the order of everybody who locks several. Also those that nobody has planned
    yet: another planner may be at one this second, by what held before."""
    rows = appointments.planned().order_by("pk")
    ids = list(rows.select_for_update(no_key=True, of=("self",)).values_list("pk", flat=True))
    Appointment.objects.filter(pk__in=ids).update(planned_version=0)


def follow_branch(sender: Any, instance: Branch, **kwargs: Any) -> None:
    """Its clock may be another now, or it is closed for good."""
    ReminderRule.objects.filter(branch=instance).update(replan=True)


def follow_special_day(sender: Any, instance: SpecialDay, **kwargs: Any) -> None:
    rules = ReminderRule.objects.filter(branch=instance.branch_id, on_closed_days=OnClosedDays.BEFORE)
    rules.update(replan=True)


def follow_wish(sender: Any, instance: ContactWish, **kwargs: Any) -> None:
    """Other hours suit the customer. Whoever writes the wish holds the file, so no appointment is waited for:
    of one that is being changed this second, the call itself still minds the hours."""
    rows = Appointment.objects.planned().filter(customer=instance.customer_id).order_by("pk")
    with transaction.atomic():
        free = rows.select_for_update(no_key=True, skip_locked=True, of=("self",))
        ids = list(free.values_list("pk", flat=True))
        Appointment.objects.filter(pk__in=ids).update(planned_version=0)
