"""The written reminder (R3.2): where it goes, whether it is still meant, what it says, what if it failed.

Everything in it may be seen by anybody who looks over the customer's shoulder (R9.9): when, where, how to
prepare. Nothing of money, taboos, tiers or complaints.
"""

from datetime import datetime, timedelta

from django.db import connection
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _

from bookings.models import Appointment, AppointmentKind, AppointmentState
from customers import files
from customers.models import ContactKind, Customer
from studio.outbox.models import Channel, Message
from studio.outbox.purposes import Purpose
from studio.outbox.queue import queue
from workflow import advice, calls, letters, links, message_words
from workflow.models import CallKind

PURPOSE = "reminder"
NOTICE = timedelta(hours=2)
CONTACTS = {Channel.SMS: ContactKind.PHONE, Channel.EMAIL: ContactKind.EMAIL}

STILL = f"""
    SELECT 1 FROM {Appointment._meta.db_table} a
    JOIN {Customer._meta.db_table} c ON c.id = a.customer_id
    WHERE a.id = %s AND a.schedule_version = %s AND a.state = '{AppointmentState.PLANNED.value}'
      AND c.is_active AND NOT c.do_not_contact
    FOR SHARE OF a, c
"""


def write(appointment: Appointment, *, channel: str, reason: str, now: datetime) -> Message | None:
    """Queue the reminder to where the customer can be reached; nowhere: the owner calls instead."""
    channel, address = address_of(appointment.customer, channel)
    if not address:
        calls.bring_up(appointment, kind=CallKind.NOT_REACHED, reason=f"rule{reason}", now=now)
        return None
    return queue(
        branch=appointment.branch,
        purpose=PURPOSE,
        subject_id=appointment.pk,
        subject_version=appointment.schedule_version,
        channel=channel,
        language=appointment.customer.language,
        recipient=address,
        due_at=now,
        deadline=deadline_of(appointment, now),
        dedupe_key=f"{PURPOSE}:{appointment.pk}:{appointment.schedule_version}:{reason}",
    )


def address_of(customer: Customer, preferred: str) -> tuple[str, str]:
    """(channel, address): the first number or address of the preferred channel, else of the other."""
    for channel in sorted(CONTACTS, key=lambda channel: channel != preferred):
        for contact in customer.contact_points.all():
            if contact.kind == CONTACTS[channel] and not contact.is_wrong:
                return channel, contact.value
    return "", ""


def deadline_of(appointment: Appointment, now: datetime) -> datetime:
    """Two hours before, when who reads it can still act on it; for the last minute, the start."""
    early = appointment.starts_at - NOTICE
    return early if early > appointment.branch.outside_quiet_hours(now) else appointment.starts_at


def still_due(message: Message) -> bool:
    """Whether the appointment is still the one that is spoken of, and its customer still wants to hear.

    Appointment and file stay locked (shared) until the attempt is committed: no attempt starts after a
    move, a cancellation or a refusal has committed.
    """
    with connection.cursor() as cursor:
        cursor.execute(STILL, [message.subject_id, message.subject_version])
        return cursor.fetchone() is not None


def parameters(message: Message) -> dict[str, str]:
    """The values for the template, in the language that is active and by the branch's clock."""
    appointment = (
        Appointment.objects.select_related("branch", "customer", "booking__package_version__package")
        .prefetch_related("customer__members")
        .get(pk=message.subject_id)
    )
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
        "advice": "\n".join(str(line) for line in advice.preparation(appointment)),
        "cares": "\n".join(str(line) for line in advice.caring_notes(appointment)),
        "link": links.link_for(appointment, timezone.now()),
    }


def on_end(message: Message, now: datetime) -> None:
    """It did not arrive, or nobody knows: the owner gets one call to make, while there is time to say it."""
    appointment = Appointment.objects.planned().filter(
        pk=message.subject_id, schedule_version=message.subject_version, ends_at__gt=now
    )
    found = appointment.select_related("customer").first()
    if found is not None and found.customer.is_active and not found.customer.do_not_contact:
        calls.bring_up(found, kind=CallKind.NOT_REACHED, reason=f"message{message.pk}", now=now)


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
    "cares": "出门前请看一眼天气。",
    "link": "https://studio.example/c/…/",
}

purpose = Purpose(
    title=_("Reminder of an appointment"),
    still_due=still_due,
    parameters=parameters,
    on_end=on_end,
    sample=SAMPLE,
    words=message_words.REMINDER,
)
