"""The written reminder (R3.2): where it goes, whether it is still meant, what it says, what if it failed.

Everything in it may be seen by anybody who looks over the customer's shoulder (R9.9): when, where, how to
prepare. Nothing of money, taboos, tiers or complaints.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _

from bookings.models import Appointment, AppointmentKind, AppointmentState
from customers import files
from studio.outbox.models import Message, State
from studio.outbox.purposes import Purpose
from studio.outbox.queue import draft, queue_all, withdraw_among
from workflow import advice, calls, letters, links, message_words, still_meant
from workflow.call_withdrawals import ARRIVED, withdraw
from workflow.models import CallInProgress, CallKind, CallTask, ReminderRule
from workflow.ways import Reach, Way

PURPOSE = "reminder"
NOTICE = timedelta(hours=2)


# --- Written ---------------------------------------------------------------------------------
@dataclass(frozen=True)
class Letter:
    """One reminder to write: about an appointment, by a rule."""

    appointment: Appointment
    rule: ReminderRule


def channels_of(rule: ReminderRule) -> list[str]:
    """The ways of a rule, in their order."""
    return [channel for channel in (rule.channel, rule.fall_back) if channel]


def write(appointment: Appointment, rule: ReminderRule, *, now: datetime) -> Message | None:
    """Queue the reminder to where the customer can be reached; nowhere: the owner calls instead."""
    return write_all([Letter(appointment, rule)], now=now)[0]


def write_all(letters_to_write: Sequence[Letter], *, now: datetime) -> list[Message | None]:
    """The same for several appointments, whose rows are locked, with the same number of questions but for
    those who have to be called."""
    reach = Reach.of(letter.appointment.customer for letter in letters_to_write)
    drafts: list[Message | None] = []
    for letter in letters_to_write:
        ways = reach.open(letter.appointment.customer, channels_of(letter.rule))
        drafts.append(drafted(letter, ways[0], now=now) if ways else None)
        if not ways:
            reason = f"rule{letter.rule.pk}"
            calls.bring_up(letter.appointment, kind=CallKind.NOT_REACHED, reason=reason, now=now)
    written = {message.key: message for message in queue_all([one for one in drafts if one is not None])}
    return [written.get(one.key) if one is not None else None for one in drafts]


def drafted(letter: Letter, way: Way, *, now: datetime, deadline: datetime | None = None) -> Message:
    appointment = letter.appointment
    return draft(
        branch=appointment.branch,
        purpose=PURPOSE,
        subject_id=appointment.pk,
        subject_version=appointment.schedule_version,
        channel=way.channel,
        language=appointment.customer.language,
        recipient=way.address,
        due_at=now,
        deadline=deadline or deadline_of(appointment, now),
        dedupe_key=key_of(appointment, letter.rule.pk, way.channel),
        parameters={"rule": str(letter.rule.pk)},
        about_customer=appointment.customer_id,
        basis=way.basis,
    )


def key_of(appointment: Appointment, rule: int, channel: str) -> str:
    return f"{PURPOSE}:{appointment.pk}:{appointment.schedule_version}:{rule}:{channel}"


def deadline_of(appointment: Appointment, now: datetime) -> datetime:
    """Two hours before, when who reads it can still act on it; for the last minute, the start."""
    early = appointment.starts_at - NOTICE
    return early if early > appointment.branch.outside_quiet_hours(now) else appointment.starts_at


# --- Asked by the outbox -----------------------------------------------------------------------
def still_due(message: Message) -> bool:
    """Whether the appointment is still the one that is spoken of, and its customer still wants to hear."""
    return message.pk in still_due_among([message])


def still_due_among(messages: Sequence[Message]) -> set[int]:
    return meant(still_meant.subjects_of(messages))


def way_closed(message: Message) -> bool:
    """Whether it would still be due by another way."""
    return bool(meant(still_meant.subjects_of([message], whatever_way=True)))


def meant(subjects: Mapping[int, still_meant.Subject]) -> set[int]:
    return {pk for pk, subject in subjects.items() if subject.state == AppointmentState.PLANNED}


def parameters(message: Message) -> dict[str, str]:
    """The values for the template, in the language that is active and by the branch's clock."""
    return parameters_among([message])[message.pk]


def parameters_among(messages: Sequence[Message]) -> dict[int, dict[str, str]]:
    """The values of each; the same number of questions for one message and for many."""
    appointments = (
        Appointment.objects.select_related("branch", "customer", "booking__package_version__package")
        .prefetch_related("customer__members")
        .in_bulk({message.subject_id for message in messages})
    )
    addresses = links.links_for(appointments.values(), timezone.now())
    book = advice.Book.of(appointment.branch_id for appointment in appointments.values())
    values = {
        pk: values_of(appointment, link=addresses[pk], book=book) for pk, appointment in appointments.items()
    }
    return {message.pk: values[message.subject_id] for message in messages}


def values_of(appointment: Appointment, *, link: str, book: advice.Book) -> dict[str, str]:
    branch, language = appointment.branch, translation.get_language()
    return {
        "greeting": files.greeting_name(appointment.customer, language),
        "names": files.first_names(appointment.customer, language),
        "what": str(AppointmentKind(appointment.kind).label),
        "day": letters.day_in_words(appointment.starts_at, branch=branch, language=language),
        "lunar": letters.lunar_words(appointment.starts_at, branch=branch, language=language),
        "time": letters.time_in_words(appointment.starts_at, branch=branch, language=language),
        "branch": branch.name_in(language),
        "address": branch.address,
        "phone": branch.phone,
        "way": branch.way_and_parking,
        "advice": "\n".join(book.preparation(appointment)),
        "bring": "\n".join(book.bring(appointment)),
        "cares": "\n".join(book.caring_notes(appointment)),
        "link": link,
    }


# --- How it ended ------------------------------------------------------------------------------
def on_end(message: Message, now: datetime) -> None:
    """It did not arrive: the next way of the rule, once. Or nobody knows, or there is no other way: the owner
    gets one call to make, while there is time to say it."""
    appointment = Appointment.objects.planned().filter(
        pk=message.subject_id, schedule_version=message.subject_version, ends_at__gt=now
    )
    found = appointment.select_related("customer", "branch").first()
    if found is None or not found.customer.is_active or found.customer.do_not_contact:
        return
    if message.state == State.FAILED and go_another_way(message, found, now):
        return
    calls.bring_up(found, kind=CallKind.NOT_REACHED, reason=reason_of(message), now=now)


def reason_of(message: Message) -> str:
    return f"message{message.pk}"


def go_another_way(message: Message, appointment: Appointment, now: datetime) -> bool:
    """Whether the same words are on another way: queued now, or by an earlier word of the same end."""
    rule = ReminderRule.objects.filter(pk=int(message.parameters.get("rule") or 0)).first()
    if rule is None or now >= message.deadline:
        return False
    for way in Reach.of([appointment.customer]).open(
        appointment.customer, channels_of(rule), after=message.channel
    ):
        letter = drafted(Letter(appointment, rule), way, now=now, deadline=message.deadline)
        there = queue_all([letter]) or Message.objects.filter(dedupe_key=letter.dedupe_key)
        if any(one.state not in GIVEN_UP for one in there):
            return True
    return False


GIVEN_UP = (State.FAILED, State.UNKNOWN, State.EXPIRED, State.CANCELLED)


def on_arrival(message: Message, now: datetime) -> None:
    """It was delivered after all: nobody has to call, where nobody has tried yet, and what waits to say the
    same another way does not go out."""
    withdraw_call(message.subject_id, reason_of(message), now)
    withdraw_the_same(message, now)


def withdraw_the_same(message: Message, now: datetime) -> None:
    """What would say once more what `message` has said: by the next way, or because somebody repeated it."""
    same = Message.objects.of(message.purpose, message.subject_id).filter(
        subject_version=message.subject_version
    )
    if "rule" in message.parameters:
        same = same.filter(parameters__rule=message.parameters["rule"])
    withdraw_among(same.exclude(pk=message.pk), now=now)


def withdraw_call(appointment: int, reason: str, now: datetime) -> None:
    on_the_line = CallInProgress.objects.filter(until__gt=now, call__isnull=False)
    call = (
        CallTask.objects.open()
        .filter(
            appointment=appointment,
            kind=CallKind.NOT_REACHED,
            tries=0,
            outcome="",
        )
        .filter(Q(dedupe_key__endswith=f":{reason}") | Q(dedupe_key__contains=f":{reason}:"))
    )
    withdraw(call.exclude(pk__in=on_the_line.values("call")), by=None, now=now, why=ARRIVED)


SAMPLE = {
    "greeting": "张先生和李女士",
    "names": "伟和娜",
    "what": "拍摄",
    "day": "5月18日星期一",
    "lunar": "农历四月初二",
    "time": "上午9:00",
    "branch": "首问·上海店",
    "address": "南京东路 300 号 3 楼",
    "phone": "021 5550 0100",
    "way": "地铁二号线三号口，地下车库 B2 可停车。",
    "advice": "男士请提前理发、刮脸、修剪指甲。",
    "bring": "请带平底鞋。",
    "cares": "出门前请看一眼天气。",
    "link": "https://studio.example/c/…/",
}

purpose = Purpose(
    title=_("Reminder of an appointment"),
    still_due=still_due,
    parameters=parameters,
    on_end=on_end,
    on_arrival=on_arrival,
    way_closed=way_closed,
    still_due_among=still_due_among,
    parameters_among=parameters_among,
    sample=SAMPLE,
    words=message_words.REMINDER,
)
