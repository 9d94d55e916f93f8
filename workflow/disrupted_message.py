"""A written word to customers whose day is broken: to those who allow it and know nothing yet (R9.7).

It stands beside the call and does not take its place. No cause, no name of a colleague, no money (R9.9).
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bookings.models import Appointment, AppointmentKind, AppointmentState
from customers import files
from studio.outbox.models import Channel, Message, State
from studio.outbox.purposes import Purpose
from studio.outbox.queue import draft, queue_all
from workflow import disrupted_words, letters, links, still_meant
from workflow.call_making import bring_up
from workflow.disrupted_states import PURPOSE, broken
from workflow.disrupted_touched import Where, in_house, where_is
from workflow.models import CallKind, DisruptedDate, DisruptedState, Disruption
from workflow.ways import Reach, Way

WAYS = (Channel.SMS, Channel.EMAIL)
GIVEN_UP = (State.FAILED, State.UNKNOWN, State.EXPIRED, State.CANCELLED)


# --- Written ------------------------------------------------------------------------------------
def write_all(disruption: Disruption, *, now: datetime) -> int:
    """To each who may be written to, is at home, and knows nothing yet; answers how many were written to now.
    Once for each time that was agreed: a second press writes to nobody twice."""
    rows = disruption.dates.filter(
        settled_at=None, state=DisruptedState.TOUCHED, appointment__state="planned"
    )
    rows = rows.select_related("appointment__branch", "appointment__customer").order_by("position", "pk")
    present = in_house(disruption.branch)
    to_write = [
        row
        for row in rows
        if row.appointment.starts_at > now and where_is(row.appointment, present, now) != Where.IN_HOUSE
    ]
    reach = Reach.of(row.appointment.customer for row in to_write)
    found = []
    for row in to_write:
        customer = row.appointment.customer
        ways = reach.open(customer, WAYS) if customer.is_active and not customer.do_not_contact else []
        if ways:
            found.append(drafted(row, ways[0], now=now))
    return len(queue_all(found))


def drafted(row: DisruptedDate, way: Way, *, now: datetime) -> Message:
    appointment = row.appointment
    return draft(
        branch=appointment.branch,
        purpose=PURPOSE,
        subject_id=appointment.pk,
        subject_version=appointment.schedule_version,
        channel=way.channel,
        language=appointment.customer.language,
        recipient=way.address,
        due_at=now,
        deadline=appointment.starts_at,
        dedupe_key=f"{PURPOSE}:{row.disruption_id}:{appointment.pk}:{appointment.schedule_version}",
        about_customer=appointment.customer_id,
        basis=way.basis,
    )


# --- Asked by the outbox ---------------------------------------------------------------------------
def still_due(message: Message) -> bool:
    return message.pk in still_due_among([message])


def still_due_among(messages: Sequence[Message]) -> set[int]:
    """Those whose date stands as it was, and of which their customer still knows nothing."""
    return meant(still_meant.subjects_of(messages))


def way_closed(message: Message) -> bool:
    return bool(meant(still_meant.subjects_of([message], whatever_way=True)))


def meant(subjects: Mapping[int, still_meant.Subject]) -> set[int]:
    about = {subject.pk for subject in subjects.values() if subject.state == AppointmentState.PLANNED}
    if not about:
        return set()
    open_ones = broken().filter(appointment__in=about, state=DisruptedState.TOUCHED)
    touched = set(open_ones.values_list("appointment", flat=True))
    return {pk for pk, subject in subjects.items() if subject.pk in touched}


def parameters(message: Message) -> dict[str, str]:
    """The values for the template, in the language that is active and by the branch's clock."""
    appointment = (
        Appointment.objects.select_related("branch", "customer")
        .prefetch_related("customer__members")
        .get(pk=message.subject_id)
    )
    branch, language = appointment.branch, translation.get_language()
    return {
        "greeting": files.greeting_name(appointment.customer, language),
        "names": files.first_names(appointment.customer, language),
        "what": str(AppointmentKind(appointment.kind).label),
        "day": letters.day_in_words(appointment.starts_at, branch=branch, language=language),
        "time": letters.time_in_words(appointment.starts_at, branch=branch, language=language),
        "proposal": proposal(appointment, language),
        "branch": branch.name_in(language),
        "address": branch.address,
        "phone": branch.phone,
        "link": links.link_for(appointment, timezone.now()),
    }


def proposal(appointment: Appointment, language: str) -> str:
    """Only another time is written: who takes whose place is said on the telephone."""
    row = broken().filter(appointment=appointment, proposed_at__isnull=False).order_by("-pk").first()
    if row is None or row.proposed_at is None or row.proposed_at == appointment.starts_at:
        return ""
    return _("We would suggest %(day)s at %(time)s.") % {
        "day": letters.day_in_words(row.proposed_at, branch=appointment.branch, language=language),
        "time": letters.time_in_words(row.proposed_at, branch=appointment.branch, language=language),
    }


# --- How it ended ------------------------------------------------------------------------------------
def on_end(message: Message, now: datetime) -> None:
    """It did not arrive: the call says it; where it is not on a list yet, it comes up now."""
    rows = broken().filter(
        appointment=message.subject_id,
        appointment__schedule_version=message.subject_version,
        appointment__state=AppointmentState.PLANNED,
        appointment__starts_at__gt=now,
        appointment__customer__is_active=True,
    )
    row = rows.select_related("appointment").first()
    if row is not None:
        bring_up(row.appointment, kind=CallKind.DISRUPTED, reason=f"message{message.pk}", now=now)


SAMPLE = {
    "greeting": "张先生和李女士",
    "names": "伟和娜",
    "what": "拍摄",
    "day": "5月18日星期一",
    "time": "上午9:00",
    "proposal": "我们建议 5月20日星期三上午9:00。",
    "branch": "首问·上海店",
    "address": "南京东路 300 号 3 楼",
    "phone": "021 5550 0100",
    "link": "https://studio.example/c/…/",
}

purpose = Purpose(
    title=gettext_lazy("A day is broken"),
    still_due=still_due,
    parameters=parameters,
    on_end=on_end,
    way_closed=way_closed,
    still_due_among=still_due_among,
    sample=SAMPLE,
    words=disrupted_words.BROKEN,
)
