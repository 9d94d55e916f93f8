"""A message to the customer that their date was moved or called off (R3.2).

It waits for as long as the move can be undone, so that an undone one sends nothing; moved again before it
went out, one message tells of both. Who can't be written to is called instead. Not written to is a customer
who knows already, one whose whole order was called off (that was talked about), and one who refuses contact.

Where at that moment something with the old time was going out (an attempt is open, or its answer unclear), it
can't be called back: then the news goes in any case, as a correction, and whoever moved the date is told so.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bookings import notices
from bookings.models import Appointment, AppointmentKind, AppointmentState, Booking, BookingEvent
from bookings.undoing import undo_minutes
from customers import files
from studio.foundation.registry import Registry
from studio.foundation.templatetags.studio import local_time
from studio.outbox.models import Channel, Message, State
from studio.outbox.purposes import Purpose
from studio.outbox.queue import queue, withdraw
from studio.staff.models import User
from workflow import calls, letters, links, message_words, reminder_message, reminder_plan, still_meant
from workflow.models import CallKind
from workflow.ways import open_ways

MOVED, CALLED_OFF = "date_moved", "date_called_off"
PURPOSES = (MOVED, CALLED_OFF)
STATES = {MOVED: AppointmentState.PLANNED, CALLED_OFF: AppointmentState.CANCELLED}
GONE = (State.SENT, State.DELIVERED, State.UNKNOWN, State.LEASED)
WAYS = (Channel.SMS, Channel.EMAIL)

corrections: Registry[Callable[[Appointment, BookingEvent, User | None, datetime], None]] = Registry(
    "listener to corrections"
)
"""Each is called with (appointment, event, by, now), in the transaction in which a date was moved or called
off while a message with the old one was going out."""


# --- Planned with the change ---------------------------------------------------------------------
def follow_schedule(appointment: Appointment, event: BookingEvent, by: User | None, now: datetime) -> None:
    """Listener to changes of the schedule: what waited about the old time goes, and the news is planned."""
    if event.kind not in {"moved", "cancelled"} or is_same_time(event):
        return
    reminder_plan.withdraw(appointment, now)
    going_out = take_back_reminders(appointment, now)
    believed, gone, news_going_out = take_back(appointment, now)
    going_out += news_going_out
    before = believed or event.parameters["from" if event.kind == "cancelled" else "before"]
    is_back = "undoes" in event.parameters and not gone
    no_news = event.kind == "moved" and (before == event.parameters["from"] or is_back)
    if no_news or (event.parameters.get("knows") and not going_out):
        return
    purpose = CALLED_OFF if event.kind == "cancelled" else MOVED
    write(appointment, event, purpose=purpose, before=before, corrects=going_out, now=now)
    if going_out:
        for listener in corrections:
            listener(appointment, event, by, now)


def is_same_time(event: BookingEvent) -> bool:
    """Only people or rooms changed, or how long it takes: nothing that the customer has to know at once."""
    return event.kind == "moved" and event.parameters.get("before") == event.parameters.get("from")


def take_back_reminders(appointment: Appointment, now: datetime) -> list[Message]:
    """Withdraw the reminders of the old time that wait; answers those that are going out, or may have."""
    before = appointment.schedule_version if appointment.is_planned else None
    done = withdraw(reminder_message.PURPOSE, appointment.pk, before_version=before, now=now)
    return list(done.under_way)


def take_back(appointment: Appointment, now: datetime) -> tuple[str, bool, list[Message]]:
    """Withdraw what waits. Answers the time that the customer still believes in, where a message about a move
    had not gone out yet; whether one went out, or may have; and those that are going out now."""
    about = Message.objects.filter(purpose__in=PURPOSES, subject_id=appointment.pk)
    last = about.order_by("-pk").first()
    waiting = last if last is not None and last.state == State.QUEUED else None
    under_way = [
        message for purpose in PURPOSES for message in withdraw(purpose, appointment.pk, now=now).under_way
    ]
    gone = bool(under_way) or (last is not None and last.state in GONE)
    if waiting is None or under_way:
        return "", gone, under_way
    return str(waiting.parameters.get("before", "")), gone, under_way


def write(
    appointment: Appointment,
    event: BookingEvent,
    *,
    purpose: str,
    before: str,
    now: datetime,
    corrects: Sequence[Message] = (),
) -> Message | None:
    """Queue the news to where the customer can be reached in time, a correction by the way of what it
    corrects; otherwise the owner calls."""
    customer = appointment.customer
    if not customer.is_active:
        return None
    ways = open_ways(customer, [*(message.channel for message in corrects), *WAYS])
    due_at = now + timedelta(minutes=undo_minutes(appointment.branch))
    deadline = min(datetime.fromisoformat(before), appointment.starts_at)
    message = None
    if ways and appointment.branch.outside_quiet_hours(due_at) < deadline:
        message = queue(
            branch=appointment.branch,
            purpose=purpose,
            subject_id=appointment.pk,
            subject_version=appointment.schedule_version,
            channel=ways[0].channel,
            language=customer.language,
            recipient=ways[0].address,
            due_at=due_at,
            deadline=deadline,
            dedupe_key=key_of(purpose, event),
            parameters={"before": before} | ({"corrects": str(corrects[0].pk)} if corrects else {}),
            about_customer=customer.pk,
            basis=ways[0].basis,
        )
    if message is None:
        call_instead(appointment, event, now=now)
    return message


def key_of(purpose: str, event: BookingEvent) -> str:
    return f"{purpose}:{event.appointment_id}:{event.pk}"


def call_instead(appointment: Appointment, event: BookingEvent, *, now: datetime) -> None:
    """The owner's call: of a date that stands, a call with its outcome; of one called off, on their Today."""
    if appointment.is_planned and not appointment.customer.do_not_contact:
        calls.bring_up(appointment, kind=CallKind.NOT_REACHED, reason=f"news{event.pk}", now=now)
    else:
        notices.tell_owner(event, now)


# --- Asked by the outbox -------------------------------------------------------------------------
def still_due(message: Message) -> bool:
    """Whether the date is still as the message says."""
    return message.pk in still_due_among([message])


def still_due_among(messages: Sequence[Message]) -> set[int]:
    """Those whose date is still as they say. Of an order that was called off as a whole only a correction is
    told. Called off and agreed anew meanwhile is no news: the customer has just said when."""
    return meant(messages, still_meant.subjects_of(messages))


def way_closed(message: Message) -> bool:
    """Whether it would still be due by another way."""
    return bool(meant([message], still_meant.subjects_of([message], whatever_way=True)))


def meant(messages: Sequence[Message], subjects: Mapping[int, still_meant.Subject]) -> set[int]:
    gone = still_meant.called_off(subject.booking for subject in subjects.values())
    anew = agreed_anew(
        [subject for subject in subjects.values() if subject.state != AppointmentState.PLANNED]
    )
    return {
        message.pk
        for message in messages
        if (subject := subjects.get(message.pk)) is not None
        and subject.state == STATES[message.purpose]
        and (subject.booking not in gone or "corrects" in message.parameters)
        and subject.pk not in anew
    }


def agreed_anew(subjects: Sequence[still_meant.Subject]) -> set[int]:
    """Those called off for which the same customer has agreed another date of the kind since."""
    if not subjects:
        return set()
    others: dict[tuple[int, str], list[datetime]] = {}
    rows = Appointment.objects.planned().filter(customer__in={subject.customer for subject in subjects})
    for customer, kind, created_at in rows.values_list("customer", "kind", "created_at"):
        others.setdefault((customer, kind), []).append(created_at)
    return {
        subject.pk
        for subject in subjects
        if any(at >= subject.created_at for at in others.get((subject.customer, subject.kind), []))
    }


def parameters(message: Message) -> dict[str, str]:
    """The values for the template, in the language that is active and by the branch's clock."""
    return parameters_among([message])[message.pk]


def parameters_among(messages: Sequence[Message]) -> dict[int, dict[str, str]]:
    """The values of each; the same number of questions for one message and for many."""
    appointments = (
        Appointment.objects.select_related("branch", "customer")
        .prefetch_related("customer__members")
        .in_bulk({message.subject_id for message in messages})
    )
    standing = [appointments[message.subject_id] for message in messages if message.purpose == MOVED]
    addresses = links.links_for(dict.fromkeys(standing), timezone.now()) if standing else {}
    return {
        message.pk: values_of(
            appointments[message.subject_id],
            before=datetime.fromisoformat(message.parameters["before"]),
            link=addresses.get(message.subject_id, ""),
        )
        for message in messages
    }


def values_of(appointment: Appointment, *, before: datetime, link: str) -> dict[str, str]:
    branch, language = appointment.branch, translation.get_language()
    return {
        "greeting": files.greeting_name(appointment.customer, language),
        "names": files.first_names(appointment.customer, language),
        "what": str(AppointmentKind(appointment.kind).label),
        "old_day": letters.day_in_words(before, branch=branch, language=language),
        "old_time": letters.time_in_words(before, branch=branch, language=language),
        "day": letters.day_in_words(appointment.starts_at, branch=branch, language=language),
        "lunar": letters.lunar_words(appointment.starts_at, branch=branch, language=language),
        "time": letters.time_in_words(appointment.starts_at, branch=branch, language=language),
        "branch": branch.name_in(language),
        "address": branch.address,
        "phone": branch.phone,
        "link": link,
    }


# --- How it ended --------------------------------------------------------------------------------
def on_end(message: Message, now: datetime) -> None:
    """It did not arrive: by the other way, once. Or nobody knows: the owner calls, while there is time."""
    appointment = (
        Appointment.objects.filter(
            pk=message.subject_id,
            schedule_version=message.subject_version,
            state=STATES[message.purpose],
            starts_at__gt=now,
        )
        .select_related("customer", "branch")
        .first()
    )
    if appointment is None or not appointment.customer.is_active:
        return
    if message.state == State.FAILED and go_another_way(message, appointment, now):
        return
    event = notices.last_change(appointment)
    if event is not None:
        call_instead(appointment, event, now=now)


def go_another_way(message: Message, appointment: Appointment, now: datetime) -> bool:
    """Whether the same news is on its other way: queued now, or by an earlier word of the same end."""
    if now >= message.deadline or message.dedupe_key.endswith(":otherwise"):
        return False
    for way in open_ways(appointment.customer, WAYS):
        if way.channel == message.channel:
            continue
        key = f"{message.purpose}:{appointment.pk}:{message.subject_version}:otherwise"
        made = queue(
            branch=message.branch,
            purpose=message.purpose,
            subject_id=appointment.pk,
            subject_version=message.subject_version,
            channel=way.channel,
            language=appointment.customer.language,
            recipient=way.address,
            due_at=now,
            deadline=message.deadline,
            dedupe_key=key,
            parameters={name: message.parameters[name] for name in KEPT if name in message.parameters},
            about_customer=appointment.customer_id,
            basis=way.basis,
        )
        there = made or Message.objects.filter(dedupe_key=key).first()
        if there is not None and there.state not in reminder_message.GIVEN_UP:
            return True
    return False


KEPT = ("before", "corrects")


def on_arrival(message: Message, now: datetime) -> None:
    """It was delivered after all: nobody has to call, where nobody has tried yet; nor is it said twice."""
    reminder_message.withdraw_the_same(message, now)
    rows = Appointment.objects.filter(pk=message.subject_id, schedule_version=message.subject_version)
    appointment = rows.first()
    event = notices.last_change(appointment) if appointment is not None else None
    if event is not None:
        reminder_message.withdraw_call(message.subject_id, f"news{event.pk}", now)


# --- Shown after the change ----------------------------------------------------------------------
def told(event: BookingEvent) -> list[str]:
    """What the customer hears of a change, for the panel that lists who was told."""
    if is_same_time(event):
        return [_("Nothing changes for the customer.")]
    keys = [key_of(purpose, event) for purpose in PURPOSES]
    message = Message.objects.filter(dedupe_key__in=keys).first()
    if event.parameters.get("knows") and message is None:
        return [_("The customer knows already.")]
    if message is None:
        if "undoes" in event.parameters:
            return [_("The customer hears nothing of it.")]
        return [_("The customer can't be written to in time: the owner calls.")]
    if message.state == State.QUEUED and "corrects" in message.parameters:
        return [
            _(
                "A message with the old time was going out at that very moment."
                " The customer gets a correction at %(time)s."
            )
            % {"time": local_time(message.due_at)}
        ]
    if message.state == State.QUEUED:
        return [_("The customer gets a message at %(time)s.") % {"time": local_time(message.due_at)}]
    if message.state == State.CANCELLED:
        return []
    return [
        _("The customer was written to.")
        if message.state in GONE
        else _("The message did not arrive: the owner calls.")
    ]


def corrections_told(booking: Booking) -> list[str]:
    """For whoever calls a whole order off: what had been going out about its dates, and is put right."""
    messages = Message.objects.filter(
        purpose=CALLED_OFF,
        subject_id__in=booking.appointments.values("pk"),
        parameters__has_key="corrects",
        state=State.QUEUED,
    )
    events = booking.events.filter(appointment__in=messages.values("subject_id"), kind="cancelled")
    return list(dict.fromkeys(sentence for event in events for sentence in told(event)))


SAMPLE = {
    "greeting": "张先生和李女士",
    "names": "伟和娜",
    "what": "拍摄",
    "old_day": "5月18日星期一",
    "old_time": "上午9:00",
    "day": "5月20日星期三",
    "lunar": "农历四月初四",
    "time": "下午2:00",
    "branch": "首问·上海店",
    "address": "南京东路 300 号 3 楼",
    "phone": "021 5550 0100",
    "link": "https://studio.example/c/…/",
}

moved = Purpose(
    title=gettext_lazy("A date was moved"),
    still_due=still_due,
    parameters=parameters,
    on_end=on_end,
    on_arrival=on_arrival,
    way_closed=way_closed,
    still_due_among=still_due_among,
    parameters_among=parameters_among,
    sample=SAMPLE,
    words=message_words.MOVED,
)
called_off = Purpose(
    title=gettext_lazy("A date was called off"),
    still_due=still_due,
    parameters=parameters,
    on_end=on_end,
    on_arrival=on_arrival,
    way_closed=way_closed,
    still_due_among=still_due_among,
    parameters_among=parameters_among,
    sample=SAMPLE,
    words=message_words.CALLED_OFF,
)
