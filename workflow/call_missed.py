"""Nobody answered so many times: they are written to once, in their language, and managers hear of it (R3.2).

Only about what they ordered: who is only being followed up is not written to for not answering (R2.1).
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.db import connection
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bookings.models import Appointment, AppointmentKind, AppointmentState
from customers import consents, contact_wishes, files
from customers.models import ContactKind, ContactPoint, Customer, Way
from studio.outbox import alerts
from studio.outbox.models import Channel, Message
from studio.outbox.purposes import Purpose
from studio.outbox.queue import queue, withdraw
from studio.staff.models import Branch, User
from studio.staff.models.membership import MANAGERS, Membership
from workflow import call_missed_words, letters, links
from workflow.call_rules import rules_of
from workflow.models import CallKind, CallState, CallTask

PURPOSE = "call_missed"
NOT_ANSWERED = "not_answered"
STANDS_FOR = timedelta(days=2)
"""A message about a call without an appointment is worth nothing after that."""
WAYS = {Way.SMS: (Channel.SMS, ContactKind.PHONE), Way.EMAIL: (Channel.EMAIL, ContactKind.EMAIL)}


# --- When it is so --------------------------------------------------------------------------------
def tell(call: CallTask, *, now: datetime) -> None:
    """In the transaction of the last vain try. Once for each call, however often it is tried afterwards."""
    if rules_of(call.branch).writes_after_tries:
        write(call, now=now)
    alerts.ring(
        managers_of(call.branch),
        NOT_ANSWERED,
        branch=call.branch,
        about=str(call.pk),
        now=now,
        link=call.get_absolute_url(),
        parameters={"call": call.pk, "tries": call.tries},
    )


def managers_of(branch: Branch) -> Iterable[User]:
    places = Membership.objects.active().filter(branch=branch, role__in=MANAGERS)
    return [place.user for place in places.select_related("user")]


def write(call: CallTask, *, now: datetime) -> Message | None:
    """Queue the message by the first way that is open to us; none: the managers' list has the call anyway."""
    if call.kind == CallKind.FOLLOW_UP:
        return None
    channel, address, basis = way_to(call.customer)
    deadline = deadline_of(call, now)
    if not address or deadline <= now:
        return None
    return queue(
        branch=call.branch,
        purpose=PURPOSE,
        subject_id=call.pk,
        subject_version=call.schedule_version,
        channel=channel,
        language=call.customer.language,
        recipient=address,
        due_at=now,
        deadline=deadline,
        dedupe_key=f"{PURPOSE}:{call.pk}",
        about_customer=call.customer_id,
        basis=basis,
    )


def way_to(customer: Customer) -> tuple[str, str, str]:
    """(channel, address, ground): as they like to be written to, else by text message, else by e-mail."""
    liked = contact_wishes.wish_of(customer).written_way
    for way in sorted(WAYS, key=lambda way: way != liked):
        channel, kind = WAYS[way]
        address = address_for(customer, kind)
        basis = consents.basis_of(customer, way) if address else ""
        if basis:
            return channel, address, basis
    return "", "", ""


def address_for(customer: Customer, kind: str) -> str:
    def points() -> Iterable[ContactPoint]:
        first = contact_wishes.first_number(customer) if kind == ContactKind.PHONE else None
        return [first] if first else customer.contact_points.filter(kind=kind, is_wrong=False)

    return next((point.value for point in points()), "")


def deadline_of(call: CallTask, now: datetime) -> datetime:
    limit = now + STANDS_FOR
    return min(limit, call.appointment.starts_at) if call.appointment is not None else limit


def withdraw_about(call: CallTask, *, now: datetime) -> None:
    """They were reached after all: “we could not reach you” is not sent any more."""
    withdraw(PURPOSE, call.pk, now=now)


# --- Asked by the outbox ----------------------------------------------------------------------------
CALLS = f"""
    SELECT k.id, k.schedule_version, k.appointment_id, k.customer_id
    FROM {CallTask._meta.db_table} k WHERE k.id = ANY(%s) AND k.state = '{CallState.OPEN.value}'
"""
APPOINTMENTS = f"""
    SELECT a.id, a.schedule_version FROM {Appointment._meta.db_table} a
    WHERE a.id = ANY(%s) AND a.state = '{AppointmentState.PLANNED.value}' ORDER BY a.id FOR SHARE"""
FILES = f"""
    SELECT c.id FROM {Customer._meta.db_table} c
    WHERE c.id = ANY(%s) AND c.is_active AND NOT c.do_not_contact ORDER BY c.id FOR SHARE"""


def still_due_among(messages: Sequence[Message]) -> set[int]:
    """Those whose call is still open, about a date that still stands, for a customer who may be written to.

    Appointments and files stay locked (shared) until the attempts are committed; the calls are not, since
    whoever records an outcome locks them before the appointment. A batch waits for nobody (SKIP LOCKED).
    """
    waiting = " SKIP LOCKED" if len(messages) > 1 else ""
    found = rows(CALLS, [message.subject_id for message in messages])
    calls = {call: (version, appointment, file) for call, version, appointment, file in found}
    dates = rows(APPOINTMENTS + waiting, [about for _v, about, _c in calls.values() if about])
    standing = {date[0]: date[1] for date in dates}
    open_files = {file for (file,) in rows(FILES + waiting, [file for _v, _a, file in calls.values()])}
    allowed: dict[str, set[int]] = {
        channel: consents.still_allows(open_files, way) if open_files else set()
        for way, (channel, _kind) in WAYS.items()
    }
    return {
        message.pk
        for message in messages
        if message.subject_id in calls
        and stands(calls[message.subject_id], standing)
        and calls[message.subject_id][2] in allowed.get(message.channel, set())
    }


def stands(call: tuple[int, int | None, int], standing: dict[int, int]) -> bool:
    version, appointment, _file = call
    return appointment is None or standing.get(appointment) == version


def rows(question: str, ids: list[int]) -> list[tuple[int, ...]]:
    if not ids:
        return []
    with connection.cursor() as cursor:
        cursor.execute(question, [sorted(ids)])
        return cursor.fetchall()


def still_due(message: Message) -> bool:
    return message.pk in still_due_among([message])


def parameters(message: Message) -> dict[str, str]:
    """The values for the template, in the language that is active and by the branch's clock."""
    call = (
        CallTask.objects.select_related("branch", "customer__owner", "appointment__branch", "work_order")
        .prefetch_related("customer__members")
        .get(pk=message.subject_id)
    )
    branch, language = call.branch, translation.get_language()
    owner = call.customer.owner
    return {
        "greeting": files.greeting_name(call.customer, language),
        "names": files.first_names(call.customer, language),
        "owner": owner.spoken_name if owner else "",
        "branch": branch.name_in(language),
        "phone": branch.phone,
        "matter": matter(call, language),
        "answer": answer(call),
    }


def matter(call: CallTask, language: str) -> str:
    appointment = call.appointment
    if appointment is None:
        return _("We would love to find a day for your pictures.")
    words = {
        "occasion": str(AppointmentKind(appointment.kind).label),
        "day": letters.day_in_words(appointment.starts_at, branch=call.branch, language=language),
        "time": letters.time_in_words(appointment.starts_at, branch=call.branch, language=language),
    }
    return _("It is about your %(occasion)s on %(day)s at %(time)s.") % words


def answer(call: CallTask) -> str:
    if call.appointment is None:
        return ""
    link = links.link_for(call.appointment, timezone.now())
    if call.kind == CallKind.DISRUPTED:
        return _("You can choose another time here: %(link)s") % {"link": link}
    return _("You can confirm here, or choose another time: %(link)s") % {"link": link}


SAMPLE = {
    "greeting": "张先生和李女士",
    "names": "伟和娜",
    "owner": "小陈",
    "branch": "首问·上海店",
    "phone": "021 5550 0100",
    "matter": "想和您确认 5月18日星期一上午9:00 的拍摄。",
    "answer": "您也可以点这里确认，或选其他时间：https://studio.example/c/…/",
}

purpose = Purpose(
    title=gettext_lazy("We could not reach you by telephone"),
    still_due=still_due,
    still_due_among=still_due_among,
    parameters=parameters,
    sample=SAMPLE,
    words=call_missed_words.WORDS,
)
