"""What a customer gets before an appointment, and when: asked beforehand, and nothing is written by looking.

The same questions are asked as in earnest (`reminder_plan`, `ways`, the templates, the advice, the script),
of an appointment that stands, or of one that is made up.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from django.conf import settings
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from bookings.models import Appointment, Booking, Package, PackageKind, PackageVersion
from customers.models import Customer, CustomerKind, Member, MemberRole, Salutation
from studio.foundation.templatetags.studio import local_date, local_moment, local_time
from studio.outbox import rendering
from studio.outbox.models import Channel, Message, MessageTemplate
from studio.staff.models import Branch, User
from workflow import advice, call_script, reminder_message
from workflow.models import CallKind, CallTask, Reminder, ReminderRule, ReminderState, RuleAction
from workflow.reminder_plan import NOTICE, Grounds, last_open_day
from workflow.reminders import speaks_for
from workflow.ways import Reach, Way

SAMPLE_LINK = "/c/…/"


@dataclass(frozen=True)
class Words:
    """A message as it will stand; `source` says whose words they are."""

    subject: str
    body: str
    language: str
    source: str


@dataclass(frozen=True)
class Step:
    """One rule for the appointment: when, why then, by which ways, in which words."""

    rule: ReminderRule
    due_at: datetime
    goes_at: datetime
    state: str
    reasons: list[str]
    ways: list[Way] = field(default_factory=list)
    words: Words | None = None
    script: call_script.Script | None = None
    message: Message | None = None

    @property
    def is_call(self) -> bool:
        return self.rule.action == RuleAction.CALL

    @property
    def icon(self) -> str:
        return "phone" if self.is_call else "message-square"

    @property
    def tone(self) -> str:
        """How its state looks."""
        return {ReminderState.DONE: "ok", ReminderState.PLANNED: "info"}.get(
            ReminderState(self.state), "idle"
        )

    @property
    def state_in_words(self) -> str:
        still = self.state == ReminderState.PLANNED
        return _("still to come") if still else str(ReminderState(self.state).label)

    @property
    def by(self) -> Way | None:
        """The way that it will go; None: the owner calls."""
        return next((way for way in self.ways if way.is_open), None)

    @property
    def ways_in_words(self) -> list[dict[str, Any]]:
        return [
            {
                "way": way,
                "label": Channel(way.channel).label,
                "ground": ground_in_words(way),
                "is_chosen": way is self.by,
            }
            for way in self.ways
        ]


@dataclass(frozen=True)
class Preview:
    appointment: Appointment
    language: str
    steps: list[Step]
    silent: str
    """Why nothing comes up at all, if so."""


@dataclass
class Asked:
    """One look: script and words are worked out once, however many rules there are."""

    appointment: Appointment
    reader: User
    now: datetime
    language: str
    grounds: Grounds
    reach: Reach | None
    book: advice.Book
    words: dict[str, Words | None] = field(default_factory=dict)

    def words_by(self, channel: str) -> Words | None:
        if channel not in self.words:
            self.words[channel] = words_of(
                self.appointment, channel=channel, language=self.language, book=self.book
            )
        return self.words[channel]

    @cached_property
    def script(self) -> call_script.Script:
        return script_of(self.appointment, reader=self.reader, now=self.now, language=self.language)

    def ways(self, rule: ReminderRule) -> list[Way]:
        channels = reminder_message.channels_of(rule)
        if self.reach is None:
            return [Way(channel, basis="order") for channel in channels]
        return self.reach.all(self.appointment.customer, channels)


def of(appointment: Appointment, *, reader: User, now: datetime, language: str = "") -> Preview:
    """The steps in the order of time; the same number of questions however many rules there are."""
    grounds, rows = Grounds.of([appointment]), carried_out(appointment)
    asked = Asked(
        appointment=appointment,
        reader=reader,
        now=now,
        language=language or appointment.customer.language,
        grounds=grounds,
        reach=reach_of(appointment),
        book=advice.Book.of([appointment.branch_id]),
    )
    moments = grounds.moments(appointment, now)
    rules = {rule.pk: rule for rule in grounds.rules.get((appointment.branch_id, appointment.kind), [])}
    rules |= {row.rule_id: row.rule for row in rows.values() if row.state != ReminderState.WITHDRAWN}
    planned = [as_row(appointment, rule, rows.get(rule.pk), moments, now) for rule in rules.values()]
    for row in planned:
        row.rule.branch = appointment.branch
    steps = [
        step_of(row, planned, asked) for row in sorted(planned, key=lambda row: (row.due_at, row.rule.pk))
    ]
    return Preview(appointment, asked.language, steps, why_silent(appointment, now))


def carried_out(appointment: Appointment) -> dict[int, Reminder]:
    """What stands in the table for the appointment as it is now, by rule."""
    if not appointment.pk:
        return {}
    rows = appointment.reminders.filter(schedule_version=appointment.schedule_version)
    return {row.rule_id: row for row in rows.select_related("rule", "message")}


def as_row(
    appointment: Appointment,
    rule: ReminderRule,
    there: Reminder | None,
    moments: dict[int, datetime],
    now: datetime,
) -> Reminder:
    """The row as it stands, or as it will be written."""
    if there is not None and there.state in (ReminderState.DONE, ReminderState.OVERTAKEN):
        there.rule = rule
        return there
    return Reminder(
        appointment=appointment,
        appointment_id=appointment.pk,
        rule=rule,
        schedule_version=appointment.schedule_version,
        due_at=moments.get(rule.pk, now),
        state=ReminderState.PLANNED,
    )


def reach_of(appointment: Appointment) -> Reach | None:
    return Reach.of([appointment.customer]) if appointment.customer.pk else None


def why_silent(appointment: Appointment, now: datetime) -> str:
    if not appointment.is_planned:
        return _("This date does not stand any more: nothing more comes up.")
    if appointment.starts_at <= now:
        return _("It has begun: nothing more comes up.")
    if appointment.customer.do_not_contact:
        return _("This customer asked not to be contacted: nothing comes up.")
    if not appointment.customer.is_active:
        return _("This file is closed: nothing comes up.")
    return ""


# --- One step --------------------------------------------------------------------------------
def step_of(row: Reminder, all_rows: Sequence[Reminder], asked: Asked) -> Step:
    rule, now = row.rule, asked.now
    due = [other for other in all_rows if other.due_at <= now]
    is_overtaken = row in due and row.state == ReminderState.PLANNED and any(speaks_for(o, row) for o in due)
    state = ReminderState.OVERTAKEN if is_overtaken else ReminderState(row.state)
    goes_at = max(row.due_at, now) if state == ReminderState.PLANNED else row.due_at
    step: dict[str, Any] = {}
    if rule.action == RuleAction.CALL:
        step["script"] = asked.script
    else:
        if state == ReminderState.PLANNED:
            goes_at = quiet_end(asked.appointment, goes_at)
        step["ways"] = ways = asked.ways(rule)
        step["words"] = asked.words_by(next((way.channel for way in ways if way.is_open), rule.channel))
    return Step(
        rule=rule,
        due_at=row.due_at,
        goes_at=goes_at,
        state=str(state),
        reasons=reasons_of(row, asked.grounds, goes_at, state=str(state), now=now),
        message=row.message,
        **step,
    )


def quiet_end(appointment: Appointment, moment: datetime) -> datetime:
    """When a message due at this moment goes: after the quiet hours, if that is before its deadline."""
    after = appointment.branch.outside_quiet_hours(moment)
    return after if after < reminder_message.deadline_of(appointment, moment) else moment


def reasons_of(row: Reminder, grounds: Grounds, goes_at: datetime, *, state: str, now: datetime) -> list[str]:
    """Why it comes up then and not at another time, in the reader's language."""
    rule, appointment = row.rule, row.appointment
    branch = appointment.branch
    wanted = branch.today(appointment.starts_at) - timedelta(days=rule.days_before)
    day = last_open_day(rule, wanted, grounds.closed)
    plain = branch.at(day, rule.at)
    clock = local_time(plain)
    found = [
        ngettext("%(days)s day before, at %(time)s.", "%(days)s days before, at %(time)s.", rule.days_before)
        % {"days": rule.days_before, "time": clock}
        if rule.days_before
        else _("On the day itself, at %(time)s.") % {"time": clock}
    ]
    if day != wanted:
        found.append(
            _("On %(day)s the branch is closed: the last open day before.") % {"day": local_date(wanted)}
        )
    if rule.days_before == 0 and appointment.starts_at - NOTICE < plain:
        found.append(_("At the latest two hours before it begins."))
    wish = grounds.wishes.get(appointment.customer_id)
    if rule.action == RuleAction.CALL and wish is not None and wish.from_time and wish.until_time:
        hours = {"from": wish.from_time, "until": wish.until_time}
        found.append(
            _("They like to be called from %(from)s to %(until)s.")
            % {name: local_time(branch.at(day, clock)) for name, clock in hours.items()}
        )
    if state == ReminderState.OVERTAKEN:
        found.append(_("A nearer one comes up at the same time and speaks for it."))
    elif state == ReminderState.PLANNED:
        if plain <= now:
            found.append(_("That moment has passed: it comes up as soon as it can."))
        if rule.action == RuleAction.MESSAGE and branch.outside_quiet_hours(goes_at) > goes_at:
            found.append(_("Quiet hours last until it is too late for it: the owner calls."))
        elif rule.action == RuleAction.MESSAGE and goes_at > max(row.due_at, now):
            found.append(_("Quiet hours: it waits until %(moment)s.") % {"moment": local_moment(goes_at)})
    elif row.done_at:
        found.append(_("Carried out at %(moment)s.") % {"moment": local_moment(row.done_at)})
    return found


def words_of(appointment: Appointment, *, channel: str, language: str, book: advice.Book) -> Words | None:
    """The message as it will stand, with a sample of a link; None where nobody has written any words."""
    message = Message(
        branch=appointment.branch, purpose=reminder_message.PURPOSE, channel=channel, language=language
    )
    try:
        template = rendering.template_for(message)
        with translation.override(template.language), timezone.override(appointment.branch.zone):
            link = settings.PUBLIC_URL + SAMPLE_LINK
            values = reminder_message.values_of(appointment, link=link, book=book)
        rendering.write(message, template, values)
    except rendering.NoTemplate:
        return None
    return Words(message.subject, message.body, template.language, source_of(template))


def source_of(template: MessageTemplate) -> str:
    if template.pk is None:
        return _("the program's own words")
    return _("the house's template") if template.branch_id is None else _("the branch's template")


def script_of(appointment: Appointment, *, reader: User, now: datetime, language: str) -> call_script.Script:
    call = CallTask(
        branch=appointment.branch,
        customer=appointment.customer,
        kind=CallKind.CONFIRM,
        appointment=appointment,
        schedule_version=appointment.schedule_version,
        due_at=now,
    )
    owner = appointment.customer.owner or reader
    return call_script.script_for(call, caller=owner, now=now, language=language)


# --- Ways in words -------------------------------------------------------------------------------
def ground_in_words(way: Way) -> str:
    """On what ground the way is open, or why it is not."""
    if way.because:
        return {
            "no_address": _("No address for it."),
            "said_no": _("They said no to this way."),
            "suppressed": _("This address wants no messages."),
        }[way.because]
    if way.basis.startswith("consent:"):
        return _("They said yes to it.")
    return _("It belongs to what they ordered.")


# --- Made up --------------------------------------------------------------------------------------
def made_up(
    branch: Branch, *, kind: str, starts_at: datetime, language: str, package_kind: str = ""
) -> Appointment:
    """An appointment of nobody, never saved: a couple, with a package of this kind."""
    customer = Customer(
        pk=0, branch=branch, kind=CustomerKind.COUPLE, name="张伟 & 李娜", language=language, owner=None
    )
    couple = Member.objects.none()
    couple._result_cache = [
        Member(name="张伟", role=MemberRole.GROOM, salutation=Salutation.MR),
        Member(name="李娜", role=MemberRole.BRIDE, salutation=Salutation.MS),
    ]
    customer._prefetched_objects_cache = {"members": couple}  # type: ignore[attr-defined]
    booking = None
    if package_kind in PackageKind.values:
        booking = Booking(branch=branch, package_version=PackageVersion(package=Package(kind=package_kind)))
    return Appointment(
        branch=branch,
        customer=customer,
        booking=booking,
        kind=kind,
        starts_at=starts_at,
        ends_at=starts_at + timedelta(hours=2),
    )
