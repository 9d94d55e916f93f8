"""A message to the customer that their date was moved or called off (R3.2).

It waits for as long as the move can be undone, so that an undone one sends nothing; moved again before it
went out, one message tells of both. Who can't be written to is called instead. Not written to is a customer
who knows already, one whose whole order was called off (that was talked about), and one who refuses contact.
"""

from datetime import datetime, timedelta

from django.db import connection
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bookings import notices
from bookings.models import Appointment, AppointmentKind, AppointmentState, Booking, BookingEvent
from bookings.undoing import undo_minutes
from customers import files
from customers.models import Customer
from studio.foundation.templatetags.studio import local_time
from studio.outbox.models import Channel, Message, State
from studio.outbox.purposes import Purpose
from studio.outbox.queue import queue, withdraw
from studio.staff.models import User
from workflow import calls, letters, links, message_words
from workflow.models import CallKind
from workflow.reminder_message import address_of

MOVED, CALLED_OFF = "date_moved", "date_called_off"
PURPOSES = (MOVED, CALLED_OFF)
STATES = {MOVED: AppointmentState.PLANNED, CALLED_OFF: AppointmentState.CANCELLED}
GONE = (State.SENT, State.DELIVERED, State.UNKNOWN, State.LEASED)

STILL = f"""
    SELECT 1 FROM {Appointment._meta.db_table} a
    JOIN {Customer._meta.db_table} c ON c.id = a.customer_id
    LEFT JOIN {Booking._meta.db_table} b ON b.id = a.booking_id
    WHERE a.id = %s AND a.schedule_version = %s AND a.state = %s
      AND c.is_active AND NOT c.do_not_contact
      AND (b.id IS NULL OR b.state <> '{Booking.State.CANCELLED.value}')
      AND (a.state = '{AppointmentState.PLANNED.value}' OR NOT EXISTS (
        SELECT 1 FROM {Appointment._meta.db_table} other
        WHERE other.customer_id = a.customer_id AND other.kind = a.kind
          AND other.state = '{AppointmentState.PLANNED.value}' AND other.created_at >= a.created_at))
    FOR SHARE OF a, c
"""
"""Called off and agreed anew meanwhile is no news: the customer has just said when."""


# --- Planned with the change ---------------------------------------------------------------------
def follow_schedule(appointment: Appointment, event: BookingEvent, by: User | None, now: datetime) -> None:
    """Listener to changes of the schedule: what waited about the old time goes, and the news is planned."""
    if event.kind not in {"moved", "cancelled"} or is_same_time(event):
        return
    believed, gone = take_back(appointment, now)
    if event.parameters.get("knows"):
        return
    if event.kind == "cancelled":
        before = believed or event.parameters["from"]
        write(appointment, event, purpose=CALLED_OFF, before=before, now=now)
        return
    before = believed or event.parameters["before"]
    is_back = "undoes" in event.parameters and not gone
    if before != event.parameters["from"] and not is_back:
        write(appointment, event, purpose=MOVED, before=before, now=now)


def is_same_time(event: BookingEvent) -> bool:
    """Only people or rooms changed, or how long it takes: nothing that the customer has to know at once."""
    return event.kind == "moved" and event.parameters.get("before") == event.parameters.get("from")


def take_back(appointment: Appointment, now: datetime) -> tuple[str, bool]:
    """Withdraw what waits. Answers the time that the customer still believes in, where a message about a move
    had not gone out yet; and whether one went out, or may have."""
    about = Message.objects.filter(purpose__in=PURPOSES, subject_id=appointment.pk)
    last = about.order_by("-pk").first()
    waiting = last if last is not None and last.state == State.QUEUED else None
    under_way = [
        message for purpose in PURPOSES for message in withdraw(purpose, appointment.pk, now=now).under_way
    ]
    gone = bool(under_way) or (last is not None and last.state in GONE)
    if waiting is None or under_way:
        return "", gone
    return str(waiting.parameters.get("before", "")), gone


def is_waiting(appointment: Appointment) -> bool:
    """Whether the customer is about to be told of the time as it is now."""
    waiting = Message.objects.filter(purpose__in=PURPOSES, subject_id=appointment.pk, state=State.QUEUED)
    return waiting.filter(subject_version=appointment.schedule_version).exists()


def write(
    appointment: Appointment, event: BookingEvent, *, purpose: str, before: str, now: datetime
) -> Message | None:
    """Queue the news to where the customer can be reached in time; otherwise the owner calls."""
    customer = appointment.customer
    if not customer.is_active:
        return None
    channel, address = address_of(customer, Channel.SMS)
    due_at = now + timedelta(minutes=undo_minutes(appointment.branch))
    deadline = min(datetime.fromisoformat(before), appointment.starts_at)
    message = None
    if address and not customer.do_not_contact and appointment.branch.outside_quiet_hours(due_at) < deadline:
        message = queue(
            branch=appointment.branch,
            purpose=purpose,
            subject_id=appointment.pk,
            subject_version=appointment.schedule_version,
            channel=channel,
            language=customer.language,
            recipient=address,
            due_at=due_at,
            deadline=deadline,
            dedupe_key=key_of(purpose, event),
            parameters={"before": before},
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
    """Whether the date is still as the message says. Appointment and file stay locked (shared) until the
    attempt is committed: no attempt starts after a move, an undo or a refusal has committed."""
    with connection.cursor() as cursor:
        cursor.execute(STILL, [message.subject_id, message.subject_version, STATES[message.purpose]])
        return cursor.fetchone() is not None


def parameters(message: Message) -> dict[str, str]:
    """The values for the template, in the language that is active and by the branch's clock."""
    appointment = (
        Appointment.objects.select_related("branch", "customer")
        .prefetch_related("customer__members")
        .get(pk=message.subject_id)
    )
    branch, language = appointment.branch, translation.get_language()
    before = datetime.fromisoformat(message.parameters["before"])
    is_planned = message.purpose == MOVED
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
        "link": links.link_for(appointment, timezone.now()) if is_planned else "",
    }


def on_end(message: Message, now: datetime) -> None:
    """It did not arrive, or nobody knows: the owner calls, while there is time to say it."""
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
    event = notices.last_change(appointment)
    if event is not None:
        call_instead(appointment, event, now=now)


# --- Shown after the change ----------------------------------------------------------------------
def told(event: BookingEvent) -> list[str]:
    """What the customer hears of a change, for the panel that lists who was told."""
    if is_same_time(event):
        return [_("Nothing changes for the customer.")]
    if event.parameters.get("knows"):
        return [_("The customer knows already.")]
    keys = [key_of(purpose, event) for purpose in PURPOSES]
    message = Message.objects.filter(dedupe_key__in=keys).first()
    if message is None:
        if "undoes" in event.parameters:
            return [_("The customer hears nothing of it.")]
        return [_("The customer can't be written to in time: the owner calls.")]
    if message.state == State.QUEUED:
        return [_("The customer gets a message at %(time)s.") % {"time": local_time(message.due_at)}]
    if message.state == State.CANCELLED:
        return []
    return [
        _("The customer was written to.")
        if message.state in GONE
        else _("The message did not arrive: the owner calls.")
    ]


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
    sample=SAMPLE,
    words=message_words.MOVED,
)
called_off = Purpose(
    title=gettext_lazy("A date was called off"),
    still_due=still_due,
    parameters=parameters,
    on_end=on_end,
    sample=SAMPLE,
    words=message_words.CALLED_OFF,
)
